-- SPDX-License-Identifier: GPL-2.0-or-later
-- Policies: those that come with ltocheck, and files, as TOML or compiled. As checker/judging/policy.py.

local import = ...
local data = import("data")
local files = import("files")
local glob = import("glob")
local json = import("json")
local nearest = import("nearest")
local settings = import("settings")
local text = import("text")
local toml = import("toml")

local limits = data.limits

local TOML, COMPILED = ".toml", ".json"
local PATTERNS = { "path", "format", "machine", "form" }
local DATE = "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"

local M = {}

local RULES = table.concat(text.sorted_keys(data.SEVERITIES), ", ")

local Reader = {}
Reader.__index = Reader

function Reader:fail(key, problem)
    settings.fail(self.file .. ": " .. key .. ": " .. problem)
end

function Reader:check_keys(entry, prefix, valid)
    for name in pairs(entry) do
        if not valid[name] then
            self:fail(prefix .. text.for_terminal(name), "unknown key")
        end
    end
end

function Reader:text(entry, name, prefix)
    local value = entry[name]
    if type(value) ~= "string" or not value:find("%S") then
        self:fail(prefix .. name, value == nil and "missing" or "expected text that is not empty")
    end
    return value
end

function Reader:text_or(entry, name, prefix, otherwise)
    if entry[name] == nil then
        return otherwise
    end
    return self:text(entry, name, prefix)
end

function Reader:table(policy, name)
    local value = policy[name]
    if value == nil then
        return {}
    end
    return type(value) == "table" and not value[1] and value or self:fail(name, "expected a table")
end

function Reader:pattern(entry, name, prefix)
    local value = self:text(entry, name, prefix)
    if text.length(value) > limits.pattern then
        self:fail(prefix .. name, "more than " .. limits.pattern .. " characters")
    end
    return glob.compile(value)
end

function Reader:rule(entry, prefix, otherwise)
    local rule = self:text_or(entry, "rule", prefix, otherwise) or self:fail(prefix .. "rule", "missing")
    if rule ~= "*" and not data.SEVERITIES[rule] then
        self:fail(prefix .. "rule", "unknown rule; valid are *, " .. RULES)
    end
    return rule
end

function Reader:severities(rules, base)
    local found = {}
    for rule, severity in pairs(base) do
        found[rule] = severity
    end
    for rule, word in pairs(rules) do
        if not found[rule] then
            self:fail("rules." .. rule, "unknown rule; valid are " .. RULES)
        end
        found[rule] = data.SEVERITY_WORDS[word] or self:fail("rules." .. rule, "expected one of off, note, warning, error")
    end
    return found
end

function Reader:macro(opt_in, base)
    local name = self:text_or(opt_in, "macro", "opt_in.", base)
    if not name:find("^[%a_][%w_][%w_]+$") then
        self:fail("opt_in.macro", "'" .. name .. "' is no name of an rpm macro (without the percent sign)")
    end
    return name
end

function Reader:line_or(policy, name, base)
    local value = policy[name]
    if value == nil then
        return base
    elseif type(value) ~= "string" or value:find("%c") then
        self:fail(name, "expected a line of text, or nothing in quotes")
    end
    return value
end

-- Whether flags count as an opt-in, too, where they are in effect.
function Reader:counts_flags(opt_in, base)
    local flags = opt_in.flags
    if flags == nil then
        return base
    elseif type(flags) ~= "table" or flags.date then
        self:fail("opt_in.flags", "expected a list of texts")
    end
    for _, flag in ipairs(flags) do
        if flag ~= data.flags.FAT then
            self:fail("opt_in.flags", "unknown flag '" .. flag .. "'; " .. data.flags.FAT .. " counts, or none with []")
        end
    end
    return #flags > 0
end

function Reader:exemption(entry, prefix)
    self:check_keys(entry, prefix, data.policy.EXEMPT_KEYS)
    local patterns = {}
    for _, name in ipairs(PATTERNS) do
        patterns[name] = entry[name] ~= nil and self:pattern(entry, name, prefix) or nil
    end
    if next(patterns) == nil then
        self:fail(prefix:sub(1, -2), "exempts everything; give one of " .. table.concat(PATTERNS, ", "))
    end
    return { rule = self:rule(entry, prefix, "*"), reason = self:text(entry, "reason", prefix), patterns = patterns }
end

-- A date as it is compared; TOML has dates of their own, JSON has texts.
function Reader:date_or_nil(value, prefix)
    if value == nil then
        return nil
    end
    local date = value
    if not self.is_compiled then
        date = type(value) == "table" and value.date
    end
    local year, month, day = tostring(date):match(DATE)
    if type(date) ~= "string" or not year or os.date("%Y-%m-%d", os.time({ year = year, month = month, day = day })) ~= date then
        self:fail(prefix .. "expires", "expected a date like 2027-06-30, without quotes")
    end
    return date
end

function Reader:waiver(entry, prefix)
    self:check_keys(entry, prefix, data.policy.WAIVER_KEYS)
    local expires = self:date_or_nil(entry.expires, prefix)
    if entry.package == nil and entry.path == nil then
        self:fail(prefix:sub(1, -2), "waives everything; give one of package, path")
    end
    return {
        rule = self:rule(entry, prefix),
        path = entry.path ~= nil and self:pattern(entry, "path", prefix) or nil,
        package = entry.package ~= nil and self:pattern(entry, "package", prefix) or nil,
        arch = entry.arch ~= nil and self:pattern(entry, "arch", prefix) or nil,
        reason = self:text(entry, "reason", prefix),
        expires = expires,
        where = self.file .. ": " .. prefix:sub(1, -2),
    }
end

-- Those of the base and after them those of this file.
function Reader:entries(policy, name, base, make)
    local list, made = policy[name] or {}, { table.unpack(base) }
    if type(list) ~= "table" or (next(list) ~= nil and not list[1]) then
        self:fail(name, "expected tables [[" .. name .. "]]")
    end
    for place, entry in ipairs(list) do
        local key = name .. "[" .. place - 1 .. "]"
        if type(entry) ~= "table" or entry[1] then
            self:fail(key, "expected a table")
        end
        made[#made + 1] = make(self, entry, key .. ".")
    end
    return made
end

function Reader:policy(policy, base)
    self:check_keys(policy, "", data.policy.KEYS)
    local opt_in = self:table(policy, "opt_in")
    self:check_keys(opt_in, "opt_in.", data.policy.OPT_IN_KEYS)
    return {
        name = self:text_or(policy, "name", "", self.file:match("([^/]*)%.[^./]*$") or self.file),
        url = self:text_or(policy, "url", "", base.url),
        lto_off = self:line_or(policy, "lto_off", base.lto_off),
        rules = self:severities(self:table(policy, "rules"), base.rules),
        macro = self:macro(opt_in, base.macro),
        counts_flags = self:counts_flags(opt_in, base.counts_flags),
        exempt = self:entries(policy, "exempt", base.exempt, self.exemption),
        waivers = self:entries(policy, "waiver", base.waivers, self.waiver),
    }
end

local function reader(file)
    return setmetatable({ file = file, is_compiled = text.ends_with(file, COMPILED) }, Reader)
end

local BASE = {
    url = "",
    lto_off = data.policy.LTO_OFF,
    rules = data.SEVERITIES,
    macro = data.policy.MACRO,
    counts_flags = #data.policy.FLAGS > 0,
    exempt = {},
    waivers = {},
}

local function parsed(file)
    local content, problem = files.read(file, limits.policy)
    if not content then
        settings.fail(file .. ": " .. problem)
    end
    local parse = text.ends_with(file, COMPILED) and json.decode or toml
    local policy, wrong = parse(content)
    if type(policy) ~= "table" or json.is_list(policy) then
        settings.fail(file .. ": no policy: " .. (wrong or "expected an object"))
    end
    return policy
end

local load

-- The policy in a file, on top of what it extends; `chain` holds the files that extend it.
local function load_file(file, chain)
    for _, other in ipairs(chain) do
        if other == file then
            settings.fail(file .. ": extends: a circle: " .. table.concat(chain, " -> ") .. " -> " .. file)
        end
    end
    if #chain == limits.policy_chain then
        settings.fail(file .. ": extends: more than " .. limits.policy_chain .. " policies extend each other")
    end
    local policy, base = parsed(file), BASE
    if policy.extends ~= nil then
        local name = reader(file):text(policy, "extends", "")
        base = load(name, file:match("^(.*/)"), { file, table.unpack(chain) })
        policy.extends = nil
    end
    return reader(file):policy(policy, base)
end

function load(name, folder, chain)
    if name:find("/", 1, true) or text.ends_with(name, TOML) or text.ends_with(name, COMPILED) then
        return load_file(files.resolved(name:sub(1, 1) == "/" and name or (folder or "") .. name), chain)
    elseif not data.POLICIES[name] then
        local place = chain[1] and chain[1] .. ": extends: " or ""
        local names = table.concat(data.POLICY_NAMES, ", ")
        local near = nearest(name, data.POLICY_NAMES)
        local meant = near and "; did you mean " .. near .. "? There are " or "; there are "
        settings.fail(place .. "no policy '" .. name .. "'" .. meant .. names .. ", or a file " .. name .. TOML)
    end
    return reader(name):policy(data.POLICIES[name], BASE)
end

-- The policy of a shipped name or a file, with all that it extends.
function M.load(name)
    return load(name, nil, {})
end

return M
