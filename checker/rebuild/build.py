# SPDX-License-Identifier: GPL-2.0-or-later
"""One build of one source package in one arm, from laying out its sources to its facts: the task of a worker."""

import glob
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from checker.errors import LtocheckError, Obstacle, Unavailable
from checker.model.rebuilds import Cause, CauseGroup, ResultWord
from checker.rebuild import keep
from checker.rebuild.builders import CAPTURED, SOURCE_PACKAGE, STDOUT
from checker.rebuild.configure import configured
from checker.rebuild.cross import STOPPED
from checker.rebuild.facts import BuildFacts
from checker.rebuild.hints import hints_in
from checker.rebuild.logs import LogFacts
from checker.rebuild.results import binary_packages, exclusive, facts_of, policy_named, read_logs, with_packages
from checker.rebuild.sandbox import HOOK, TOP, Ended, bounded, bubblewrap, given_to_nobody, run
from checker.rebuild.sources import lay_out
from checker.rebuild.tasks import BuildSettings, Built, Task, not_tried
from checker.rebuild.workspace import workspace
from checker.shipped import LINES, macros_folder
from checker.specs.spec_file import read_spec_file

HOOK_SCRIPT = "brp-ltocheck-lua"


def build(task: Task, settings: BuildSettings) -> Built:
    """Build once; a source package that cannot be read or laid out is a build that was not tried, with a reason."""
    sandboxed = settings.builder.sandbox and not settings.trusted
    try:
        with _ended_in_order(), workspace(None if sandboxed else task.source.path) as work:
            return _Build(task, settings, work).run()
    except Unavailable as error:
        return not_tried(task, f"{task.source.path} {error.detail}")
    except LtocheckError:
        raise
    except Exception as error:  # one source package must not end the rebuild of all others
        return not_tried(task, f"made ltocheck fail: {type(error).__name__}: {error}")


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """At SIGTERM, end the build with all its processes and remove its folder before this process ends."""
    if threading.current_thread() is not threading.main_thread():  # a cluster's worker, which handles its signals
        yield
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    except SystemExit:
        os._exit(1)  # a worker would take the next build
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit


class _Build:
    def __init__(self, task: Task, settings: BuildSettings, work: Path) -> None:
        self._task = task
        self._settings = settings
        self._builder = settings.builder
        self._sandboxed = settings.builder.sandbox and not settings.trusted
        self._top = work / "top"
        self._log = work / "log"
        self._hook = work / "hook"

    def run(self) -> Built:
        top = self._top
        for folder in ("", "tmp", "results"):
            (top / folder).mkdir()
        policy = policy_named(self._settings.policy)
        spec, unread = lay_out(self._task.source, top)
        data = read_spec_file(str(spec)).data
        spec.write_bytes(self._task.arm.apply(data, policy.macro))
        source = self._packed(spec) if self._builder.needs == SOURCE_PACKAGE else spec
        names = self._names(spec, source)
        for name, text in self._builder.files.items():
            (top / name).write_text(text.format_map(names), encoding="utf-8")
        if self._task.cross is not None:
            self._task.cross.prepare(top)
        ended = self._run([word.format_map(names) for word in self._builder.command], is_sandboxed=self._sandboxed)
        if self._builder.after and ended.stopped is None:
            captured = _captured(self._builder.capture or "", self._log)
            after = [word.format_map({**names, CAPTURED: captured}) for word in self._builder.after]
            self._run(after, is_sandboxed=self._sandboxed)
        said, log = read_logs(self._logs(names), self._task.token if self._sandboxed else None)
        is_configured = self._task.cross is not None and said.status == STOPPED
        facts = replace(
            self._facts(said, is_configured or self._succeeded(ended, said), ended.stopped), exclusive=exclusive(data)
        )
        texts: dict[str, bytes] = {}
        tree = Path(self._outside(self._builder.tree.format_map(names))) if self._builder.tree is not None else None
        if tree is not None and facts.result is not ResultWord.NOT_TRIED:
            facts = replace(facts, configured=keep.text(configured(tree), texts), hints=hints_in(tree))
        facts = with_packages(facts, self._packages(names), said, self._settings.policy, texts, tree)
        return Built(_without(facts, unread), log, texts)

    def _succeeded(self, ended: Ended, said: LogFacts) -> bool:
        """Whether the build succeeded, by the status of rpmbuild, or by the log of another builder."""
        if self._builder.log == STDOUT:
            return ended.status == 0
        return not said.failed and (ended.status == 0 or said.wrote)

    def _packed(self, spec: Path) -> Path:
        """Pack a source package with the spec as this arm changes it, in the sandbox, because rpm runs code in specs.

        Raises Unavailable.
        """
        top = TOP if not self._settings.trusted else str(self._top)
        command = ["rpmbuild", "-bs", "--nodeps", f"--define=_topdir {top}", f"{top}/{spec.relative_to(self._top)}"]
        self._run(command, is_sandboxed=not self._settings.trusted)
        for package in (self._top / "SRPMS").glob("*.src.rpm"):
            return package
        raise Unavailable(Obstacle.REFUSED, "cannot be packed again: rpmbuild -bs fails")

    def _names(self, spec: Path, source: Path) -> dict[str, str]:
        """The values of names in a builder's texts; folders are those inside the sandbox."""
        top = self._inside(self._top)
        return {
            **self._settings.environment,
            "top": top,
            "results": f"{top}/results",
            "spec": self._inside(spec),
            "source": self._inside(source),
            "arm": self._task.arm.name,
            "arch": self._task.arch,
            "cpus": str(self._settings.cpus),
            "stage": "c" if self._task.cross else "b",
            "nodeps": "--nodeps" if self._settings.nodeps else "--define=_ltocheck_nodeps 0",
            "macros": self._macros(),
            "stdout": str(self._log),
        }

    def _inside(self, path: Path) -> str:
        return str(path).replace(str(self._top), TOP, 1) if self._sandboxed else str(path)

    def _outside(self, text: str) -> str:
        return text.replace(TOP, str(self._top), 1) if self._sandboxed and text.startswith(TOP) else text

    def _macros(self) -> str:
        """The text of all macros that are loaded after the vendor's."""
        parts = [self._settings.profile]
        if self._builder.brings_hook:
            parts = [file.read_text(encoding="utf-8") for file in sorted(macros_folder().glob("macros.ltocheck*"))]
            parts += [self._settings.profile, f"%_ltocheck_brp {self._bring_hook()}"]
        parts += [self._task.arm.macros, (macros_folder() / "arms" / LINES).read_text(encoding="utf-8")]
        parts.append(f"%_ltocheck_token {self._task.token}")
        if self._task.cross is not None:
            parts.append(self._task.cross.macros())
        return "\n".join(parts) + "\n"

    def _bring_hook(self) -> str:
        """Copy the hook with its Lua engine, which needs only rpm, to where a build can run it; returns its path."""
        if not self._hook.exists():
            shutil.copytree(macros_folder() / "lua", self._hook / "lua")
            shutil.copy(macros_folder() / HOOK_SCRIPT, self._hook)
            (self._hook / HOOK_SCRIPT).chmod(0o755)
            given_to_nobody(self._hook)
        return str((Path(HOOK) if self._sandboxed else self._hook) / HOOK_SCRIPT)

    def _run(self, command: list[str], *, is_sandboxed: bool) -> Ended:
        settings, bounds = self._settings, self._builder.bounds
        variables = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        if self._task.cross is not None:
            variables = self._task.cross.environment(variables, self._inside(self._top))
        if is_sandboxed:
            given_to_nobody(self._top)
            variables["HOME"] = TOP
            hook = self._hook if self._hook.exists() else None
            command = bounded([*bubblewrap(self._top, hook, variables), *command], bounds)
            return run(command, self._log, self._top, bounds, None)
        if self._builder.sandbox:
            variables["HOME"] = str(self._top)
            return run(command, self._log, self._top, bounds, variables)
        return run(command, self._log, self._top, bounds, {**os.environ, **settings.environment})

    def _logs(self, names: dict[str, str]) -> list[Path]:
        """The logs of the build, or the output of the command if there are none."""
        if self._builder.log == STDOUT:
            return [self._log]
        escaped = {name: glob.escape(value) for name, value in names.items()}
        found = map(Path, sorted(glob.glob(self._outside(self._builder.log.format_map(escaped)))))
        return [path for path in found if path.is_file() and not path.is_symlink()] or [self._log]

    def _packages(self, names: dict[str, str]) -> list[Path]:
        return binary_packages(Path(self._outside(self._builder.packages.format_map(names))))

    def _facts(self, said: LogFacts, succeeded: bool, stopped: str | None) -> BuildFacts:
        facts = facts_of(said, succeeded, self._task.arch)
        if stopped is not None:
            cause = Cause(stopped, CauseGroup.ENVIRONMENT, f"ended by the bounds of the builder {self._builder.name}")
            return replace(facts, result=ResultWord.FAILED, cause=cause)
        return facts


def _without(facts: BuildFacts, unread: Mapping[str, str]) -> BuildFacts:
    """The facts; a build that failed because a file beside its spec could not be read was not tried."""
    said = facts.reason or (facts.cause.line if facts.cause else "")
    for name, why in unread.items():
        if re.search(rf"(?<![^\s/'\"]){re.escape(name)}(?![\w.-])", said or ""):
            reason = f"{name}, beside the spec, cannot be read: {why}"
            return replace(facts, result=ResultWord.NOT_TRIED, phase=None, cause=None, reason=reason)
    return facts


def _captured(pattern: str, log: Path) -> str:
    """The part of a command's output that the next command needs; raises Unavailable."""
    for piece in keep.pieces(log):
        if found := re.search(pattern.encode(), piece):
            return found[1].decode("utf-8", "replace")
    raise Unavailable(Obstacle.INACCESSIBLE, "was not built: the builder did not say what is to be fetched")
