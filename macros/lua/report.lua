-- SPDX-License-Identifier: GPL-2.0-or-later
-- The JSON report, `ltocheck-report/1`, written as checker/report/json.py writes it.

local import = ...
local data = import("data")
local json = import("json")
local text = import("text")
local object, null = json.object, json.null

local BLOCK = 1 << 16   -- bytes that are copied at a time

local M = {}

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

local function counts(numbers)
    local fields = {}
    for _, name in ipairs(text.sorted_keys(numbers)) do
        fields[#fields + 1], fields[#fields + 2] = name, numbers[name]
    end
    return object(fields)
end

-- One object; `exempt` says why a policy does not judge it.
local function object_fields(item, exempt)
    local facts = item.facts
    local bytecode = {}
    for place, code in ipairs(facts.bytecode) do
        local version = name_or_null(code.version)
        bytecode[place] =
            object({ "form", code.form, "producer", code.producer, "version", version, "size", code.size })
    end
    return object({
        "path", text.for_data(item.path),
        "member", name_or_null(item.member),
        "index", item.position or null,
        "format", facts.format,
        "machine", name_or_null(facts.machine),
        "kind", facts.kind,
        "empty", facts.empty == nil and null or facts.empty,
        "partial", facts.partial or false,
        "bytecode", bytecode,
        "reason", text.for_data(facts.reason),
        "exempt", exempt or null,
    })
end

-- One archive.
local function archive_fields(item)
    local facts = item.facts
    return object({
        "path", text.for_data(item.path),
        "member", name_or_null(item.member),
        "kind", facts.kind,
        "members", facts.members,
        "kinds", counts(facts.kinds),
        "index", facts.symbol_index,
        "thin", facts.thin,
        "formats", facts.formats,
        "machines", texts(facts.machines),
        "bytecode", texts(facts.versions),
    })
end

local function finding_fields(finding)
    return object({
        "rule", finding.rule,
        "severity", data.SEVERITY_NAMES[finding.severity],
        "path", text.for_data(finding.path),
        "member", name_or_null(finding.member),
        "message", text.for_data(finding.message),
        "remedy", text.for_data(finding.remedy.text),
        "evidence", texts(finding.evidence),
        "waived", name_or_null(finding.waived),
        "line", null,
        "column", null,
    })
end

local function target_fields(settings)
    return object({
        "path", text.for_data(settings.root),
        "type", "tree",
        "package", name_or_null(settings.package),
        "source", null,
        "arch", name_or_null(settings.arch),
        "opt_in", settings.opt_in,
        "stage", settings.stage,
    })
end

local function summary_fields(summary, kinds)
    return object({
        "objects", summary.objects,
        "archives", summary.archives,
        "specs", 0,
        "other_files", summary.other_files,
        "kinds", counts(kinds),
        "errors", summary.errors,
        "warnings", summary.warnings,
        "notes", summary.notes,
        "waived", summary.waived,
        "unreadable", summary.unreadable,
        "not_looked_at", counts(summary.not_looked_at),
    })
end

-- A list that is written value by value.
local function list_in(out)
    local separator = "\n"
    return function(value)
        out:write(separator, json.encode(value))
        separator = ",\n"
    end
end

-- Writes the report item by item; archives and findings wait in unlinked files while the objects are written.
function M.writer(out, policy, settings)
    local tool = object({ "name", "ltocheck", "version", data.VERSION })
    local heading = object({ "name", policy.name, "opt_in", settings.opt_in })
    local archives, findings = io.tmpfile(), io.tmpfile()
    local add_object, add_archive, add_finding = list_in(out), list_in(archives), list_in(findings)

    out:write('{"schema":', json.encode(data.SCHEMA), ',"tool":', json.encode(tool))
    out:write(',"policy":', json.encode(heading), ',\n"targets":[\n')
    out:write(json.encode(target_fields(settings)):sub(1, -2), ',"objects":[')

    local function append(part)
        part:seek("set", 0)
        for chunk in function() return part:read(BLOCK) end do
            out:write(chunk)
        end
        part:close()
    end

    return {
        item = function(item, item_findings, exempt)
            if item and item.type == "object" then
                if #item_findings > 0 or exempt or not data.UNINTERESTING[item.facts.kind] then
                    add_object(object_fields(item, exempt))
                end
            elseif item then
                add_archive(archive_fields(item))
            end
            for _, finding in ipairs(item_findings) do
                add_finding(finding_fields(finding))
            end
        end,
        finish = function(judge, leftovers)
            out:write('],\n"archives":[')
            append(archives)
            out:write('],\n"findings":[')
            append(findings)
            local shown = {}
            for place, finding in ipairs(leftovers) do
                shown[place] = finding_fields(finding)
            end
            out:write(']}],\n"waiver_findings":', json.encode(shown), ",")
            local summary = json.encode(summary_fields(judge.summary, judge.kinds))
            out:write('\n"summary":', summary, ',"exit_code":', tostring(judge:exit_code()), "}\n")
        end,
    }
end

return M
