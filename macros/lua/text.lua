-- SPDX-License-Identifier: GPL-2.0-or-later
-- Names are bytes and often, not always, UTF-8; how they are shown. As checker/report/names.py.

local import = ...
local data = import("data")

local M = {}

-- A text without the characters `unwanted` (one byte) at its end.
function M.without_trailing(text, unwanted)
    local byte, last = unwanted:byte(), #text
    while last > 0 and text:byte(last) == byte do
        last = last - 1
    end
    return text:sub(1, last)
end

-- The keys of a table, sorted.
function M.sorted_keys(table_)
    local keys = {}
    for key in pairs(table_) do
        keys[#keys + 1] = key
    end
    table.sort(keys)
    return keys
end

-- True for each name of a list.
function M.set_of(names)
    local set = {}
    for _, name in ipairs(names) do
        set[name] = true
    end
    return set
end

function M.starts_with(text, prefix)
    return text:sub(1, #prefix) == prefix
end

function M.starts_with_any(text, prefixes)
    for _, prefix in ipairs(prefixes) do
        if text:sub(1, #prefix) == prefix then
            return true
        end
    end
    return false
end

function M.ends_with(text, suffix)
    return #text >= #suffix and text:sub(#text - #suffix + 1) == suffix
end

function M.ends_with_any(text, suffixes)
    for _, suffix in ipairs(suffixes) do
        if M.ends_with(text, suffix) then
            return true
        end
    end
    return false
end

-- The bytes of a text as Python writes them in a literal.
function M.bytes_literal(bytes)
    local quote = bytes:find("'", 1, true) and not bytes:find('"', 1, true) and '"' or "'"
    local named = { ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r", ["\\"] = "\\\\", [quote] = "\\" .. quote }
    local shown = bytes:gsub(".", function(one)
        return named[one] or (one:find("[^ -~]") and ("\\x%02x"):format(one:byte())) or nil
    end)
    return "b" .. quote .. shown .. quote
end

local function is_continuation(byte, low, high)
    return byte and byte >= (low or 0x80) and byte <= (high or 0xBF)
end

-- How many bytes the character at `at` has, and its number; 1 and nil where the bytes are no UTF-8.
local function character(text, at)
    local a, b, c, d = text:byte(at, at + 3)
    if a < 0x80 then
        return 1, a
    elseif a >= 0xC2 and a <= 0xDF and is_continuation(b) then
        return 2, (a & 0x1F) << 6 | b & 0x3F
    elseif a >= 0xE0 and a <= 0xEF then
        if is_continuation(b, a == 0xE0 and 0xA0, a == 0xED and 0x9F) and is_continuation(c) then
            return 3, (a & 0x0F) << 12 | (b & 0x3F) << 6 | c & 0x3F
        end
    elseif a >= 0xF0 and a <= 0xF4 then
        if is_continuation(b, a == 0xF0 and 0x90, a == 0xF4 and 0x8F) and is_continuation(c) and is_continuation(d) then
            return 4, (a & 0x07) << 18 | (b & 0x3F) << 12 | (c & 0x3F) << 6 | d & 0x3F
        end
    end
    return 1, nil
end

-- The characters of a text, one after the other: where each begins, its bytes, its number or nil.
function M.characters(text)
    local at = 1
    return function()
        if at > #text then
            return nil
        end
        local start = at
        local length, number = character(text, at)
        at = at + length
        return start, text:sub(start, at - 1), number
    end
end

function M.is_utf8(text)
    for _, _, number in M.characters(text) do
        if not number then
            return false
        end
    end
    return true
end

function M.length(text)
    if not text:find("[\128-\255]") then
        return #text
    end
    local count = 0
    for _ in M.characters(text) do
        count = count + 1
    end
    return count
end

-- The first characters of a text.
function M.first(text, count)
    if not text:find("[\128-\255]") then
        return text:sub(1, count)
    end
    for start in M.characters(text) do
        if count == 0 then
            return text:sub(1, start - 1)
        end
        count = count - 1
    end
    return text
end

local NAMED = { [0x0A] = "\\n", [0x09] = "\\t", [0x0D] = "\\r" }

local function escaped(number)
    local form = number < 0x100 and "\\x%02x" or number < 0x10000 and "\\u%04x" or "\\U%08x"
    return NAMED[number] or form:format(number)
end

local function is_unprintable(number)
    for _, range in ipairs(data.UNPRINTABLE) do
        if number <= range[2] then
            return number >= range[1]
        end
    end
    return false
end

local function rewritten(text, form_of)
    local parts = {}
    for _, bytes, number in M.characters(text) do
        parts[#parts + 1] = number and form_of(number, bytes) or number and bytes or ("\\x%02x"):format(bytes:byte())
    end
    return table.concat(parts)
end

-- A name on one line, with everything escaped that could move a cursor or break a line.
function M.for_terminal(name)
    if not name:find("[^ -~]") then
        return name
    end
    return rewritten(name, function(number)
        return is_unprintable(number) and escaped(number) or nil
    end)
end

-- A name that is valid UTF-8; other bytes are written in hexadecimal.
function M.for_data(name)
    if not name:find("[\128-\255]") then
        return name
    end
    return rewritten(name, function()
        return nil
    end)
end

-- Bytes of which each is a character (ISO 8859-1), as UTF-8.
function M.from_latin1(bytes)
    return (bytes:gsub("[\128-\255]", function(byte)
        return utf8.char(byte:byte())
    end))
end

return M
