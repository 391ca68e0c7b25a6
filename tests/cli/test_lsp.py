# SPDX-License-Identifier: GPL-2.0-or-later
"""The language server with a real editor as its client."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.toolbox import ROOT, run

SERVER = Path(sys.executable).with_name("ltocheck")

CLIENT = """
local found = {}
local function wait(condition)
    assert(vim.wait(20000, condition, 20), "nothing came from the server")
end
local function said()
    return vim.diagnostic.get(0)
end
local id = vim.lsp.start_client({cmd = {SERVER, "lsp", "--arch", "x86_64"}, root_dir = vim.fn.getcwd()})
assert(vim.lsp.buf_attach_client(0, id))
wait(function() return #said() > 0 end)
found.diagnostics = said()
local line = found.diagnostics[1].lnum
local where = {textDocument = vim.lsp.util.make_text_document_params(), position = {line = line, character = 1}}
found.hover = vim.lsp.buf_request_sync(0, "textDocument/hover", where, 20000)[id].result
local range = {start = where.position, ["end"] = where.position}
local wanted = {textDocument = where.textDocument, range = range, context = {diagnostics = {}}}
found.actions = vim.lsp.buf_request_sync(0, "textDocument/codeAction", wanted, 20000)[id].result
vim.lsp.util.apply_workspace_edit(found.actions[1].edit, "utf-16")
wait(function() return #said() == 0 end)
vim.cmd("write")
found.left = vim.lsp.buf_request_sync(0, "textDocument/codeAction", wanted, 20000)[id].result
local out = io.open("found.json", "w")
out:write(vim.fn.json_encode(found))
out:close()
vim.lsp.stop_client(id)
vim.cmd("qall!")
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What an editor got that opened a spec, applied the quick fix, and saved; and the spec."""
    folder = tmp_path_factory.mktemp("editor")
    spec = folder / "libgreet.spec"
    spec.write_text("# Größe 🦎\n" + (ROOT / "fixtures/specs/static.spec").read_text())
    (folder / "client.lua").write_text(CLIENT.replace("SERVER", json.dumps(str(SERVER))))
    run("nvim", "--headless", "--clean", spec, "-c", "luafile client.lua", cwd=folder)
    return json.loads((folder / "found.json").read_text()), spec


def test_diagnostics(session: tuple[dict[str, Any], Path]) -> None:
    found, _ = session
    (one,) = found["diagnostics"]
    assert (one["code"], one["source"], one["severity"]) == ("spec-needs-opt-in", "ltocheck", 1)
    assert (one["lnum"], one["col"], one["end_col"]) == (48, 0, len("%{_libdir}/lib*.a"))


def test_the_explanation_on_hover(session: tuple[dict[str, Any], Path]) -> None:
    found, _ = session
    assert found["hover"]["contents"]["kind"] == "markdown"
    assert "ships static libraries or object files" in found["hover"]["contents"]["value"]


def test_the_quick_fix_is_what_fix_writes(session: tuple[dict[str, Any], Path], tmp_path: Path) -> None:
    found, spec = session
    assert found["actions"][0]["title"] == "Opt in to fat objects: %global _fat_lto_objects 1"
    assert not found["left"], "there is nothing to fix any more"
    before = tmp_path / "x.spec"
    before.write_text("# Größe 🦎\n" + (ROOT / "fixtures/specs/static.spec").read_text())
    subprocess.run([SERVER, "spec", "--fix", "-q", before], check=True, capture_output=True)
    assert spec.read_bytes() == before.read_bytes()


def test_the_server_ends_with_its_client(tmp_path: Path) -> None:
    """Editors are killed: at the end of standard input nothing is left running."""
    done = subprocess.run([SERVER, "lsp"], input=b"", capture_output=True, timeout=30, check=False)
    assert done.returncode == 0


def message(body: bytes) -> bytes:
    """A message as editors send it."""
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def asked(method: str, number: int | None = None, **params: Any) -> bytes:
    """A request, or a notification without a number."""
    fields = {"jsonrpc": "2.0", "method": method, "params": params, **({} if number is None else {"id": number})}
    return message(json.dumps(fields).encode())


START = asked("initialize", 1, capabilities={})
END = asked("shutdown", 9) + message(b'{"jsonrpc": "2.0", "method": "exit"}')


def served(sent: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([SERVER, "lsp"], input=sent, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        *map(message, (b"{nope", b"[" * 200_000, b'{"id":' + b"9" * 5000 + b"}", b'"\xff"', b"[]", b"null", b"7")),
        message(b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}'),
        START + asked("workspace/executeCommand", 4, command="rm", arguments=["\x1b[31m"]),
        START + asked("textDocument/didOpen", textDocument=None),
        START + asked("\x1b[31m", 5),
    ],
    ids=lambda sent: repr(sent[:60]),
)
def test_messages_that_make_no_sense_end_nothing(sent: bytes) -> None:
    done = served(sent + END)
    assert (done.returncode, b'"id":9' in done.stdout.replace(b" ", b"")) == (0, True), done.stderr
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"Content-Length: 99999999999\r\n\r\n{}", b"a message of more than 67108864 bytes"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", b"its header has no end"),
        (b"X: y\r\n" * 100_000, b"its header has no end"),
        (b"X: " + b"y" * 1_000_000, b"its header has no end"),
    ],
)
def test_messages_without_a_bound_are_refused(sent: bytes, said: bytes) -> None:
    done = served(sent)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert said in done.stderr


def test_findings_are_sentences(session: tuple[dict[str, Any], Path]) -> None:
    found, _ = session
    message, remedy = found["diagnostics"][0]["message"].split("\n")
    assert message.startswith("ships static libraries or object files")
    assert "%global _fat_lto_objects 1" in remedy
