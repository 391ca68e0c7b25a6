# SPDX-License-Identifier: GPL-2.0-or-later
"""XML that is not trusted: expat bounds what its entities grow to (since 2.4.1), and loads no others."""

from xml.etree.ElementTree import Element, ParseError, fromstring

from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS


def parse_xml(data: bytes | bytearray, what: str, limit: int = LIMITS.document_tags) -> Element:
    """The root of a document that is held in memory; raises Unavailable, which calls it `what`.

    `limit` bounds its tags and attributes, which take a hundred times more memory when they are parsed than as text.
    """
    if data.count(b"<") + data.count(b"=") > limit:
        raise Unavailable(Obstacle.TOO_LARGE, f"has a {what} of more than {limit} tags and attributes")
    try:
        return fromstring(data)  # noqa: S314 see above
    except (ParseError, LookupError, ValueError) as error:  # the latter two are about encodings
        raise Unavailable(Obstacle.MALFORMED, f"has a {what} that is no XML: {error}") from error
