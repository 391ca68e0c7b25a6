-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the decision needs to know of a relocatable object, whatever its format is. As checker/objects/traits.py.

local import = ...
local sections = import("sections")

local Traits = {}
Traits.__index = Traits

local NONE = {}

local M = {}

function M.new(format, machine)
    return setmetatable({
        format = format,
        machine = machine,
        native = false,
        marker = false,
        lto = nil,
        llvm = nil,
        embedded = nil,
        rust_metadata = false,
        undefined = false,
        telling = nil,
        aside = false,
        nameless = false,
        ctors = NONE,
    }, Traits)
end

-- Notes a section whose name decides by itself; false for any other.
function Traits:take(name, offset, size)
    local role = sections.role_of(name, self.machine)
    if role == "LTO" then
        self.lto = self.lto or import("gimple").new()
        self.lto:add({ name = name, offset = offset, size = size })
    elseif role == "BITCODE" then
        self.llvm = { name = name, offset = offset, size = size }
    elseif role == "EMBEDDED" then
        self.embedded = (self.embedded or 0) + size
    elseif role == "RUST" then
        self.rust_metadata = true
    else
        return false
    end
    return true
end

return M
