-- SPDX-License-Identifier: GPL-2.0-or-later
-- The first four bytes of zlib data, which comes by standard input, a line of hexadecimal digits for each.

local inflate = assert(loadfile(os.getenv("LTOCHECK_LUA") .. "/inflate.lua"))()

for line in io.lines() do
    local data = line:gsub("..", function(digits) return string.char(tonumber(digits, 16)) end)
    local first = inflate.first_bytes(data, 4)
    print(first and (first:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)) or "none")
end
