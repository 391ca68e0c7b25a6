-- SPDX-License-Identifier: GPL-2.0-or-later
-- Turns the tables of one policy file into values, with errors that name the file and the key. As checker/judging/policy.py.

local import = ...
local data = import("data")
local glob = import("glob")
local json = import("json")
local settings = import("settings")
local text = import("text")
local toml = import("toml")

local limits = data.limits

local PATTERNS = { "path", "format", "machine", "form" }
local DATE = "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local ANY_RULE = "*"
local RULES = table.concat(text.sorted_keys(data.SEVERITIES), ", ")
local SEVERITIES = table.concat(data.SEVERITY_NAMES, ", ", 0)
local WAIVER_PLACES = table.concat(data.policy.WAIVER_PLACES, ", ")

local M = {}

-- Whether a value is a table of a file; lists, dates and null have metatables.
function M.is_table(value)
    return type(value) == "table" and getmetatable(value) == nil
end
local is_table = M.is_table

local Reader = {}
Reader.__index = Reader

function Reader:fail(key, problem)
    settings.fail(self.file .. ": " .. key .. ": " .. problem)
end

function Reader:check_keys(entry, prefix, valid)
    local is_valid = text.set_of(valid)
    for _, name in ipairs(text.sorted_keys(entry)) do
        if not is_valid[name] then
            self:fail(prefix .. name, "unknown key; valid are " .. table.concat(valid, ", "))
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
    return is_table(value) and value or self:fail(name, "expected a table [" .. name .. "]")
end

function Reader:pattern(entry, name, prefix)
    local value = self:text(entry, name, prefix)
    if text.length(value) > limits.pattern then
        self:fail(prefix .. name, "more than " .. limits.pattern .. " characters")
    end
    return glob.compile(value)
end

function Reader:rule(entry, prefix, otherwise)
    local rule = otherwise and self:text_or(entry, "rule", prefix, otherwise) or self:text(entry, "rule", prefix)
    if rule ~= ANY_RULE and not data.SEVERITIES[rule] then
        self:fail(prefix .. "rule", "unknown rule; valid are " .. ANY_RULE .. ", " .. RULES)
    end
    return rule
end

function Reader:severities(rules, base)
    local found = {}
    for rule, severity in pairs(base) do
        found[rule] = severity
    end
    for _, rule in ipairs(text.sorted_keys(rules)) do
        if not found[rule] then
            self:fail("rules." .. rule, "unknown rule; valid are " .. RULES)
        end
        local word = rules[rule]
        found[rule] = data.SEVERITY_WORDS[word] or self:fail("rules." .. rule, "expected one of " .. SEVERITIES)
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
    end
    local unknown
    for _, flag in ipairs(json.is_list(flags) and flags or { false }) do
        if type(flag) ~= "string" then
            self:fail("opt_in.flags", "expected a list of texts")
        elseif flag ~= data.flags.FAT and (not unknown or flag < unknown) then
            unknown = flag
        end
    end
    if unknown then
        self:fail("opt_in.flags", "unknown flag '" .. unknown .. "'; " .. data.flags.FAT .. " counts, or none with []")
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
    local reason = self:text(entry, "reason", prefix)
    return { rule = self:rule(entry, prefix, ANY_RULE), reason = reason, patterns = patterns }
end

local function is_date(value)
    local year, month, day = tostring(value):match(DATE)
    if type(value) ~= "string" or not year or year == "0000" then
        return false
    end
    local leap = month == "02" and year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0) and 1 or 0
    return tonumber(day) >= 1 and tonumber(day) <= (DAYS[tonumber(month)] or 0) + leap
end

-- A date as it is compared; TOML has dates of their own, JSON has texts.
function Reader:date_or_nil(value, prefix)
    if value == nil then
        return nil
    end
    local date = value
    if not self.is_compiled then
        date = toml.date_of(value)
    end
    return is_date(date) and date or self:fail(prefix .. "expires", "expected a date like 2027-06-30, without quotes")
end

function Reader:waiver(entry, prefix)
    self:check_keys(entry, prefix, data.policy.WAIVER_KEYS)
    local expires = self:date_or_nil(entry.expires, prefix)
    if entry.package == nil and entry.path == nil then
        self:fail(prefix:sub(1, -2), "waives everything; give one of " .. WAIVER_PLACES)
    end
    local waiver = { expires = expires, where = self.file .. ": " .. prefix:sub(1, -2) }
    for _, name in ipairs({ "path", "package", "arch" }) do
        waiver[name] = entry[name] ~= nil and self:pattern(entry, name, prefix) or nil
    end
    waiver.reason = self:text(entry, "reason", prefix)
    waiver.rule = self:rule(entry, prefix)
    return waiver
end

-- Those of the base and after them those of this file.
function Reader:entries(policy, name, base, make)
    local list = policy[name] == nil and {} or json.is_list(policy[name]) and policy[name] or { false }
    for _, entry in ipairs(list) do
        if not is_table(entry) then
            self:fail(name, "expected tables [[" .. name .. "]]")
        end
    end
    local made = table.move(base, 1, #base, 1, {})
    for place, entry in ipairs(list) do
        made[#made + 1] = make(self, entry, name .. "[" .. place - 1 .. "].")
    end
    return made
end

-- What a policy is called after its file.
local function stem_of(file)
    local name = file:match("[^/]*$")
    return name:match("^(%.*[^.].*)%.[^.]*$") or name
end

function Reader:policy(policy, base)
    local opt_in = self:table(policy, "opt_in")
    self:check_keys(opt_in, "opt_in.", data.policy.OPT_IN_KEYS)
    return {
        name = self:text_or(policy, "name", "", stem_of(self.file)),
        url = self:text_or(policy, "url", "", base.url),
        lto_off = self:line_or(policy, "lto_off", base.lto_off),
        rules = self:severities(self:table(policy, "rules"), base.rules),
        macro = self:macro(opt_in, base.macro),
        counts_flags = self:counts_flags(opt_in, base.counts_flags),
        exempt = self:entries(policy, "exempt", base.exempt, self.exemption),
        waivers = self:entries(policy, "waiver", base.waivers, self.waiver),
    }
end

-- What reads the tables of a file; in compiled ones, dates are texts.
function M.reader(file, is_compiled)
    return setmetatable({ file = file, is_compiled = is_compiled }, Reader)
end

return M
