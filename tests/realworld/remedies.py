# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook's advice for real libraries, followed to the letter: built, read, done, built again, linked, and run."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.realworld.packages import ROOT
from tests.rpmbuild.advice import CAUSES, IPO, RARER_CAUSES, Cause, halves, kept
from tests.rpmbuild.damages import DAMAGES, damaged, repaired
from tests.rpmbuild.harness import Build, Rpmbuild

UPSTREAM = ROOT / "fixtures" / "rebuild"

FLAGS = ("build_cflags", "build_cxxflags")


@dataclass(frozen=True)
class Library:
    """A real library, as upstream builds it."""

    name: str
    archive: str
    program: str
    """What uses it; it returns 0."""
    suffix: str = ".c"
    causes: tuple[Cause, ...] = ()
    damages: tuple[str, ...] = ()

    def spec(self, cause: Cause) -> str:
        """The spec by which its archive comes to be broken."""
        text = (UPSTREAM / "upstream" / f"{self.name}.spec").read_text(encoding="utf-8")
        for name in FLAGS:
            text = text.replace(f"%{{{name}}}", cause.flags.replace("FLAGS", name) + " ")
        tops = {cause.top.replace("FLAGS", name) for name in FLAGS}
        compilers = f"export CC={cause.clang} CXX={cause.clang.replace('clang', 'clang++')}\n"
        compiler = compilers if cause.by_clang else ""
        text = text.replace("%build\n", f"%build\n{compiler}")
        return "\n".join([*sorted(tops), text])

    def fails(self, archive: Path) -> str:
        """What goes wrong when a program is linked with the archive and run; empty where nothing does."""
        source = archive.with_name(f"program{self.suffix}")
        source.write_text(self.program)
        headers = next(parent for parent in archive.parents if parent.name == "usr") / "include"
        driver = "g++" if self.suffix == ".cc" else "gcc"
        options = ["-O2", "-fno-lto", "-fno-use-linker-plugin", f"-I{headers}", "-o", str(archive.with_name("program"))]
        for command in ([driver, *options, str(source), str(archive)], [str(archive.with_name("program"))]):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            if done.returncode:
                return f"{Path(command[0]).name}: {done.returncode} {done.stderr.strip()[-200:]}"
        return ""


def program(header: str, check: str) -> str:
    """A program that returns 0 where the check holds."""
    return f"#include <stdio.h>\n#include <string.h>\n#include <{header}>\nint main(void) {{ return !({check}); }}\n"


LIBRARIES = (
    Library("zlib", "libz.a", program("zlib.h", 'crc32(0, (const unsigned char *)"abc", 3) == 0x352441c2'),
            causes=(CAUSES["-flto of the project"],), damages=("mixed-object", "damaged-object")),
    Library("bzip2", "libbz2.a", program("bzlib.h", "BZ2_bzlibVersion()[0] == '1'"),
            causes=(CAUSES["-fno-fat-lto-objects of the project"],), damages=("hollow-object", "code-without-symbols")),
    Library("lz4", "liblz4.a", program("lz4.h", "LZ4_compressBound(100) > 100"),
            causes=(CAUSES["an opt-in below frozen flags"],), damages=("thin-archive", "archive-index")),
    Library("xxhash", "libxxhash.a", program("xxhash.h", 'XXH32("", 0, 0) == 0x02CC5D05'),
            causes=(RARER_CAUSES["flags of the project instead of the distribution's"],),
            damages=("bytecode-left", "code-without-symbols")),
    Library("jansson", "libjansson.a", program("jansson.h", "json_integer_value(json_integer(7)) == 7"),
            causes=(CAUSES["-flto of the project for clang"],), damages=("bytecode-left", "mixed-object")),
    Library("tinyxml2", "libtinyxml2.a",
            program("tinyxml2.h", 'tinyxml2::XMLDocument().Parse("<a/>") == tinyxml2::XML_SUCCESS'), ".cc",
            causes=(RARER_CAUSES["flags of the distribution for a clang that writes fat objects"],),
            damages=("damaged-object", "archive-index")),
    Library("mxml", "libmxml.a", program("mxml.h", 'mxmlNewElement(NULL, "a") != NULL'),
            causes=(RARER_CAUSES["flags of the distribution for clang"],), damages=("thin-archive",)),
    Library("yajl", "libyajl_s.a", program("yajl/yajl_version.h", "yajl_version() > 20000"),
            causes=(RARER_CAUSES["-fno-fat-lto-objects despite an opt-in"],), damages=("hollow-object",)),
)  # fmt: skip


def sources_of_libraries() -> Path:
    """The folder where `make rebuild`, too, has the sources; raises CalledProcessError."""
    folder = ROOT / ".cache" / "rebuild"
    subprocess.run([UPSTREAM / "fetch", folder], check=True)
    return folder


def check_remedies(folder: Path, sources: Path, libraries: Sequence[Library] = LIBRARIES) -> int:
    """Follow the advice for every library and cause, and say how each ended; returns the number of failures."""
    failures = 0
    for library in libraries:
        shutil.rmtree(folder / library.name, ignore_errors=True)
        sourcedir = sources / library.name
        maker = Rpmbuild(folder / library.name, layout="fedora")
        for what, problem in followed(library, maker, sourcedir):
            print(f"{library.name}: {what}: {problem or 'links and runs'}", flush=True)
            failures += bool(problem)
    return failures


def followed(library: Library, make: Rpmbuild, sourcedir: Path) -> Iterator[tuple[str, str]]:
    """Every message that the library's builds are stopped with, and what is wrong after its advice was followed."""

    def build(spec: str) -> Build:
        return make.run(spec, f"--define=_sourcedir {sourcedir}")

    def outcome(spec: str) -> str:
        done = build(spec)
        if done.code or done.findings():
            return f"stopped again: {done.said()}{done.log[-600:]}"
        (archive,) = done.root.rglob(f"{library.archive}*")
        return library.fails(archive)

    for cause in (Cause(), *library.causes):
        spec = library.spec(cause)
        said = build(spec).failed().said()
        deleting, keeping = halves(said)
        if cause == Cause():
            lines = "\n".join(re.findall(r"^    (rm .*)$", deleting, re.MULTILINE))
            done = build(spec.replace("\n%files\n", f"\n{lines}\n%files\n"))
            yield "deleted", done.log[-600:] if done.code or list(done.root.rglob(library.archive)) else ""
        for changed in {kept(spec, keeping, other=other) for other in (False, True)}:
            yield " ".join(keeping.split())[:60], outcome(changed)
    for rule in library.damages:
        damage = DAMAGES[rule]
        spec = damaged(library.spec(damage.cause).replace(IPO, ""), damage, library.archive)  # one mistake at a time
        done = build(spec)
        said = (done.failed() if damage.stops else done.passed()).said(damage.stage)
        assert rule in said or not damage.stops, said
        yield rule, outcome(repaired(spec, said))
