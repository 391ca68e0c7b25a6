# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from checker.specs.patterns import Match, covers, matches_objects


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("/usr/lib/libx.a", Match.SURELY),
        ("%{_libdir}/*.a", Match.SURELY),
        ("%{_libdir}/*.[ao]", Match.SURELY),
        ("%{_libdir}/*.[!s]", Match.SURELY),
        ("%{_libdir}/lib%{name}.{a,la}", Match.SURELY),
        ("%{_libdir}/{x,y}.o", Match.SURELY),
        ("%{_libdir}/libx.a*", Match.SURELY),
        ("%{_libdir}/libx.*a", Match.PERHAPS),
        ("%{_libdir}/*.?", Match.PERHAPS),
        ("%{_libdir}/*.so", Match.NEVER),
        ("%{_libdir}/libx.la", Match.NEVER),
        ("%{_libdir}/libx.so.*", Match.NEVER),
        ("%{_libdir}/libx*", Match.NEVER),
        ("%{_libdir}/data", Match.NEVER),
        ("%{_libdir}/x.a/", Match.NEVER),
        ("", Match.NEVER),
        ("{" * 300 + ",.a" + "}" * 300, Match.NEVER),
    ],
)
def test_matches_objects(path: str, match: Match) -> None:
    assert matches_objects(path) is match


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("%{_libdir}/*.a", "%{_libdir}/libx.a", True),
        ("%{_libdir}/*.a", "%{_libdir}/*.a", True),
        ("%{_libdir}/lib{x,y}.a", "%{_libdir}/libx.a", True),
        ("%{_libdir}/libx.a", "%{_libdir}/lib{x,y}.a", False),
        ("%{_libdir}/*.la", "%{_libdir}/libx.a", False),
    ],
)
def test_covers(pattern: str, path: str, expected: bool) -> None:
    assert covers(pattern, path) is expected
