-- SPDX-License-Identifier: GPL-2.0-or-later
-- The decision procedure: the bytes of one object -> what it is. As checker/objects/classify.py.
-- Readers of what most packages lack are imported where they are needed.

local import = ...
local data = import("data")
local elf = import("elf")
local elf_traits = import("elf_traits")
local facts_of = import("facts")
local machines = import("machines")
local magic = import("magic")
local attempt = import("source").attempt
local say = import("words").reason
local joined, plain, with_bytecode = facts_of.joined, facts_of.plain, facts_of.with_bytecode

local M = {}

local native = {} -- those that were last the same for several objects

-- Facts of nearly all objects, which those of an archive share.
local function native_of(traits)
    local is_own = traits.embedded ~= nil or #traits.ctors > 0
    if not is_own and native.format == traits.format and native.machine == traits.machine and native.nameless == traits.nameless then
        return native
    end
    local reason = joined(say("native"), traits.nameless and say("no-symbol"))
    local facts = plain(traits, "native", reason, { nameless = traits.nameless })
    native = is_own and native or facts
    return facts
end

-- Neither content nor bytecode; some signs show that it never was a slim object.
local function empty_of(traits)
    local sign = traits.undefined and say("asks-for-symbols")
        or (traits.telling or "") ~= "" and say("has-section", { section = traits.telling })
    local reason = joined(say("no-content"), sign or say("no-trace"))
    return plain(traits, "empty", reason, { empty = true, bare = not sign, ctors = {} })
end

-- The versions of bytecode in the headers of units, each once, in their order; nil where none has a header.
local function versions_of(headers)
    local versions, seen = {}, {}
    for _, header in pairs(headers) do
        local key = header.major << 16 | header.minor
        if not seen[key] then
            seen[key] = true
            versions[#versions + 1] = key
        end
    end
    table.sort(versions)
    for place, key in ipairs(versions) do
        versions[place] = (key >> 16) .. "." .. (key & 0xFFFF)
    end
    return versions[1] and table.concat(versions, ", ") or nil
end

-- Whether the recorded options say that no fat object was wanted, which is more than not to ask for one.
local function forbids_fat(lto, source)
    if not lto.options then
        return false
    end
    local options = source:read(lto.options.offset, math.min(lto.options.size, data.gimple.OPTIONS))
    return options:find(data.gimple.NO_FAT, 1, true) ~= nil
end

local function is_whole(units)
    local whole, broken = false, false
    for _, unit in ipairs(units) do
        whole = whole or unit.declarations ~= nil
        broken = broken or (unit.has_parts and not unit.declarations)
    end
    return whole and not broken
end

-- The numbers of units that were written slim, fat, and slim with something in them; whether all fat ones are empty.
local function count_units(units, headers, marker)
    local slim, fat, lost, fat_is_empty = 0, 0, 0, true
    for _, unit in ipairs(units) do
        local is_slim = marker
        if headers[unit] then
            is_slim = headers[unit].slim
        end
        if is_slim then
            slim = slim + 1
            lost = lost + (unit:defines_nothing(true) and 0 or 1)
        else
            fat = fat + 1
            fat_is_empty = fat_is_empty and unit:defines_nothing(false)
        end
    end
    return slim, fat, lost, fat_is_empty
end

-- What is written slim, or in part.
local function slim_object(traits, said_by, lost, units, code)
    local empty = lost == 0
    local nothing = empty and say("bytecode-empty")
    if not traits.native then
        local reason = joined(say(said_by .. "-slim"), say("not-native"), nothing)
        return with_bytecode(traits, "slim", reason, code, { empty = empty, marked = empty })
    end
    local part = units > 1 and lost > 0 and say(said_by .. "-slim-units", { slim = lost, all = units })
        or say(said_by .. "-slim-part")
    local reason = joined(part, say("others-native"), nothing)
    return with_bytecode(traits, "mixed", reason, code, { empty = empty, partial = true, marked = empty })
end

-- What GCC's bytecode makes of an object; `ld -r` joins units, each of which was written slim or fat.
local function gimple_object(traits, source)
    local gimple = import("gimple")
    local lto, headers = traits.lto, {}
    for _, unit in ipairs(lto.units) do
        headers[unit] = gimple.unit_header(source, unit)
    end
    local versions = versions_of(headers)
    local code = {
        form = "gimple",
        producer = "gcc",
        version = versions or gimple.version_before_headers(source, lto.units),
        size = lto.size,
        is_fat_forbidden = forbids_fat(lto, source),
    }
    if not is_whole(lto.units) then
        return with_bytecode(traits, "damaged", say("no-declarations"), code)
    end
    local slim, fat, lost, fat_is_empty = count_units(lto.units, headers, traits.marker)
    if lost > 0 or (slim > 0 and fat == 0) then
        return slim_object(traits, versions and "header" or "marker", lost, #lto.units, code)
    elseif traits.marker and slim == 0 then
        return with_bytecode(traits, "mixed", say("marker-against-header"), code, { partial = traits.native })
    end
    local beside = slim > 0 and say("slim-part-empty")
    if traits.native or traits.aside then
        local written = say(versions and "header-fat" or "no-sign-of-slim")
        local reason = joined(written, say(traits.native and "content" or "notes"), beside)
        return with_bytecode(traits, "fat", reason, code, { marked = slim > 0 })
    elseif fat_is_empty then
        local reason = joined(say("fat-empty"), beside)
        return with_bytecode(traits, "fat", reason, code, { empty = true, marked = slim > 0 })
    end
    return with_bytecode(traits, "damaged", say("fat-alone"), code)
end

local function llvm_fat_object(traits, source)
    local section = traits.llvm
    local is_beside = traits.native or traits.aside
    local good, unit = attempt(function()
        return import("bitcode").read(source:slice(section.offset, section.size), not is_beside)
    end)
    if not good then
        local code = { form = "fat-section", producer = "llvm", size = section.size }
        return with_bytecode(traits, "damaged", say("section-unusable", { detail = tostring(unit) }), code)
    end
    local code = {
        form = "fat-section", producer = unit.producer, version = unit.version, size = section.size, triple = unit.triple,
    }
    if is_beside then
        local reason = joined(say("code-and-section"), unit.files > 1 and say("section-joined", { files = unit.files }))
        return with_bytecode(traits, "fat", reason, code, { joined = unit.files > 1 })
    elseif not unit.defines then
        return with_bytecode(traits, "fat", say("section-empty"), code, { empty = true })
    end
    return with_bytecode(traits, "damaged", say("section-alone"), code)
end

local function bitcode_object(source)
    local unit = import("bitcode").read(source)
    local code = {
        form = "bitcode", producer = unit.producer, version = unit.version, size = source.size, triple = unit.triple,
        frontend = unit.frontend,
    }
    local reason = joined(say("bitcode"), unit.empty and say("defines-nothing"))
    local machine = unit.triple and machines.triple_machine(unit.triple) or nil
    return facts_of.new("bitcode", machine, "slim", reason, { empty = unit.empty, bytecode = { code } })
end

-- An offload bundle: linkers do not open one, so a host part of bitcode is as bad as such an object.
local function bundle(source)
    local host = import("offload").host_part(source)
    if not host then
        return facts_of.other("offload-bundle")
    end
    local facts = M.classify(host)
    if facts.kind == "slim" then
        facts.format = "offload-bundle"
        facts.reason = joined(say("bundle"), say("host-part"), facts.empty and say("defines-nothing"))
        return facts
    end
    return facts.kind == "unreadable" and facts or facts_of.other("offload-bundle")
end

local function decide(traits, format, source)
    if not traits then
        return facts_of.other(format)
    elseif traits.lto then
        return gimple_object(traits, source)
    elseif traits.marker then
        local reason = joined(say("stripped"), traits.native and say("native-part-left"))
        local facts = plain(traits, "hollow", reason, { partial = traits.native })
        facts.empty = nil -- nothing shows it any more
        return facts
    elseif traits.llvm then
        return llvm_fat_object(traits, source)
    elseif traits.rust_metadata then
        return facts_of.other("rust-metadata")
    elseif traits.native then
        return native_of(traits)
    end
    return empty_of(traits)
end

-- The format, after a look at its structure where a magic of four bytes or fewer stands for it; ELF's reader has its own.
local CONFIRMED = {
    bitcode = function(source)
        return import("bitcode").is_bitcode(source) and "bitcode" or "unknown"
    end,
    coff = function(source, head)
        local coff = import("coff")
        if head:sub(1, 4) == data.coff.ANONYMOUS then
            return coff.anonymous_format(source)
        end
        return coff.is_coff(source) and "coff" or "unknown"
    end,
    ["offload-bundle-compressed"] = function(_, head)
        return data.offload.COMPRESSED[head:sub(5, 8)] and "offload-bundle-compressed" or "unknown"
    end,
}

local READERS = {
    elf = function(source, head)
        if not elf.may_be_elf(head) then
            return facts_of.other("unknown")
        end
        return decide(elf_traits.read(source, head), "elf", source)
    end,
    coff = function(source) return decide(import("coff_traits").read(source), "coff", source) end,
    bitcode = bitcode_object,
    ["offload-bundle"] = bundle,
}
READERS["coff-import"] = READERS.coff

-- What the object is; `head` and `format` are what `magic.look_at` returns, where that is known. Never raises.
function M.classify(source, head, format)
    local good, facts = true, nil
    if not format then
        good, head, format = pcall(magic.look_at, source)
        if not good then
            return facts_of.failed(head)
        end
    end
    if CONFIRMED[format] then
        good, format = pcall(CONFIRMED[format], source, head)
        if not good then
            return facts_of.failed(format)
        end
    end
    if not READERS[format] then
        return facts_of.other(format)
    end
    good, facts = pcall(READERS[format], source, head)
    return good and facts or facts_of.failed(facts, format)
end

return M
