-- SPDX-License-Identifier: GPL-2.0-or-later
-- Bounded positional reads of an open file; no size from a file is trusted. As checker/objects/source.py.

local min, sub = math.min, string.sub

local READ_AHEAD = 512       -- how much more is read where less is wanted
local NEXT_HEADER = 192      -- what is read after a table: the header of the next member and of the object in it
local WINDOW_LIMIT = 1 << 16    -- a larger range is read alone, which copies it once
local PART = 1 << 16            -- bytes of a part of a long range
local OVERLAP = 64              -- more than any name that is looked for is long

local M = {}

-- Unsigned numbers of 64 bits are negative in Lua from 2^63 on; messages show them as they are meant.
function M.unsigned(number)
    if number >= 0 then
        return tostring(number)
    end
    local tens = (number >> 1) // 5
    return tostring(tens) .. tostring(number - tens * 10)
end

-- An unsigned number of 64 bits divided by a small one.
function M.divided(number, by)
    if number >= 0 then
        return number // by
    end
    local half = (number >> 1) // by << 1
    return math.ult(number - half * by, by) and half or half + 1
end

local Malformed = {
    __tostring = function(self)
        return self.offset and self.reason .. " (at offset " .. M.unsigned(self.offset) .. ")" or self.reason
    end,
}

-- Raises: the bytes are not what their format demands; `offset` is counted from the start of the object.
local function malformed(reason, offset)
    error(setmetatable({ reason = reason, offset = offset }, Malformed), 0)
end
M.malformed = malformed

-- Whether an error is that bytes are malformed.
function M.is_malformed(problem)
    return getmetatable(problem) == Malformed
end

local function checked(good, ...)
    if not good and not M.is_malformed((...)) then
        error((...), 0)
    end
    return good, ...
end

-- Calls a function; returns true and its results, or false and what it found malformed. Other errors pass.
function M.attempt(call, ...)
    return checked(pcall(call, ...))
end

local Source = {}
Source.__index = Source

-- A range of an open file. All slices of a file share its window, the part of it that is in memory.
local function range(size, base, window)
    return setmetatable({ size = size, base = base, window = window }, Source)
end

function M.open(file, size)
    file:setvbuf("no")
    return range(size, 0, { file = file, at = 0, size = 0, data = "" })
end

local function read_at(window, position, length)
    local file = window.file
    file:seek("set", position)
    local data, problem = file:read(length)
    if not data and problem then
        return nil, "cannot be read: " .. problem
    end
    return data or ""
end

-- Raises unless there are `length` bytes from `offset`.
function Source:check(offset, length)
    if length < 0 or offset < 0 or offset > self.size - length then
        malformed(M.unsigned(length) .. " bytes wanted, the data ends at " .. self.size, offset)
    end
end

-- Bytes that hold `length` bytes from `offset`, and how many are before them: what is in memory already is not copied.
function Source:view(offset, length)
    if length < 0 or offset < 0 or offset > self.size - length then
        self:check(offset, length)
    end
    local window = self.window
    local position = self.base + offset
    local start = position - window.at
    if start >= 0 and start + length <= window.size then
        return window.data, start
    end
    local data, problem = read_at(window, position, length >= READ_AHEAD and length or length + READ_AHEAD)
    if not data then
        malformed(problem, offset)
    elseif #data < length then
        malformed("the file became shorter while it was read", offset)
    elseif length < READ_AHEAD then
        window.data, window.at, window.size = data, position, #data
    end
    return data, 0
end

-- Exactly `length` bytes from `offset`.
function Source:read(offset, length)
    local data, start = self:view(offset, length)
    return #data == length and data or sub(data, start + 1, start + length)
end

-- Says that this range is wanted next, and as much before it.
function Source:prefetch(offset, size, before)
    local window = self.window
    local start = self.base + offset - window.at
    local is_there = offset >= 0 and size >= 0 and size + before <= WINDOW_LIMIT and offset <= self.size - size
    if is_there and (start < 0 or start + size > window.size) then
        before = before < offset and before or offset
        local from = self.base + offset - before
        local data = read_at(window, from, before + size + NEXT_HEADER) or ""
        window.data, window.at, window.size = data, from, #data
    end
end

function Source:slice(offset, size)
    self:check(offset, size)
    return range(size, self.base + offset, self.window)
end

-- A range in parts, each with its place in the range and beginning with the last bytes of the one before.
function Source:parts(offset, size)
    self:check(offset, size)
    local following = 0
    return function()
        local place = following
        if place < size then
            local length = min(PART, size - place)
            following = place + length < size and place + PART - OVERLAP or size
            return place, self:read(offset + place, length)
        end
    end
end

return M
