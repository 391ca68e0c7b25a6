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
    return setmetatable({ steps = steps }, Glob)
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

return M
