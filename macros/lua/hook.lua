-- SPDX-License-Identifier: GPL-2.0-or-later
-- The hook: judges a build root inside rpmbuild. As checker/hook.py.

local import = ...
local data = import("data")
local exclusion = import("exclusion")
local files = import("files")
local judge_of = import("judge")
local message_of = import("message")
local policies = import("policy")
local settings_of = import("settings")
local text = import("text")
local tree = import("tree")

local function say(line)
    io.stderr:write(line, "\n")
end

-- Warns of what this user may not read: it stops no build here, because rpmbuild, too, can package none of it.
local function without_forbidden(item, judge)
    if item.type == "object" and item.facts.obstacle == "forbidden" then
        local values = { name = text.for_terminal(item.path), problem = item.facts.reason }
        say((data.FORBIDDEN_FILE:gsub("{(%l+)}", values)))
        item.facts.kind = "other"
        judge:omit("forbidden", 1)
    end
    return item
end

local function open_report(file)
    local out, problem = files.replacing(file)
    return out or settings_of.fail("%_ltocheck_report: " .. file .. ": " .. problem)
end

-- Judges the build root, informs the packager, and writes the report that was asked for; returns the exit status.
local function check(settings)
    local policy = policies.load(settings.policy)
    exclusion.add(policy, settings)
    local has_evidence = #settings.opt_in_evidence > 0
    settings.opt_in = has_evidence and (settings.declared or policy.counts_flags)
    local judge = judge_of.new(policy, settings, os.date("%Y-%m-%d"))
    local message = message_of.new(settings.package, settings.report, policy.url, settings.is_verbose)
    local out = settings.report ~= "" and open_report(settings.report) or nil
    local writer = out and import("report").writer(out, policy, settings)
    local keeper
    if settings.state ~= "" then
        local state_of = import("state")
        local make = settings.stage == "stripped" and state_of.reminder or state_of.recorder
        keeper = make(settings.state)
    end

    local function take(item, findings, exempt)
        for place = 1, #findings do
            local finding = findings[place]
            local code = item and item.type == "object" and item.facts.bytecode[1]
            message:add(finding, code and code.form)
        end
        if writer then
            writer.item(item, findings, exempt)
        end
    end

    local counts = tree.walk(settings.root, function(item)
        item = without_forbidden(item, judge)
        item = keeper and keeper.item(item) or item
        take(item, judge:judge(item))
    end)
    if keeper then
        keeper.finish()
    end
    judge.summary.other_files = counts.others
    judge:omit("debug", counts.debug)
    judge:omit("special", counts.special)
    take(nil, judge:conclude(settings.root))
    local leftovers = judge:leftovers()
    for _, finding in ipairs(leftovers) do
        message:add(finding)
    end
    if writer then
        writer.finish(judge, leftovers)
        local failure = out:finish()
        if failure then
            settings_of.fail("%_ltocheck_report: " .. settings.report .. ": " .. failure)
        end
    end
    message:write(settings.mode ~= "warn", judge.summary, say)
    return judge:exit_code()
end

-- Calls a function; returns true and its result, or false and the exit status after saying what went wrong.
local function guarded(call, ...)
    local debugged = os.getenv("LTOCHECK_DEBUG") and function(problem)
        return type(problem) == "string" and debug.traceback(problem, 2) or problem
    end
    local good, result = xpcall(call, debugged or function(problem) return problem end, ...)
    if good then
        return true, result
    elseif type(result) == "table" and result.usage then
        say("brp-ltocheck: " .. text.for_terminal(result.usage))
        return false, data.EXIT.USAGE
    end
    say("brp-ltocheck: internal error, please report it: " .. text.for_terminal(tostring(result)))
    return false, data.EXIT.BUG
end

local M = {}

-- Runs the hook and returns its exit status.
function M.main(arguments)
    local good, settings = guarded(settings_of.read, arguments)
    if good and not settings then
        return data.EXIT.OK
    end
    local status = settings
    if good then
        good, status = guarded(check, settings)
    end
    if not good then
        files.abandon()
    end
    return os.getenv("LTOCHECK_MODE") == "warn" and data.EXIT.OK or status
end

return M
