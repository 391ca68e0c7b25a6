# SPDX-License-Identifier: GPL-2.0-or-later
"""The traits of a relocatable object that classification needs, for every container format."""

from checker.lto.sections import Role, role_of
from checker.model.comparable import Comparable
from checker.objects.gimple import Gimple, LtoSection


class Traits(Comparable):
    """The traits of one relocatable object."""

    __slots__ = (
        "aside",
        "ctors",
        "embedded",
        "format",
        "llvm",
        "lto",
        "machine",
        "marker",
        "nameless",
        "native",
        "rust_metadata",
        "telling",
        "undefined",
    )

    def __init__(
        self,
        format: str,  # noqa: A002 as the fact is called
        machine: str,
        *,
        native: bool = False,
        marker: bool = False,
        lto: Gimple | None = None,
        llvm: LtoSection | None = None,
        embedded: int | None = None,
        rust_metadata: bool = False,
        undefined: bool = False,
        telling: str | None = None,
        aside: bool = False,
        nameless: bool = False,
        ctors: tuple[str, ...] = (),
    ) -> None:
        self.format = format
        self.machine = machine
        self.native = native
        """Whether there is code, data, or a global symbol that is defined, COMMON or absolute, other than LTO's."""
        self.marker = marker
        """Whether GCC's marker of slim objects is present."""
        self.lto = lto
        """`.gnu.lto_*`; not offload bytecode, not `.gnu.debuglto_*`."""
        self.llvm = llvm
        """`.llvm.lto`, which holds whole bitcode files."""
        self.embedded = embedded
        """Bytes of `.llvmbc`; None if there is none."""
        self.rust_metadata = rust_metadata
        self.undefined = undefined
        """Whether it refers to an undefined symbol, which no stripped slim object does."""
        self.telling = telling
        """The name of a non-empty section that no stripped slim object has; read only if there is no code."""
        self.aside = aside
        """Whether notes, or sections outside the program, have bytes of the unit; read only if there is no code."""
        self.nameless = nameless
        """Whether there is code or data without a global symbol that is defined in it."""
        self.ctors = ctors
        """Names of non-empty `.ctors*` and `.dtors*` sections."""

    def take(self, section: LtoSection) -> bool:
        """Record a section whose name decides by itself; returns False for any other."""
        role = role_of(section.name, self.machine)
        if role is Role.LTO:
            self.lto = self.lto or Gimple()
            self.lto.add(section)
        elif role is Role.BITCODE:
            self.llvm = section
        elif role is Role.EMBEDDED:
            self.embedded = (self.embedded or 0) + section.size
        elif role is Role.RUST:
            self.rust_metadata = True
        else:
            return False
        return True
