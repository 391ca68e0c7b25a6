-- SPDX-License-Identifier: GPL-2.0-or-later
-- How a module gets others: it is called with this function, and each module is loaded once.

local FOLDER = os.getenv("LTOCHECK_LUA")
local loaded = {}

local function import(name)
    if loaded[name] == nil then
        loaded[name] = assert(loadfile(FOLDER .. "/" .. name .. ".lua"))(import)
    end
    return loaded[name]
end

return import
