# SPDX-License-Identifier: GPL-2.0-or-later
"""Which source packages need the opt-in: real objects in packages of many architectures, flags and compilers."""

import random
import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from time import time

import pytest

from checker.audit.facts import recorded, replayed
from checker.errors import Obstacle, Unavailable
from checker.judging.policy import load_policy
from checker.model import Bytecode, Form, Kind, ObjectFacts, ObjectItem, PackageFacts, Target, TargetType
from checker.model.audits import ArchObjects, Need, OptInSet, SourceObjects
from checker.objects.machines import COFF_MACHINES, package_machines
from checker.packages.options import PackageOptions
from checker.packages.package import package_at
from checker.report.words import text_of
from checker.transition.needs import FILES, own_word
from tests.factories import because, needs_of
from tests.packages import STRING, File, Layout, package, rpmbuilt
from tests.test_comment import commented
from tests.toolbox import FAT, NATIVE, ROOT, SLIM, archive, compiled, run

FLAGS = {
    "fat": "-O2 -flto=auto -ffat-lto-objects",
    "slim": "-O2 -flto=auto",
    "none": "-O2 -g",
}
STRIP_LTO = ("strip", "-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1")
STRIP_SUSE = (*STRIP_LTO, "-R", ".comment")


class Workshop:
    """Makes objects, once each, and packages that hold them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.native = compiled(folder, "native", NATIVE)
        self.fat = compiled(folder, "fat", FAT)
        self.slim = compiled(folder, "slim", SLIM)
        self.nothing = compiled(folder, "nothing", SLIM, "")
        self.clang = compiled(folder, "clang", NATIVE, compiler="clang")
        self.arm = compiled(folder, "arm", ("-O2", "--target=aarch64-linux-gnu"), compiler="clang")
        self.bpf = compiled(folder, "bpf", ("-O2", "--target=bpf"), compiler="clang")
        self.i386 = compiled(folder, "i386", ("-O2", "--target=i386-linux-gnu"), compiler="clang")
        self.mingw = compiled(folder, "mingw", NATIVE, compiler="x86_64-w64-mingw32-gcc")
        self.device = compiled(
            folder, "device", ("-O2", "-emit-llvm", "-nogpulib", "--target=amdgcn-amd-amdhsa"), compiler="clang"
        )
        self.rust = commented(folder, "rust", b"\0rustc version 1.70.0 (90c541806 2023-05-31)\0")
        self.nasm = commented(folder, "nasm", b"\0The Netwide Assembler 2.15.05\0")
        self.assembly = folder / "assembly.o"
        (folder / "assembly.S").write_text("#define VALUE 1\n.globl f\nf:\n.long VALUE\n")
        run("gcc", "-c", folder / "assembly.S", "-o", self.assembly)
        self.hollow = self._stripped(self.slim, STRIP_LTO)
        self.stripped = self._stripped(self.fat, STRIP_LTO)
        self.nameless = self._stripped(self.fat, STRIP_SUSE)

    def _stripped(self, file: Path, command: Sequence[str]) -> Path:
        copy = file.with_name(f"{file.stem}-{len(command)}.o")
        run(*command, file, "-o", copy)
        return copy

    def archive(self, *members: Path) -> Path:
        self._number += 1
        return archive(self._folder / f"lib{self._number}.a", members)

    def package(
        self,
        source: str,
        files: Sequence[Path] | dict[str, Path | bytes],
        flags: str | None = "fat",
        arch: str = "x86_64",
    ) -> Target:
        """A package as it comes out of a store."""
        self._number += 1
        named = files if isinstance(files, dict) else {f"/usr/lib64/{file.name}": file for file in files}
        contents = [
            File(path, data if isinstance(data, bytes) else data.read_bytes(), "data") for path, data in named.items()
        ]
        optflags = {1122: (STRING, FLAGS[flags])} if flags else {}
        tags: dict[int, tuple[int, object]] = {
            1000: (STRING, f"{source}-{self._number}"),
            1022: (STRING, arch),
            1044: (STRING, f"{source}-1.0-2.src.rpm"),
            **optflags,
        }
        file = self._folder / f"{self._number}.rpm"
        file.write_bytes(package(contents, Layout(tags=tags)))
        return replayed(recorded(package_at(str(file), PackageOptions(thorough=True, origins=True))), str(file))

    def around(self) -> list[Target]:
        """Other packages of a run: one is fat, one slim, one names its compiler."""
        return [
            self.package("around-fat", [self.stripped]),
            self.package("around-slim", [self.hollow], "slim"),
        ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


def found(*targets: Target, policy: str = "fedora") -> OptInSet:
    return needs_of(targets, load_policy(policy))


def of(source: str, *targets: Target, policy: str = "fedora") -> SourceObjects:
    (one,) = (one for one in found(*targets, policy=policy).sources if one.source == source)
    return one


@pytest.mark.parametrize(
    ("objects", "flags", "need", "why"),
    [
        (["native"], "fat", Need.NEEDED, "was made by GCC: ("),
        (["stripped"], "fat", Need.NEEDED, "was made by GCC: ("),
        (["clang"], "fat", Need.NEEDED, "clang version"),
        (["i386"], "fat", Need.NEEDED, "clang version"),
        (["rust", "native"], "fat", Need.NEEDED, "was made by GCC: ("),
        (["nasm", "native"], "fat", Need.NEEDED, "was made by GCC: ("),
        (["fat"], "fat", Need.NEEDED, "holds the fat object fat.o"),
        (["fat"], "none", Need.NEEDED, "holds the fat object fat.o, although built without LTO flags"),
        (["slim"], "slim", Need.NEEDED, "holds the slim object slim.o"),
        (["hollow"], "none", Need.NEEDED, "holds the hollow object slim-8.o"),
        (["hollow"], None, Need.NEEDED, "holds the hollow object slim-8.o"),
        (["native"], "none", Need.LTO_DISABLED, "it was built without LTO, unlike most"),
        (["assembly"], "none", Need.LTO_DISABLED, "it was built without LTO, unlike most"),
        (["native"], "slim", Need.OWN_FLAGS, "native although its flags were slim"),
        (["assembly"], "fat", Need.UNNAMED, "names no compiler: assembly, or a compiler that leaves no name"),
        (["nasm"], "fat", Need.UNNAMED, "names no compiler: assembly, or a compiler that leaves no name"),
        (["rust"], "fat", Need.OTHER_COMPILER, "rustc version 1.70.0 (90c541806 2023-05-31), to which LTO flags mean"),
        (["bpf"], "fat", Need.FOREIGN, "is elf for bpf, which the package is not for"),
        (["arm"], "fat", Need.FOREIGN, "is elf for aarch64"),
        (["mingw"], "fat", Need.FOREIGN, "is coff for x86_64"),
        (["nothing"], "slim", Need.NO_CODE, "holds nothing that a linker could miss"),
        ([], "fat", Need.NO_CODE, "holds nothing that a linker could miss"),
    ],
)
def test_what_an_archive_says(shop: Workshop, objects: list[str], flags: str | None, need: Need, why: str) -> None:
    members = [getattr(shop, name) for name in objects]
    one = of("x", shop.package("x", {"/usr/lib64/x.a": shop.archive(*members)}, flags), *shop.around())
    assert one.need is need, text_of(one.why)
    assert why in text_of(one.why)
    assert text_of(one.why).startswith("/usr/lib64/x.a (x86_64) ")
    if len(members) == 1 and objects != ["nothing"]:
        loose = of("x", shop.package("x", {"/usr/lib64/x.o": members[0]}, flags), *shop.around())
        assert loose.need is need, text_of(loose.why)


def test_device_bitcode_is_exempt_where_the_policy_says_so(shop: Workshop, tmp_path: Path) -> None:
    def target() -> Target:
        return shop.package("rocm", {"/usr/lib/device.o": shop.device})

    one = of("rocm", target(), *shop.around())
    assert (one.need, one.architectures) == (Need.EXEMPT, (ArchObjects("x86_64", "fat", ((Kind.SLIM, 1),)),))
    assert "device libraries are linked by the GPU compiler" in text_of(one.why)
    (tmp_path / "bare.toml").write_text('name = "bare"\n')
    one = of("rocm", target(), *shop.around(), policy=str(tmp_path / "bare.toml"))
    assert one.need is Need.NEEDED
    assert "for amdgcn, whose compiler the opt-in may not reach" in text_of(one.why)


def test_kernel_modules_are_the_kernels(shop: Workshop) -> None:
    module = "/usr/lib/modules/6.1/extra/x.ko"
    assert of("kmod", shop.package("kmod", {module: shop.native}), *shop.around()).need is Need.KERNEL_MODULE
    assert of("kmod", shop.package("kmod", {module: shop.slim}), *shop.around()).need is Need.NEEDED


def test_other_languages_formats_hold_nothing_to_link(shop: Workshop) -> None:
    go = b"!<arch>\n" + b"__.PKGDEF       0           0     0     644     18        `\n" + b"go object linux x\n"
    ocaml = b"Caml1999I031" + bytes(20)
    package = shop.package("go", {"/usr/lib/golang/x.a": go, "/usr/lib/ocaml/x.o": ocaml})
    assert of("go", package, *shop.around()).need is Need.NO_CODE


def test_rust_is_not_reached_by_compiler_flags(shop: Workshop) -> None:
    rlib = ROOT / "fixtures/corpus/rust/libdefault.rlib"
    one = of("rust", shop.package("rust", {"/usr/lib/x.rlib": rlib}), *shop.around())
    assert one.need is Need.OTHER_COMPILER
    code = Bytecode(Form.BITCODE, "llvm", "22.1.2-rust-1.95.0-stable", 10)
    slim = ObjectItem(
        "/usr/lib/y.o", None, None, ObjectFacts("bitcode", "x86_64", Kind.SLIM, because(""), bytecode=(code,))
    )
    package = PackageFacts(name="y", source="y", arch="x86_64", flags="slim")
    assert of("y", Target("y.rpm", TargetType.RPM, package, iter([slim]))).need is Need.OTHER_COMPILER


def test_what_was_stripped_without_a_trace_counts(shop: Workshop, tmp_path: Path) -> None:
    hollow = [Path(shutil.copy(shop.hollow, tmp_path / f"{number}.o")) for number in range(4)]
    for file in hollow:
        run("strip", "-N", "__gnu_lto_slim", file)
    target = shop.package("x", {"/usr/lib64/x.a": archive(tmp_path / "x.a", hollow)})
    one = of("x", target, *shop.around())
    assert (one.need, "is probably hollow: 4 of 4 members are" in text_of(one.why)) == (Need.NEEDED, True)


def test_noarch_packages_are_for_no_machine(shop: Workshop) -> None:
    target = shop.package("mingw", {"/usr/x86_64-w64-mingw32/lib/x.a": shop.archive(shop.mingw)}, arch="noarch")
    assert of("mingw", target, *shop.around()).need is Need.FOREIGN
    assert of("x", shop.package("x", [shop.native], arch="noarch"), *shop.around()).need is Need.FOREIGN


def test_flags_tell_nothing_where_few_have_lto(shop: Workshop) -> None:
    def old(number: int) -> Target:
        return shop.package(f"old{number}", [shop.native], "none")

    other = shop.package("other", [shop.arm], "fat", "aarch64")
    assert of("old1", old(1), other).need is Need.NEEDED, "LTO on another architecture is no LTO here"
    assert of("old1", old(1), old(2), shop.package("new", [shop.native])).need is Need.NEEDED
    assert of("old1", old(1), shop.package("new", [shop.native])).need is Need.LTO_DISABLED


def test_names_tell_nothing_where_few_have_one(shop: Workshop) -> None:
    def suse(number: int) -> Target:
        return shop.package(f"suse{number}", [shop.nameless], "fat")

    one = of("suse1", suse(1))
    assert (one.need, one.compilers) == (Need.NEEDED, ())
    assert "like most objects here, so that it may be GCC's" in text_of(one.why)
    assert of("suse1", suse(1), suse(2), shop.package("not-stripped", [shop.native])).need is Need.NEEDED
    assert of("suse1", suse(1), shop.package("other", [shop.native])).need is Need.UNNAMED


@pytest.mark.parametrize("others", ["fat", "slim"])
def test_what_others_were_told_says_nothing_of_a_package(shop: Workshop, others: str) -> None:
    around = [shop.package(f"other{number}", [shop.native], others) for number in range(3)]
    packages = [
        shop.package("fat", [shop.native]),
        shop.package("slim", [shop.hollow], "slim"),
        shop.package("none", [shop.native], "none"),
        shop.package("silent", [shop.native], None),
    ]
    opted_in = {one.source: one.opted_in for one in found(*packages, *around).sources}
    assert {name: opted_in[name] for name in ("fat", "slim", "none", "silent")} == {
        "fat": None, "slim": False, "none": None, "silent": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "built", "opted_in"),
    [
        ("fat", 1000, True),
        ("fat", 1001, True),
        ("fat", 999, None),
        ("fat", None, None),
        ("none", 1001, None),
        ("slim", 1001, False),
        ("slim", 999, False),
    ],
)
def test_fat_flags_are_an_opt_in_once_everybody_is_slim(flags: str, built: int | None, opted_in: bool | None) -> None:
    package = PackageFacts("x-1-1.x86_64", "x", "x86_64", flags=flags, built=built)
    assert own_word(package, load_policy("fedora"), 1000) is opted_in
    assert own_word(package, load_policy("fedora"), None) is (False if flags == "slim" else None)


def test_fat_flags_are_none_where_only_the_macro_counts(tmp_path: Path) -> None:
    (tmp_path / "macro.toml").write_text('name = "macro"\nextends = "fedora"\n[opt_in]\nflags = []\n')
    policy = load_policy(str(tmp_path / "macro.toml"))
    package = PackageFacts("x-1-1.x86_64", "x", "x86_64", flags="fat", built=1001)
    assert own_word(package, policy, 1000) is None


def test_architectures_are_merged(shop: Workshop) -> None:
    targets = [
        shop.package("x", {"/usr/lib64/x.a": shop.archive(shop.native), "/usr/lib64/y.o": shop.native}, "fat"),
        shop.package("x", {"/usr/lib64/x.a": shop.archive(shop.arm)}, "slim", "aarch64"),
        shop.package("x", {"/usr/share/x.o": shop.mingw}, None, "noarch"),
        shop.package("only-here", [shop.arm], "fat", "aarch64"),
    ]
    one, other = sorted(found(*targets).sources, key=lambda one: one.source, reverse=True)
    assert one.need is Need.NEEDED
    assert one.architectures == (
        ArchObjects("aarch64", "slim", ((Kind.NATIVE, 1),)),
        ArchObjects("noarch", None, ((Kind.NATIVE, 1),)),
        ArchObjects("x86_64", "fat", ((Kind.NATIVE, 2),)),
    )
    assert one.files == ("/usr/lib64/x.a", "/usr/lib64/y.o", "/usr/share/x.o")
    assert len(one.packages) == 3
    assert len(one.compilers) == 2
    assert [on.arch for on in other.architectures] == ["aarch64"]
    assert one.opted_in is False, "on aarch64"


def test_the_order_of_packages_does_not_matter(shop: Workshop) -> None:
    kinds = ["native", "fat", "slim", "hollow", "clang", "rust", "assembly", "mingw", "device", "nothing"]
    objects = [(kind, flags, arch) for kind in kinds for flags in FLAGS for arch in ("x86_64", "aarch64")]

    @cache
    def record(kind: str, flags: str, arch: str) -> bytes:
        return recorded(shop.package(f"s{kinds.index(kind) % 3}", [getattr(shop, kind)], flags, arch))

    def replay(order: Sequence[tuple[str, str, str]]) -> Iterator[Target]:
        return (replayed(record(*one), "x.rpm") for one in order)

    expected = found(*replay(objects))
    assert len(expected.sources) == 3
    for seed in range(5):
        shuffled = random.Random(seed).sample(objects, len(objects))
        assert found(*replay(shuffled)) == expected


def test_what_cannot_be_read_is_unknown_and_told(shop: Workshop) -> None:
    broken = Target(
        "x.rpm",
        TargetType.RPM,
        PackageFacts(name="x-1-1.x86_64", source="x", arch="x86_64"),
        iter([Unavailable(Obstacle.TRUNCATED, "is truncated")]),
    )
    gone = Target("y.rpm", TargetType.RPM, PackageFacts(), iter([Unavailable(Obstacle.INACCESSIBLE, "is gone")]))
    cut = shop.package("cut", {"/usr/lib64/x.a": shop.archive(shop.native).read_bytes()[:-100]})
    whole = found(broken, gone, cut, *shop.around())
    assert [path for path, _ in whole.unread] == ["x.rpm", "y.rpm"]
    needs = {one.source: (one.need, text_of(one.why)) for one in whole.sources}
    assert needs["x"] == (Need.UNKNOWN, "x.rpm (x86_64) is truncated")
    assert needs["cut"][0] is Need.UNKNOWN
    assert "/usr/lib64/x.a (x86_64) cannot be read: malformed archive" in needs["cut"][1]
    assert len(needs) == 4, "of nothing else there is a name"


def test_source_packages_and_those_without_objects_are_left_out(shop: Workshop) -> None:
    source = shop.package("s", [shop.native], arch="src")
    assert found(source, shop.package("text", {"/usr/share/x": b"text"})).sources == ()


def test_only_the_first_files_are_told(shop: Workshop) -> None:
    one = of("x", shop.package("x", {f"/usr/lib/{number:03}.o": shop.native for number in range(FILES + 3)}))
    assert (len(one.files), one.more_files, one.files[0]) == (FILES, 3, "/usr/lib/000.o")


def test_packages_by_rpmbuild(shop: Workshop, tmp_path: Path) -> None:
    """The whole way, with OPTFLAGS as rpm records them."""
    root = tmp_path / "root/usr/lib64"
    root.mkdir(parents=True)

    began = time()

    def built(name: str, file: Path, flags: str) -> bytes:
        shutil.copy(file, root / f"lib{name}.a")
        made = rpmbuilt(tmp_path, tmp_path / "root", name, definitions={"optflags": FLAGS[flags]})
        (root / f"lib{name}.a").unlink()
        return recorded(package_at(str(made), PackageOptions(origins=True)))

    cc, fortran = tmp_path / "x.cc", tmp_path / "x.f"
    cc.write_text("int f() { return 1; }\n")
    fortran.write_text("      subroutine f\n      end\n")
    run("g++", "-c", cc, "-o", tmp_path / "cc.o")
    run("gfortran", "-c", fortran, "-o", tmp_path / "fortran.o")
    records = [
        built("c", shop.archive(shop.native), "fat"),
        built("cxx", shop.archive(tmp_path / "cc.o"), "fat"),
        built("fortran", shop.archive(tmp_path / "fortran.o"), "fat"),
        built("asm", shop.archive(shop.assembly), "fat"),
        built("off", shop.archive(shop.native), "none"),
        built("slim", shop.archive(shop.hollow), "slim"),
    ]

    def opted_in(slim_since: float) -> dict[str, bool | None]:
        targets = [replayed(record, "x.rpm") for record in records]
        return {one.source: one.opted_in for one in needs_of(targets, load_policy("fedora"), slim_since).sources}

    whole = found(*(replayed(record, "x.rpm") for record in records))
    assert {one.source: one.need for one in whole.sources} == {
        "asm": Need.UNNAMED,
        "c": Need.NEEDED,
        "cxx": Need.NEEDED,
        "fortran": Need.NEEDED,
        "off": Need.LTO_DISABLED,
        "slim": Need.NEEDED,
    }
    fat = dict.fromkeys(("asm", "c", "cxx", "fortran"), True)
    assert opted_in(began - 1) == {**fat, "off": None, "slim": False}
    assert opted_in(time() + 1) == {**dict.fromkeys(fat), "off": None, "slim": False}


@pytest.mark.parametrize(
    ("arch", "machines"),
    [
        ("x86_64", ("x86_64", "i386", "x32")),
        ("x86_64_v3", ("x86_64", "i386", "x32")),
        ("i686", ("i386",)),
        ("athlon", ("i386",)),
        ("armv7hl", ("arm",)),
        ("armv5teb", ("armeb",)),
        ("aarch64", ("aarch64",)),
        ("ppc64le", ("ppc64le",)),
        ("ppc64p7", ("ppc64", "ppc")),
        ("s390x", ("s390x", "s390")),
        ("mips64r6el", ("mips64el", "mipsel")),
        ("riscv64", ("riscv64",)),
        ("loongarch64", ("loongarch64",)),
        ("noarch", ()),
    ],
)
def test_machines_of_packages(arch: str, machines: tuple[str, ...]) -> None:
    assert package_machines(arch) == machines


def test_package_machines_speak_of_the_same_machines_as_objects() -> None:
    assert set(package_machines("x86_64")) & set(COFF_MACHINES.values()) == {"x86_64", "i386"}
