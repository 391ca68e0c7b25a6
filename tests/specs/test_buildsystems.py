# SPDX-License-Identifier: GPL-2.0-or-later
import tomllib

import pytest

from checker.model.audits import Need
from checker.model.specs import Ships
from checker.shipped import targets_folder
from checker.specs.buildsystems import build_systems
from checker.specs.lexical import look_lexically

LIBRARY = "%files\n%{_libdir}/libx.a\n"


@pytest.mark.parametrize(
    ("text", "own", "reached"),
    [
        (LIBRARY, [], "yes"),
        ("%build\n%cargo_build\n" + LIBRARY, ["Rust"], "no"),
        ("%build\n# make\n%cargo_build\n%install\nmake install\n" + LIBRARY, ["Rust"], "no"),
        ("%build\n%cargo_build\nmake CFLAGS='%{optflags}'\n" + LIBRARY, [], "yes"),
        ("%build\n%ghc_lib_build\nmake docs\n" + LIBRARY, ["Haskell"], "no"),
        ("%build\n%if 0\n%cargo_build\n%endif\n" + LIBRARY, [], "yes"),
        ("%build\n%mingw_configure\n%mingw_make\n%files\n%{mingw64_libdir}/libx.a\n", ["MinGW"], "no"),
        ("%build\n%configure\n%mingw_make\n" + LIBRARY + "%{mingw32_libdir}/libx.a\n", ["MinGW"], "yes"),
        ("%build\n%configure\n%files\n/usr/x86_64-w64-mingw32/lib/libx.a\n", ["MinGW"], "no"),
        ("%build\nmake\n%files\n/usr/lib/firmware/hid/bpf/x.bpf.o\n", ["BPF"], "no"),
        ("%build\nclang -O2 -target bpf -c x.c\n%files\n/usr/lib/x/x.o\n", ["BPF"], "no"),
        ("%build\nmake\n%files\n/usr/arm-none-eabi/lib/libc.a\n", ["cross compiler"], "no"),
        ("%build\n%gobuild -o bin/x\n%files\n%{_libdir}/go/pkg/x.a\n", ["Go"], "no"),
        ("%build\n%dune_build\n%files\n%{_libdir}/ocaml/x/*.a\n", ["OCaml"], "no"),
        ("%build\n%make_build\n%files\n%{_libdir}/ocaml/x/*.a\n", [], "unknown"),
        ("%build\n%cmake\n%files\n%{_libdir}/libomptarget.devicertl.a\n", ["device code"], "no"),
    ],
)
def test_who_made_what(text: str, own: list[str], reached: str) -> None:
    facts = look_lexically(text.encode(), "_fat_lto_objects")
    assert ([one.name for one in facts.own_flags], facts.reached) == (own, reached)
    assert facts.ships is Ships.YES


def test_every_build_system_says_where_that_is_from_and_agrees_with_the_opt_in_set() -> None:
    data = tomllib.loads((targets_folder() / "build-systems.toml").read_text())["system"]
    assert all(one["source"] for one in data)
    assert {one.need for one in build_systems()} <= {Need.OTHER_COMPILER, Need.FOREIGN, Need.NO_CODE}
    assert len({one.name for one in build_systems()}) == len(data)
