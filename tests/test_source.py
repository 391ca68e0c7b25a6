# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads by position: from a file as from memory, and without asking the system for what was read ahead."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.objects.source import READ_AHEAD, WINDOW_LIMIT, BufferSource, FileSource, Malformed, Source

DATA = bytes(range(7, 251)) * 300


@pytest.fixture(scope="module")
def descriptor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = tmp_path_factory.mktemp("source") / "file"
    path.write_bytes(DATA)
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


def part(source: Source, offset: int, length: int) -> bytes | None:
    with suppress(Malformed):
        return source.read(offset, length)
    return None


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The places from which the system is asked for bytes, from now on."""
    calls = []
    real = os.pread

    def pread(fd: int, length: int, offset: int) -> bytes:
        calls.append(offset)
        return real(fd, length, offset)

    monkeypatch.setattr(os, "pread", pread)
    return calls


PLACES = st.integers(-3, len(DATA) + 3)
LENGTHS = st.integers(-2, 300) | PLACES


@given(st.lists(st.tuples(st.sampled_from(["read", "slice", "prefetch"]), PLACES, LENGTHS, st.booleans()), max_size=12))
def test_a_file_reads_as_memory_does(descriptor: int, steps: list[tuple[str, int, int, bool]]) -> None:
    file: Source = FileSource(descriptor, len(DATA))
    memory: Source = BufferSource(DATA)
    for what, offset, length, to_the_end in steps:
        if to_the_end:
            length = memory.size - offset
        if what == "read":
            found = part(memory, offset, length)
            assert part(file, offset, length) == found
            assert (found is None) == (offset < 0 or length < 0 or offset + length > memory.size)
        elif what == "prefetch":
            file.prefetch(offset, length)
        else:
            with suppress(Malformed):
                file = file.slice(offset, length)
                memory = memory.slice(offset, length)
            assert file.size == memory.size


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (0, 1), (7, 50), (50, 0), (0, 57)])
def test_slices_begin_where_they_should(descriptor: int, offset: int, length: int) -> None:
    for source in (FileSource(descriptor, len(DATA)), BufferSource(DATA)):
        assert source.slice(0, len(DATA)).read(0, 8) == DATA[:8]
        inner = source.slice(1000, 57)
        assert inner.read(offset, length) == DATA[1000 + offset : 1000 + offset + length]
        for outside in ((-1, 1), (57, 1), (0, 58), (0, -1)):
            with pytest.raises(Malformed):
                inner.read(*outside)
            with pytest.raises(Malformed):
                inner.slice(*outside)


@pytest.mark.parametrize(("offset", "size"), [(0, 100), (5000, 900), (len(DATA) - 64, 64), (0, len(DATA))])
def test_what_was_read_ahead_is_not_read_again(
    descriptor: int, offset: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(DATA) <= WINDOW_LIMIT
    source = FileSource(descriptor, len(DATA))
    source.prefetch(offset, size)
    calls = counted(monkeypatch)
    source.prefetch(offset, size)
    for step in range(0, size, 64):
        at = offset + step
        assert source.read(at, min(64, len(DATA) - at)) == DATA[at : at + 64]
    assert not calls


def test_nothing_is_in_memory_before_the_first_read(descriptor: int) -> None:
    for length in range(1, 4):
        assert FileSource(descriptor, len(DATA)).read(0, length) == DATA[:length]


def test_small_reads_one_after_the_other_are_few(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    source = FileSource(descriptor, len(DATA)).slice(100, 20_000)
    assert b"".join(source.read(at, 8) for at in range(0, 20_000, 8)) == DATA[100:20_100]
    assert len(calls) <= 20_000 // READ_AHEAD + 1


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(Malformed, match="cannot be read"):
            FileSource(fd, 100).read(0, 10)
    finally:
        os.close(fd)
