-- SPDX-License-Identifier: GPL-2.0-or-later
-- LLVM bitcode: who wrote it, for what target, and whether it defines anything. As checker/objects/bitcode.py.

local import = ...
local data = import("data").bitcode
local bitstream = import("bitstream")
local malformed = import("source").malformed
local text = import("text")

local MODULE_BLOCK, IDENTIFICATION_BLOCK, STRTAB_BLOCK = 8, 13, 23
local IDENTIFICATION_STRING = 1
local MODULE_VERSION, MODULE_TRIPLE, MODULE_SOURCE = 1, 2, 16
local ASM, GLOBALVAR, FUNCTION = 4, 7, 8
local NAMES_OUTSIDE = 2   -- from this module version on, names are in a string table block, which follows the module
local SLACK = 8           -- bytes after the last block that are no block; some `ar` pad members
local TEXT = 1 << 10      -- bytes kept of a triple or a producer
local APPENDING, AVAILABLE_EXTERNALLY = 2, 12
local WRAPPER_SIZE = 20

-- The bit stream, behind its magic.
local function opened(source)
    local first, stop = 0, source.size
    if source:read(0, 4) == data.WRAPPER then
        local size
        first, size = string.unpack("<I4I4", source:read(8, 8))
        stop = first + size
        if stop > source.size then
            malformed("the wrapper says that bitcode ends at " .. stop .. ", the data ends at " .. source.size, 8)
        end
    end
    if first + 4 > stop or source:read(first, 4) ~= data.MAGIC then
        malformed("no bitcode magic", first)
    end
    local bits = bitstream.open(source, first, stop)
    bits:skip(32)
    return bits
end

-- Fields that are the bytes of a text; nil for an empty one.
local function text_of(bits, fields)
    local characters = {}
    for field in fields do
        if field < 0 or field > 255 then
            bits:malformed("a text whose characters are no bytes")
        end
        characters[#characters + 1] = string.char(field)
        if #characters == TEXT then
            break
        end
    end
    return characters[1] and text.for_data(table.concat(characters)) or nil
end

-- The string by which the producer names itself.
local function identification_of(bits, width)
    local found
    bitstream.records(bits, width, function(code, fields)
        if code == IDENTIFICATION_STRING then
            found = text_of(bits, fields)
            return true
        end
        return false
    end)
    return found
end

-- Whether a global's record stands for something that machine code defines.
local function is_definition(code, fields, outside)
    if code ~= GLOBALVAR and code ~= FUNCTION then
        return true
    end
    for _ = 1, outside and 4 or 2 do
        if not fields() then
            return true
        end
    end
    local value = fields()
    local linkage = value and fields()
    if not linkage then
        return true
    end
    local is_there = (value ~= 0) == (code == GLOBALVAR)
    return is_there and linkage ~= APPENDING and linkage ~= AVAILABLE_EXTERNALLY
end

-- The compiler of another language, by the name of its source.
local function frontend_of(source_name)
    if source_name:find("%-cgu%.[0-9]+$") or (#source_name >= 13 and source_name:find("^[0-9a-z]+$")) then
        return "rustc"
    end
    return source_name:find("%.di?$") and "ldc2" or nil
end

-- What a module says before its first global, or before its first definition if `whole`.
local function read_module(bits, width, whole)
    local module = { triple = nil, empty = true, defines = false, names_outside = false }
    bitstream.records(bits, width, function(code, fields)
        if code == MODULE_VERSION then
            local version = fields() or 0
            module.names_outside = version < 0 or version >= NAMES_OUTSIDE
        elseif code == MODULE_TRIPLE then
            module.triple = text_of(bits, fields)
        elseif code == MODULE_SOURCE then
            module.frontend = frontend_of(text_of(bits, fields) or "")
        elseif data.MODULE_CONTENT[code] then
            module.empty = false
            if not whole or (code ~= ASM and is_definition(code, fields, module.names_outside)) then
                module.defines = true
                return true
            end
        end
        return false
    end)
    return module
end

-- The blocks of one bitcode file at top level.
local function read_blocks(bits, reading, whole)
    local stop = bits.stop
    reading.unnamed = false
    while stop - bits.at > SLACK * 8 and bits:peek(2) == bitstream.ENTER_SUBBLOCK do
        bits:skip(2)
        local block, width, size = bitstream.enter(bits)
        bits.stop = bits.at + size
        if block == IDENTIFICATION_BLOCK and not reading.identification then
            reading.identification = identification_of(bits, width)
        elseif block == MODULE_BLOCK then
            reading.modules = reading.modules + 1
            if reading.empty or (whole and not reading.defines) then
                local module = read_module(bits, width, whole)
                reading.triple = reading.triple or module.triple
                reading.frontend = reading.frontend or module.frontend
                reading.empty = reading.empty and module.empty
                reading.defines = reading.defines or module.defines
                reading.unnamed = reading.unnamed or module.names_outside
            end
        elseif block == STRTAB_BLOCK then
            reading.unnamed = false
        end
        bits.at, bits.stop = bits.stop, stop
    end
    if reading.unnamed then
        malformed("bitcode without the string table that its module needs", bits.at >> 3)
    end
end

-- Goes behind the magic of one more bitcode file, if one follows; zeros may be between.
local function next_file(bits)
    if bits.stop - bits.at <= SLACK * 8 then
        return false
    end
    local at, magic = bits.at, string.unpack("<I4", data.MAGIC)
    for _ = 1, data.PADDING // 4 do
        local word = bits:fixed(32)
        if word == magic then
            return true
        elseif word ~= 0 or bits.stop - bits.at < 32 then
            break
        end
    end
    bits.at = at
    bits:malformed("no block begins where the last one ended")
end

-- `LLVM14.0.6` as producer and version; Apple's and Zig's own names for themselves stay visible.
local function producer_of(identification)
    local name, rest = (identification or ""):match("^(%a+)[-_ ]*(.*)$")
    if not name then
        return "llvm", identification
    end
    return name:lower(), rest ~= "" and rest or nil
end

local M = {}

-- What bitcode says of itself, wrapped or bare, with `whole` after a look at all globals.
function M.read(source, whole)
    local bits = opened(source)
    local reading = { identification = nil, triple = nil, modules = 0, empty = true, defines = false, unnamed = false }
    local files = 1
    read_blocks(bits, reading, whole)
    while next_file(bits) do
        files = files + 1
        read_blocks(bits, reading, whole)
    end
    if reading.modules == 0 then
        malformed("bitcode without a module", source.size)
    end
    local producer, version = producer_of(reading.identification)
    return {
        producer = producer,
        version = version,
        triple = reading.triple,
        frontend = reading.frontend,
        empty = reading.empty,
        defines = reading.defines,
        files = files,
    }
end

local function begins_with_block(bytes)
    local word = string.unpack("<I4", bytes)
    local width = word >> 10 & 0xF
    return word & 3 == bitstream.ENTER_SUBBLOCK and data.FIRST_BLOCKS[word >> 2 & 0xFF] and width >= 2 and width <= 8
end

-- Whether the structure of bitcode follows its magic: a block that is known to come first, or a wrapper.
function M.is_bitcode(source)
    if source.size < 8 then
        return false
    elseif source:read(0, 4) ~= data.WRAPPER then
        return begins_with_block(source:read(4, 4))
    elseif source.size < WRAPPER_SIZE then
        return false
    end
    local version, at = string.unpack("<xxxxI4I4", source:read(0, WRAPPER_SIZE))
    if version ~= 0 or at < WRAPPER_SIZE or at > data.MOST_WRAPPED or at + 8 > source.size then
        return false
    end
    return source:read(at, 4) == data.MAGIC and begins_with_block(source:read(at + 4, 4))
end

return M
