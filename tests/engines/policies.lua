-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the Lua engine makes of policies: a line of JSON for each. The names of their files come by standard input.

local import = dofile(os.getenv("LTOCHECK_LUA") .. "/import.lua")
os.setlocale("C")

local json, policies, text = import("json"), import("policy"), import("text")

local function sorted_fields(table_)
    local fields = {}
    for _, name in ipairs(text.sorted_keys(table_)) do
        fields[#fields + 1], fields[#fields + 2] = name, table_[name]
    end
    return json.object(fields)
end

local function shown(policy)
    local exempt, waivers = {}, {}
    for place, entry in ipairs(policy.exempt) do
        exempt[place] = { entry.rule, entry.reason, text.sorted_keys(entry.patterns) }
    end
    for place, entry in ipairs(policy.waivers) do
        local patterns = { entry.path ~= nil, entry.package ~= nil, entry.arch ~= nil }
        waivers[place] = { entry.rule, entry.reason, patterns, entry.expires or json.null, entry.where }
    end
    return {
        policy.name, policy.url, policy.lto_off, sorted_fields(policy.rules), policy.macro, policy.counts_flags, exempt, waivers,
    }
end

for file in io.lines() do
    local good, policy = pcall(policies.load, file)
    if good then
        print(json.encode(shown(policy)))
    elseif type(policy) == "table" then
        print(json.encode(policy.usage))
    else
        error(policy, 0)
    end
end
