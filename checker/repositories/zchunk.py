# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of metadata in zchunk's format, which libarchive does not know, decompressed by unzck."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from checker import requires
from checker.errors import Obstacle, Unavailable
from checker.limits import LIMITS

MAGIC = b"\0ZCK1"


def unzck(fd: int, limit: int) -> Iterator[bytes]:
    """What is in an open file, in blocks; raises Unavailable."""
    program = shutil.which("unzck")
    if program is None:
        raise Unavailable(Obstacle.INACCESSIBLE, f"cannot be read: {requires.UNZCK.missing('it is not installed')}")
    with TemporaryDirectory(prefix="ltocheck-") as folder:
        name = Path(folder) / "metadata.zck"  # it takes no other names
        name.symlink_to(f"/proc/self/fd/{fd}")
        # unzck allocates and clears the header that 75 bytes say they begin, of 2 GB, which takes many seconds.
        bounds = [f"--as={LIMITS.unzck_memory}", f"--cpu={LIMITS.metadata_seconds}", "--core=0"]
        command = ["prlimit", *bounds, "--", program, "--stdout", str(name)]
        with subprocess.Popen(  # noqa: S603 no shell
            command, pass_fds=(fd,), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout
            try:
                size = 0
                while block := process.stdout.read(LIMITS.chunk):
                    size += len(block)
                    if size > limit:
                        raise Unavailable(Obstacle.TOO_LARGE, f"has metadata of more than {limit} bytes")
                    yield block
            finally:
                process.stdout.close()  # who reads no further ends it
        if process.returncode:
            raise Unavailable(Obstacle.ALTERED, "has a file of metadata that unzck cannot decompress")
