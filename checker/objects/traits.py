# SPDX-License-Identifier: GPL-2.0-or-later
"""What the decision needs to know of a relocatable object, whatever its container format is."""

from dataclasses import dataclass, field
from typing import NamedTuple

MARKER = b"__gnu_lto_slim"
"""The COMMON symbol that every slim object of every GCC since 4.7 has, and no fat one."""


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
        name = section.name
        if name.startswith(b".gnu.lto_"):
            self.lto.append(section)
        elif name == b".llvm.lto":
            self.llvm = section
        elif name == b".llvmbc":
            self.embedded = (self.embedded or 0) + section.size
        elif name in (b".rmeta", b".rmeta-link"):
            self.rust_metadata = True
        else:
            return False
        return True
