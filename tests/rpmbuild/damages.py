# SPDX-License-Identifier: GPL-2.0-or-later
"""What honest builds do to an archive by mistake at the end of %install, and what becomes of the spec by the advice."""

import re
from dataclasses import dataclass

from checker.model.statements import Remedy
from tests.rpmbuild.advice import Cause, halves, kept
from tests.rpmbuild.recipes import OPT_IN

OPTED_IN = Cause(OPT_IN)


@dataclass(frozen=True)
class Damage:
    """What %install does to the archive, "$1", in the end, so that another rule than those for slim objects speaks."""

    remedy: Remedy
    commands: str
    cause: Cause = OPTED_IN
    stage: str = "installed"
    """Whose message is followed; after stripping only where the spec asks for that look."""
    stops: bool = True


JOINED = """
echo 'int joined_native;' | gcc -O2 -fno-lto -c -x c - -o native.o
ld -r --whole-archive "$1" native.o -o joined.o
rm "$1"
gcc-ar rcs "$1" joined.o
"""
REPACKED = 'mkdir -p parts\ncd parts\ngcc-ar x "$1"\nrm "$1"\ngcc-ar {} "$1" *.o\ncd ..'
NESTED = 'mkdir -p parts\ncd parts\nmv "$1" inner.a\ngcc-ar rcs "$1" inner.a\ncd ..'
STRIP = "strip -g -R '.gnu.lto_*' -R '.gnu.debuglto_*' \"$1\""
LOOKED_AT_AGAIN = Cause(f"{OPT_IN}\n%global _ltocheck_stripped 1")

DAMAGES = {
    "mixed-object": Damage(Remedy.OPT_IN, JOINED, Cause()),
    "hollow-object": Damage(Remedy.OPT_IN, STRIP, Cause()),
    "thin-archive": Damage(Remedy.ARCHIVE_WHOLE, REPACKED.format("rcT")),
    "damaged-object": Damage(Remedy.REBUILD_WHOLE, "objcopy -R '.gnu.lto_.decls*' \"$1\""),
    "code-without-symbols": Damage(Remedy.KEEP_SYMBOLS, 'strip -R .comment "$1"'),
    "bytecode-left": Damage(Remedy.STRIP_BYTECODE, 'mv "$1" "$1.1"', LOOKED_AT_AGAIN, stage="stripped"),
    "archive-index": Damage(Remedy.RANLIB, REPACKED.format("rcS"), stops=False),
    "archive-index of archives": Damage(Remedy.MEMBERS_THEMSELVES, NESTED, stops=False),
}
"""By the rule that speaks, and of what; of each, real projects have been reported."""


def damaged(spec: str, damage: Damage, archive: str) -> str:
    """The spec with the commands at the end of %install, where "$1" is the archive of this name."""
    find = f"set -- $(find %{{buildroot}} -name {archive})"
    return at_end_of_install(spec, f"{find}\n{damage.commands}")


def repaired(spec: str, said: str) -> str:
    """The spec after the advice of a message about what %install does to an archive."""
    text = " ".join(said.split())
    if "Somebody does? Then" in text:
        return kept(spec, halves(said)[1], other=False)
    if "without T in ar's flags" in text:
        return spec.replace(" rcT ", " rcs ")
    if "add the members of the archives in it, not the archives" in text:
        return spec.replace('rcs "$1" inner.a', 'x inner.a\ngcc-ar rcs "$1" *.o')
    if "add -g where the build runs strip on it" in text:
        return spec.replace("strip -R", "strip -g -R")
    if "take the strip or objcopy out of the build that removes sections of it (-R .gnu.lto_..., -R .text)" in text:
        return re.sub(r"^objcopy -R .*\n", "", spec, flags=re.MULTILINE)
    commands = "\n".join(re.findall(r"^    (strip .*)$", said, re.MULTILINE))
    if "run ranlib on it (gcc-ranlib for GCC's LTO objects" in text:
        commands = 'gcc-ranlib "$1"'
    assert commands, said
    return at_end_of_install(spec, commands)


def at_end_of_install(spec: str, commands: str) -> str:
    """The spec whose %install, the section before %files, does something more."""
    return spec.replace("\n%files", f"\n{commands}\n%files", 1)
