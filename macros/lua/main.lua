-- SPDX-License-Identifier: GPL-2.0-or-later
-- The brp hook in rpm's own Lua: run by brp-ltocheck-lua; prints the status that the hook ends with.

local FOLDER = os.getenv("LTOCHECK_LUA")
os.setlocale("C")   -- names are compared as bytes

-- A module beside this file; each is loaded once, and given this function to load others.
local loaded = {}
local function import(name)
    if loaded[name] == nil then
        loaded[name] = assert(loadfile(FOLDER .. "/" .. name .. ".lua"))(import)
    end
    return loaded[name]
end

print(import("hook").main(os.getenv("LTOCHECK_ARGUMENTS") or ""))
