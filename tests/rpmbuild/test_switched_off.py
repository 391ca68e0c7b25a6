# SPDX-License-Identifier: GPL-2.0-or-later
"""`ltocheck spec` says that a spec keeps the check from running exactly where a build shows it."""

import pytest

from checker.model.specs import Observed
from checker.specs.lexical import look_lexically
from tests.rpmbuild.harness import SPEC, Maker

PLACEMENTS = ("hook", "vendor")


@pytest.mark.parametrize(
    ("top", "install"),
    [
        ("", ""),
        ("%global __os_install_post %{nil}", ""),
        ("%global __arch_install_post %{nil}", ""),
        ("%global __debug_install_post %{nil}", ""),
        ("%global __spec_install_post %{nil}", ""),
        ("%define __spec_install_post %{?__brp_ltocheck} %{__arch_install_post}", ""),
        ("%global __brp_ltocheck %{nil}", ""),
        ("%undefine __brp_ltocheck", ""),
        ("%global _ltocheck_mode off", ""),
        ("%global _ltocheck_mode warn", ""),
        ("%global _ltocheck_brp /bin/true", ""),
        ("%global _ltocheck_policy fedora", ""),
        ("%global __brp_ltocheck_exclude_from ^/nowhere$", ""),
        ("", "export LTOCHECK_MODE=off"),
        ("", "exit 0"),
        ("", "if false; then\n  exit 0\nfi"),
        ("", "cat >/dev/null <<EOF\nexit 0\nEOF"),
    ],
)
def test_what_keeps_the_check_from_running(rpmbuild: Maker, top: str, install: str) -> None:
    runs = ["ltocheck installed" in rpmbuild(placement=placement)(install, top=top).trace for placement in PLACEMENTS]
    spec = SPEC.format(top=top, name="demo", preamble="", middle="", build="", install=install)
    marks = look_lexically(spec.encode(), "_fat_lto_objects").observations
    assert any(seen.what is Observed.BYPASS for seen in marks) is not all(runs)
