# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

import pytest

from tests.evaluate.specs import evaluate_specs

HEADINGS = "file\tlabel_lto\tlabel_ships_static\tstatic_visibility"
SHIPS = "%files\n/usr/lib64/libx.a\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    return tmp_path


def write(corpus: Path, name: str, text: str, *labels: str) -> None:
    (corpus / "specs" / name).write_text(text)
    manifest = corpus / "specs/manifest.tsv"
    before = manifest.read_text() if manifest.exists() else HEADINGS + "\n"
    manifest.write_text(before + "\t".join((name, *labels)) + "\n")


def test_agreement(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(corpus, "a.spec", SHIPS, "default", "yes", "literal/glob in %files")
    write(corpus, "b.spec", "%global _lto_cflags -flto=thin\n", "modified", "no", "-")
    write(corpus, "c.spec", "%build\n%configure --enable-static\n%files\n%{_libdir}/x/\n", "", "yes", "hidden (folder)")
    write(corpus, "d.spec", SHIPS, "", "", "")
    assert evaluate_specs(corpus) == 0
    shown = capsys.readouterr().out
    assert "lto: 2 of 2 agree, 100.0%; 1 to the word" in shown
    assert "ships: 3 of 3 agree, 100.0%; 2 to the word" in shown


def test_a_disagreement_shows_the_lines(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(corpus, "a.spec", SHIPS, "disabled", "no", "-")
    assert evaluate_specs(corpus) == 2
    shown = capsys.readouterr().out
    assert "  a.spec: labelled no, said yes\n    line 2: /usr/lib64/libx.a\n    not explained\n" in shown


def test_other_manifests_are_left_alone(corpus: Path) -> None:
    (corpus / "specs/manifest.tsv").write_text("file\texpected\nx\tok:x\n")
    assert evaluate_specs(corpus) == 0
