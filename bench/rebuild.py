# SPDX-License-Identifier: GPL-2.0-or-later
"""What a rebuild costs besides the builds themselves, in processor time: a busy machine does not change it much."""

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.inputs import Inputs
from bench.tables import MEASURED, Table
from checker.rebuild.arms import load_arms
from checker.rebuild.build import build
from checker.rebuild.builders import load_builder
from checker.rebuild.collect import Collected, collect
from checker.rebuild.sources import SourcePackage
from checker.rebuild.tasks import BuildSettings, Task
from checker.shipped import macros_folder
from checker.specs.expand import load_profile

UNITS = 60
FUNCTIONS = 40
SPEC = """\
Name: demo
Version: 1
Release: 1
Summary: Objects that are ready, and a shared library made of them
License: GPL-2.0-or-later
Source0: demo.tar
%description
To be measured.
%prep
%setup -q -c
%build
mkdir built
cp *.o libdemo.so built
%install
install -D built/libdemo.so %{buildroot}%{_libdir}/libdemo.so
%files
%{_libdir}/libdemo.so
"""
LOG = "gcc -O2 -flto=auto -fexceptions -g -Wall -Werror=format-security -DHAVE_CONFIG_H -I. -c file.c -o file.o\n"
LOG_SIZE = 200_000
LOGS = 10_000
JOBS = 2


def rebuild(_: Inputs, runs: int) -> Table:
    """The overhead of a build over rpmbuild alone, and the time for many collected logs."""
    table = Table(
        "Rebuilds",
        f"Processor time, user and system, of all processes. A build that only copies {2 * UNITS} slim objects and a "
        f"library with {UNITS * FUNCTIONS:,} symbols, because compiling would hide the difference: by rpmbuild alone, "
        "and by `ltocheck rebuild --trust` with hook, marked lines and a look at what was made. "
        f"Collecting: of logs of 200 kB, and what follows for {LOGS:,} of them and {JOBS} jobs.",
        MEASURED,
    )
    with TemporaryDirectory() as folder:
        bare, ours = _builds(Path(folder), max(runs, 5))
        table.measured("a build, over rpmbuild alone", ours - bare, "s", round(0.02 * bare + 0.3, 2))
        each = _collected(Path(folder))
        table.measured(f"{LOGS:,} logs with {JOBS} jobs", each * LOGS / JOBS, "s", 120)
    return table


def _builds(folder: Path, runs: int) -> tuple[float, float]:
    spec = folder / "demo.spec"
    spec.write_text(SPEC, encoding="utf-8")
    _make_sources(folder)
    profile = macros_folder() / "targets" / "fedora"
    command = ["rpmbuild", "-bb", "--noclean", f"--load={profile}", f"--define=_topdir {folder}/top"]
    command += [f"--define=_sourcedir {folder}", str(spec)]
    settings = BuildSettings(load_builder("rpmbuild"), load_profile("fedora").text.decode(), "fedora", trusted=True)
    task = Task(SourcePackage("demo", str(spec)), load_arms(["slim"])[0], 1, "t0ken", "x86_64")

    def alone() -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def with_ltocheck() -> None:
        assert build(task, settings).facts.result == "built"

    times = [(_processor_seconds(alone), _processor_seconds(with_ltocheck)) for _ in range(runs)]
    return median(time for time, _ in times), median(time for _, time in times)


def _make_sources(folder: Path) -> None:
    """The objects and the library, packed as the source of the spec."""
    with TemporaryDirectory(dir=folder) as made:
        for unit in range(UNITS):
            functions = (
                f"int f{unit}_{n}(int x) {{ while (x % {n}) x = x * {unit} + 1; return x; }}" for n in range(FUNCTIONS)
            )
            Path(made, f"{unit}.c").write_text("\n".join(functions), encoding="utf-8")
        compiled = ("gcc", "-O1", "-g", "-flto", "-fPIC", "-c", *(f"{unit}.c" for unit in range(UNITS)))
        linked = ("gcc", "-O1", "-flto", "-shared", *(f"{unit}.o" for unit in range(UNITS)), "-o", "libdemo.so")
        packed = ("tar", "--exclude=*.c", "-cf", str(folder / "demo.tar"), ".")
        for command in (compiled, linked, packed):
            subprocess.run(command, cwd=made, check=True, stderr=subprocess.DEVNULL)


def _collected(folder: Path) -> float:
    """Seconds for one log of average size, of a build that failed."""
    place = folder / "demo" / "x86_64"
    place.mkdir(parents=True)
    text = LOG * (LOG_SIZE // len(LOG)) + "a.c:1:1: error: no\nerror: Bad exit status from /x (%build)\n"
    (place / "build.log").write_text(text, encoding="utf-8")
    collected = Collected("demo", "x86_64", str(place), "slim", "fedora")
    count = 50
    return _processor_seconds(lambda: [collect(collected) for _ in range(count)]) / count


def _processor_seconds(work: Callable[[], object]) -> float:
    def now() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in used)

    start = now()
    work()
    return now() - start
