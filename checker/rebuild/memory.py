# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of all processes of a build together, which limits of single processes do not bound."""

import os
import re
from collections import Counter, defaultdict
from contextlib import suppress

STATUS = re.compile(rb"^PPid:\s*(\d+)$.*^RssAnon:\s*(\d+) kB$", re.MULTILINE | re.DOTALL)
"""The parent and the anonymous memory in a process's status file, see proc(5); kernel threads have no memory."""


def memory_below(pid: int) -> int:
    """Bytes of anonymous memory of a process and all its descendants.

    In a sandbox these are all processes, because one that loses its parent becomes a child of the first one.
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
