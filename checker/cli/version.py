# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck --version`: the program and all that it is built on, as a report of a bug should name it."""

import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module, metadata

from checker import __version__, requires
from checker.report.names import for_terminal


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
    number = import_module("libarchive.ffi").version_number()
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _bubblewrap() -> str:
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError
    done = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", check=True)  # noqa: S603 no shell
    return done.stdout.split()[-1]


COMPONENTS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("rpm bindings", requires.RPM.purpose, _rpm),
    ("libarchive", requires.LIBARCHIVE.purpose, _libarchive),
    ("libarchive-c", requires.LIBARCHIVE.purpose, lambda: metadata.version("libarchive-c")),
    ("pyelftools", "inspect", lambda: metadata.version("pyelftools")),
    ("typer", "the commands", lambda: metadata.version("typer")),
    ("jinja2", "reports in HTML", lambda: metadata.version("jinja2")),
    ("urllib3", requires.URLLIB3.purpose, lambda: metadata.version("urllib3")),
    ("distributed", requires.DISTRIBUTED.purpose, lambda: metadata.version("distributed")),
    ("bubblewrap", requires.BUBBLEWRAP.purpose, _bubblewrap),
)
