-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the Lua engine finds in files: a line of JSON for each, of all that is in it. The names come by standard input.

local FOLDER = os.getenv("LTOCHECK_LUA")
os.setlocale("C")

local loaded = {}
local function import(name)
    if loaded[name] == nil then
        loaded[name] = assert(loadfile(FOLDER .. "/" .. name .. ".lua"))(import)
    end
    return loaded[name]
end

local json, text, tree, walk = import("json"), import("text"), import("tree"), import("walk")
local null = json.null

local function name_or_null(name)
    return name == nil and null or text.for_data(name)
end

local function texts(values)
    local shown = {}
    for place, value in ipairs(values) do
        shown[place] = text.for_data(value)
    end
    return shown
end

local function object_fields(item)
    local facts, bytecode = item.facts, {}
    for place, code in ipairs(facts.bytecode) do
        bytecode[place] = json.object({
            "form", code.form,
            "producer", text.for_data(code.producer),
            "version", name_or_null(code.version),
            "size", code.size,
            "triple", name_or_null(code.triple),
            "is_fat_forbidden", code.is_fat_forbidden or false,
        })
    end
    return json.object({
        "path", item.path,
        "member", name_or_null(item.member),
        "position", item.position or null,
        "format", facts.format,
        "machine", name_or_null(facts.machine),
        "kind", facts.kind,
        "reasons", text.for_data(facts.reason),
        "empty", facts.empty == nil and null or facts.empty,
        "partial", facts.partial or false,
        "bytecode", bytecode,
        "bare", facts.bare or false,
        "ctors", texts(facts.ctors),
        "marked", facts.marked or false,
        "joined", facts.joined or false,
        "nameless", facts.nameless or false,
        "obstacle", facts.obstacle or null,
    })
end

local function archive_fields(item)
    local facts, kinds = item.facts, {}
    for kind, count in pairs(facts.kinds) do
        kinds[#kinds + 1], kinds[#kinds + 2] = kind, count
    end
    return json.object({
        "path", item.path,
        "member", name_or_null(item.member),
        "kind", facts.kind,
        "members", facts.members,
        "kinds", json.object(kinds),
        "index", facts.index,
        "thin", facts.thin,
        "formats", facts.formats,
        "machines", texts(facts.machines),
        "versions", texts(facts.versions),
        "bare", facts.bare,
        "nameless", facts.nameless,
    })
end

for path in io.lines() do
    local items = {}
    local folder, name = path:match("^(.*)/([^/]*)$")
    local file = assert(io.open(path, "rb"))
    local good, problem = pcall(tree.with_source, file, path, function(source)
        walk.walk(name, source, tree.opener(folder, ""), function(item)
            items[#items + 1] = item.type == "object" and object_fields(item) or archive_fields(item)
        end)
    end)
    io.write(good and json.encode(items) or json.encode({ "crashed: " .. tostring(problem) }), "\n")
end
