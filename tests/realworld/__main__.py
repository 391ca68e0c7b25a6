# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m tests.realworld`: scan real packages, compare with what is known, and with other readers; follow remedies.

What was done for the same files by the same code is not done again.
"""

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, NamedTuple

from tests.evaluate.tsv import read_rows
from tests.evaluate.verdict import scan
from tests.realworld.differential import Comparison, compare, object_files
from tests.realworld.packages import CACHE, ROOT, Package, fetch, read_names
from tests.realworld.remedies import LIBRARIES, check_remedies, sources_of_libraries

PARTS = ("findings", "readers", "remedies")
EXPECTED = Path(__file__).with_name("expected.tsv")
STAGES = ("installed", "stripped")


class Said(NamedTuple):
    """One rule's findings in one file of a package."""

    package: str
    stage: str
    severity: str
    rule: str
    path: str


def main(arguments: list[str]) -> int:
    """Run everything; 0 when nothing differs from what is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.realworld", description=__doc__)
    parser.add_argument("packages", nargs="*", help="packages; those in packages.txt when none is named")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for packages and results (%(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=4, help="how long pyelftools may take for one package (%(default)s)"
    )
    parser.add_argument("--part", choices=PARTS, action="append", help="do this alone; may be given again")
    parser.add_argument("--library", action="append", help="follow remedies for this library alone; may be given again")
    options = parser.parse_args(arguments)
    parts = options.part or PARTS
    wrong = 0
    try:
        if "findings" in parts or "readers" in parts:
            packages = list(fetch(options.packages or read_names(), options.cache))
            if "findings" in parts:
                wrong += check_findings(packages, options.cache / "reports")
            if "readers" in parts:
                wrong += check_readers(packages, options.cache / "comparisons", options.seconds)
        if "remedies" in parts:
            libraries = [library for library in LIBRARIES if library.name in (options.library or [library.name])]
            wrong += check_remedies(options.cache / "remedies", sources_of_libraries(), libraries)
    except CalledProcessError as error:
        print(f"cannot get packages: {error}", file=sys.stderr)
        return 2
    return 1 if wrong else 0


def check_findings(packages: Sequence[Package], cache: Path) -> int:
    """Scan packages at both stages and compare with the expected findings; returns the number of differences."""
    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(lambda stage: report(packages, stage, cache), STAGES))
    said = Counter(entry for found in reports for entry in findings(found, packages))
    expected = read_expected(EXPECTED, {package.name for package in packages})
    for found in reports:
        print(f"{len(packages)} packages, {found['targets'][0]['stage']}: {json.dumps(found['summary'])}")
    differences = [entry for entry in sorted({*said, *expected}) if said[entry] != expected[entry]]
    for entry in differences:
        print(f"{' '.join(entry)}: {said[entry]} findings, expected {expected[entry]}")
    print(f"{len(said)} files with findings, {len(differences)} not as expected")
    return len(differences)


def report(packages: Sequence[Package], stage: str, cache: Path) -> dict[str, Any]:
    """The program's report on the unpacked packages."""
    trees = [package.tree for package in packages]
    sources = [*(ROOT / "checker").rglob("*.py"), *(ROOT / "policies").glob("*.toml")]
    key = digest(sources, [stage, *map(str, trees), *(package.version for package in packages)])
    return remembered(cache / f"{stage}.json", key, lambda: scan("--stage", stage, "--build-root", *trees))


def findings(found: dict[str, Any], packages: Iterable[Package]) -> list[Said]:
    """The findings in a report, with the package's name in place of its folder."""
    names = {str(package.tree): package.name for package in packages}
    return [
        Said(names[target["path"]], target["stage"], finding["severity"], finding["rule"], finding["path"])
        for target in found["targets"]
        for finding in target["findings"]
    ]


def read_expected(file: Path, packages: set[str]) -> Counter[Said]:
    """How many findings are right, by package, stage, rule and file."""
    expected: Counter[Said] = Counter()
    for row in read_rows(file):
        if row["package"] in packages:
            for stage in STAGES if row["stage"] == "both" else (row["stage"],):
                said = Said(row["package"], stage, row["severity"], row["rule"], row["path"])
                expected[said] += int(row["count"])
    return expected


def check_readers(packages: Sequence[Package], cache: Path, seconds: float) -> int:
    """Compare section tables and classification with other readers; returns the number of differences."""
    total = Comparison()
    sources = [*(ROOT / "checker" / "objects").glob("*.py"), *Path(__file__).parent.glob("*.py")]
    code = digest(sources, [str(seconds)])
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(compared, package, cache, code, seconds) for package in packages]
        for job in jobs:
            total.add(job.result())
    for problem in total.problems:
        print(problem)
    print(
        f"{total.objects} ELF objects with {total.sections} sections compared with readelf, {total.slowly} of them "
        f"with pyelftools and the second procedure, {len(total.problems)} differences"
    )
    return len(total.problems)


def compared(package: Package, cache: Path, code: str, seconds: float) -> Comparison:
    """The comparison of one package."""
    key = digest([], [code, package.version])
    file = cache / f"{package.name}.json"
    return Comparison(**remembered(file, key, lambda: asdict(compare(*object_files(package.tree), seconds=seconds))))


def digest(files: Iterable[Path], texts: Iterable[str]) -> str:
    """A name for what the files and texts hold."""
    state = hashlib.sha256()
    for file in sorted(files):
        state.update(file.read_bytes())
    for text in texts:
        state.update(f"{text}\0".encode())
    return state.hexdigest()


def remembered(file: Path, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was made for this key before, or is made now."""
    if file.exists():
        stored = json.loads(file.read_text(encoding="utf-8"))
        if stored["key"] == key:
            value: dict[str, Any] = stored["value"]
            return value
    made = make()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_text(json.dumps({"key": key, "value": made}), encoding="utf-8")
    part.replace(file)
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
