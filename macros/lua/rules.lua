-- SPDX-License-Identifier: GPL-2.0-or-later
-- The rules: what facts amount to. As checker/rules/, whose docstrings explain them.

local import = ...
local data = import("data")
local remedies = import("remedies")
local text = import("text")
local words = import("words")
local message, remedy, evidence = words.message, words.remedy, words.evidence

local rules = {}

local function evidence_of(facts)
    local lines = { facts.reason }
    for _, code in ipairs(facts.bytecode) do
        local compiler = code.version and code.producer .. " " .. code.version or code.producer
        lines[#lines + 1] = evidence("BYTECODE", { compiler = compiler, form = code.form, size = code.size })
    end
    return lines
end

local function claim(said, cure, lines)
    return { message = said, remedy = cure, evidence = lines or {} }
end

rules["slim-object"] = function(item, case)
    if item.facts.empty or case.package.opt_in then
        return nil
    end
    return claim(message("SLIM"), remedies.make_it_fat(item.facts, case), evidence_of(item.facts))
end

rules["slim-despite-opt-in"] = function(item, case)
    if item.facts.empty or not case.package.opt_in then
        return nil
    end
    local lines, more = evidence_of(item.facts), case.package.opt_in_evidence
    table.move(more, 1, #more, #lines + 1, lines)
    return claim(message("SLIM_DESPITE_OPT_IN"), remedies.fat_despite_opt_in(item.facts, case), lines)
end

rules["mixed-object"] = function(item, case)
    if item.facts.empty then
        return nil
    end
    return claim(message("MIXED"), remedies.cure(item.facts, case), evidence_of(item.facts))
end

rules["hollow-object"] = function(item, case)
    if item.facts.empty then
        return nil
    end
    local said = message(item.facts.partial and "PARTLY_HOLLOW" or "HOLLOW")
    return claim(said, remedies.cure(item.facts, case), evidence_of(item.facts))
end

rules["bytecode-left"] = function(item, case)
    local code = remedies.linkable(item.facts)
    if not code or case.package.stage ~= "stripped" or (item.facts.empty and code.form ~= "bitcode") then
        return nil
    end
    local cure = item.facts.kind == "slim" and remedies.cure(item.facts, case) or remedy("STRIP_BYTECODE")
    return claim(message("BYTECODE_LEFT"), cure, evidence_of(item.facts))
end

rules["empty-bitcode"] = function(item, case)
    local code = remedies.linkable(item.facts)
    if not code or code.form ~= "bitcode" or not item.facts.empty or case.package.stage == "stripped" then
        return nil
    end
    return claim(message("EMPTY_BITCODE"), remedies.make_it_fat(item.facts, case), evidence_of(item.facts))
end

rules["leftover-marker"] = function(item, case)
    local cure = remedy("REMOVE_MARKER", { line = case.opt_in_line })
    return claim(message("LEFTOVER_MARKER"), cure, evidence_of(item.facts))
end

rules["joined-bitcode"] = function()
    return claim(message("JOINED_BITCODE"), remedy("JOIN_BY_LLD"))
end

rules["compressed-bundle"] = function(item)
    local is_linked = item.member or text.ends_with_any(item.path, data.LINKED_SUFFIXES)
    if item.facts.format ~= "offload-bundle-compressed" or not is_linked then
        return nil
    end
    return claim(message("BUNDLE_UNSEEN"), remedy("BUNDLE_UNCOMPRESSED"), evidence_of(item.facts))
end

rules["damaged-object"] = function(item)
    return claim(message("DAMAGED"), remedy("REBUILD_WHOLE"), evidence_of(item.facts))
end

rules["unreadable-object"] = function(item)
    local reason, obstacle = item.facts.reason, item.facts.obstacle
    if obstacle == "elsewhere" then -- the rule thin-archive says it
        return nil
    elseif obstacle == "inaccessible" or obstacle == "forbidden" then
        return claim(message("INACCESSIBLE", { detail = reason }), remedy("TRY_AGAIN"))
    elseif obstacle == "crashed" then
        return claim(message("INACCESSIBLE", { detail = reason }), remedy("REPORT_BUG"))
    end
    return claim(message("UNREADABLE", { detail = reason }), remedy("CHECK_WHOLE"))
end

rules["undeclared-object"] = function(item, case)
    local is_linked = item.member or text.ends_with_any(item.path, data.LINKED_SUFFIXES)
    if case.package.opt_in or not is_linked then
        return nil
    end
    return claim(message("UNDECLARED"), remedy("DECLARE", { line = case.opt_in_line }))
end

-- crtbegin*.o and crtend*.o, which have sentinels there.
local function is_crt_file(name)
    local file = name:match("[^/]*$")
    return file:find("^crtbegin%a*%.o$") or file:find("^crtend%a*%.o$")
end

rules["ctors-section"] = function(item)
    local ctors = item.facts.ctors
    if is_crt_file(item.member or item.path) then
        return nil
    end
    return claim(message("CTORS", { sections = table.concat(ctors, ", ") }), remedy("INIT_ARRAY"))
end

rules["rlib-bitcode"] = function(item)
    if not text.ends_with(item.member or "", ".rcgu.o") or #item.facts.bytecode > 0 then
        return nil
    end
    return claim(message("RLIB_WITHOUT_BITCODE"), remedy("EMBED_BITCODE"), { item.facts.reason })
end

rules["suspected-hollow"] = function(item, case)
    local facts = item.facts
    local is_half = facts.bare >= 4 and facts.bare * 2 >= facts.members
    local is_most = facts.members >= 3 and facts.bare * 10 >= facts.members * 7
    if not is_half and not is_most then
        return nil
    end
    local lines = { evidence("EMPTY_MEMBERS", { bare = facts.bare, members = facts.members }) }
    if facts.symbol_index == "empty" or facts.symbol_index == "lto-only" or facts.symbol_index == "missing" then
        lines[2] = evidence("INDEX_WITHOUT_NAMES")
    end
    return claim(message("PROBABLY_HOLLOW"), remedy("TRY_TO_LINK", { line = case.opt_in_line }), lines)
end

rules["thin-archive"] = function(item)
    return item.facts.thin and claim(message("THIN"), remedy("ARCHIVE_WHOLE"))
end

rules["bytecode-versions"] = function(item)
    local versions = item.facts.versions
    return #versions > 1
        and claim(message("SEVERAL_COMPILERS", { versions = table.concat(versions, ", ") }), remedy("ONE_COMPILER"))
end

local function has(list, wanted)
    for _, value in ipairs(list) do
        if value == wanted then
            return true
        end
    end
    return false
end

local function lacks_symbols(facts)
    local kinds = facts.kinds
    local with_code = (kinds.native or 0) + (kinds.fat or 0) + (kinds.mixed or 0)
    return facts.nameless > 0 and facts.nameless == with_code
end

rules["code-without-symbols"] = function(item)
    local facts = item.facts
    if not lacks_symbols(facts) or facts.thin then
        return nil
    end
    local lines = { evidence("MEMBERS_WITHOUT_SYMBOLS", { nameless = facts.nameless, members = facts.members }) }
    return claim(message("CODE_WITHOUT_SYMBOLS"), remedy("KEEP_SYMBOLS"), lines)
end

rules["archive-index"] = function(item)
    local facts, kinds = item.facts, item.facts.kinds
    if facts.symbol_index == "wrong" then
        return claim(message("INDEX_ASTRAY"), remedy("ARCHIVE_ANEW"))
    elseif not (kinds.native or kinds.fat or kinds.slim or kinds.mixed) or facts.thin or has(facts.formats, "go") then
        return nil
    elseif facts.symbol_index == "missing" and not lacks_symbols(facts) then
        for _, format in ipairs(facts.formats) do
            if data.INDEXED[format] then
                return claim(message("NO_INDEX"), remedy("RANLIB"))
            end
        end
        return has(facts.formats, "ar") and claim(message("NO_INDEX"), remedy("MEMBERS_THEMSELVES")) or nil
    elseif facts.symbol_index == "lto-only" and facts.kind ~= "hollow" then
        return claim(message("INDEX_OF_MARKERS"), remedy("GCC_RANLIB"))
    end
    return nil
end

rules["unneeded-opt-in"] = function(kinds, case)
    if not case.package.declared or kinds.unreadable then
        return nil
    end
    for _, kind in ipairs(data.JUDGED_KINDS) do
        if kinds[kind] then
            return nil
        end
    end
    return claim(message("UNNEEDED_OPT_IN"), remedy("DROP_OPT_IN"), case.package.opt_in_evidence)
end

rules["unused-waiver"] = function(facts)
    local waiver = facts.waiver
    return not facts.is_used
        and (waiver.is_package_own or facts.is_met)
        and claim(message("UNUSED_WAIVER", { reason = waiver.reason }), remedy("REMOVE_WAIVER"))
end

rules["expired-waiver"] = function(facts)
    local waiver = facts.waiver
    local values = { rule = waiver.rule, date = waiver.expires, reason = waiver.reason }
    return facts.is_expired and facts.is_used and claim(message("EXPIRED_WAIVER", values), remedy("RENEW_WAIVER"))
end

return rules
