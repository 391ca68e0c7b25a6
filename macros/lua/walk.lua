-- SPDX-License-Identifier: GPL-2.0-or-later
-- From one file to the objects in it: archives in archives, thin archives through an opener that is given.
-- As checker/objects/walk.py.

local import = ...
local data = import("data")
local ar = import("ar")
local classify = import("classify")
local facts_of = import("facts")
local magic = import("magic")
local source_of = import("source")
local text = import("text")
local limits = data.limits

local M = {}

local GARBAGE = 3000 -- kilobytes
local most = 0

-- Collects what was read of objects when so much came together, however little else there is.
local function collect_garbage()
    if collectgarbage("count") > most then
        collectgarbage()
        most = collectgarbage("count") + GARBAGE
    end
end

local function is_archive(source)
    return magic.identify(magic.head_of(source)) == "ar"
end

-- What is counted over the members of one archive.
local Tally = {}
Tally.__index = Tally

local function new_tally()
    return setmetatable({
        kinds = {}, members = 0, formats = {}, machines = {}, versions = {}, count = 0, bare = 0, nameless = 0, seen = nil,
    }, Tally)
end

function Tally:add_kind(kind)
    self.kinds[kind] = (self.kinds[kind] or 0) + 1
    self.members = self.members + 1
end

function Tally:add(facts)
    self:add_kind(facts.kind)
    self.bare = self.bare + (facts.bare and 1 or 0)
    self.nameless = self.nameless + (facts.nameless and 1 or 0)
    if facts == self.seen then -- most neighbours share their facts
        return
    end
    self.seen = facts
    self.formats[facts.format] = true
    if facts.machine then
        self.machines[facts.machine] = true
    end
    for _, code in ipairs(facts.bytecode) do
        local version = code.producer .. " " .. (code.version or "?")
        if data.LINKABLE[code.form] and not self.versions[version] and self.count < limits.versions then
            self.versions[version] = true
            self.count = self.count + 1
        end
    end
end

function Tally:facts(archive)
    local kind = "none"
    for _, one in ipairs(data.ARCHIVE_ORDER) do
        if self.kinds[one] then
            kind = one
            break
        end
    end
    return {
        kind = kind,
        members = self.members,
        kinds = self.kinds,
        symbol_index = archive and archive.index or "missing",
        thin = archive ~= nil and archive.thin,
        formats = text.sorted_keys(self.formats),
        machines = text.sorted_keys(self.machines),
        versions = text.sorted_keys(self.versions),
        bare = self.bare,
        nameless = self.nameless,
    }
end

local function object(path, member, position, facts)
    return { type = "object", path = path, member = member, position = position, facts = facts }
end

-- The member at a position of an archive that a thin archive names together with its place.
local function nested_member(file, position)
    local archive = ar.open(file)
    archive.position = position
    local member = archive:next_member()
    if not member then
        source_of.malformed("no member where the thin archive says", position)
    end
    return file:slice(member.offset, member.size)
end

local IN_THIN = "member of a thin archive: "

-- Files that thin archives named and what they are: many archives may name one, and an archive may name it often.
local known, count = {}, 0

local function found(file, position)
    file = position ~= 0 and nested_member(file, position) or file
    return is_archive(file) and facts_of.other("ar") or classify.classify(file)
end

-- The object that a thin archive names. An archive there is not followed: it is judged where it lies.
local function referenced(member, opener)
    local is_there, facts = pcall(opener, member.name, function(file, identity)
        local key = identity .. ":" .. member.offset
        if not known[key] then
            if count == limits.shared_links then
                known, count = {}, 0
            end
            local good, seen = pcall(found, file, member.offset)
            known[key], count = good and seen or facts_of.failed(seen, nil, IN_THIN), count + 1
        end
        return known[key]
    end)
    return is_there and facts or facts_of.failed(facts, nil, IN_THIN, "elsewhere")
end

-- The next member of an archive, its bytes, the first ones of them and the format that these show; of one in another file
-- only the first is given.
local function next_of(archive)
    local member = archive:next_member()
    if member and not member.is_reference then
        local source = archive.source:slice(member.offset, member.size)
        return member, source, magic.look_at(source)
    end
    return member
end

-- The members of one archive, then itself; returns its kind. `outer` is its name inside other archives.
local function walk_archive(path, outer, source, opener, depth, use)
    local tally = new_tally()

    local function add(name, facts)
        local number = tally.members
        tally:add(facts)
        use(object(path, name, number, facts))
        collect_garbage()
    end

    local is_open, archive = pcall(ar.open, source)
    local good, member, inside, head, format = is_open, archive, nil, nil, nil
    while good do
        good, member, inside, head, format = pcall(next_of, archive)
        if not good or not member then
            break
        end
        local name = outer and outer .. "/" .. member.name or member.name
        if member.is_reference then
            add(name, referenced(member, opener))
        elseif format ~= "ar" then
            add(name, classify.classify(inside, head, format))
        elseif depth < limits.archive_depth then
            local kind = walk_archive(path, name, inside, opener, depth + 1, use)
            tally:add_kind(kind == "none" and "other" or kind)
            tally.formats.ar = true
        else
            add(name, facts_of.unreadable("archives inside archives, deeper than " .. limits.archive_depth, "ar"))
        end
    end
    if not good then
        add(outer, facts_of.failed(member, "ar", "malformed archive: "))
    end
    local facts = tally:facts(is_open and archive or nil)
    use({ type = "archive", path = path, member = outer, facts = facts })
    return facts.kind
end

-- Every object of a file, each archive after its members: `use(item)`; never raises for what the bytes are.
function M.walk(path, source, opener, use)
    local good, found = pcall(is_archive, source) -- it fails where the file became shorter, as what follows then says
    if good and found then
        walk_archive(path, nil, source, opener, 1, use)
    else
        use(object(path, nil, nil, classify.classify(source)))
        collect_garbage()
    end
end

return M
