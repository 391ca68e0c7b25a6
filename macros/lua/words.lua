-- SPDX-License-Identifier: GPL-2.0-or-later
-- The sentences of all statements, where `<name>` stands for a value. As checker/report/words.py, whose table is data.words.

local import = ...
local text = import("text")
local words = import("data").words

local function filled(template, values)
    return (template:gsub("<(%w+)>", values or {}))
end

local function sentences(templates)
    return function(key, values)
        return filled(assert(templates[key], key), values)
    end
end

local M = {
    message = sentences(words.Message),
    evidence = sentences(words.Evidence),
    reason = sentences(words.Reason),
}

-- A remedy as a sentence; `cure` is what makes a slim object fat or native, without the advice to delete it and without
-- the line to copy into the spec, with which some end. `advice` is what others say without their `command` for a file.
function M.remedy(key, values)
    local made = { text = filled(assert(words.Remedy[key], key), values) }
    local cure, ending = words.cures[key], " " .. words.LINE
    if cure and text.ends_with(cure, ending) then
        cure, made.line = cure:sub(1, -#ending - 1), values.line
    end
    made.cure = cure and filled(cure, values)
    made.advice, made.command = table.unpack(words.commands[key] or {})
    return made
end

return M
