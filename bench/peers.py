# SPDX-License-Identifier: GPL-2.0-or-later
"""What packagers would use otherwise, each doing its own work in its own best way."""

import os
import shutil
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from bench.objects import members_of

CHECKOUT = Path(__file__).resolve().parent.parent
LTOCHECK = str(Path(sys.executable).with_name("ltocheck"))
HOOK = str(CHECKOUT / "macros/brp-ltocheck")
HOOK_IN_LUA = str(CHECKOUT / "macros/brp-ltocheck-lua")
BRP_STRIP_STATIC_ARCHIVE = "/usr/lib/rpm/brp-strip-static-archive"
PLAIN_WALK = (
    "/usr/bin/python3",
    "-BIS",
    "-c",
    """
import os, sys

def walk(folder):
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                walk(entry.path)
            elif entry.is_file(follow_symlinks=False):
                fd = os.open(entry.path, os.O_RDONLY)
                os.read(fd, 64)
                os.close(fd)

walk(sys.argv[1])
""",
)
"""The least that a checker in Python must do: open every file and read its first bytes."""

PLAIN_WALK_IN_LUA = (
    "rpmlua",
    "-e",
    """
local function walk(folder)
    for _, name in ipairs(posix.dir(folder)) do
        local path = folder .. "/" .. name
        local kind = posix.stat(path, "type")
        if kind == "directory" and name ~= "." and name ~= ".." then
            walk(path)
        elseif kind == "regular" then
            local file = io.open(path, "rb")
            file:read(64)
            file:close()
        end
    end
end

walk(os.getenv("RPM_BUILD_ROOT"))
""",
)
"""The same in rpm's Lua."""

STRIP_LTO = """
find "$RPM_BUILD_ROOT" -type f -name '*.[ao]' -print0 |
    eu-elfclassify --not-program --not-library --not-linux-kernel-module --stdin0 --print0 |
    xargs -0 -r -n 32 -P "$RPM_BUILD_NCPUS" strip -p -R '.gnu.lto_*' -R '.gnu.debuglto_*' -N __gnu_lto_v1
"""
"""The kind of pipeline by which Fedora takes LTO bytecode out of a build root."""


def readelf(files: Iterable[Path]) -> list[str]:
    return ["readelf", "-SW", *map(str, files)]


def scan(*arguments: str | Path) -> list[str]:
    return [LTOCHECK, "scan", "--format", "json", "--output", os.devnull, *map(str, arguments)]


def list_sections_by_pyelftools(files: Iterable[Path]) -> int:
    """Every section's name in every member; members are split off by the bench's own few lines."""
    count = 0
    for file in files:
        for member in members_of(file):
            try:
                count += sum(1 for section in ELFFile(BytesIO(member)).iter_sections() if section.name is not None)
            except ELFError:
                continue
    return count


def fresh_copy(original: Path) -> Path:
    """A copy of a folder that may be changed; made anew each time."""
    copy = original.with_name(f"{original.name}-copy")
    if copy.exists():
        shutil.rmtree(copy)
    shutil.copytree(original, copy)
    return copy
