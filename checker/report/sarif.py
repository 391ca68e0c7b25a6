# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as SARIF 2.1.0, the exchange format of static analysers (OASIS)."""

import re
from typing import Any, TextIO
from urllib.parse import quote

from checker import __version__
from checker.compact import encode
from checker.errors import EXIT_CODES, ExitCode
from checker.judging.stream import Outcome
from checker.model import Change, Finding, Severity, Target
from checker.report.findings import Fingerprints
from checker.report.names import for_data, for_terminal
from checker.report.omissions import NOT_LOOKED_AT, omitted_places
from checker.report.sink import Detail, Heading, WithMissing
from checker.report.words import text_of
from checker.repositories.http import is_url
from checker.rules import RULES
from checker.rules.rule import MANUAL, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.OFF: "none", Severity.NOTE: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}
STATES = {Change.NEW: "new", Change.REMAINING: "unchanged", Change.FIXED: "absent", Change.GONE: "absent"}
RULE_NUMBERS = {rule.name: number for number, rule in enumerate(RULES)}

FINGERPRINT = "ruleAndPlace/v1"
"""Names how `Fingerprints` makes one; what it is made of must not change under this name."""

RESERVED = ":/?#@!$&'()*+,;=%"
"""What has a meaning of its own in an address (RFC 3986, sections 2.1 and 2.2)."""

PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
"""A percent sign that stands for itself."""


class SarifReport(WithMissing):
    """Writes one run; results as they are found, and how it ended at its end."""

    def __init__(self, out: TextIO, heading: Heading, detail: Detail) -> None:
        super().__init__(out, heading, detail)
        rules = [_rule_fields(rule, heading.url) for rule in RULES]
        driver = {"name": "ltocheck", "version": __version__, "rules": rules}
        policy = {"policy": heading.policy, "optIn": heading.opt_in}
        out.write(f'{{"$schema":{encode(SCHEMA)},"version":"2.1.0","runs":[{{"tool":{encode({"driver": driver})},')
        out.write(f'"columnKind":"unicodeCodePoints","properties":{encode(policy)},\n"results":[')
        self._separator = "\n"
        self._fingerprints = Fingerprints(None)

    def begin(self, target: Target) -> None:
        super().begin(target)
        self._fingerprints = Fingerprints(target)

    def finding(self, finding: Finding) -> None:
        if finding.change is Change.OUT_OF_SCOPE:  # nobody knows whether it is there
            return
        fields = _result_fields(self.target, finding, self._fingerprints.of(finding))
        self.out.write(self._separator + encode(fields))
        self._separator = ",\n"

    def finish(self, outcome: Outcome) -> None:
        self._fingerprints = Fingerprints(None)
        super().finish(outcome)
        self.out.write(f'],\n"invocations":[{encode(_invocation_fields(outcome))}]}}]}}\n')


def _rule_fields(rule: Rule[Any], url: str) -> dict[str, Any]:
    text = rule.explanation
    configuration = {"level": LEVELS[rule.severity], "enabled": rule.severity is not Severity.OFF}
    return {
        "id": rule.name,
        "shortDescription": {"text": " ".join(text.partition("\n\n")[0].split())},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "helpUri": url or MANUAL,
        "defaultConfiguration": configuration,
    }


def _result_fields(target: Target | None, finding: Finding, fingerprint: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(finding.path)}}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column}
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.member is not None:
        full_name = for_data(f"{finding.path}({finding.member})")
        name = {"name": for_data(finding.member), "fullyQualifiedName": full_name, "kind": "archive-member"}
        location["logicalLocations"] = [name]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": RULE_NUMBERS[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": _message(f"{text_of(finding.message)}; fix: {text_of(finding.remedy)}")},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "properties": {"evidence": [for_data(text_of(one)) for one in finding.evidence]},
    }
    if target is not None and target.path != finding.path:
        result["analysisTarget"] = {"uri": uri(target.path)}
    if finding.change in STATES:
        result["baselineState"] = STATES[finding.change]
    if finding.waived is not None:
        result["suppressions"] = [{"kind": "external", "justification": for_data(finding.waived)}]
    return result


def _invocation_fields(outcome: Outcome) -> dict[str, Any]:
    """How the run ended, and what was not looked at; what could not be read is a result as well."""
    code, summary = outcome.exit_code, outcome.summary
    notifications = []
    fields: dict[str, Any] = {
        "executionSuccessful": code not in (ExitCode.UNREADABLE, ExitCode.USAGE),
        "exitCode": int(code),
        "exitCodeDescription": EXIT_CODES[code],
    }
    if summary.unreadable:
        level = "error" if code is ExitCode.UNREADABLE else "warning"
        text = f"could not read {summary.unreadable} of the objects, packages and specs; the results say which"
        notifications.append({"level": level, "message": {"text": text}})
    if summary.not_looked_at:
        text = f"{NOT_LOOKED_AT}{omitted_places(summary.not_looked_at)}"
        notifications.append({"level": "error" if summary.is_emptied else "note", "message": {"text": text}})
    return fields | ({"toolExecutionNotifications": notifications} if notifications else {})


def uri(path: str) -> str:
    """A path as a relative URI: its bytes, percent-encoded. An address stays one."""
    if is_url(path):
        server, slash, rest = PERCENT.sub("%25", for_data(path)).partition("://")[2].partition("/")
        return f"{path.partition('://')[0]}://{quote(server, safe=RESERVED + '[]')}{slash}{quote(rest, safe=RESERVED)}"
    try:
        encoded = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:  # a surrogate that stands for no byte: no file has such a name
        encoded = quote(for_data(path), safe="/")
    # What begins with two slashes would name a host (RFC 3986, section 4.2).
    return f"/.{encoded}" if encoded.startswith("//") else encoded


def _message(text: str) -> str:
    """Text in which nothing is a link: SARIF (section 3.11.6) reads `[text](target)` in a message as one."""
    return for_terminal(text).replace("](", "] (")
