# SPDX-License-Identifier: GPL-2.0-or-later
import random
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.limits import LIMITS
from checker.model.specs import LtoState, Observation, Observed, Ships, SpecFacts
from checker.specs.lexical import look_lexically
from tests.toolbox import ROOT

MACRO = "_fat_lto_objects"
SAMPLES = sorted((ROOT / "fixtures/specs").glob("*.spec"))
FAT = "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects\n"
OFF = "%define _lto_cflags %{nil}\n"


def look(text: str) -> SpecFacts:
    return look_lexically(text.encode(), MACRO)


def signs(facts: SpecFacts) -> set[Observed]:
    return {seen.what for seen in facts.observations}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", "default"),
        (OFF, "disabled"),
        ("%global _lto_cflags %nil\n", "disabled"),
        ("%global _gcc_lto_cflags -fno-lto\n", "disabled"),
        ("%global _disable_lto 1\n", "disabled"),
        ("%undefine _lto_cflags\n", "disabled"),
        ("%undefine _lto_cflags\n" + FAT, "disabled"),
        (FAT, "fat"),
        ("%define _lto_cflags -flto=auto -ffat-lto-objects\n", "fat"),
        ("%{?optflags_lto:%global optflags_lto %optflags_lto -ffat-lto-objects}\n", "fat"),
        ("%global optflags %{optflags} -ffat-lto-objects\n", "fat"),
        ("%add_optflags -ffat-lto-objects\n", "fat"),
        ("%remove_optflags %optflags_lto\n", "disabled"),
        ("%global _fat_lto_objects 1\n", "fat"),
        ("%global _fat_lto_objects 0\n", "default"),
        ("%global _lto_cflags -flto=thin\n", "slim"),
        ("%global _lto_cflags %(echo %{_lto_cflags} | sed 's/-ffat-lto-objects//')\n", "slim"),
        ("%global build_cflags %(echo '%{build_cflags}' | sed 's!-ffat-lto-objects!-fno-fat-lto-objects!g')\n", "slim"),
        ("%global optflags %(echo %{optflags} | sed -e 's/-flto//g')\n", "disabled"),
        ("%global _lto_cflags 1\n", "modified"),
        ("%global _lto_cflags %{?_lto_cflags} -Wall\n", "default"),
        ("%global build_ldflags %{build_ldflags} -flto\n", "default"),
        (FAT + OFF, "disabled"),
        (OFF + FAT, "disabled"),
        (OFF + "%define _lto_cflags -flto -ffat-lto-objects\n", "fat"),
        ("%ifarch arm\n" + OFF + "%endif\n", "conditional"),
        ("%ifarch arm\n" + OFF + "%endif\n" + OFF, "disabled"),
        ("%if 0\n" + OFF + "%endif\n", "default"),
        ("%bcond_without lto\n%if %{without lto}\n" + OFF + "%endif\n", "conditional"),
        ("%define _lto_cflags -flto\n%undefine _lto_cflags\n", "disabled"),
        ("# %global _lto_cflags %{nil}\n", "disabled"),
        ("#global _lto_cflags %{nil}\n", "default"),
        ("%dnl %global _lto_cflags %{nil}\n", "default"),
        ("# %%global _lto_cflags %{nil}\n", "default"),
        ("%build\nexport CFLAGS='%{optflags} -fno-lto'\n", "disabled"),
        ("%build\nexport CFLAGS='%{optflags} -ffat-lto-objects'\n", "fat"),
        ("%build\nexport CFLAGS='-O2 -ffat-lto-objects'\n", "modified"),
        ("%build\nexport CFLAGS='-O2 \\\n  -flto -ffat-lto-objects'\n", "fat"),
        ("%build\n%cmake -DX_FLAGS_Y:STRING='-ffat-lto-objects'\n", "modified"),
        ("%build\n%cmake -DCMAKE_C_FLAGS='%{optflags} -fno-lto'\n", "disabled"),
        ('%build\nLDFLAGS="$LDFLAGS -fno-lto" make\n', "default"),
        ("%build\nclang %{optflags} -fno-lto -c x.c\n", "modified"),
        ('%build\nRPM_OPT_FLAGS="${RPM_OPT_FLAGS/-flto=auto /}"\n', "disabled"),
        ("%build\nOPT_FLAGS=`echo $OPT_FLAGS|sed -e 's/-flto=auto//g;s/-flto//g'`\n", "disabled"),
        ("%build\nCGO_CFLAGS=$(echo $CGO_CFLAGS | sed 's/-flto=auto//g')\n", "default"),
        ("%prep\nsed -i 's,-flto ,,' CMakeLists.txt\n", "default"),
        ("%build\n# export CFLAGS=-fno-lto\n", "default"),
        ("%build\n[ '%{_lto_cflags}' != '' ] && touch x\n", "default"),
        ("%build\n./configure --with-lto\n", "modified"),
        ("%build\n./configure --enable-lto\n", "default"),
        ("%build\n%cmake -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON\n", "modified"),
        ("%build\n%cmake -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF\n", "default"),
        ("%changelog\n- %%define _lto_cflags\n- use -fno-lto\n", "default"),
    ],
)
def test_lto_state(text: str, state: str) -> None:
    assert look(text).lto == state


@pytest.mark.parametrize(
    ("text", "ships"),
    [
        ("%files\n/usr/lib64/libx.so\n", "no"),
        ("%files\n%{_libdir}/libx.a\n", "yes"),
        ("%files\n%attr(644, root, root) %{_libdir}/*.a\n", "yes"),
        ("%files\n%{_libdir}/{a,b}/*.o\n", "yes"),
        ("%files\n%_libdir/libx.a*\n", "yes"),
        ("%files\n%exclude %{_libdir}/libx.a\n", "no"),
        ("%files\n%{_libdir}/*.a\n%exclude %{_libdir}/*.a\n", "no"),
        ("%files\n%{_libdir}/*.a\n%files devel\n%exclude %{_libdir}/*.a\n", "yes"),
        ("%files\n%{_libdir}/libx.*a\n", "unknown"),
        ("%files static\n%{_libdir}/libx.*a\n", "yes"),
        ("%files static\n%{_libdir}/x/\n", "yes"),
        ("%files static-docs\n%{_libdir}/x/\n", "no"),
        ("%install\ncp -a lib/*.a %{buildroot}%{_libdir}/x\n%files\n%{_libdir}/x/\n", "unknown"),
        ("%install\nfind %{buildroot} -name '*.a' | sed s:%{buildroot}:: > my.lst\n%files -f my.lst\n", "yes"),
        ("%install\ncat > my.lst <<EOF\n/usr/lib/libx.a\nEOF\n%files -f my.lst\n", "yes"),
        ("%install\nfind %{buildroot} -type f ! -name '*.a' > my.lst\n%files -f my.lst\n", "no"),
        ("%files\n%ghost %{_libdir}/libx.a\n", "no"),
        ("%files\n# %{_libdir}/libx.a\n", "no"),
        ("%files\n%if 0\n%{_libdir}/libx.a\n%endif\n", "no"),
        ("%files\n%ifarch x86_64\n%{_libdir}/libx.a\n%endif\n", "conditional"),
        ("%bcond_with s\n%files\n%if %{with s}\n%{_libdir}/libx.a\n%endif\n", "conditional"),
        ("%bcond_without s\n%files\n%if %{with s}\n%{_libdir}/libx.a\n%endif\n", "yes"),
        ("%files devel-static\n%_libdir/*\n", "yes"),
        ("%files devel-static\n%_libdir/*.so*\n", "no"),
        ("%files\n%{_libdir}/x/\n", "no"),
        ("%build\n%configure --enable-static\n%files\n%{_libdir}/x/\n", "unknown"),
        ("%build\n%configure --enable-static=no\n%files\n%{_libdir}/x/\n", "no"),
        (
            "%build\n%configure --disable-shared\n%install\nrm -f %{buildroot}%{_libdir}/*.a\n%files\n%{_libdir}/*\n",
            "no",
        ),
        ("%build\n%configure --enable-static\n%install\nrm -f x/*.la\n%files\n%{_libdir}/*\n", "unknown"),
        ("%build\n%configure --enable-static\n%install\nrm -f x/*.{a,la}\n%files\n%{_libdir}/*\n", "no"),
        ("%build\n%configure --enable-static\n%files -f x.lang\n", "no"),
        ("%build\n%configure --enable-static\n%files -f x.files\n", "unknown"),
        ("%build\n%configure --enable-static\n%post -f x.script\n%files\n", "no"),
        ("%build\n%configure --enable-static\n%if 0\n%files -f x.files\n%endif\n", "no"),
        ("%install\necho '%{_libdir}/libx.a' >> x.files\n%files -f x.files\n", "yes"),
        ("Provides: x-static\n%build\n%configure --enable-static\n%files\n%{_libdir}/x/\n", "yes"),
        ("Provides: x-static\n%files\n%{_libdir}/x/\n", "no"),
        ("%build\n%ghc_lib_build\n%files -f %{name}.files\n", "unknown"),
    ],
)
def test_ships(text: str, ships: str) -> None:
    assert look(text).ships == ships


@pytest.mark.parametrize(
    ("text", "sign", "place"),
    [
        ("x\n # %define a b\n", Observed.ACTIVE_COMMENT, (2, 4)),
        ("%define a x %{?a}\n", Observed.RECURSIVE_DEFINE, (1, 1)),
        ("%undefine _lto_cflags\n", Observed.UNDEFINE, (1, 1)),
        ("%undefine __brp_strip_lto\n", Observed.UNDEFINE, (1, 1)),
        ("%global __os_install_post %{nil}\n", Observed.NOT_STRIPPED, (1, 1)),
        ("%global __brp_strip_lto %{nil}\n", Observed.NOT_STRIPPED, (1, 1)),
        ("%define __spec_install_post true\n", Observed.BYPASS, (1, 1)),
        ("%global _ltocheck_mode warn\n", Observed.HOOK_CHANGED, (1, 1)),
        ("%global __brp_ltocheck %{nil}\n", Observed.BYPASS, (1, 1)),
        ("%global __brp_strip_lto %{__brp_strip_lto} || :\n", Observed.SWALLOWED, (1, 1)),
        ("%global __brp_ltocheck %{__brp_ltocheck} || :\n", Observed.BYPASS, (1, 1)),
        ("%build\nCFLAGS='%{optflags} -flto' make\n", Observed.HARDCODED_LTO, (2, 1)),
        (OFF + FAT, Observed.FAT_WITHOUT_LTO, (2, 1)),
        ("%global _lto_cflags -ffat-lto-objects\n", Observed.FAT_WITHOUT_LTO, (1, 1)),
        ("%global _fat_lto_objects 1\n" + OFF, Observed.FAT_WITHOUT_LTO, (1, 1)),
        (FAT + OFF, Observed.FAT_UNDONE, (2, 1)),
        ("%global _fat_lto_objects 1\n%global _fat_lto_objects 0\n", Observed.FAT_UNDONE, (2, 1)),
        ("%build\nCFLAGS='%{optflags} -flto -fno-fat-lto-objects' make\n", Observed.FAT_UNDONE, (2, 1)),
        ("%build\n%meson -Db_lto=true\n", Observed.PROJECT_LTO, (2, 8)),
        ("#global _fat_lto_objects 1\n", Observed.INERT_OPT_IN, (1, 1)),
        ("%dnl %global _fat_lto_objects 1\n", Observed.INERT_OPT_IN, (1, 1)),
        ("%build\n%configure\n%global _fat_lto_objects 1\n", Observed.LATE_IN_BUILD, (3, 1)),
        ("%build\nmake CFLAGS='%{optflags}'\n%global _fat_lto_objects 1\n", Observed.LATE_OPT_IN, (3, 1)),
        ("%global optflags %{optflags} -fno-lto\n%global _fat_lto_objects 1\n", Observed.LATE_OPT_IN, (2, 1)),
        ("%global mine %{optflags}\n%global _fat_lto_objects 1\n", Observed.LATE_OPT_IN, (2, 1)),
        ("%if 0\n%global _fat_lto_objects 1\n%endif\n", Observed.DEAD_OPT_IN, (2, 1)),
        ("%build\nexport CFLAGS='%{optflags} -ffat-lto-objects'\n", Observed.SHELL_OPT_IN, (2, 1)),
        (OFF, Observed.LTO_OFF, (1, 1)),
        ("%if 1\n", Observed.BROKEN, (1, 1)),
    ],
)
def test_signs(text: str, sign: Observed, place: tuple[int, int]) -> None:
    assert [seen.spot[:2] for seen in look(text).observations if seen.what is sign] == [place]


@pytest.mark.parametrize(
    "text",
    [
        "%global a x %{?a}\n",
        "%define a %{!?a:1}\n",
        "%define a %%{a}\n",
        "%undefine something\n",
        "%global __spec_install_post %{?__brp_ltocheck} %{__os_install_post}\n",
        "%build\n%global _fat_lto_objects 1\n%configure\n",
        "%define __spec_install_post %{__os_install_post} true\n",
        "%global _fat_lto_objects 1\n",
        "%define mine %{optflags}\n%global _fat_lto_objects 1\n",
        "%ifarch arm\n%global _lto_cflags -flto\n%endif\n%global _fat_lto_objects 1\n",
        "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects\n",
        "# %%define a b\n",
        "%if 0\n%undefine _lto_cflags\n%endif\n",
    ],
)
def test_no_sign(text: str) -> None:
    assert look(text).observations == ()


def test_the_name_is_told_where_it_can_be_known() -> None:
    assert look("%global base greet\nName: lib%{base}\n").name == "libgreet"
    assert look("Name: %{?scl}x\n").name is None


@pytest.mark.parametrize(
    ("data", "detail"),
    [(b"x\0y", "NUL"), (b"x" * (LIMITS.spec_size + 1), "larger"), (b"\n" * (LIMITS.spec_lines + 1), "lines")],
)
def test_what_is_no_spec_is_unreadable(data: bytes, detail: str) -> None:
    (seen,) = look_lexically(data, MACRO).observations
    assert seen.what is Observed.UNREADABLE
    assert detail in seen.detail


def test_places_of_files() -> None:
    facts = look("%files\n  %attr(644, root, root) /usr/lib/liba.a /usr/lib/libb.a\n")
    assert facts.ships_spots == ((2, 26, "/usr/lib/liba.a"), (2, 42, "/usr/lib/libb.a"))


def test_bytes_that_are_no_utf_8_survive() -> None:
    facts = look_lexically(b"%files\n/\xff/libx.a\n", MACRO)
    assert facts.ships_spots[0].text == "/\udcff/libx.a"


SAMPLE_FACTS = {
    "alt": (LtoState.FAT, Ships.YES, True),
    "conditions": (LtoState.CONDITIONAL, Ships.CONDITIONAL, False),
    "shell": (LtoState.FAT, Ships.YES, True),
    "static": (LtoState.DEFAULT, Ships.YES, False),
    "traps": (LtoState.DISABLED, Ships.NO, False),
}


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_samples(file: Path) -> None:
    facts = look_lexically(file.read_bytes(), MACRO)
    assert (facts.lto, facts.ships, facts.opt_in) == SAMPLE_FACTS[file.stem]


PIECES = [
    b"%{",
    b"}",
    b"%if 1\n",
    b"%endif\n",
    b"\\\n",
    b"%global x %{x}\n",
    b"%files\n",
    b"%(",
    b"\xff",
    b"%%",
    b"\n",
    b"'",
]


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_mutated_specs_have_facts(file: Path) -> None:
    random.seed(file.stem)
    data = file.read_bytes()
    for _ in range(200):
        facts = look_lexically(mutated(data), MACRO)
        assert all(
            isinstance(seen, Observation) and seen.spot.line >= 1 and seen.spot.column >= 1
            for seen in facts.observations
        )


def mutated(data: bytes) -> bytes:
    """Bytes with a few cuts, copies and insertions."""
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.randrange(200))
        data = random.choice(
            [
                data[:start] + data[end:],
                data[:end] + data[start:],
                data[:start] + random.choice(PIECES) + data[start:],
                data[:start] + random.randbytes(3).replace(b"\0", b"%") + data[end:],
            ]
        )
    return data


@given(
    st.lists(st.sampled_from([piece.decode("latin-1") for piece in PIECES] + ["%define a ", "%{?a:", "a"]), max_size=30)
)
def test_any_text_has_facts(pieces: list[str]) -> None:
    look("".join(pieces))


@pytest.mark.parametrize(
    "text",
    [
        "%{" * 200_000,
        "%{?x:\n" * 50_000,
        "%if 1\n" * 50_000,
        "%global a %{\n" * 20_000,
        "(" * 500_000,
        "%define a \\\n" * 50_000,
        "%files\n" + "/lib" * 100_000,
        "%build\n" + "-flto=" * 50_000,
        "%global a0 x\n"
        + "".join(f"%global a{n} %{{a{n - 1}}}%{{a{n - 1}}}\n" for n in range(1, 60))
        + "%if %{a59}\n%endif\n",
        "%global a %{a}%{a}\n%if %{a}\n%endif\n" * 500,
        "%global a %{b}%{b}\n%global b %{a}%{a}\n%if %{a}\n%endif\n",
        "%global a " + "%{expand:" * 3000 + "x" + "}" * 3000 + "\n%if %{a}\n%endif\n",
        "%{lua:\n" + "%global a b\n" * 200_000 + "}\n",
        "%if " + "(" * 8000 + "\n%endif\n",
        "%files\n" + "%exclude /usr/lib/*.a\n/usr/lib/x?.a\n" * 2000,
        "x" * 10_000_000,
        "%{" * 5_000_000,
        "%build\nCFLAGS=" + "a" * 200_000 + " -flto\n",
        "%build\n" + "sed s/-flto" * 5_000 + "\n",
        "%build\nfind " + "*.a " * 20_000 + "\n%configure --enable-static\n%files\n/usr/lib/x/\n",
    ],
    ids=lambda text: text[:12].replace("\n", " "),
)
def test_hostile_texts_take_no_time(text: str) -> None:
    start = time.process_time()
    look(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "line",
    [
        "find " + "*.a " * 2000,
        "make " * 1600 + "-flto",
        "CFLAGS=" + " " * 8000 + "-flto",
        "CFLAGS='-flto" + "_FLAGS" * 1300 + "'",
        "/x" + ".{a " * 2000,
        "%attr(" * 1300,
        "sed s/-flto" * 700 + "$CFLAGS",
        "${" + "FLAGS" * 1600 + "/-flto",
        "$AR r" * 1600,
        "%{?" * 2700,
        "%global a(" * 800,
        "/lib" * 2000,
    ],
    ids=lambda line: line[:12],
)
def test_no_line_costs_more_than_it_is_long(line: str) -> None:
    lines = f"{line}\n" * 20
    start = time.process_time()
    look(f"%build\n%configure --enable-static\n{lines}%files\n{lines}")
    assert time.process_time() - start < 5


def test_lines_that_are_too_long_are_told() -> None:
    (seen,) = look("x" * 9000 + "\n" + "y" * 9000).observations
    assert (seen.what, seen.spot.line) == (Observed.UNSEEN, 1)


def test_included_files_are_told() -> None:
    facts = look("%if 0\n%include a\n%endif\n%include %{SOURCE1}\n%include %{SOURCE1}\n")
    assert [(seen.what, seen.spot.line, seen.detail) for seen in facts.observations] == [
        (Observed.INCLUDED, 4, "what is in %{SOURCE1}")
    ]
