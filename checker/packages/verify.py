# SPDX-License-Identifier: GPL-2.0-or-later
"""Digests and signatures of a package, checked by rpm itself."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from checker import requires
from checker.errors import Obstacle, Unavailable, UsageError

GOOD = (": OK", ": NOTFOUND")
"""How rpmkeys ends the lines about what it has nothing against."""


def verify(fd: int, keys: Sequence[str] = ()) -> None:
    """Check every digest of an open package and, when keys are given, that one of them signed it; raises Unavailable.

    The keys are files as `rpmkeys --import` takes them. They are known to this check alone, not to the system.
    """
    with TemporaryDirectory(prefix="ltocheck-keys-") as folder:
        level = "all" if keys else "digest"
        command = ["--dbpath", folder, "--define", f"_keyringpath {folder}", "--define", f"_pkgverify_level {level}"]
        if keys:
            done = _rpmkeys(*command, "--import", *(str(Path(key).resolve()) for key in keys))
            if done.returncode:
                raise UsageError(f"--key: rpm does not take this key: {done.stderr.strip() or ' '.join(keys)}")
        else:
            command.append("--nosignature")
        # By its descriptor, so that it is the very file that was read, and that no name needs quoting for rpm.
        done = _rpmkeys(*command, "-Kv", f"/proc/self/fd/{fd}", fd=fd)
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines()[1:] if not line.endswith(GOOD)]
        detail = "; ".join(lines) or ("no signature" if keys else "no digest")
        raise Unavailable(Obstacle.UNVERIFIED, f"fails the verification by rpm: {detail}")


def _rpmkeys(*arguments: str, fd: int | None = None) -> subprocess.CompletedProcess[str]:
    program = shutil.which("rpmkeys")
    if program is None:
        raise UsageError(requires.RPMKEYS.missing("not found"))
    return subprocess.run(  # noqa: S603 no shell
        [program, *arguments],
        env={**os.environ, "LC_ALL": "C"},
        pass_fds=() if fd is None else (fd,),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
