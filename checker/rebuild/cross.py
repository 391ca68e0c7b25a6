# SPDX-License-Identifier: GPL-2.0-or-later
"""A build only as far as configure goes, for another architecture by its cross compiler where one is installed.

Programs that would compile stop the build instead, by a status of their own: configure has run when a build ends by it.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from checker.errors import UsageError

TRIPLETS = {"ppc64le": "powerpc64le", "i686": "i686", "i586": "i686", "armv7hl": "arm"}
"""rpm's architectures that GNU calls otherwise."""

STOPPED = 97
"""The status by which a build ends that has got as far as compiling."""

PROGRAMS = {"__make": "make", "__ninja": "ninja", "__cmake": "cmake", "__meson": "meson"}
"""Macros of rpm and of distributions that name a program by its place, so that the ones below would not be found."""

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
    """How to configure for an architecture; `triplet` is None for this machine's own."""

    arch: str
    machine: str
    triplet: str | None

    @classmethod
    def to(cls, arch: str, machine: str) -> "Cross":
        """To an architecture from this machine; raises UsageError where its cross compiler is missing."""
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
        """The variables with which the build finds these programs and the compiler."""
        found = {**variables, "PATH": f"{top}/stop:{variables['PATH']}"}
        if self.triplet is not None:
            found |= {"CC": f"{self.triplet}-gcc", "CXX": f"{self.triplet}-g++", "FC": f"{self.triplet}-gfortran"}
        return found

    def macros(self) -> str:
        """What rpm's macros say of the architecture, and the programs by their names, not their places."""
        lines = [f"%{macro} {program}" for macro, program in PROGRAMS.items()]
        if self.triplet is not None:
            lines += [
                f"%_build {self.machine}-linux-gnu",  # unlike the host, so that configure runs nothing that it compiles
                f"%_host {self.triplet}",
                f"%_host_cpu {self.triplet.partition('-')[0]}",
                f"%_target_cpu {self.arch}",
                f"%_arch {self.arch}",
                f"%__cc {self.triplet}-gcc",
                f"%__cxx {self.triplet}-g++",
            ]
        return "\n".join(lines)
