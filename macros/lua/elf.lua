-- SPDX-License-Identifier: GPL-2.0-or-later
-- ELF relocatable objects: 32 and 64 bit, both byte orders, more than 65,279 sections. As checker/objects/elf.py.

local import = ...
local data = import("data")
local machines = import("machines")
local sections = import("sections")
local source_of = import("source")
local malformed, unsigned = source_of.malformed, source_of.unsigned
local limits = data.limits
local byte, find, min, sub, unpack = string.byte, string.find, math.min, string.sub, string.unpack

local EV_CURRENT = 1
local SHT_SYMTAB, SHT_SYMTAB_SHNDX = 2, 18
local SHN_LORESERVE, SHN_XINDEX = 0xFF00, 0xFFFF
local NUMBER = 4            -- bytes of a section's number in SHT_SYMTAB_SHNDX, which has one for each symbol
local NAME_SIZE = 48        -- bytes of names for each section that are read along with a table of few
local FEW = 128             -- sections; of more, the names are read alone, because they would be copied
local SYMBOLS = 1024        -- how many are read at a time
local SECTIONS = 1024       -- headers that are in memory together
local NAMES = 1 << 18       -- bytes of names that are, where those are all
local HEADER_SIZE = { [32] = 52, [64] = 64 }

-- How the parts of a file are laid out; addresses, offsets and most sizes are words of its class.
local function layout(bits, order)
    local word = bits == 64 and "I8" or "I4"
    return {
        bits = bits,
        order = order,
        header = order .. "I2I2I4" .. word:rep(3) .. "I4I2I2I2I2I2I2",
        row_size = bits == 64 and 64 or 40,
        row = order .. "I4I4" .. word:rep(4) .. "I4I4" .. word:rep(2),
        brief = order .. "I4I4" .. word .. ("x"):rep(bits // 8) .. word:rep(2),
        flags_at = order == "<" and 8 or 7 + bits // 8, -- their lowest byte
        symtab = string.pack(order .. "I4" .. word:rep(2), SHT_SYMTAB, 0, 0), -- without flags and an address
        symbol_size = bits == 64 and 24 or 16,
        symbol = order .. (bits == 64 and "I4BxI2xxxxxxxxI8" or "I4xxxxI4BxI2"),
    }
end

-- By the bytes of the file header that say class and data encoding.
local LAYOUTS = {
    ["\1\1"] = layout(32, "<"), ["\1\2"] = layout(32, ">"), ["\2\1"] = layout(64, "<"), ["\2\2"] = layout(64, ">"),
}

local Elf = {
    first = 0, -- the section from which on headers are in memory, `loaded` of them: in `table`, from `table_at` on
    loaded = 0,
    names_at = 0,
    names_size = 0,
}
Elf.__index = Elf

-- One ELF file's headers; raises where they contradict the format or the file's size.
local function open(source, head)
    if #head < 16 then
        head = source:read(0, math.max(16, min(64, source.size)))
    end
    local layout = LAYOUTS[head:sub(5, 6)]
    if not layout then
        local class, order = head:byte(5, 6)
        malformed("ELF class " .. class .. " and data encoding " .. order .. ", expected 1 or 2 for each", 4)
    end
    local header_size = HEADER_SIZE[layout.bits]
    if #head < header_size then
        head = head:sub(1, 16) .. source:read(16, header_size - 16)
    end
    local kind, number, _, _, _, at, _, _, _, _, row_size, count, names = unpack(layout.header, head, 17)
    local self = setmetatable({
        source = source,
        layout = layout,
        type = kind,
        machine = machines.elf_machine(number, layout.bits, layout.order),
        count = count,
        rows_at = at,
    }, Elf)
    if kind == data.magic.ET_REL then
        self:read_table(at, row_size, names)
    end
    return self
end

function Elf:read_table(at, row_size, names)
    local layout, source = self.layout, self.source
    if at == 0 then
        malformed("ELF object without a section table", layout.bits == 64 and 40 or 32)
    elseif row_size ~= layout.row_size then
        malformed("section headers of " .. row_size .. " bytes, expected " .. layout.row_size, at)
    end
    if self.count == 0 or names == SHN_XINDEX then
        local _, _, _, _, _, size, link = unpack(layout.row, source:read(at, row_size))
        self.count = self.count ~= 0 and self.count or size
        names = names == SHN_XINDEX and link or names
    end
    local count = self.count
    if count < 0 or count > limits.sections then
        malformed(unsigned(count) .. " sections, more than the limit of " .. limits.sections, at)
    end
    source:prefetch(at, count * row_size, count <= FEW and count * NAME_SIZE or 0)
    source:check(at, count * row_size)
    self:headers(0)
    if names >= count then
        malformed("the names are said to be in section " .. names .. ", there are " .. count, at)
    end
    local _, _, _, _, names_at, names_size = self:row(names)
    if names_at < 0 or names_size < 0 or names_size > source.size - names_at then
        malformed("the section names end after the file", names_at)
    end
    self.names_at, self.names_size = names_at, names_size
    if names_size <= NAMES then
        self.names = source:read(names_at, names_size)
    end
end

-- As many headers of sections as are in memory together, for the first of them: bytes that hold them, how many bytes are
-- before the first, and their number.
function Elf:headers(first)
    if first ~= self.first or self.loaded == 0 then
        local count, size = min(SECTIONS, self.count - first), self.layout.row_size
        self.first, self.loaded = first, count
        self.table, self.table_at = self.source:view(self.rows_at + first * size, count * size)
    end
    return self.table, self.table_at, self.loaded
end

-- A section header: name, type, flags, address, offset, size, link, info, alignment, entry size.
function Elf:row(index)
    local layout = self.layout
    local size, place = layout.row_size, index - self.first
    if place >= 0 and place < self.loaded then
        return unpack(layout.row, self.table, self.table_at + place * size + 1)
    elseif index >= self.count then
        malformed("section " .. index .. " is named, there are " .. self.count)
    end
    return unpack(layout.row, self.source:read(self.rows_at + index * size, size))
end

-- All sections: name, type, flags, offset and size.
function Elf:brief_rows()
    local format, step = self.layout.brief, self.layout.row_size
    local following, at, stop, table_ = 0, 0, 0, nil
    return function()
        at = at + step
        if at >= stop then
            if following >= self.count then
                return nil
            end
            local count
            table_, at, count = self:headers(following)
            following, at, stop = following + count, at + 1, at + count * step
        end
        return unpack(format, table_, at)
    end
end

-- The first section whose header has these bytes from its type on.
local function find_type(elf, wanted)
    local step = elf.layout.row_size
    for first = 0, elf.count - 1, SECTIONS do
        local table_, start, count = elf:headers(first)
        local at = find(table_, wanted, start + 1, true)
        while at and (at - start) % step ~= 5 do
            at = find(table_, wanted, at + 1, true)
        end
        local index = at and (at - start) // step
        if index and index < count then
            return first + index
        end
    end
end

-- Where the first symbol table is among the sections; one with flags or an address only where there is no other.
function Elf:symbol_table()
    local wanted = self.layout.symtab
    return find_type(self, wanted) or find_type(self, wanted:sub(1, 4))
end

-- Whether some section's name may be one that decides by itself; may be wrong on the side of yes.
function Elf:has_decisive_names()
    if self.names then
        return sections.decide_in(self.names)
    end
    for _, part in self.source:parts(self.names_at, self.names_size) do
        if sections.decide_in(part) then
            return true
        end
    end
    return false
end

-- The section name at an offset into the names; cut off where no name of interest is that long.
function Elf:name(offset, most)
    local length = min(most or limits.section_name, self.names_size - offset)
    if length <= 0 then
        return ""
    end
    local part = self.names and sub(self.names, offset + 1, offset + length)
        or self.source:read(self.names_at + offset, length)
    local stop = find(part, "\0", 1, true)
    return stop and sub(part, 1, stop - 1) or part
end

-- As much of the name at an offset as says what the section is; NUL ends it, and what is behind says nothing.
function Elf:start_of_name(offset)
    local most, names = sections.LONGEST, self.names
    if names and offset + most <= #names then
        return sub(names, offset + 1, offset + most)
    end
    return self:name(offset, sections.LONGEST) .. "\0"
end

-- Whether only one section's name can hold this word; known where all names are in memory.
function Elf:has_once(word)
    local _, stop = (self.names or ""):find(word, 1, true)
    return stop ~= nil and not self.names:find(word, stop + 1, true)
end

-- The symbol at a place in a part of a table: name, info, section, size; `name` is a place in the table of strings, `info`
-- binding and type in one number.
function Elf:symbol(part, place)
    local layout = self.layout
    if layout.bits == 64 then
        return unpack(layout.symbol, part, place)
    end
    local name, size, info, section = unpack(layout.symbol, part, place)
    return name, info, section, size
end

-- Where the section numbers are that symbols have no room for: a table of one for each symbol; nil where none is that long.
function Elf:section_numbers(symbols)
    for _, kind, _, offset, size in self:brief_rows() do
        if kind == SHT_SYMTAB_SHNDX and not math.ult(size, symbols * NUMBER) then
            self.source:check(offset, symbols * NUMBER)
            return offset
        end
    end
end

-- The global symbols of a table, after the local ones where those are wanted: `use(name, info, section, size)`, until it
-- returns true. The number of a section that a symbol has no room for is counted from SHN_XINDEX on.
function Elf:symbols(table_, with_locals, use)
    local step = self.layout.symbol_size
    local count = source_of.divided(table_.size, step)
    -- Locals come first, and sh_info says where they end. Not trusted when it is out of range.
    local start = table_.info <= count and not with_locals and table_.info or 0
    if count - start > limits.symbols then
        malformed(count - start .. " symbols, more than the limit of " .. limits.symbols, table_.offset)
    end
    if math.ult(self.source.size, table_.offset) then
        malformed("the symbols begin after the file", table_.offset)
    end
    local position, stop = table_.offset + start * step, table_.offset + count * step
    if position < stop then
        self.source:check(position, stop - position)
    end
    local numbers_at = self.count > SHN_LORESERVE and self:section_numbers(count)
    while position < stop do
        local part = self.source:read(position, min(SYMBOLS * step, stop - position))
        local numbers = numbers_at
            and self.source:read(numbers_at + (position - table_.offset) // step * NUMBER, #part // step * NUMBER)
        for place = 1, #part, step do
            local name, info, section, size = self:symbol(part, place)
            if numbers and section == SHN_XINDEX then
                section = SHN_XINDEX + unpack(self.layout.order .. "I4", numbers, place // step * NUMBER + 1)
            end
            if (info >> 4 ~= 0 or with_locals) and use(name, info, section, size) then
                return
            end
        end
        position = position + #part
    end
end

local M = { open = open, SECTIONS = SECTIONS }

-- Whether a file that begins with the magic goes on as an ELF file does: by class and encoding, or by what follows.
function M.may_be_elf(head)
    return #head < 16
        or LAYOUTS[head:sub(5, 6)] ~= nil
        or (byte(head, 7) == EV_CURRENT and not head:sub(10, 16):find("[^\0]"))
end

return M
