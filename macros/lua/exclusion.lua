-- SPDX-License-Identifier: GPL-2.0-or-later
-- The package's own waiver: a POSIX extended regular expression over installed paths, matched by grep -E itself.
-- As checker/judging/exclusion.py.

local import = ...
local data = import("data")
local files = import("files")
local folders = import("folders")
local settings_of = import("settings")
local text = import("text")
local limits = data.limits

local BLOCK = 1 << 12
local MATCHED, NOT_MATCHED, TIMED_OUT, NO_PROGRAM = 0, 1, 124, 127

local M = {}

local function quoted(word)
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- The texts of a file, each ended by NUL; nil after the last.
local function texts_of(file)
    local held = ""
    return function()
        while true do
            local stop = held:find("\0", 1, true)
            if stop then
                local found = held:sub(1, stop - 1)
                held = held:sub(stop + 1)
                return found
            end
            local block = file:read(BLOCK)
            if not block then
                return nil
            end
            held = held .. block
        end
    end
end

-- Fits the paths that grep found; paths are asked for in the order in which grep saw them.
local function matcher(next_found)
    local found, asked, answer = next_found(), nil, false
    return {
        fits = function(_, path)
            if path ~= asked then
                asked, answer = path, path == found
                if answer then
                    found = next_found()
                end
            end
            return answer
        end,
    }
end

local function fail(settings, problem)
    settings_of.fail(data.EXCLUDE_MACRO .. ": '" .. settings.exclude .. "' " .. problem)
end

-- A file of its own name, filled by `fill(put)`, where there can be one.
local function temporary(settings, fill)
    local good, name = pcall(os.tmpname)
    local file = good and io.open(name, "wb")
    if not file then
        fail(settings, "cannot be matched: no file can be written in /tmp")
    end
    local failure

    local function note(done, problem)
        failure = failure or (not done and problem or nil)
    end

    fill(function(...) note(file:write(...)) end)
    note(file:close())
    if failure then
        os.remove(name)
        fail(settings, "cannot be matched: " .. failure)
    end
    return name
end

-- Runs grep over a file of paths; returns its status and what it says. What it finds it leaves in another file.
local function grep(expression, paths, found)
    local command = ("ulimit -c 0; ulimit -v %d; LC_ALL=C.UTF-8 exec timeout %d grep -E -a -z -f %s <%s 2>&1 >%s"):format(
        limits.exclusion_memory >> 10, limits.exclusion_seconds, quoted(expression), quoted(paths), quoted(found)
    )
    local running = io.popen(command, "r")
    local said = running:read("a")
    local _, how, status = running:close()
    return how == "exit" and status or nil, said
end

-- Adds the waiver to the policy, where the package has one.
function M.add(policy, settings)
    if not settings.exclude:find("%S") then
        return
    elseif text.length(settings.exclude) > limits.exclusion then
        fail(settings, "has more than " .. limits.exclusion .. " characters")
    end
    local names, problem = posix.dir(settings.root)
    if not names then
        fail(settings, "cannot be matched: " .. files.reason_of(settings.root, problem))
    end
    local paths = temporary(settings, function(put)
        folders.candidates(settings.root, function(folder, name) put(folders.installed(folder, name), "\0") end)
    end)
    local expression = temporary(settings, function(put) put(settings.exclude, "\n") end)
    local found = temporary(settings, function() end)
    local status, said = grep(expression, paths, found)
    local results = io.open(found, "rb")
    for _, name in ipairs({ expression, paths, found }) do
        os.remove(name)
    end
    if status == TIMED_OUT then
        fail(settings, "takes more than " .. limits.exclusion_seconds .. " seconds to match")
    elseif status == NO_PROGRAM then
        local program = said:find("grep", 1, true) and "grep" or "timeout"
        fail(settings, "cannot be matched: " .. program .. " is not installed")
    elseif status ~= MATCHED and status ~= NOT_MATCHED then
        said = said:match("^%s*(.-)%s*$"):gsub("^.*: ", "") -- without names of programs and files
        fail(settings, "is no regular expression of grep -E: " .. (said ~= "" and said or "it is too large"))
    end
    local why = settings.exclude_why:match("^%s*(.-)%s*$")
    table.insert(policy.waivers, {
        rule = "*",
        reason = why ~= "" and why or "excluded by " .. data.EXCLUDE_MACRO,
        path = matcher(texts_of(results)),
        where = data.EXCLUDE_MACRO,
        is_package_own = true,
    })
end

return M
