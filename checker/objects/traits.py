# SPDX-License-Identifier: GPL-2.0-or-later
"""What the decision needs to know of a relocatable object, whatever its container format is."""

from dataclasses import dataclass

from checker.lto.sections import Role, role_of
from checker.objects.gimple import Gimple, LtoSection


@dataclass(slots=True)
class Traits:
    """The traits of one relocatable object."""

    format: str
    machine: str
    native: bool = False
    """Code or data, or a global symbol that is defined, COMMON or absolute; LTO's own do not count."""
    marker: bool = False
    """GCC's marker of slim objects is there."""
    lto: Gimple | None = None
    """`.gnu.lto_*`; not offload bytecode, not `.gnu.debuglto_*`."""
    llvm: LtoSection | None = None
    """`.llvm.lto`, which holds whole bitcode files."""
    embedded: int | None = None
    """Size of `.llvmbc`."""
    rust_metadata: bool = False
    undefined: bool = False
    """It asks for a symbol, which no stripped slim object does."""
    telling: str | None = None
    """A non-empty section that no stripped slim object has; looked for where there is no code."""
    aside: bool = False
    """Bytes of the unit's own in notes or in sections that no program gets; looked for where there is no code."""
    nameless: bool = False
    """Code or data without a global symbol that is defined in it."""
    ctors: tuple[str, ...] = ()
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
