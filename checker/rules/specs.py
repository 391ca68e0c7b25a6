# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on specs."""

from collections.abc import Iterator

from checker.model import Claim
from checker.model.flags import Lto
from checker.model.specs import LtoState, Observation, Observed, Ships, SpecFacts, SpecItem, SpecTarget, Spot
from checker.model.statements import Evidence, Message, Part, Remedy, Statement, say
from checker.rules.rule import Case

SHOWN = 5


def _observations(facts: SpecFacts, *wanted: Observed) -> Iterator[Observation]:
    return (seen for seen in facts.observations if seen.what in wanted)


def _lines(spots: tuple[Spot, ...]) -> tuple[Statement, ...]:
    shown = tuple(say(Evidence.LINE, line=spot.line, text=spot.text[:200]) for spot in spots[:SHOWN])
    return (*shown, say(Evidence.MORE, count=len(spots) - SHOWN)) if len(spots) > SHOWN else shown


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
    if where is None or next(_observations(facts, Observed.SHELL_OPT_IN), None):  # which is told by a rule of its own
        return
    message = Message.OPTS_IN_PARTLY if _may_opt_in(facts) else Message.NEEDS_OPT_IN
    spots = facts.reached_spots or facts.ships_spots
    yield Claim(
        say(message, where=where),
        say(Remedy.ADD_OPT_IN_OR_DELETE, line=case.opt_in_line),
        _lines(spots),
        spots[0] if spots else None,
    )


def _parsed(facts: SpecFacts) -> list[SpecTarget]:
    return [target for target in facts.targets if target.failure is None]


def _where_rpm_says_so(parsed: list[SpecTarget]) -> Statement | None:
    """The targets on which objects are slim; None where they are not."""
    wanting = [
        target
        for target in parsed
        if target.reached in (Ships.YES, Ships.CONDITIONAL) and target.flags is Lto.SLIM and not target.opt_in
    ]
    return say(Part.ON_TARGETS, targets=_names(wanting)) if wanting else None


def _names(targets: list[SpecTarget]) -> tuple[Statement, ...]:
    return tuple(say(Part.TARGET, target=target.target, arch=target.arch) for target in targets)


def _where_the_text_says_so(facts: SpecFacts) -> Statement | None:
    """Nothing to add, or that it depends; None where the text does not say that slim objects are shipped."""
    if facts.opt_in or facts.lto in (LtoState.DISABLED, LtoState.FAT):
        return None
    if facts.reached is Ships.CONDITIONAL:
        return None if _may_opt_in(facts) else say(Part.UNDER_CONDITIONS)  # opted in probably under the same ones
    return say(Part.ALWAYS) if facts.reached is Ships.YES else None


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
        say(Message.EXCLUDES_OBJECTS),
        say(Remedy.DELETE_INSTEAD_OF_EXCLUDE, path=path),
        _lines(facts.excluded_spots),
        facts.excluded_spots[0],
    )


def excepted_object(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec excepts objects from the check, by `%__brp_ltocheck_exclude_from`.

    `%__brp_ltocheck_exclude_why` is the reason, for whoever reads the spec, the build log or a report.
    """
    facts = item.facts
    if facts.excepted_spots:
        why = facts.excepted_why
        message = say(Message.EXCEPTS_OBJECTS, why=why) if why else say(Message.EXCEPTS_OBJECTS_WITHOUT_REASON)
        remedy = say(Remedy.REVIEW_EXCEPTION if why else Remedy.GIVE_REASON)
        yield Claim(message, remedy, _lines(facts.excepted_spots), facts.excepted_spots[0])


def _may_opt_in(facts: SpecFacts) -> bool:
    """Whether some line opts in and no other takes it back."""
    return bool(facts.opt_in_spots) and not any(_observations(facts, Observed.FAT_UNDONE))


def unneeded_opt_in(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec asks for fat objects, and no object is in its file lists.

    Not necessarily wrong: of twelve packages in Fedora that ask for fat objects, eight do it for a configure script
    that compiles assembly and looks at the object instead of linking it.
    """
    facts = item.facts
    if facts.opt_in and facts.ships is Ships.NO and facts.opt_in_spots and not facts.excluded_spots:
        yield Claim(say(Message.FAT_WITHOUT_OBJECTS), say(Remedy.REMOVE_OPT_IN), (), facts.opt_in_spots[0])


def opt_in_without_lto(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec asks for fat objects while LTO is off, so that there is nothing to make fat.

    It happens where an architecture or a condition empties `%_lto_cflags` and a later line appends
    `-ffat-lto-objects` to it: the compiler then gets that flag without `-flto`.
    """
    facts = item.facts
    for seen in _observations(facts, Observed.FAT_WITHOUT_LTO):
        yield Claim(say(Message.FAT_WITHOUT_LTO), say(Remedy.REMOVE_ONE_LINE), _lines(facts.lto_spots), seen.spot)


def opt_in_undone(item: SpecItem, case: Case) -> Iterator[Claim]:
    """Something in the spec takes the opt-in back.

    A later definition without `-ffat-lto-objects`, a `-fno-fat-lto-objects`, a sed that removes the flag, or an LTO
    switch of the project's own: CMake adds `-fno-fat-lto-objects` for INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg.
    """
    facts = item.facts
    is_wanted = bool(facts.opt_in_spots) and facts.ships is not Ships.NO
    is_told = False
    for seen in _observations(facts, Observed.FAT_UNDONE):
        if is_wanted or facts.reached in (Ships.YES, Ships.CONDITIONAL):
            is_told = True
            message = say(Message.TAKES_FAT_BACK, flag=seen.detail)
            yield Claim(message, say(Remedy.REMOVE_LINE_OR_OBJECTS), _lines(facts.opt_in_spots), seen.spot)
    for seen in _observations(facts, Observed.PROJECT_LTO):
        if is_wanted:
            is_told = True
            message = say(Message.PROJECT_LTO, option=seen.detail)
            yield Claim(message, say(Remedy.REMOVE_PROJECT_LTO), _lines(facts.opt_in_spots), seen.spot)
    slim = [one for one in _parsed(facts) if one.declared and one.flags is Lto.SLIM and one.reached is not Ships.NO]
    if slim and not is_told and not any(_late(facts)):
        message = say(Message.SLIM_FLAGS_DESPITE_OPT_IN, targets=_names(slim))
        spots = facts.lto_spots or facts.opt_in_spots
        yield Claim(message, say(Remedy.REMOVE_OWN_FLAGS), _lines(spots), spots[0] if spots else None)


def _late(facts: SpecFacts) -> Iterator[Observation]:
    """Opt-ins that come too late for some commands: not where all targets export the flags before the first one."""
    yield from _observations(facts, Observed.LATE_OPT_IN)
    parsed = _parsed(facts)
    if not parsed or not all(target.exports_flags for target in parsed):
        yield from _observations(facts, Observed.LATE_IN_BUILD)


def opt_in_not_seen(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec opts in where nobody sees it.

    In a comment (`#global`, `%dnl`, `# %%global`), in a condition that never holds, after something has expanded the
    compiler flags already, or by shell text in %build, of which neither the hook nor an audit learns.
    """
    facts = item.facts
    observed = {
        Message.OPT_IN_IN_COMMENT: [] if facts.opt_in else list(_observations(facts, Observed.INERT_OPT_IN)),
        Message.OPT_IN_IN_DEAD_CONDITION: [] if facts.opt_in else list(_observations(facts, Observed.DEAD_OPT_IN)),
        Message.OPT_IN_TOO_LATE: list(_late(facts)),
        Message.OPT_IN_IN_SHELL: list(_observations(facts, Observed.SHELL_OPT_IN)),
    }
    for message, marks in observed.items():
        if marks:
            spots = tuple(seen.spot for seen in marks)
            yield Claim(say(message), say(Remedy.MOVE_OPT_IN_UP, line=case.opt_in_line), _lines(spots), spots[0])


def lto_disabled(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec turns LTO off, at least under some condition. Static libraries are then native, and all is well."""
    facts = item.facts
    for seen in _observations(facts, Observed.LTO_OFF):
        if facts.lto in (LtoState.DISABLED, LtoState.CONDITIONAL):
            yield Claim(say(Message.LTO_OFF), say(Remedy.TRY_WITH_LTO), _lines((seen.spot,)), seen.spot)


def commented_macro(item: SpecItem, case: Case) -> Iterator[Claim]:
    """A macro definition in a comment, which is in effect all the same.

    rpm expands macros before it looks for comments: `# %global x y` defines x, and takes the end of its line with it.
    `#global` and `%dnl` do nothing, and `%%global` is only text.
    """
    for seen in _observations(item.facts, Observed.ACTIVE_COMMENT):
        message = say(Message.ACTIVE_COMMENT, macro=seen.detail)
        yield Claim(message, say(Remedy.ESCAPE_COMMENT), _lines((seen.spot,)), seen.spot)


def recursive_define(item: SpecItem, case: Case) -> Iterator[Claim]:
    """A %define that expands its own name.

    A %define is expanded whenever it is used, so this one calls itself until rpm gives up with "Too many levels of
    recursion in macro expansion". %global is expanded once, where it stands, and can append to the old value.
    """
    for seen in _observations(item.facts, Observed.RECURSIVE_DEFINE):
        message = say(Message.RECURSIVE_DEFINE, macro=seen.detail)
        yield Claim(message, say(Remedy.DEFINE_GLOBALLY, macro=seen.detail), _lines((seen.spot,)), seen.spot)


def undefine(item: SpecItem, case: Case) -> Iterator[Claim]:
    """An %undefine of a macro that matters here.

    rpm keeps definitions on a stack, and %undefine takes off only the top one: a vendor's or an add-on's definition
    below it comes back. An empty definition is sure.
    """
    for seen in _observations(item.facts, Observed.UNDEFINE):
        message = say(Message.UNDEFINE, macro=seen.detail)
        yield Claim(message, say(Remedy.DEFINE_AS_NIL, macro=seen.detail), (), seen.spot)


def bypasses_hook(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec switches the check at the end of %install off, or keeps it from running.

    A broken static library passes then unseen. To except files from the check, there is
    `%__brp_ltocheck_exclude_from`, a POSIX extended regular expression over installed paths. Macros that run after
    %install may be redefined, as long as one of them is left in `%__spec_install_post`.
    """
    facts = item.facts
    for seen in _observations(facts, Observed.BYPASS):
        if seen.detail == "exit":
            claim = say(Message.EXIT_IN_INSTALL), say(Remedy.REMOVE_EXIT)
        else:
            claim = say(Message.HOOK_OFF, macro=seen.detail), say(Remedy.EXCEPT_FILES)
        yield Claim(*claim, _lines((seen.spot,)), seen.spot)


def changes_hook(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec changes how the check at the end of %install judges: its policy, its mode, what it is told.

    These settings are for distributions and build systems. What a package may set is the opt-in and
    `%__brp_ltocheck_exclude_from`. Also told is a script whose failures are swallowed, so that what it could not strip
    is shipped as it is.
    """
    facts = item.facts
    for seen in _observations(facts, Observed.HOOK_CHANGED):
        name = seen.detail if seen.detail.isupper() or seen.detail.startswith("LTOCHECK") else f"%{seen.detail}"
        message = say(Message.HOOK_CHANGED, name=name)
        yield Claim(message, say(Remedy.LEAVE_TO_DISTRIBUTION), _lines((seen.spot,)), seen.spot)
    for seen in _observations(facts, Observed.SWALLOWED):
        message = say(Message.SWALLOWS_FAILURES, macro=seen.detail)
        yield Claim(message, say(Remedy.EXCEPT_UNSTRIPPABLE), _lines((seen.spot,)), seen.spot)


def keeps_bytecode(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec makes fat objects, and switches off what takes the bytecode out of them.

    A compiler of another version stops at that bytecode, even where machine code is beside it. brp-strip-lto needs
    `%__strip`, and stands in `%__os_install_post`.
    """
    facts = item.facts
    parsed = _parsed(facts)
    is_fat = any(one.flags is Lto.FAT for one in parsed) if parsed else facts.opt_in
    if is_fat and facts.ships is not Ships.NO:
        for seen in _observations(facts, Observed.NOT_STRIPPED):
            message = say(Message.KEEPS_BYTECODE, macro=seen.detail)
            yield Claim(message, say(Remedy.REMOVE_LINE_OR_LTO), _lines((seen.spot,)), seen.spot)


def hardcoded_lto(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec writes -flto into compiler flags itself, where neither the distribution nor its switches reach it."""
    spots = tuple(seen.spot for seen in _observations(item.facts, Observed.HARDCODED_LTO))
    if spots:
        yield Claim(say(Message.HARDCODED_LTO), say(Remedy.USE_LTO_MACRO), _lines(spots), spots[0])


def unparsable(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec cannot be parsed by rpm, for a distribution and architecture that were asked for or for any.

    What is said of the spec stands on its text alone then. Often a macro is missing that another package brings. Also
    told is what the look at the text had to leave out: files that are included, and lines of enormous length.
    """
    facts = item.facts
    for seen in _observations(facts, Observed.BROKEN):
        yield Claim(say(Message.UNPARSABLE, detail=seen.detail), say(Remedy.REPAIR_SPEC), (), seen.spot)
    for seen in _observations(facts, Observed.INCLUDED):
        yield Claim(say(Message.UNSEEN, detail=seen.detail), say(Remedy.INCLUDE_BESIDE), (), seen.spot)
    for seen in _observations(facts, Observed.UNSEEN):
        yield Claim(say(Message.UNSEEN, detail=seen.detail), say(Remedy.SIMPLIFY_SPEC), (), seen.spot)
    for target in facts.targets:
        if target.failure is not None:
            message = say(Message.UNPARSABLE_FOR, target=target.target, arch=target.arch, detail=target.failure)
            yield Claim(message, say(Remedy.DEFINE_MISSING))


def unreadable_spec(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The file cannot be read, is no text, or is larger than any spec: nothing is known of it."""
    for seen in _observations(item.facts, Observed.UNREADABLE):
        yield Claim(say(Message.UNREADABLE, detail=seen.detail), say(Remedy.GIVE_SPEC))
