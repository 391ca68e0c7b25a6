# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules: what facts amount to. A rule knows neither files nor policies; its docstring is what users read."""

from typing import Any

from checker.model import ArchiveItem, Kind, ObjectItem, PackageFacts, Severity, WaiverFacts
from checker.model.specs import SpecItem
from checker.rules import archives, objects, packages, specs, waivers
from checker.rules.objects import JUDGED_KINDS
from checker.rules.rule import Rule

OFF, NOTE, WARNING, ERROR = Severity
SLIM_IN_PART = (Kind.SLIM, Kind.FAT, Kind.MIXED)
WITH_BYTECODE = (Kind.SLIM, Kind.FAT, Kind.MIXED, Kind.DAMAGED)

RULES: tuple[Rule[Any], ...] = (
    Rule(ObjectItem, "slim-object", ERROR, objects.slim_object, (Kind.SLIM,)),
    Rule(ObjectItem, "slim-despite-opt-in", ERROR, objects.slim_despite_opt_in, (Kind.SLIM,)),
    Rule(ObjectItem, "mixed-object", ERROR, objects.mixed_object, (Kind.MIXED,)),
    Rule(ObjectItem, "hollow-object", ERROR, objects.hollow_object, (Kind.HOLLOW,)),
    Rule(ArchiveItem, "suspected-hollow", WARNING, archives.suspected_hollow),
    Rule(ObjectItem, "bytecode-left", ERROR, objects.bytecode_left, WITH_BYTECODE),
    Rule(ObjectItem, "empty-bitcode", WARNING, objects.empty_bitcode, (Kind.SLIM,)),
    Rule(ObjectItem, "leftover-marker", WARNING, objects.leftover_marker, SLIM_IN_PART, needs="marked"),
    Rule(ObjectItem, "joined-bitcode", WARNING, objects.joined_bitcode, (Kind.FAT,), needs="joined"),
    Rule(ObjectItem, "damaged-object", ERROR, objects.damaged_object, (Kind.DAMAGED,)),
    Rule(ObjectItem, "unreadable-object", ERROR, objects.unreadable_object, (Kind.UNREADABLE,), is_unreadable=True),
    Rule(PackageFacts, "unreadable-package", ERROR, packages.unreadable_package, is_unreadable=True),
    Rule(PackageFacts, "unreadable-repository", ERROR, packages.unreadable_repository, is_unreadable=True),
    Rule(ArchiveItem, "thin-archive", ERROR, archives.thin_archive),
    Rule(ArchiveItem, "bytecode-versions", WARNING, archives.bytecode_versions),
    Rule(ArchiveItem, "code-without-symbols", ERROR, archives.code_without_symbols),
    Rule(ArchiveItem, "archive-index", WARNING, archives.archive_index),
    Rule(ObjectItem, "undeclared-object", OFF, objects.undeclared_object, JUDGED_KINDS),
    Rule(PackageFacts, "unneeded-opt-in", NOTE, packages.unneeded_opt_in),
    Rule(PackageFacts, "source-package", NOTE, packages.source_package),
    Rule(ObjectItem, "ctors-section", WARNING, objects.ctors_section, JUDGED_KINDS, needs="ctors"),
    Rule(ObjectItem, "rlib-bitcode", OFF, objects.rlib_bitcode, (Kind.NATIVE, Kind.EMPTY)),
    Rule(WaiverFacts, "unused-waiver", WARNING, waivers.unused_waiver),
    Rule(WaiverFacts, "expired-waiver", ERROR, waivers.expired_waiver),
    Rule(SpecItem, "spec-needs-opt-in", ERROR, specs.needs_opt_in),
    Rule(SpecItem, "spec-excluded-object", WARNING, specs.excluded_object),
    Rule(SpecItem, "spec-excepted-object", NOTE, specs.excepted_object),
    Rule(SpecItem, "spec-unneeded-opt-in", NOTE, specs.unneeded_opt_in),
    Rule(SpecItem, "spec-opt-in-without-lto", WARNING, specs.opt_in_without_lto),
    Rule(SpecItem, "spec-opt-in-undone", WARNING, specs.opt_in_undone),
    Rule(SpecItem, "spec-opt-in-not-seen", WARNING, specs.opt_in_not_seen),
    Rule(SpecItem, "spec-lto-disabled", NOTE, specs.lto_disabled),
    Rule(SpecItem, "spec-commented-macro", WARNING, specs.commented_macro),
    Rule(SpecItem, "spec-recursive-define", ERROR, specs.recursive_define),
    Rule(SpecItem, "spec-undefine", WARNING, specs.undefine),
    Rule(SpecItem, "spec-bypasses-hook", WARNING, specs.bypasses_hook),
    Rule(SpecItem, "spec-changes-hook", WARNING, specs.changes_hook),
    Rule(SpecItem, "spec-keeps-bytecode", WARNING, specs.keeps_bytecode),
    Rule(SpecItem, "spec-hardcoded-lto", WARNING, specs.hardcoded_lto),
    Rule(SpecItem, "spec-unparsable", WARNING, specs.unparsable),
    Rule(SpecItem, "spec-unreadable", ERROR, specs.unreadable_spec, is_unreadable=True),
)

RULES_BY_NAME = {rule.name: rule for rule in RULES}
