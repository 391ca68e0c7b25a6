-- SPDX-License-Identifier: GPL-2.0-or-later
-- What a file is, from its first bytes. As checker/objects/magic.py.

local import = ...
local data = import("data").magic
local text = import("text")
local starts_with = text.starts_with

local M = {}

local BEGINNINGS = {} -- by their first byte
for _, beginning in ipairs(data.BEGINNINGS) do
    local first = beginning:byte()
    BEGINNINGS[first] = BEGINNINGS[first] or {}
    table.insert(BEGINNINGS[first], beginning)
end

-- Whether this is ELF of another type than relocatable: a program, a shared library, a core dump.
local function is_program(head)
    if not starts_with(head, data.ELF) or #head < 18 then
        return false
    end
    local class, order = head:byte(5, 6)
    if class < 1 or class > 2 or order < 1 or order > 2 then
        return false
    end
    return string.unpack(order == 1 and "<I2" or ">I2", head, 17) ~= data.ET_REL
end

-- Whether this can be the header of a COFF object; whether it is one, its tables say.
local function may_be_coff(head)
    if not data.COFF_MACHINES[head:sub(1, 2)] or #head < 20 then
        return false
    end
    local sections, symbols_at, symbols, flags = string.unpack("<I2xxxxI4I4xxI2", head, 3)
    local is_image = flags & 0x2002 ~= 0
    return not is_image and sections > 0 and sections < 0xFF00
        and (symbols_at >= 20 or symbols == 0)
end

local function text_format(head)
    if head:find("[\0-\8\11\14-\26\28-\31]") then
        return "unknown"
    end
    local start = head:match("^%s*(.*)$")
    if text.starts_with_any(start, data.LINKER_SCRIPTS) then
        return "ldscript"
    elseif text.starts_with_any(start, data.PTX_DIRECTIVES) then
        return "ptx"
    end
    return "text"
end

-- The format of a file that begins with `head`; "text" or "unknown" where no magic number says.
function M.identify(head)
    if head == "" then
        return "zero-length"
    end
    local found = data.BY_FIRST_FOUR[head:sub(1, 4)]
    if found then
        return found
    end
    for _, entry in ipairs(data.PREFIXES) do
        if starts_with(head, entry[1]) then
            return entry[2]
        end
    end
    if may_be_coff(head) then
        return "coff"
    elseif starts_with(head, data.MACH_O_UNIVERSAL) and #head >= 8 and string.unpack(">I4", head, 5) < 45 then
        return "mach-o"
    end
    return text_format(head)
end

-- Whether a loose file that begins so is no object; nearly all files of a build root are decided by one look.
function M.is_no_object(head)
    local beginnings = BEGINNINGS[head:byte()]
    if not beginnings or not text.starts_with_any(head, beginnings) then
        return not head:find("^%s*%.") or not text.starts_with_any(head:match("^%s*(.*)$"), data.PTX_DIRECTIVES)
    end
    return is_program(head) or data.NO_OBJECTS[M.identify(head)] ~= nil
end

-- The first bytes of a source, for `identify`.
function M.head_of(source)
    return source:read(0, math.min(data.HEAD_SIZE, source.size))
end

-- The same, and the format that they show.
function M.look_at(source)
    local head = M.head_of(source)
    return head, M.identify(head)
end

return M
