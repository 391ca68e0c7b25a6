# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on archives."""

from collections.abc import Iterator

from checker.model import ArchiveItem, Claim, Index, Kind
from checker.rules.rule import Case


def suspected_hollow(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """Half of the archive or more is empty without a sign that it always was.

    Some strip commands, Debian's among them, remove GCC's marker too; a hollow object is then byte for byte an
    empty one. Single members of that kind are common, archives of them are not: among 5,300 sound archives of hosted
    machines none has four of them or more that make up half of it, none three or more that make up 70 %.
    """
    facts = item.facts
    is_half = facts.bare >= 4 and facts.bare * 2 >= facts.members
    is_most = facts.members >= 3 and facts.bare * 10 >= facts.members * 7
    if not is_half and not is_most:
        return
    evidence: tuple[str, ...] = (
        f"{facts.bare} of {facts.members} members hold neither code, data, symbols nor debug information",
    )
    if facts.index in (Index.EMPTY, Index.LTO_ONLY, Index.MISSING):
        evidence += ("its symbol index names nothing",)
    remedy = f"link something with it; if that fails, rebuild the package with {case.opt_in_line}"
    yield Claim("was probably stripped of code that it had as LTO bytecode alone", remedy, evidence)


def thin_archive(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """The archive only points at object files elsewhere, on the machine where it was built."""
    if not item.facts.thin:
        return
    yield Claim("is a thin archive: it holds names of files, no objects", "build it without T in ar's flags")


def bytecode_versions(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """One archive holds bytecode of several compilers or versions: no compiler can read all of it."""
    if len(item.facts.versions) < 2:
        return
    versions = ", ".join(item.facts.versions)
    yield Claim(f"holds bytecode of several compilers: {versions}", "build all of it with one compiler")


def archive_index(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """The archive has no symbol index, or one that names nothing but `__gnu_lto_slim`.

    Linkers find members by the index; without it they stop and ask for ranlib. `ar S`, a strip that dropped it, or
    an ar without the compiler's plugin does that. Go's archives have none and are for Go's own linker alone.
    """
    facts = item.facts
    defining = dict(facts.kinds)
    if not any(defining.get(kind) for kind in (Kind.NATIVE, Kind.FAT, Kind.SLIM, Kind.MIXED)):
        return
    if facts.thin or "go" in facts.formats:
        return
    if facts.index is Index.MISSING:
        yield Claim("has no symbol index", "run ranlib on it (gcc-ranlib for LTO objects)")
    elif facts.index is Index.LTO_ONLY and facts.kind is not Kind.HOLLOW:
        yield Claim("has a symbol index that names only __gnu_lto_slim", "create it by gcc-ar, or run gcc-ranlib")
