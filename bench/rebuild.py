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
from checker.rebuild.arms import load_arms, macros_folder
from checker.rebuild.build import BuildSettings, Task, build
from checker.rebuild.builders import load_builder
from checker.rebuild.collect import Collected, collect
from checker.rebuild.sources import SourcePackage
from checker.specs.expand import load_profile

UNITS = 60
SPEC = f"""\
Name: demo
Version: 1
Release: 1
Summary: {UNITS} units of C, joined to a shared library
License: GPL-2.0-or-later
%description
To be measured.
%prep
%setup -q -c -T
for n in $(seq {UNITS}); do
    for f in $(seq 40); do echo "int f${{n}}_$f(int x) {{ while (x % $f) x = x * $n + 1; return x; }}"; done >$n.c
done
%build
for n in $(seq {UNITS}); do gcc %{{build_cflags}} -fPIC -c $n.c; done
gcc %{{build_cflags}} -shared *.o -o libdemo.so
%install
install -D libdemo.so %{{buildroot}}%{{_libdir}}/libdemo.so
%files
%{{_libdir}}/libdemo.so
"""
LOG = "gcc -O2 -flto=auto -fexceptions -g -Wall -Werror=format-security -DHAVE_CONFIG_H -I. -c file.c -o file.o\n"
LOG_SIZE = 200_000
LOGS = 10_000
JOBS = 2


def rebuild(_: Inputs, runs: int) -> Table:
    """The overhead of a build over rpmbuild alone, and the time for many collected logs."""
    table = Table(
        "Rebuilds",
        f"Processor time, user and system, of all processes. A build: {UNITS} units of C, by rpmbuild alone with "
        "the same flags, and by `ltocheck rebuild --trust` with hook, marked lines and a look at what was made. "
        f"Collecting: of logs of 200 kB, and what follows for {LOGS:,} of them and {JOBS} jobs.",
        MEASURED,
    )
    with TemporaryDirectory() as folder:
        bare, ours = _builds(Path(folder), min(runs, 5))
        table.measured("a build, over rpmbuild alone", ours - bare, "s", round(0.02 * bare + 0.3, 2))
        each = _collected(Path(folder))
        table.measured(f"{LOGS:,} logs with {JOBS} jobs", each * LOGS / JOBS, "s", 120)
    return table


def _builds(folder: Path, runs: int) -> tuple[float, float]:
    spec = folder / "demo.spec"
    spec.write_text(SPEC, encoding="utf-8")
    profile = macros_folder() / "targets" / "fedora"
    command = ["rpmbuild", "-bb", "--noclean", f"--load={profile}", f"--define=_topdir {folder}/top", str(spec)]
    settings = BuildSettings(load_builder("rpmbuild"), load_profile("fedora").text.decode(), "fedora", trusted=True)
    task = Task(SourcePackage("demo", str(spec)), load_arms(["slim"])[0], 1, "t0ken", "x86_64")

    def alone() -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def with_ltocheck() -> None:
        assert build(task, settings).facts.result == "built"

    times = [(_processor_seconds(alone), _processor_seconds(with_ltocheck)) for _ in range(runs)]
    return median(time for time, _ in times), median(time for _, time in times)


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
