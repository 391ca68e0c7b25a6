-- SPDX-License-Identifier: GPL-2.0-or-later
-- JSON: written as checker/report/json.py writes it, read strictly and with a bound on depth.

local import = ...
local text_of = import("text")

local M = {}

-- Stands for null, which a table of Lua cannot hold.
M.null = setmetatable({}, { __tostring = function() return "null" end })

local Object, List = {}, {}

-- An object with its fields in this order: { name, value, name, value, ... }.
function M.object(fields)
    return setmetatable(fields, Object)
end

-- A list; `count` where it may hold nil.
function M.list(values)
    return setmetatable(values, List)
end

local ESCAPES = {
    ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escaped(number)
    if number < 0x10000 then
        return ("\\u%04x"):format(number)
    end
    local above = number - 0x10000
    return ("\\u%04x\\u%04x"):format(0xD800 + (above >> 10), 0xDC00 + (above & 0x3FF))
end

-- A text in quotes, in ASCII; a byte that is no UTF-8 is half of a pair of surrogates.
local function quoted(value)
    if not value:find('[^ !#-%[%]-~]') then
        return '"' .. value .. '"'
    end
    local parts = {}
    for _, bytes, number in text_of.characters(value) do
        number = number or 0xDC00 + bytes:byte()
        parts[#parts + 1] = ESCAPES[bytes] or (number < 0x20 or number > 0x7E) and escaped(number) or bytes
    end
    return '"' .. table.concat(parts) .. '"'
end

-- A value as JSON.
function M.encode(value)
    local kind = type(value)
    if value == nil or value == M.null then
        return "null"
    elseif kind == "string" then
        return quoted(value)
    elseif kind ~= "table" then
        return tostring(value)
    end
    local parts = {}
    if getmetatable(value) == Object then
        for place = 1, #value, 2 do
            parts[#parts + 1] = quoted(value[place]) .. ":" .. M.encode(value[place + 1])
        end
        return "{" .. table.concat(parts, ",") .. "}"
    end
    for place, entry in ipairs(value) do
        parts[place] = M.encode(entry)
    end
    return "[" .. table.concat(parts, ",") .. "]"
end

local DEPTH = 16
local NAMED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }
local WORDS = { ["true"] = true, ["false"] = false, null = M.null }

local function fail(at, expected)
    error({ json = "not JSON: at byte " .. at .. ": expected " .. expected }, 0)
end

local function past_blanks(text, at)
    return text:find("[^ \t\r\n]", at) or #text + 1
end

-- The text that `\\uXXXX` at `at` stands for, and where it ends; half of a pair that stands for a byte is that byte.
local function unicode(text, at)
    local digits = text:match("^u(%x%x%x%x)", at)
    if not digits then
        fail(at, "an escape")
    end
    local number = tonumber(digits, 16)
    local low = number >= 0xD800 and number < 0xDC00 and text:match("^\\u([dD][c-fC-F]%x%x)", at + 5)
    if low then
        return utf8.char(0x10000 + ((number - 0xD800) << 10) + tonumber(low, 16) - 0xDC00), at + 11
    elseif number >= 0xDC80 and number <= 0xDCFF then
        return string.char(number - 0xDC00), at + 5
    elseif number >= 0xD800 and number < 0xE000 then
        fail(at, "a whole pair of surrogates")
    end
    return utf8.char(number), at + 5
end

local function text_at(text, at)
    local parts = {}
    while true do
        local stop = text:find('[%c"\\]', at)
        local found = stop and text:sub(stop, stop)
        if not stop or (found ~= '"' and found ~= "\\" and found ~= "\127") then
            fail(stop or #text, "the end of a text")
        end
        parts[#parts + 1] = text:sub(at, stop - 1)
        if found == '"' then
            return table.concat(parts), stop + 1
        elseif found == "\\" then
            local name = text:sub(stop + 1, stop + 1)
            if NAMED[name] then
                parts[#parts + 1], at = NAMED[name], stop + 2
            else
                parts[#parts + 1], at = unicode(text, stop + 1)
            end
        else
            parts[#parts + 1], at = found, stop + 1
        end
    end
end

local value_at

-- The entries between brackets, each read by `entry(at)`, which returns where it ends; returns where the list ends.
local function entries(text, at, close, entry)
    at = past_blanks(text, at + 1)
    if text:sub(at, at) == close then
        return at + 1
    end
    while true do
        at = past_blanks(text, entry(past_blanks(text, at)))
        local found = text:sub(at, at)
        if found == close then
            return at + 1
        elseif found ~= "," then
            fail(at, "a comma or " .. close)
        end
        at = at + 1
    end
end

local function object_at(text, at, depth)
    local object = {}
    local stop = entries(text, at, "}", function(place)
        if text:sub(place, place) ~= '"' then
            fail(place, "the name of a field")
        end
        local name, after = text_at(text, place + 1)
        after = past_blanks(text, after)
        if text:sub(after, after) ~= ":" then
            fail(after, "a colon")
        end
        object[name], after = value_at(text, past_blanks(text, after + 1), depth)
        return after
    end)
    return object, stop
end

local function list_at(text, at, depth)
    local list = {}
    local stop = entries(text, at, "]", function(place)
        local after
        list[#list + 1], after = value_at(text, place, depth)
        return after
    end)
    return M.list(list), stop
end

function value_at(text, at, depth)
    local first = text:sub(at, at)
    if depth == DEPTH then
        fail(at, "no more than " .. DEPTH .. " levels")
    elseif first == "{" then
        return object_at(text, at, depth + 1)
    elseif first == "[" then
        return list_at(text, at, depth + 1)
    elseif first == '"' then
        return text_at(text, at + 1)
    end
    local word = text:match("^[%w.+-]+", at) or ""
    local value = WORDS[word]
    if value == nil then
        value = word:find("^-?%d[%d.eE+-]*$") and not word:find("^-?0%d") and not word:find("%.%D") and not word:find("%.$")
            and tonumber(word)
    end
    if value == nil then
        fail(at, "a value")
    end
    return value, at + #word
end

-- The value that a text is; lists are told from objects by `is_list`. Returns nil and what is wrong where it is none.
function M.decode(text)
    local good, value, at = pcall(function()
        return value_at(text, past_blanks(text, 1), 0)
    end)
    if good and past_blanks(text, at) <= #text then
        return nil, "not JSON: at byte " .. at .. ": expected the end"
    elseif good then
        return value
    elseif type(value) == "table" and value.json then
        return nil, value.json
    end
    error(value, 0)
end

function M.is_list(value)
    return getmetatable(value) == List
end

return M
