# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples of every command, for its help and its manual page; a test runs each where there is what it names."""

from typing import NamedTuple


class Example(NamedTuple):
    """A line for a shell, and what it is for."""

    purpose: str
    line: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "": (
        Example("May this package be shipped?", "ltocheck scan foo-devel-1.0-1.x86_64.rpm"),
        Example("Does this spec need the opt-in?", "ltocheck spec foo.spec"),
        Example("A build was stopped: what does the rule say?", "ltocheck rules slim-object"),
    ),
    "scan": (
        Example("A package.", "ltocheck scan foo-devel-1.0-1.x86_64.rpm"),
        Example("A build root that opted in, after stripping.", "ltocheck scan --opt-in --stage stripped root"),
        Example("Files that another program finds.", "find root -name '*.a' -print0 | ltocheck scan -0 --files-from -"),
        Example("A report for code scanning.", "ltocheck scan --format sarif --output ltocheck.sarif root"),
        Example("One rule, and how often it finds something.", "ltocheck scan --select slim-object --statistics root"),
    ),
    "spec": (
        Example("A spec, as Fedora builds it.", "ltocheck spec foo.spec"),
        Example("See the line that is missing, and apply it.", "ltocheck spec --diff foo.spec | git apply"),
        Example("The same in one step.", "ltocheck spec --fix foo.spec"),
        Example(
            "All specs of a folder, for two distributions.",
            "ltocheck spec --target fedora,opensuse --arch x86_64 --statistics specs",
        ),
    ),
    "lsp": (Example("The line with which an editor starts it.", "ltocheck lsp --target fedora"),),
    "audit": (
        Example("A repository, under a name.", "ltocheck audit --name june repo"),
        Example("What has changed since then.", "ltocheck audit --since june repo"),
        Example("A page for everybody.", "ltocheck audit --format html --output report.html repo"),
    ),
    "report": (
        Example("List the audits.", "ltocheck report --list"),
        Example("The latest one, against an older one.", "ltocheck report --since june"),
        Example("An audit by another policy, as a table.", "ltocheck report --policy opensuse --format csv june"),
    ),
    "opt-in": (
        Example("Who needs the opt-in, and why.", "ltocheck opt-in"),
        Example("Only the names.", "ltocheck opt-in --format names"),
        Example("Patches for their specs.", "ltocheck opt-in --specs specs --diff --output opt-in.patch"),
    ),
    "rebuild": (
        Example("Does it build without fat objects?", "ltocheck rebuild --nodeps --arms fat,slim foo.spec"),
        Example("The result once more, as JSON.", "ltocheck rebuild --report --format json"),
        Example("Why a build failed.", "ltocheck rebuild --log foo --arm slim"),
    ),
    "transition": (
        Example("What is left to do.", "ltocheck transition"),
        Example("Who has to do it.", "ltocheck transition --specs specs --owners owners.csv --by owner"),
        Example("The packages that hold up step 3.", "ltocheck transition --blocking 3"),
    ),
    "inspect": (
        Example("An archive, and what would be lost.", "ltocheck inspect libfoo.a"),
        Example("One member, as reports name it.", "ltocheck inspect 'libfoo.a(add.o)'"),
        Example(
            "A member of an archive in a package.",
            "ltocheck inspect foo-devel-1.0-1.x86_64.rpm:/usr/lib64/libfoo.a:add.o",
        ),
    ),
    "rules": (
        Example("All rules.", "ltocheck rules"),
        Example("Explain one of them.", "ltocheck rules slim-object"),
        Example("As data, with the severities of a policy.", "ltocheck rules --format json --policy fedora-strict"),
    ),
    "policy": (
        Example("List the shipped policies.", "ltocheck policy list"),
        Example("Check a policy of my own.", "ltocheck policy check mine.toml"),
    ),
    "policy show": (Example("A policy with all that it extends.", "ltocheck policy show fedora-strict"),),
    "policy list": (Example("List the shipped policies.", "ltocheck policy list"),),
    "policy check": (Example("Check a policy of my own.", "ltocheck policy check mine.toml"),),
    "policy compile": (Example("For the hook without Python.", "ltocheck policy compile mine.toml > mine.json"),),
}
"""By the words of a command behind the program's name."""
