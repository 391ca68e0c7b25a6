# SPDX-License-Identifier: GPL-2.0-or-later
"""The values of the options of `ltocheck rebuild`."""

import platform
from collections.abc import Iterable
from pathlib import Path

from checker.audit.store import Store
from checker.cli.choices import architectures
from checker.errors import UsageError, unknown
from checker.rebuild.builders import Builder
from checker.rebuild.collect import Collected, find_builds
from checker.rebuild.cross import Cross
from checker.rebuild.sources import SourcePackage
from checker.shipped import DEFAULT_BUILDER, macros_folder
from checker.specs.profiles import load_profile


def profile_of(builder: Builder, target: str) -> str:
    """The macros of a distribution: all of them, or only its flags where its own macros are there."""
    if builder.profile == "targets" or "/" in target:
        return load_profile(target).text.decode("utf-8", "surrogateescape")
    file = macros_folder() / "flags" / target
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        known = sorted(each.name for each in file.parent.iterdir())
        raise UsageError(
            f"--target {target}: {unknown('distribution', target, known, ', or a file of macros')}"
        ) from error
    except OSError as error:
        raise UsageError(f"--target {target}: {error.strerror}: {file}") from error


def arches_of(text: str, builder: Builder, configure_only: bool) -> tuple[tuple[str, Cross | None], ...]:
    """Architectures, each with its cross compiler where configure is all that is wanted; raises UsageError."""
    machine = platform.machine()
    arches = architectures(text) if text else [machine]
    if configure_only:
        if not builder.brings_hook:
            raise UsageError(f"--configure-only: is for the builder {DEFAULT_BUILDER}; {builder.name} builds elsewhere")
        return tuple((arch, Cross.to(arch, machine)) for arch in arches)
    if builder.brings_hook and arches != [machine]:
        raise UsageError(f"--arch {text}: this machine builds for {machine}; --configure-only goes for others, too")
    return tuple((arch, None) for arch in arches)


def chosen_sources(found: Iterable[SourcePackage], run_name: str | None, store: Path) -> list[SourcePackage]:
    """All sources, or those of the packages that an audit looked at."""
    sources = list(found)
    if run_name is None:
        return sources
    with Store(store) as audits:
        wanted = {audits.target(entry).package.source for entry in audits.entries(audits.run(run_name))}
    chosen = [source for source in sources if source.name in wanted]
    if not chosen:
        raise UsageError(f"--from {run_name}: no package that this audit looked at is of one of these sources")
    return chosen


def to_collect(folders: list[str], arms: list[str], policy: str) -> list[Collected]:
    """The builds of others in folders, each of an arm; raises UsageError."""
    if arms and len(arms) != len(folders):
        raise UsageError(
            f"--arm: one for each folder of --collect is expected, {len(folders)}, or none where logs say it"
        )
    named = zip(folders, [*arms] or len(folders) * [None], strict=True)
    return [build for folder, arm in named for build in find_builds(folder, arm, policy)]
