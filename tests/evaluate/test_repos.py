# SPDX-License-Identifier: GPL-2.0-or-later
import shutil
from pathlib import Path

import pytest

from tests.evaluate.repos import evaluate_repositories
from tests.toolbox import ROOT

CORPUS = ROOT / "fixtures/corpus"
PRESENT = "SUSE-rmt__spec__fixtures__files__dummy_repo_with_src"


def test_fixtures(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate_repositories(CORPUS) == 0
    shown = capsys.readouterr().out
    assert "packages_in_primary: 9 of 9 as labelled, 120 in all" in shown
    assert "rpms_present: 9 of 9 as labelled, 5 in all" in shown
    assert "packages_listing_.a/.o: 9 of 9 as labelled, 7 in all" in shown


def test_disagreements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "repos"
    shutil.copytree(CORPUS / "repos" / PRESENT, folder / PRESENT)
    rows = (CORPUS / "repos/manifest.tsv").read_text().splitlines()
    (folder / "manifest.tsv").write_text("\n".join([rows[0], *(row for row in rows if row.startswith(PRESENT))]))
    packages = list(folder.rglob("*.rpm"))
    packages[0].write_bytes(b"something else")
    packages[1].unlink()
    next(folder.rglob("*filelists*")).unlink()
    assert evaluate_repositories(tmp_path) == 4
    shown = capsys.readouterr().out
    for line in (
        f"rpms_present: 0 of 1 as labelled, 4 in all\n  {PRESENT}: labelled 4, said 2\n",
        f"rpms_missing: 0 of 1 as labelled, 0 in all\n  {PRESENT}: labelled 0, said 1\n",
        f"rpm_checksum_mismatch: 0 of 1 as labelled, 0 in all\n  {PRESENT}: labelled 0, said 1\n",
        f"metadata_problems: 0 of 1 as labelled\n  {PRESENT}: labelled nothing, said inaccessible\n",
    ):
        assert line in shown
