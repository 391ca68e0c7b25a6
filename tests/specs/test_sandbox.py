# SPDX-License-Identifier: GPL-2.0-or-later
"""What specs may cost together with all that they start."""

from checker.limits import SandboxBounds
from checker.specs.answers import RpmAnswer
from checker.specs.sandbox import Sandbox

SPEC = b"""Name: x
Version: 1
Release: 1
Summary: x
License: MIT
URL: %(PROCESSES)
%description
x
"""
HUNGRY = b"for i in 1 2 3; do /usr/bin/python3 -c 'x = b\"x\" * (100 << 20); import time; time.sleep(30)' & done; wait"


def answer(commands: bytes, bounds: SandboxBounds) -> RpmAnswer:
    with Sandbox(bounds) as box:
        found = box.parse(SPEC.replace(b"PROCESSES", commands), b"", "x86_64", ["name"])
        assert box.parse(SPEC.replace(b"%(PROCESSES)", b"x"), b"", "x86_64", []).failure is None, "it still works"
    return found


def test_processes_have_a_bound_on_memory_together() -> None:
    found = answer(HUNGRY, SandboxBounds(seconds=25, cpu=20, memory_together=150 << 20))
    assert found.failure == "its processes took more than 150 MB of memory together"


def test_only_processes_of_the_sandbox_are_seen() -> None:
    found = answer(b"ls -d /proc/[0-9]* | wc -l", SandboxBounds(seconds=20))
    assert found.failure is None
