-- SPDX-License-Identifier: GPL-2.0-or-later
-- The first bytes of zlib data (RFC 1950, RFC 1951), for the bytecode of GCC 9 and older.

local ORDER = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 }
local LENGTHS = { base = {}, extra = {} }      -- of matches, by symbol from 257
local DISTANCES = { base = {}, extra = {} }    -- by symbol from 0

do
    local base = 3
    for symbol = 0, 27 do
        local extra = math.max(0, symbol // 4 - 1)
        LENGTHS.base[symbol], LENGTHS.extra[symbol] = base, extra
        base = base + (1 << extra)
    end
    LENGTHS.base[28], LENGTHS.extra[28] = 258, 0
    base = 1
    for symbol = 0, 29 do
        local extra = math.max(0, symbol // 2 - 1)
        DISTANCES.base[symbol], DISTANCES.extra[symbol] = base, extra
        base = base + (1 << extra)
    end
end

local ENDED, FULL, WRONG = { "ended" }, { "full" }, { "wrong" }

local function wrong()
    error(WRONG, 0)
end

-- Reads `count` bits of the stream, lowest first.
local function bits_of(stream, count)
    local value = 0
    for place = 0, count - 1 do
        local byte = stream.data:byte((stream.at >> 3) + 1)
        if not byte then
            error(ENDED, 0)
        end
        value = value | (byte >> (stream.at & 7) & 1) << place
        stream.at = stream.at + 1
    end
    return value
end

-- The code that lengths of codes, from symbol 0 on, amount to; a single code of one bit may stand alone.
local function code_of(lengths, first, last, may_be_single)
    local counts, longest = {}, 0
    for length = 1, 15 do
        counts[length] = 0
    end
    for symbol = first, last do
        local length = lengths[symbol]
        if length > 0 then
            counts[length] = counts[length] + 1
            longest = math.max(longest, length)
        end
    end
    local left = 1
    for length = 1, 15 do
        left = left * 2 - counts[length]
        if left < 0 then
            wrong()
        end
    end
    if longest > 0 and left > 0 and not (may_be_single and longest == 1) then
        wrong()
    end
    local starts, symbols = { 0 }, {}
    for length = 1, 14 do
        starts[length + 1] = starts[length] + counts[length]
    end
    for symbol = first, last do
        local length = lengths[symbol]
        if length > 0 then
            symbols[starts[length]] = symbol - first
            starts[length] = starts[length] + 1
        end
    end
    return { counts = counts, symbols = symbols, is_empty = longest == 0, is_single = left > 0 }
end

local function symbol_of(stream, code)
    local value, first, index = 0, 0, 0
    for length = 1, 15 do
        value = value | bits_of(stream, 1)
        local count = code.counts[length]
        if value - count < first then
            return code.symbols[index + value - first]
        elseif code.is_single then
            wrong()
        end
        index = index + count
        first = first + count << 1
        value = value << 1
    end
    wrong()
end

local function fixed_codes()
    local lengths = {}
    for symbol = 0, 287 do
        lengths[symbol] = symbol < 144 and 8 or symbol < 256 and 9 or symbol < 280 and 7 or 8
    end
    for symbol = 288, 319 do
        lengths[symbol] = 5
    end
    return code_of(lengths, 0, 287, true), code_of(lengths, 288, 319, true)
end

local function dynamic_codes(stream)
    local literals, distances = bits_of(stream, 5) + 257, bits_of(stream, 5) + 1
    local given = bits_of(stream, 4) + 4
    if literals > 286 or distances > 30 then
        wrong()
    end
    local lengths = {}
    for place, symbol in ipairs(ORDER) do
        lengths[symbol] = place <= given and bits_of(stream, 3) or 0
    end
    local code = code_of(lengths, 0, 18, false)
    lengths = {}
    local count = 0
    while count < literals + distances do
        -- A code without symbols stands for 0, as zlib has it.
        local symbol = code.is_empty and bits_of(stream, 1) * 0 or symbol_of(stream, code)
        local length, times = symbol, 1
        if symbol == 16 then
            if count == 0 then
                wrong()
            end
            length, times = lengths[count - 1], 3 + bits_of(stream, 2)
        elseif symbol == 17 then
            length, times = 0, 3 + bits_of(stream, 3)
        elseif symbol == 18 then
            length, times = 0, 11 + bits_of(stream, 7)
        end
        if count + times > literals + distances then
            wrong()
        end
        for _ = 1, times do
            lengths[count], count = length, count + 1
        end
    end
    if lengths[256] == 0 then
        wrong()
    end
    return code_of(lengths, 0, literals - 1, true), code_of(lengths, literals, literals + distances - 1, true)
end

-- As zlib does, what comes after the wanted bytes is looked at up to the next one, and errors there count.
local function put(out, wanted, byte)
    if #out == wanted then
        error(FULL, 0)
    end
    out[#out + 1] = byte
end

local function stored(stream, out, wanted)
    stream.at = stream.at + 7 & ~7
    local length = bits_of(stream, 16)
    if bits_of(stream, 16) ~= ~length & 0xFFFF then
        wrong()
    end
    for _ = 1, length do
        if #out == wanted then
            error(FULL, 0)
        end
        put(out, wanted, bits_of(stream, 8))
    end
end

local function compressed(stream, out, wanted, literals, distances)
    while true do
        local symbol = symbol_of(stream, literals)
        if symbol == 256 then
            return
        elseif symbol < 256 then
            put(out, wanted, symbol)
        else
            symbol = symbol - 257
            if symbol > 28 then
                wrong()
            end
            local length = LENGTHS.base[symbol] + bits_of(stream, LENGTHS.extra[symbol])
            local far = symbol_of(stream, distances)
            if far > 29 then
                wrong()
            end
            local distance = DISTANCES.base[far] + bits_of(stream, DISTANCES.extra[far])
            if #out < wanted and distance > #out then
                wrong()
            end
            for _ = 1, length do
                put(out, wanted, out[#out + 1 - distance])
            end
        end
    end
end

local function check_sum(stream, out)
    local low, high = 1, 0
    for _, byte in ipairs(out) do
        low = (low + byte) % 65521
        high = (high + low) % 65521
    end
    stream.at = stream.at + 7 & ~7
    local sum = 0
    for _ = 1, 4 do
        sum = sum << 8 | bits_of(stream, 8)
    end
    if sum ~= high << 16 | low then
        wrong()
    end
end

local M = {}

-- The first `wanted` bytes of zlib data, fewer where it is cut off; nil where it is none.
function M.first_bytes(data, wanted)
    local stream, out = { data = data, at = 0 }, {}
    local good, problem = pcall(function()
        local method = bits_of(stream, 8)
        local flags = bits_of(stream, 8)
        if (method << 8 | flags) % 31 ~= 0 or method & 15 ~= 8 or method >> 4 > 7 then
            wrong()
        elseif flags & 0x20 ~= 0 then -- the number of a dictionary, and there is none
            bits_of(stream, 32)
            wrong()
        end
        local is_last
        repeat
            is_last = bits_of(stream, 1) == 1
            local kind = bits_of(stream, 2)
            if kind == 0 then
                stored(stream, out, wanted)
            elseif kind == 1 then
                compressed(stream, out, wanted, fixed_codes())
            elseif kind == 2 then
                compressed(stream, out, wanted, dynamic_codes(stream))
            else
                wrong()
            end
        until is_last
        check_sum(stream, out)
    end)
    if not good and problem ~= ENDED and problem ~= FULL then
        if problem ~= WRONG then
            error(problem, 0)
        end
        return nil
    end
    return string.char(table.unpack(out))
end

return M
