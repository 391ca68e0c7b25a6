# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on single lines of specs: switches of LTO, traps of macros, changes of the hook, what cannot be parsed."""

from collections.abc import Iterator

from checker.model import Claim
from checker.model.flags import Lto
from checker.model.specs import LtoState, Observed, Ships, SpecItem
from checker.model.statements import Message, Remedy, say
from checker.rules.evidence import lines
from checker.rules.rule import Case


def lto_disabled(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec turns LTO off, at least under some condition.

    Static libraries are then native, and all is well.

    What to do: keep the line if LTO breaks the package. Otherwise try whether the package builds with LTO today.
    """
    facts = item.facts
    for seen in facts.observed(Observed.LTO_OFF):
        if facts.lto in (LtoState.DISABLED, LtoState.CONDITIONAL):
            yield Claim(say(Message.LTO_OFF), say(Remedy.TRY_WITH_LTO), lines((seen.spot,)), seen.spot)


def commented_macro(item: SpecItem, case: Case) -> Iterator[Claim]:
    """A macro definition in a comment, which is in effect all the same.

    rpm expands macros before it looks for comments: `# %global x y` defines x, and takes the end of its line with it.
    `#global` and `%dnl` do nothing, and `%%global` is only text.

    What to do: write `%dnl %global` for a comment, or remove the `#` if the definition is meant.
    """
    for seen in item.facts.observed(Observed.ACTIVE_COMMENT):
        message = say(Message.ACTIVE_COMMENT, macro=seen.detail)
        yield Claim(message, say(Remedy.ESCAPE_COMMENT), lines((seen.spot,)), seen.spot)


def recursive_define(item: SpecItem, case: Case) -> Iterator[Claim]:
    """A %define that expands its own name.

    rpm expands a %define whenever it is used, so this one calls itself until rpm gives up with "Too many levels of
    recursion in macro expansion". rpm expands %global once, where it stands, so it can append to the old value.

    What to do: write %global instead of %define.
    """
    for seen in item.facts.observed(Observed.RECURSIVE_DEFINE):
        message = say(Message.RECURSIVE_DEFINE, macro=seen.detail)
        yield Claim(message, say(Remedy.DEFINE_GLOBALLY, macro=seen.detail), lines((seen.spot,)), seen.spot)


def undefine(item: SpecItem, case: Case) -> Iterator[Claim]:
    """An %undefine of a macro that matters here.

    rpm keeps definitions on a stack, and %undefine takes off only the top one: a vendor's or an add-on's definition
    below it comes back.

    What to do: define the macro as empty: `%global _lto_cflags %{nil}`.
    """
    for seen in item.facts.observed(Observed.UNDEFINE):
        message = say(Message.UNDEFINE, macro=seen.detail)
        yield Claim(message, say(Remedy.DEFINE_AS_NIL, macro=seen.detail), (), seen.spot)


def bypasses_hook(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec switches the check at the end of %install off, or keeps it from running.

    A broken static library then passes unseen. Macros that run after %install may be redefined, as long as one of them
    is left in `%__spec_install_post`.

    What to do: remove the line. To except files from the check, write `%global __brp_ltocheck_exclude_from REGEX`, a
    POSIX extended regular expression over installed paths.
    """
    facts = item.facts
    for seen in facts.observed(Observed.BYPASS):
        if seen.detail == "exit":
            claim = say(Message.EXIT_IN_INSTALL), say(Remedy.REMOVE_EXIT)
        else:
            claim = say(Message.HOOK_OFF, macro=seen.detail), say(Remedy.EXCEPT_FILES)
        yield Claim(*claim, lines((seen.spot,)), seen.spot)


def changes_hook(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec changes how the check at the end of %install judges: its policy, its mode, its environment.

    These settings are for distributions and build systems. A package may set the opt-in and
    `%__brp_ltocheck_exclude_from`. A strip script whose failures are swallowed counts as well: the files that it could
    not strip are shipped as they are.

    What to do: remove the line, and leave the setting to the distribution.
    """
    facts = item.facts
    for seen in facts.observed(Observed.HOOK_CHANGED):
        name = seen.detail if seen.detail.isupper() or seen.detail.startswith("LTOCHECK") else f"%{seen.detail}"
        message = say(Message.HOOK_CHANGED, name=name)
        yield Claim(message, say(Remedy.LEAVE_TO_DISTRIBUTION), lines((seen.spot,)), seen.spot)
    for seen in facts.observed(Observed.SWALLOWED):
        message = say(Message.SWALLOWS_FAILURES, macro=seen.detail)
        yield Claim(message, say(Remedy.EXCEPT_UNSTRIPPABLE), lines((seen.spot,)), seen.spot)


def keeps_bytecode(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec makes fat objects, and switches off what takes the bytecode out of them.

    A compiler of another version stops at that bytecode, even where machine code is beside it. brp-strip-lto needs
    `%__strip`, and stands in `%__os_install_post`.

    What to do: remove the line, or build without LTO: `%global _lto_cflags %{nil}`.
    """
    facts = item.facts
    parsed = facts.parsed
    is_fat = any(one.flags is Lto.FAT for one in parsed) if parsed else facts.opt_in
    if is_fat and facts.ships is not Ships.NO:
        for seen in facts.observed(Observed.NOT_STRIPPED):
            message = say(Message.KEEPS_BYTECODE, macro=seen.detail)
            yield Claim(message, say(Remedy.REMOVE_LINE_OR_LTO), lines((seen.spot,)), seen.spot)


def hardcoded_lto(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec writes -flto into compiler flags itself, where neither the distribution nor its switches reach it.

    The opt-in, a change of the distribution's flags and `%global _lto_cflags %{nil}` all have no effect on it.

    What to do: remove it and leave LTO to the distribution's flags, or change them with `%global _lto_cflags`.
    """
    spots = tuple(seen.spot for seen in item.facts.observed(Observed.HARDCODED_LTO))
    if spots:
        yield Claim(say(Message.HARDCODED_LTO), say(Remedy.REMOVE_OWN_FLAGS), lines(spots), spots[0])


def unparsable(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec cannot be parsed by rpm, or part of it was not looked at.

    Then the answers rest on the spec's text alone. Often a macro is missing that another package brings. The rule also
    names what the look at the text left out: included files, and lines of enormous length.

    What to do: define the missing macro in a file and pass it with `--target ./FILE`; put included files beside the
    spec.
    """
    facts = item.facts
    for seen in facts.observed(Observed.BROKEN):
        yield Claim(say(Message.UNPARSABLE, detail=seen.detail), say(Remedy.REPAIR_SPEC), (), seen.spot)
    for seen in facts.observed(Observed.INCLUDED):
        yield Claim(say(Message.UNSEEN, detail=seen.detail), say(Remedy.INCLUDE_BESIDE), (), seen.spot)
    for seen in facts.observed(Observed.UNSEEN):
        yield Claim(say(Message.UNSEEN, detail=seen.detail), say(Remedy.SIMPLIFY_SPEC), (), seen.spot)
    for target in facts.targets:
        if target.failure is not None:
            message = say(Message.UNPARSABLE_FOR, target=target.target, arch=target.arch, detail=target.failure)
            yield Claim(message, say(Remedy.DEFINE_MISSING))


def unreadable_spec(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The file cannot be read, is no text, or is larger than any spec: nothing is known of it.

    It may be a binary file, or lack permissions.

    What to do: give a spec file, or a source package that holds one.
    """
    for seen in item.facts.observed(Observed.UNREADABLE):
        yield Claim(say(Message.UNREADABLE, detail=seen.detail), say(Remedy.GIVE_SPEC))
