# SPDX-License-Identifier: GPL-2.0-or-later
"""XML that is not trusted: expat bounds what its entities grow to (since 2.4.1), and loads no others."""

from xml.etree.ElementTree import Element, ParseError, fromstring


class NotXmlError(Exception):
    """Why something cannot be read as XML."""


def parse_xml(data: bytes | bytearray) -> Element:
    """The root of a document that is held in memory; raises NotXmlError."""
    try:
        return fromstring(data)  # noqa: S314 see above
    except (ParseError, LookupError, ValueError) as error:  # the latter two are about encodings
        raise NotXmlError(str(error)) from error
