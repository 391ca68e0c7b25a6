# SPDX-License-Identifier: GPL-2.0-or-later
"""What the decision needs to know of a relocatable object, whatever its container format is."""

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
        """Code or data, or a global symbol that is defined, COMMON or absolute; LTO's own do not count."""
        self.marker = marker
        """GCC's marker of slim objects is there."""
        self.lto = lto
        """`.gnu.lto_*`; not offload bytecode, not `.gnu.debuglto_*`."""
        self.llvm = llvm
        """`.llvm.lto`, which holds whole bitcode files."""
        self.embedded = embedded
        """Size of `.llvmbc`."""
        self.rust_metadata = rust_metadata
        self.undefined = undefined
        """It asks for a symbol, which no stripped slim object does."""
        self.telling = telling
        """A non-empty section that no stripped slim object has; looked for where there is no code."""
        self.aside = aside
        """Bytes of the unit's own in notes or in sections that no program gets; looked for where there is no code."""
        self.nameless = nameless
        """Code or data without a global symbol that is defined in it."""
        self.ctors = ctors
        """Non-empty `.ctors*` and `.dtors*` sections."""

    def take(self, section: LtoSection) -> bool:
        """Note a section whose name decides by itself; False for any other."""
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
