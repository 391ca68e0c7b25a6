# SPDX-License-Identifier: GPL-2.0-or-later
"""What a rebuild costs besides the builds themselves, in processor time: a busy machine does not change it much."""

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.inputs import Inputs
from bench.measure import peak_megabytes, process
from bench.peers import LTOCHECK
from bench.tables import MEASURED, Table
from checker.rebuild.arms import load_arms
from checker.rebuild.build import build
from checker.rebuild.builders import load_builder
from checker.rebuild.causes import signatures
from checker.rebuild.sources import SourcePackage
from checker.rebuild.tasks import BuildSettings, Task
from checker.shipped import macros_folder
from checker.specs.profiles import load_profile

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
COMPILED = "gcc -O2 -flto=auto -fexceptions -g -Wall -Werror=format-security -DHAVE_CONFIG_H -I. -c {0}.c -o {0}.o\n"
MARKED = (
    "@ltocheck:t:arm:slim:demo:1-1:x86_64:0@\n@ltocheck:t:begin:build:1.0@\n{}"
    "@ltocheck:t:end:build:{}:2.0:500:20@\n@ltocheck:t:objects:40:4000:40:40@\n"
)
LOG_SIZE = 200_000
LOGS = 10_000
JOBS = 2
LONG_LOG = 2_000_000_000


def rebuild(_: Inputs, runs: int) -> Table:
    """The overhead of a build over rpmbuild alone, and the time for many collected logs."""
    table = Table(
        "Rebuilds",
        f"Processor time, user and system, of all processes. A build that only copies {2 * UNITS} slim objects and a "
        f"library with {UNITS * FUNCTIONS:,} symbols, because compiling would hide the difference: by rpmbuild alone, "
        "and by `ltocheck rebuild --trust` with hook, marked lines and a look at what was made. "
        f"Collecting: {LOGS:,} logs of 200 kB, one for each known cause of a failure and one of a success, over and "
        f"over, divided by {JOBS} jobs; and one log of {LONG_LOG // 10**9} GB, by zstd, in its largest resident size.",
        MEASURED,
    )
    with TemporaryDirectory() as folder:
        bare, ours = _builds(Path(folder), max(runs, 5))
        table.measured("a build, over rpmbuild alone", ours - bare, "s", round(0.02 * bare + 0.3, 2))
    with TemporaryDirectory() as folder:
        spent = _processor_seconds(process(_collect(_many_logs(Path(folder)), JOBS)))
        table.measured(f"{LOGS:,} logs with {JOBS} jobs", spent / JOBS, "s", 120)
    with TemporaryDirectory() as folder:
        table.measured("a log of 2 GB", peak_megabytes(_collect(_long_log(Path(folder)), 1)), "MB", 100)
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


def _collect(folder: Path, jobs: int) -> list[str]:
    """The command that reads the logs below a folder."""
    store = folder.with_name("store.db")
    return [LTOCHECK, "rebuild", "--collect", str(folder), "--jobs", str(jobs), "--store", str(store), "-q"]


def _many_logs(folder: Path) -> Path:
    """Folders of builds, whose logs are links to as many as there are known causes, and one."""
    kinds = [""] + [f"{signature.contains[0].decode()}\n" for signature in signatures()]
    for number, line in enumerate(kinds):
        lines = LOG_SIZE // len(COMPILED)
        text = "".join(COMPILED.format(f"file{number * lines + unit}") for unit in range(lines))
        ended = "error: Bad exit status from /x (%build)\n" if line else "Wrote: /x/demo.rpm\n"
        (folder / f"{number}.log").write_text(MARKED.format(text + line, int(bool(line))) + ended, encoding="utf-8")
    for number in range(LOGS):
        place = folder / "logs" / f"package{number}" / "x86_64"
        place.mkdir(parents=True)
        (place / "build.log").hardlink_to(folder / f"{number % len(kinds)}.log")
    return folder / "logs"


def _long_log(folder: Path) -> Path:
    place = folder / "logs" / "demo" / "x86_64"
    place.mkdir(parents=True)
    text = "".join(COMPILED.format(f"file{unit}") for unit in range(10_000)).encode()
    command = ["zstd", "-1", "-q", "-o", str(place / "build.log.zst")]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as zstd:
        assert zstd.stdin is not None
        zstd.stdin.write(MARKED.format("", 0).encode())
        for _ in range(LONG_LOG // len(text)):
            zstd.stdin.write(text)
    return folder / "logs"


def _processor_seconds(work: Callable[[], object]) -> float:
    def now() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in used)

    start = now()
    work()
    return now() - start
