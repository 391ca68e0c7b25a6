# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck --version`: the program and all that it is built on, as a report of a bug should name it."""

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

from checker import __version__, requires
from checker.report.names import for_terminal

LIBARCHIVE = "libarchive.so.13"
"""What `libarchive-c` finds by asking ldconfig, which takes longer than all the rest; so called since version 3.0."""

INSTALLED = re.compile(r"(.+?)-([^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")
"""Folders that say what is installed, by name and version: packaging.python.org, Recording installed projects."""


def versions() -> Iterator[str]:
    """Name and version of each component, one a line; of a missing one, what it is for."""
    yield f"ltocheck {__version__}"
    yield f"Python {platform.python_version()}"
    for name, purpose, version in COMPONENTS:
        try:
            yield f"{name} {for_terminal(version())}"
        except Exception:  # whatever a broken library does, the others are listed
            yield f"{name} not installed ({purpose})"


def _rpm() -> str:
    return str(import_module("rpm").__version__)


def _libarchive() -> str:
    number = ctypes.CDLL(os.environ.get("LIBARCHIVE") or LIBARCHIVE).archive_version_number()
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _installed(name: str) -> str:
    """The version of a distribution of Python's; importlib.metadata would read all of its e-mail headers for it."""
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.listdir(folder):
            found = INSTALLED.fullmatch(entry)
            if found and re.sub(r"[-_.]+", "-", found[1]).lower() == name:
                return found[2]
    raise ModuleNotFoundError(name)


def _bubblewrap() -> str:
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError
    done = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", check=True)  # noqa: S603 no shell
    return done.stdout.split()[-1]


COMPONENTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("rpm bindings", requires.RPM.purpose, _rpm),
    ("libarchive", requires.LIBARCHIVE.purpose, _libarchive),
    ("libarchive-c", requires.LIBARCHIVE.purpose, partial(_installed, "libarchive-c")),
    ("pyelftools", "inspect", partial(_installed, "pyelftools")),
    ("typer", "the commands", partial(_installed, "typer")),
    ("jinja2", "reports in HTML", partial(_installed, "jinja2")),
    ("urllib3", requires.URLLIB3.purpose, partial(_installed, "urllib3")),
    ("distributed", requires.DISTRIBUTED.purpose, partial(_installed, "distributed")),
    ("bubblewrap", requires.BUBBLEWRAP.purpose, _bubblewrap),
)
