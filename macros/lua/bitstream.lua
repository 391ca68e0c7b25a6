-- SPDX-License-Identifier: GPL-2.0-or-later
-- The bit stream that LLVM bitcode is written in: blocks, abbreviations and records. As checker/objects/bitstream.py.

local import = ...
local source_of = import("source")
local limits = import("data").bitstream

local END_BLOCK, ENTER_SUBBLOCK, DEFINE_ABBREV, UNABBREV_RECORD = 0, 1, 2, 3
local LITERAL, FIXED, VBR, ARRAY, CHAR6, BLOB = 0, 1, 2, 3, 4, 5
local CHAR6_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
local AFTER_THE_END = ("\0"):rep(24)

local Bits = {}
Bits.__index = Bits

local M = { ENTER_SUBBLOCK = ENTER_SUBBLOCK }

-- A place in a bit stream, lowest bit of a byte first; positions are in bits from the start of the object.
function M.open(source, first, stop)
    return setmetatable({
        source = source,
        first = first * 8,
        at = first * 8,
        stop = stop * 8,
        window = AFTER_THE_END,
        base = first,
        held = 0,
        fields = 0,
        most = limits.FIELDS + (stop - first) // limits.BYTES_A_FIELD,
    }, Bits)
end

function Bits:malformed(reason)
    source_of.malformed(reason, self.at >> 3)
end

-- One more field is read; raises when they are too many.
function Bits:count()
    self.fields = self.fields + 1
    if self.fields > self.most then
        self:malformed("more than " .. self.most .. " fields before the first global of a module")
    end
end

-- 57 or more bits from a position on, at most 64, as a number; zeros after the end.
function Bits:ahead(at)
    local byte = at >> 3
    local start = byte - self.base
    local last = self.stop >> 3
    if start < 0 or (start + 8 > self.held and self.base + self.held < last) then
        self.base, start = byte, 0
        self.held = math.max(0, math.min(limits.WINDOW, last - byte))
        self.window = self.source:read(byte, self.held) .. AFTER_THE_END
    end
    return string.unpack("<I8", self.window, start + 1) >> (at & 7)
end

-- The next `width` bits, at most 64, as a number.
function Bits:fixed(width)
    self:count()
    local value
    if width <= 57 then
        value = self:ahead(self.at) & (1 << width) - 1
    else
        value = self:ahead(self.at) & 0xFFFFFFFF | (self:ahead(self.at + 32) & (1 << width - 32) - 1) << 32
    end
    self:skip(width)
    return value
end

-- A number in groups of `width` bits, the highest of each says whether there is one more; at most 64 bits.
function Bits:vbr(width)
    self:count()
    local more = 1 << width - 1
    local value, shift, length = 0, 0, 0
    while shift < 64 do
        local group = self:ahead(self.at + length) & (more << 1) - 1
        length = length + width
        local low = group & more - 1
        if low << shift >> shift ~= low then
            break
        end
        value = value | low << shift
        if group & more == 0 then
            self:skip(length)
            return value
        end
        shift = shift + width - 1
    end
    if length > self.stop - self.at then
        self:malformed("bitcode ends early")
    end
    self:malformed("a number of more than 64 bits")
end

-- The next `width` bits as a number, without going on.
function Bits:peek(width)
    self:count()
    return self:ahead(self.at) & (1 << width) - 1
end

-- Goes `count` bits on; raises past the end.
function Bits:skip(count)
    if count > self.stop - self.at then
        self:malformed("bitcode ends early")
    end
    self.at = self.at + count
end

-- Goes to the next 32-bit boundary of the stream.
function Bits:align()
    self:skip((self.first - self.at) % 32)
end

-- What a block's head says: its id, the width of abbreviation ids inside, and its size in bits.
function M.enter(bits)
    local block, width = bits:vbr(8), bits:vbr(4)
    bits:align()
    local size = bits:fixed(32) * 32
    if size > bits.stop - bits.at then
        bits:malformed("a block of " .. (size >> 3) .. " bytes, " .. (bits.stop - bits.at >> 3) .. " are left")
    end
    if width < 2 or width > 32 then
        bits:malformed("abbreviation ids of " .. source_of.unsigned(width) .. " bits")
    end
    return block, width, size
end

local function is_in(value, ...)
    for _, one in ipairs({ ... }) do
        if value == one then
            return true
        end
    end
    return false
end

local function abbreviation(bits)
    local count = bits:vbr(5)
    if count < 1 or count > limits.OPERANDS then
        bits:malformed("an abbreviation of " .. source_of.unsigned(count) .. " fields")
    end
    local operands = {}
    for _ = 1, count do
        if bits:fixed(1) == 1 then
            operands[#operands + 1] = { LITERAL, bits:vbr(8) }
        else
            local encoding = bits:fixed(3)
            if encoding < FIXED or encoding > BLOB then
                bits:malformed("encoding " .. encoding .. " is not defined")
            end
            local value = is_in(encoding, FIXED, VBR) and bits:vbr(5) or 0
            if value < 0 or value > 64 or (encoding == VBR and value == 1) then
                bits:malformed("a field of " .. source_of.unsigned(value) .. " bits")
            end
            -- LLVM takes a width of 0 for the literal 0.
            operands[#operands + 1] = { (value > 0 or encoding > VBR) and encoding or LITERAL, value }
        end
    end
    local last = #operands
    for place, operand in ipairs(operands) do
        if (operand[1] == ARRAY and place ~= last - 1) or (operand[1] == BLOB and place ~= last) then
            bits:malformed("an abbreviation with an array or a blob that is not its last field")
        end
    end
    if last > 1 and operands[last - 1][1] == ARRAY and not is_in(operands[last][1], FIXED, VBR, CHAR6) then
        bits:malformed("an array whose fields take no room")
    end
    return operands
end

-- One scalar field.
local function field(bits, operand)
    local encoding, value = operand[1], operand[2]
    if encoding == LITERAL then
        bits:count()
        return value
    elseif encoding == FIXED then
        return bits:fixed(value)
    elseif encoding == VBR then
        return bits:vbr(value)
    end
    return CHAR6_ALPHABET:byte(bits:fixed(6) + 1)
end

-- The fields of a record, one by one, nil at the end: as many of one kind.
local function repeated(bits, operand, count)
    return function()
        if count == 0 then
            return nil
        end
        count = count - 1
        return field(bits, operand)
    end
end

-- The fields of a record that is stored by an abbreviation.
local function abbreviated(bits, operands)
    local place, array = 0, nil
    return function()
        if array then
            return array()
        end
        place = place + 1
        local operand = operands[place]
        if not operand then
            return nil
        elseif operand[1] == ARRAY then
            array = repeated(bits, operands[#operands], bits:vbr(6))
            return array()
        elseif operand[1] == BLOB then
            local size = bits:vbr(6)
            bits:align()
            if math.ult(bits.stop - bits.at >> 3, size) then
                bits:malformed("bitcode ends early")
            end
            bits:skip(size * 8)
            bits:align()
            return nil
        end
        return field(bits, operand)
    end
end

-- The records of the block that was entered: `use(code, fields)` for each, until it returns true; blocks inside are
-- hopped over.
function M.records(bits, width, use)
    local abbreviations = {}
    while true do
        local kind = bits:fixed(width)
        if kind == END_BLOCK then
            return
        elseif kind == ENTER_SUBBLOCK then
            local _, _, size = M.enter(bits)
            bits:skip(size)
        elseif kind == DEFINE_ABBREV then
            abbreviations[#abbreviations + 1] = abbreviation(bits)
            if #abbreviations > limits.ABBREVIATIONS then
                bits:malformed("more than " .. limits.ABBREVIATIONS .. " abbreviations in a block")
            end
        else
            local code, fields
            if kind == UNABBREV_RECORD then
                code = bits:vbr(6)
                fields = repeated(bits, { VBR, 6 }, bits:vbr(6))
            elseif abbreviations[kind - 3] then
                fields = abbreviated(bits, abbreviations[kind - 3])
                code = fields() or -1
            else
                bits:malformed("abbreviation " .. kind .. " is not defined")
            end
            if use(code, fields) then
                return
            end
            while fields() do -- what nobody wanted still has to be passed
            end
        end
    end
end

return M
