-- SPDX-License-Identifier: GPL-2.0-or-later
-- GCC's markers among the names of symbols, whatever stands before them. As checker/objects/markers.py.

local import = ...
local data = import("data").markers
local text = import("text")
local byte, find = string.byte, string.find

local M = {}

-- Whether a symbol's name ends in one of GCC's markers.
function M.is_marker_name(name)
    for _, marker in ipairs(data.ALL) do
        if text.ends_with(name, marker) then
            return true
        end
    end
    return false
end

-- Whether it ends in the marker of slim objects.
function M.is_slim_name(name)
    return text.ends_with(name, data.SLIM)
end

-- The marker whose name, with the NUL behind it, is at a place in a table of strings.
local function marker_at(part, at)
    for _, marker in ipairs(data.ALL) do
        if part:sub(at, at + #marker - 1) == marker and byte(part, at + #marker) == 0 then
            return marker
        end
    end
    return nil
end

local Names = {}
Names.__index = Names

-- The underscores at the start of the stem are all over C++'s names, so a search for the rest is the quicker one.
local REST = data.STEM:match("^_*(.*)$")
local BEFORE = #data.STEM - #REST

function Names:note(at, part)
    local place = part:find(REST, BEFORE + 1, true)
    while place do
        local first = place - BEFORE
        local marker = marker_at(part, first)
        if marker and not self.entries[at + first - 1] then
            local start = first - 1
            while start > 0 and byte(part, start) ~= 0 do
                start = start - 1
            end
            self.entries[at + first - 1] = { start = at + start, is_slim = marker == data.SLIM }
            self.ends[#self.ends + 1] = at + first - 1
        end
        place = part:find(REST, place + 1, true)
    end
end

-- Whether a part of a table of strings, from a place on, may have a marker.
function M.may_be_in(part, from)
    return find(part, REST, from + BEFORE, true) ~= nil
end

-- Where in the table of strings at `at` markers are, so that a symbol is one is known by the place of its name;
-- nil where there is none.
function M.names(source, at, size)
    local found
    for place, part in source:parts(at, size) do
        if M.may_be_in(part, 1) then
            found = found or setmetatable({ entries = {}, ends = {} }, Names)
            found:note(place, part)
        end
    end
    if not found or #found.ends == 0 then
        return nil
    end
    table.sort(found.ends)
    return found
end

-- What is known of the name at a place in the table: nil where it is no marker's.
function Names:entry(name)
    local low, high = 1, #self.ends + 1
    while low < high do
        local middle = (low + high) // 2
        if self.ends[middle] < name then
            low = middle + 1
        else
            high = middle
        end
    end
    local entry = self.entries[self.ends[low]]
    return entry and entry.start <= name and entry or nil
end

return M
