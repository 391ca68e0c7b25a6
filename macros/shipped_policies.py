# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes checker/judging/shipped_policies.py: what stands in the files of policies/, as Python's own data.

So the hook imports no reader of TOML, which takes longer than all it has to judge in most packages. A test compares
the module with what is committed.
"""

import json
import tomllib
from pathlib import Path

from checker.shipped import policy_folder

FILE = Path(__file__).resolve().parent.parent / "checker" / "judging" / "shipped_policies.py"
HEAD = """\
# SPDX-License-Identifier: GPL-2.0-or-later
# fmt: off
# ruff: noqa: D100, E501
# Generated from policies/ by `make data`; change those instead.

from typing import Any

POLICIES: dict[str, dict[str, Any]] = """


def generated() -> str:
    """The text of the module."""
    policies = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted(policy_folder().glob("*.toml"))}
    return f"{HEAD}{json.dumps(policies, indent=4)}\n"


if __name__ == "__main__":
    FILE.write_text(generated(), encoding="ascii")
