-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the environment asks of the hook. As read_settings in checker/hook.py.

local import = ...
local data = import("data")
local folders = import("folders")
local text = import("text")

local M = {}

-- Raises: a setting that cannot be used, in one line for the user.
function M.fail(text)
    error({ usage = text }, 0)
end

local function variable(name)
    return os.getenv(name) or ""
end

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function from_base64(text)
    local padding = text:match("=*$")
    local body = text:sub(1, #text - #padding)
    if #text % 4 ~= 0 or #padding > 2 or body:find("[^%w+/]") then
        return nil
    end
    local bytes, value, bits = {}, 0, 0
    for at = 1, #body do
        value, bits = value << 6 | BASE64:find(body:sub(at, at), 1, true) - 1, bits + 6
        if bits >= 8 then
            bits = bits - 8
            bytes[#bytes + 1] = string.char(value >> bits & 0xFF)
            value = value & (1 << bits) - 1
        end
    end
    return table.concat(bytes)
end

-- What may hold spaces, quotes or newlines comes in base64, because it passes through shell text.
local function free_text(name)
    local variable_name = "LTOCHECK_" .. name .. "_B64"
    local value = from_base64(variable(variable_name))
    if not value then
        M.fail(variable_name .. " is not base64")
    elseif value:find("\0", 1, true) then
        M.fail(variable_name .. " holds a NUL")
    end
    return value
end

-- What a compiler makes that gets these flags. As lto_flags in checker/lto/flags.py: the last one of each pair wins.
local function lto_state(flags)
    local words = data.flags
    local on, fat, is_passed_on = false, false, false
    for flag in flags:gmatch("[^%s\"'\\]+") do
        if is_passed_on then
            is_passed_on = false
        elseif flag == words.ON or text.starts_with(flag, words.ON_WITH) then
            on = true
        elseif flag == words.OFF then
            on = false
        elseif flag == words.FAT or flag == words.NOT_FAT then
            fat = flag == words.FAT
        else
            is_passed_on = words.PASSED_ON[flag] == true
        end
    end
    return not on and "none" or fat and "fat" or "slim"
end

-- Every language with fat, slim or none: as the macros reduced its flags, or from the flags themselves.
local function flag_states()
    local states, reduced = {}, variable("LTOCHECK_FLAGS")
    if reduced ~= "" then
        for word in reduced:gmatch("[^,%s]+") do
            local language, state = word:match("^([^=]*)=?(.*)$")
            states[#states + 1] = { data.LANGUAGES[language] or language, state }
        end
        return states
    end
    for _, entry in ipairs(data.FLAG_VARIABLES) do
        local flags = ""
        for _, name in ipairs(entry[2]) do
            flags = flags ~= "" and flags or variable(name)
        end
        states[#states + 1] = { entry[1], lto_state(flags) }
    end
    return states
end

-- What the flags come to that the macros passed on: slim if any language's are; nil where others differ.
local function common_flags()
    if variable("LTOCHECK_FLAGS") == "" then
        return nil
    end
    local states = flag_states()
    local common = states[1] and states[1][2]
    for _, entry in ipairs(states) do
        if entry[2] == "slim" then
            return "slim"
        end
        common = entry[2] == common and common or nil
    end
    return common
end

local function opt_in_evidence()
    local evidence = {}
    if variable("LTOCHECK_OPT_IN") == "1" then
        evidence[1] = "the opt-in macro is set"
    end
    for _, entry in ipairs(flag_states()) do
        if entry[2] == "fat" then
            evidence[#evidence + 1] = "the flags for " .. entry[1] .. " ask for fat objects"
        end
    end
    return evidence
end

local function stage_of(arguments)
    local stage = arguments == "" and "installed" or arguments:match("^%-%-stage (%a+)$")
    return data.STAGES[stage] and stage or M.fail(data.USAGE)
end

-- What is to be done, nil for nothing; raises what cannot be used.
function M.read(arguments)
    local stage = stage_of(arguments)
    local root, mode = variable("RPM_BUILD_ROOT"), variable("LTOCHECK_MODE")
    mode = mode == "" and data.MODES[1] or mode
    if not text.set_of(data.MODES)[mode] then
        M.fail("%_ltocheck_mode: '" .. mode .. "', expected one of " .. table.concat(data.MODES, ", "))
    end
    if mode == "off" or root == "" or not folders.is_build_root(root) then
        return nil
    end
    local arch = variable("RPM_ARCH")
    local package, report, policy = variable("RPM_PACKAGE_NAME"), free_text("REPORT"), free_text("POLICY")
    return {
        root = root,
        package = package ~= "" and package or nil,
        arch = arch ~= "" and arch or nil,
        stage = stage,
        mode = mode,
        policy = policy ~= "" and policy or data.DEFAULT_POLICY,
        exclude = free_text("EXCLUDE"),
        exclude_why = free_text("WHY"),
        -- The second stage keeps what the first one wrote.
        report = report ~= "" and stage == "stripped" and report .. ".stripped" or report,
        state = free_text("STATE"),
        is_verbose = variable("LTOCHECK_VERBOSE") ~= "" and variable("LTOCHECK_VERBOSE") ~= "0",
        declared = variable("LTOCHECK_OPT_IN") == "1",
        opt_in_evidence = opt_in_evidence(),
        flags = common_flags(),
    }
end

return M
