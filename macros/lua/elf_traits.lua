-- SPDX-License-Identifier: GPL-2.0-or-later
-- The marks of an ELF object: which of its sections and symbols are content, and which say something else.
-- As checker/objects/elf_traits.py.

local import = ...
local data = import("data")
local elf_of = import("elf")
local markers_of = import("markers")
local sections = import("sections")
local source_of = import("source")
local text = import("text")
local traits_of = import("traits")
local limits, roles = data.limits, data.roles
local byte, unpack = string.byte, string.unpack

local SHT_NOTE, SHT_NOBITS = 7, 8
local SHT_LOPROC, SHT_HIPROC = 0x70000000, 0x7FFFFFFF
local SHF_ALLOC = 2
local SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_XINDEX = 0, 0xFF00, 0xFFF1, 0xFFFF
local STT_OBJECT, STT_FUNC, STT_SECTION = 1, 2, 3
local MARKER_SIZE = 1
local AT_ONCE = 1 << 16     -- bytes of symbols and their names that are read together

-- What a section is, by its name, type and flags; nil for tables and whatever else decides nothing.
local function section_role(elf, name, kind, flags)
    local role = sections.role_of(elf:name(name), elf.machine)
    if not role and kind == SHT_NOTE then
        return "NOTE"
    elseif not role and flags & SHF_ALLOC ~= 0 then
        return "NATIVE"
    end
    return role
end

-- A section's number as symbols have it.
local function as_in_symbols(number)
    return number < SHN_LORESERVE and number or SHN_XINDEX + number
end

-- The sections that hold no bytes in the file, as .bss.
local function unfilled_sections(elf)
    local unfilled, number = {}, 0
    for _, kind in elf:brief_rows() do
        unfilled[as_in_symbols(number)] = kind == SHT_NOBITS or nil
        number = number + 1
    end
    return unfilled
end

-- The sections of one byte that is not in the file.
local function single_bytes(elf)
    local single, number = {}, 0
    for _, kind, flags, _, size in elf:brief_rows() do
        single[as_in_symbols(number)] = kind == SHT_NOBITS and flags & SHF_ALLOC ~= 0 and size == MARKER_SIZE or nil
        number = number + 1
    end
    return single
end

-- Whether a symbol's section number stands for COMMON; machines have small and large kinds of their own.
local function is_common(section)
    return section >= SHN_LORESERVE and section < SHN_XINDEX and section ~= SHN_ABS
end

-- The symbols of an object, and which of them are content.
local Symbols = {}
Symbols.__index = Symbols

local function symbols_of(elf, index)
    local _, _, _, _, offset, size, link, info = elf:row(index)
    local _, _, _, _, strings_at, strings_size = elf:row(link)
    local markers = markers_of.names(elf.source, strings_at, strings_size)
    return setmetatable({
        elf = elf,
        strings = { offset = strings_at, size = strings_size },
        table = { offset = offset, size = size, info = info },
        markers = markers,
        silent = markers and unfilled_sections(elf),
        of_debug = nil,
    }, Symbols)
end

-- Whether a global symbol is defined; only asked where none is a marker.
function Symbols:define_something()
    local found = false
    self.elf:symbols(self.table, false, function(_, _, section)
        found = section ~= SHN_UNDEF
        return found
    end)
    return found
end

-- Whether a global symbol is defined and no name is a marker's, where one read of both tables can say so. So it is in
-- nearly all objects: assemblers write the names right after the symbols.
local function is_plain(elf, index)
    local step, end_of_file = elf.layout.symbol_size, elf.source.size
    local _, _, _, _, at, size, link, info = elf:row(index)
    local _, _, _, _, names_at, names_size = elf:row(link)
    if at < 0 or size < 0 or at > end_of_file or size > end_of_file - at or names_at < at + size or names_size < 0 then
        return false
    end
    local first = info <= size // step and at + info * step or at
    if names_at > end_of_file or names_size > end_of_file - names_at or names_at + names_size - first > AT_ONCE then
        return false
    end
    local part = elf.source:read(first, names_at + names_size - first)
    if markers_of.may_be_in(part, names_at - first + 1) then
        return false
    end
    for place = 1, at + size - first - step + 1, step do
        local _, symbol_info, section = elf:symbol(part, place)
        if section ~= SHN_UNDEF and symbol_info >> 4 ~= 0 then
            return true
        end
    end
    return false
end

-- What is known of a symbol that is one of GCC's markers: COMMON, or a byte that was once; nil for others.
function Symbols:marker(name, section, size)
    local entry = self.markers and size == MARKER_SIZE and self.markers:entry(name)
    return entry and (is_common(section) or self.silent[section]) and entry or nil
end

-- Whether this is GCC's hidden symbol by which a link's debug information finds that of the compilation.
function Symbols:is_of_debug(section)
    self.of_debug = self.of_debug or {}
    if self.of_debug[section] == nil then
        local elf = self.elf
        local number = section < SHN_LORESERVE and section or section - SHN_XINDEX
        local name = number >= 0 and number < elf.count and elf:name((elf:row(number))) or ""
        self.of_debug[section] = sections.role_of(name, elf.machine) == "LTO_DEBUG"
    end
    return self.of_debug[section]
end

-- Whether this is the name of an absolute symbol that every `ld -r` for the machine defines.
function Symbols:is_of_linker(name)
    local ends = data.markers.OF_LINKERS[self.elf.machine]
    if not ends then
        return false
    end
    local length = math.max(0, math.min(data.elf.LONGEST_OF_LINKERS, self.strings.size - name))
    return text.ends_with_any(self.elf.source:read(self.strings.offset + name, length):match("^[^\0]*"), ends)
end

-- Whether a symbol is a global one that something is defined by, and neither a marker nor LTO's or a linker's own.
function Symbols:is_content(name, info, section)
    if info >> 4 == 0 or section == SHN_UNDEF then
        return false
    elseif section == SHN_ABS then
        return not self:is_of_linker(name)
    end
    return not self:is_of_debug(section)
end

-- Whether a section is content for sure; a single byte of .bss may be the marker's.
local function has_content(elf)
    local format, step, flags_at = elf.layout.brief, elf.layout.row_size, elf.layout.flags_at
    local is_no_content = sections.test(roles.NO_CONTENT, elf.machine)
    -- From the end, because a compiler's last sections are the likelier ones to have bytes.
    for first = (elf.count - 1) // elf_of.SECTIONS * elf_of.SECTIONS, 0, -elf_of.SECTIONS do
        local table_, before, count = elf:headers(first)
        for at = before + (count - 1) * step + 1, before + 1, -step do
            if byte(table_, at + flags_at) & SHF_ALLOC ~= 0 then
                local offset, kind, _, _, size = unpack(format, table_, at)
                local is_marker = kind == SHT_NOBITS and size == MARKER_SIZE
                if size ~= 0 and kind ~= SHT_NOTE and not is_marker and not is_no_content(elf:start_of_name(offset)) then
                    return true
                end
            end
        end
    end
    return false
end

local function read_decisive_sections(elf, traits)
    local is_decisive = sections.test(roles.DECISIVE, elf.machine)
    local is_one_unit = elf:has_once(".gnu.lto_.decls")
    local ctors = {}
    for offset, kind, _, at, size in elf:brief_rows() do
        if is_decisive(elf:start_of_name(offset)) then
            local name = elf:name(offset)
            size = kind == SHT_NOBITS and 0 or size
            if at < 0 or size < 0 or size > elf.source.size or at > elf.source.size - size then
                local bytes = source_of.unsigned(size)
                source_of.malformed("a section of " .. bytes .. " bytes that ends after the file", at)
            end
            local is_body = text.starts_with(name, ".gnu.lto_") and not text.starts_with(name, ".gnu.lto_.")
            if is_body and is_one_unit and traits.lto and traits.lto.has_body then
                traits.lto.size = traits.lto.size + size
            else
                name = is_body and elf:name(offset, data.elf.LONGEST_NAME) or name
                if not traits:take(name, at, size) and size ~= 0 then
                    ctors[name] = true
                end
            end
        end
    end
    traits.ctors = text.sorted_keys(ctors)
end

-- Looks for the marker, and where no section has content for a symbol that is content, or asks for one.
local function read_symbols(symbols, traits)
    local places = traits.native and {} or single_bytes(symbols.elf)
    local defined = false
    symbols.elf:symbols(symbols.table, true, function(name, info, section, size)
        local marker = symbols:marker(name, section, size)
        if marker then
            traits.marker = traits.marker or marker.is_slim
        elseif section == SHN_UNDEF then
            traits.undefined = traits.undefined or info >> 4 > 0
        elseif not defined and symbols:is_content(name, info, section) then
            defined, traits.native = true, true
        elseif not traits.native and places[section] and info & 15 ~= STT_SECTION then
            traits.native = true
        end
        return defined and (traits.marker or not symbols.markers)
    end)
    traits.nameless = traits.native and not defined
end

-- Looks for sections that no stripped slim object has: DWARF, notes of the unit's own, code for a device ...
local function read_signs(elf, traits)
    for offset, kind, flags, _, size in elf:brief_rows() do
        if size ~= 0 and not data.elf.TABLE_TYPES[kind] and (kind < SHT_LOPROC or kind > SHT_HIPROC) then
            local role = section_role(elf, offset, kind, flags)
            if role ~= "NATIVE" and not roles.OF_ANY_UNIT[role or ""] then
                local telling = traits.telling or ""
                traits.telling = telling ~= "" and telling or elf:name(offset)
                if not role or role == "NOTE" then
                    traits.aside = true
                    return
                end
            end
        end
    end
end

-- Whether some section has code that runs although no symbol asks for it.
local function runs_unasked(elf)
    for offset, _, _, _, size in elf:brief_rows() do
        if size ~= 0 and text.starts_with_any(elf:start_of_name(offset), data.elf.UNASKED) then
            return true
        end
    end
    return false
end

-- Whether local code or data has a name: a strip of all symbols leaves one only where a relocation needs it.
local function has_local_names(elf, index)
    local _, _, _, _, offset, size, _, info_of_table = elf:row(index)
    local found = false
    elf:symbols({ offset = offset, size = size, info = info_of_table }, true, function(_, info, section)
        local kind = info & 15
        found = section ~= SHN_UNDEF and info >> 4 == 0 and (kind == STT_OBJECT or kind == STT_FUNC)
        return found
    end)
    return found
end

local M = {}

-- The marks of a relocatable object; nil for an ELF file of another type.
function M.read(source, head)
    local elf = elf_of.open(source, head)
    if elf.type ~= data.magic.ET_REL then
        return nil
    end
    local traits = traits_of.new("elf", elf.machine)
    if elf:has_decisive_names() then
        read_decisive_sections(elf, traits)
    end
    traits.native = has_content(elf)
    local index = elf:symbol_table()
    if index and traits.native and is_plain(elf, index) then
        return traits
    elseif not index then
        traits.nameless = traits.native
    else
        local symbols = symbols_of(elf, index)
        if traits.native and not symbols.markers then
            traits.nameless = not symbols:define_something()
        else
            read_symbols(symbols, traits)
        end
    end
    if not traits.native then
        read_signs(elf, traits)
    elseif traits.nameless then
        traits.nameless = not runs_unasked(elf) and not (index and has_local_names(elf, index))
    end
    return traits
end

return M
