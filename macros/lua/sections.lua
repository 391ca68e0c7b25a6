-- SPDX-License-Identifier: GPL-2.0-or-later
-- What sections are by their names. As checker/lto/sections.py, whose table is in data.lua.

local import = ...
local data = import("data")
local text = import("text")

local M = {}

local function is_for(known, machine)
    return not known.machines or known.machines[machine]
end

-- What a section of an object for `machine` is, where the name says; nil for content, tables and relocations.
function M.role_of(name, machine)
    for _, known in ipairs(data.SECTIONS) do
        local start = known.start
        if name:sub(1, #start) == start and (known.is_open or #name == #start) and is_for(known, machine) then
            return known.role
        end
    end
    return nil
end

local cached = {}

-- How the names of sections with these roles begin; a name that must fit as a whole ends in NUL, as in ELF.
function M.beginnings(roles, machine)
    local key = machine or ""
    cached[roles] = cached[roles] or {}
    if not cached[roles][key] then
        local found = {}
        for _, known in ipairs(data.SECTIONS) do
            if roles[known.role] and is_for(known, machine) then
                found[#found + 1] = known.start .. (known.is_open and "" or "\0")
            end
        end
        cached[roles][key] = found
    end
    return cached[roles][key]
end

local MOST_KNOWN = 4096
local known_names, count = {}, 0

-- Whether a name begins as those of sections with these roles; what has been asked before is known.
function M.begins(name, roles, machine)
    local key = machine .. name
    local answers = known_names[roles]
    if not answers or count >= MOST_KNOWN then
        known_names, count = {}, 0
        answers = {}
        known_names[roles] = answers
    end
    local answer = answers[key]
    if answer == nil then
        answer = text.starts_with_any(name .. "\0", M.beginnings(roles, machine))
        answers[key], count = answer, count + 1
    end
    return answer
end

return M
