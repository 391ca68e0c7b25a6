# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on specs."""

from collections.abc import Iterator

from checker.lto.flags import Lto
from checker.model import Claim
from checker.model.specs import LtoState, Mark, Ships, Sign, SpecFacts, SpecItem, SpecTarget, Spot
from checker.rules.rule import Case

SHOWN = 5


def _marks(facts: SpecFacts, *signs: Sign) -> Iterator[Mark]:
    return (mark for mark in facts.marks if mark.sign in signs)


def _lines(spots: tuple[Spot, ...]) -> tuple[str, ...]:
    shown = tuple(f"line {spot.line}: {spot.text[:200]}" for spot in spots[:SHOWN])
    return (*shown, f"and {len(spots) - SHOWN} more") if len(spots) > SHOWN else shown


def needs_opt_in(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec ships static libraries or object files, and does not say so.

    With LTO on and slim, they would hold only bytecode, which is stripped: they install, and fail in somebody's link.
    Objects that build systems with flags of their own make do not count (Haskell, MinGW, Rust and others), nor do
    those that the spec excepts from the check, nor what a build switch leaves out unless a builder asks for it. Where
    rpm has parsed the spec, the file lists and the flags of the asked distributions decide, else the text does.
    """
    facts = item.facts
    parsed = _parsed(facts)
    where = _where_rpm_says_so(parsed) if parsed else _where_the_text_says_so(facts)
    if where is None:
        return
    how = "opts in only under some conditions" if _may_opt_in(facts) else "does not opt in to fat ones"
    spots = facts.reached_spots or facts.ships_spots
    yield Claim(
        f"ships static libraries or object files{where}, and {how}",
        f"add at the top of the spec: {case.opt_in_line}, or delete the files in %install",
        _lines(spots),
        spots[0] if spots else None,
    )


def _parsed(facts: SpecFacts) -> list[SpecTarget]:
    return [target for target in facts.targets if target.failure is None]


def _where_rpm_says_so(parsed: list[SpecTarget]) -> str | None:
    """The targets on which objects are slim; None where they are not."""
    wanting = [
        target
        for target in parsed
        if target.reached in (Ships.YES, Ships.CONDITIONAL) and target.flags is Lto.SLIM and not target.opt_in
    ]
    return f" ({_names(wanting)})" if wanting else None


def _names(targets: list[SpecTarget]) -> str:
    return ", ".join(f"{target.target} on {target.arch}" for target in targets)


def _where_the_text_says_so(facts: SpecFacts) -> str | None:
    """Nothing to add, or that it depends; None where the text does not say that slim objects are shipped."""
    if facts.opt_in or facts.lto in (LtoState.DISABLED, LtoState.FAT):
        return None
    if facts.reached is Ships.CONDITIONAL:
        return None if _may_opt_in(facts) else " under some conditions"  # opted in probably under the same ones
    return "" if facts.reached is Ships.YES else None


def excluded_object(item: SpecItem, case: Case) -> Iterator[Claim]:
    """An %exclude keeps objects out of the packages, but not out of the build root.

    The check at the end of %install looks at the build root, and stops the build where they are slim. Nothing that
    is excluded is stripped or shipped, so deleting it in %install is what was meant.
    """
    facts = item.facts
    parsed = _parsed(facts)
    if not facts.excluded_spots or facts.opt_in or facts.lto in (LtoState.DISABLED, LtoState.FAT):
        return
    if parsed and not any(one.excluded and one.flags is Lto.SLIM and not one.opt_in for one in parsed):
        return
    if next(needs_opt_in(item, case), None) is not None:
        return
    path = facts.excluded_spots[0].text
    yield Claim(
        "excludes objects that stay in the build root, where the check stops the build if they are slim",
        f"write at the end of %install: rm -f %{{buildroot}}{path}, and drop the %exclude",
        _lines(facts.excluded_spots),
        facts.excluded_spots[0],
    )


def excepted_object(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec excepts objects from the check, by `%__brp_ltocheck_exclude_from`.

    `%__brp_ltocheck_exclude_why` is the reason, for whoever reads the spec, the build log or a report.
    """
    facts = item.facts
    if facts.excepted_spots:
        why = facts.excepted_why or "it gives no reason"
        remedy = (
            "see whether it is still needed"
            if facts.excepted_why
            else "say why: %global __brp_ltocheck_exclude_why TEXT"
        )
        message = f"excepts objects that it ships from the check: {why}"
        yield Claim(message, remedy, _lines(facts.excepted_spots), facts.excepted_spots[0])


def _may_opt_in(facts: SpecFacts) -> bool:
    """Whether some line opts in and no other takes it back."""
    return bool(facts.opt_in_spots) and not any(_marks(facts, Sign.FAT_UNDONE))


def unneeded_opt_in(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec asks for fat objects, and no object is in its file lists.

    Not necessarily wrong: of twelve packages in Fedora that ask for fat objects, eight do it for a configure script
    that compiles assembly and looks at the object instead of linking it.
    """
    facts = item.facts
    if facts.opt_in and facts.ships is Ships.NO and facts.opt_in_spots and not facts.excluded_spots:
        remedy = "remove it to build faster, unless a configure test needs it"
        yield Claim("asks for fat objects, and ships none", remedy, (), facts.opt_in_spots[0])


def opt_in_without_lto(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec asks for fat objects while LTO is off, so that there is nothing to make fat.

    It happens where an architecture or a condition empties `%_lto_cflags` and a later line appends
    `-ffat-lto-objects` to it: the compiler then gets that flag without `-flto`.
    """
    facts = item.facts
    for mark in _marks(facts, Sign.FAT_WITHOUT_LTO):
        yield Claim(
            "asks for fat objects, but LTO is off", "remove one of the two lines", _lines(facts.lto_spots), mark.spot
        )


def opt_in_undone(item: SpecItem, case: Case) -> Iterator[Claim]:
    """Something in the spec takes the opt-in back.

    A later definition without `-ffat-lto-objects`, a `-fno-fat-lto-objects`, a sed that removes the flag, or an LTO
    switch of the project's own: CMake adds `-fno-fat-lto-objects` for INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg.
    """
    facts = item.facts
    is_wanted = bool(facts.opt_in_spots) and facts.ships is not Ships.NO
    is_told = False
    for mark in _marks(facts, Sign.FAT_UNDONE):
        if is_wanted or facts.reached in (Ships.YES, Ships.CONDITIONAL):
            is_told = True
            remedy = "remove this line, or the objects in %install"
            yield Claim(f"takes {mark.detail} back", remedy, _lines(facts.opt_in_spots), mark.spot)
    for mark in _marks(facts, Sign.PROJECT_LTO):
        if is_wanted:
            is_told = True
            message = f"turns on the project's own LTO ({mark.detail}), which may make slim objects despite the opt-in"
            remedy = "leave LTO to the distribution's flags: remove the option"
            yield Claim(message, remedy, _lines(facts.opt_in_spots), mark.spot)
    slim = [one for one in _parsed(facts) if one.declared and one.flags is Lto.SLIM and one.reached is not Ships.NO]
    if slim and not is_told and not any(_late(facts)):
        message = f"opts in, and its compilers are told to make slim objects all the same ({_names(slim)})"
        remedy = "leave LTO to the distribution's flags: remove what sets them"
        spots = facts.lto_spots or facts.opt_in_spots
        yield Claim(message, remedy, _lines(spots), spots[0] if spots else None)


def _late(facts: SpecFacts) -> Iterator[Mark]:
    """Opt-ins that come too late for some commands: not where all targets export the flags before the first one."""
    yield from _marks(facts, Sign.LATE_OPT_IN)
    parsed = _parsed(facts)
    if not parsed or not all(target.exports_flags for target in parsed):
        yield from _marks(facts, Sign.LATE_IN_BUILD)


def opt_in_not_seen(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec opts in where nobody sees it.

    In a comment (`#global`, `%dnl`, `# %%global`), in a condition that never holds, after something has expanded the
    compiler flags already, or by shell text in %build, of which neither the hook nor an audit learns.
    """
    facts = item.facts
    observed = {
        "the opt-in is only a comment": [] if facts.opt_in else list(_marks(facts, Sign.INERT_OPT_IN)),
        "the opt-in stands in a condition that never holds": (
            [] if facts.opt_in else list(_marks(facts, Sign.DEAD_OPT_IN))
        ),
        "the opt-in stands where compiler flags may have been expanded already": list(_late(facts)),
        "shell text asks for fat objects, of which the check at the end of the build learns nothing": list(
            _marks(facts, Sign.SHELL_OPT_IN)
        ),
    }
    for reason, marks in observed.items():
        if marks:
            spots = tuple(mark.spot for mark in marks)
            yield Claim(reason, f"write at the top of the spec: {case.opt_in_line}", _lines(spots), spots[0])


def lto_disabled(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec turns LTO off, at least under some condition. Static libraries are then native, and all is well."""
    facts = item.facts
    for mark in _marks(facts, Sign.LTO_OFF):
        if facts.lto in (LtoState.DISABLED, LtoState.CONDITIONAL):
            remedy = "nothing, if the package needs it; else try whether it builds with LTO today"
            yield Claim("turns LTO off", remedy, _lines((mark.spot,)), mark.spot)


def commented_macro(item: SpecItem, case: Case) -> Iterator[Claim]:
    """A macro definition in a comment, which is in effect all the same.

    rpm expands macros before it looks for comments: `# %global x y` defines x, and takes the end of its line with it.
    `#global` and `%dnl` do nothing, and `%%global` is only text.
    """
    for mark in _marks(item.facts, Sign.ACTIVE_COMMENT):
        message = f"defines %{mark.detail} although it looks like a comment"
        yield Claim(message, "write %% for %, or %dnl for #", _lines((mark.spot,)), mark.spot)


def recursive_define(item: SpecItem, case: Case) -> Iterator[Claim]:
    """A %define that expands its own name.

    A %define is expanded whenever it is used, so this one calls itself until rpm gives up with "Too many levels of
    recursion in macro expansion". %global is expanded once, where it stands, and can append to the old value.
    """
    for mark in _marks(item.facts, Sign.RECURSIVE_DEFINE):
        message = f"%define {mark.detail} expands itself: rpm stops with too many levels of recursion"
        yield Claim(message, f"write %global {mark.detail}", _lines((mark.spot,)), mark.spot)


def undefine(item: SpecItem, case: Case) -> Iterator[Claim]:
    """An %undefine of a macro that matters here.

    rpm keeps definitions on a stack, and %undefine takes off only the top one: a vendor's or an add-on's definition
    below it comes back. An empty definition is sure.
    """
    for mark in _marks(item.facts, Sign.UNDEFINE):
        message = f"%undefine {mark.detail} uncovers the definition below it, if there is one"
        yield Claim(message, f"write %global {mark.detail} %{{nil}}", (), mark.spot)


def bypasses_hook(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec switches the check at the end of %install off, or keeps it from running.

    A broken static library passes then unseen. To except files from the check, there is
    `%__brp_ltocheck_exclude_from`, a POSIX extended regular expression over installed paths. Macros that run after
    %install may be redefined, as long as one of them is left in `%__spec_install_post`.
    """
    facts = item.facts
    for mark in _marks(facts, Sign.BYPASS):
        if mark.detail == "exit":
            yield Claim(
                "ends %install, so that the check of objects after it does not run",
                "leave out the exit, or put it into a condition",
                _lines((mark.spot,)),
                mark.spot,
            )
        else:
            message = f"sets %{mark.detail}, so that the check of objects does not run"
            remedy = "remove the line, or except single files: %global __brp_ltocheck_exclude_from REGEX"
            yield Claim(message, remedy, _lines((mark.spot,)), mark.spot)


def changes_hook(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec changes how the check at the end of %install judges: its policy, its mode, what it is told.

    These settings are for distributions and build systems. What a package may set is the opt-in and
    `%__brp_ltocheck_exclude_from`. Also told is a script whose failures are swallowed, so that what it could not strip
    is shipped as it is.
    """
    facts = item.facts
    for mark in _marks(facts, Sign.HOOK_CHANGED):
        name = mark.detail if mark.detail.isupper() or mark.detail.startswith("LTOCHECK") else f"%{mark.detail}"
        message = f"sets {name}, by which the check of objects is told what to judge and how"
        yield Claim(message, "leave it to the distribution", _lines((mark.spot,)), mark.spot)
    for mark in _marks(facts, Sign.SWALLOWED):
        message = f"swallows the failures of %{mark.detail}: what it could not strip is shipped as it is"
        yield Claim(message, "except the files that it cannot strip, not all", _lines((mark.spot,)), mark.spot)


def keeps_bytecode(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec makes fat objects, and switches off what takes the bytecode out of them.

    A compiler of another version stops at that bytecode, even where machine code is beside it. brp-strip-lto needs
    `%__strip`, and stands in `%__os_install_post`.
    """
    facts = item.facts
    parsed = _parsed(facts)
    is_fat = any(one.flags is Lto.FAT for one in parsed) if parsed else facts.opt_in
    if is_fat and facts.ships is not Ships.NO:
        for mark in _marks(facts, Sign.NOT_STRIPPED):
            message = f"ships fat objects, and sets %{mark.detail} so that nothing strips their bytecode"
            yield Claim(message, "remove the line, or build without LTO", _lines((mark.spot,)), mark.spot)


def hardcoded_lto(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec writes -flto into compiler flags itself, where neither the distribution nor its switches reach it."""
    spots = tuple(mark.spot for mark in _marks(item.facts, Sign.HARDCODED_LTO))
    if spots:
        remedy = "leave LTO to the distribution's flags, or change them by %global _lto_cflags"
        yield Claim("sets LTO flags by hand", remedy, _lines(spots), spots[0])


def unparsable(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec cannot be parsed by rpm, for a distribution and architecture that were asked for or for any.

    What is said of the spec stands on its text alone then. Often a macro is missing that another package brings. Also
    told is what the look at the text had to leave out: files that are included, and lines of enormous length.
    """
    facts = item.facts
    for mark in _marks(facts, Sign.BROKEN):
        yield Claim(f"rpm cannot parse it: {mark.detail}", "repair the spec", (), mark.spot)
    for mark in _marks(facts, Sign.INCLUDED):
        message = f"not all of it was looked at: not {mark.detail}"
        yield Claim(message, "have rpm parse it, with the file beside the spec", (), mark.spot)
    for mark in _marks(facts, Sign.UNSEEN):
        remedy = "break long lines, and define less by macros of macros"
        yield Claim(f"not all of it was looked at: not {mark.detail}", remedy, (), mark.spot)
    for target in facts.targets:
        if target.failure is not None:
            message = f"rpm cannot parse it for {target.target} on {target.arch}: {target.failure}"
            remedy = "define the missing macro in a file and pass it: --target ./FILE; until then the text alone counts"
            yield Claim(message, remedy)


def unreadable_spec(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The file cannot be read, is no text, or is larger than any spec: nothing is known of it."""
    for mark in _marks(item.facts, Sign.UNREADABLE):
        yield Claim(f"cannot be read: {mark.detail}", "give a spec file, or a source package that holds one")
