# SPDX-License-Identifier: GPL-2.0-or-later
"""Differences between two arms: results of configure, exported symbols and their sections, needed libraries."""

from collections.abc import Callable, Iterator

from checker.model.rebuilds import Difference
from checker.rebuild.configure import UNDEFINED_VALUE
from checker.rebuild.facts import BuildFacts, Value, Values
from checker.rebuild.symbols import LOCAL_PREFIX, NEEDED_PREFIX

Texts = Callable[[str], Values]
Place = tuple[str, str]
"""A file and a name in it."""

Flat = dict[Place, Value]
Change = tuple[Place, Value | None, Value | None]


def differences(before: list[BuildFacts], after: list[BuildFacts], texts: Texts) -> list[Difference]:
    """Values that differ between two arms in every repetition, and are the same in all repetitions of each."""
    found = list(_configured(before, after, texts))
    return [*found, *_made(before, after, texts)]


def _configured(before: list[BuildFacts], after: list[BuildFacts], texts: Texts) -> Iterator[Difference]:
    seen: set[tuple[str, str | None, str | None]] = set()
    old, new = ([facts.configured for facts in builds] for builds in (before, after))
    for (file, name), was, is_ in _changed(old, new, texts):
        change = (name, _defined(was), _defined(is_))
        if change not in seen:  # config.log and config.h both have it
            seen.add(change)
            test = next((value.test for value in (was, is_) if value and value.test), None)
            yield Difference("configure", file, name, _value(was), _value(is_), test)


def _made(before: list[BuildFacts], after: list[BuildFacts], texts: Texts) -> Iterator[Difference]:
    old, new = ([facts.symbols for facts in builds] for builds in (before, after))
    for (file, name), was, is_ in _changed(old, new, texts):
        if name.startswith(LOCAL_PREFIX) and not (was and is_):
            continue  # an optimisation may take it away
        what = "needed" if name.startswith(NEEDED_PREFIX) else "symbol"
        values = (was.value if was else None, is_.value if is_ else None)
        yield Difference(what, file, name.removeprefix(NEEDED_PREFIX).removeprefix(LOCAL_PREFIX), *values)


def _changed(before: list[str | None], after: list[str | None], texts: Texts) -> Iterator[Change]:
    """Names with one value in one arm and another in the other; none if an arm has no values."""
    old, new = (_flat(digests, texts) for digests in (before, after))
    if not old or not new or set(before) == set(after):
        return
    for place in sorted({place for values in (*old, *new) for place in values}):
        was, is_ = ({_value(values.get(place)): values.get(place) for values in arm} for arm in (old, new))
        if len(was) == len(is_) == 1 and was.keys() != is_.keys():
            (value,), (other,) = was.values(), is_.values()
            yield place, value, other


def _flat(digests: list[str | None], texts: Texts) -> list[Flat]:
    """The values of the repetitions, without duplicates."""
    kept = [texts(digest) for digest in dict.fromkeys(digests) if digest is not None]
    return [{(file, name): value for file, found in values.items() for name, value in found.items()} for values in kept]


def _defined(value: Value | None) -> str | None:
    return value.value if value is not None and value.value != UNDEFINED_VALUE else None


def _value(value: Value | None) -> str | None:
    return value.value if value is not None else None
