# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds that end after configure, also for another architecture whose cross compiler is installed.

Programs that would compile end the build with the status STOPPED, which shows that configure has run.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from checker.errors import UsageError

TRIPLETS = {"ppc64le": "powerpc64le", "i686": "i686", "i586": "i686", "armv7hl": "arm"}
"""The GNU names of rpm's architectures, if they differ."""

STOPPED = 97
"""The exit status of a build that has reached compilation."""

PROGRAMS = {"__make": "make", "__ninja": "ninja", "__cmake": "cmake", "__meson": "meson"}
"""Macros of rpm and distributions that name a program by its full path, and would bypass PATH."""

STOPPERS = ("make", "gmake", "ninja", "ninja-build", "samu")
SCRIPT = f"""\
#!/bin/sh
# What configure asks of make passes: by files of its own, by standard input (automake) and for its version, also below
# GCC when it links (/tmp/cc*.mk) and below CMake (cmTC_*).
case " $* " in
    *conf*|*" cmTC_"*|*/cc*.mk*|*" -f - "*|*" --version "*|*" -v "*)
        for p in /usr/bin /bin; do [ ! -x "$p/{{name}}" ] || exec "$p/{{name}}" "$@"; done;;
esac
exit {STOPPED}
"""
CMAKE = f"""\
#!/bin/sh
[ "$1" != --build ] || exit {STOPPED}
exec /usr/bin/cmake "$@"
"""
MESON = f"""\
#!/bin/sh
[ "$1" != compile ] || exit {STOPPED}
exec /usr/bin/meson "$@"
"""


@dataclass(frozen=True, slots=True)
class Cross:
    """The settings to configure for an architecture; `triplet` is None for this machine's own."""

    arch: str
    machine: str
    triplet: str | None

    @classmethod
    def to(cls, arch: str, machine: str) -> "Cross":
        """The settings for `arch` on this machine; raises UsageError if the cross compiler is missing."""
        if arch == machine:
            return cls(arch, machine, None)
        cpu = TRIPLETS.get(arch, arch)
        system = "linux-gnueabihf" if cpu == "arm" else "linux-gnu"
        for triplet in (f"{cpu}-{system}", f"{cpu}-redhat-linux-gnu", f"{cpu}-suse-linux"):
            if shutil.which(f"{triplet}-gcc"):
                return cls(arch, machine, triplet)
        raise UsageError(
            f"--arch {arch}: configure needs a cross compiler, and {cpu}-{system}-gcc is not installed. Install it: "
            f"apt-get install gcc-{cpu.replace('_', '-')}-{system} (Debian, Ubuntu), "
            f"dnf install gcc-{cpu}-linux-gnu (Fedora), zypper install cross-{arch}-gcc (openSUSE)"
        )

    def prepare(self, top: Path) -> None:
        """Write the programs that stop the build."""
        folder = top / "stop"
        folder.mkdir()
        scripts = dict.fromkeys(STOPPERS, SCRIPT) | {"cmake": CMAKE, "meson": MESON}
        for name, script in scripts.items():
            if name not in ("cmake", "meson") or Path("/usr/bin", name).exists():
                (folder / name).write_text(script.replace("{name}", name))
                (folder / name).chmod(0o755)

    def environment(self, variables: dict[str, str], top: str) -> dict[str, str]:
        """The environment in which the build finds these programs and the compiler."""
        found = {**variables, "PATH": f"{top}/stop:{variables['PATH']}"}
        if self.triplet is not None:
            found |= {"CC": f"{self.triplet}-gcc", "CXX": f"{self.triplet}-g++", "FC": f"{self.triplet}-gfortran"}
        return found

    def macros(self) -> str:
        """Macros for the architecture, and for the programs by name instead of path."""
        lines = [f"%{macro} {program}" for macro, program in PROGRAMS.items()]
        if self.triplet is not None:
            lines += [
                f"%_build {self.machine}-linux-gnu",  # not the host, so that configure runs no test program
                f"%_host {self.triplet}",
                f"%_host_cpu {self.triplet.partition('-')[0]}",
                f"%_target_cpu {self.arch}",
                f"%_arch {self.arch}",
                f"%__cc {self.triplet}-gcc",
                f"%__cxx {self.triplet}-g++",
            ]
        return "\n".join(lines)
