# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules, which judge facts. A rule knows neither files nor policies; its docstring is the text for users."""

from typing import Any

from checker.model import ArchiveItem, Kind, ObjectItem, PackageFacts, Severity, WaiverFacts
from checker.model.specs import SpecItem
from checker.rules import archives, objects, packages, spec_lines, specs, waivers
from checker.rules.objects import JUDGED_KINDS
from checker.rules.rule import Rule

OFF, NOTE, WARNING, ERROR = Severity
SLIM_IN_PART = (Kind.SLIM, Kind.FAT, Kind.MIXED)
WITH_BYTECODE = (Kind.SLIM, Kind.FAT, Kind.MIXED, Kind.DAMAGED)

STOPPED = "guide/packager.md"
EXCEPT = f"{STOPPED}#the-file-is-right-as-it-is"
OPT_IN = "adopt/opt-in.md"
IDIOMS = f"{OPT_IN}#older-idioms"
STILL_SLIM = f"{OPT_IN}#opted-in-and-still-slim"
RUST = f"{OPT_IN}#rust"
GUIDELINE = "adopt/guideline.md#opting-in"
BYTECODE = "adopt/faq.md#why-not-ship-the-bytecode"
CONFIGURE = "adopt/faq.md#a-configure-script-fails-since-objects-are-slim"
CTORS = "adopt/faq.md#ctors-and-lld"
LTO_OFF = "adopt/faq.md#lto-is-switched-off-in-my-package-do-i-need-it"
STRIP = "adopt/faq.md#why-did-strip-pass-if-it-broke-the-library"
THIN = "adopt/faq.md#what-is-wrong-with-a-thin-archive"
KINDS = "concepts/lto-objects.md"
VERDICTS = "concepts/verdicts.md"
AFTER_STRIPPING = f"{VERDICTS}#after-stripping"
EMPTY = f"{VERDICTS}#empty-units"
SPECS_AND_HOOK = "concepts/hook.md#what-specs-do-to-it"
CHANGES = "guide/turn-the-hook-on.md#what-specs-change-and-what-the-log-says"
PACKAGES = "guide/packages.md"
UNREADABLE = f"{PACKAGES}#what-cannot-be-read"
REPOSITORIES = "guide/repositories.md#what-is-checked"
SPECS = "guide/specs.md"
TARGETS = f"{SPECS}#for-which-distributions"
POLICIES = "reference/policies.md#keys"

RULES: tuple[Rule[Any], ...] = (
    Rule(ObjectItem, "slim-object", ERROR, objects.slim_object, (Kind.SLIM,), page=STOPPED),
    Rule(ObjectItem, "slim-despite-opt-in", ERROR, objects.slim_despite_opt_in, (Kind.SLIM,), page=STILL_SLIM),
    Rule(ObjectItem, "mixed-object", ERROR, objects.mixed_object, (Kind.MIXED,), page=STILL_SLIM),
    Rule(ObjectItem, "hollow-object", ERROR, objects.hollow_object, (Kind.HOLLOW,), page=KINDS),
    Rule(ArchiveItem, "suspected-hollow", WARNING, archives.suspected_hollow, page=AFTER_STRIPPING),
    Rule(ObjectItem, "bytecode-left", ERROR, objects.bytecode_left, WITH_BYTECODE, page=BYTECODE),
    Rule(ObjectItem, "empty-bitcode", WARNING, objects.empty_bitcode, (Kind.SLIM,), page=EMPTY),
    Rule(ObjectItem, "leftover-marker", WARNING, objects.leftover_marker, SLIM_IN_PART, needs="marked", page=EMPTY),
    Rule(ObjectItem, "joined-bitcode", WARNING, objects.joined_bitcode, (Kind.FAT,), needs="joined", page=VERDICTS),
    Rule(ObjectItem, "compressed-bundle", WARNING, objects.compressed_bundle, (Kind.OTHER,), page=VERDICTS),
    Rule(ObjectItem, "damaged-object", ERROR, objects.damaged_object, (Kind.DAMAGED,), page=VERDICTS),
    Rule(
        ObjectItem,
        "unreadable-object",
        ERROR,
        objects.unreadable_object,
        (Kind.UNREADABLE,),
        is_unreadable=True,
        page=EXCEPT,
    ),
    Rule(PackageFacts, "unreadable-package", ERROR, packages.unreadable_package, is_unreadable=True, page=UNREADABLE),
    Rule(
        PackageFacts,
        "unreadable-repository",
        ERROR,
        packages.unreadable_repository,
        is_unreadable=True,
        page=REPOSITORIES,
    ),
    Rule(ArchiveItem, "thin-archive", ERROR, archives.thin_archive, page=THIN),
    Rule(ArchiveItem, "bytecode-versions", WARNING, archives.bytecode_versions, page=KINDS),
    Rule(ArchiveItem, "code-without-symbols", ERROR, archives.code_without_symbols, page=STRIP),
    Rule(ArchiveItem, "archive-index", WARNING, archives.archive_index, page=STRIP),
    Rule(ObjectItem, "undeclared-object", OFF, objects.undeclared_object, JUDGED_KINDS, page=GUIDELINE),
    Rule(PackageFacts, "unneeded-opt-in", NOTE, packages.unneeded_opt_in, page=CONFIGURE),
    Rule(PackageFacts, "source-package", NOTE, packages.source_package, page=PACKAGES),
    Rule(ObjectItem, "ctors-section", WARNING, objects.ctors_section, JUDGED_KINDS, needs="ctors", page=CTORS),
    Rule(ObjectItem, "rlib-bitcode", OFF, objects.rlib_bitcode, (Kind.NATIVE, Kind.EMPTY), page=RUST),
    Rule(WaiverFacts, "unused-waiver", WARNING, waivers.unused_waiver, page=POLICIES),
    Rule(WaiverFacts, "expired-waiver", ERROR, waivers.expired_waiver, page=POLICIES),
    Rule(SpecItem, "spec-needs-opt-in", ERROR, specs.needs_opt_in, page=OPT_IN),
    Rule(SpecItem, "spec-excluded-object", WARNING, specs.excluded_object, page=STOPPED),
    Rule(SpecItem, "spec-excepted-object", NOTE, specs.excepted_object, page=EXCEPT),
    Rule(SpecItem, "spec-unneeded-opt-in", NOTE, specs.unneeded_opt_in, page=CONFIGURE),
    Rule(SpecItem, "spec-opt-in-without-lto", WARNING, specs.opt_in_without_lto, page=IDIOMS),
    Rule(SpecItem, "spec-opt-in-undone", WARNING, specs.opt_in_undone, page=STILL_SLIM),
    Rule(SpecItem, "spec-opt-in-not-seen", WARNING, specs.opt_in_not_seen, page=IDIOMS),
    Rule(SpecItem, "spec-lto-disabled", NOTE, spec_lines.lto_disabled, page=LTO_OFF),
    Rule(SpecItem, "spec-commented-macro", WARNING, spec_lines.commented_macro, page=IDIOMS),
    Rule(SpecItem, "spec-recursive-define", ERROR, spec_lines.recursive_define, page=IDIOMS),
    Rule(SpecItem, "spec-undefine", WARNING, spec_lines.undefine, page=IDIOMS),
    Rule(SpecItem, "spec-bypasses-hook", WARNING, spec_lines.bypasses_hook, page=SPECS_AND_HOOK),
    Rule(SpecItem, "spec-changes-hook", WARNING, spec_lines.changes_hook, page=CHANGES),
    Rule(SpecItem, "spec-keeps-bytecode", WARNING, spec_lines.keeps_bytecode, page=BYTECODE),
    Rule(SpecItem, "spec-hardcoded-lto", WARNING, spec_lines.hardcoded_lto, page=STILL_SLIM),
    Rule(SpecItem, "spec-unparsable", WARNING, spec_lines.unparsable, page=TARGETS),
    Rule(SpecItem, "spec-unreadable", ERROR, spec_lines.unreadable_spec, is_unreadable=True, page=SPECS),
)

RULES_BY_NAME = {rule.name: rule for rule in RULES}
