# SPDX-License-Identifier: GPL-2.0-or-later
"""A language server: the findings of `ltocheck spec`, while a spec is written."""

import logging
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from checker import __version__
from checker.errors import Unavailable, UsageError
from checker.judging.judge import Judge
from checker.judging.policy import Policy
from checker.limits import LIMITS
from checker.model import Finding, Severity
from checker.report.names import for_terminal
from checker.report.words import text_of
from checker.rules import RULES_BY_NAME
from checker.specs.fix import with_opt_in
from checker.specs.look import LookOptions, SpecLook, SpecReader
from checker.specs.spec_file import SpecFile

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
NEEDS = "spec-needs-opt-in"


@dataclass(frozen=True, slots=True)
class Checked:
    """A spec as the editor has it, and its findings."""

    looked: SpecLook
    findings: tuple[Finding, ...]


class BoundedInput:
    """What an editor sends; raises UsageError where a message, or what stands before it, has no bound."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = LIMITS.http_head

    def readline(self) -> bytes:
        """The next line of a header."""
        line = self._file.readline(LIMITS.lsp_header + 1)
        self._left -= len(line)
        if len(line) > LIMITS.lsp_header or self._left < 0:
            raise UsageError("standard input: no message of an editor: its header has no end")
        return line

    def read(self, size: int) -> bytes:
        """A message of so many bytes."""
        self._left = LIMITS.http_head
        if size > LIMITS.lsp_message:
            raise UsageError(f"standard input: a message of more than {LIMITS.lsp_message} bytes")
        return self._file.read(size)


class _OneLine(logging.Formatter):
    """Words about a message that cannot be understood, without the place in the library that did not."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage().partition("\n")[0] + (f": {error}" if error else "")
        return f"ltocheck: {for_terminal(said[: LIMITS.lsp_header])}"


def log_in_lines() -> None:
    """Have what the library logs written to standard error, in lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class SpecServer(LanguageServer):
    """Looks at a whole spec when it is opened and saved, and at its text alone while it is edited."""

    def __init__(self, policy: Policy, options: LookOptions) -> None:
        super().__init__("ltocheck", __version__)
        self._policy = policy
        self._whole = SpecReader(options)
        self._text = SpecReader(LookOptions(options.macro))
        self.checked: dict[str, Checked] = {}

    def check(self, uri: str, *, whole: bool) -> None:
        """Look at a spec in the editor, and send what is to be said of it."""
        document = self.workspace.get_text_document(uri)
        file = SpecFile(_path(uri), document.source.encode("utf-8", "surrogateescape"))
        looked = (self._whole if whole else self._text).look_at(file)
        judged = Judge(self._policy, date.today()).judge(looked.target)
        findings = tuple(one for entry in judged for one in entry.findings if one.waived is None)
        self.checked[uri] = Checked(looked, findings)
        diagnostics = [self._diagnostic(uri, finding) for finding in findings]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, document.version))

    def close(self, uri: str) -> None:
        """Forget a spec."""
        self.checked.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def findings_at(self, uri: str, line: int) -> list[Finding]:
        """The findings of one line, from 0; those of the whole spec belong to the first."""
        checked = self.checked.get(uri)
        return [one for one in checked.findings if (one.line or 1) - 1 == line] if checked else []

    def opt_in_edit(self, uri: str) -> types.TextEdit | None:
        """The lines that opt a spec in; None where it needs none or one line would not do."""
        checked = self.checked.get(uri)
        if checked is None or not any(one.rule == NEEDS for one in checked.findings):
            return None
        before = checked.looked.file.data
        try:
            after = with_opt_in(before, checked.looked.facts, self._policy.macro)
        except Unavailable:
            return None
        return _insertion(before.decode("utf-8", "replace").split("\n"), after.decode("utf-8", "replace").split("\n"))

    def stop(self) -> None:
        """End the sandbox."""
        self._whole.close()

    def _diagnostic(self, uri: str, finding: Finding) -> types.Diagnostic:
        return types.Diagnostic(
            self._range(uri, finding),
            f"{text_of(finding.message)}\n{text_of(finding.remedy)}",
            SEVERITIES[finding.severity],
            code=finding.rule,
            source="ltocheck",
        )

    def _range(self, uri: str, finding: Finding) -> types.Range:
        """From the column to the end of the line, in the editor's units."""
        document = self.workspace.get_text_document(uri)
        number = (finding.line or 1) - 1
        line = document.lines[number].rstrip("\r\n") if number < len(document.lines) else ""
        start = types.Position(number, (finding.column or 1) - 1)
        return document.position_codec.range_to_client_units(
            document.lines, types.Range(start, types.Position(number, max(len(line), start.character)))
        )


def _path(uri: str) -> str:
    """The file of a document, beside which its sources are."""
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else "untitled.spec"


def _insertion(before: list[str], after: list[str]) -> types.TextEdit:
    """The edit that makes one text of another in which some lines are new, and none gone."""
    first = next(number for number, line in enumerate(after) if number == len(before) or line != before[number])
    new = after[first : first + len(after) - len(before)]
    place = types.Position(first, 0)
    return types.TextEdit(types.Range(place, place), "".join(f"{line}\n" for line in new))


def make_server(policy: Policy, options: LookOptions) -> SpecServer:
    """A server that speaks on standard input and output once it is started."""
    server = SpecServer(policy, options)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.check(params.text_document.uri, whole=True)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.check(params.text_document.uri, whole=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        server.check(params.text_document.uri, whole=False)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        found = server.findings_at(params.text_document.uri, params.position.line)
        parts = [f"**{one.rule}**\n\n{RULES_BY_NAME[one.rule].explanation}" for one in found]
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts))) if parts else None

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        edit = server.opt_in_edit(uri)
        if edit is None:
            return []
        fixed = [one for one in params.context.diagnostics if one.code == NEEDS]
        title = f"Opt in to fat objects: %global {policy.macro} 1"
        change = types.WorkspaceEdit({uri: [edit]})
        return [types.CodeAction(title, types.CodeActionKind.QuickFix, fixed, edit=change, is_preferred=True)]

    return server
