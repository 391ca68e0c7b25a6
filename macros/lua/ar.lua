-- SPDX-License-Identifier: GPL-2.0-or-later
-- Archives as ar writes them: GNU, BSD `#1/`, Darwin, `/SYM64/`, COFF import libraries, thin. As checker/objects/ar.py.

local import = ...
local data = import("data")
local ar_index = import("ar_index")
local magic = import("magic")
local source_of = import("source")
local text = import("text")
local malformed = source_of.malformed
local limits = data.limits
local TABLES = data.ar.TABLES
local byte, find, match, min, sub = string.byte, string.find, string.match, math.min, string.sub

local HEADER_SIZE = 60
local SIZE_AT, FMAG_AT = 49, 59
local USUAL_NAME = 128  -- bytes that hold most names
local FMAG = "`\n"
local MAGIC_SIZE = 8
local SLASH, BSD_NAME = byte("/"), byte("#")

local Archive = {}
Archive.__index = Archive

local M = {}

-- One archive; its `index` is known once its members have been walked.
function M.open(source)
    local start = source:read(0, MAGIC_SIZE)
    if start ~= data.ar.PLAIN and start ~= data.ar.THIN then
        malformed("no archive magic", 0)
    end
    return setmetatable({
        source = source,
        thin = start == data.ar.THIN,
        index = "missing",
        position = MAGIC_SIZE,
        names_at = 0,
        names_size = 0,
        names = nil,
        index_table = nil,
        tables = {},
        places = ar_index.places(),
    }, Archive)
end

-- The name and the size in the header of the member at a position; nil where only padding is left.
function Archive:header(position)
    local source = self.source
    local left = source.size - position
    if left < HEADER_SIZE then
        if source:read(position, left):find("[^\n]") then
            malformed("member header cut off after " .. left .. " of " .. HEADER_SIZE .. " bytes", position)
        end
        return nil
    end
    local header, before = source:view(position, HEADER_SIZE)
    if sub(header, before + FMAG_AT, before + HEADER_SIZE) ~= FMAG then
        malformed("no member header where one should be", position)
    end
    local digits, stop = match(header, "^%s*(%d+)%s*()", before + SIZE_AT)
    if stop ~= before + FMAG_AT then
        local field = sub(header, before + SIZE_AT, before + FMAG_AT - 1):match("^%s*(.-)%s*$")
        malformed("member size is " .. text.bytes_literal(field) .. ", expected a number", position)
    end
    return match(sub(header, before + 1, before + 16), "^.*[^ ]") or "", tonumber(digits)
end

-- The next member that is not a table of ar itself, nil after the last: name, offset, size, is_reference.
-- Offset and size are of its data in the archive, or in the file that a thin archive names.
function Archive:next_member()
    local source = self.source
    while self.position < source.size do
        local position = self.position
        local field, size = self:header(position)
        if not field then
            break
        end
        local at, left = position + HEADER_SIZE, source.size - position - HEADER_SIZE
        local is_table = self:is_table(field, at, size)
        local held = (is_table or not self.thin) and size or 0
        if held > left then
            malformed("member of " .. size .. " bytes, the archive ends after " .. left, position)
        end
        self.position = at + held + held % 2
        if is_table then
            self:read_table(field, at, size)
        else
            local member = self:member(field, at, size, position)
            if byte(field) == BSD_NAME and self:is_table(member.name, member.offset, member.size) then
                self:read_table(member.name, member.offset, member.size)
            else
                self.places:add(position)
                return member
            end
        end
    end
    self.position = source.size
    if self.index_table and self.index ~= "wrong" and not self.index_table:points_at(self.places) then
        self.index = "wrong"
    end
    return nil
end

-- Where a long name is in the `//` table; thin archives add where in the named file the member is. A blank ends it.
local function name_reference(field)
    local offset, rest = match(field, "^/(%d+)(.*)$")
    if rest == "" then
        return tonumber(offset), 0
    end
    local within = offset and rest:match("^:(%d+)")
    rest = within and rest:sub(#within + 2) or rest
    if offset and (rest == "" or find(rest, "^ [^\n]*$")) then
        return tonumber(offset), tonumber(within or 0)
    end
    return nil
end

function Archive:member(field, at, size, position)
    local first = byte(field)
    local length = first == BSD_NAME and tonumber(match(field, "^#1/(%d+)$"))
    if length then
        if length > size or self.thin then
            malformed("name of " .. length .. " bytes in a member of " .. size, position)
        end
        local name = self.source:read(at, min(length, limits.member_name))
        return { name = text.without_trailing(name, "\0"), offset = at + length, size = size - length }
    end
    local offset, within
    if first == SLASH then
        offset, within = name_reference(field)
    end
    if offset then
        local name = self:long_name(offset, position)
        return { name = name, offset = self.thin and within or at, size = size, is_reference = self.thin }
    end
    local name = field:sub(-1) == "/" and not TABLES[field] and field:sub(1, -2) or field
    return { name = name, offset = self.thin and 0 or at, size = size, is_reference = self.thin }
end

function Archive:long_name(offset, position)
    local size = self.names_size
    if offset >= size then
        malformed("name at " .. offset .. " of a name table of " .. size .. " bytes", position)
    end
    for most = USUAL_NAME, limits.member_name, limits.member_name - USUAL_NAME do
        local length = min(most, size - offset)
        local part = self.names and sub(self.names, offset + 1, offset + length)
            or self.source:read(self.names_at + offset, length)
        -- GNU ends a name with "/\n", Microsoft's lib with NUL; only GNU thin archives have slashes within.
        local line_end, nul = find(part, "\n", 1, true), find(part, "\0", 1, true)
        local stop = line_end and min(line_end, nul or line_end) or nul
        if stop then
            local is_gnu = stop > 1 and stop == line_end and byte(part, stop - 1) == SLASH
            return sub(part, 1, is_gnu and stop - 2 or stop - 1)
        elseif length < USUAL_NAME or most == limits.member_name then
            return part
        end
    end
end

-- Takes in a member that is ar's own.
function Archive:read_table(name, at, size)
    if name == "//" then
        self.names_at, self.names_size = at, size
        self.names = size <= limits.chunk and self.source:read(at, size) or nil
    elseif data.ar.INDEX_NAMES[name] and not self.index_table then
        self.index_table = ar_index.open(self.source, name, at, size)
        self.index = self.index_table.state
    end
end

-- Whether a member is ar's own: its name says so, it stands in front of all others, and it is no object.
-- Microsoft's archives have a second index right behind the first, in another layout.
function Archive:is_table(name, at, size)
    local seen = self.tables
    if not TABLES[name] or not self.places:is_empty() then
        return false
    elseif seen[name] and not (#seen == 1 and seen[1] == "/") then
        return false
    end
    local held = self.source:slice(at, min(size, math.max(0, self.source.size - at)))
    local found = magic.identify(magic.head_of(held))
    if data.ar.OBJECTS[found] or (found == "coff" and import("coff").is_coff(held)) then
        return false
    end
    seen[#seen + 1], seen[name] = name, true
    return true
end

return M
