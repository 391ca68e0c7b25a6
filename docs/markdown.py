# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages of the documentation as parts of manual pages: headings, paragraphs, lists, tables and blocks of code."""

import re
from collections.abc import Iterator

from docs.mdoc import listing, literal, paragraphs, prose, word

LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
CELL = re.compile(r"(?<!\\)\|")
BLOCK = re.compile(r"^```.*\n(?:.*\n)*?^```$|(?:.+\n?)+", re.MULTILINE)


def blocks(text: str) -> list[str]:
    """The headings, paragraphs, lists, tables and blocks of code of a page."""
    return [found[0].strip() for found in BLOCK.finditer(COMMENT.sub("", text))]


def rows(table: str) -> Iterator[list[str]]:
    """The cells of a table as plain text, less its head."""
    for line in table.splitlines()[2:]:
        yield [plain(cell.strip().replace(r"\|", "|")) for cell in CELL.split(line)[1:-1]]


def plain(text: str) -> str:
    """Text without links and emphasis; what stands in backquotes stays there."""
    return LINK.sub(r"\1", text).replace("**", "")


def mdoc(text: str) -> Iterator[str]:
    """A page less its title: its sections become subsections, and a table whose rows begin with a name a list."""
    is_first = True
    for block in blocks(text):
        if block.startswith("## "):
            yield f".Ss {word(block[3:])}"
        elif block.startswith("```"):
            yield from literal(block.splitlines()[1:-1])
        elif block.startswith("| "):
            yield from listing((f".It {word(', '.join(_names(first)))}", rest) for first, rest in rows(block))
        elif block.startswith("* "):
            items = [" ".join(item.split()) for item in re.split(r"^\* ", block, flags=re.MULTILINE)[1:]]
            yield from (".Bl -bullet", *(line for item in items for line in (".It", *prose(plain(item)))), ".El")
        elif not block.startswith("# "):
            yield from prose(plain(block)) if is_first else paragraphs(plain(block))
        is_first = block.startswith("#")


def _names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell) or [cell]
