# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules on specs."""

from collections.abc import Iterator

from checker.model import Claim
from checker.model.flags import Lto
from checker.model.specs import LtoState, Observation, Observed, Ships, SpecFacts, SpecItem, SpecTarget
from checker.model.statements import Message, Part, Remedy, Statement, say
from checker.rules.evidence import lines
from checker.rules.rule import Case


def needs_opt_in(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec ships static libraries or object files, and does not say so.

    With slim LTO they would hold only bytecode, which is stripped: they install, and fail in somebody's link. Some
    objects do not count: those of build systems with flags of their own (Haskell, MinGW, Rust and others), those that
    the spec excepts from the check, and those that a build switch leaves out unless a builder asks for them. Where rpm
    has parsed the spec, its file lists and the flags of the given distributions decide; otherwise the text does.

    What to do: add at the top of the spec: `%global _fat_lto_objects 1`; `ltocheck spec --fix` writes the line. Or
    delete the files at the end of %install.
    """
    facts = item.facts
    parsed = facts.parsed
    where = _where_rpm_says_so(parsed) if parsed else _where_the_text_says_so(facts)
    if where is None or next(facts.observed(Observed.SHELL_OPT_IN), None):  # another rule reports it
        return
    message = Message.OPTS_IN_PARTLY if _may_opt_in(facts) else Message.NEEDS_OPT_IN
    spots = facts.reached_spots or facts.ships_spots
    yield Claim(
        say(message, where=where),
        say(Remedy.ADD_OPT_IN_OR_DELETE, line=case.opt_in_line),
        lines(spots),
        spots[0] if spots else None,
    )


def _where_rpm_says_so(parsed: list[SpecTarget]) -> Statement | None:
    """The statement of targets on which objects are slim; None if there are none."""
    wanting = [
        target
        for target in parsed
        if target.reached in (Ships.YES, Ships.CONDITIONAL) and target.flags is Lto.SLIM and not target.opt_in
    ]
    return say(Part.ON_TARGETS, targets=_names(wanting)) if wanting else None


def _names(targets: list[SpecTarget]) -> tuple[Statement, ...]:
    return tuple(say(Part.TARGET, target=target.target, arch=target.arch) for target in targets)


def _where_the_text_says_so(facts: SpecFacts) -> Statement | None:
    """An empty statement, or that conditions decide; None if the text shows no slim objects."""
    if facts.opt_in or facts.lto in (LtoState.DISABLED, LtoState.FAT):
        return None
    if facts.reached is Ships.CONDITIONAL:
        return None if _may_opt_in(facts) else say(Part.UNDER_CONDITIONS)  # probably opts in under the same conditions
    return say(Part.ALWAYS) if facts.reached is Ships.YES else None


def excluded_object(item: SpecItem, case: Case) -> Iterator[Claim]:
    """An %exclude keeps objects out of the packages, but not out of the build root.

    The check at the end of %install looks at the build root, and stops the build where objects are slim.

    What to do: delete the files at the end of %install with `rm`, and drop the %exclude.
    """
    facts = item.facts
    parsed = facts.parsed
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
        lines(facts.excluded_spots),
        facts.excluded_spots[0],
    )


def excepted_object(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec excepts objects from the check, by `%__brp_ltocheck_exclude_from`.

    That is allowed, and every report shows it.

    What to do: give the reason in `%global __brp_ltocheck_exclude_why TEXT`, for whoever reads the spec, the build log
    or a report; remove the exception when it is no longer needed.
    """
    facts = item.facts
    if facts.excepted_spots:
        why = facts.excepted_why
        message = say(Message.EXCEPTS_OBJECTS, why=why) if why else say(Message.EXCEPTS_OBJECTS_WITHOUT_REASON)
        remedy = say(Remedy.REVIEW_EXCEPTION if why else Remedy.GIVE_REASON)
        yield Claim(message, remedy, lines(facts.excepted_spots), facts.excepted_spots[0])


def _may_opt_in(facts: SpecFacts) -> bool:
    """Whether a line opts in and no other undoes it."""
    return bool(facts.opt_in_spots) and not any(facts.observed(Observed.FAT_UNDONE))


def unneeded_opt_in(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec asks for fat objects, and no object is in its file lists.

    That may be right: of twelve packages in Fedora that ask for fat objects, eight do it for a configure script that
    compiles assembly and looks at the object instead of linking it.

    What to do: remove the line to build faster, or say in a comment which configure test needs it.
    """
    facts = item.facts
    if facts.opt_in and facts.ships is Ships.NO and facts.opt_in_spots and not facts.excluded_spots:
        yield Claim(say(Message.FAT_WITHOUT_OBJECTS), say(Remedy.REMOVE_OPT_IN), (), facts.opt_in_spots[0])


def opt_in_without_lto(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec asks for fat objects while LTO is off, so that there is nothing to make fat.

    It happens where an architecture or a condition empties `%_lto_cflags` and a later line appends `-ffat-lto-objects`
    to it: the compiler then gets that flag without `-flto`.

    What to do: remove one of the two lines.
    """
    facts = item.facts
    for seen in facts.observed(Observed.FAT_WITHOUT_LTO):
        yield Claim(say(Message.FAT_WITHOUT_LTO), say(Remedy.REMOVE_ONE_LINE), lines(facts.lto_spots), seen.spot)


def opt_in_undone(item: SpecItem, case: Case) -> Iterator[Claim]:
    """Something in the spec takes the opt-in back.

    It is a later definition without `-ffat-lto-objects`, a `-fno-fat-lto-objects`, a sed that removes the flag, or an
    LTO switch of the project's own: CMake adds `-fno-fat-lto-objects` for INTERPROCEDURAL_OPTIMIZATION, qmake for ltcg.

    What to do: remove that line or option, and leave LTO to the distribution's flags:
    `-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF`, `CONFIG-=ltcg`.
    """
    facts = item.facts
    is_wanted = bool(facts.opt_in_spots) and facts.ships is not Ships.NO
    is_reported = False
    for seen in facts.observed(Observed.FAT_UNDONE):
        if is_wanted or facts.reached in (Ships.YES, Ships.CONDITIONAL):
            is_reported = True
            message = say(Message.TAKES_FAT_BACK, flag=seen.detail)
            yield Claim(message, say(Remedy.REMOVE_LINE_OR_OBJECTS), lines(facts.opt_in_spots), seen.spot)
    for seen in facts.observed(Observed.PROJECT_LTO):
        if is_wanted:
            is_reported = True
            message = say(Message.PROJECT_LTO, option=seen.detail)
            yield Claim(message, say(Remedy.REMOVE_PROJECT_LTO), lines(facts.opt_in_spots), seen.spot)
    slim = [one for one in facts.parsed if one.declared and one.flags is Lto.SLIM and one.reached is not Ships.NO]
    if slim and not is_reported and not any(_late(facts)):
        message = say(Message.SLIM_FLAGS_DESPITE_OPT_IN, targets=_names(slim))
        spots = facts.lto_spots or facts.opt_in_spots
        yield Claim(message, say(Remedy.REMOVE_OWN_FLAGS), lines(spots), spots[0] if spots else None)


def _late(facts: SpecFacts) -> Iterator[Observation]:
    """Opt-ins that come too late for some commands; none if all targets export the flags before the first command."""
    yield from facts.observed(Observed.LATE_OPT_IN)
    parsed = facts.parsed
    if not parsed or not all(target.exports_flags for target in parsed):
        yield from facts.observed(Observed.LATE_IN_BUILD)


def opt_in_not_seen(item: SpecItem, case: Case) -> Iterator[Claim]:
    """The spec opts in where nobody sees it.

    The line is in a comment (`#global`, `%dnl`, `# %%global`), in a condition that never holds, or below something that
    has expanded the compiler flags already. Or it is shell text in %build, which neither the hook nor an audit sees.

    What to do: write at the top of the spec: `%global _fat_lto_objects 1`.
    """
    facts = item.facts
    observed = {
        Message.OPT_IN_IN_COMMENT: [] if facts.opt_in else list(facts.observed(Observed.INERT_OPT_IN)),
        Message.OPT_IN_IN_DEAD_CONDITION: [] if facts.opt_in else list(facts.observed(Observed.DEAD_OPT_IN)),
        Message.OPT_IN_TOO_LATE: list(_late(facts)),
        Message.OPT_IN_IN_SHELL: list(facts.observed(Observed.SHELL_OPT_IN)),
    }
    for message, marks in observed.items():
        if marks:
            spots = tuple(seen.spot for seen in marks)
            yield Claim(say(message), say(Remedy.MOVE_OPT_IN_UP, line=case.opt_in_line), lines(spots), spots[0])
