# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the measurements and writes the tables; a measurement passes no judgement, so the exit status is 0."""

import argparse
import compileall
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.audit import audit, audit_again
from bench.inputs import Inputs
from bench.measure import WITH_REMARKS, Spread, compare, peak_megabytes, process, processor_seconds_of, processor_time
from bench.peers import (
    BRP_STRIP_STATIC_ARCHIVE,
    CHECKOUT,
    HOOK,
    HOOK_IN_LUA,
    PLAIN_WALK,
    PLAIN_WALK_IN_LUA,
    STRIP_LTO,
    fresh_copy,
    list_sections_by_pyelftools,
    readelf,
    scan,
)
from bench.rebuild import rebuild
from bench.repositories import downloads, selection, selection_memory
from bench.rpmbuild import hook_in_rpmbuild
from bench.specs import spec_tree, specs
from bench.startup import startup
from bench.tables import COMPARED, MEASURED, Table
from bench.transition import transition
from checker.trees.tree import walk_file

RESULTS = CHECKOUT / "bench/RESULTS.md"
HEAD = """# Results of `make bench`

Measured on 2 cores, Debian 12, page cache warm. Sides take turns in one run; every number is the median, with the
smallest and the largest in parentheses. Ratios are taken turn by turn. Seconds are of this machine: compare ratios.
"""
CORES = str(os.cpu_count() or 1)


def classified(files: Iterable[Path]) -> Callable[[], float]:
    """Classification of files in this process, as a side."""

    def run() -> None:
        for file in files:
            for _ in walk_file(str(file)):
                pass

    return lambda: processor_seconds_of(run)


def classification(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "Classification in process",
        "Seconds of the processor, user and system. The peer of the first three rows is the whole process "
        "`readelf -SW` on the same files, output to /dev/null. pyelftools, in process, reads every section's name. "
        "Native: 240 archives of Debian (LLVM, Boost, ICU, the C library and others), 400 MB. "
        "Fat and slim: 48 generated units of C and C++, "
        "compiled by GCC 12 with -O2 -g -flto=auto, in one archive that is there four times.",
        COMPARED,
    )
    for what, files, bar in (("native", inputs.native, 4), ("fat", inputs.fat, 2), ("slim", inputs.slim, 1)):
        peer = processor_time(readelf(files), WITH_REMARKS)
        table.compared(f"{what}, vs readelf", compare(classified(files), peer, runs), bar)

    def pyelftools() -> float:
        return processor_seconds_of(lambda: list_sections_by_pyelftools(inputs.native))

    table.compared("native, vs pyelftools", compare(classified(inputs.native), pyelftools, max(3, runs // 4)), 60)
    return table


def sections(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "Cost by the number of sections",
        "In process, one object whose last section alone has content, so that every row is looked at; "
        "microseconds, best of the runs.",
        ("sections", "plain names", "for each section", "LTO names", "for each section"),
    )
    for count, objects in inputs.section_counts.items():
        best = [min(classified([file])() for _ in range(runs)) * 1e6 for file in objects]
        cells = (cell for time in best for cell in (f"{time:.0f}", f"{time / count:.3f}"))
        table.rows.append((f"{count:,}", *cells))
    return table


def scanning(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "The whole process",
        "`ltocheck scan --format json` on the folder of native archives, start-up, judgement and report included, "
        "and `readelf -SW` alone, in seconds of the processor, user and system. The archives of LLVM are among them. "
        "In the last row the peer is the same with `--jobs 1`, in seconds by the clock.",
        COMPARED,
    )
    ours, peer = (
        processor_time(command, WITH_REMARKS) for command in (scan(inputs.native_folder), readelf(inputs.native))
    )
    table.compared("native, vs readelf", compare(ours, peer, runs), 1)
    ours = processor_time(scan("--all-objects", inputs.native_folder), WITH_REMARKS)
    table.compared("native with --all-objects, vs readelf", compare(ours, peer, runs))
    llvm = sorted(inputs.llvm_root.rglob("*.a"))
    ours, peer = (processor_time(command, WITH_REMARKS) for command in (scan(inputs.llvm_root), readelf(llvm)))
    table.compared("LLVM, vs readelf", compare(ours, peer, runs), 1.8)
    two, one = (process(scan("--jobs", jobs, inputs.native_folder)) for jobs in ("2", "1"))
    table.compared("native, --jobs 2 vs --jobs 1", compare(two, one, runs))
    return table


def memory(inputs: Inputs, _: int) -> Table:
    table = Table("Peak memory", "Resident, of `ltocheck scan --format json`, in 10^6 bytes.", MEASURED)
    big, native, slim = inputs.big_archive, inputs.many_native, inputs.many_slim
    table.measured("archive of 2 GB, --all-objects", peak_megabytes(scan("--all-objects", big)), "MB", 60)
    table.measured("300,000 objects, --all-objects", peak_megabytes(scan("--all-objects", native)), "MB", 100)
    table.measured("300,000 slim objects, a finding each", peak_megabytes(scan(slim)), "MB", 100)
    return table


def hook(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "The hook",
        "`brp-ltocheck` as a process, which uses one core. `brp-strip-static-archive` is rpm's own; it starts as many "
        "processes as RPM_BUILD_NCPUS says, 1 without it. A bar of 50 means: at most 2 % of the peer's time. The "
        "pipeline is one of find, eu-elfclassify and strip that removes LTO bytecode as Fedora's does, on all cores, "
        "on a fresh copy each time; making the copy is not measured.",
        COMPARED,
    )

    def on_root(root: Path, command: list[str], cores: str = CORES) -> Callable[[], float]:
        return process(command, RPM_BUILD_ROOT=str(root), RPM_BUILD_NCPUS=cores)

    def pipeline() -> float:
        return on_root(fresh_copy(inputs.archive_root), ["sh", "-c", STRIP_LTO])()

    ours = on_root(inputs.small_root, [HOOK])
    for cores in dict.fromkeys(("1", CORES)):
        peer = on_root(inputs.small_root, ["sh", BRP_STRIP_STATIC_ARCHIVE], cores)
        what = f"10,000 small files, vs brp-strip-static-archive, RPM_BUILD_NCPUS={cores}"
        table.compared(what, compare(ours, peer, runs // 2), 50)
    plain_walk = process([*PLAIN_WALK, str(inputs.small_root)])
    table.compared("10,000 small files, vs plain walk in Python", compare(ours, plain_walk, runs))
    ours = on_root(inputs.archive_root, [HOOK])
    table.compared("300 MB of archives, vs pipeline", compare(ours, pipeline, runs // 2), 1)
    return table


def hook_in_lua(inputs: Inputs, runs: int) -> Table:
    table = Table(
        "The hook in Lua",
        "`brp-ltocheck-lua` as a process, against a walk in the same Lua that opens every file, and on the archives of "
        "LLVM against `readelf -SW` and against the hook in Python. Seconds of the processor, user and system.",
        COMPARED,
    )

    def on_root(root: Path, command: Sequence[str]) -> Callable[[], float]:
        return processor_time(command, RPM_BUILD_ROOT=str(root), LTOCHECK_OPT_IN="1")

    walk = on_root(inputs.small_root, PLAIN_WALK_IN_LUA)
    ours = on_root(inputs.small_root, [HOOK_IN_LUA])
    table.compared("10,000 small files, vs plain walk in Lua", compare(ours, walk, runs), round(1 / 1.3, 2))
    ours = on_root(inputs.llvm_root, [HOOK_IN_LUA])
    archives = sorted(inputs.llvm_root.rglob("*.a"))
    table.compared("archives of LLVM, vs readelf", compare(ours, processor_time(readelf(archives)), runs), 4)
    table.compared("archives of LLVM, vs the hook in Python", compare(ours, on_root(inputs.llvm_root, [HOOK]), runs), 2)
    return table


def memory_of_lua(inputs: Inputs, _: int) -> Table:
    table = Table("Peak memory of the hook in Lua", "Resident, in 10^6 bytes; rpm's Lua alone needs 6.", MEASURED)

    def peak(root: Path) -> float:
        return peak_megabytes([HOOK_IN_LUA], {**os.environ, "RPM_BUILD_ROOT": str(root), "LTOCHECK_OPT_IN": "1"})

    table.measured("10,000 small files", peak(inputs.small_root), "MB", 12)
    table.measured("archives of LLVM", peak(inputs.llvm_root), "MB", 12)
    table.measured("archive of 2 GB", peak(inputs.big_root), "MB", 16)
    return table


def size(inputs: Inputs, runs: int) -> Table:
    table = Table("Cost by size", "In process; the ratio of an object of 240 MB to one of 240 KB.", MEASURED)
    small, large = inputs.elf_sizes
    result = compare(classified([large]), classified([small]), runs * 50)
    table.measured("240 MB / 240 KB", 1 / result.ratio.median, "times", 1.1)
    for what, times in (("240 KB", result.peer), ("240 MB", result.ours)):
        table.rows.append((what, f"{Spread.of([value * 1e6 for value in times]).median:.0f} us", "", ""))
    return table


TABLES = (
    startup,
    classification,
    sections,
    scanning,
    memory,
    hook,
    hook_in_lua,
    memory_of_lua,
    hook_in_rpmbuild,
    size,
    specs,
    spec_tree,
    selection,
    selection_memory,
    downloads,
    audit,
    audit_again,
    rebuild,
    transition,
)


def main() -> None:
    names = [table.__name__ for table in TABLES]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(names)}; all, and they are kept")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--cache", type=Path, default=CHECKOUT / ".cache/bench", help="where the inputs are kept")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(names):
        parser.error(f"no table {', '.join(sorted(unknown))}")
    compileall.compile_dir(CHECKOUT / "checker", quiet=1)  # as an installed package is
    text = HEAD
    print(HEAD)
    for make in TABLES:
        if not options.tables or make.__name__ in options.tables:
            table = make(Inputs(options.cache.resolve()), options.runs).markdown()
            print(table, flush=True)
            text += f"\n{table}"
    if not options.tables:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
