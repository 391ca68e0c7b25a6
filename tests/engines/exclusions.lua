-- SPDX-License-Identifier: GPL-2.0-or-later
-- What expressions except in the Lua engine: a line of JSON for each, which comes as JSON by standard input. The build root
-- is RPM_BUILD_ROOT.

local import = dofile(os.getenv("LTOCHECK_LUA") .. "/import.lua")
os.setlocale("C")

local exclusion, folders, json, text = import("exclusion"), import("folders"), import("json"), import("text")

for line in io.lines() do
    local settings = { exclude = json.decode(line)[1], exclude_why = "", root = os.getenv("RPM_BUILD_ROOT") }
    local policy = { waivers = {} }
    local good, problem = pcall(exclusion.add, policy, settings)
    local found = {}
    folders.candidates(settings.root, function(folder, name)
        local path = folders.installed(folder, name)
        local waiver = policy.waivers[1]
        if waiver and waiver.path:fits(path) then
            found[#found + 1] = text.for_data(path)
        end
    end)
    print(json.encode(good and json.list(found) or problem.usage))
end
