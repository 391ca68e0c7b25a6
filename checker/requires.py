# SPDX-License-Identifier: GPL-2.0-or-later
"""Dependencies that come from the distribution, not from pip, and the names of their packages."""

from typing import NamedTuple


class Requirement(NamedTuple):
    """A library or a program, what it is for, and the packages that have it."""

    name: str
    purpose: str
    debian: str
    fedora: str
    opensuse: str
    with_pip: str = ""
    """What an installation by pip needs besides."""

    def missing(self, reason: object) -> str:
        """One line for the user: that it is missing, why, and how it is installed."""
        line = (
            f"{self.purpose} needs {self.name}, which cannot be used: {reason}. Install it: "
            f"apt-get install {self.debian} (Debian, Ubuntu), dnf install {self.fedora} (Fedora), "
            f"zypper install {self.opensuse} (openSUSE)"
        )
        return f"{line}; {self.with_pip}" if self.with_pip else line


RPM = Requirement(
    "rpm's Python bindings",
    "reading packages",
    "python3-rpm",
    "python3-rpm",
    "python3-rpm",
    "a virtual environment must be made by the distribution's own python3, for which they are compiled, "
    "and needs pip install rpm, which finds them",
)
SYSTEM_RPM = Requirement(
    "rpm's Python bindings for /usr/bin/python3", "parsing specs", "python3-rpm", "python3-rpm", "python3-rpm"
)
LIBARCHIVE = Requirement(
    "libarchive",
    "reading packages",
    "libarchive13",
    "libarchive",
    "libarchive13",
    "its Python bindings: pip install libarchive-c",
)
RPMKEYS = Requirement("rpmkeys", "scan --verify", "rpm", "rpm", "rpm")
BUBBLEWRAP = Requirement("bubblewrap", "parsing specs in a sandbox", "bubblewrap", "bubblewrap", "bubblewrap")
URLLIB3 = Requirement(
    "urllib3",
    "reading repositories on servers",
    "python3-urllib3",
    "python3-urllib3",
    "python3-urllib3",
    "of version 2.2 or later: pip install urllib3",
)
UNZCK = Requirement("unzck", "reading repositories whose metadata is compressed by zchunk alone", *["zchunk"] * 3)
SOLV = Requirement(
    "libsolv's Python bindings",
    "transition --impact",
    "python3-solv",
    "python3-solv",
    "python3-solv",
    "or pip install 'ltocheck[impact]'",
)
GPGV = Requirement("gpgv", "audit --key", "gpgv", "gnupg2", "gpg2")
PYGLS = Requirement(
    "pygls",
    "the language server",
    "python3-pygls",
    "python3-pygls",
    "python3-pygls",
    "of version 2 or later: pip install 'ltocheck[lsp]'",
)
DISTRIBUTED = Requirement(
    "distributed",
    "audit --dask",
    "python3-distributed",
    "python3-distributed",
    "python3-distributed",
    "or pip install 'ltocheck[dask]'",
)
