# SPDX-License-Identifier: GPL-2.0-or-later
"""What `ltocheck spec --fix` writes makes a build pass that the hook stopped before."""

from pathlib import Path

import pytest

from checker.specs.fix import opted_in
from tests.rpmbuild.harness import Maker
from tests.toolbox import ROOT

SPEC = (ROOT / "fixtures/specs/static.spec").read_bytes()


@pytest.mark.parametrize("layout", ["stock", "fedora", "opensuse", "alt", "mageia", "openeuler", "openmandriva"])
def test_a_fixed_spec_passes_the_hook(rpmbuild: Maker, tmp_path: Path, layout: str) -> None:
    (tmp_path / "greet.c").write_text("int greet(void) { return 1; }\n")
    sources = f"--define=_sourcedir {tmp_path}"
    before = rpmbuild(layout=layout).run(SPEC.decode(), sources).failed()
    assert before.findings() == [("slim-object", "/usr/lib64/libgreet.a", "greet.o")]
    fixed = opted_in(SPEC, "_fat_lto_objects")
    assert isinstance(fixed, bytes)
    after = rpmbuild(layout=layout).run(fixed.decode(), sources).passed()
    assert after.findings() == []
