-- SPDX-License-Identifier: GPL-2.0-or-later
-- Machines by the names that packagers know, whatever a format calls them. As checker/objects/machines.py.

local import = ...
local data = import("data").machines
local text = import("text")

local M = {}

local MANY_WIDTHS = { riscv = true, loongarch = true }

-- The name of an ELF machine; `elf-NUMBER` for one that has no name here.
function M.elf_machine(number, bits, order)
    local name = data.ELF[number] or "elf-" .. number
    local is_little = order == "<"
    if name == "ppc64" then
        return is_little and "ppc64le" or name
    elseif name == "s390x" and bits == 32 then
        return "s390"
    elseif name == "x86_64" and bits == 32 then
        return "x32"
    elseif MANY_WIDTHS[name] then
        return name .. bits
    elseif name == "mips" then
        return (bits == 64 and "mips64" or "mips") .. (is_little and "el" or "")
    elseif name == "arm" then
        return is_little and name or "armeb"
    elseif name == "aarch64" then
        return is_little and name or "aarch64_be"
    end
    return name
end

-- The name of a COFF machine; `coff-NUMBER` for one that has no name here.
function M.coff_machine(number)
    return data.COFF[number] or ("coff-0x%04x"):format(number)
end

-- The machine that a target triple is for, in the words used for ELF; nil for an unknown one.
function M.triple_machine(triple)
    local architecture, rest = triple:match("^([^-]*)-?(.*)$")
    if architecture == "" or architecture == "unknown" then
        return nil
    elseif architecture == "x86_64" and text.ends_with(rest, "x32") then
        return "x32"
    elseif data.TRIPLES[architecture] then
        return data.TRIPLES[architecture]
    end
    for _, family in ipairs(data.TRIPLE_FAMILIES) do
        if text.starts_with(architecture, family[1]) and text.ends_with(architecture, family[2]) then
            return family[3]
        end
    end
    return architecture
end

return M
