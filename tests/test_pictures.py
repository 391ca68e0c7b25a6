# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures in the documentation can be read: by everybody, in the light and in the dark, and without a network."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.toolbox import ROOT

PICTURES = sorted((ROOT / "docs").glob("**/*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
READABLE = 4.5
"""The contrast of text that WCAG 2 asks for (level AA)."""

picture = pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)


@picture
def test_it_says_what_it_shows(file: Path) -> None:
    root = ET.parse(file).getroot()
    labels = {str(element.get("id")): element.text or "" for element in root.iter() if element.get("id")}
    assert root.get("role") == "img"
    for name in str(root.get("aria-labelledby")).split():
        assert len(labels[name]) > 20
    assert [element.text for element in root.iter(f"{SVG}text")], "text is text"


@picture
def test_it_is_small_and_needs_nothing_else(file: Path) -> None:
    text = file.read_text()
    assert len(text) < 16_000
    assert not re.search(r"<(image|script|foreignObject|use)|href|@import|@font-face|url\((?!#)|<!ENTITY", text)
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


@picture
def test_text_stands_out_in_both_modes(file: Path) -> None:
    style = ET.parse(file).getroot().findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"([.\w]+) \{[^}]*?fill: (#\w{6})", light))
    for mode in (colours, colours | dict(re.findall(r"([.\w]+) \{[^}]*?fill: (#\w{6})", dark))):
        texts = [mode[name] for name in ("text", ".small") if name in mode]
        grounds = [mode[name] for name in mode if name not in ("text", ".small", ".tip")]
        assert ".page" in mode, "the page around it may have any colour"
        for text in texts:
            for ground in grounds:
                assert contrast(text, ground) >= READABLE, (text, ground)


@picture
def test_it_is_shown_with_a_text_in_its_place(file: Path) -> None:
    pages = "".join(page.read_text() for page in file.parent.glob("*.md"))
    (text,) = re.findall(rf"!\[([^\]]*)\]\({file.name}\)", pages)
    assert len(text) > 20


def test_the_picture_of_the_program_names_modules_that_are_there() -> None:
    text = (ROOT / "docs/concepts/architecture.svg").read_text()
    modules = {file.name for file in ROOT.glob("checker/**/*.py")}
    assert set(re.findall(r"\w+\.py", text)) <= modules
    assert all((ROOT / folder).is_dir() for folder in re.findall(r"checker/\w*/", text))


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances, as WCAG 2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """How bright a colour is, 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
