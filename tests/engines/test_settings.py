# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings that name odd files, or nothing: both engines make the same of them, and leave nothing behind."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engines.both import base64, in_lua, in_python
from tests.toolbox import ROOT

POLICIES = {
    "real/own.toml": 'extends = "base.toml"\n',
    "real/base.toml": 'extends = "fedora"\n[rules]\nslim-object = "warning"\n',
    "links/base.toml": 'extends = "fedora"\n',
    "circle.toml": 'extends = "./circle.toml"\n',
    "near.toml": 'extends = "fedroa"\n',
    "flag.toml": '[opt_in]\nflags = ["-\\\\"]\n',
    "macro.toml": '[opt_in]\nmacro = "own_m\u00e4cro"\n',
    "blank.toml": 'name = "\u2003"\n',
    "rule.toml": '[rules]\nslim-objct = "off"\n',
    "severity.toml": '[rules]\nslim-object = "of"\n',
    "waiver.toml": '[[waiver]]\nrule = "slim"\npath = "*"\nreason = "known"\n',
}
LINKS = {
    "links/own.toml": "../real/own.toml",
    "links/deep": "../real/inner",
    "links/a.toml": "b.toml",
    "links/b.toml": "a.toml",
    "links/gone.toml": "nowhere.toml",
}
NAMES = (
    "fedroa",
    "opensue",
    "al\udcfft",
    "\\(",
    "it's",
    "mageai\u00e4",
    "a" * 300,
    "x" * 5000 + "/y",
    "/dev/zero",
    "/a\0.toml",
)
FILES = (*POLICIES, *LINKS, "links/deep/../own.toml", "real/../links/../real/./own.toml")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    for name in (b"x.o", b'a"\\\n\t\x01\x7f.o', b"\xff\xc3\xa4.o", "\U0001f600\u2028.o".encode()):
        Path(root, name.decode("utf-8", "surrogateescape")).write_bytes(
            (ROOT / "fixtures/corpus/gcc12/empty.slim.o").read_bytes()
        )
    return root


def both(root: Path, **settings: str) -> tuple[int, str]:
    environment = {
        "RPM_BUILD_ROOT": str(root),
        **{f"LTOCHECK_{name}_B64": base64(text) for name, text in settings.items()},
    }
    answer = in_python([], environment)
    assert in_lua([], environment) == answer
    return answer


def test_policies_by_odd_names(root: Path, tmp_path: Path) -> None:
    """Through links, also in the middle of a path; circles; what is too long; and what a name was meant to be."""
    (tmp_path / "real/inner").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    for name, text in POLICIES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, target in LINKS.items():
        (tmp_path / name).symlink_to(target)
    shutil.copy(ROOT / "fixtures/corpus/gcc12/code.slim.o", root / "code.o")
    answers = {name: both(root, POLICY=str(tmp_path / name)) for name in FILES}
    assert answers["links/own.toml"][0] == answers["links/deep/../own.toml"][0] == 0
    assert answers["links/base.toml"][0] == 1
    assert all(both(root, POLICY=name)[0] == 2 for name in NAMES)
    assert "did you mean fedora?" in answers["near.toml"][1]


def test_what_is_remembered_of_odd_names(root: Path, tmp_path: Path) -> None:
    environment = {"RPM_BUILD_ROOT": str(root), "LTOCHECK_STATE_B64": base64(str(tmp_path / "state"))}
    remembered = []
    for engine in (in_python, in_lua):
        engine([], environment)
        remembered.append((tmp_path / "state").read_bytes())
        (tmp_path / "state").unlink()
    assert remembered[0] == remembered[1]
    assert remembered[0].count(b"\n") == 4


@pytest.mark.parametrize("hook", ["brp-ltocheck", "brp-ltocheck-lua"])
@pytest.mark.parametrize("state", ["/dev/full", "/nowhere/state"])
def test_a_failure_leaves_nothing(root: Path, tmp_path: Path, state: str, hook: str) -> None:
    settings = {"LTOCHECK_STATE_B64": base64(state), "LTOCHECK_REPORT_B64": base64(str(tmp_path / "report.json"))}
    environment = {"PATH": "/usr/bin:/bin", "RPM_BUILD_ROOT": str(root), **settings}
    done = subprocess.run([ROOT / "macros" / hook], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n"), state in done.stderr) == (2, 1, True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["root"]


@pytest.mark.parametrize("hook", ["brp-ltocheck", "brp-ltocheck-lua"])
def test_warnings_do_not_go_into_the_report(root: Path, tmp_path: Path, hook: str) -> None:
    """Where standard streams are closed, the next file that is opened would come to be one of them."""
    report = tmp_path / "report.json"
    (root / "secret").write_text("content")
    (root / "secret").chmod(0)
    settings = {"LTOCHECK_REPORT_B64": base64(str(report)), "RPM_BUILD_ROOT": str(root), "PATH": "/usr/bin:/bin"}
    command = ["/usr/bin/unshare", "--user", "sh", "-c", f"{ROOT / 'macros' / hook} <&- >&- 2>&-"]
    subprocess.run(command, env=settings, check=False)
    assert json.loads(report.read_text())["summary"]["not_looked_at"] == {"forbidden": 1}


BLANK = ("\u2003", "\x1c", "\x1f", "\x85", "\xa0", "\v", "\t", "\n")


@pytest.mark.parametrize(
    "settings",
    [
        *({"LTOCHECK_FLAGS": f"c=slim{blank}c++=fat"} for blank in (*BLANK, ",,", "")),
        *({"CFLAGS": f"-flto{blank}-ffat-lto-objects"} for blank in BLANK),
        *({"LTOCHECK_EXCLUDE_B64": base64(blank)} for blank in BLANK),
        *({"LTOCHECK_EXCLUDE_B64": base64("x"), "LTOCHECK_WHY_B64": base64(blank)} for blank in BLANK),
        *({"LTOCHECK_POLICY_B64": text} for text in ("AAAA=", "AAA", "AA=A", "QR==", "QUJD\n", "=", "\u00e4")),
        *(
            {"RPM_BUILD_ROOT": root}
            for root in ("", " ", "/", "/..", "nowhere", "/dev/null", "/dev/null/x", "/x" * 3000)
        ),
    ],
    ids=repr,
)
def test_odd_values(root: Path, tmp_path: Path, settings: dict[str, str]) -> None:
    """Blanks that are none to a shell, what is not quite base64, and build roots that are none."""
    environment = {
        "RPM_BUILD_ROOT": str(root),
        "LTOCHECK_REPORT_B64": base64(str(tmp_path / "report.json")),
        **settings,
    }
    answers = []
    for engine in (in_python, in_lua):
        answer = engine([], environment)
        report = tmp_path / "report.json"
        answers.append((answer, report.read_bytes() if report.exists() else b""))
        report.unlink(missing_ok=True)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("excluded", ["", "nothing"])
@pytest.mark.parametrize("mode", [0, 0o111])
def test_a_build_root_that_cannot_be_read_is_not_passed_over(root: Path, mode: int, excluded: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "RPM_BUILD_ROOT": str(root), "LTOCHECK_EXCLUDE_B64": base64(excluded)}
    root.chmod(mode)
    answers = set()
    for hook in ("brp-ltocheck", "brp-ltocheck-lua"):
        command = ["/usr/bin/unshare", "--user", str(ROOT / "macros" / hook)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        answers.add((done.returncode, done.stderr))
    root.chmod(0o755)
    ((status, said),) = answers
    assert status == (2 if excluded else 3)
    assert "Permission denied" in said


@pytest.mark.parametrize("missing", ["grep", "timeout", "/tmp"])
def test_what_an_exclusion_needs_is_named(root: Path, tmp_path: Path, missing: str) -> None:
    """No build root is without it, but if it is, that is no bug of ours and nothing is excluded in silence."""
    for name in {"sh", "rpmlua", "grep", "timeout"} - {missing}:
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    environment = {"PATH": str(tmp_path), "RPM_BUILD_ROOT": str(root), "LTOCHECK_EXCLUDE_B64": base64("x")}
    before = ["bwrap", "--dev-bind", "/", "/", *(["--ro-bind", "/tmp", "/tmp"] if missing == "/tmp" else [])]
    command = [str(shutil.which(before[0])), *before[1:], str(ROOT / "macros/brp-ltocheck-lua")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'x' cannot be matched: " in done.stderr
    assert missing in done.stderr
