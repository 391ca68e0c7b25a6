# SPDX-License-Identifier: GPL-2.0-or-later
import io
import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import jsonschema
import pytest

from checker import hook
from tests.test_render import SCHEMA
from tests.toolbox import CONSTRUCTOR, EMPTY, FAT, NATIVE, ROOT, SLIM, archive, compiled, run

SCRIPTS = {"python": ROOT / "macros/brp-ltocheck", "lua": ROOT / "macros/brp-ltocheck-lua"}


def called(root: Path | str, *arguments: str, **variables: str) -> tuple[int, str]:
    err = io.StringIO()
    environment = {"RPM_BUILD_ROOT": str(root), "RPM_PACKAGE_NAME": "foo", **variables}
    return int(hook.main(list(arguments), environment, err)), err.getvalue()


def called_in_lua(root: Path | str, *arguments: str, **variables: str) -> tuple[int, str]:
    environment = {"RPM_BUILD_ROOT": str(root), "RPM_PACKAGE_NAME": "foo", "PATH": "/usr/bin:/bin", **variables}
    command = [str(SCRIPTS["lua"]), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode("utf-8", "surrogateescape")


def base64(text: str) -> str:
    return b64encode(text.encode("utf-8", "surrogateescape")).decode()


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("objects")
    return {
        "slim": compiled(folder, "slim", SLIM),
        "fat": compiled(folder, "fat", FAT),
        "native": compiled(folder, "native", NATIVE),
        "empty": compiled(folder, "empty", SLIM, EMPTY),
        "constructor": compiled(folder, "constructor", SLIM, CONSTRUCTOR),
    }


@pytest.fixture(params=SCRIPTS)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine that tests call, one after the other."""
    if request.param == "lua":
        monkeypatch.setattr(f"{__name__}.called", called_in_lua)
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path, engine: str) -> Path:
    (tmp_path / "root/usr/lib64").mkdir(parents=True)
    return tmp_path / "root"


def install(root: Path, source: Path, name: str) -> Path:
    target = root / "usr/lib64" / name
    target.write_bytes(source.read_bytes())
    return target


def test_imports_nothing_but_the_standard_library() -> None:
    code = (
        f"import sys; sys.path.append({str(ROOT)!r}); import checker.hook\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "names -= {'_missing_stdlib_info'}  # of Python 3.15, whose own list forgets it\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'checker', '__main__', 'sitecustomize'}))"
    )
    assert run(sys.executable, "-I", "-S", "-c", code) == "[]\n"


SLOW = {"dataclasses", "json", "pathlib", "shlex", "textwrap", "tomllib", "urllib.parse"}
"""Modules of Python's own whose import takes longer than to look at most packages."""


def test_sound_objects_wait_for_nothing_that_only_findings_need(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["native"], "a.o")
    code = (
        f"import sys; sys.path.append({str(ROOT)!r}); from checker import hook\n"
        f"print(hook.main([], {{'RPM_BUILD_ROOT': {str(root)!r}}}), *sys.modules)"
    )
    status, *modules = run("/usr/bin/python3", "-I", "-S", "-c", code).split()
    assert status == "0"
    assert not SLOW & {*modules}
    assert not {"checker.objects.bitcode", "checker.objects.coff_traits"} & {*modules}


def test_slim_without_opt_in(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "a.o")
    code, text = called(root)
    assert code == 1
    assert "/usr/lib64/a.o: holds only LTO bytecode" in text
    assert "%global _fat_lto_objects 1" in text


def test_fat_and_native_are_silent(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["fat"], "a.o")
    install(root, objects["native"], "b.o")
    assert called(root) == (0, "")


@pytest.mark.parametrize(
    "variables",
    [
        {"LTOCHECK_OPT_IN": "1"},
        {"LTOCHECK_FLAGS": "c=fat,c++=slim,fortran=slim"},
        {"LTOCHECK_FLAGS": "c=none c++=fat fortran=none"},
        {"RPM_OPT_FLAGS": "-O2 -flto=auto -ffat-lto-objects"},
        {"CXXFLAGS": "-flto -fno-fat-lto-objects -ffat-lto-objects"},
    ],
)
def test_opted_in_and_still_slim(root: Path, objects: dict[str, Path], variables: dict[str, str]) -> None:
    install(root, objects["slim"], "a.o")
    code, text = called(root, **variables)
    assert code == 1
    assert "although the package opted in" in text
    assert "-fno-fat-lto-objects" in text


def test_where_more_is_said(root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
    install(root, objects["slim"], "a.o")
    assert called(root)[1].endswith(
        "\nMore about it, in the package ltocheck:\n"
        "    ltocheck rules slim-object\n    /usr/share/ltocheck/docs/guide/packager.md\n"
    )
    policy = tmp_path / "own.toml"
    policy.write_text('extends = "fedora"\nurl = "https://example.org/lto"\n')
    text = called(root, LTOCHECK_POLICY_B64=base64(str(policy)))[1]
    assert text.endswith("\nMore about it: https://example.org/lto\n")


def test_what_shows_it_is_said_to_who_asks(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "a.o")
    assert "because:" not in called(root, LTOCHECK_VERBOSE="0")[1]
    assert (
        "\n    because: GCC noted in its bytecode that no machine code is beside it; there is no code or data\n"
        in called(root, LTOCHECK_VERBOSE="1")[1]
    )


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_help(script: Path) -> None:
    text = run(script, "--help")
    assert f"{script.name} [--stage installed|stripped]" in text
    assert "macros.ltocheck" in text


@pytest.mark.parametrize(
    "variables",
    [
        {"LTOCHECK_OPT_IN": "0"},
        {"LTOCHECK_FLAGS": "c=slim,c++=slim,fortran=none"},
        {"RPM_OPT_FLAGS": "-O2 -flto=auto -ffat-lto-objects -fno-fat-lto-objects"},
        {"RPM_OPT_FLAGS": "-ffat-lto-objects"},
        {"RPM_OPT_FLAGS": "-ffat-lto-objects -flto -fno-lto"},
        {"RPM_OPT_FLAGS": "-flto -ffat-lto-objects", "LTOCHECK_FLAGS": "c=slim"},
    ],
)
def test_not_opted_in(root: Path, objects: dict[str, Path], variables: dict[str, str]) -> None:
    install(root, objects["slim"], "a.o")
    assert "Somebody does?" in called(root, **variables)[1]


def test_the_reason_for_an_exclusion_is_shown(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "a.o")
    why = "loaded by the firmware $(touch x)"
    code, text = called(root, LTOCHECK_EXCLUDE_B64=base64("a.o$"), LTOCHECK_WHY_B64=base64(why))
    assert (code, why in text) == (0, True)


def test_excluded_path_passes_and_says_so(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "a.o")
    code, text = called(root, LTOCHECK_EXCLUDE_B64=base64(r"^/usr/lib64/.*\.o$"))
    assert code == 0
    assert "ltocheck: waived: /usr/lib64/a.o" in text
    assert "%__brp_ltocheck_exclude_from" in text


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("^/usr/lib64/[[:alpha:]]+[.]o$", True),  # of POSIX, as in other brp scripts
        ("/(x|a)[.]o", True),
        ("/usr/lib64/a[.]o{1}$|^nothing$", True),
        (r"\d", False),  # Python's
        ("(?i)/A[.]O", False),
        ("^a", False),
        ("^(.+)+#$", False),
        (r"^(.*)*\1#$", False),
    ],
)
def test_expressions_are_those_of_grep(root: Path, objects: dict[str, Path], expression: str, fits: bool) -> None:
    install(root, objects["slim"], "a.o")
    assert called(root, LTOCHECK_EXCLUDE_B64=base64(expression))[0] == int(not fits)


def test_exclusion_without_end_is_given_up(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "lib" + "a" * 100 + "x.o")
    expression = "(a{1,9999}){1,9999}#"  # for which grep takes all the memory that it may have
    assert called(root, LTOCHECK_EXCLUDE_B64=base64(expression))[0] == 2


def test_excluded_names_may_be_anything(root: Path, objects: dict[str, Path]) -> None:
    for name in ("a\nb.o", "\udcff.o"):
        install(root, objects["slim"], name)
    assert called(root, LTOCHECK_EXCLUDE_B64=base64("^/usr/lib64/a"))[0] == 1
    assert called(root, LTOCHECK_EXCLUDE_B64=base64("[.]o$"))[0] == 0


def test_a_pipe_as_a_setting_is_not_waited_for(root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
    install(root, objects["slim"], "a.o")
    fifo = tmp_path / "fifo.toml"
    os.mkfifo(fifo)
    for name in ("POLICY", "REPORT", "STATE"):
        code, text = called(root, **{f"LTOCHECK_{name}_B64": base64(str(fifo))})
        assert code == 2, name
        assert str(fifo) in text
    assert called(root, "--stage", "stripped", LTOCHECK_STATE_B64=base64(str(fifo)))[0] == 2


def test_a_full_build_log_does_not_change_the_verdict(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "a.o")
    environment = {"RPM_BUILD_ROOT": str(root), "PATH": "/usr/bin:/bin"}
    for stream in ("/dev/full", "-"):
        command = ["sh", "-c", f'exec "$0" 2>{"&-" if stream == "-" else stream}', str(ROOT / "macros/brp-ltocheck")]
        assert subprocess.run(command, env=environment, check=False).returncode == 1


def test_exclusion_that_matches_nothing_is_told(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["native"], "a.o")
    code, text = called(root, LTOCHECK_EXCLUDE_B64=base64("^/opt/"))
    assert code == 0
    assert "warning: %__brp_ltocheck_exclude_from: waives nothing" in text


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"LTOCHECK_EXCLUDE_B64": base64("(")}, "%__brp_ltocheck_exclude_from: '(' is no regular expression"),
        ({"LTOCHECK_EXCLUDE_B64": base64("a{99999999999999999999}")}, "is no regular expression of grep -E: "),
        ({"LTOCHECK_EXCLUDE_B64": base64("(" * 3000)}, "is no regular expression of grep -E: "),
        ({"LTOCHECK_EXCLUDE_B64": base64("a\0b")}, "LTOCHECK_EXCLUDE_B64 holds a NUL"),
        ({"LTOCHECK_POLICY_B64": "\u00e9"}, "LTOCHECK_POLICY_B64 is not base64"),
        ({"LTOCHECK_POLICY_B64": base64("/dev/zero")}, "/dev/zero: is no regular file"),
        ({"LTOCHECK_POLICY_B64": base64("./a\0b")}, "LTOCHECK_POLICY_B64 holds a NUL"),
        ({"LTOCHECK_EXCLUDE_B64": "%%%"}, "LTOCHECK_EXCLUDE_B64 is not base64"),
        ({"LTOCHECK_MODE": "strict"}, "%_ltocheck_mode: 'strict', expected one of enforce, warn, off"),
        ({"LTOCHECK_POLICY_B64": base64("fedoar")}, "no policy 'fedoar'"),
        ({"LTOCHECK_REPORT_B64": base64("/nonexistent/x")}, "%_ltocheck_report: /nonexistent/x: No such file"),
        ({"LTOCHECK_STATE_B64": base64("/nonexistent/x")}, "/nonexistent/x: No such file"),
    ],
)
def test_bad_settings_are_told(root: Path, objects: dict[str, Path], variables: dict[str, str], says: str) -> None:
    install(root, objects["native"], "a.o")  # without an object the scripts end before they read the settings
    code, text = called(root, **variables)
    assert code == 2
    assert says in text
    assert text.count("\n") == 1


def test_an_exclusion_that_is_too_long(tmp_path: Path) -> None:
    """Longer than a variable of the environment can be, which the engine in Lua is started with."""
    code, text = called(tmp_path, LTOCHECK_EXCLUDE_B64=base64("x" * 100_001))
    assert (code, "has more than 100000 characters" in text) == (2, True)


def test_unknown_argument(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["native"], "a.o")
    assert called(root, "--stage", "later")[0] == 2
    assert called(root, "--what")[0] == 2


def test_warn_mode_says_all_and_passes(root: Path, objects: dict[str, Path]) -> None:
    install(root, objects["slim"], "a.o")
    code, text = called(root, LTOCHECK_MODE="warn")
    assert code == 0
    assert "/usr/lib64/a.o" in text
    assert "warn mode" in text


def test_warn_mode_never_fails_a_build(root: Path) -> None:
    assert called(root, LTOCHECK_MODE="warn", LTOCHECK_POLICY_B64=base64("fedoar"))[0] == 0
    assert called(root, LTOCHECK_MODE="warn", LTOCHECK_EXCLUDE_B64="%%%")[0] == 0


@pytest.mark.parametrize(
    "variables", [{"RPM_BUILD_ROOT": ""}, {"RPM_BUILD_ROOT": "/"}, {"RPM_BUILD_ROOT": "//."}, {"LTOCHECK_MODE": "off"}]
)
def test_nothing_to_do(root: Path, objects: dict[str, Path], variables: dict[str, str]) -> None:
    install(root, objects["slim"], "a.o")
    assert called(root, **variables) == (0, "")


def test_root_that_was_never_made(tmp_path: Path) -> None:
    """A package without files has no build root."""
    assert called(tmp_path / "nowhere") == (0, "")


def test_unreadable_files_fail_with_their_own_code(root: Path, objects: dict[str, Path]) -> None:
    (root / "usr/lib64/cut.o").write_bytes(objects["slim"].read_bytes()[:200])
    code, text = called(root)
    assert code == 3
    assert "/usr/lib64/cut.o" in text


def test_report(root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
    archive(root / "usr/lib64/libx.a", [objects["slim"], objects["native"]])
    file = tmp_path / "report.json"
    code, text = called(root, LTOCHECK_REPORT_B64=base64(str(file)))
    assert code == 1
    assert "libx.a" in text
    report = json.loads(file.read_text())
    jsonschema.validate(report, SCHEMA)
    assert report["targets"][0]["package"] == "foo"
    assert report["exit_code"] == 1
    assert [entry["member"] for entry in report["targets"][0]["findings"]] == ["slim.o"]


class TestStripped:
    STRIP = ("strip", "-p", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-N", "__gnu_lto_v1")

    def stages(self, root: Path, state: Path, *strip: str) -> tuple[int, int, str]:
        variables = {"LTOCHECK_STATE_B64": base64(str(state)), "LTOCHECK_MODE": "enforce"}
        first, _ = called(root, **variables)
        if strip:
            for file in sorted((root / "usr/lib64").iterdir()):
                run(*strip, file)
        second, text = called(root, "--stage", "stripped", **variables)
        return first, second, text

    def test_stripped_fat_is_sound(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["fat"], "a.o")
        assert self.stages(root, tmp_path / "state", *self.STRIP) == (0, 0, "")

    def test_bytecode_that_was_not_stripped(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["fat"], "a.o")
        first, second, text = self.stages(root, tmp_path / "state")
        assert (first, second) == (0, 1)
        assert "still carries LTO bytecode" in text

    def test_slim_becomes_hollow(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["slim"], "a.o")
        first, second, text = self.stages(root, tmp_path / "state", *self.STRIP)
        assert (first, second) == (1, 1)
        assert "was stripped of the only code it had" in text

    def test_what_was_empty_is_no_loss(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["empty"], "a.o")
        archive(root / "usr/lib64/libx.a", [objects["native"], objects["empty"]])
        assert self.stages(root, tmp_path / "state", *self.STRIP) == (0, 0, "")

    def test_what_was_empty_is_no_loss_in_a_joined_object(
        self, root: Path, objects: dict[str, Path], tmp_path: Path
    ) -> None:
        joined = tmp_path / "joined.o"
        run("ld", "-r", objects["native"], objects["empty"], "-o", joined)
        install(root, joined, "a.o")
        assert self.stages(root, tmp_path / "state", *self.STRIP) == (0, 0, "")
        run("ld", "-r", objects["native"], objects["constructor"], "-o", joined)
        install(root, joined, "a.o")
        assert self.stages(root, tmp_path / "state", *self.STRIP)[:2] == (1, 1)

    def test_a_constructor_is_a_loss(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["constructor"], "a.o")
        first, second, _ = self.stages(root, tmp_path / "state", *self.STRIP)
        assert (first, second) == (1, 1)

    def test_without_memory_of_the_first_stage_it_is_strict(self, root: Path, objects: dict[str, Path]) -> None:
        run(*self.STRIP, install(root, objects["empty"], "a.o"))
        assert called(root, "--stage", "stripped")[0] == 1

    def test_memory_that_is_garbage_is_told(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["native"], "a.o")
        (tmp_path / "state").write_text("{]")
        code, text = called(root, "--stage", "stripped", LTOCHECK_STATE_B64=base64(str(tmp_path / "state")))
        assert code == 2
        assert "not what the first stage wrote" in text


class TestScript:
    @pytest.fixture(autouse=True)
    def script(self, engine: str) -> None:
        self.script_of_engine = SCRIPTS[engine]

    def call(self, root: Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"RPM_BUILD_ROOT": str(root), "PATH": "/usr/bin:/bin", **variables}
        return subprocess.run(
            [self.script_of_engine], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )

    def test_runs_from_a_checkout(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        install(root, objects["slim"], "a.o")
        done = self.call(root, tmp_path)
        assert done.returncode == 1
        assert "/usr/lib64/a.o" in done.stderr
        assert done.stdout == ""

    def test_imports_nothing_from_the_build_directory(self, root: Path, tmp_path: Path) -> None:
        for name in ("tomllib", "json", "re", "checker", "sitecustomize", "usercustomize"):
            (tmp_path / f"{name}.py").write_text("raise SystemExit(77)\n")
        done = self.call(root, tmp_path, PYTHONPATH=str(tmp_path), PYTHONSTARTUP=str(tmp_path / "re.py"))
        assert done.returncode == 0, done.stderr

    def test_changes_nothing(self, root: Path, objects: dict[str, Path], tmp_path: Path) -> None:
        file = install(root, objects["fat"], "a.o")
        file.chmod(0o444)
        before = (file.stat().st_mtime_ns, file.stat().st_mode, file.read_bytes())
        assert self.call(root, tmp_path).returncode == 0
        assert (file.stat().st_mtime_ns, file.stat().st_mode, file.read_bytes()) == before
        assert list((root / "usr/lib64").iterdir()) == [file]


def test_a_bug_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(hook, "check", broken)
    code, text = called(tmp_path)
    assert code == 4
    assert text == "brp-ltocheck: internal error, please report it: ZeroDivisionError: oops\n"
    assert "Traceback" in called(tmp_path, LTOCHECK_DEBUG="1")[1]
