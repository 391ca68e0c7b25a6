-- SPDX-License-Identifier: GPL-2.0-or-later
-- Which objects have bytecode that defines nothing, from one stage to the next, which can no longer see it.
-- As record_empty and recall_empty in checker/hook.py.

local import = ...
local limits = import("data").limits
local files = import("files")
local json = import("json")
local settings = import("settings")

local M = {}

local function line_of(item)
    return ("[%s, %s, %s]"):format(json.encode(item.path), json.encode(item.member), item.position or "null")
end

-- Writes down, item by item, what the second stage must know; `finish` when all have come.
function M.recorder(file)
    local out, problem = files.replacing(file)
    if not out then
        settings.fail(file .. ": " .. problem)
    end
    return {
        item = function(item)
            local facts = item.facts
            if item.type == "object" and (facts.kind == "slim" or facts.kind == "mixed") and facts.empty then
                out:write(line_of(item), "\n")
            end
            return item
        end,
        finish = function()
            local failure = out:finish()
            if failure then
                settings.fail(file .. ": " .. failure)
            end
        end,
    }
end

local function is_entry(value)
    return json.is_list(value) and #value == 3 and type(value[1]) == "string"
end

-- What the first stage has written, read once: a later build of the package writes its own.
local function read_lines(file)
    if not files.status_of(file) then
        return {}
    end
    local content, problem = files.read(file, limits.hook_state)
    if not content then
        settings.fail(file .. ": " .. problem)
    end
    local empty = {}
    for line in content:gmatch("[^\n]+") do
        if not is_entry(json.decode(line)) then
            settings.fail(file .. ": not what the first stage wrote")
        end
        empty[line] = true
    end
    os.remove(file)
    return empty
end

-- The objects that the first stage found empty are so still, whatever was stripped from them.
function M.reminder(file)
    local empty = read_lines(file)
    return {
        item = function(item)
            if item.type == "object" and item.facts.kind == "hollow" and empty[line_of(item)] then
                local facts = {}
                for name, value in pairs(item.facts) do
                    facts[name] = value
                end
                facts.empty = true
                return { type = "object", path = item.path, member = item.member, position = item.position, facts = facts }
            end
            return item
        end,
        finish = function() end,
    }
end

return M
