# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers of ELF in the words of readelf (the ELF gABI, and GNU's and LLVM's extensions of it)."""

SECTION_TYPES = {
    0: "NULL", 1: "PROGBITS", 2: "SYMTAB", 3: "STRTAB", 4: "RELA", 5: "HASH", 6: "DYNAMIC", 7: "NOTE", 8: "NOBITS",
    9: "REL", 10: "SHLIB", 11: "DYNSYM", 14: "INIT_ARRAY", 15: "FINI_ARRAY", 16: "PREINIT_ARRAY", 17: "GROUP",
    18: "SYMTAB_SHNDX", 19: "RELR", 0x6FFF4C0C: "LLVM_LTO", 0x6FFFFFF5: "GNU_ATTRIBUTES", 0x70000001: "X86_64_UNWIND",
}  # fmt: skip

FLAGS = (
    (1 << 0, "W"), (1 << 1, "A"), (1 << 2, "X"), (1 << 4, "M"), (1 << 5, "S"), (1 << 6, "I"), (1 << 7, "L"),
    (1 << 8, "O"), (1 << 9, "G"), (1 << 10, "T"), (1 << 11, "C"), (1 << 21, "R"), (1 << 31, "E"),
)  # fmt: skip

SYMBOL_TYPES = {
    0: "NOTYPE", 1: "OBJECT", 2: "FUNC", 3: "SECTION", 4: "FILE", 5: "COMMON", 6: "TLS", 10: "IFUNC",
}  # fmt: skip
BINDINGS = {0: "LOCAL", 1: "GLOBAL", 2: "WEAK", 10: "UNIQUE"}
VISIBILITIES = ("DEFAULT", "INTERNAL", "HIDDEN", "PROTECTED")
BYTE_ORDERS = {"<": "little-endian", ">": "big-endian"}


def section_type(number: int) -> str:
    """The name of a section's type; in hexadecimal if it is unknown."""
    return SECTION_TYPES.get(number, f"{number:#x}")


def flag_letters(flags: int) -> str:
    """The letters of a section's flags; flags without a letter are left out."""
    return "".join(letter for bit, letter in FLAGS if flags & bit)


def symbol_type(info: int) -> str:
    """The type of a symbol, by its st_info."""
    return SYMBOL_TYPES.get(info & 15, str(info & 15))


def binding(info: int) -> str:
    """The binding of a symbol, by its st_info."""
    return BINDINGS.get(info >> 4, str(info >> 4))


def visibility(other: int) -> str:
    """The visibility of a symbol, by its st_other."""
    return VISIBILITIES[other & 3]
