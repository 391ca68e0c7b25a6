-- SPDX-License-Identifier: GPL-2.0-or-later
-- Patterns of the shell, with the meaning of Python's fnmatch: `*`, `?`, `[seq]`, `[!seq]`; `*` matches slashes too.

local import = ...
local text = import("text")

local ANY, ONE = {}, {}

-- The numbers of a text's characters; a byte that is no UTF-8 counts as one.
local function numbers_of(value)
    local numbers = {}
    for _, bytes, number in text.characters(value) do
        numbers[#numbers + 1] = number or 0xDC00 + bytes:byte()
    end
    return numbers
end

-- The set that begins after the bracket at `open`, and where it ends; nil where no bracket closes it.
local function set_of(pattern, open)
    local first = open + 1
    local is_negated = pattern[first] == 0x21 -- !
    first = is_negated and first + 1 or first
    local last = pattern[first] == 0x5D and first + 1 or first -- ] at the start stands for itself
    while pattern[last] and pattern[last] ~= 0x5D do
        last = last + 1
    end
    if not pattern[last] then
        return nil
    end
    local ranges, at = {}, first
    while at < last do
        if pattern[at + 1] == 0x2D and at + 2 < last then -- a-b
            ranges[#ranges + 1] = { pattern[at], pattern[at + 2] }
            at = at + 3
        else
            ranges[#ranges + 1] = { pattern[at], pattern[at] }
            at = at + 1
        end
    end
    return { is_negated = is_negated, ranges = ranges }, last
end

local function fits_one(step, number)
    if step == ONE then
        return true
    elseif type(step) == "number" then
        return step == number
    end
    for _, range in ipairs(step.ranges) do
        if number >= range[1] and number <= range[2] then
            return not step.is_negated
        end
    end
    return step.is_negated
end

local Glob = {}
Glob.__index = Glob

local M = {}

-- Plain texts that every value has which a pattern fits: what is between sets in brackets and single special characters.
local function literals_of(pattern)
    local plain = pattern:gsub("%[!?%]?[^%]]*%]", "*"):gsub("[%[%]?]", "*")
    local literals = {}
    for literal in plain:gmatch("[^*]+") do
        literals[#literals + 1] = literal
    end
    return literals
end

function M.compile(pattern)
    local numbers = numbers_of(pattern)
    local steps, at = {}, 1
    while numbers[at] do
        local number = numbers[at]
        local step = number
        if number == 0x2A then
            step = ANY
        elseif number == 0x3F then
            step = ONE
        elseif number == 0x5B then
            local set, last = set_of(numbers, at)
            step, at = set or number, last or at
        end
        steps[#steps + 1] = step
        at = at + 1
    end
    return setmetatable({ steps = steps, literals = literals_of(pattern) }, Glob)
end

-- Whether the whole value is one that is meant.
function Glob:fits(value)
    local steps, numbers = self.steps, numbers_of(value)
    local step, at = 1, 1
    local after_any, retry -- the last `*`, and where what it matches ends
    while at <= #numbers do
        if steps[step] == ANY then
            step = step + 1
            after_any, retry = step, at
        elseif steps[step] and fits_one(steps[step], numbers[at]) then
            step, at = step + 1, at + 1
        elseif after_any then
            retry = retry + 1
            step, at = after_any, retry
        else
            return false
        end
    end
    while steps[step] == ANY do
        step = step + 1
    end
    return steps[step] == nil
end

local Index = {}
Index.__index = Index

-- Finds which of many entries have a `path` that fits: only those are compared with a value whose plain text it has.
function M.index(entries)
    local shared = {}
    for _, entry in ipairs(entries) do
        for _, literal in ipairs(entry.path and entry.path.literals or {}) do
            shared[literal] = (shared[literal] or 0) + 1
        end
    end
    local by_length = {} -- of the plain text that the fewest have
    for place, entry in ipairs(entries) do
        local rarest = ""
        for _, literal in ipairs(entry.path and entry.path.literals or {}) do
            rarest = (rarest == "" or shared[literal] < shared[rarest]) and literal or rarest
        end
        local of_length = by_length[#rarest] or {}
        by_length[#rarest] = of_length
        of_length[rarest] = of_length[rarest] or {}
        table.insert(of_length[rarest], place)
    end
    return setmetatable({ entries = entries, by_length = by_length }, Index)
end

-- The entries that fit, in their order.
function Index:fitting(value)
    local places = {}
    for length, of_length in pairs(self.by_length) do
        local seen = {}
        for at = 1, length > 0 and #value - length + 1 or 1 do
            local literal = value:sub(at, at + length - 1)
            for _, place in ipairs(not seen[literal] and of_length[literal] or {}) do
                local path = self.entries[place].path
                if not path or path:fits(value) then
                    places[#places + 1] = place
                end
            end
            seen[literal] = true
        end
    end
    table.sort(places)
    local fitting = {}
    for number, place in ipairs(places) do
        fitting[number] = self.entries[place]
    end
    return fitting
end

return M
