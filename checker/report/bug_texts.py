# SPDX-License-Identifier: GPL-2.0-or-later
"""Texts of bugs for source packages or their owners, by a template. Nothing is sent anywhere."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from jinja2 import FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from checker.errors import UsageError
from checker.model.statements import Statement
from checker.model.transition import OPEN, Standing
from checker.report.names import for_terminal
from checker.report.words import text_of
from checker.rules.rule import opt_in_line

SHIPPED = ("bugzilla", "gitlab", "github", "plain")
SUFFIX = ".txt"
LONGEST = 100
"""Characters of a file's name, without its suffix."""


def write_bugs(
    template: str, standings: Iterable[Standing], macro: str, folder: Path, by_owner: bool
) -> tuple[int, int]:
    """Write a file for each source package that is open and has no bug, or for each owner of some.

    Returns how many were written, and how many source packages have a bug already; raises UsageError.
    """
    left = [one for one in standings if one.state in OPEN]
    filed = sum(bool(one.note and one.note.bug) for one in left)
    left = [one for one in left if not (one.note and one.note.bug)]
    environment, name = _environment(template)
    written = 0
    try:
        loaded = environment.get_template(name)
        folder.mkdir(parents=True, exist_ok=True)
        for key, packages in _files(left, by_owner):
            text = loaded.render(packages=packages, owner=packages[0].owner, line=opt_in_line(macro))
            path = folder / f"{quote(key, safe=' +', errors='surrogateescape')[:LONGEST]}{SUFFIX}"
            path.write_text(text.rstrip("\n") + "\n", encoding="utf-8", errors="backslashreplace")
            written += 1
    except TemplateError as error:
        raise UsageError(f"--bugs {template}: {for_terminal(str(error))}") from error
    except OSError as error:
        raise UsageError(f"--output {error.filename or folder}: {error.strerror}") from error
    return written, filed


def _environment(template: str) -> tuple[SandboxedEnvironment, str]:
    """A shipped template by its name, or a file; a template of one's own can import the parts of the shipped ones."""
    options = {"undefined": StrictUndefined, "trim_blocks": True, "finalize": _finalized, "keep_trailing_newline": True}
    shipped = PackageLoader("checker.report")
    if template in SHIPPED:
        return SandboxedEnvironment(loader=shipped, **options), f"bugs/{template}{SUFFIX}"
    file = Path(template)
    if not file.is_file():
        raise UsageError(f"--bugs {template}: expected {', '.join(SHIPPED)}, or a file with a template")
    return SandboxedEnvironment(loader=FileSystemLoader([file.parent, *shipped_folders(shipped)]), **options), file.name


def shipped_folders(loader: PackageLoader) -> list[str]:
    """Where the shipped templates are."""
    return [loader._template_root]  # noqa: SLF001 jinja has no other way to say it


def _finalized(value: object) -> object:
    """Names from packages on one line each, without what moves a cursor."""
    value = text_of(value) if isinstance(value, Statement) else value
    return "\n".join(map(for_terminal, value.split("\n"))) if isinstance(value, str) else value


def _files(left: list[Standing], by_owner: bool) -> Iterator[tuple[str, list[Standing]]]:
    groups: dict[str, list[Standing]] = {}
    for one in left:
        groups.setdefault((one.owner or "nobody") if by_owner else one.source, []).append(one)
    yield from groups.items()
