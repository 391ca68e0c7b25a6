# SPDX-License-Identifier: GPL-2.0-or-later
"""Names from hostile files, made fit to be shown."""

import re

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, what reorders text, and bytes that were not UTF-8."""

SURROGATE = re.compile("[\ud800-\udfff]")


def for_terminal(name: str) -> str:
    """A name on one line, with everything escaped that could move a cursor or break a line."""
    return UNPRINTABLE.sub(_escape, name) if UNPRINTABLE.search(name) else name


def for_data(name: str) -> str:
    """A name that is valid Unicode; bytes that were not UTF-8 are written in hexadecimal."""
    return SURROGATE.sub(_escape, name) if SURROGATE.search(name) else name


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(match[0], f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
