-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the Lua engine finds in files: a line of JSON for each, of all that is in it. The names come by standard input.

local import = dofile(os.getenv("LTOCHECK_LUA") .. "/import.lua")
os.setlocale("C")

local json, text, tree, walk = import("json"), import("text"), import("tree"), import("walk")

-- A value as JSON shows it, without what is false or empty.
local function shown(value)
    if type(value) == "string" then
        return text.for_data(value)
    elseif type(value) ~= "table" then
        return value or nil
    end
    local made = {}
    if value[1] ~= nil then
        for place, entry in ipairs(value) do
            made[place] = shown(entry)
        end
        return made
    end
    for _, name in ipairs(text.sorted_keys(value)) do
        local field = shown(value[name])
        if field ~= nil then
            made[#made + 1], made[#made + 2] = name, field
        end
    end
    return #made > 0 and json.object(made) or nil
end

for path in io.lines() do
    local items = {}
    local folder, name = path:match("^(.*)/([^/]*)$")
    local file = assert(io.open(path, "rb"))
    local good, problem = pcall(tree.with_source, file, path, function(source)
        walk.walk(name, source, tree.opener(folder, ""), function(item)
            item.is_emptiness_known = item.facts.empty ~= nil
            items[#items + 1] = shown(item)
        end)
    end)
    io.write(good and json.encode(items) or json.encode({ "crashed: " .. tostring(problem) }), "\n")
end
