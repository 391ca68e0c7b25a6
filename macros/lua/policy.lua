-- SPDX-License-Identifier: GPL-2.0-or-later
-- Policies: those that come with ltocheck, and files, as TOML or compiled, with all that they extend.
-- As checker/judging/policy.py and policy_data.py.

local import = ...
local data = import("data")
local files = import("files")
local json = import("json")
local policy_file = import("policy_file")
local settings = import("settings")
local text = import("text")
local toml = import("toml")

local limits = data.limits

local TOML, COMPILED = ".toml", ".json"

local M = {}

local BASE = {
    url = "",
    lto_off = data.policy.LTO_OFF,
    rules = data.SEVERITIES,
    macro = data.policy.MACRO,
    counts_flags = #data.policy.FLAGS > 0,
    exempt = {},
    waivers = {},
}

local function is_compiled(file)
    return text.ends_with(file, COMPILED)
end

local function parsed(file)
    local content, problem = files.read(file, limits.policy)
    if not content then
        settings.fail(file .. ": " .. problem)
    elseif not text.is_utf8(content) then
        settings.fail(file .. ": not UTF-8 text")
    end
    for line in content:gmatch("[^\n]+") do
        if select(2, line:gsub("%.", "")) > limits.policy_dots then
            settings.fail(file .. ": a line with more than " .. limits.policy_dots .. " dots")
        end
    end
    local parse = is_compiled(file) and json.decode or toml.decode
    local policy, wrong = parse(content)
    if not policy_file.is_table(policy) then
        settings.fail(file .. ": " .. (wrong or "expected an object"))
    end
    return policy
end

local load

-- The policy in a file, on top of what it extends; `chain` holds the files that extend it, the nearest one last.
local function load_file(file, chain)
    local policy, base, extending = parsed(file), BASE, { table.unpack(chain) }
    extending[#extending + 1] = file
    for place, other in ipairs(chain) do
        if other == file then
            settings.fail(file .. ": extends: a circle: " .. table.concat(extending, " -> ", place))
        end
    end
    if #chain == limits.policy_chain then
        settings.fail(file .. ": extends: more than " .. limits.policy_chain .. " policies extend each other")
    end
    local own = policy_file.reader(file, is_compiled(file))
    own:check_keys(policy, "", data.policy.KEYS)
    if policy.extends ~= nil then
        base = load(own:text(policy, "extends", ""), file:match("^(.*/)"), extending)
    end
    return own:policy(policy, base)
end

-- The tables of a policy that comes with ltocheck, its lists marked as such. They are kept as text, because one is wanted.
local function shipped(name)
    local policy = _G.load("return " .. data.POLICIES[name])()
    json.list(policy.exempt)
    json.list(policy.waiver)
    json.list(policy.opt_in.flags)
    return policy
end

function load(name, folder, chain)
    if name:find("\0", 1, true) then
        settings.fail(name .. ": no path of a policy: it holds a NUL")
    elseif name:find("/", 1, true) or text.ends_with(name, TOML) or text.ends_with(name, COMPILED) then
        return load_file(files.resolved(name:sub(1, 1) == "/" and name or (folder or "") .. name), chain)
    elseif not data.POLICIES[name] then
        local place = #chain > 0 and chain[#chain] .. ": extends: " or ""
        local names = table.concat(data.POLICY_NAMES, ", ")
        local near = import("nearest")(name, data.POLICY_NAMES)
        local meant = near and "; did you mean " .. near .. "? There are " or "; there are "
        settings.fail(place .. "no policy '" .. name .. "'" .. meant .. names .. ", or a file " .. name .. TOML)
    end
    return policy_file.reader(name):policy(shipped(name), BASE)
end

-- The policy of a shipped name or a file, with all that it extends.
function M.load(name)
    return load(name, nil, {})
end

return M
