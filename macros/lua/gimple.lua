-- SPDX-License-Identifier: GPL-2.0-or-later
-- What GCC's `.gnu.lto_*` sections say of themselves. As checker/objects/gimple.py.

local import = ...
local data = import("data").gimple
local source_of = import("source")
local text = import("text")
local starts_with = text.starts_with

local HEADER_SIZE = 8

local Unit = {}
Unit.__index = Unit

-- Takes in one of the unit's sections.
function Unit:add(section)
    local name, size = section.name, section.size
    if not starts_with(name, ".gnu.lto_.") then
        self.has_content = true -- the body of a function, or an initialiser
        return
    end
    self.has_parts = true
    if starts_with(name, ".gnu.lto_.lto.") then
        self.header = size >= HEADER_SIZE and section or self.header
    elseif starts_with(name, ".gnu.lto_.decls") then
        self.declarations = section
    elseif starts_with(name, ".gnu.lto_.symtab") then
        self.has_table = true
        self.has_content = self.has_content or size > 0
    elseif starts_with(name, ".gnu.lto_.asm") then
        self.has_asm = true
    elseif starts_with(name, ".gnu.lto_.symbol_nodes") then
        self.has_content = self.has_content or size > data.EMPTY_SYMBOL_NODES
    end
end

-- Whether losing this bytecode loses nothing.
function Unit:defines_nothing(asm_counts)
    return self.has_table and not self.has_content and not (asm_counts and self.has_asm)
end

local Gimple = {}
Gimple.__index = Gimple

local M = {}

-- The LTO sections of one object, by unit; `size` in bytes.
function M.new()
    return setmetatable({ units = {}, by_number = {}, options = nil, size = 0, has_body = false }, Gimple)
end

-- Takes in a section; raises when they are of too many units.
function Gimple:add(section)
    self.size = self.size + section.size
    if starts_with(section.name, ".gnu.lto_.opts") then
        self.options = section
        return
    end
    self.has_body = self.has_body or not starts_with(section.name, ".gnu.lto_.")
    local number = section.name:match("[^.]*$")
    local unit = self.by_number[number]
    if not unit then
        if #self.units == data.UNITS then
            source_of.malformed("bytecode of more than " .. data.UNITS .. " units", section.offset)
        end
        unit = setmetatable({
            has_parts = false, has_table = false, has_content = false, has_asm = false,
        }, Unit)
        self.by_number[number] = unit
        self.units[#self.units + 1] = unit
    end
    unit:add(section)
end

-- `struct lto_section`: two 16-bit numbers in the byte order of the host that ran the compiler, then the slim flag.
local function parse_header(bytes)
    local order = string.unpack("<I2", bytes) < 256 and "<" or ">"
    local major, minor, slim = string.unpack(order .. "I2I2B", bytes)
    return { major = major, minor = minor, slim = slim ~= 0 }
end

-- The header that GCC 10 and newer write.
function M.unit_header(source, unit)
    return unit.header and parse_header(source:read(unit.header.offset, HEADER_SIZE)) or nil
end

-- The bytecode version of GCC 9 and older, which began every compressed section with it.
function M.version_before_headers(source, units)
    for _, unit in ipairs(units) do
        local section = unit.declarations
        if section then
            local start = import("inflate").first_bytes(source:read(section.offset, math.min(64, section.size)), 4)
            if not start then
                return nil
            elseif #start == 4 then
                local header = parse_header(start .. "\0")
                return header.major .. "." .. header.minor
            end
        end
    end
    return nil
end

return M
