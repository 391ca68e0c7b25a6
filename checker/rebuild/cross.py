# SPDX-License-Identifier: GPL-2.0-or-later
"""A build only as far as configure goes, for another architecture by its cross compiler where one is installed.

Programs that would compile stop the build instead: so far as the spec has got then, configure has run.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from checker.errors import UsageError

TRIPLETS = {"ppc64le": "powerpc64le", "i686": "i686", "i586": "i686", "armv7hl": "arm"}
"""rpm's architectures that GNU calls otherwise."""

STOPPERS = ("make", "gmake", "ninja", "ninja-build", "samu")
SCRIPT = """\
#!/bin/sh
# configure asks make questions of its own, in files of its own, and so does GCC when it links; CMake and meson ask for
# versions
case "$* " in
    *conf*|*/cc*.mk*|*"--version "*|*" -v "*)
        for p in /usr/bin /bin; do [ ! -x "$p/{name}" ] || exec "$p/{name}" "$@"; done;;
esac
: >"{marker}"
exit 97
"""
CMAKE = """\
#!/bin/sh
case "$1" in --build) : >"{marker}"; exit 97;; esac
exec /usr/bin/cmake "$@"
"""
MESON = """\
#!/bin/sh
case "$1" in compile) : >"{marker}"; exit 97;; esac
exec /usr/bin/meson "$@"
"""
MARKER = "configured"


@dataclass(frozen=True, slots=True)
class Cross:
    """How to configure for an architecture; `triplet` is None for this machine's own."""

    arch: str
    triplet: str | None

    @classmethod
    def to(cls, arch: str, machine: str) -> "Cross":
        """To an architecture from this machine; raises UsageError where its cross compiler is missing."""
        if arch == machine:
            return cls(arch, None)
        cpu = TRIPLETS.get(arch, arch)
        system = "linux-gnueabihf" if cpu == "arm" else "linux-gnu"
        for triplet in (f"{cpu}-{system}", f"{cpu}-redhat-linux-gnu", f"{cpu}-suse-linux"):
            if shutil.which(f"{triplet}-gcc"):
                return cls(arch, triplet)
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
                (folder / name).write_text(
                    script.replace("{name}", name).replace("{marker}", f"${{STOP_AT:-/}}/{MARKER}")
                )
                (folder / name).chmod(0o755)

    def reached(self, top: Path) -> bool:
        """Whether the build got so far."""
        return (top / "stop" / MARKER).exists()

    def environment(self, variables: dict[str, str], top: str) -> dict[str, str]:
        """The variables with which the build finds these programs and the compiler."""
        found = {**variables, "PATH": f"{top}/stop:{variables['PATH']}", "STOP_AT": f"{top}/stop"}
        if self.triplet is not None:
            found |= {"CC": f"{self.triplet}-gcc", "CXX": f"{self.triplet}-g++", "FC": f"{self.triplet}-gfortran"}
        return found

    def macros(self) -> str:
        """What rpm's macros say of the architecture."""
        if self.triplet is None:
            return ""
        return "\n".join(
            (
                f"%_host {self.triplet}",
                f"%_host_cpu {self.triplet.partition('-')[0]}",
                f"%_target_cpu {self.arch}",
                f"%_arch {self.arch}",
                f"%__cc {self.triplet}-gcc",
                f"%__cxx {self.triplet}-g++",
            )
        )
