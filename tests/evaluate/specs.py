# SPDX-License-Identifier: GPL-2.0-or-later
"""How far the lexical look agrees with people who have read specs: `label_lto` and `label_ships_static`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from checker.judging.policy import load_policy
from checker.model.specs import SpecFacts, Spot
from checker.specs.look import LookOptions, look_at_all
from tests.evaluate.tsv import read_rows, read_table

COLUMNS = frozenset({"file", "label_lto", "label_ships_static", "static_visibility"})
EXPLAINED = Path(__file__).with_name("explained-specs.tsv")


class Answer(NamedTuple):
    """One label and what was said."""

    file: str
    question: str
    label: str
    said: str
    accepted: frozenset[str]
    spots: tuple[Spot, ...]

    @property
    def agrees(self) -> bool:
        """Whether what was said means the same as the label."""
        return self.said in self.accepted


def evaluate_specs(corpus: Path) -> int:
    """Print how the labelled specs below a folder fare; returns how many disagreements nobody has explained."""
    unexplained = 0
    for manifest in sorted([*corpus.glob("*.tsv"), *corpus.glob("*/*.tsv")]):
        columns, rows = read_table(manifest)
        if columns >= COLUMNS:
            print(f"\n== {manifest.parent.name}/{manifest.name}: specs")
            unexplained += _evaluate(list(_answers(manifest.parent, rows)), read_explained())
    return unexplained


def read_explained() -> dict[tuple[str, str], str]:
    """Why we may disagree with a label, by file and question."""
    return {(row["file"], row["question"]): row["why"] for row in read_rows(EXPLAINED)}


def _answers(folder: Path, rows: list[dict[str, str]]) -> Iterator[Answer]:
    labelled = [row for row in rows if row["label_lto"] or row["label_ships_static"]]
    paths = [str(folder / row["file"]) for row in labelled]
    looks = look_at_all(paths, LookOptions(load_policy().macro))
    for row, (_, facts) in zip(labelled, looks, strict=True):
        if row["label_lto"]:
            yield lto_answer(row, facts)
        if row["label_ships_static"]:
            yield ships_answer(row, facts)


def lto_answer(row: Mapping[str, str], facts: SpecFacts) -> Answer:
    """The labels have no word for slim: what takes fat back is labelled modified."""
    label = row["label_lto"]
    accepted = frozenset(label.split("|"))
    if "modified" in accepted:
        accepted |= {"slim"}
    return Answer(row["file"], "lto", label, facts.lto, accepted, facts.lto_spots)


def ships_answer(row: Mapping[str, str], facts: SpecFacts) -> Answer:
    """Where the label says that the objects are hidden in the text, "cannot tell" is right too."""
    label = row["label_ships_static"]
    is_hidden = row["static_visibility"].startswith("hidden")
    accepted = frozenset(label.split("|"))
    if is_hidden:
        accepted |= {"unknown"}
    return Answer(row["file"], "ships", label, facts.ships, accepted, facts.ships_spots)


def _evaluate(answers: list[Answer], explained: Mapping[tuple[str, str], str]) -> int:
    unexplained = 0
    for question in ("lto", "ships"):
        asked = [answer for answer in answers if answer.question == question]
        wrong = [answer for answer in asked if not answer.agrees]
        to_the_word = sum(answer.said == answer.label for answer in asked)
        share = (len(asked) - len(wrong)) / max(1, len(asked))
        print(f"{question}: {len(asked) - len(wrong)} of {len(asked)} agree, {share:.1%}; {to_the_word} to the word")
        for answer in wrong:
            why = explained.get((answer.file, question))
            unexplained += why is None
            print(f"  {answer.file}: labelled {answer.label}, said {answer.said}")
            for spot in answer.spots[:5]:
                print(f"    line {spot.line}: {spot.text[:100]}")
            print(f"    explained: {why}" if why else "    not explained")
    return unexplained
