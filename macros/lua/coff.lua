-- SPDX-License-Identifier: GPL-2.0-or-later
-- COFF relocatable objects as mingw has them: plain, with more than 65,279 sections, and short imports.
-- As checker/objects/coff.py.

local import = ...
local data = import("data")
local source_of = import("source")
local text = import("text")
local malformed = source_of.malformed
local limits = data.limits
local unpack = string.unpack

local HEADER, HEADER_SIZE = "<I2I2xxxxI4I4I2", 20
local BIG_HEADER, BIG_HEADER_SIZE = "<xxxxI2I2xxxxc16xxxxxxxxxxxxxxxxI4I4I4", 56
local IMPORT_HEADER, IMPORT_HEADER_SIZE = "<xxxxI2I2xxxxI4", 20
local SECTION_SIZE = 40
local SECTION_PLACE = "<c8xxxxI4xxxxI4xxxxxxxxxxxxI4" -- name, address, place in the file and flags
local SYMBOL, SYMBOL_SIZE = "<c8I4i2xxBB", 18
local BIG_SYMBOL, BIG_SYMBOL_SIZE = "<c8I4i4xxBB", 20

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local M = { SECTION = "<c8xxxxxxxxI4I4xxxxxxxxxxxxI4", SECTION_SIZE = SECTION_SIZE }

-- Where a COFF object's tables are: offsets from its start, numbers of rows, the layout of a symbol.
function M.tables_of(source)
    if source:read(0, 4) == data.coff.ANONYMOUS then
        local version, machine, class, count, symbols_at, symbols = unpack(BIG_HEADER, source:read(0, BIG_HEADER_SIZE))
        if version < 2 or class ~= data.coff.BIG_CLASS then
            local shown = class:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
            malformed("an anonymous object of version " .. version .. " and class " .. shown .. ", which is no COFF", 4)
        end
        return {
            machine = machine, sections_at = BIG_HEADER_SIZE, sections = count,
            symbols_at = symbols_at, symbols = symbols, symbol = BIG_SYMBOL, symbol_size = BIG_SYMBOL_SIZE,
        }
    end
    local machine, count, symbols_at, symbols, optional = unpack(HEADER, source:read(0, HEADER_SIZE))
    return {
        machine = machine, sections_at = HEADER_SIZE + optional, sections = count,
        symbols_at = symbols_at, symbols = symbols, symbol = SYMBOL, symbol_size = SYMBOL_SIZE,
    }
end

-- The string table, which stands behind the symbols; without names there may be none.
function M.strings_of(source, tables)
    if tables.symbols_at == 0 then
        return { at = 0, size = 0 }
    end
    local at = tables.symbols_at + tables.symbols * tables.symbol_size
    if at == source.size then
        return { at = at, size = 0 }
    end
    local size = unpack("<I4", source:read(at, 4))
    if size > source.size - at then
        malformed("a string table of " .. size .. " bytes, " .. source.size - at .. " are left", at)
    end
    return { at = at, size = size }
end

-- The name at an offset, or as much of it as `most` bytes are.
local function name_at(source, strings, offset, most)
    if offset < 4 or offset >= strings.size then
        malformed("a name at " .. offset .. " of a string table of " .. strings.size .. " bytes", strings.at)
    end
    local part = source:read(strings.at + offset, math.min(most, strings.size - offset))
    local stop = part:find("\0", 1, true)
    return stop and part:sub(1, stop - 1) or part
end

-- A section's name: `/` and a decimal offset, or `//` and one in base 64, stand for a name of over 8 bytes.
function M.section_name(source, strings, field)
    local name = text.without_trailing(field, "\0")
    local digits = name:match("^/(%d+)$")
    if digits then
        return name_at(source, strings, math.tointeger(tonumber(digits)), limits.member_name)
    end
    local encoded = #name == 8 and name:match("^//([%w+/]+)$")
    if encoded then
        local offset = 0
        for at = 1, #encoded do
            offset = offset * 64 + BASE64:find(encoded:sub(at, at), 1, true) - 1
        end
        return name_at(source, strings, offset, limits.member_name)
    end
    return name
end

-- A table's rows, of which only some are held in memory at a time: `use(...)` for each, until it returns true.
function M.each_row(source, at, count, format, size, use)
    local step = limits.chunk // size
    for first = 0, count - 1, step do
        local part = source:read(at + first * size, math.min(step, count - first) * size)
        for place = 1, #part, size do
            if use(unpack(format, part, place)) then
                return
            end
        end
    end
end

-- A symbol's name, which is in the string table when it has over 8 bytes.
function M.symbol_name(source, strings, field)
    if field:sub(1, 4) == "\0\0\0\0" then
        return name_at(source, strings, (unpack("<I4", field, 5)), limits.section_name)
    end
    return text.without_trailing(field, "\0")
end

-- Which of the objects this is that begin as none with sections can; "unknown" where it is none.
function M.anonymous_format(source)
    if source.size < IMPORT_HEADER_SIZE then
        return "unknown"
    end
    local version, machine, size = unpack(IMPORT_HEADER, source:read(0, IMPORT_HEADER_SIZE))
    local is_machine = data.machines.COFF[machine] ~= nil
    if version == 0 then
        local is_whole = size <= math.min(limits.chunk, source.size - IMPORT_HEADER_SIZE)
        local names = is_whole and is_machine and source:read(IMPORT_HEADER_SIZE, size) or ""
        local _, count = names:gsub("\0", "")
        return count >= 2 and "coff-import" or "unknown"
    elseif source.size < 28 then
        return "unknown"
    end
    local class = source:read(12, 16)
    if version >= 2 and class == data.coff.BIG_CLASS then
        return "coff"
    elseif class == data.coff.LTCG_CLASS then
        return "msvc-ltcg"
    end
    return version == 1 and is_machine and "coff-anonymous" or "unknown"
end

local function is_name(field)
    local name = text.without_trailing(field, "\0")
    return name ~= "" and not name:find("[^!-~]")
end

-- Whether the tables follow that a COFF header names; two bytes of magic alone would claim arbitrary files. Where the file
-- ends among the sections, those that are there say whether it is one that was cut off.
function M.is_coff(source)
    if source.size < HEADER_SIZE + SECTION_SIZE then
        return false
    end
    local _, count, symbols_at, symbols, optional = unpack(HEADER, source:read(0, HEADER_SIZE))
    local sections_at = HEADER_SIZE + optional
    local stop = sections_at + count * SECTION_SIZE
    if (symbols > 0 and symbols_at < stop) or sections_at + SECTION_SIZE > source.size then
        return false
    elseif stop <= source.size then
        return is_name(source:read(sections_at, 8))
    end
    local is_one = true
    M.each_row(source, sections_at, (source.size - sections_at) // SECTION_SIZE, SECTION_PLACE, SECTION_SIZE,
        function(field, address, at, flags)
            is_one = is_name(field) and address == 0 and flags ~= 0 and (at == 0 or stop <= at)
            return not is_one
        end)
    return is_one
end

-- The machine that a short import is for.
function M.import_machine(source)
    local _, machine = unpack(IMPORT_HEADER, source:read(0, IMPORT_HEADER_SIZE))
    return machine
end

return M
