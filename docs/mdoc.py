# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages in mdoc: heads, lists, paragraphs, and text in which nothing has a meaning for roff."""

import os
import re
import textwrap
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from checker import __version__
from docs.commands import PROGRAM

SENTENCE_END = re.compile(r"(?<=[^\s.][.!?])\s+(?=[A-Z`%(\[])")


def head(name: str, section: int, summary: str) -> Iterator[str]:
    """The beginning of every page."""
    made = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), UTC)
    yield '.\\" SPDX-License-Identifier: GPL-2.0-or-later'
    yield f".Dd {made:%B} {made.day}, {made.year}"
    yield f".Dt {name.upper()} {section}"
    yield f".Os {PROGRAM} {__version__}"
    yield ".Sh NAME"
    yield f".Nm {name}"
    summary = " ".join(summary.split()).rstrip(".")
    yield f".Nd {escaped(summary[0].lower() + summary[1:])}"


def listing(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A list of items with text; nothing for none."""
    lines = [line for item, text in items for line in (item, *prose(text))]
    if lines:
        yield from (".Bl -tag -width Ds", *lines, ".El")


def paragraphs(text: str) -> Iterator[str]:
    """Text whose paragraphs are separated by empty lines."""
    for paragraph in filter(None, text.split("\n\n")):
        yield ".Pp"
        yield from prose(paragraph)


def prose(text: str) -> Iterator[str]:
    """One paragraph, every sentence on lines of its own, as roff wants it."""
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        for line in textwrap.wrap(escaped(sentence), 78, break_long_words=False, break_on_hyphens=False):
            yield f"\\&{line}" if line[0] in ".'" else line


def literal(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they are, indented."""
    yield ".Bd -literal -offset indent"
    yield from (f"\\&{escaped(line, bold=False)}" for line in lines)
    yield ".Ed"


def word(text: str) -> str:
    """One argument of a macro, which roff takes as it is."""
    return '"\\&' + escaped(text).replace('"', "\\(dq") + '"'


def escaped(text: str, *, bold: bool = True) -> str:
    """Text without a meaning for roff; what stands in backquotes is bold, unless all is to stay as it is."""
    text = re.sub(r"(?<![\w\\])-(?=[\w-])|(?<=-)-(?=\w)", "\\-", text.replace("\\", "\\e"))
    return re.sub("`([^`]*)`", r"\\fB\1\\fP", text) if bold else text.replace("`", "\\(ga")


def join(lines: Iterable[str]) -> str:
    """Lines as a file."""
    return "\n".join(lines) + "\n"
