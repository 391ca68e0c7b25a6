-- SPDX-License-Identifier: GPL-2.0-or-later
-- Offload bundles, in which clang puts the objects of a host and of devices into one file. As checker/objects/offload.py.

local import = ...
local data = import("data").offload
local source_of = import("source")
local text = import("text")

local M = {}

-- The part for the host; nil where only devices have one.
function M.host_part(source)
    local at = #data.MAGIC
    local count = string.unpack("<I8", source:read(at, 8))
    if count < 0 or count > data.ENTRIES then
        local said = source_of.unsigned(count)
        source_of.malformed(
            "an offload bundle of " .. said .. " entries, more than the limit of " .. data.ENTRIES, at
        )
    end
    at = at + 8
    for _ = 1, count do
        local offset, size, length = string.unpack("<I8I8I8", source:read(at, 24))
        at = at + 24
        local name = source:read(at, math.ult(length, data.NAME) and length or data.NAME)
        if text.starts_with(name, "host-") and size ~= 0 then
            local host = source:slice(offset, size)
            if host.size >= #data.MAGIC and host:read(0, #data.MAGIC) == data.MAGIC then -- it may be the bundle itself
                source_of.malformed("an offload bundle for a host in an offload bundle", offset)
            end
            return host
        elseif length < 0 or length > source.size then
            length = source.size -- there is nothing to read
        end
        at = at + length
    end
    return nil
end

return M
