# SPDX-License-Identifier: GPL-2.0-or-later
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import UsageError
from checker.judging.patterns import Pattern, PatternIndex
from checker.judging.policy import load_policy, with_waivers
from checker.judging.shipped_policies import POLICIES
from checker.limits import LIMITS
from checker.model import Severity
from checker.report.policy import policy_text
from checker.rules import RULES_BY_NAME
from checker.shipped import policy_folder, shipped_policies
from macros.shipped_policies import FILE, generated


def written(folder: Path, text: str, name: str = "mine.toml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_what_the_program_holds_is_what_is_written_in_the_files() -> None:
    assert FILE.read_text() == generated(), "`make data` writes it anew"
    assert sorted(POLICIES) == shipped_policies()


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_are_sound_and_complete(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name
    assert set(policy.rules) == set(RULES_BY_NAME)
    assert all(entry.reason for entry in policy.exempt)


def test_every_distribution_has_a_policy() -> None:
    distributions = {"alt", "fedora", "mageia", "openeuler", "openmandriva", "opensuse"}
    assert set(shipped_policies()) == {*distributions, "base", "fedora-strict"}


@pytest.mark.parametrize("name", ["alt", "mageia", "openeuler", "opensuse"])
def test_policies_that_demand_what_fedoras_does(name: str) -> None:
    fedora = load_policy("fedora")
    assert load_policy(name)._replace(name="fedora", lto_off=fedora.lto_off) == fedora


def test_strict_demands_the_declaration() -> None:
    assert load_policy("fedora").rules["undeclared-object"] is Severity.OFF
    assert load_policy("fedora-strict").rules["undeclared-object"] is Severity.ERROR


@pytest.mark.parametrize("name", shipped_policies())
def test_what_is_shown_loads_again_as_the_same(tmp_path: Path, name: str) -> None:
    policy = load_policy(name)
    again = load_policy(written(tmp_path, policy_text(policy)))
    assert (again.name, again.rules, again.macro, again.flags, again.lto_off) == (
        policy.name,
        policy.rules,
        policy.macro,
        policy.flags,
        policy.lto_off,
    )
    # A text that extends nothing holds all that was inherited, once.
    assert again.exempt == policy.exempt
    assert policy_text(again) == policy_text(policy)


def test_what_is_shown_has_no_control_characters(tmp_path: Path) -> None:
    reason = "\\u009b31m \\u202e \\u007f \\u0000 \N{LATIN SMALL LETTER E WITH ACUTE} \\U0001f600"
    policy = load_policy(written(tmp_path, f'[[waiver]]\nrule = "*"\npath = "x"\nreason = "{reason}"\n'))
    shown = policy_text(policy)
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert load_policy(written(tmp_path, shown)).waivers[0].reason == policy.waivers[0].reason


def test_a_file_extends_a_shipped_policy_or_a_file_beside_it(tmp_path: Path) -> None:
    written(tmp_path, 'extends = "fedora-strict"\n[rules]\nslim-object = "warning"\n', "one.toml")
    policy = load_policy(written(tmp_path, 'extends = "one.toml"\n[opt_in]\nmacro = "_ships_objects"\n'))
    assert policy.name == "mine"
    assert policy.rules["slim-object"] is Severity.WARNING
    assert policy.rules["undeclared-object"] is Severity.ERROR
    assert policy.macro == "_ships_objects"
    assert policy.exempt == load_policy("base").exempt


def test_waiver(tmp_path: Path) -> None:
    policy = load_policy(
        written(
            tmp_path,
            '[[waiver]]\nrule = "hollow-object"\npath = "/usr/lib64/lib*.a"\nreason = "stub"\nexpires = 2027-06-30\n',
        )
    )
    (waiver,) = policy.waivers
    assert waiver.expires == date(2027, 6, 30)
    assert waiver.path
    assert waiver.path.fits("/usr/lib64/libfoo.a")
    assert not waiver.path.fits("/usr/lib64/libfoo.a.o")
    assert not waiver.path.fits("/opt/usr/lib64/libfoo.a")
    assert str(tmp_path) in waiver.where


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 1", "colour: unknown key; valid are name, extends, url, lto_off, rules"),
        ("lto_off = 3", "lto_off: expected a line of text"),
        ('lto_off = "%global a 1\\n%global b 2"', "lto_off: expected a line of text"),
        ('[rules]\nslim = "error"', "rules.slim: unknown rule; valid are archive-index"),
        ('[rules]\nslim-object = "fatal"', "rules.slim-object: expected one of off, note, warning, error"),
        ("[rules]\nslim-object = 1", "rules.slim-object: expected one of"),
        ("rules = 1", r"rules: expected a table \[rules\]"),
        ("exempt = 1", r"exempt: expected tables \[\[exempt\]\]"),
        ('[opt_in]\nmacro = "%x"', "opt_in.macro: '%x' is no name of an rpm macro"),
        ('[opt_in]\nflags = "-x"', "opt_in.flags: expected a list of texts"),
        ('[opt_in]\nflags = ["-flto"]', "opt_in.flags: unknown flag '-flto'; -ffat-lto-objects counts"),
        ('[opt_in]\nwhat = "x"', "opt_in.what: unknown key; valid are macro, flags"),
        ('[[exempt]]\nmachine = "x"', r"exempt\[0\].reason: missing"),
        ('[[exempt]]\nreason = "x"', r"exempt\[0\]: exempts everything"),
        ('[[exempt]]\nmachine = 1\nreason = "x"', r"exempt\[0\].machine: expected text"),
        ('[[waiver]]\npath = "x"\nreason = "x"', r"waiver\[0\].rule: missing"),
        (
            '[[waiver]]\nrule = "slim-object"\nreason = "x"',
            r"waiver\[0\]: .* give one of package, path",
        ),
        ('[[waiver]]\nrule = "*"\narch = "s390x"\nreason = "x"', r"waiver\[0\]: waives everything"),
        ('[[waiver]]\nrule = "*"\npackage = ""\nreason = "x"', r"waiver\[0\].package: expected text"),
        ('[[waiver]]\nrule = "slim-object"\npath = "x"', r"waiver\[0\].reason: missing"),
        ('[[waiver]]\nrule = "slim-object"\npath = "x"\nreason = " "', r"waiver\[0\].reason: expected text"),
        ('[[waiver]]\nrule = "slim-object"\npath = "x"\nreason = "x"\nexpires = "2027"', "expected a date like"),
        (
            '[[waiver]]\nrule = "slim-object"\npath = "x"\nreason = "x"\nexpires = 2027-06-30T10:00:00',
            "expected a date",
        ),
        ('extends = "nothing"', "extends: no policy 'nothing'; there are alt, base, fedora"),
        ('extends = "mine.toml"', "extends: a circle"),
        ("rules =", "not TOML"),
        ("a = " + "[" * 10_000, "not TOML"),
    ],
)
def test_errors_name_file_key_and_what_is_valid(tmp_path: Path, text: str, says: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError, match=says) as caught:
        load_policy(file)
    assert file in str(caught.value)


def test_circle_through_another_file(tmp_path: Path) -> None:
    written(tmp_path, 'extends = "two.toml"', "one.toml")
    written(tmp_path, 'extends = "one.toml"', "two.toml")
    with pytest.raises(UsageError, match=r"a circle: .*one\.toml -> .*two\.toml -> .*one\.toml"):
        load_policy(str(tmp_path / "one.toml"))


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_policy(str(tmp_path / "x.toml"))


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        load_policy(str(tmp_path / "x.toml"))


def test_names_of_files_and_of_policies_are_told_apart() -> None:
    assert policy_folder().is_dir()
    with pytest.raises(UsageError, match=r"no policy 'fedoar'; did you mean fedora[?] There are alt, base, fedora"):
        load_policy("fedoar")


class TestHostile:
    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            ("name = " + "9" * 5000, "not TOML"),
            ("name = " + "[" * 5000, "not TOML"),
            (f'[[waiver]]\nrule = "*"\nreason = "x"\npath = "{"[" * 50_000}"', "waiver[0].path: more than 4096 char"),
            (".".join("a" * 5000) + " = 1", "a line with more than 100 dots"),
            ("#" * (1 << 20) + "\n", "has more than 1048576 bytes"),
            ('extends = "/dev/zero"', "/dev/zero: is no regular file"),
            ('extends = "./x\\u0000.toml"', "no path of a policy"),
            (f'extends = "/{"x" * 5000}"', "File name too long"),
        ],
    )
    def test_it_is_refused_in_one_sentence(self, tmp_path: Path, text: str, detail: str) -> None:
        file = tmp_path / "x.toml"
        file.write_text(text)
        with pytest.raises(UsageError) as caught:
            load_policy(str(file))
        assert detail in str(caught.value)
        assert len(str(caught.value)) < 6000

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "x.toml")
        with pytest.raises(UsageError, match=r"x\.toml: is no regular file"):
            load_policy(str(tmp_path / "x.toml"))

    def test_a_long_chain(self, tmp_path: Path) -> None:
        for number in range(1200):
            (tmp_path / f"{number}.toml").write_text(f'extends = "./{number + 1}.toml"')
        with pytest.raises(UsageError, match="more than 16 policies extend each other"):
            load_policy(str(tmp_path / "0.toml"))

    def test_the_longest_pattern_is_quick(self) -> None:
        text = "[" * LIMITS.pattern
        assert not Pattern(text).fits("/usr/lib64/libx.a")
        assert not Pattern("*a" * (LIMITS.pattern // 2)).fits("/usr/" + "a" * 2000)


PATTERNS = st.lists(st.none() | st.text("ab*?[]!-/\udcff", max_size=6))


@given(PATTERNS, st.text("ab*?[]!-/\udcff", max_size=6))
def test_the_index_finds_what_fits(texts: list[str | None], value: str) -> None:
    patterns = [None if text is None else Pattern(text) for text in texts]
    index = PatternIndex((pattern, place) for place, pattern in enumerate(patterns))
    expected = [place for place, pattern in enumerate(patterns) if pattern is None or pattern.fits(value)]
    assert sorted(index.fitting(value)) == expected


def test_waivers_of_a_file_of_their_own(tmp_path: Path) -> None:
    own = '[[waiver]]\nrule = "slim-object"\npath = "/usr/*"\nreason = "known"\nexpires = 2027-01-31\n'
    policy = load_policy("fedora")
    more = with_waivers(policy, written(tmp_path, own))
    (waiver,) = more.waivers
    assert (waiver.rule, waiver.reason, waiver.expires) == ("slim-object", "known", date(2027, 1, 31))
    assert waiver.where == f"{tmp_path}/mine.toml: waiver[0]"
    assert more._replace(waivers=()) == policy
    for key in ("name", "exempt", "extends"):
        with pytest.raises(UsageError, match=rf"mine.toml: {key}: "):
            with_waivers(policy, written(tmp_path, f'{key} = "fedora"\n{own}'))
