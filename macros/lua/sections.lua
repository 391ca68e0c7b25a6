-- SPDX-License-Identifier: GPL-2.0-or-later
-- What sections are by their names. As checker/lto/sections.py, whose table is in data.lua.

local import = ...
local data = import("data")
local text = import("text")
local find, sub = string.find, string.sub

local M = {}

local function is_for(known, machine)
    return not known.machines or known.machines[machine]
end

local function found_role(name, machine)
    for _, known in ipairs(data.SECTIONS) do
        local start = known.start
        if sub(name, 1, #start) == start and (known.is_open or #name == #start) and is_for(known, machine) then
            return known.role
        end
    end
    return nil
end

local REMEMBERED, LONGEST_REMEMBERED = 1000, 64
local roles, count = {}, 0 -- by machine and name: members of an archive have the same sections

-- What a section of an object for `machine` is, where the name says; nil for content, tables and relocations.
function M.role_of(name, machine)
    if #name > LONGEST_REMEMBERED then
        return found_role(name, machine)
    end
    local of_machine = roles[machine or ""]
    local role = of_machine and of_machine[name]
    if role == nil then
        if count == REMEMBERED then
            roles, count = {}, 0
        end
        of_machine = roles[machine or ""] or {}
        roles[machine or ""] = of_machine
        role = found_role(name, machine) or false
        of_machine[name], count = role, count + 1
    end
    return role or nil
end

-- A search stops at every first letter of what is searched for, so it begins with the rarest one of a word.
local rests, starts = {}, {}
for place, word in ipairs(data.elf.DECISIVE_NAMES) do
    local rarest = word:find("b") or word:find("[gv]") or word:find("[cdm]")
    rests[place], starts[place] = word:sub(rarest), "." .. word:sub(1, rarest - 1)
end

-- Whether a part of a table of names has one that decides by itself what an object is.
function M.decide_in(part)
    for place = 1, #rests do
        local at = find(part, rests[place], 1, true)
        while at do
            local before = at - #starts[place]
            if before > 0 and sub(part, before, at - 1) == starts[place] then
                return true
            end
            at = find(part, rests[place], at + 1, true)
        end
    end
    return false
end

M.LONGEST = 0 -- bytes of a name that say what the section is
local named_machines = {}
for _, known in ipairs(data.SECTIONS) do
    M.LONGEST = math.max(M.LONGEST, #known.start)
    for machine in pairs(known.machines or {}) do
        named_machines[machine] = machine
    end
end

-- How the names of sections with these roles begin; a name that must fit as a whole ends in NUL, as in ELF.
local function beginnings(roles, machine)
    local found = {}
    for _, known in ipairs(data.SECTIONS) do
        if roles[known.role] and is_for(known, machine) then
            found[#found + 1] = known.start .. (known.is_open and "" or "\0")
        end
    end
    return found
end

local MOST_KNOWN = 1024

-- Answers for the start of a name, NUL included; what has been asked before is known.
local function remembering(beginnings_)
    local answers, count = {}, 0
    return function(start)
        local answer = answers[start]
        if answer == nil then
            answer = text.starts_with_any(start, beginnings_)
            if count == MOST_KNOWN then
                answers, count = {}, 0
            end
            answers[start], count = answer, count + 1
        end
        return answer
    end
end

local tests = {}

-- The test whether names begin as those of sections with these roles do, in objects for a machine.
function M.test(roles, machine)
    local key = named_machines[machine] or "any other"
    tests[roles] = tests[roles] or {}
    tests[roles][key] = tests[roles][key] or remembering(beginnings(roles, key))
    return tests[roles][key]
end

return M
