-- SPDX-License-Identifier: GPL-2.0-or-later
-- What is said of one object: its format, machine and kind, why, and its bytecode. As ObjectFacts in checker/model.

local import = ...
local is_malformed = import("source").is_malformed
local say = import("words").reason

local M = {}

-- Reasons as one text; what is false is left out.
function M.joined(...)
    local clauses = {}
    for place = 1, select("#", ...) do
        local clause = select(place, ...)
        clauses[#clauses + 1] = clause or nil
    end
    return table.concat(clauses, "; ")
end

local NONE = {}

-- Facts of an object, `more` of them; nothing changes them later, because objects share them.
function M.new(format, machine, kind, reason, more)
    local facts = more or {}
    facts.format, facts.machine, facts.kind, facts.reason = format, machine, kind, reason
    facts.bytecode = facts.bytecode or NONE
    facts.ctors = facts.ctors or NONE
    if facts.empty == nil then
        facts.empty = false
    end
    return facts
end

local others = {}

-- Facts of an object that is known but not judged.
function M.other(format)
    others[format] = others[format] or M.new(format, nil, "other", say(format))
    return others[format]
end

-- Facts of an object that could not be looked at; the obstacle is a word of checker/errors.py.
function M.unreadable(reason, format, obstacle)
    return M.new(format or "unknown", nil, "unreadable", reason, { obstacle = obstacle or "malformed" })
end

-- Facts of what an error says cannot be read: because its bytes are malformed, after the words `where`; or by a bug of our
-- own, which is this object's, so that the rest is judged. The place of the bug is named for its report.
function M.failed(problem, format, where, obstacle)
    if is_malformed(problem) then
        return M.unreadable((where or "") .. tostring(problem), format, obstacle)
    end
    local bug = tostring(problem):gsub("^.*/([^/]*%.lua:%d+:)", "in %1", 1)
    return M.unreadable("makes ltocheck fail: " .. bug, nil, "crashed")
end

local function embedded_of(traits)
    if traits.embedded and traits.embedded ~= 0 then
        return { form = "embedded", producer = "llvm", size = traits.embedded }
    end
    return nil
end

-- Facts by the marks of an object without bytecode for a linker.
function M.plain(traits, kind, reason, more)
    more.bytecode = { embedded_of(traits) }
    more.ctors = more.ctors or traits.ctors
    return M.new(traits.format, traits.machine, kind, reason, more)
end

-- The same of one with bytecode.
function M.with_bytecode(traits, kind, reason, code, more)
    more = more or {}
    more.bytecode = { code, embedded_of(traits) }
    more.ctors = traits.ctors
    more.nameless = traits.nameless
    more.marked = more.marked and traits.marker
    return M.new(traits.format, traits.machine, kind, reason, more)
end

return M
