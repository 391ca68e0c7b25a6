# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounds on what hostile input may cost; reaching one is a finding, never a hang.

A bound that a single reader knows, because its format suggests it, is beside that reader.
"""

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds on one object, archive, tree, package, repository and spec; sizes in bytes."""

    archive_depth: int = 8
    """Archives inside archives; GNU ar itself never writes a second level."""

    member_name: int = 4096
    """A member's name; PATH_MAX on Linux, and thin archives name files."""

    versions: int = 100
    """Different producers and versions of bytecode that are listed for one archive."""

    sections: int = 1 << 20
    """Sections of one object; the largest known real object has 66,008."""

    section_name: int = 256
    """Bytes of a section's name that are looked at; those that decide are at its start."""

    symbols: int = 1 << 24
    """Symbols looked at in one object."""

    section_names: int = 1 << 24
    """A table of section names that is held in memory whole; of a larger one parts are read."""

    chunk: int = 1 << 20
    """How much of a table that may be large is held in memory at a time."""

    folder_depth: int = 512
    """Folders inside folders; each holds a descriptor while it is walked."""

    shared_links: int = 1 << 14
    """Members of a hard-linked archive that are remembered, so that its other names are not read again."""

    package_header: int = 1 << 26
    """The header of a package, which is held in memory whole; rpm allows four times as much."""

    package_files: int = 1 << 20
    """Files of one package; kernel sources and TeX Live have tens of thousands."""

    payload: int = 1 << 36
    """How far a payload is decompressed; a minute's work."""

    in_memory: int = 1 << 24
    """The largest file of a package that is held in memory; larger ones wait in an unlinked file."""

    fact_groups: int = 1 << 12
    """Different facts of objects that an audit tells apart in memory; real packages have dozens."""

    record: int = 1 << 28
    """What a store keeps of one package, unpacked; of a package with 300,000 members it is 20 MB."""

    record_row: int = 1 << 22
    """One line of it: the names of members that share their facts."""

    report_rows: int = 50_000
    """Rows of findings in an HTML report; a browser takes seconds to read more."""

    report_text: int = 4000
    """Characters of a name or a message in it; explanations of rules have some 400."""

    package: int = 1 << 36
    """A package that is downloaded."""

    repomd: int = 1 << 22
    """The list of a repository's metadata, a list of its mirrors, a signature; real ones have some kilobytes."""

    metadata: int = 1 << 30
    """Metadata of a repository as it is stored; file lists of 70,000 packages have 60 MB."""

    metadata_open: int = 1 << 34
    """The same, decompressed; file lists of 70,000 packages have 800 MB."""

    metadata_head: int = 1 << 12
    """What comes before the first package; createrepo_c writes some 200 bytes."""

    metadata_package: int = 1 << 23
    """What metadata says of one package, which is held in memory whole; files of a kernel's sources are 7 MB."""

    metadata_tags: int = 1 << 18
    """Tags and attributes in it; a file has two tags, and a kernel's sources have 85,000 files."""

    metadata_word: int = 1 << 10
    """Characters of a package's name, place, digest or source package; the longest known have some 200."""

    repository_text: int = 1 << 26
    """Bytes of all that is kept in memory of the packages of a repository; of 100,000 packages it is 55 MB."""

    metadata_seconds: int = 900
    """Processor time for one file of metadata; file lists of 70,000 packages take half a minute."""

    unzck_memory: int = 1 << 27
    """Address space of unzck; metadata of 70,000 packages takes some 20 MB."""

    document_tags: int = 1 << 16
    """Tags and attributes of any other XML; the largest lists of mirrors have some thousands."""

    repository_packages: int = 1 << 17
    """Packages of one repository; the largest known have some 100,000."""

    mirrors: int = 16
    """Mirrors of one repository that are asked."""

    redirects: int = 8
    """How often in a row a server may name another place."""

    http_head: int = 1 << 18
    """Bytes that a server may send before and around the body of an answer; servers send less than a kilobyte."""

    http_piece: int = 64
    """Bytes that the pieces of a body have on average: each costs the same work, and servers send kilobytes."""

    http_pieces: int = 1 << 15
    """Pieces that may be smaller."""

    lsp_header: int = 1 << 10
    """Bytes of a line before a message of an editor."""

    lsp_message: int = 1 << 26
    """Bytes of such a message, which has the text of a spec."""

    slowest: int = 1000
    """Bytes a second; a server that sends less is given up."""

    cluster_seconds: float = 30
    """How long a cluster, and the first of its workers, may take to answer."""

    inspect_rows: int = 10_000
    """Rows of a table that an inspection keeps; more are counted."""

    inspect_looked: int = 200_000
    """Rows of a table that an inspection looks at."""

    inspect_name: int = 256
    """Characters of a name that it keeps; only mangled C++ names get that long."""

    inspect_text: int = 4000
    """Characters of a text that it keeps; a compiler's options have a few hundred."""

    inspect_sections: int = 50_000
    """Sections of an ELF object that it keeps, of those that mean something."""

    inspect_tables: int = 1000
    """Symbol tables of GCC's bytecode that it reads."""

    inspect_blocks: int = 10_000
    """Blocks of a bitcode file that it looks at; a file has four, or a few times four when modules were joined."""

    inspect_read: int = 1 << 16
    """Bytes of a section with texts that it reads; compilers write some hundred."""

    inspect_texts: int = 64
    """Sections with texts that it reads, and texts of one section; `ld -r` joins them, one a unit."""

    inspect_members: int = 20_000
    """Members of an archive in which it looks for symbols that are lost with the bytecode."""

    inspect_names: int = 5000
    """Names of members among which one that is like the wanted one is looked for."""

    dwarf_head: int = 1 << 16
    """Bytes of a relocated section of DWARF that are read; the producer is in the first hundred of a unit."""

    dwarf_margin: int = 1 << 10
    """Bytes of the first entry of a unit that must be within them."""

    dwarf_sections: int = 8
    """Sections `.debug_info` of an object that are read."""

    dwarf_units: int = 16
    """Units of each."""

    dwarf_relocations: int = 5000
    """Relocations of each."""

    dwarf_reads: int = 200_000
    """Calls by which pyelftools may read, so that nothing it is made to do takes long."""

    dwarf_bytes: int = 1 << 24
    """Bytes that pyelftools may read."""

    policy: int = 1 << 20
    """A policy; one with a thousand waivers has 100 kB."""

    policy_dots: int = 100
    """Dots in a line of one: a key in many parts costs the square of their number."""

    policy_chain: int = 16
    """Policies that extend each other."""

    pattern: int = 1 << 12
    """Characters of a pattern for paths; PATH_MAX on Linux."""

    exclusion: int = 100_000
    """Characters of a package's own expressions together; Linux takes 131,072 bytes as one argument."""

    exclusion_seconds: int = 10
    """Time to match a package's own expression with the paths of its build root; a sound one takes milliseconds."""

    exclusion_memory: int = 1 << 30
    """Address space for that."""

    hook_state: int = 1 << 26
    """What the first stage of the hook leaves for the second: a line for each object that is empty."""

    table: int = 1 << 26
    """A file of owners, notes or a template that a user gives; Fedora's file of owners has 1 MB."""

    standard_input: int = 1 << 33
    """What is read from standard input into a temporary file; half of what is free there is a bound as well."""

    file_list: int = 1 << 28
    """A list of paths to look at; of a million files it has some 60 MB."""

    spec_size: int = 1 << 25
    """A spec; the largest known, of a TeX distribution, has some 20 MB."""

    spec_lines: int = 1 << 20
    """Lines of a spec, and of what rpm makes of one."""

    spec_line: int = 1 << 13
    """Characters of a line of a spec; the longest known has 966."""

    spec_seconds: float = 8.0
    """Seconds of processor time for the text of one spec; the largest known takes three."""

    spec_expansion: int = 1 << 20
    """Characters of macros that are expanded for all conditions of a spec; a kernel's need some 20,000."""

    spec_sources: int = 1 << 24
    """Bytes of files beside a spec that rpm may read while it parses."""

    spec_source_files: int = 256
    """How many of them; each takes a descriptor."""

    spec_conditions: int = 1 << 13
    """Conditions of a spec of which rpm is asked whether they hold; kernels have some 600."""

    macro_depth: int = 32
    """Macros inside the braces of macros; rpm itself stops at 64."""

    log: int = 1 << 32
    """Bytes of a build log, decompressed."""

    log_line: int = 1 << 16
    """Bytes of a line of a log that are read together; a longer line is read in pieces."""

    log_kept: int = 1 << 24
    """Bytes of a log that are kept from its beginning, and as many from its end."""

    log_record: int = 1 << 24
    """Characters of the hook's report in a log, compressed; and four times as many bytes of it, decompressed."""

    log_missing: int = 1 << 8
    """Missing BuildRequires that are kept of one log."""

    tree_files: int = 1 << 20
    """Files of a build tree that are looked at by name for results of configure."""

    configured: int = 1 << 14
    """Results of configure that are kept of one build, and symbols of what it made."""

    configure_file: int = 1 << 26
    """Bytes of one file with results of configure."""


LIMITS = Limits()


class SandboxBounds(NamedTuple):
    """What parsing one spec may cost."""

    seconds: float = 5.0
    """Wall-clock time; rpm takes 0.01 s for a usual spec, 0.2 s for the largest."""
    cpu: int = 4
    """Seconds of processor time, of each process."""
    memory: int = 512 << 20
    """Bytes of address space, of each process."""
    memory_together: int = 768 << 20
    """Bytes of memory of their own that all processes of a spec may have at a time."""
    processes: int = 32
    file_size: int = 1 << 16
    """Bytes that a process may write into one file; there is none but its own messages."""
    answer: int = 48 << 20
    """Bytes of the answer: the expanded spec, mostly."""
    start: float = 10.0
    """Seconds until the sandbox must have said that it is ready."""


SANDBOX = SandboxBounds()
