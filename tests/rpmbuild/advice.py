# SPDX-License-Identifier: GPL-2.0-or-later
"""How a spec comes to ship a slim archive, and what becomes of it by the hook's advice and nothing else."""

import re
from dataclasses import dataclass

from checker.model.statements import Remedy
from checker.report.words import REMEDIES, VALUE
from tests.linker.targets import FAT_CLANG
from tests.rpmbuild.harness import Build
from tests.rpmbuild.recipes import OPT_IN

NO_LTO = "%global _lto_cflags %{nil}"


@dataclass(frozen=True)
class Cause:
    """How a spec comes to ship a slim archive."""

    top: str = ""
    """The lines at its top."""
    flags: str = "%{FLAGS}"
    """The flags that its %build compiles with."""
    by_clang: bool = False
    clang: str = "clang"
    ways: int = 1
    """How many ways out the message names for who needs the file."""
    remedy: Remedy = Remedy.OPT_IN
    """What is said of it; of clang's, if it is too old for fat objects."""


CAUSES = {
    "-fno-fat-lto-objects of the project": Cause(
        flags="%{FLAGS} -flto -fno-fat-lto-objects", remedy=Remedy.ALLOW_FAT_AND_OPT_IN
    ),
    "-flto of the project": Cause(NO_LTO, "%{FLAGS} -flto", ways=2, remedy=Remedy.OWN_LTO),
    "an opt-in below frozen flags": Cause(
        f"%global FLAGS %{{FLAGS}} -fno-strict-aliasing\n{OPT_IN}", remedy=Remedy.MOVE_OPT_IN
    ),
    "-flto of the project for clang": Cause(NO_LTO, "%{FLAGS} -flto", by_clang=True, remedy=Remedy.OLD_CLANG),
}

RARER_CAUSES = {
    "-fno-fat-lto-objects despite an opt-in": Cause(
        OPT_IN, "%{FLAGS} -flto -fno-fat-lto-objects", remedy=Remedy.ALLOW_FAT
    ),
    "flags of the project instead of the distribution's": Cause(OPT_IN, "-O2 -flto", remedy=Remedy.KEEP_FLAGS),
    "flags of the distribution for clang": Cause(by_clang=True, remedy=Remedy.OLD_CLANG_OR_FLAGS),
    "flags of the distribution for a clang that writes fat objects": Cause(by_clang=True, clang=FAT_CLANG[".c"]),
}


IPO = " -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"


def kept(spec: str, advice: str, *, other: bool) -> str:
    """The spec that ships the file, as the second half of the message says; by the `other` way where it names two."""
    text = " ".join(advice.split())
    if found := re.search(r"take (-\S+) out of the build", text):
        is_cmake = IPO in spec and "CMake adds it for INTERPROCEDURAL_OPTIMIZATION" in text
        spec = spec.replace(IPO, "") if is_cmake else without(spec, found[1])
    if found := re.search(r"the project's own (-\S+) out of the build .*, or put (-\S+) beside it", text):
        spec = spec.replace(f" {found[1]} ", f" {found[1]} {found[2]} ") if other else without(spec, found[1])
    if "sets flags of its own instead of adding to them" in text:
        spec = re.sub(r"(?<=[ \"])-O2 ", "%{build_cflags} -O2 ", spec)
    found = re.search(r"compile it without (-\S+): ", text)
    if found and f" {found[1]} " in spec:  # the project's, so there is nothing to add
        return without(spec, found[1])
    for line in re.findall(r"^    (%global .*)$", advice, re.MULTILINE):
        spec = f"{line}\n" + spec.replace(f"{line}\n", "")
    return spec


def without(spec: str, flag: str) -> str:
    """The spec whose build lacks a flag that the message takes for its own."""
    assert f" {flag} " in spec, flag
    return spec.replace(f" {flag} ", " ")


def halves(said: str) -> tuple[str, str]:
    """The advice for who needs no such file, and for who does."""
    deleting, asked, keeping = said.partition("Somebody does? Then ")
    assert asked
    return deleting, keeping


SENTENCES = {remedy: re.compile(re.sub(VALUE, ".*", re.escape(REMEDIES[remedy]))) for remedy in Remedy}


def remedies_of(build: Build, stage: str = "installed") -> set[Remedy]:
    """The remedies of all findings that the hook reported."""
    found = build.report(stage)
    findings = [*found["waiver_findings"], *(one for target in found["targets"] for one in target["findings"])]
    return {key for key, text in SENTENCES.items() for finding in findings if text.fullmatch(finding["remedy"])}
