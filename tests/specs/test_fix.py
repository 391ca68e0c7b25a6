# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from checker.errors import Obstacle, Unavailable
from checker.specs.fix import opted_in, unified
from tests.toolbox import run

MACRO = "_fat_lto_objects"
FILES = b"Name: x\n%files\n/usr/lib/libx.a\n"
SHELL = b"%build\nexport CFLAGS='%{optflags} -ffat-lto-objects'\n"
LINE = b"%global _fat_lto_objects 1\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FILES, LINE + b"\n" + FILES),
        (b"\n\n" + FILES, b"\n\n" + LINE + b"\n" + FILES),
        (b"# SPDX-License-Identifier: MIT\n" + FILES, b"# SPDX-License-Identifier: MIT\n\n" + LINE + b"\n" + FILES),
        (b"# Copyright x\n\n%global a 1\n" + FILES, b"# Copyright x\n\n" + LINE + b"%global a 1\n" + FILES),
        (b"# a is one\n%global a 1\n" + FILES, LINE + b"# a is one\n%global a 1\n" + FILES),
        (b"# SPDX x\n%global a 1\n" + FILES, b"# SPDX x\n\n" + LINE + b"%global a 1\n" + FILES),
        (b"# %global a 1\n" + FILES, LINE + b"\n# %global a 1\n" + FILES),
        (FILES.replace(b"\n", b"\r\n"), (LINE + b"\n" + FILES).replace(b"\n", b"\r\n")),
        (FILES.rstrip(), LINE + b"\n" + FILES.rstrip()),
        (b"\xef\xbb\xbf" + FILES, b"\xef\xbb\xbf" + LINE + b"\n" + FILES),
        (b"# \xe9t\xe9\n\n" + FILES, b"# \xe9t\xe9\n\n" + LINE + b"\n" + FILES),
        (SHELL + FILES, LINE + SHELL + FILES),
    ],
)  # fmt: skip
def test_the_line_goes_where_a_maintainer_would_put_it(before: bytes, after: bytes) -> None:
    assert opted_in(before, MACRO) == after
    assert opted_in(after, MACRO) == after, "a second time changes nothing"


def test_macro_names_come_from_the_policy() -> None:
    fixed = opted_in(FILES, "_ships_objects")
    assert isinstance(fixed, bytes)
    assert fixed.startswith(b"%global _ships_objects 1\n")


@pytest.mark.parametrize("before", [LINE + FILES, b"%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects\n" + FILES])
def test_what_is_opted_in_stays_as_it_is(before: bytes) -> None:
    assert opted_in(before, MACRO) is before


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (b"Name: x\n%files\n", "ships no objects"),
        (b"%build\n%configure --enable-static\n%files\n%{_libdir}/x/\n", "nothing shows whether"),
        (b"%define _lto_cflags %{nil}\n" + FILES, "line 1 turns LTO off"),
        (b"%global _lto_cflags -flto=thin\n" + FILES, "line 1 sets LTO flags of its own"),
        (b"%build\n%meson -Db_lto=true\n" + FILES, "line 2: -Db_lto=true"),
        (FILES + b"%build\n%configure\n%global _fat_lto_objects 1\n", "below commands"),
        (FILES + b"%global _fat_lto_objects 0\n", "line 4 sets %_fat_lto_objects as well"),
        (b"%if 1\n" + FILES, "line 1: %if without %endif"),
        (FILES + b"\0", "NUL"),
    ],
)
def test_doubt_is_a_refusal_with_a_reason(before: bytes, reason: str) -> None:
    with pytest.raises(Unavailable) as refusal:
        opted_in(before, MACRO)
    assert refusal.value.obstacle is Obstacle.REFUSED
    assert reason in refusal.value.detail


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\r\n"])
@pytest.mark.parametrize("name", ["x.spec", "with space.spec"])
def test_the_diff_can_be_applied(tmp_path: Path, end: bytes, name: str) -> None:
    before = b"# \xe9\n" + FILES.rstrip() + end
    after = opted_in(before, MACRO)
    (tmp_path / name).write_bytes(before)
    (tmp_path / "x.diff").write_bytes(unified(name, before, after))
    run("patch", "-p1", "--fuzz=0", "-i", "x.diff", cwd=tmp_path)
    assert (tmp_path / name).read_bytes() == after


def test_doubt_about_file_lists_ends_where_packages_are_known() -> None:
    before = b"%build\n%configure --enable-static\n%files\n%{_libdir}/x/\n"
    with pytest.raises(Unavailable):
        opted_in(before, MACRO)
    assert opted_in(before, MACRO, ships=True) == LINE + before
    with pytest.raises(Unavailable):
        opted_in(b"%define _lto_cflags %{nil}\n" + before, MACRO, ships=True)
    with pytest.raises(Unavailable, match=r"its file lists name no object: is it of another version\?"):
        opted_in(b"Name: x\n%files\n", MACRO, ships=True)
