-- SPDX-License-Identifier: GPL-2.0-or-later
-- The brp hook in rpm's own Lua: run by brp-ltocheck-lua; prints the status that the hook ends with.

local import = dofile(os.getenv("LTOCHECK_LUA") .. "/import.lua")
os.setlocale("C")   -- names are compared as bytes

-- Nearly all garbage is what was read, and `walk` collects that. Lua itself does so rarely, and then all at once, so that
-- little becomes garbage meanwhile.
for name, percent in pairs({ pause = 500, stepmul = 10000 }) do
    if not pcall(collectgarbage, "set" .. name, percent) then
        collectgarbage("param", name, percent) -- since Lua 5.5
    end
end

-- Settings that have something to say even where there is no object.
local function wants_a_look()
    for _, name in ipairs({ "LTOCHECK_OPT_IN", "LTOCHECK_EXCLUDE_B64", "LTOCHECK_REPORT_B64" }) do
        local value = os.getenv(name) or ""
        if value ~= "" and value ~= "0" then
            return true
        end
    end
    return false
end

-- Most packages have no object and nothing to say of any: they shall not even pay for loading the check.
local function main()
    local root, folders = os.getenv("RPM_BUILD_ROOT"), import("folders")
    if not folders.is_build_root(root) or not (wants_a_look() or folders.may_hold_objects(root)) then
        return 0
    end
    return import("hook").main(os.getenv("LTOCHECK_ARGUMENTS") or "")
end

print(main())
