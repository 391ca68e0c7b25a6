# SPDX-License-Identifier: GPL-2.0-or-later
"""What is needed is said in several places, which must agree: the guide, the Makefile, pyproject.toml, the spec."""

import re
import tomllib

from checker import requires
from checker.cli.version import COMPONENTS
from tests.toolbox import ROOT

ROWS = re.findall(
    r"^\| ([^|]*?) *\| `([^|]*)` \| `?([^|`]*)`? ?\| `?([^|`]*)`? ?\|$",
    (ROOT / "docs/guide/install.md").read_text(),
    re.MULTILINE,
)
DEBIAN, FEDORA, OPENSUSE = ({name for row in ROWS for name in row[column].split()} for column in (1, 2, 3))


def test_debian_s_packages_are_those_of_the_makefile() -> None:
    text = (ROOT / "Makefile").read_text().replace("\\\n", "")
    lists = dict(re.findall(r"^(\w+_PACKAGES) := (.+)$", text, re.MULTILINE))
    others = re.findall(r"^system-(?:matrix|rebuild): PACKAGES = (.+)$", text, re.MULTILINE)
    names = {name for names in (*lists.values(), *others) for name in names.split() if not name.startswith("$")}
    from_pip = {each.debian for each in (requires.URLLIB3, requires.DISTRIBUTED, requires.SOLV, requires.PYGLS)}
    assert names | from_pip == DEBIAN


def test_what_the_program_asks_for_is_in_the_table() -> None:
    asked = [value for value in vars(requires).values() if isinstance(value, requires.Requirement)]
    assert len(asked) >= 5
    for each in asked:
        assert each.debian in DEBIAN
        assert each.fedora in FEDORA
        assert each.opensuse in OPENSUSE


def test_libraries_are_required_by_the_spec_and_told_by_version() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    spec = (ROOT / "packaging/ltocheck.spec").read_text()
    told = {name for name, *_ in COMPONENTS}
    for requirement in wanted:
        name, _, version = requirement.partition(">=")
        version = version.partition(",")[0]  # an upper bound is for pip alone: a distribution has one version
        if name == "rpm":  # what finds the bindings in a virtual environment has a version of its own
            assert re.search(r"^Requires: +python3-rpm$", spec, re.MULTILINE)
            assert "rpm bindings" in told
        else:
            assert re.search(rf"^Requires: +python3dist\({name}\) >= {re.escape(version)}$", spec, re.MULTILINE), name
            assert name in told
