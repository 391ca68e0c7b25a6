-- SPDX-License-Identifier: GPL-2.0-or-later
-- Which of some words another one may be meant to be. As get_close_matches of Python's difflib.

local import = ...
local text = import("text")

local ALIKE = 0.6 -- from here on two words are near each other: the part of their characters that they share

local function characters_of(word)
    local characters = {}
    for _, bytes in text.characters(word) do
        characters[#characters + 1] = bytes
    end
    return characters
end

-- How many characters of two ranges match: those of their longest part in common, and of what is on both sides of it.
local function matches(a, from_a, to_a, b, from_b, to_b)
    local at_a, at_b, longest, before = 0, 0, 0, {}
    for i = from_a, to_a do
        local lengths = {}
        for j = from_b, to_b do
            if a[i] == b[j] then
                local length = (before[j - 1] or 0) + 1
                lengths[j] = length
                if length > longest then
                    at_a, at_b, longest = i - length + 1, j - length + 1, length
                end
            end
        end
        before = lengths
    end
    if longest == 0 then
        return 0
    end
    return longest + matches(a, from_a, at_a - 1, b, from_b, at_b - 1)
        + matches(a, at_a + longest, to_a, b, at_b + longest, to_b)
end

-- The word of a list that is nearest, nil where none is near.
return function(word, known)
    local wanted, nearest, highest = characters_of(word), nil, ALIKE
    for _, name in ipairs(known) do
        local characters = characters_of(name)
        local shared = matches(characters, 1, #characters, wanted, 1, #wanted)
        local ratio = 2 * shared / (#characters + #wanted)
        if ratio > highest or (ratio == highest and name > (nearest or "")) then
            nearest, highest = name, ratio
        end
    end
    return nearest
end
