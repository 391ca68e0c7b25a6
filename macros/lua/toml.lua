-- SPDX-License-Identifier: GPL-2.0-or-later
-- As much of TOML as policies are written in: tables, texts, numbers, dates and lists of texts, each on one line. What is
-- beyond that is refused, with the way to have it compiled.

local import = ...
local json = import("json")

local BEYOND = "more of TOML than rpm's Lua reads here; `ltocheck policy compile` makes JSON of it"
local NAMED = { b = "\b", t = "\t", n = "\n", f = "\f", r = "\r", ['"'] = '"', ["\\"] = "\\" }

local WORDS = { ["true"] = true, ["false"] = false }

local Date = {}

local function fail(reason)
    error({ toml = "not TOML: " .. reason }, 0)
end

local function fail_beyond()
    error({ toml = BEYOND }, 0)
end

-- The character that `\uXXXX` or `\UXXXXXXXX` at `at` stands for, and where it ends.
local function unicode(line, at)
    local digits = line:match("^u(%x%x%x%x)", at) or line:match("^U(%x%x%x%x%x%x%x%x)", at)
    local number = digits and tonumber(digits, 16) or fail("no escape that there is")
    if number > 0x10FFFF or (number >= 0xD800 and number < 0xE000) then
        fail("no character has the number " .. digits)
    end
    return utf8.char(number), at + #digits + 1
end

-- A text in double quotes whose content begins at `at`, and where it ends.
local function basic_text(line, at)
    local parts = {}
    while true do
        local stop = line:find('["\\]', at) or fail("a text that does not end")
        parts[#parts + 1] = line:sub(at, stop - 1)
        if line:sub(stop, stop) == '"' then
            return table.concat(parts), stop + 1
        end
        local name = line:sub(stop + 1, stop + 1)
        if NAMED[name] then
            parts[#parts + 1], at = NAMED[name], stop + 2
        else
            parts[#parts + 1], at = unicode(line, stop + 1)
        end
    end
end

local function text_at(line, at)
    local three = line:sub(at, at + 2)
    if three == '"""' or three == "'''" then
        fail_beyond()
    elseif line:sub(at, at) == '"' then
        return basic_text(line, at + 1)
    elseif line:sub(at, at) == "'" then
        local stop = line:find("'", at + 1, true) or fail("a text that does not end")
        return line:sub(at + 1, stop - 1), stop + 1
    end
    return nil
end

local function past_blanks(line, at)
    return line:find("[^ \t]", at) or #line + 1
end

local function list_at(line, at)
    local list = {}
    at = past_blanks(line, at + 1)
    while line:sub(at, at) ~= "]" do
        local value, stop = text_at(line, at)
        if not value then
            fail_beyond()
        end
        list[#list + 1], at = value, past_blanks(line, stop)
        if line:sub(at, at) == "," then
            at = past_blanks(line, at + 1)
        elseif line:sub(at, at) ~= "]" then
            fail("expected a comma or ]")
        end
    end
    return json.list(list), at + 1
end

local function value_at(line, at)
    local value, stop = text_at(line, at)
    if value then
        return value, stop
    elseif line:sub(at, at) == "[" then
        return list_at(line, at)
    end
    local word = line:match("^[%w_.:+-]+", at) or fail_beyond()
    value = WORDS[word]
    if value == nil and word:find("^[+-]?%d[%d_.]*$") then
        value = tonumber((word:gsub("_", ""))) or fail("no number: " .. word)
    elseif value == nil then
        value = word:find("^%d%d%d%d%-%d%d%-%d%d") and setmetatable({ date = word }, Date) or fail_beyond()
    end
    return value, at + #word
end

local function check_rest(line, at)
    if not line:find("^[ \t]*$", at) and not line:find("^[ \t]*#", at) then
        fail("expected the end of the line")
    end
end

local function read_line(state, line)
    local at = past_blanks(line, 1)
    local first = line:sub(at, at)
    if first == "" or first == "#" then
        return
    end
    local name, stop = line:match("^%[%[[ \t]*([%w_-]+)[ \t]*%]%]()", at)
    if name then
        local list = state.top[name]
        if list ~= nil and not state.lists[name] then
            fail(name .. " is there twice")
        end
        state.top[name], state.lists[name] = list or json.list({}), true
        state.current = {}
        table.insert(state.top[name], state.current)
        return check_rest(line, stop)
    end
    name, stop = line:match("^%[[ \t]*([%w_-]+)[ \t]*%]()", at)
    if name then
        if state.top[name] ~= nil then
            fail(name .. " is there twice")
        end
        state.current = {}
        state.top[name] = state.current
        return check_rest(line, stop)
    end
    name, stop = line:match("^([%w_-]+)[ \t]*=[ \t]*()", at)
    if not name then
        if first == "[" or line:find("^[%w_\"'. -]+=", at) then
            fail_beyond()
        end
        fail("expected a key and a value")
    elseif state.current[name] ~= nil then
        fail(name .. " is there twice")
    end
    state.current[name], stop = value_at(line, stop)
    check_rest(line, stop)
end

local M = {}

-- The text of a date or time, nil for any other value.
function M.date_of(value)
    return getmetatable(value) == Date and value.date or nil
end

-- The tables of a policy file; nil and what is wrong where it cannot be read.
function M.decode(content)
    local top = {}
    local state = { top = top, lists = {}, current = top }
    local number = 0
    for line in (content:gsub("\r\n", "\n") .. "\n"):gmatch("([^\n]*)\n") do
        number = number + 1
        local good, problem = pcall(function()
            if line:find("[\0-\8\11-\31\127]") then
                fail("a control character")
            end
            read_line(state, line)
        end)
        if not good then
            if type(problem) ~= "table" then
                error(problem, 0)
            end
            return nil, "line " .. number .. ": " .. problem.toml
        end
    end
    return top
end

return M
