# SPDX-License-Identifier: GPL-2.0-or-later
"""The table in docs/guide/install.md names what the Makefile installs and what the program asks for."""

import re

from checker import requires
from tests.toolbox import ROOT

ROWS = re.findall(
    r"^\| ([^|]*?) *\| `([^|]*)` \| `([^|]*)` \| `([^|]*)` \|$",
    (ROOT / "docs/guide/install.md").read_text(),
    re.MULTILINE,
)
DEBIAN, FEDORA, OPENSUSE = ({name for row in ROWS for name in row[column].split()} for column in (1, 2, 3))


def test_debian_s_packages_are_those_of_the_makefile() -> None:
    text = (ROOT / "Makefile").read_text().replace("\\\n", "")
    lists = dict(re.findall(r"^(\w+_PACKAGES) := (.+)$", text, re.MULTILINE))
    matrix = set(re.findall(r"^system-matrix: PACKAGES = (.+)$", text, re.MULTILINE))
    names = {name for names in lists.values() for name in names.split() if not name.startswith("$")}
    assert names | matrix == DEBIAN


def test_what_the_program_asks_for_is_in_the_table() -> None:
    asked = [value for value in vars(requires).values() if isinstance(value, requires.Requirement)]
    assert len(asked) >= 5
    for each in asked:
        assert each.debian in DEBIAN
        assert each.fedora in FEDORA
        assert each.opensuse in OPENSUSE
