# SPDX-License-Identifier: GPL-2.0-or-later
"""Real rpmbuilds, each in a folder of its own, with macros in the order of stock rpm or of a distribution.

Nothing of the machine's own configuration is used but rpm's: no /etc/rpm, no macros.d, no home. A missing tool fails.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.rpmbuild.roots import PATH, ROOT, inside

HERE = Path(__file__).resolve().parent
MACROS = HERE.parent.parent / "macros"
LAYOUTS = HERE / "layouts"
ENGINES = (MACROS / "brp-ltocheck", MACROS / "brp-ltocheck-lua")
"""One of them is rpmbuild's hook; the other one looks at the same build root, and must give the same answer."""

HOOK = MACROS / os.environ.get("LTOCHECK_TEST_HOOK", "brp-ltocheck-lua" if ROOT else "brp-ltocheck")
"""The engine that counts: brp-ltocheck-lua by LTOCHECK_TEST_HOOK, and where there is no Python."""

UNDER = os.environ.get("LTOCHECK_TEST_UNDER", "").split()
"""What rpmbuild is run under, such as valgrind or env with a malloc that finds errors."""


DROPINS = {"opensuse": MACROS / "brp-suse.d" / "brp-10-ltocheck", "alt": MACROS / "brp.d" / "000-ltocheck.brp"}
RUNNERS = {"opensuse": "brp-suse", "alt": "brp-alt"}
"""Scripts that run whatever lies in a folder."""

PROFILES = {"mageia": ("stock",), "openeuler": ("fedora", "openeuler")}
"""Which of macros/flags make a layout's LTO; else the file of its name."""

SPEC = """\
{top}
Name: {name}
Version: 1
Release: 1
Summary: A package for tests
License: GPL-2.0-or-later
{preamble}
%description
For tests.
{middle}
%build
{build}
%install
{install}
%files
"""


@dataclass(frozen=True)
class Run:
    """One run of the hook as rpmbuild started it."""

    stage: str
    environment: dict[str, str]

    def text(self, name: str) -> str:
        """The free text in LTOCHECK_<name>_B64."""
        return base64.b64decode(self.environment[f"LTOCHECK_{name}_B64"], validate=True).decode()


@dataclass(frozen=True)
class Build:
    """What one rpmbuild did."""

    code: int
    log: str
    trace: list[str]
    """The hook and the tools that strip, in the order in which they ran."""
    runs: list[Run]
    folder: Path

    @property
    def root(self) -> Path:
        """The build root that was left."""
        return Path(self.runs[0].environment["RPM_BUILD_ROOT"])

    def said(self, stage: str = "installed") -> str:
        """What the hook itself told the packager."""
        return (self.folder / f"said-{stage}").read_text()

    def report(self, stage: str = "installed") -> dict[str, Any]:
        """The report that the hook wrote."""
        name = "report.json" if stage == "installed" else f"report.json.{stage}"
        report: dict[str, Any] = json.loads((self.folder / name).read_text())
        return report

    def findings(self, stage: str = "installed") -> list[tuple[str, str, str | None]]:
        """Rule, path and member of all that the hook reported, less what is waived."""
        found = [finding for target in self.report(stage)["targets"] for finding in target["findings"]]
        return [(item["rule"], item["path"], item["member"]) for item in found if item["waived"] is None]

    def passed(self) -> "Build":
        assert self.code == 0, self.log
        return self

    def failed(self) -> "Build":
        """The build failed, and it was %install that failed."""
        assert self.code != 0, self.log
        assert "(%install)" in self.log, self.log
        return self


@dataclass
class Rpmbuild:
    """How to start rpmbuild: where the macros stand, and what they say."""

    folder: Path
    layout: str = "stock"
    placement: str = "hook"
    """hook: macros.ltocheck-hook in /etc/rpm; vendor: the line in the vendor's macros; load: rpmbuild --load; none."""
    flags: str = "slim"
    """slim: the profile in place of the vendor's LTO flags; on-top: the profile in /etc/rpm, above them; today."""
    dotfile: str = ""
    """What ~/.rpmmacros says."""
    hook: Path = HOOK
    root: str = ROOT
    """The root without Python in which it is started, if any: there only the hook in Lua can run."""
    dropin: bool = True
    """Whether the drop-in is installed where the distribution runs drop-ins, beside the macros or without them."""
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        install: str = "",
        *arguments: str,
        build: str = "",
        top: str = "",
        preamble: str = "",
        middle: str = "",
        name: str = "demo",
    ) -> Build:
        """Build a spec whose sections hold what is given, up to the end of %install."""
        spec = SPEC.format(top=top, name=name, preamble=preamble, middle=middle, build=build, install=install)
        return self.run(spec, *arguments)

    def run(self, spec: str, *arguments: str, mode: str = "-bi") -> Build:
        """Build `spec`; every call has a fresh folder."""
        folder = self.fresh_folder()
        spec_file = folder / "demo.spec"
        spec_file.write_text(spec)
        return self.start(folder, mode, *arguments, str(spec_file))

    def fresh_folder(self) -> Path:
        folder = self.folder / f"build-{len(list(self.folder.glob('build-*')))}"
        folder.mkdir(parents=True)
        return folder

    def start(self, folder: Path, mode: str, *arguments: str, before: Sequence[str] = ()) -> Build:
        """Start rpmbuild once in `folder`, by a command that `before` begins."""
        done = subprocess.run(
            [*inside(self.root), *before, *UNDER, *self.command(folder, mode, *arguments)],
            cwd=folder, env=self.env(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300, check=False,
        )  # fmt: skip
        different = folder / "engines-differ"
        assert not different.exists(), different.read_text(errors="replace")
        trace = folder / "trace"
        return Build(
            code=done.returncode,
            log=done.stdout,
            trace=trace.read_text().splitlines() if trace.exists() else [],
            runs=[read_run(path) for path in sorted(folder.glob("run-*"), key=lambda path: path.stat().st_mtime_ns)],
            folder=folder,
        )

    def command(self, folder: Path, mode: str, *arguments: str) -> list[str]:
        """The command line; what is in `arguments` comes last and wins."""
        rcfiles = [f"{config_folder()}/rpmrc"]
        if (LAYOUTS / self.layout / "rpmrc").exists():
            rcfiles.append(f"{LAYOUTS}/{self.layout}/rpmrc")
        loaded = []
        if self.placement == "load":
            loaded = [f"--load={MACROS}/macros.ltocheck", f"--load={MACROS}/macros.ltocheck-hook"]
        tools = folder / "tools"
        return [
            "rpmbuild", mode, "--nodeps",
            "--rcfile=" + ":".join(rcfiles), "--macros=" + ":".join(self.macro_files(folder)),
            f"--define=_topdir {folder}/top", f"--define=_tmppath {folder}/tmp", f"--define=_sourcedir {HERE}/sources",
            "--define=_unpackaged_files_terminate_build 0",
            f"--define=_layouts {LAYOUTS}", f"--define=_brp_runner {folder}/{RUNNERS.get(self.layout)}",
            f"--define=__strip {tools}/strip", f"--define=__find_debuginfo {tools}/find-debuginfo",
            *loaded,
            f"--define=_ltocheck_brp {tools}/brp-ltocheck", f"--define=_ltocheck_report {folder}/report.json",
            *arguments,
        ]  # fmt: skip

    def macro_files(self, folder: Path) -> list[str]:
        """rpm's macro path: rpm's own, macros.d, the platform's, the vendor's, /etc/rpm, ~/.rpmmacros."""
        config = config_folder()
        profile = [f"{MACROS}/flags/{name}" for name in PROFILES.get(self.layout, (self.layout,))]
        if self.layout not in ("alt", "opensuse") and clang_version() < 18:
            profile.append(f"{MACROS}/flags/clang-before-18")
        definitions = self.placement in ("hook", "vendor")
        files = [f"{config}/macros"]
        files += [f"{MACROS}/macros.ltocheck"] if definitions else []
        files += [f"{config}/platform/%{{_target}}/macros"]
        files += profile if self.flags == "slim" else [f"{LAYOUTS}/{self.layout}/lto-today"]
        if self.placement == "vendor":
            (folder / "adopted").write_text("%_layout_adopted 1\n")
            files.append(f"{folder}/adopted")
        if self.layout != "stock" or self.placement == "vendor":
            files.append(f"{LAYOUTS}/{self.layout}/macros")
        files += profile if self.flags == "on-top" else []
        files += [f"{MACROS}/macros.ltocheck-hook"] if self.placement == "hook" else []
        dotfile = folder / "home" / ".rpmmacros"
        dotfile.parent.mkdir(exist_ok=True)
        dotfile.write_text(self.dotfile + "\n")
        return [*files, str(dotfile)]

    def env(self, folder: Path) -> dict[str, str]:
        """The environment, and the tools that it names: each writes its name into the trace, then does its work."""
        tools = folder / "tools"
        tools.mkdir(exist_ok=True)
        (folder / "tmp").mkdir(exist_ok=True)
        for name in ("strip", "find-debuginfo"):
            write_tool(tools / name, f'echo {name} >>"{folder}/trace"\nexec {tool(name)} "$@"')
        said = f'"{folder}/said-$2"'
        note = f'echo "ltocheck $2" >>"{folder}/trace"; {{ echo "$2"; env -0; }} >"{folder}/run-$2-$$"'
        if self.hook in ENGINES and not self.root:
            first, second = (self.hook, next(other for other in ENGINES if other != self.hook))
            run = f'exec "{HERE}/both-engines" "{folder}" {said} "{first}" "{second}" "$@"'
        else:
            run = f'"{self.hook}" "$@" >{said} 2>&1; code=$?; cat {said}; exit $code'
        write_tool(tools / "brp-ltocheck", f"{note}\n{run}")
        if self.layout in DROPINS:
            dropin = DROPINS[self.layout]
            dropins = dropin.parent.name
            shutil.copytree(LAYOUTS / self.layout / dropins, folder / dropins, dirs_exist_ok=True)
            shutil.copy(LAYOUTS / self.layout / RUNNERS[self.layout], folder)
            if self.dropin:
                shutil.copy(dropin, folder / dropins)
                (folder / "brp-ltocheck").symlink_to(tools / "brp-ltocheck")
        return {
            "PATH": PATH,
            "HOME": str(folder / "home"),
            "LC_ALL": "C.UTF-8",
            "LTOCHECK_TEST_STRIP": str(tools / "strip"),
            **self.environment,
        }


def write_tool(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def read_run(path: Path) -> Run:
    stage, _, environment = path.read_text(errors="surrogateescape").partition("\n")
    return Run(stage, dict(line.split("=", 1) for line in environment.split("\0") if line))


def tool(name: str) -> str:
    """The path of a tool that the tests need; without it they fail."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing", pytrace=False)
    return path


@cache
def config_folder() -> str:
    """Where rpm's own macros are."""
    return expand("%{_rpmconfigdir}").strip()


@cache
def clang_version() -> int:
    """The major version of clang."""
    done = subprocess.run([*inside(ROOT), tool("clang"), "-dumpversion"], capture_output=True, text=True, check=True)
    return int(done.stdout.split(".")[0])


def expand(text: str, *arguments: str) -> str:
    """What rpm itself makes of `text`."""
    command = [*inside(ROOT), tool("rpm"), *arguments, "--eval", text]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Maker(Protocol):
    """Makes an `Rpmbuild` with these settings."""

    def __call__(self, **settings: Any) -> Rpmbuild: ...
