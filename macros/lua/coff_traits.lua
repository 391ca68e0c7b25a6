-- SPDX-License-Identifier: GPL-2.0-or-later
-- The marks of a COFF object: which of its sections and symbols are content, and which say something else.
-- As checker/objects/coff_traits.py.

local import = ...
local data = import("data")
local coff = import("coff")
local machines = import("machines")
local markers = import("markers")
local sections = import("sections")
local source_of = import("source")
local text = import("text")
local traits_of = import("traits")
local malformed = source_of.malformed
local limits = data.limits

local CNT_ANY = 0x20 | 0x40 | 0x80
local CNT_UNINITIALIZED_DATA = 0x80
local LNK_LEFT_OUT = 0x200 | 0x800
local UNDEFINED, ABSOLUTE = 0, -1
local CLASS_EXTERNAL, CLASS_STATIC, CLASS_WEAK_EXTERNAL = 2, 3, 105

-- What a section is, by its name and flags; nil for what no linker puts into a program.
local function section_role(name, flags, machine)
    local role = sections.role_of(name, machine)
    if (not role or role == "NOTE") and flags & CNT_ANY ~= 0 and flags & LNK_LEFT_OUT == 0 then
        return "NATIVE"
    end
    return role
end

-- Notes what sections say; returns the numbers of those without bytes in the file, and of the small ones of them.
local function read_sections(source, tables, strings, traits)
    local unfilled, small, number = {}, {}, 0

    local function look_at(name, size, at, flags)
        if traits:take(name, at, size) or size == 0 then
            return
        end
        local role = section_role(name, flags, traits.machine)
        local is_unfilled = flags & CNT_UNINITIALIZED_DATA ~= 0
        unfilled[number] = is_unfilled or nil
        if role == "DEBUG" then
            traits.telling = (traits.telling or "") ~= "" and traits.telling or text.from_latin1(name)
        elseif data.roles.CONTENT[role or ""] and flags & CNT_ANY ~= 0 and flags & LNK_LEFT_OUT == 0 then
            if is_unfilled and size <= data.coff.MARKER_SIZE then
                small[number] = true
            else
                traits.native = true
            end
        end
    end

    coff.each_row(source, tables.sections_at, tables.sections, coff.SECTION, coff.SECTION_SIZE, function(field, size, at, flags)
        number = number + 1
        if at + size > source.size and at ~= 0 and flags & CNT_UNINITIALIZED_DATA == 0 then
            malformed("a section of " .. size .. " bytes that ends after the file", at)
        end
        look_at(coff.section_name(source, strings, field), size, at, flags)
    end)
    return unfilled, small
end

-- Every external symbol, and the static ones that name a place: `use(name, value, section, storage)`.
local function each_symbol(source, tables, strings, use)
    local auxiliary = 0
    coff.each_row(source, tables.symbols_at, tables.symbols, tables.symbol, tables.symbol_size,
        function(field, value, section, storage, more)
            if auxiliary > 0 then
                auxiliary = auxiliary - 1
                return false
            end
            auxiliary = more
            local is_external = storage == CLASS_EXTERNAL or storage == CLASS_WEAK_EXTERNAL
            if is_external or (storage == CLASS_STATIC and more == 0) then
                return use(coff.symbol_name(source, strings, field), value, section, storage)
            end
            return false
        end)
end

-- Whether a symbol is one of GCC's markers: COMMON, or in one of the sections without bytes in the file.
local function is_marker(name, value, section, storage, unfilled)
    if storage ~= CLASS_EXTERNAL or not markers.is_marker_name(name) then
        return false
    elseif section == UNDEFINED then
        return value ~= 0
    end
    return unfilled[section] == true
end

-- Whether a symbol that is no marker is content: an external definition, COMMON or absolute. `objcopy --weaken` writes
-- weak definitions with a section of their own, where compilers name another symbol.
local function is_content(name, value, section, storage)
    if storage ~= CLASS_EXTERNAL then
        return storage == CLASS_WEAK_EXTERNAL and section > 0
    elseif section == ABSOLUTE then
        return value ~= 0 or not text.starts_with_any(name, data.coff.PLACEHOLDERS)
    end
    return section > 0 or (section == UNDEFINED and value ~= 0)
end

-- Looks for the marker, and where no section has content for a symbol that is content, or asks for one.
local function read_symbols(source, tables, strings, traits, unfilled, small)
    local may_be_marked = false
    for _, part in source:parts(strings.at, strings.size) do
        may_be_marked = may_be_marked or part:find(data.markers.SLIM, 1, true) ~= nil
    end
    local defined = false
    each_symbol(source, tables, strings, function(name, value, section, storage)
        if is_marker(name, value, section, storage, unfilled) then
            traits.marker = traits.marker or markers.is_slim_name(name)
        elseif is_content(name, value, section, storage) then
            defined, traits.native = true, true
        elseif small[section] then
            traits.native = true
        elseif storage ~= CLASS_STATIC and section == UNDEFINED then
            traits.undefined = true
        end
        return defined and (traits.marker or not may_be_marked)
    end)
    traits.nameless = traits.native and not defined
end

local M = {}

-- The marks of a COFF object; a short import has the format "coff-import" and counts as native.
function M.read(source)
    if source:read(0, 6) == data.coff.ANONYMOUS .. "\0\0" then
        local traits = traits_of.new("coff-import", machines.coff_machine(coff.import_machine(source)))
        traits.native = true
        return traits
    end
    local tables = coff.tables_of(source)
    if tables.sections > limits.sections then
        malformed(tables.sections .. " sections, more than the limit of " .. limits.sections, 0)
    elseif tables.symbols > limits.symbols then
        malformed(tables.symbols .. " symbols, more than the limit of " .. limits.symbols, 0)
    end
    local strings = coff.strings_of(source, tables)
    local traits = traits_of.new("coff", machines.coff_machine(tables.machine))
    local unfilled, small = read_sections(source, tables, strings, traits)
    read_symbols(source, tables, strings, traits, unfilled, small)
    return traits
end

return M
