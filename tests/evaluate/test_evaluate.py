# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from tests.evaluate import __main__ as evaluate
from tests.evaluate.manifests import accepted_judgments, read_corpus, reader_for
from tests.evaluate.tsv import read_table
from tests.evaluate.verdict import judgment
from tests.toolbox import CODE, EMPTY, NATIVE, SLIM, archive, compiled


def write_manifest(folder: Path, *rows: str) -> Path:
    (folder / "manifest.tsv").write_text("".join(row.replace(" ", "\t") + "\n" for row in rows))
    return folder


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    compiled(tmp_path, "code", SLIM)
    compiled(tmp_path, "empty", SLIM, EMPTY)
    return tmp_path


def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = evaluate.main([str(folder)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_all_as_labelled(kinds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_manifest(kinds, "path kind empty", "code.o slim no", "empty.o native|slim yes")
    code, text = run(kinds, capsys)
    assert code == 0
    assert "2 of 2 as labelled, 0 not" in text


def test_a_wrong_kind_and_a_wrong_empty_are_told(kinds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_manifest(kinds, "path kind empty", "code.o native no", "empty.o slim no", "lost.o slim no")
    code, text = run(kinds, capsys)
    assert code == 1
    assert "code.o: labelled native, said slim\n    because: error slim-object" in text
    assert "empty.o: labelled slim, said slim empty" in text
    assert "lost.o: labelled slim, said no such file" in text
    assert "3 disagreements without explanation" in text


def test_an_explained_disagreement_passes_and_a_stale_one_is_told(
    kinds: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = kinds / "explained.txt"
    explained.write_text("# a comment\npath\twhy\ncode.o\tthe label is wrong\nempty.o\tso is this\n")
    monkeypatch.setattr(evaluate, "EXPLAINED", explained)
    write_manifest(kinds, "path kind empty", "code.o native no", "empty.o slim yes")
    code, text = run(kinds, capsys)
    assert code == 0
    assert "explained: the label is wrong" in text
    assert "explains empty.o, on which we agree" in text


def test_expectations_in_a_folder_of_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = tmp_path / "part"
    part.mkdir()
    compiled(part, "good", NATIVE)
    compiled(part, "bad", SLIM)
    archive(part / "thin.a", [part / "good.o"], "rcsT")
    (part / "cut.o").write_bytes((part / "good.o").read_bytes()[:100])
    (part / "link.o").symlink_to("bad.o")
    rows = ["good.o ok:native", "bad.o FLAG:slim", "thin.a FLAG-or-error:thin", "cut.o error:cut", "link.o ok:skip"]
    write_manifest(part, "file expected", *rows)
    other = tmp_path / "specs"
    other.mkdir()
    write_manifest(other, "file label", "x.spec default")
    code, text = run(tmp_path, capsys)
    assert code == 0, text
    assert "5 of 5 as labelled" in text
    assert "left out: 1 rows that label no object files" in text


def test_files_of_packages_count_in_the_labelled_version(tmp_path: Path) -> None:
    trees = tmp_path / "trees"
    (trees / "one").mkdir(parents=True)
    compiled(trees / "one", "code", NATIVE, CODE)
    (trees / "one.version").write_text("1:2\n")
    manifest = write_manifest(
        tmp_path,
        "package version file expected",
        "one 1:2 one/code.o ok:x",
        "one 1:3 one/x.o ok:x",
        "two 1 two/x.o ok:x",
    )
    (part,) = read_corpus(manifest, trees)
    (outcome,) = evaluate.judge_cases(part.cases)
    assert outcome.agrees
    assert part.left_out == "2 rows whose package is not unpacked here"


def test_nothing_to_evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, capsys)[0] == 2
    assert evaluate.main([]) == 2


@pytest.mark.parametrize(
    ("expected", "accepted"),
    [
        ("ok:native", {"clean"}),
        ("FLAG:slim", {"flagged"}),
        ("FLAG:partly-hollow", {"flagged", "suspected"}),
        ("error:truncated", {"unreadable"}),
        ("FLAG-or-error:thin archive", {"flagged", "unreadable"}),
    ],
)
def test_accepted_judgments(expected: str, accepted: set[str]) -> None:
    assert accepted_judgments(expected) == accepted


def test_an_expectation_of_no_known_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="maybe:slim"):
        accepted_judgments("maybe:slim")


@pytest.mark.parametrize(
    ("findings", "word"),
    [
        ([], "clean"),
        ([("error", "slim-object"), ("error", "unreadable-object")], "flagged"),
        ([("error", "unreadable-object"), ("warning", "archive-index")], "unreadable"),
        ([("warning", "suspected-hollow"), ("warning", "archive-index")], "suspected"),
        ([("warning", "archive-index")], "warned"),
    ],
)
def test_judgment(findings: list[tuple[str, str]], word: str) -> None:
    assert judgment([{"severity": severity, "rule": rule} for severity, rule in findings]) == word


def test_every_manifest_is_read_by_its_columns(tmp_path: Path) -> None:
    columns, rows = read_table(write_manifest(tmp_path, "file colour", "x.o red") / "manifest.tsv")
    assert "label no object files" in reader_for(columns)(tmp_path / "manifest.tsv", rows, tmp_path).left_out
