-- SPDX-License-Identifier: GPL-2.0-or-later
-- Where facts meet the policy: the only place where findings are made, waived or left out. As checker/judging/judge.py.

local import = ...
local data = import("data")
local glob = import("glob")
local rules = import("rules")
local text = import("text")

local OFF = 0
local NONE = {}

local Judge = {}
Judge.__index = Judge

local M = {}

local function active(policy, fact)
    local found = {}
    for _, rule in ipairs(data.RULES) do
        if rule.fact == fact and policy.rules[rule.name] ~= OFF then
            found[#found + 1] = rule
        end
    end
    return found
end

local function fits(pattern, value)
    return not pattern or (value ~= nil and pattern:fits(value))
end

-- Whether a waiver is for the package, by its name and architecture or because it says nothing of them.
local function is_for(waiver, package)
    local name = package.package or ""
    if package.arch and text.ends_with(name, "." .. package.arch) then
        name = name:match("^(.*)%-[^-]*%-[^-]*$") or name
    end
    return fits(waiver.package, name) and fits(waiver.arch, package.arch)
end

-- Applies one policy to one build root, and counts what it sees. `today` is a date like 2027-06-30.
function M.new(policy, package, today)
    local object_rules = {}
    for _, rule in ipairs(active(policy, "object")) do
        for _, kind in ipairs(rule.kinds) do
            object_rules[kind] = object_rules[kind] or {}
            table.insert(object_rules[kind], rule)
        end
    end
    local expired, here = {}, {}
    for _, waiver in ipairs(policy.waivers) do
        expired[waiver] = waiver.expires and waiver.expires < today or false
        if is_for(waiver, package) then
            here[#here + 1] = waiver
        end
    end
    return setmetatable({
        policy = policy,
        case = {
            package = package,
            macro = policy.macro,
            lto_off = policy.lto_off,
            opt_in_line = "%global " .. policy.macro .. " 1",
        },
        object_rules = object_rules,
        archive_rules = active(policy, "archive"),
        package_rules = active(policy, "package"),
        waiver_rules = active(policy, "waiver"),
        waivers = glob.index(here),
        expired = expired,
        used = {},
        met = {},
        path = nil,
        here = {},
        kinds = {},
        has_unreadable_error = false,
        worst = OFF,
        summary = { objects = 0, archives = 0, other_files = 0, errors = 0, warnings = 0, notes = 0, waived = 0, unreadable = 0, not_looked_at = {} },
    }, Judge)
end

-- What of an object or an archive exemptions and waivers are matched against.
local function subject_of(item)
    local facts = item.facts
    if item.type == "archive" then
        return { path = { item.path }, format = { "ar" }, machine = facts.machines, form = {} }
    end
    local forms = {}
    for place, code in ipairs(facts.bytecode or {}) do
        forms[place] = code.form
    end
    -- The format is the file's: what is in an archive is linked like any archive, whatever its name promises.
    local format = item.member == nil and facts.format or "ar"
    return { path = { item.path }, format = { format }, machine = { facts.machine }, form = forms }
end

local function fits_any(pattern, values)
    for _, value in ipairs(values) do
        if pattern:fits(value) then
            return true
        end
    end
    return false
end

-- Why the policy does not judge something by a rule.
local function exemption(policy, rule, subject)
    for _, entry in ipairs(policy.exempt) do
        if entry.rule == "*" or entry.rule == rule then
            local exempts = true
            for name, pattern in pairs(entry.patterns) do
                exempts = exempts and fits_any(pattern, subject[name])
            end
            if exempts then
                return entry.reason
            end
        end
    end
    return nil
end

-- The waivers that fit a path; the members of an archive come one after the other.
function Judge:waivers_for(path)
    if path ~= self.path then
        self.path, self.here = path, self.waivers:fitting(path)
    end
    return self.here
end

-- The waiver that covers a finding; one past its date does not.
function Judge:waiver_for(rule, path)
    for _, waiver in ipairs(self:waivers_for(path)) do
        if waiver.rule == "*" or waiver.rule == rule then
            self.used[waiver] = true
            if not self.expired[waiver] then
                return waiver
            end
        end
    end
    return nil
end

-- Remembers whose files were looked at.
function Judge:meet(path)
    local waivers = self:waivers_for(path)
    for place = 1, #waivers do
        self.met[waivers[place]] = true
    end
end

function Judge:finding(rule, claim, path, member, waived)
    local severity = self.policy.rules[rule.name]
    local summary = self.summary
    if waived then
        summary.waived = summary.waived + 1
    else
        local counter = data.COUNTERS[severity]
        summary[counter] = summary[counter] + 1
        self.worst = math.max(self.worst, severity)
        self.has_unreadable_error = self.has_unreadable_error or (rule.is_unreadable and severity == data.ERROR)
    end
    return {
        rule = rule.name,
        severity = severity,
        path = path,
        member = member,
        message = claim.message,
        remedy = claim.remedy,
        evidence = claim.evidence,
        waived = waived,
    }
end

-- Whether the facts have what a rule speaks of: a text or a number that is not nothing, a list that is not empty.
local function has_needed(facts, needs)
    local value = not needs or facts[needs]
    return value and (type(value) ~= "table" or #value > 0)
end

-- The findings about an object or an archive, and why the policy does not judge it, where a rule would have found something.
function Judge:judge(item)
    local is_object = item.type == "object"
    local kind = item.facts.kind
    if is_object then
        self.kinds[kind] = (self.kinds[kind] or 0) + 1
    else
        self.summary.archives = self.summary.archives + 1
    end
    self:meet(item.path)
    local findings, exempt, subject = NONE, nil, nil
    local rules_here = is_object and (self.object_rules[kind] or NONE) or self.archive_rules
    for place = 1, #rules_here do
        local rule = rules_here[place]
        local claim = has_needed(item.facts, rule.needs) and rules[rule.name](item, self.case)
        if claim then
            subject = subject or subject_of(item)
            local reason = exemption(self.policy, rule.name, subject)
            if reason then
                exempt = reason
            else
                local waiver = self:waiver_for(rule.name, item.path)
                findings = findings == NONE and {} or findings
                findings[#findings + 1] =
                    self:finding(rule, claim, item.path, item.member, waiver and waiver.reason)
            end
        end
    end
    return findings, exempt
end

-- Counts places that were not looked at.
function Judge:omit(omission, number)
    local omitted = self.summary.not_looked_at
    omitted[omission] = number > 0 and (omitted[omission] or 0) + number or omitted[omission]
end

-- What is to say of the whole build root, once all of it was judged.
function Judge:conclude(root)
    local summary = self.summary
    for kind, count in pairs(self.kinds) do
        summary.objects = summary.objects + count
        if kind == "unreadable" then
            summary.unreadable = summary.unreadable + count
        end
    end
    local findings = {}
    for _, rule in ipairs(self.package_rules) do
        local claim = rules[rule.name] and rules[rule.name](self.kinds, self.case)
        if claim then
            findings[#findings + 1] = self:finding(rule, claim, root)
        end
    end
    return findings
end

-- What is to say of waivers once everything was judged.
function Judge:leftovers()
    local findings = {}
    for _, waiver in ipairs(self.policy.waivers) do
        local facts = {
            waiver = waiver,
            is_expired = self.expired[waiver],
            is_used = self.used[waiver],
            is_met = self.met[waiver],
        }
        for _, rule in ipairs(self.waiver_rules) do
            local claim = rules[rule.name](facts, self.case)
            if claim then
                findings[#findings + 1] = self:finding(rule, claim, waiver.where)
            end
        end
    end
    return findings
end

function Judge:exit_code()
    if self.has_unreadable_error then
        return data.EXIT.UNREADABLE
    end
    return self.worst >= data.ERROR and data.EXIT.FINDINGS or data.EXIT.OK
end

return M
