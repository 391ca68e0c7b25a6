-- SPDX-License-Identifier: GPL-2.0-or-later
-- Files that a setting names: read up to a bound, and replaced in one step. As checker/trees/named.py and streams.py.

local import = ...
local data = import("data")

local LINKS = 40 -- as many as Linux follows

local M = {}

-- What the system says of a failure, without the name in front.
function M.reason_of(path, message)
    local start = path .. ": "
    return message:sub(1, #start) == start and message:sub(#start + 1) or message
end

-- The path and the status of what a path leads to, through symbolic links; the status is nil where there is nothing.
local function followed(path)
    for _ = 1, LINKS do
        local status = posix.stat(path)
        if not status or status.type ~= "link" then
            return path, status
        end
        local target = posix.readlink(path)
        local kind = target:match("^(%l+):%[%d+%]$")
        if kind then -- an open file of a process, as /proc shows it
            return path, { type = kind == "pipe" and "fifo" or kind }
        end
        path = target:sub(1, 1) == "/" and target or (path:match("^(.*/)") or "") .. target
    end
    return path, nil
end

-- A path without symbolic links, as far as it leads somewhere.
function M.resolved(path)
    local ahead, done, links = {}, {}, 0

    local function go_on(to)
        local parts = {}
        for part in to:gmatch("[^/]+") do
            parts[#parts + 1] = part
        end
        for place = #parts, 1, -1 do
            ahead[#ahead + 1] = parts[place]
        end
    end

    go_on(path:sub(1, 1) == "/" and path or posix.getcwd() .. "/" .. path)
    while #ahead > 0 do
        local part = table.remove(ahead)
        local at = "/" .. table.concat(done, "/") .. "/" .. part
        local target = links < LINKS and part ~= ".." and posix.stat(at, "type") == "link" and posix.readlink(at)
        if part == ".." then
            table.remove(done)
        elseif target then
            links = links + 1
            done = target:sub(1, 1) == "/" and {} or done
            go_on(target)
        elseif part ~= "." then
            done[#done + 1] = part
        end
    end
    return "/" .. table.concat(done, "/")
end

-- The status of what a path leads to, through symbolic links; nil where there is nothing.
function M.status_of(path)
    local _, status = followed(path)
    return status
end

-- What is in a regular file of at most `limit` bytes; nil and the reason where that cannot be had.
function M.read(path, limit)
    local at, status = followed(path)
    if status and status.type ~= "regular" then
        return nil, "is no regular file"
    end
    local file, problem = io.open(at, "rb")
    if not file then
        return nil, "cannot be read: " .. M.reason_of(at, problem)
    end
    local content, failure = file:read(limit + 1)
    file:close()
    if not content and failure then
        return nil, "cannot be read: " .. failure
    elseif #(content or "") > limit then
        return nil, "has more than " .. limit .. " bytes"
    end
    return content or ""
end

local unfinished = {}

-- Removes what is not complete.
function M.abandon()
    for written in pairs(unfinished) do
        os.remove(written)
    end
end

-- A file that takes the place of another one when it is complete, with its permissions: nil and the reason where it cannot
-- be had. `write(...)` to it, then `finish()`, which returns the reason where that fails. Terminals and the like are
-- written to as they are.
function M.replacing(path)
    local at, status = followed(path)
    if status and (status.type == "fifo" or status.type == "socket") then
        return nil, data.PIPE
    end
    local is_replaced = not status or status.type == "regular"
    local folder, name = at:match("^(.*/)([^/]*)$")
    local written = at
    if is_replaced then
        written = ("%s.%s.%.0f"):format(folder or "", (name or at):sub(1, 200), posix.getprocessid("pid"))
        os.remove(written) -- what a process of the same number left, or a link
    end
    local file, problem = io.open(written, "wb")
    if not file then
        return nil, M.reason_of(written, problem)
    end
    local failure

    local function note(good, why)
        failure = failure or (not good and why or nil)
    end

    unfinished[written] = is_replaced or nil

    local out = {}
    function out:write(...)
        note(file:write(...))
        return self
    end
    function out:finish()
        unfinished[written] = nil
        note(file:close())
        if not is_replaced then
            return failure
        end
        if not failure and status then
            posix.chmod(written, status.mode)
            posix.chown(written, math.tointeger(status.uid), math.tointeger(status.gid))
        end
        if failure then
            os.remove(written)
        else
            local good, why = os.rename(written, at)
            note(good, why and M.reason_of(written, why))
        end
        return failure
    end
    return out
end

return M
