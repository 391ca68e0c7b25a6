-- SPDX-License-Identifier: GPL-2.0-or-later
-- The symbol index of an archive, by which linkers find members: GNU's, `/SYM64/`, and BSD's `__.SYMDEF`.
-- As checker/objects/ar_index.py.

local import = ...
local data = import("data")
local source_of = import("source")
local text = import("text")
local limits = data.limits
local rep, sub, unpack = string.rep, string.sub, string.unpack

local BLOCK = 64
local BLOCK_FORMAT = ("I8"):rep(BLOCK)
local EQUAL, FEW_EQUAL = 32, 6 -- entries that are compared together: a member has one for each symbol

local Index = {}
Index.__index = Index

local M = {}

-- The highest of numbers in order that is not above `wanted`: its number; 0 where all are.
local function position(numbers, wanted)
    local low, high = 1, #numbers + 1
    while low < high do
        local middle = (low + high) // 2
        if numbers[middle] <= wanted then
            low = middle + 1
        else
            high = middle
        end
    end
    return low - 1
end

-- Places of members, in ascending order. Archives may have very many, so all but the last are packed in blocks.
local Places = {}
Places.__index = Places

function M.places()
    return setmetatable({ blocks = {}, firsts = {}, last = {}, unpacked = {}, unpacked_number = nil }, Places)
end

function Places:add(place)
    local last = self.last
    last[#last + 1] = place
    if #last == BLOCK then
        self.firsts[#self.firsts + 1] = last[1]
        self.blocks[#self.blocks + 1] = string.pack(BLOCK_FORMAT, table.unpack(last))
        self.last = {}
    end
end

function Places:is_empty()
    return #self.blocks == 0 and #self.last == 0
end

function Places:has(place)
    local numbers = self.last
    if #numbers == 0 or place < numbers[1] then
        local number = position(self.firsts, place)
        if number == 0 then
            return false
        elseif number ~= self.unpacked_number then
            self.unpacked, self.unpacked_number = { unpack(BLOCK_FORMAT, self.blocks[number]) }, number
            self.unpacked[BLOCK + 1] = nil -- where the block ends
        end
        numbers = self.unpacked
    end
    return numbers[position(numbers, place)] == place
end

local function state_of(self, name, at, size)
    local source, word = self.source, self.word
    if size < word then
        return "empty"
    end
    local head = source:read(at, word)
    if self.step == 2 then -- in the byte order of the target: pairs of a name's place and a member's, by their size
        local little, big = unpack("<I" .. word, head), unpack(">I" .. word, head)
        self.order = math.ult(little, big) and "<" or ">"
        self.count = source_of.divided(math.ult(little, big) and little or big, word)
    else
        self.count = unpack(">I" .. word, head)
    end
    if self.count == 0 then
        return "empty"
    end
    local rest = size - word - (self.step == 2 and word or 0)
    if not math.ult(self.count, size) or self.count * word > rest then
        return "wrong"
    end
    local names = at + size - rest + self.count * word
    return self:names_only_marker(names, at + size) and "lto-only" or "present"
end

-- One index; `state` is what it names.
function M.open(source, name, at, size)
    local word = (name == "/SYM64/" or name:find("_64", 1, true)) and 8 or 4
    local self = setmetatable({
        source = source,
        order = ">",
        word = word,
        step = text.starts_with(name, "__.SYMDEF") and 2 or 1,
        count = 0,
        at = at + word,
    }, Index)
    self.state = state_of(self, name, at, size)
    return self
end

-- Where in a part of the index what is equal to the entry of `word` bytes before `at` ends, but for a few.
local function past_equal(part, at, word)
    local block = rep(sub(part, at - word, at - 1), EQUAL)
    while sub(part, at, at + #block - 1) == block do
        at = at + #block
    end
    block = sub(block, 1, FEW_EQUAL * word)
    while sub(part, at, at + #block - 1) == block do
        at = at + #block
    end
    return at
end

-- Whether every entry is the place of a member's header; `places` are all of those.
function Index:points_at(places)
    local word, step = self.word, self.step
    local at, stop = self.at, self.at + self.count * self.word
    local format = self.order .. "I" .. word
    local known
    while at < stop do
        local part = self.source:read(at, math.min(limits.chunk, stop - at))
        at = at + #part
        local entry = (step - 1) * word + 1
        while entry + word - 1 <= #part do
            local place = unpack(format, part, entry)
            entry = entry + step * word
            if place ~= known then
                if not places:has(place) then
                    return false
                end
                known = place
                entry = step == 1 and past_equal(part, entry, word) or entry
            end
        end
    end
    return true
end

function Index:names_only_marker(at, stop)
    local slim = data.markers.SLIM
    local first = self.source:read(at, math.min(limits.member_name, stop - at))
    local first_end = first:find("\0", 1, true)
    if not text.ends_with(first_end and first:sub(1, first_end - 1) or first, slim) then
        return false
    end
    local rest = ""
    while at < stop do
        local read = self.source:read(at, math.min(limits.chunk, stop - at))
        at = at + #read
        local part = rest .. read
        local place = 1
        local name_end = part:find("\0", place, true)
        while name_end and text.ends_with(part:sub(place, name_end - 1), slim) do
            place = name_end + 1
            name_end = part:find("\0", place, true)
        end
        rest = part:sub(place):match("^[\0\n]*(.-)[\0\n]*$")
        if rest:find("\0", 1, true) or #rest > limits.member_name then
            return false
        end
    end
    return rest == ""
end

return M
