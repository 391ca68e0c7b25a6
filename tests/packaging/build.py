# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages built by the real rpmbuild, and a copy of this machine to install them in.

The copy costs nothing: an overlay over /usr and /etc in a mount namespace of its own, in which the checkout is hidden.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.toolbox import ROOT, run

SPEC = ROOT / "packaging/ltocheck.spec"

MACHINE = """
set -eu
mount -t tmpfs tmpfs "$SPACE"
for folder in usr etc; do
    mkdir "$SPACE/$folder" "$SPACE/$folder.work"
    mount -t overlay -o "lowerdir=/$folder,upperdir=$SPACE/$folder,workdir=$SPACE/$folder.work" overlay "/$folder"
done
if [ -n "$LIBRARIES" ]; then  # the virtual environment's, in place of the distribution's
    site=$(/usr/bin/python3 -c 'import site; print(site.getsitepackages()[0])')
    mkdir -p "$site"
    mount --bind "$LIBRARIES" "$site"
fi
mount -t tmpfs tmpfs "$CHECKOUT"
mkdir "$SPACE/work"
cd "$SPACE/work"
export HOME="$SPACE/work"
rpm() { command rpm --dbpath "$SPACE/rpmdb" "$@"; }
"""

BUILD = """
build() {  # SPEC, options: rpmbuild with slim objects by default
    rpmbuild -bb --load=/usr/share/ltocheck/macros/flags/stock --define="_topdir $SPACE/build" "$@" 2>&1
}
"""


def source(folder: Path) -> Path:
    """The source as it is released."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (file,) = folder.glob("*.tar.gz")
    return file


def rpmbuilt(folder: Path, *arguments: str) -> list[Path]:
    """All packages that rpmbuild makes of the source in a folder; those that run on a machine first."""
    command = ["rpmbuild", "-ba", "--nodeps", f"--define=_topdir {folder}/top", f"--define=_sourcedir {folder}"]
    command += [f"--define=__python3 {sys.executable}"]
    # Man pages are compressed as in Fedora. Debian has the script, and a /bin/sh that cannot run it.
    command += ["--define=__os_install_post bash %{_rpmconfigdir}/brp-compress", *arguments, str(SPEC)]
    home = folder / "home"
    home.mkdir(exist_ok=True)
    run(*command, cwd=folder, env={"HOME": str(home)})
    return sorted(folder.glob("top/RPMS/*/*.rpm")) + sorted(folder.glob("top/SRPMS/*.rpm"))


def on_machine(script: str, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script as root of the copy; `rpm` there has an empty database. Whatever it changes is forgotten."""
    space = folder / "space"
    space.mkdir(exist_ok=True)
    in_venv = sys.prefix != sys.base_prefix
    return subprocess.run(
        ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-c", MACHINE + script, "sh",
         *map(str, arguments)],
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "SPACE": str(space),
            "CHECKOUT": str(ROOT),
            "LIBRARIES": sysconfig.get_path("purelib") if in_venv else "",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )  # fmt: skip
