# SPDX-License-Identifier: GPL-2.0-or-later
"""The brp hook: judges a build root inside rpmbuild; needs nothing but Python's standard library.

It learns everything from the environment, as macros/macros.ltocheck exports it. What may hold spaces, quotes or
newlines comes in base64, because it passes through shell text.
"""

import os
import re
import stat
import sys
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import NamedTuple, TextIO

from checker.errors import ExitCode, LtocheckError, Obstacle, Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.patterns import Pattern
from checker.judging.policy import BLANKS, Policy, Waiver, load_policy
from checker.judging.stream import Outcome, drive
from checker.limits import LIMITS
from checker.lto.flags import lto_flags
from checker.model import FileCount, Item, Kind, ObjectItem, Omission, PackageFacts, Stage, Target, TargetType
from checker.report.names import for_terminal
from checker.report.packager import PackagerMessage
from checker.report.words import text_of_all
from checker.shipped import DEFAULT_POLICY
from checker.streams import replacing_text
from checker.trees.named import read_file
from checker.trees.tree import walk_tree

MODES = ("enforce", "warn", "off")
USAGE = "usage: brp-ltocheck [--stage installed|stripped]; it reads RPM_BUILD_ROOT and LTOCHECK_*"
FORBIDDEN_FILE = (
    "ltocheck: warning: {name}: {problem}; it is not judged, and rpmbuild cannot package it unless it is a %ghost"
)
PIPE = "is a pipe or a socket, no file"
EXCLUDE_MACRO = "%__brp_ltocheck_exclude_from"

FLAG_VARIABLES = {
    "C": ("CFLAGS", "RPM_OPT_FLAGS"),
    "C++": ("CXXFLAGS", "RPM_OPT_FLAGS"),
    "Fortran": ("FFLAGS", "FCFLAGS", "RPM_OPT_FLAGS"),
}
"""Where rpmbuild leaves the compiler flags of each language, the most telling first."""

LANGUAGES = {"c": "C", "c++": "C++", "fortran": "Fortran"}
"""Languages by the words of LTOCHECK_FLAGS."""


class HookSettings(NamedTuple):
    """What the environment asks for."""

    root: str
    package: str | None
    arch: str | None
    stage: Stage
    mode: str
    policy: str
    exclude: str
    exclude_why: str
    """Why the package excepts files, in its own words."""
    report: str
    state: str
    verbose: bool
    declared: bool
    opt_in_evidence: tuple[str, ...]
    flags: str | None
    """What the flags asked of compilers, where that is known: fat, slim or none."""


def main(arguments: list[str], environment: Mapping[str, str] = os.environ, err: TextIO | None = sys.stderr) -> int:
    """Run the hook and return its exit status."""
    try:
        settings = read_settings(arguments, environment)
    except UsageError as error:
        _say(err, f"brp-ltocheck: {for_terminal(str(error))}")
        return 0 if environment.get("LTOCHECK_MODE") == "warn" else error.exit_code
    if settings is None:
        return 0
    try:
        code = check(settings, err)
    except LtocheckError as error:
        _say(err, f"brp-ltocheck: {for_terminal(str(error))}")
        code = error.exit_code
    except Exception as error:  # the one place where a bug may end; no traceback reaches a packager unasked
        what = f"{type(error).__name__}: {for_terminal(str(error))}"
        _say(err, f"brp-ltocheck: internal error, please report it: {what}")
        if environment.get("LTOCHECK_DEBUG"):
            import traceback  # noqa: PLC0415 slow to import, and for our own bugs alone

            _say(err, traceback.format_exc())
        code = ExitCode.BUG
    return 0 if settings.mode == "warn" else code


def _say(err: TextIO | None, *lines: str) -> None:
    """Write to the build log; where that is full or closed, the verdict is the exit status all the same."""
    if err is None:
        return
    try:
        for line in lines:
            print(line, file=err)
        err.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), err.fileno())  # Python tries once more at exit


def read_settings(arguments: list[str], environment: Mapping[str, str]) -> HookSettings | None:
    """The settings of this run, None if there is nothing to judge; raises UsageError."""
    stage = Stage.INSTALLED
    match arguments:
        case []:
            pass
        case ["--stage", word] if word in tuple(Stage):
            stage = Stage(word)
        case _:
            raise UsageError(USAGE)
    root = environment.get("RPM_BUILD_ROOT", "")
    mode = environment.get("LTOCHECK_MODE") or MODES[0]
    if mode not in MODES:
        raise UsageError(f"%_ltocheck_mode: '{mode}', expected one of {', '.join(MODES)}")
    if mode == "off" or not os.path.isdir(root) or os.path.realpath(root) == "/":
        return None  # a package without files has no build root
    return HookSettings(
        root=root,
        package=environment.get("RPM_PACKAGE_NAME") or None,
        arch=environment.get("RPM_ARCH") or None,
        stage=stage,
        mode=mode,
        policy=_free_text(environment, "POLICY") or DEFAULT_POLICY,
        exclude=_free_text(environment, "EXCLUDE"),
        exclude_why=_free_text(environment, "WHY"),
        report=_report_file(_free_text(environment, "REPORT"), stage),
        state=_free_text(environment, "STATE"),
        verbose=environment.get("LTOCHECK_VERBOSE", "0") not in ("", "0"),
        declared=environment.get("LTOCHECK_OPT_IN") == "1",
        opt_in_evidence=tuple(_opt_in_evidence(environment)),
        flags=_flags(environment),
    )


def _free_text(environment: Mapping[str, str], name: str) -> str:
    variable = f"LTOCHECK_{name}_B64"
    encoded = environment.get(variable, "")
    try:
        if len(encoded) % 4:  # Python takes `AAAA=`
            raise ValueError(encoded)
        text = a2b_base64(encoded, strict_mode=True).decode("utf-8", "surrogateescape")
    except ValueError as error:  # also of what is not ASCII
        raise UsageError(f"{variable} is not base64") from error
    if "\0" in text:
        raise UsageError(f"{variable} holds a NUL")
    return text


def _report_file(file: str, stage: Stage) -> str:
    """The second stage keeps what the first one wrote."""
    return f"{file}.stripped" if file and stage is Stage.STRIPPED else file


def _opt_in_evidence(environment: Mapping[str, str]) -> Iterator[str]:
    if environment.get("LTOCHECK_OPT_IN") == "1":
        yield "the opt-in macro is set"
    for language, state in _flag_states(environment):
        if state == "fat":
            yield f"the flags for {language} ask for fat objects"


def _flags(environment: Mapping[str, str]) -> str | None:
    """The LTO flags that the macros passed on: slim if any language's are; None where others differ."""
    states = {state for _, state in _flag_states(environment)} if environment.get("LTOCHECK_FLAGS") else set()
    return "slim" if "slim" in states else states.pop() if len(states) == 1 else None


def _flag_states(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every language with fat, slim or none: as the macros reduced its flags, or from the flags themselves."""
    reduced = environment.get("LTOCHECK_FLAGS")
    if reduced:
        for word in re.findall(r"[^,\s]+", reduced, re.ASCII):
            language, _, state = word.partition("=")
            yield LANGUAGES.get(language, language), state
        return
    for language, variables in FLAG_VARIABLES.items():
        flags = next((environment[name] for name in variables if environment.get(name)), "")
        yield language, lto_flags(flags).state


def check(settings: HookSettings, err: TextIO | None) -> ExitCode:
    """Judge the build root, print the message, and write the report that was asked for; returns the exit status."""
    policy = _with_exclusion(load_policy(settings.policy), settings)
    package = PackageFacts(
        name=settings.package,
        arch=settings.arch,
        opt_in=bool(settings.opt_in_evidence),
        opt_in_evidence=settings.opt_in_evidence,
        declared=settings.declared,
        flags=settings.flags,
        stage=settings.stage,
    )
    items = without_forbidden(walk_tree(settings.root, lambda path: f"/{path}"), err)
    if settings.state:
        keep = recall_empty if settings.stage is Stage.STRIPPED else record_empty
        items = keep(items, settings.state)
    target = Target(settings.root, TargetType.TREE, package, items)
    message = PackagerMessage(settings.package, settings.report, policy.url, verbose=settings.verbose)
    judge = Judge(policy, date.today())
    if settings.report:
        outcome = _drive_with_report(judge, target, message, settings.report)
    else:
        outcome = drive(judge, [target], [message])
    _say(err, *message.lines(stops_build=settings.mode != "warn"))
    return outcome.exit_code


def without_forbidden(items: Iterator[Item], err: TextIO | None) -> Iterator[Item]:
    """Warn of files that this user may not read: they stop no build, because rpmbuild cannot package them either."""
    forbidden = 0
    for item in items:
        if isinstance(item, ObjectItem) and item.facts.obstacle is Obstacle.FORBIDDEN:
            forbidden += 1
            name, problem = for_terminal(item.path), text_of_all(item.facts.reasons)
            _say(err, FORBIDDEN_FILE.format(name=name, problem=problem))
            item = item._replace(facts=item.facts._replace(kind=Kind.OTHER))
        yield item
    if forbidden:
        yield FileCount(0, ((Omission.FORBIDDEN, forbidden),))


def _with_exclusion(policy: Policy, settings: HookSettings) -> Policy:
    """The policy with the package's own waiver added."""
    exclude = settings.exclude
    if not exclude.strip(BLANKS):
        return policy
    from checker.judging.exclusion import excluded_paths  # noqa: PLC0415 most packages have none

    try:
        pattern = Pattern.among(exclude, excluded_paths(exclude, settings.root))
    except UsageError as error:
        raise UsageError(f"{EXCLUDE_MACRO}: '{exclude}' {error}") from error
    reason = settings.exclude_why.strip(BLANKS) or f"excluded by {EXCLUDE_MACRO}"
    waiver = Waiver(reason, pattern, where=EXCLUDE_MACRO, is_package_own=True)
    return policy._replace(waivers=(*policy.waivers, waiver))


def _replacing(file: str) -> AbstractContextManager[TextIO]:
    """A file that replaces another one when it is complete; raises OSError, also for a pipe or socket."""
    if os.path.exists(file) and stat.S_IFMT(os.stat(file).st_mode) in (stat.S_IFIFO, stat.S_IFSOCK):
        raise OSError(0, PIPE)
    return replacing_text(file)


def _drive_with_report(judge: Judge, target: Target, message: PackagerMessage, file: str) -> Outcome:
    from checker.report.json import JsonReport  # noqa: PLC0415 most builds want no report, and wait for this
    from checker.report.sink import Detail, Heading  # noqa: PLC0415 as above

    try:
        with _replacing(file) as out:
            report = JsonReport(out, Heading(judge.policy.name, target.package.opt_in), Detail())
            return drive(judge, [target], [message, report])
    except OSError as error:
        raise UsageError(f"%_ltocheck_report: {file}: {error.strerror}") from error


def record_empty(items: Iterator[Item], file: str) -> Iterator[Item]:
    """Record which objects have bytecode that defines nothing, for the second stage, where the bytecode is stripped."""
    import json  # noqa: PLC0415 as above

    try:
        with _replacing(file) as out:
            for item in items:
                if isinstance(item, ObjectItem) and item.facts.kind in (Kind.SLIM, Kind.MIXED) and item.facts.empty:
                    print(json.dumps(item[:3]), file=out)
                yield item
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error


def recall_empty(items: Iterator[Item], file: str) -> Iterator[Item]:
    """Mark the objects that the first stage recorded as empty; stripped, they no longer show it."""
    import json  # noqa: PLC0415 as above

    empty = set()
    if os.path.exists(file):
        try:
            empty = {tuple(json.loads(line)) for line in read_file(file, LIMITS.hook_state).splitlines()}
            os.unlink(file)  # read once; a later build of the package writes its own
        except Unavailable as error:
            raise UsageError(f"{file}: {error.detail}") from error
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise UsageError(f"{file}: not what the first stage wrote") from error
    for item in items:
        if isinstance(item, ObjectItem) and item.facts.kind is Kind.HOLLOW and item[:3] in empty:
            item = item._replace(facts=item.facts._replace(empty=True))
        yield item
