-- SPDX-License-Identifier: GPL-2.0-or-later
-- From one file to the objects in it: archives in archives, thin archives through an opener that is given.
-- As checker/objects/walk.py.

local import = ...
local data = import("data")
local ar = import("ar")
local classify = import("classify")
local magic = import("magic")
local source_of = import("source")
local limits = data.limits

local M = {}

local function is_archive(source)
    return magic.identify(magic.head_of(source)) == "ar"
end

-- What is counted over the members of one archive.
local Tally = {}
Tally.__index = Tally

local function new_tally()
    return setmetatable({ kinds = {}, members = 0, formats = {}, machines = {}, versions = {}, count = 0, bare = 0, nameless = 0 }, Tally)
end

function Tally:add_kind(kind)
    self.kinds[kind] = (self.kinds[kind] or 0) + 1
    self.members = self.members + 1
end

function Tally:add(facts)
    self:add_kind(facts.kind)
    self.bare = self.bare + (facts.bare and 1 or 0)
    self.nameless = self.nameless + (facts.nameless and 1 or 0)
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

local function sorted_keys(set)
    local keys = {}
    for key in pairs(set) do
        keys[#keys + 1] = key
    end
    table.sort(keys)
    return keys
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
        index = archive and archive.index or "missing",
        thin = archive ~= nil and archive.thin,
        formats = sorted_keys(self.formats),
        machines = sorted_keys(self.machines),
        versions = sorted_keys(self.versions),
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

-- The object that a thin archive names. An archive there is not followed: it is judged where it lies.
local function referenced(member, opener)
    local good, facts = source_of.attempt(opener, member.name, function(file)
        if member.offset ~= 0 then
            file = nested_member(file, member.offset)
        end
        return is_archive(file) and classify.other("ar") or classify.classify(file)
    end)
    return good and facts or classify.unreadable("member of a thin archive: " .. tostring(facts))
end

-- The members of one archive, then itself; returns its kind. `outer` is its name inside other archives.
local function walk_archive(path, outer, source, opener, depth, use)
    local tally, archive = new_tally(), nil

    local function look_at(member, number)
        local name = outer and outer .. "/" .. member.name or member.name
        local facts
        if member.is_reference then
            facts = referenced(member, opener)
        else
            local data_ = source:slice(member.offset, member.size)
            local head = magic.head_of(data_)
            if magic.identify(head) ~= "ar" then
                facts = classify.classify(data_, head)
            elseif depth < limits.archive_depth then
                local kind = walk_archive(path, name, data_, opener, depth + 1, use)
                tally:add_kind(kind == "none" and "other" or kind)
                return
            else
                facts = classify.unreadable("archives inside archives, deeper than " .. limits.archive_depth, "ar")
            end
        end
        tally:add(facts)
        use(object(path, name, number, facts))
    end

    local good, problem = source_of.attempt(function()
        archive = ar.open(source)
        local number = 0
        for member in archive.next_member, archive do
            look_at(member, number)
            number = number + 1
        end
    end)
    if not good then
        local facts = classify.unreadable("malformed archive: " .. tostring(problem), "ar")
        local number = tally.members
        tally:add(facts)
        use(object(path, outer, number, facts))
    end
    local facts = tally:facts(archive)
    use({ type = "archive", path = path, member = outer, facts = facts })
    return facts.kind
end

-- Every object of a file, each archive after its members: `use(item)`; never raises for what the bytes are.
function M.walk(path, source, opener, use)
    if is_archive(source) then
        walk_archive(path, nil, source, opener, 1, use)
    else
        use(object(path, nil, nil, classify.classify(source)))
    end
end

return M
