# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m tests.evaluate CORPUS`: a confusion matrix over labelled files, and every disagreement."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.evaluate import packages
from tests.evaluate.manifests import Case, Part, read_corpus
from tests.evaluate.repos import evaluate_repositories
from tests.evaluate.specs import evaluate_specs
from tests.evaluate.tsv import read_rows
from tests.evaluate.verdict import Verdict, judge_files
from tests.realworld.packages import CACHE

EXPLAINED = Path(__file__).with_name("explained.tsv")
CORNER = "label / said"


class Outcome(NamedTuple):
    """A label and what was said."""

    case: Case
    verdict: Verdict | None
    """None for a file that is not there."""

    @property
    def answer(self) -> str:
        """What was said, in the words of the label."""
        return self.case.answer(self.verdict) if self.verdict else "no such file"

    @property
    def agrees(self) -> bool:
        """Whether it is what the label says."""
        return self.answer in self.case.accepted


def main(arguments: list[str]) -> int:
    """Evaluate one corpus; 0 when every disagreement is explained."""
    if len(arguments) != 1:
        print("usage: python -m tests.evaluate CORPUS", file=sys.stderr)
        return 2
    parts = list(read_corpus(Path(arguments[0]), CACHE / "trees"))
    if not any(part.cases for part in parts):
        print(f"{arguments[0]}: no manifest that labels files that are here", file=sys.stderr)
        return 2
    explained = read_explained()
    unexplained = sum([evaluate(part, explained) for part in parts])
    unexplained += sum([packages.evaluate(file.parent) for file in sorted(Path(arguments[0]).glob("*/objects.tsv"))])
    unexplained += evaluate_specs(Path(arguments[0]))
    unexplained += evaluate_repositories(Path(arguments[0]))
    print(f"\n{unexplained} disagreements without explanation")
    return 1 if unexplained else 0


def read_explained() -> dict[str, str]:
    """Names of files on which we disagree with the label, and why."""
    return {row["path"]: row["why"] for row in read_rows(EXPLAINED)}


def evaluate(part: Part, explained: Mapping[str, str]) -> int:
    """Print how one part fares; returns how many disagreements nobody has explained."""
    print(f"\n== {part.name}")
    if part.left_out:
        print(f"left out: {part.left_out}")
    if not part.cases:
        return 0
    outcomes = judge_cases(part.cases)
    print("\n".join(matrix(outcomes)))
    wrong = [outcome for outcome in outcomes if not outcome.agrees]
    for outcome in wrong:
        print("\n".join(complaint(outcome, explained)))
    stale = [outcome.case.name for outcome in outcomes if outcome.agrees and outcome.case.name in explained]
    for name in stale:
        print(f"{EXPLAINED.name} explains {name}, on which we agree: remove the line")
    unexplained = [outcome for outcome in wrong if outcome.case.name not in explained]
    right = len(outcomes) - len(wrong)
    print(f"{right} of {len(outcomes)} as labelled, {len(wrong)} not, {len(unexplained)} of these without explanation")
    return len(unexplained)


def judge_cases(cases: Iterable[Case]) -> list[Outcome]:
    """What is said of each labelled file. Symbolic links are not followed, as in a package."""
    cases = list(cases)
    present = [case for case in cases if case.file.is_file() and not case.file.is_symlink()]
    verdicts = dict(zip(present, judge_files([case.file for case in present]), strict=True))
    return [_outcome(case, verdicts.get(case)) for case in cases]


def _outcome(case: Case, verdict: Verdict | None) -> Outcome:
    if case.file.is_symlink():
        verdict = Verdict("none", None, is_archive=False, judgment="clean", why="a symbolic link")
    return Outcome(case, verdict)


def matrix(outcomes: list[Outcome]) -> list[str]:
    """Labels against answers, with a dot where nothing was counted."""
    counts = Counter((outcome.case.label, outcome.answer) for outcome in outcomes)
    labels = sorted({label for label, _ in counts})
    answers = sorted({answer for _, answer in counts})
    width = max(map(len, [*labels, CORNER]))
    lines = [f"{CORNER:{width}}  " + "  ".join(answers)]
    for label in labels:
        cells = [f"{counts[label, answer] or '.':>{len(answer)}}" for answer in answers]
        lines.append(f"{label:{width}}  " + "  ".join(cells))
    return lines


def complaint(outcome: Outcome, explained: Mapping[str, str]) -> list[str]:
    """What we say against a label, and why we may."""
    case, verdict = outcome
    lines = [f"{case.name}: labelled {case.label}, said {outcome.answer}"]
    if verdict:
        lines.append(f"    because: {verdict.why}")
    if case.name in explained:
        lines.append(f"    explained: {explained[case.name]}")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
