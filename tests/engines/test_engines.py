# SPDX-License-Identifier: GPL-2.0-or-later
"""The two engines of the hook give the same answer: for objects, files that are nearly sound, and build roots."""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from checker.judging.policy import load_policy
from checker.report.policy import compiled_policy
from macros.lua_data import FILE, generated
from tests.engines.both import SAMPLES, base64, differences, in_lua, in_python, python_facts, samples
from tests.engines.mutations import mutated
from tests.linker.archives import archives
from tests.toolbox import ROOT, header

SEED = 20261127
FILES = 3000
ARCHIVES = 60


def test_what_is_generated_is_current() -> None:
    assert FILE.read_text() == generated(), "`make data` writes it anew"


def test_samples() -> None:
    assert list(differences(SAMPLES)) == []


def test_files_that_are_nearly_sound(tmp_path: Path) -> None:
    paths = []
    for number, data in enumerate(mutated(samples(), FILES, SEED)):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    assert list(differences(paths)) == []


def test_archives_made_at_random(tmp_path: Path) -> None:
    """Those that `make judge` has linked: by several compilers, joined and stripped in the ways of distributions."""
    assert list(differences([made.path for made in archives(tmp_path, SEED, ARCHIVES)])) == []


def test_more_sections_than_are_in_memory_together(tmp_path: Path) -> None:
    """Code in all of them, or content in one or none of them; with names that are too many for it, too."""
    code = "".join(f"int f{number}{'x' * 200}(void) {{ return {number}; }}\n" for number in range(1500))
    (tmp_path / "many.c").write_text(code)
    for name, flags in (("native", ()), ("slim", ("-flto",)), ("fat", ("-flto", "-ffat-lto-objects"))):
        command = ["gcc", "-c", "-O0", "-ffunction-sections", *flags, "many.c", "-o", name]
        subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run(["strip", "-g", "-R", ".gnu.lto_*", "slim", "-o", "hollow"], cwd=tmp_path, check=True)
    for name in ("0", "1100", "1499", "empty"):
        sections = ((".data", "aw") if name == str(number) else (".comment", "") for number in range(1500))
        content = (
            f'.section {start}.{"y" * 200}{at},"{flags}"\n.byte 1\n' for at, (start, flags) in enumerate(sections)
        )
        (tmp_path / "many.s").write_text("".join(content))
        subprocess.run(["as", "many.s", "-o", name], cwd=tmp_path, check=True)
    kinds = {name: name for name in ("native", "slim", "fat", "hollow", "empty")}
    kinds |= dict.fromkeys(("0", "1100", "1499"), "native")
    assert list(differences([tmp_path / name for name in kinds])) == []
    assert {name: python_facts(tmp_path / name)[0]["facts"]["kind"] for name in kinds} == kinds


STRANGE = (
    *(b"a\nb.o", b"\xff\xfe.o", b"it's 100% $(x).o", "\u202eo.a\u00e4.o".encode(), b"x" * 250 + b".o", b"-e.o"),
    b"usr'lib",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build root with all samples, broken files, strange names, links, and places that cannot be read."""
    root = tmp_path_factory.mktemp("root")
    folder = root / "usr" / "lib64"
    shutil.copytree(ROOT / "fixtures" / "corpus", folder)
    slim = (folder / "gcc12" / "code.slim.o").read_bytes()
    for name in (
        b"a\nb.o",
        b"\xff\xfe.o",
        b"it's 100% $(x).o",
        "\u202eo.a\u00e4.o".encode(),
        b"x" * 250 + b".o",
        b"-e.o",
    ):
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(slim)
    for number, data in enumerate(mutated(samples(), 200, SEED + 1)):
        (folder / f"mutated-{number}").write_bytes(data)
    (folder / "one.o").write_bytes(slim)
    os.link(folder / "one.o", folder / "two.o")
    (folder / "link.o").symlink_to("one.o")
    os.mkfifo(folder / "fifo.o")
    debug = root / "usr" / "lib" / "debug"
    debug.mkdir(parents=True)
    for debugged in ("x.o", "y.debug", "z.a"):
        (debug / debugged).write_bytes(slim)
    (folder / "libz.a").symlink_to("../lib/debug/z.a")
    subprocess.run(["ar", "rcsT", "thin.a", "one.o", "gcc12/code.native.o", "link.o"], cwd=folder, check=True)
    (folder / "text").write_text("text\n")
    return root


SETTINGS: dict[str, dict[str, str]] = {
    "nothing": {},
    "warn": {"LTOCHECK_MODE": "warn"},
    "opted-in": {"LTOCHECK_OPT_IN": "1"},
    "flags": {"LTOCHECK_FLAGS": "c=slim,c++=fat,fortran=none"},
    "strict": {"LTOCHECK_POLICY_B64": base64("fedora-strict")},
    "excluded": {"LTOCHECK_EXCLUDE_B64": base64(r"/(mutated|code)[^/]*$|^/usr/lib64/(one|two)\.o")},
    "excluded-with-reason": {
        "LTOCHECK_EXCLUDE_B64": base64(r"^/usr/lib64/one\.o"),
        "LTOCHECK_WHY_B64": base64(" loaded by the firmware $(x) \u00e4\udcff\n"),
    },
    "reason-is-no-base64": {"LTOCHECK_EXCLUDE_B64": base64("one"), "LTOCHECK_WHY_B64": "%"},
    "excludes-nothing": {"LTOCHECK_EXCLUDE_B64": base64("^/opt")},
    "no-expression": {"LTOCHECK_EXCLUDE_B64": base64("a(")},
    "no-policy": {"LTOCHECK_POLICY_B64": base64("nowhere")},
    "unknown-mode": {"LTOCHECK_MODE": "strict"},
    "package": {"RPM_PACKAGE_NAME": "foo", "RPM_OPT_FLAGS": "-O2 -flto -ffat-lto-objects"},
}


def test_debug_files_that_no_link_leads_to(tmp_path: Path) -> None:
    debug = tmp_path / "usr/lib/debug"
    debug.mkdir(parents=True)
    shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", debug / "x.o")
    environment = {"RPM_BUILD_ROOT": str(tmp_path)}
    assert in_python([], environment) == in_lua([], environment) == (0, "")
    (tmp_path / "usr/x.o").symlink_to("lib/debug/x.o")
    told = in_python([], environment)
    assert told == in_lua([], environment)
    assert (told[0], "/usr/lib/debug/x.o" in told[1]) == (1, True)


@pytest.mark.parametrize("hook_name", ["brp-ltocheck", "brp-ltocheck-lua"])
def test_files_that_the_builder_may_not_read(tmp_path: Path, hook_name: str) -> None:
    """One with content is a warning, because rpmbuild itself stops unless it is a %ghost; an empty one is nothing."""
    root, report = tmp_path / "root", tmp_path / "report.json"
    root.mkdir()
    (root / "empty").touch(mode=0)
    (root / "secret").write_text("content")
    (root / "secret").chmod(0)
    environment = {"RPM_BUILD_ROOT": str(root), "LTOCHECK_REPORT_B64": base64(str(report)), "PATH": "/usr/bin:/bin"}

    def said() -> tuple[int, str]:
        command = [
            "/usr/bin/unshare",
            "--user",
            str(ROOT / "macros" / hook_name),
        ]  # a root that may do what its owner may
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    warning = (
        "ltocheck: warning: /secret: cannot be opened: Permission denied; it is not judged, and rpmbuild cannot "
        "package it unless it is a %ghost\n"
    )
    assert said() == (0, warning + "ltocheck: not looked at: 1 forbidden\n")
    found = json.loads(report.read_text())["summary"]
    assert (found["kinds"], found["other_files"]) == ({"other": 1}, 1)
    shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", root / "x.o")
    code, text = said()
    assert (code, text.startswith(warning), "/x.o" in text) == (1, True, True)
    (root / "x.o").unlink()
    (root / "secret").unlink()
    assert said() == (0, "")


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("setting", ["REPORT", "STATE"])
def test_a_pipe_is_no_file_to_write(tmp_path: Path, setting: str, *, is_read: bool) -> None:
    root, pipe, link = tmp_path / "root", tmp_path / "pipe", tmp_path / "link"
    root.mkdir()
    shutil.copy(ROOT / "fixtures/corpus/gcc12/code.native.o", root / "a.o")
    os.mkfifo(pipe)
    link.symlink_to("pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK) if is_read else -1
    for named in (pipe, link):
        environment = {"RPM_BUILD_ROOT": str(root), f"LTOCHECK_{setting}_B64": base64(str(named))}
        code, text = in_python([], environment)
        assert in_lua([], environment) == (code, text)
        assert (code, text.endswith(f"{named}: is a pipe or a socket, no file\n")) == (2, True)
    if is_read:
        assert os.read(reader, 1) == b""
        os.close(reader)


def test_a_thin_archive_without_its_members_has_one_cause(tmp_path: Path) -> None:
    root, library = tmp_path / "root", tmp_path / "root/usr/lib64/libx.a"
    library.parent.mkdir(parents=True)
    (root / "gone.o").write_bytes(samples()[0])
    subprocess.run(["ar", "rcsT", library, "../../gone.o"], cwd=library.parent, check=True)
    (root / "gone.o").unlink()
    environment = {"RPM_BUILD_ROOT": str(root)}
    code, text = in_python([], environment)
    assert in_lua([], environment) == (code, text)
    assert (code, text.count("libx.a:"), "full disk" in text) == (1, 1, False)
    assert "thin-archive: build it without T in ar's flags, or delete it at the end of" in text


@pytest.mark.parametrize("hook_name", ["brp-ltocheck", "brp-ltocheck-lua"])
def test_a_member_that_thin_archives_name_often_is_looked_at_once(tmp_path: Path, hook_name: str) -> None:
    """Each look at it reads 100,000 symbols."""
    source, member = tmp_path / "many.s", tmp_path / "root/many.o"
    member.parent.mkdir()
    source.write_text("".join(f".long s{number}\n" for number in range(100_000)))
    subprocess.run(["as", source, "-o", member], check=True)
    for name in ("a", "b"):
        (member.parent / f"{name}.a").write_bytes(b"!<thin>\n" + header(b"many.o/", member.stat().st_size) * 2000)
    environment = {"RPM_BUILD_ROOT": str(member.parent), "PATH": "/usr/bin:/bin"}
    hook = ROOT / "macros" / hook_name
    done = subprocess.run([hook], env=environment, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr.count("is a thin archive")) == (1, 2)


@pytest.mark.parametrize("stage", ["installed", "stripped"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_build_roots(root: Path, tmp_path: Path, settings: str, stage: str) -> None:
    """The same text, exit code, report and memory for the second stage, byte for byte."""
    report, state = tmp_path / "report.json", tmp_path / "state"
    answers = []
    for engine in (in_python, in_lua):
        environment = {
            "RPM_BUILD_ROOT": str(root),
            "LTOCHECK_REPORT_B64": base64(str(report)),
            "LTOCHECK_STATE_B64": base64(str(state)),
            **SETTINGS[settings],
        }
        answer = engine(["--stage", stage], environment)
        files = sorted(tmp_path.iterdir())
        answers.append((answer, [(file.name, file.read_bytes()) for file in files]))
        for file in files:
            file.unlink()
    assert answers[0] == answers[1]


@pytest.mark.parametrize("arch", ["x86_64", "s390x", ""])
@pytest.mark.parametrize("package", ["foo", "bar-1-1.x86_64", ""])
def test_waivers_of_packages_and_architectures(tmp_path: Path, package: str, arch: str) -> None:
    root, policy = tmp_path / "root", tmp_path / "own.toml"
    root.mkdir()
    for name in ("a", "b", "c"):
        shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", root / f"{name}.o")
    policy.write_text(
        """extends = "fedora"
        [[waiver]]
        rule = "slim-object"
        package = "f*"
        path = "/a.o"
        reason = "of foo"
        [[waiver]]
        rule = "slim-object"
        package = "bar"
        arch = "x86*"
        reason = "of bar here"
        [[waiver]]
        rule = "slim-object"
        arch = "s390*"
        path = "/b.o"
        reason = "of machines"
        """
    )
    environment = {
        "RPM_BUILD_ROOT": str(root),
        "RPM_PACKAGE_NAME": package,
        "RPM_ARCH": arch,
        "LTOCHECK_POLICY_B64": base64(str(policy)),
    }
    code, text = in_python([], environment)
    assert in_lua([], environment) == (code, text)
    assert ("[of foo]" in text) == (package == "foo")
    assert ("[of bar here]" in text) == (package.startswith("bar") and arch == "x86_64")
    assert ("[of machines]" in text) == (arch == "s390x")
    assert (code == 0) == ("[of bar here]" in text)


@pytest.mark.parametrize("seed", range(3))
def test_policies(root: Path, tmp_path: Path, seed: int) -> None:
    """The same of a policy in TOML, of what it compiles to, and in either engine."""
    dice = random.Random(seed)
    lines = ['extends = "fedora"', "[rules]"]
    lines += [
        f'{rule} = "{dice.choice(("off", "note", "warning", "error"))}"' for rule in ("slim-object", "archive-index")
    ]
    for _ in range(6):
        pattern = dice.choice(("*.o", "/usr/lib64/*/c[!a-n]de.*", "*mutated-1?", "*[[]x", "*/gcc1[0-2]/*", "*\u00e4*"))
        kind = dice.choice(("exempt", "waiver"))
        lines += [f"[[{kind}]]", 'rule = "*"', f'path = "{pattern}"', 'reason = "known"']
        if kind == "waiver" and dice.random() < 0.5:
            lines += [f"expires = {dice.choice(('2020-02-29', '2999-12-31'))}"]
    policy = tmp_path / "own.toml"
    policy.write_text("\n".join(lines), encoding="utf-8")
    environment = {"RPM_BUILD_ROOT": str(root), "LTOCHECK_POLICY_B64": base64(str(policy))}
    answer = in_python([], environment)
    assert answer[0] != 2, answer
    assert in_lua([], environment) == answer
    compiled = tmp_path / "own.json"
    compiled.write_text(compiled_policy(load_policy(str(policy))))
    environment["LTOCHECK_POLICY_B64"] = base64(str(compiled))
    same = (answer[0], answer[1].replace("own.toml", "own.json"))
    assert in_python([], environment) == same
    assert in_lua([], environment) == same


PATTERNS = (
    *("/a.o", "/[ab].o", "*[!a].o", "/[]a].o", "/[!]b].o", "*/[x[].o", "/[x.o", "*]*", "?[a-c]?o", "/*[*].o"),
    *("*", "/é.o", "*.o[", "[/]a*", "/?.o"),
)


def own_waivers(patterns: Iterable[str]) -> str:
    waivers = (f'[[waiver]]\nrule = "*"\npath = "{pattern}"\nreason = "of {pattern}"\n' for pattern in patterns)
    return 'extends = "fedora"\n' + "".join(waivers)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_kind_of_pattern(tmp_path: Path, pattern: str) -> None:
    root, policy = tmp_path / "root", tmp_path / "own.toml"
    root.mkdir()
    names = ("a", "b", "c", "]", "[", "[x", "*", "é")
    for name in names:
        shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", root / f"{name}.o")
    policy.write_text(own_waivers(["/1.?", pattern, "/2.?"]))
    environment = {"RPM_BUILD_ROOT": str(root), "LTOCHECK_POLICY_B64": base64(str(policy))}
    code, text = in_python([], environment)
    assert in_lua([], environment) == (code, text)
    assert (code == 0) == all(fnmatchcase(f"/{name}.o", pattern) for name in names)
    report = [line for line in text.splitlines() if f"[of {pattern}]" in line]
    assert bool(report) == any(fnmatchcase(f"/{name}.o", pattern) for name in names)


def test_many_waivers_cost_little_for_each_file(tmp_path: Path) -> None:
    root, policy = tmp_path / "root", tmp_path / "own.toml"
    (root / "usr/lib64").mkdir(parents=True)
    for number in range(300):
        shutil.copy(ROOT / "fixtures/corpus/gcc12/code.native.o", root / f"usr/lib64/file{number}.o")
    policy.write_text(own_waivers(f"/usr/lib*/lib{number}.a" for number in range(3000)))
    before = os.times().children_user
    code, _ = in_lua([], {"RPM_BUILD_ROOT": str(root), "LTOCHECK_POLICY_B64": base64(str(policy))})
    assert code == 0
    assert os.times().children_user - before < 5
