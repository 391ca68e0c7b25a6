# SPDX-License-Identifier: GPL-2.0-or-later
"""The common part of HTML pages: templates that escape every value, and hashes for a strict security policy."""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from checker.limits import LIMITS
from checker.report.names import for_terminal, size
from checker.report.words import text_of

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def environment() -> Environment:
    """The environment of the templates, which escapes and shortens every text."""
    templates = Environment(
        loader=PackageLoader("checker.report"),
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    templates.filters |= {"text": text_of, "number": number, "size": size, "moment": _moment}
    return templates


def source_of(templates: Environment, name: str) -> Markup:
    """The source of a shipped file, not escaped."""
    assert templates.loader
    return Markup(templates.loader.get_source(templates, name)[0])  # noqa: S704 no value from outside is in it


def style_of(templates: Environment, name: str) -> Markup:
    """The style of a page: what pages share, then its own."""
    return source_of(templates, "page.css") + source_of(templates, f"{name}.css")


def page_hash(text: str) -> Markup:
    """What the page's security policy knows a style or a script by (CSP Level 3, section 2.3.1)."""
    return Markup("'sha256-{}'").format(b64encode(sha256(text.encode()).digest()).decode())


def number(value: int) -> str:
    """With commas."""
    return f"{value:,}"


def _finalized(value: Any) -> Any:
    """What a template writes of a value: every text from outside comes through here, and is then escaped."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return for_terminal(value if len(value) <= LIMITS.report_text else f"{value[: LIMITS.report_text]}{ELLIPSIS}")


def _moment(text: str) -> str:
    """A time of a store, which is in UTC."""
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"
