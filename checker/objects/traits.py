# SPDX-License-Identifier: GPL-2.0-or-later
"""What the decision needs to know of a relocatable object, whatever its container format is."""

from dataclasses import dataclass, field
from typing import NamedTuple

from checker.lto.sections import Role, role_of


class Section(NamedTuple):
    """A section's name and where its bytes are; `offset` within the object, `size` in bytes."""

    name: bytes
    offset: int
    size: int


@dataclass(slots=True)
class Traits:
    """The marks of one relocatable object."""

    format: str
    machine: str
    native: bool = False
    """Allocated bytes, or a global symbol that is defined, COMMON or absolute; LTO's own do not count."""
    marker: bool = False
    """The symbol `__gnu_lto_slim` is there."""
    lto: list[Section] = field(default_factory=list)
    """`.gnu.lto_*`; not offload bytecode, not `.gnu.debuglto_*`. One of those that hold a function stands for all."""
    lto_more: int = 0
    """Size of the others."""
    llvm: Section | None = None
    """`.llvm.lto`, which holds a whole bitcode file."""
    embedded: int | None = None
    """Size of `.llvmbc`."""
    rust_metadata: bool = False
    undefined: bool = False
    """It asks for a symbol, which no stripped slim object does."""
    telling: str | None = None
    """A non-empty section that no stripped slim object has; looked for where neither code nor bytecode is."""
    ctors: tuple[str, ...] = ()
    """Non-empty `.ctors*` and `.dtors*` sections."""

    def take(self, section: Section) -> bool:
        """Note a section whose name decides by itself; False for any other."""
        role = role_of(section.name, self.machine)
        if role is Role.LTO:
            self.lto.append(section)
        elif role is Role.BITCODE:
            self.llvm = section
        elif role is Role.EMBEDDED:
            self.embedded = (self.embedded or 0) + section.size
        elif role is Role.RUST:
            self.rust_metadata = True
        else:
            return False
        return True
