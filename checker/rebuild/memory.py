# SPDX-License-Identifier: GPL-2.0-or-later
"""How much memory a build takes: of all its processes together, which limits of single ones do not bound."""

import os
import re
from collections import Counter, defaultdict
from contextlib import suppress

STATUS = re.compile(rb"^PPid:\s*(\d+)$.*^RssAnon:\s*(\d+) kB$", re.MULTILINE | re.DOTALL)
"""Of proc(5): the parent, and memory that is no file's; threads of the kernel have none."""


def memory_below(pid: int) -> int:
    """Bytes of memory of its own that a process has, with all that descend from it.

    In a sandbox these are all that run there: what loses its parent becomes a child of the sandbox's first process.
    """
    sizes: Counter[int] = Counter()
    children: defaultdict[int, list[int]] = defaultdict(list)
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/status", "rb") as status:
            if found := STATUS.search(status.read(1 << 12)):
                children[int(found[1])].append(int(name))
                sizes[int(name)] = int(found[2]) << 10
    total, waiting = 0, [pid]
    while waiting:
        process = waiting.pop()
        total += sizes[process]
        waiting += children.pop(process, ())
    return total
