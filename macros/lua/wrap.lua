-- SPDX-License-Identifier: GPL-2.0-or-later
-- Paragraphs in lines of a width, broken where Python's textwrap breaks them: at blanks, never at hyphens.

local import = ...
local text = import("text")

-- The words of a text and the blanks between them, the last one first.
local function chunks_of(paragraph)
    local chunks = {}
    for blanks, word in (paragraph .. " "):gmatch("( *)([^ ]*)") do
        for _, chunk in ipairs({ blanks, word }) do
            if chunk ~= "" then
                table.insert(chunks, 1, chunk)
            end
        end
    end
    return chunks
end

local function is_blank(chunk)
    return chunk ~= nil and chunk:sub(1, 1) == " "
end

-- The lines of one paragraph, whose only white space is blanks.
return function(paragraph, width)
    local lines, chunks = {}, chunks_of(paragraph)
    while #chunks > 0 do
        local line, length = {}, 0
        if #lines > 0 and is_blank(chunks[#chunks]) then
            table.remove(chunks)
        end
        while #chunks > 0 and length + text.length(chunks[#chunks]) <= width do
            line[#line + 1] = table.remove(chunks)
            length = length + text.length(line[#line])
        end
        local next_one = chunks[#chunks]
        if next_one and text.length(next_one) > width then
            local part = text.first(next_one, width - length)
            line[#line + 1], chunks[#chunks] = part, next_one:sub(#part + 1)
        end
        if is_blank(line[#line]) then
            table.remove(line)
        end
        if #line > 0 then
            lines[#lines + 1] = table.concat(line)
        end
    end
    return lines
end
