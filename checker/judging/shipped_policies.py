# SPDX-License-Identifier: GPL-2.0-or-later
# fmt: off
# ruff: noqa: D100, E501
# Generated from policies/ by `make data`; change those instead.

from typing import Any

POLICIES: dict[str, dict[str, Any]] = {
    "alt": {
        "name": "alt",
        "extends": "base",
        "lto_off": "%global optflags_lto %nil"
    },
    "base": {
        "name": "base",
        "exempt": [
            {
                "path": "*.bc",
                "format": "bitcode",
                "reason": "a file named .bc is bitcode on purpose: no linker is handed it (device libraries, CLC, runtimes of JITs)"
            },
            {
                "path": "*.bc",
                "format": "offload-bundle",
                "reason": "a bundle named .bc has bitcode for its host on purpose, too"
            },
            {
                "path": "*.bca",
                "form": "bitcode",
                "reason": "an archive named .bca is one of bitcode on purpose, for interpreters (KLEE) and not for linkers"
            },
            {
                "path": "*-lto.a",
                "form": "bitcode",
                "reason": "a library named -lto.a is the bitcode twin of one with machine code, for LTO alone (LDC's runtime)"
            },
            {
                "machine": "amdgcn*",
                "form": "bitcode",
                "reason": "device libraries are linked by the GPU compiler, from bitcode"
            },
            {
                "machine": "nvptx*",
                "form": "bitcode",
                "reason": "device libraries are linked by the GPU compiler, from bitcode"
            },
            {
                "machine": "spir*",
                "form": "bitcode",
                "reason": "device libraries are linked by the GPU compiler, from bitcode"
            },
            {
                "rule": "suspected-hollow",
                "machine": "avr",
                "reason": "avr-libc has archives of nothing but empty members: libat90s1200.a and others"
            },
            {
                "rule": "suspected-hollow",
                "machine": "amdgcn",
                "reason": "GCC's offload libraries for AMD GPUs consist mostly of empty members: libgcov.a"
            },
            {
                "rule": "suspected-hollow",
                "path": "*-none-eabi/*",
                "reason": "C libraries for microcontrollers leave out most of what a hosted one defines"
            },
            {
                "rule": "ctors-section",
                "path": "*/libgcc.a",
                "reason": "split-stack's morestack.o asks for a priority of its own; LLD does not support split stacks"
            },
            {
                "rule": "ctors-section",
                "machine": "hppa",
                "reason": "GCC still writes .ctors for PA-RISC, for which LLD does not link"
            }
        ]
    },
    "fedora-strict": {
        "name": "fedora-strict",
        "extends": "fedora",
        "rules": {
            "undeclared-object": "error"
        }
    },
    "fedora": {
        "name": "fedora",
        "extends": "base",
        "opt_in": {
            "macro": "_fat_lto_objects",
            "flags": [
                "-ffat-lto-objects"
            ]
        }
    },
    "mageia": {
        "name": "mageia",
        "extends": "base",
        "lto_off": ""
    },
    "openeuler": {
        "name": "openeuler",
        "extends": "base"
    },
    "openmandriva": {
        "name": "openmandriva",
        "extends": "base",
        "lto_off": "%global _disable_lto 1",
        "rules": {
            "slim-object": "warning"
        },
        "exempt": [
            {
                "rule": "bytecode-left",
                "form": "bitcode",
                "reason": "OpenMandriva ships clang's bitcode on purpose, and nothing strips it"
            },
            {
                "rule": "bytecode-left",
                "form": "fat-section",
                "reason": "OpenMandriva ships clang's bitcode on purpose, and nothing strips it"
            }
        ]
    },
    "opensuse": {
        "name": "opensuse",
        "extends": "base",
        "opt_in": {
            "macro": "_fat_lto_objects",
            "flags": [
                "-ffat-lto-objects"
            ]
        }
    }
}
