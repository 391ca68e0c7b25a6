# SPDX-License-Identifier: GPL-2.0-or-later
"""Names from hostile files, escaped for display; counts and sizes for people."""

import re

LAST_OF_PLANES = "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
NONCHARACTERS = f"\ufdd0-\ufdef{LAST_OF_PLANES}"
"""What Unicode (section 23.7) keeps out of texts, and HTML and XML forbid."""

UNPRINTABLE = f"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff{NONCHARACTERS}]"
"""Control characters, what reorders text, bytes that were not UTF-8, and what is no character at all.

An expression that is compiled when the first such name comes: nearly all are printable to Python, which is stricter.
"""

SURROGATE = "[\ud800-\udfff]"


def for_terminal(name: str) -> str:
    """A name on one line, with everything escaped that could move a cursor or break a line."""
    return name if name.isprintable() else re.sub(UNPRINTABLE, _escape, name)


def for_data(name: str) -> str:
    """A name that is valid Unicode; bytes that were not UTF-8 are written in hexadecimal."""
    return name if name.isascii() else re.sub(SURROGATE, _escape, name)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    form = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(match[0], form)


def plural(count: int, noun: str) -> str:
    """`1 object`, `2 objects`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def size(number: float) -> str:
    """Bytes in the unit that reads best."""
    for unit in UNITS:
        if number < 999.5 or unit == UNITS[-1]:
            break
        number /= 1000
    return f"{number:.3g} {unit}"
