-- SPDX-License-Identifier: GPL-2.0-or-later
-- The sentences of all statements, where `<name>` stands for a value. As checker/report/words.py, whose table is data.words.

local import = ...
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
}

-- A remedy as a sentence; `cure` is what makes a slim object fat or native, without the advice to delete it.
function M.remedy(key, values)
    local cure = words.cures[key]
    return { text = filled(assert(words.Remedy[key], key), values), cure = cure and filled(cure, values) }
end

return M
