# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on archives."""

from collections.abc import Iterator

from checker.model import ArchiveFacts, ArchiveItem, Claim, Index, Kind
from checker.model.statements import Evidence, Message, Remedy, say
from checker.rules.rule import Case

INDEXED = frozenset({"elf", "coff", "bitcode"})
"""Formats of members that ranlib looks into; it opens neither bundles nor archives in an archive."""

WITH_CODE = (Kind.NATIVE, Kind.FAT, Kind.MIXED)


def suspected_hollow(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """Half of the archive or more is empty without a sign that it always was.

    Some strip commands, Debian's among them, remove GCC's marker too; a hollow object is then byte for byte an empty
    one. Single empty members are common, archives full of them are not. Among 5,300 sound archives of hosted machines,
    none has four or more that make up half of it, and none three or more that make up 70 %.

    What to do: link a program with the library. If that fails, rebuild the package with this line at the top of its
    spec: `%global _fat_lto_objects 1`. If it works, waive the finding with a reason.
    """
    facts = item.facts
    is_half = facts.bare >= 4 and facts.bare * 2 >= facts.members
    is_most = facts.members >= 3 and facts.bare * 10 >= facts.members * 7
    if not is_half and not is_most:
        return
    evidence = [say(Evidence.EMPTY_MEMBERS, bare=facts.bare, members=facts.members)]
    if facts.symbol_index in (Index.EMPTY, Index.LTO_ONLY, Index.MISSING):
        evidence.append(say(Evidence.INDEX_WITHOUT_NAMES))
    yield Claim(say(Message.PROBABLY_HOLLOW), say(Remedy.TRY_TO_LINK, line=case.opt_in_line), tuple(evidence))


def thin_archive(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """The archive only points at object files elsewhere, on the machine where it was built.

    `ar T` makes one, and some build systems do for libraries that are not meant to be installed. On another machine its
    members are missing.

    What to do: build it without `T` in ar's flags, or delete it at the end of %install.
    """
    if item.facts.thin:
        yield Claim(say(Message.THIN), say(Remedy.ARCHIVE_WHOLE))


def bytecode_versions(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """One archive holds bytecode of several compilers or versions: no compiler can read all of it.

    Usually a prebuilt object was added to what the package compiles.

    What to do: compile all members with one compiler, or compile without `-flto` what goes into the archive.
    """
    versions = item.facts.versions
    if len(versions) > 1:
        yield Claim(say(Message.SEVERAL_COMPILERS, versions=", ".join(versions)), say(Remedy.ONE_COMPILER))


def code_without_symbols(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """The archive holds code, and no symbol is defined in any of it: no linker takes a member of it.

    `strip` without -g, -S or -p removes all symbols, even when it is only meant to remove sections with -R. ranlib
    cannot repair that.

    What to do: add -g where the build runs strip on it: `strip -g -R '.gnu.lto_*' FILE`.
    """
    facts = item.facts
    if _lacks_symbols(facts) and not facts.thin:
        evidence = say(Evidence.MEMBERS_WITHOUT_SYMBOLS, nameless=facts.nameless, members=facts.members)
        yield Claim(say(Message.CODE_WITHOUT_SYMBOLS), say(Remedy.KEEP_SYMBOLS), (evidence,))


def _lacks_symbols(facts: ArchiveFacts) -> bool:
    with_code = sum(count for kind, count in facts.kinds if kind in WITH_CODE)
    return facts.nameless > 0 and facts.nameless == with_code


def archive_index(item: ArchiveItem, case: Case) -> Iterator[Claim]:
    """The archive has no symbol index, one that names nothing but `__gnu_lto_slim`, or one that points astray.

    Linkers find members through the index; without it they stop and ask for ranlib. `ar S`, a strip that dropped the
    index, or an ar without the compiler's plugin causes this. An index that names places where no member begins makes
    linkers take what no list of members shows. Go's archives have no index: only Go's own linker reads them.

    What to do: run `gcc-ranlib FILE`, or create the archive with `gcc-ar`; for LTO objects of clang `llvm-ranlib` and
    `llvm-ar`. Where the index points astray, delete the archive and create it anew. Where it holds archives alone, add
    their members instead: no linker opens an archive in an archive.
    """
    facts = item.facts
    if facts.symbol_index is Index.WRONG:
        yield Claim(say(Message.INDEX_ASTRAY), say(Remedy.ARCHIVE_ANEW))
        return
    defining = dict(facts.kinds)
    if not any(defining.get(kind) for kind in (Kind.NATIVE, Kind.FAT, Kind.SLIM, Kind.MIXED)):
        return
    if facts.thin or "go" in facts.formats:
        return
    if facts.symbol_index is Index.MISSING and not _lacks_symbols(facts):
        if not INDEXED.isdisjoint(facts.formats):
            yield Claim(say(Message.NO_INDEX), say(Remedy.RANLIB))
        elif "ar" in facts.formats:
            yield Claim(say(Message.NO_INDEX), say(Remedy.MEMBERS_THEMSELVES))
    elif facts.symbol_index is Index.LTO_ONLY and facts.kind is not Kind.HOLLOW:
        yield Claim(say(Message.INDEX_OF_MARKERS), say(Remedy.GCC_RANLIB))
