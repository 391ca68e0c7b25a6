-- SPDX-License-Identifier: GPL-2.0-or-later
-- What a packager reads when the hook has something to say: at most a screen. As checker/report/packager.py.

local import = ...
local data = import("data")
local text = import("text")
local wrap = import("wrap")
local M = {}

local words = data.message
local for_terminal = text.for_terminal

local function limited(line)
    local most = words.NAME_LENGTH * 2
    return text.length(line) <= most and line or text.first(line, most) .. "..."
end

local function members_of(group)
    local names = {}
    for place, name in ipairs(group.members) do
        names[place] = for_terminal(name)
    end
    local shown, more = table.concat(names, " "), group.count - #names
    return #names > 0 and more > 0 and shown .. " and " .. more .. " more" or shown
end

-- The file as the subject of a sentence, and which of its members are meant.
local function file_of(group)
    local name = for_terminal(group.first.path)
    if #group.members == 0 then
        return name .. ":"
    elseif group.count == 1 then
        return name .. "(" .. members_of(group) .. "):"
    end
    return name .. ": each of " .. group.count .. " objects (" .. members_of(group) .. ")"
end

local function label(finding)
    return finding.waived and "waived" or data.SEVERITY_NAMES[finding.severity]
end

-- How a packager writes the file's path in the spec, where rpm reads it before a shell; nil if nobody can.
local function in_build_root(path)
    if for_terminal(path) ~= path then
        return nil
    elseif path == "" or path:find("[^%w_@%%+=:,./-]") then
        path = "'" .. path:gsub("'", "'\"'\"'") .. "'"
    end
    return "%{buildroot}" .. path:gsub("%%", "%%%%")
end

local Message = {}
Message.__index = Message

function M.new(package, report_file, url, is_verbose)
    return setmetatable({
        package = package or "this package",
        report_file = report_file,
        url = url,
        is_verbose = is_verbose,
        groups = {},
        by_key = {},
        dropped = 0,
    }, Message)
end

-- Keeps a finding for the message, and the form of the bytecode that it is about; of very many, their number.
function Message:add(finding, form)
    local key = finding.path .. "\0" .. finding.rule .. "\0" .. (finding.waived or "")
    local group = self.by_key[key]
    if not group then
        if #self.groups >= words.GROUPS_KEPT then
            if finding.severity == data.ERROR and not finding.waived then
                self.dropped = self.dropped + 1
            end
            return
        end
        group = { first = finding, count = 0, members = {} }
        self.by_key[key] = group
        self.groups[#self.groups + 1] = group
    end
    group.count = group.count + 1
    group.form = group.form or form
    if finding.member and #group.members < words.MEMBERS_SHOWN then
        group.members[#group.members + 1] = finding.member
    end
end

function Message:in_report()
    return self.report_file ~= "" and ", all in " .. for_terminal(self.report_file) or ""
end

local function say_all(lines, say)
    for _, line in ipairs(lines) do
        say(line)
    end
end

local function line_of(group)
    return limited("  " .. file_of(group) .. " " .. group.first.message)
end

-- The evidence, in the words of who knows LTO.
local function because(finding, say)
    for place = 1, math.min(words.EVIDENCE_SHOWN, #finding.evidence) do
        say(limited("    because: " .. for_terminal(finding.evidence[place])))
    end
end

-- The name in words.WHY of what is wrong with a group whose remedy is for bytecode alone.
local function why_of(group)
    local rule = group.first.rule
    return words.WHY[rule] and rule or group.form == "bitcode" and "LLVM" or "GCC"
end

-- The paths of groups, each once.
local function paths_of(groups)
    local paths, seen = {}, {}
    for _, group in ipairs(groups) do
        local path = group.first.path
        paths[#paths + 1] = not seen[path] and path or nil
        seen[path] = true
    end
    return paths
end

-- The lines for a spec that do something with each file.
local function with_each(self, command, paths, say)
    for place = 1, math.min(words.FILES_SHOWN, #paths) do
        local name = paths[place]
        local path = in_build_root(name)
        say(path and "    " .. command .. " " .. path or "    (the name of " .. for_terminal(name) .. " fits in no spec)")
    end
    if #paths > words.FILES_SHOWN then
        local report = self:in_report()
        say("    and so on" .. (report ~= "" and report or ": all of them are named below"))
    end
end

-- Says why files with bytecode alone are no good, once for each kind of them.
local function say_why(groups, say)
    local of_why, names = {}, {}
    for _, group in ipairs(groups) do
        local why = why_of(group)
        if not of_why[why] then
            of_why[why] = {}
            names[#names + 1] = why
        end
        table.insert(of_why[why], group)
    end
    for place = 1, math.min(words.EXPLAINED_WHOLE, #names) do
        local is_one = #paths_of(of_why[names[place]]) == 1
        say_all(words.WHY[names[place]][is_one and "one" or "many"], say)
    end
end

-- How the files of groups are called, and the rules that they break.
local function summed_up(groups)
    local rules, seen, is_one = {}, {}, true
    for _, group in ipairs(groups) do
        local rule = group.first.rule
        rules[#rules + 1] = not seen[rule] and rule or nil
        seen[rule] = true
        is_one = is_one and group.first.path == groups[1].first.path
    end
    return is_one and "this file" or "these files", table.concat(rules, " ")
end

-- Says why files that share a remedy are no good, and what to do.
local function explain(self, groups, is_whole, say)
    local remedy = groups[1].first.remedy
    local cure = remedy.cure
    local paths = paths_of(groups)
    if not cure then
        local advice = remedy.command and remedy.advice .. ":" or for_terminal(remedy.text)
        say_all(wrap(groups[1].first.rule .. ": " .. advice, words.WIDTH), say)
        return remedy.command and with_each(self, remedy.command, paths, say)
    end
    local is_one = #paths == 1
    local it = is_one and "it" or "them"
    if not is_whole then
        local _, rules = summed_up(groups)
        say_all(wrap(rules .. ": delete " .. it .. ", or " .. for_terminal(cure), words.WIDTH), say)
        return remedy.line and say("    " .. remedy.line)
    end
    say_why(groups, say)
    say("Nobody needs " .. it .. "? Then delete " .. it .. " at the end of %install:")
    with_each(self, "rm", paths, say)
    say_all(words.IN_FILES[is_one and "one" or "many"], say)
    say_all(wrap("Somebody does? Then " .. for_terminal(cure), words.WIDTH), say)
    if remedy.line then
        say("    " .. remedy.line)
    end
end

-- The groups that share a remedy, in the order of the first of each.
local function causes_of(errors)
    local causes, by_key = {}, {}
    for _, group in ipairs(errors) do
        local finding = group.first
        local key = (finding.remedy.cure and "" or finding.rule) .. "\0" .. finding.remedy.text
        if not by_key[key] then
            by_key[key] = {}
            causes[#causes + 1] = by_key[key]
        end
        table.insert(by_key[key], group)
    end
    return causes
end

local function write_errors(self, errors, stops_build, say)
    local package = for_terminal(self.package)
    local these, rules = summed_up(errors)
    say("")
    if stops_build then
        say("ltocheck stops the build of " .. package .. ": " .. these .. " cannot be shipped")
    else
        say("ltocheck, in warn mode, would stop the build of " .. package .. ": see " .. these)
    end
    say("")
    for place = 1, math.min(words.FILES_SHOWN, #errors) do
        say(line_of(errors[place]))
    end
    local more, report = #errors - words.FILES_SHOWN + self.dropped, self:in_report()
    if more > 0 then
        say("  and " .. more .. " more" .. (report ~= "" and report or ", named below"))
    end
    local causes = causes_of(errors)
    for place = 1, math.min(words.CAUSES_EXPLAINED, #causes) do
        say("")
        explain(self, causes[place], place <= words.EXPLAINED_WHOLE, say)
        if self.is_verbose then
            because(causes[place][1].first, say)
        end
    end
    say("")
    if #errors > words.FILES_SHOWN and report == "" then
        say("The other files:")
        for place = words.FILES_SHOWN + 1, #errors do
            say(line_of(errors[place]))
        end
        if self.dropped > 0 then
            say("  and " .. self.dropped .. " more")
        end
        say("")
    end
    if self.url ~= "" then
        say("More about it: " .. for_terminal(self.url))
    else
        for _, line in ipairs(words.MORE_ABOUT) do
            say((line:gsub("{rules}", rules)))
        end
    end
end

-- How many places were not looked at, by their reasons; debug information is in every build root.
local function not_looked_at(summary)
    local counts = {}
    for _, entry in ipairs(words.OMISSIONS) do
        local count = entry.omission == "unreadable" and summary.unreadable or summary.not_looked_at[entry.omission] or 0
        counts[#counts + 1] = count > 0 and count .. " " .. entry.word or nil
    end
    return #counts > 0 and "ltocheck: " .. words.NOT_LOOKED_AT .. table.concat(counts, ", ") or nil
end

-- Says it line by line; nothing when there is nothing to say.
function Message:write(stops_build, summary, say)
    local errors, others = {}, {}
    for _, group in ipairs(self.groups) do
        local is_error = not group.first.waived and group.first.severity == data.ERROR
        table.insert(is_error and errors or others, group)
    end
    if #errors > 0 then
        write_errors(self, errors, stops_build, say)
    end
    for place = 1, math.min(words.LINES_OF_OTHERS, #others) do
        local group = others[place]
        local finding = group.first
        local rest = finding.waived and " [" .. for_terminal(finding.waived) .. "]"
            or "; " .. for_terminal(finding.remedy.text)
        say(limited("ltocheck: " .. label(finding) .. ": " .. file_of(group) .. " " .. finding.message .. rest))
    end
    if #others > words.LINES_OF_OTHERS then
        local more = #others - words.LINES_OF_OTHERS
        say("ltocheck: " .. more .. " more warnings, notes and waived files" .. self:in_report())
    end
    local omitted = not_looked_at(summary)
    if omitted then
        say(omitted)
    end
end

return M
