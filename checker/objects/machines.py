# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of machines for all object formats and package architectures, as packagers use them."""

import re
from functools import cache

ELF_MACHINES = {
    2: "sparc",
    3: "i386",
    4: "m68k",
    8: "mips",
    15: "hppa",
    18: "sparc",
    20: "ppc",
    21: "ppc64",
    22: "s390x",
    23: "spu",
    36: "v850",
    40: "arm",
    42: "sh",
    43: "sparc64",
    50: "ia64",
    62: "x86_64",
    75: "vax",
    76: "cris",
    83: "avr",
    87: "v850",
    88: "m32r",
    89: "mn10300",
    92: "or1k",
    93: "arc",
    94: "xtensa",
    105: "msp430",
    106: "bfin",
    113: "nios2",
    140: "c6x",
    144: "pru",
    164: "hexagon",
    167: "nds32",
    173: "rx",
    183: "aarch64",
    188: "tilepro",
    189: "microblaze",
    190: "cuda",
    191: "tilegx",
    195: "arcv2",
    197: "rl78",
    220: "z80",
    221: "visium",
    222: "ft32",
    223: "moxie",
    224: "amdgcn",
    243: "riscv",
    247: "bpf",
    252: "csky",
    258: "loongarch",
    0x1223: "epiphany",
    0x9026: "alpha",
    0x9041: "m32r",
    0x9080: "v850",
    0xBEEF: "mn10300",
}
"""Names by `e_machine`; `elf_machine` adds width and byte order.

The numbers are in include/elf/common.h of binutils.
"""

COFF_MACHINES = {
    0x14C: "i386",
    0x162: "mipsel",
    0x166: "mipsel",
    0x1C0: "arm",
    0x1C2: "arm",
    0x1C4: "arm",
    0x200: "ia64",
    0x5032: "riscv32",
    0x5064: "riscv64",
    0x6264: "loongarch64",
    0x8664: "x86_64",
    0xA641: "aarch64",
    0xA64E: "aarch64",
    0xAA64: "aarch64",
}
"""Names by IMAGE_FILE_MACHINE_*, the same as for ELF."""

TRIPLE_MACHINES = {
    **{f"i{number}86": "i386" for number in range(3, 10)},
    "amd64": "x86_64",
    "x86_64h": "x86_64",
    "arm64": "aarch64",
    "arm64e": "aarch64",
    "arm64ec": "aarch64",
    "arm64_32": "aarch64",
    "aarch64_32": "aarch64",
    "powerpc": "ppc",
    "ppc32": "ppc",
    "powerpcspe": "ppc",
    "powerpcle": "ppcle",
    "ppc32le": "ppcle",
    "powerpc64": "ppc64",
    "ppu": "ppc64",
    "powerpc64le": "ppc64le",
    "systemz": "s390x",
    "sparcv9": "sparc64",
    "bpfel": "bpf",
    "bpfeb": "bpf",
}
"""Names by the architecture of a target triple; synonyms are those of llvm/lib/TargetParser/Triple.cpp."""

TRIPLE_FAMILIES = (
    ("armeb", "", "armeb"),
    ("thumbeb", "", "armeb"),
    ("armv", "eb", "armeb"),
    ("thumbv", "eb", "armeb"),
    ("arm", "", "arm"),
    ("thumb", "", "arm"),
    ("xscale", "", "arm"),
    ("mipsisa64", "el", "mips64el"),
    ("mips64", "el", "mips64el"),
    ("mipsn32", "el", "mips64el"),
    ("mipsisa64", "", "mips64"),
    ("mips64", "", "mips64"),
    ("mipsn32", "", "mips64"),
    ("mips", "el", "mipsel"),
    ("mips", "", "mips"),
)
"""Beginnings and ends of architectures of one family in a triple; the first row that fits decides."""


PACKAGE_MACHINES = (
    (r"noarch", ()),
    (r"x86_64(_v\d)?|amd64|ia32e", ("x86_64", "i386", "x32")),
    (r"i[3-9]86|athlon|geode|pentium[34]", ("i386",)),
    (r"arm.*b", ("armeb",)),
    (r"arm.*", ("arm",)),
    (r"ppc64le", ("ppc64le",)),
    (r"ppc64.*", ("ppc64", "ppc")),
    (r"ppc.*", ("ppc",)),
    (r"s390x", ("s390x", "s390")),
    (r"mips(64)?(r6)?el", ("mips64el", "mipsel")),
    (r"mips(64)?(r6)?", ("mips64", "mips")),
    (r"sparc64.*", ("sparc64", "sparc")),
    (r"sparc.*", ("sparc",)),
    (r"alpha.*", ("alpha",)),
    (r"sh\d.*", ("sh",)),
)
"""Package architectures of rpm's rpmrc, and the machines of their compilers' objects."""


OTHER_ARCHITECTURES = (
    "aarch64", "aarch64_be", "e2k", "e2kv4", "e2kv5", "e2kv6", "ia64", "loongarch64", "m68k", "m68kmint", "riscv32",
    "riscv64", "rs6000", "s390",
)  # fmt: skip
"""The other architectures of rpm's rpmrc (arch_canon), whose machine has the same name."""


def is_architecture(name: str) -> bool:
    """Whether rpm knows an architecture of this name."""
    return name in OTHER_ARCHITECTURES or any(re.fullmatch(shape, name) for shape, _ in PACKAGE_MACHINES)


@cache
def package_machines(arch: str) -> tuple[str, ...]:
    """The machines of the objects that a package's own compiler makes; none for `noarch`."""
    return next((machines for shape, machines in PACKAGE_MACHINES if re.fullmatch(shape, arch)), (arch,))


@cache
def elf_machine(number: int, bits: int, order: str) -> str:
    """The name of an ELF machine; `elf-NUMBER` if it is unknown."""
    name = ELF_MACHINES.get(number) or f"elf-{number}"
    if name == "ppc64":
        return "ppc64le" if order == "<" else name
    if name == "s390x" and bits == 32:
        return "s390"
    if name == "x86_64" and bits == 32:
        return "x32"
    if name in ("riscv", "loongarch"):
        return f"{name}{bits}"
    if name == "mips":
        return ("mips64" if bits == 64 else "mips") + ("el" if order == "<" else "")
    if name in ("arm", "aarch64"):
        return name if order == "<" else f"{name}_be" if name == "aarch64" else "armeb"
    return name


def coff_machine(number: int) -> str:
    """The name of a COFF machine; `coff-NUMBER` if it is unknown."""
    return COFF_MACHINES.get(number, f"coff-{number:#06x}")


def triple_machine(triple: str) -> str | None:
    """The machine of a target triple, by the same names as for ELF; None if it is unknown."""
    architecture, _, rest = triple.partition("-")
    if architecture in ("", "unknown"):
        return None
    if architecture == "x86_64" and rest.endswith("x32"):
        return "x32"
    if architecture in TRIPLE_MACHINES:
        return TRIPLE_MACHINES[architecture]
    for start, end, machine in TRIPLE_FAMILIES:
        if architecture.startswith(start) and architecture.endswith(end):
            return machine
    return architecture
