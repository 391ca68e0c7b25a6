# SPDX-License-Identifier: GPL-2.0-or-later
import os
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from checker import requires
from checker.errors import UsageError
from checker.limits import LIMITS, SANDBOX
from checker.model.flags import Lto
from checker.model.specs import Look, LtoState, Ships, SpecFacts, SpecTarget
from checker.shipped import shipped_targets
from checker.specs import expand
from checker.specs.answers import RpmAnswer, answer_of
from checker.specs.lexical import look_at_text
from checker.specs.look import LookOptions, SpecReader, look_at_all
from checker.specs.parse import parsed
from checker.specs.profiles import load_profile
from checker.specs.sandbox import Sandbox, SandboxError
from checker.specs.sections import read_spec
from checker.specs.sources import files_beside
from checker.specs.target import EXPORTS, VALUES, target_of
from checker.specs.waivers import EXCLUDE_FROM
from tests.toolbox import ROOT, run

MACRO = "_fat_lto_objects"
QUICK = SANDBOX._replace(seconds=2.0, cpu=2)
HEAD = "Name: x\nVersion: {}\nRelease: 1\nSummary: x\nLicense: x\n%description\nx\n"
STATIC = (ROOT / "fixtures/specs/static.spec").read_bytes()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(QUICK) as box:
        yield box


def expanded(data: bytes, sandbox: Sandbox, targets: str = "fedora", arches: str = "x86_64") -> SpecFacts:
    profiles = map(load_profile, targets.split(","))
    spec = read_spec(data)
    facts = look_at_text(spec, MACRO)
    answers = parsed(data, sandbox, [MACRO, *VALUES], profiles, arches.split(","))
    return expand.expanded(spec, facts, tuple(target_of(answer, spec, facts.lto, MACRO) for answer in answers))


def test_every_target_and_architecture(sandbox: Sandbox) -> None:
    facts = expanded(STATIC, sandbox, "fedora,opensuse,stock", "x86_64,ppc64le")
    assert facts.look is Look.EXPANDED
    words = {"fedora": Lto.SLIM, "opensuse": Lto.SLIM, "stock": Lto.NONE}
    assert tuple(one._replace(conditions=()) for one in facts.targets) == tuple(
        SpecTarget(
            target,
            arch,
            LtoState.DEFAULT,
            ships=Ships.YES,
            flags=words[target],
            reached=Ships.YES,
            exports_flags=target == "fedora",
        )
        for target in words
        for arch in ("x86_64", "ppc64le")
    )


@pytest.mark.parametrize("profile", [name for name in shipped_targets() if name not in ("stock", "mageia")])
def test_the_opt_in_makes_every_profile_with_lto_fat(sandbox: Sandbox, profile: str) -> None:
    (target,) = expanded(b"%global _fat_lto_objects 1\n" + STATIC, sandbox, profile).targets
    assert (target.lto, target.flags, target.opt_in) == (LtoState.FAT, "fat", True)
    (target,) = expanded(STATIC, sandbox, profile).targets
    assert (target.lto, target.flags, target.opt_in) == (LtoState.DEFAULT, "slim", False)


@pytest.mark.parametrize(
    ("profile", "line", "state", "flags"),
    [
        ("fedora", "%define _lto_cflags %{nil}", "disabled", "none"),
        ("fedora", "%global _gcc_lto_cflags -fno-lto", "disabled", "none"),
        ("fedora", "%global _lto_cflags %{?_lto_cflags} -ffat-lto-objects", "fat", "fat"),
        ("fedora", "%global optflags %{optflags} -ffat-lto-objects", "fat", "fat"),
        ("fedora", "%global build_cflags %{build_cflags} -ffat-lto-objects", "modified", "slim"),
        ("opensuse", "%undefine _lto_cflags", "disabled", "none"),
        ("alt", "%{?optflags_lto:%global optflags_lto %optflags_lto -ffat-lto-objects}", "fat", "fat"),
        ("alt", "%add_optflags -ffat-lto-objects", "fat", "fat"),
        ("alt", "%remove_optflags -flto=auto", "disabled", "none"),
        ("openmandriva", "%define _disable_lto 1", "disabled", "none"),
        ("stock", "%define _lto_cflags %{nil}", "default", "none"),
    ],
)
def test_effective_flags(sandbox: Sandbox, profile: str, line: str, state: str, flags: str) -> None:
    (target,) = expanded(line.encode() + b"\n" + STATIC, sandbox, profile).targets
    assert (target.lto, target.flags) == (state, flags)


@pytest.mark.parametrize(
    ("script", "state"),
    [
        ("%configure", "default"),
        ("export CFLAGS='%{optflags}'", "default"),
        ("export CFLAGS='%{optflags} -fno-lto'", "disabled"),
        ("export CFLAGS='%{optflags} -ffat-lto-objects'", "fat"),
    ],
)
def test_shell_text_counts_where_it_says_more_than_the_flags(sandbox: Sandbox, script: str, state: str) -> None:
    (target,) = expanded(STATIC.replace(b"gcc-ar", script.encode() + b"\ngcc-ar"), sandbox).targets
    assert target.lto == state


def test_conditions_are_decided_by_rpm(sandbox: Sandbox) -> None:
    data = (ROOT / "fixtures/specs/conditions.spec").read_bytes()
    facts = expanded(data, sandbox, "fedora", "x86_64,aarch64")
    assert facts.lto is LtoState.CONDITIONAL
    assert [(one.lto, one.ships) for one in facts.targets] == [
        (LtoState.DEFAULT, Ships.YES),
        (LtoState.DISABLED, Ships.NO),
    ]


def test_switches_of_alt(sandbox: Sandbox) -> None:
    data = (ROOT / "fixtures/specs/alt.spec").read_bytes()
    (target,) = expanded(data, sandbox, "alt").targets
    assert (target.lto, target.ships, target.opt_in) == (LtoState.FAT, Ships.YES, True)
    (target,) = expanded(data.replace(b"%def_enable", b"%def_disable"), sandbox, "alt").targets
    assert target.ships is Ships.NO


def test_a_missing_macro_is_named_and_the_text_stands(sandbox: Sandbox) -> None:
    facts = expanded(b"%unheard_of thing\n" + STATIC, sandbox)
    assert facts.look is Look.LEXICAL
    assert facts.ships is Ships.YES
    assert facts.targets[0].failure == "line 1: Unknown tag: %unheard_of thing (%unheard_of is not defined)"


HOSTILE = {
    "touch": "%(touch {0}/made /tmp/made /usr/made /dev/shm/made; echo 1)",
    "lua": "%{{lua:os.execute('touch {0}/made') print(io.open('{0}/made2', 'w') and 2 or 1)}}",
    "read": "%(cat {0}/secret /etc/shadow /root/.ssh/* || echo 1)",
    "network": "%(exec 3<>/dev/tcp/127.0.0.1/{1} || bash -c 'echo x > /dev/tcp/127.0.0.1/{1}' || echo 1)",
    "fork bomb": "%(b() {{ b | b & }}; b; sleep 60)",
    "sleep": "%(sleep 60)",
    "daemon": "%(setsid sh -c 'sleep 3; touch {0}/made' >/dev/null 2>&1 & echo 1)",
    "endless macro": "%{{a}}",
    "endless lua": "%{{lua:while true do end}}",
    "gigabyte": "%{{lua:print(string.rep('x', 1024 * 1024 * 1024))}}",
    "output": "%(yes)",
    "kill": "%(kill -9 -1; echo 1)",
    "parent": "%(kill -9 $PPID; echo 1)",
    "deep": "%(echo '%{{expand:' | head -c 100000)",
    "list of lists": "%{{lua:for fd = 3, 20 do local f = io.open('/proc/self/fd/' .. fd, 'w') "
    "if f then f:write(string.rep('[', 1000000) .. '\\n') f:close() end end print(1)}}",
    "forged answer": "%{{lua:for fd = 3, 20 do local f = io.open('/proc/self/fd/' .. fd, 'w') "
    "if f then f:write('{{\"text\": 1}}') f:close() end end print(1)}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_spec_can_do_nothing(name: str, tmp_path: Path) -> None:
    listener = subprocess.Popen(
        ["/usr/bin/python3", "-c", LISTENER], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert listener.stdout
    port = listener.stdout.readline().strip()
    (tmp_path / "secret").write_text("hidden treasure")
    tmp_path.chmod(0o777)
    text = HOSTILE[name].format(tmp_path, port)
    data = ("%define a %{b}\n%define b %{a}\n" + HEAD.format(text)).encode()
    start = time.monotonic()
    with Sandbox(QUICK) as box:
        first = box.parse(data, b"", "x86_64", [MACRO])
        assert time.monotonic() - start < 15
        second = box.parse(HEAD.format("2").encode(), b"", "x86_64", [MACRO])
    assert second.failure is None, "the next spec is parsed"
    assert "treasure" not in str(first)
    if name == "daemon":
        time.sleep(3.5)
    assert sorted(os.listdir(tmp_path)) == ["secret"]
    assert not any(Path(path, "made").exists() for path in ("/tmp", "/usr", "/dev/shm"))
    said, _ = listener.communicate("")
    assert said == "", "nobody came by the network"
    if name not in ("touch", "read", "network", "daemon", "lua"):
        assert first.failure or name in ("deep", "forged answer", "list of lists", "kill", "parent")


class Forger(Sandbox):
    """A sandbox whose answers are those of a spec that has taken over its own process."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self._answer = answer

    def parse(self, spec: bytes, profile: bytes, arch: str, macros: list[str]) -> RpmAnswer:
        return answer_of(self._answer, macros)


FLAGS = ("_lto_cflags", "optflags_lto", "optflags", "build_cflags", "build_cxxflags", "build_fflags")
GOOD = dict.fromkeys((MACRO, *FLAGS, EXPORTS, EXCLUDE_FROM), "")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"text": 1},
        {"text": "?", "before": GOOD, "after": GOOD},
        {"text": "eA==", "before": GOOD},
        {"text": "eA==", "before": GOOD, "after": {**GOOD, "optflags": 1}},
        {"text": "eA==", "before": [], "after": GOOD},
        {"text": b64encode(b"\n" * (LIMITS.spec_lines + 1)).decode(), "before": GOOD, "after": GOOD},
        {"failure": ["x"], "messages": 7},
        {"failure": "", "messages": "error: "},
    ],
)
def test_an_answer_that_makes_no_sense_is_a_failure(answer: dict[str, Any]) -> None:
    (target,) = expanded(STATIC, Forger(answer)).targets
    assert target.failure


LISTENER = """
import select, socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
ready, _, _ = select.select([server, sys.stdin], [], [])
if server in ready:
    print("somebody came")
"""


def test_what_a_spec_leaves_running_is_gone(sandbox: Sandbox) -> None:
    marker = f"{os.getpid()}.25"
    data = HEAD.format(f"%(setsid sleep 600{marker} >/dev/null 2>&1 & echo 1)").encode()
    assert sandbox.parse(data, b"", "x86_64", []).text
    found = [process for process in Path("/proc").glob("[0-9]*") if marker.encode() in _command_line(process)]
    assert found == []


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_without_bubblewrap_only_the_text_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"), Sandbox():
        pass
    (tmp_path / "x.spec").write_bytes(STATIC)
    options = LookOptions(MACRO, (load_profile("fedora"),), ("x86_64",))
    ((_, facts),) = look_at_all([str(tmp_path / "x.spec")], options)
    assert facts.look is Look.LEXICAL
    assert facts.not_expanded == requires.BUBBLEWRAP.missing("bwrap is not found")


def test_a_sandbox_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory() as folder:  # pytest's own folders are closed to nobody, as whom root enters the sandbox
        Path(folder).chmod(0o755)
        program = Path(folder, "bwrap")
        program.write_text("#!/bin/sh\necho 'no namespaces here' >&2\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        with pytest.raises(SandboxError, match="no namespaces here"), Sandbox():
            pass


def test_trusted_specs_are_run_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "made"
    with Sandbox(QUICK, trusted=True) as box:
        answer = box.parse(HEAD.format(f"%(touch {file}; echo 1)").encode(), b"", "x86_64", [])
    assert answer.text
    assert file.exists()


def test_several_processes_say_the_same_in_order(tmp_path: Path) -> None:
    for number in range(20):
        shutil.copy(ROOT / "fixtures/specs/static.spec", tmp_path / f"{number:02}.spec")
    paths = sorted(map(str, tmp_path.iterdir()))
    options = LookOptions(MACRO, (load_profile("fedora"),), ("x86_64",))
    one = list(look_at_all(paths, options))
    assert [looked.file.path for looked in one] == paths
    assert list(look_at_all(paths, options, jobs=2)) == one


@pytest.mark.parametrize("name", ["fedora", "opensuse"])
@pytest.mark.parametrize("opt_in", ["%{nil}", "0", "1"])
def test_profiles_have_the_flags_that_builds_get(name: str, opt_in: str) -> None:
    macro = {"fedora": "%{_gcc_lto_cflags}", "opensuse": "%{_lto_cflags}"}[name]
    target, flags = (
        run("rpm", "--load", ROOT / "macros" / folder / name, "-D", f"_fat_lto_objects {opt_in}", "--eval", macro)
        for folder in ("targets", "flags")
    )
    assert target == flags
    assert ("-ffat-lto-objects" in flags) is (opt_in == "1")


def test_profiles() -> None:
    assert {"fedora", "opensuse", "stock", "alt", "openmandriva", "openeuler", "mageia"} <= set(shipped_targets())
    with pytest.raises(UsageError, match="there are alt, fedora"):
        load_profile("nowhere")


def test_files_beside_a_spec_are_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "more.inc").write_text("%global _fat_lto_objects 1\n")
    (tmp_path / ".secret").write_text("treasure")
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "x.spec").write_bytes(
        b"Source1: more.inc\n%include %{SOURCE1}\n%global seen %(ls -A %{_sourcedir})\n" + STATIC
    )
    reader = SpecReader(LookOptions(MACRO, (load_profile("fedora"),), ("x86_64",)))
    facts = reader.look(str(tmp_path / "x.spec")).facts
    reader.close()
    assert (facts.look, facts.opt_in) == (Look.EXPANDED, True)
    assert [seen.what for seen in facts.observations] == []
    files = files_beside(str(tmp_path / "x.spec"), b"%include a")
    assert sorted(files) == ["more.inc", "x.spec"]
    for fd in files.values():
        os.close(fd)


def test_a_profile_may_be_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("%unheard_of() %{nil}\n")
    (target,) = expanded(b"%unheard_of thing\n" + STATIC, sandbox, f"{tmp_path}/mine").targets
    assert target.failure is None


def test_an_unreadable_file_is_not_parsed(tmp_path: Path) -> None:
    reader = SpecReader(LookOptions(MACRO, (load_profile("fedora"),), ("x86_64",)))
    assert reader.look(str(tmp_path / "missing.spec")).facts.targets == ()
    reader.close()
