# SPDX-License-Identifier: GPL-2.0-or-later
"""Detached signatures, checked by gpgv with no other keys than those that are given."""

import re
import shutil
import subprocess
from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from checker import requires
from checker.errors import Obstacle, Unavailable, UsageError

ARMOUR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n(?:[^\r\n]+\r?\n)*[ \t]*\r?\n([^=-]*={0,2})\s*(?:=\S+\s*)?"
    rb"-----END PGP PUBLIC KEY BLOCK-----"
)
"""RFC 9580, section 6.2: after an empty line the data, and perhaps a checksum of four letters."""

PACKET = 0x80
"""Set in the first byte of everything that OpenPGP writes (RFC 9580, section 4.2)."""

STATUS = "[GNUPG:] "
GOOD = "GOODSIG"
BAD = {
    "BADSIG": "it was altered after it was signed",
    "EXPSIG": "the signature has expired",
    "EXPKEYSIG": "the key has expired",
    "REVKEYSIG": "the key was revoked",
    "NO_PUBKEY": "it is signed by another key",
}
"""What gpgv reports (doc/DETAILS of GnuPG), the worst first."""


def verify_signature(data: bytes, signature: bytes, keys: Sequence[str]) -> None:
    """Check that one of the keys, files as gpg exports them, signed the data; raises Unavailable."""
    program = shutil.which("gpgv")
    if program is None:
        raise UsageError(requires.GPGV.missing("not found"))
    with TemporaryDirectory(prefix="ltocheck-keys-") as folder:
        ring, detached = Path(folder, "keys.gpg"), Path(folder, "signature")
        ring.write_bytes(b"".join(map(_key, keys)))
        detached.write_bytes(signature)
        done = subprocess.run(  # noqa: S603 no shell
            [program, "--homedir", folder, "--status-fd", "1", "--keyring", str(ring), str(detached), "-"],
            input=data,
            capture_output=True,
            check=False,
        )
    reported = {
        line.split()[1] for line in done.stdout.decode("utf-8", "replace").splitlines() if line.startswith(STATUS)
    }
    if GOOD not in reported or "BADSIG" in reported:
        said = " ".join(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:])
        detail = next((words for word, words in BAD.items() if word in reported), said)
        raise Unavailable(Obstacle.UNVERIFIED, f"is not signed by a key that was given: {detail}")


def _key(path: str) -> bytes:
    """The keys in a file, as gpgv takes them."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"--key {path}: cannot be read: {error.strerror}") from error
    try:
        data = b"".join(b64decode(block) for block in ARMOUR.findall(data)) or data
    except Error as error:
        raise UsageError(f"--key {path}: is damaged: {error}") from error
    if not data or not data[0] & PACKET:
        raise UsageError(f"--key {path}: holds no key")
    return data
