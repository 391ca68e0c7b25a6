-- SPDX-License-Identifier: GPL-2.0-or-later
-- Every object below a folder. As checker/trees/tree.py.

local import = ...
local data = import("data")
local facts_of = import("facts")
local files = import("files")
local folders = import("folders")
local source_of = import("source")
local text = import("text")
local walk = import("walk")
local malformed = source_of.malformed
local limits = data.limits
local reason_of = files.reason_of

local EXACT = 1 << 53   -- rpm gives inodes as floating-point numbers, which beyond this are those of other files, too

local FIELDS = 4        -- of an item that is remembered; a table for each would take four times the memory

local M = {}

-- A path without `.`, `..` and doubled slashes, as far as that goes without a look at what is there.
local function normal(path)
    local parts = {}
    for part in path:gmatch("[^/]+") do
        if part == ".." and #parts > 0 and parts[#parts] ~= ".." then
            table.remove(parts)
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    return #parts > 0 and parts or { "." }
end

-- By what a file is known whatever its name; by its path where that cannot be told.
local function identity_of(path, status)
    local is_exact = status.ino < EXACT and status.dev < EXACT
    return is_exact and ("%.0f:%.0f"):format(status.dev, status.ino) or path, is_exact
end

-- How a thin archive in `folder` opens its members: beside it, never outside the root. `open(name, use)` calls
-- `use(source, identity)` and returns what that returns; raises where the file cannot be had.
function M.opener(root, folder)
    return function(name, use)
        local parts = normal(folder .. name)
        if name:sub(1, 1) == "/" or parts[1]:sub(1, 2) == ".." then
            malformed(name .. " is outside of the folder that is looked at")
        elseif name:find("\0", 1, true) then
            malformed(name .. ": embedded null byte")
        end
        local path = root
        for place, part in ipairs(parts) do
            path = path .. "/" .. part
            local kind, problem = posix.stat(path, "type")
            if not kind then
                malformed(name .. ": " .. reason_of(path, problem))
            elseif place < #parts and kind ~= "directory" then
                malformed(name .. ": Not a directory")
            elseif kind == "link" then
                malformed(name .. ": Too many levels of symbolic links")
            elseif place == #parts and kind ~= "regular" then
                malformed(name .. " is not a regular file")
            end
        end
        local file, problem = io.open(path, "rb")
        if not file then
            malformed(name .. ": " .. reason_of(path, problem))
        end
        return M.with_source(file, path, function(source)
            return use(source, (identity_of(path, posix.stat(path))))
        end)
    end
end

local function closing(file, good, ...)
    file:close()
    if not good then
        error((...), 0)
    end
    return ...
end

-- What `use` returns for an open file, which is closed then.
function M.with_source(file, path, use)
    return closing(file, pcall(use, source_of.open(file, math.tointeger(posix.stat(path, "size")))))
end

-- Reads a hard-linked file once, whatever the number of its names.
local function links()
    local known = {}

    -- What is in a file: `read(use)` pushes its items.
    return function(path, root_path, read, use)
        local status = posix.stat(path)
        local key, is_exact = identity_of(path, status)
        if status.nlink < 2 or not is_exact then
            read(use)
            return
        end
        local entry = known[key]
        if entry then
            entry.names_left = entry.names_left - 1
            if entry.names_left == 0 then
                known[key] = nil
            end
            for at = 1, #entry.items, FIELDS do
                local kind, member, position, facts = table.unpack(entry.items, at, at + FIELDS - 1)
                use({ type = kind, path = root_path, member = member or nil, position = position or nil, facts = facts })
            end
            return
        end
        local items = {}
        read(function(item)
            if items then
                local last = #items
                items[last + 1], items[last + 2] = item.type, item.member or false
                items[last + 3], items[last + 4] = item.position or false, item.facts
                items = #items <= limits.shared_links * FIELDS and items or nil
            end
            use(item)
        end)
        if items then
            known[key] = { items = items, names_left = math.tointeger(status.nlink) - 1 }
        end
    end
end

-- Every object below a folder, in the order of names: `use(item)`; returns what `folders.candidates` counts.
function M.walk(root, use)
    local shared = links()
    return folders.candidates(root, function(folder, name, file, problem)
        local is_root = folder == "" and name == ""
        local installed = is_root and root or folders.installed(folder, name)
        if problem then
            local obstacle = problem == data.FORBIDDEN and not is_root and "forbidden"
                or problem:find("^cannot be ") and "inaccessible"
                or "too-large"
            use({ type = "object", path = installed, facts = facts_of.unreadable(problem, nil, obstacle) })
            return
        end
        local path = root .. "/" .. folder .. name
        shared(path, installed, function(take)
            local source = source_of.open(file, math.tointeger(posix.stat(path, "size")))
            walk.walk(installed, source, M.opener(root, folder), take)
        end, use)
    end)
end

return M
