-- SPDX-License-Identifier: GPL-2.0-or-later
-- What makes a slim object fat: chosen by what the object and the build say of themselves. As checker/rules/remedies.py.

local import = ...
local data = import("data").remedies
local remedy = import("words").remedy

local M = {}

-- The bytecode of an object that a linker could take.
function M.linkable(facts)
    for _, code in ipairs(facts.bytecode) do
        if code.form ~= "embedded" then
            return code
        end
    end
    return nil
end

local function is_for_elf(triple)
    for _, word in ipairs(data.NOT_ELF) do
        if triple:find(word, 1, true) then
            return false
        end
    end
    return true
end

-- What to do about bitcode for which no opt-in brings machine code.
local function beyond_opt_in(code, case)
    if not code or code.form ~= "bitcode" then
        return nil
    end
    local version = code.version or ""
    local major = version:match("^%d+")
    local frontend = version:find("rust", 1, true) and "rustc" or code.frontend
    if frontend then
        return remedy("OTHER_FRONTEND", { compiler = frontend, option = data.LTO_OPTIONS[frontend] })
    elseif code.triple and not is_for_elf(code.triple) then
        return remedy("NO_FAT_TARGET", { triple = code.triple })
    elseif code.producer == "llvm" and major and tonumber(major) < data.FAT_SINCE then
        if case.lto_off ~= "" and case.package.flags ~= "none" then
            return remedy("OLD_CLANG_OR_FLAGS", { version = version, line = case.lto_off })
        end
        return remedy("OLD_CLANG", { version = version })
    end
    return nil
end

-- What to do about a slim object whose package did not opt in.
function M.make_it_fat(facts, case)
    local code = M.linkable(facts)
    local cure = beyond_opt_in(code, case)
    if cure then
        return cure
    elseif code and code.is_fat_forbidden then
        return remedy("ALLOW_FAT_AND_OPT_IN", { line = case.opt_in_line })
    elseif case.package.flags == "none" then
        return remedy("OWN_LTO", { macro = case.macro })
    end
    return remedy("OPT_IN", { line = case.opt_in_line })
end

-- What to do about a slim object whose package opted in.
function M.fat_despite_opt_in(facts, case)
    local code = M.linkable(facts)
    local cure = beyond_opt_in(code, case)
    if cure then
        return cure
    elseif code and code.is_fat_forbidden then
        return remedy("ALLOW_FAT")
    elseif case.package.flags == "none" then
        return remedy("OWN_LTO", { macro = case.macro })
    elseif case.package.flags == "slim" then
        return remedy("MOVE_OPT_IN", { line = case.opt_in_line })
    end
    return remedy("KEEP_FLAGS")
end

-- What to do about an object whose code is bytecode alone, or was.
function M.cure(facts, case)
    return case.package.opt_in and M.fat_despite_opt_in(facts, case) or M.make_it_fat(facts, case)
end

return M
