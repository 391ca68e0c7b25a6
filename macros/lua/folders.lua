-- SPDX-License-Identifier: GPL-2.0-or-later
-- Every file of a folder that may be an object, by its first bytes. As checker/trees/files.py.
--
-- Nothing inside the folder is followed out of it: no symbolic link is, and no FIFO, socket or device is opened. Build roots
-- without objects are looked at by this module alone.

local import = ...
local data = import("data")
local magic = import("magic")
local files = import("files")
local reason_of = files.reason_of
local text = import("text")
local limits = data.limits

local HEAD_SIZE = data.magic.HEAD_SIZE

local M = {}

-- Whether a file below the debug files, by its path, is one that find-debuginfo makes.
local function is_debug_file(path)
    return text.ends_with(path, data.DEBUG_SUFFIX) or path:find("/" .. data.DWZ_FOLDER .. "/", 1, true) ~= nil
end

-- Whether a symbolic link in a folder leads to the debug files, also by the name `/lib` for `/usr/lib`.
local function leads_to_debug_files(folder, target)
    local parts = {}
    for part in (target:sub(1, 1) == "/" and target or folder .. "/" .. target):gmatch("[^/]+") do
        if part == ".." then
            table.remove(parts)
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    return (table.concat(parts, "/") .. "/"):gsub("^usr/", ""):find("^lib/debug/") ~= nil
end

-- The names in a folder, sorted: those of files, those of folders; nil and the reason where it cannot be read.
-- `take_link(name)` gets those of symbolic links, `take_special()` is called for FIFOs, sockets and devices.
local function entries_of(folder, take_link, take_special)
    local names, problem = posix.dir(folder)
    if not names then
        return nil, reason_of(folder, problem)
    end
    local names_of_files, folders = {}, {}
    for _, name in ipairs(names) do
        if name ~= "." and name ~= ".." then
            local kind = posix.stat(folder .. "/" .. name, "type")
            if kind == "regular" or not kind then -- of what? Opening it says what is wrong
                names_of_files[#names_of_files + 1] = name
            elseif kind == "directory" then
                folders[#folders + 1] = name
            elseif kind == "link" then
                take_link(name)
            else
                take_special()
            end
        end
    end
    table.sort(names_of_files)
    table.sort(folders)
    return names_of_files, folders
end

-- Every file that may be an object, in the order of names: `use(folder, name, file)`, the file open; or
-- `use(folder, name, nil, problem)` for a place that cannot be looked at. Returns how many files are no objects
-- (`others`), are debug files or their folder (`debug`), or are FIFOs, sockets and devices (`special`).
-- The debug files come last, when it is known whether a link leads there, and not at all if none does.
function M.candidates(root, use)
    local counts, has_link_to_debug_files, deferred = { others = 0, debug = 0, special = 0 }, false, nil

    local function count(what)
        counts[what] = counts[what] + 1
    end

    local function look_at(folder, name, is_below_debug)
        if is_below_debug and is_debug_file(folder .. name) then
            count("debug")
            return
        end
        local path = root .. "/" .. folder .. name
        local file, problem = io.open(path, "rb")
        if not file then
            if posix.stat(path, "size") == 0 then
                count("others")
            else
                use(folder, name, nil, "cannot be opened: " .. reason_of(path, problem))
            end
            return
        end
        file:setvbuf("no") -- a buffer would be filled for the sake of the first bytes
        local head, failure = file:read(HEAD_SIZE)
        if not head and failure then
            use(folder, name, nil, "cannot be read: " .. failure)
        elseif magic.is_no_object(head or "") then
            count("others")
        else
            use(folder, name, file)
        end
        file:close()
    end

    local function enter(folder, depth)
        local names, folders = entries_of(root .. "/" .. folder, function(name)
            if not has_link_to_debug_files then
                local target = posix.readlink(root .. "/" .. folder .. name)
                has_link_to_debug_files = target ~= nil and leads_to_debug_files(folder, target)
            end
        end, function() count("special") end)
        if not names then
            local at, name = folder:match("^(.-)([^/]+)/$")
            use(at or "", name or "", nil, "cannot be opened: " .. folders)
            return
        end
        local is_below_debug = text.starts_with(folder, data.DEBUG_FILES .. "/")
        for _, name in ipairs(names) do
            look_at(folder, name, is_below_debug)
        end
        for _, name in ipairs(folders) do
            if folder .. name == data.DEBUG_FILES then
                deferred = depth + 1
            elseif depth == limits.folder_depth then
                use(folder, name, nil, "folders nested deeper than " .. limits.folder_depth)
            else
                enter(folder .. name .. "/", depth + 1)
            end
        end
    end

    enter("", 1)
    if deferred and has_link_to_debug_files then
        enter(data.DEBUG_FILES .. "/", deferred)
    elseif deferred then
        count("debug")
    end
    return counts
end

-- The path by which a file is installed.
function M.installed(folder, name)
    return "/" .. text.without_trailing(folder .. name, "/")
end

-- A folder that may be behind a symbolic link, and is not the system's own root; one that cannot be entered is one, too.
function M.is_build_root(path)
    local status, system = files.status_of(path), posix.stat("/")
    return status and status.type == "directory" and (status.ino ~= system.ino or status.dev ~= system.dev)
end

local FOUND = {}

-- Whether there is anything to say of a folder; true as well where it, or something in it, is not looked at.
function M.may_hold_objects(root)
    local good, result = pcall(M.candidates, root, function() error(FOUND, 0) end)
    if not good and result ~= FOUND then
        error(result, 0)
    end
    return not good or result.special > 0
end

return M
