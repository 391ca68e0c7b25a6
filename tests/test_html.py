# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML report as a browser shows it, with and without JavaScript, and with names that were made to break it."""

import io
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.audit.store import Store
from checker.cli.report import report_on
from checker.errors import Obstacle, Unavailable
from checker.judging.patterns import Pattern
from checker.judging.policy import Policy, Waiver, load_policy
from checker.judging.stream import Sink
from checker.model import (
    ArchiveFacts,
    ArchiveItem,
    Bytecode,
    Form,
    Index,
    Item,
    Kind,
    ObjectFacts,
    ObjectItem,
    PackageFacts,
    Severity,
    Target,
    TargetType,
)
from checker.model.audits import OptInSet, Repository, RunTotals, Totals
from checker.report.names import for_terminal
from checker.report.sink import Audited, Detail, Heading
from checker.transition.totals import History
from tests.audits import add_package
from tests.browser import Browser, chromium
from tests.factories import because, stored, write
from tests.toolbox import ltocheck

FEDORA = load_policy("fedora")
DETAIL = Detail()
GIMPLE = Bytecode(Form.GIMPLE, "gcc", "15.0", 1000)
ARCHES = ("x86_64", "aarch64", "s390x")

HOSTILE = (
    "</script><script>window.pwned = 1</script>",
    "</style><style>body { display: none }</style>",
    '"><img src=x onerror="window.pwned = 2">',
    "' onmouseover='window.pwned = 3",
    "</td></tr></table><iframe src=//evil.example></iframe>",
    "<!-- <svg onload=window.pwned=4>",
    "{{ 7 * 7 }}{% raw %}&lt;b&gt;",
    "javascript:window.pwned=5",
    "\u202egpj.exe\u2066",
    "a\x00b\x1b[31m\x07\r\n\tc\u2028",
    "\udcff\udc80\ud800\ufffe\U0001ffff",
    "\u05d0\u05d1 <bdo dir=rtl>",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


def rpm(number: int, *items: Item, arch: str | None = None) -> Target:
    arch = arch or ARCHES[number % len(ARCHES)]
    source = f"source-{number // 2:04}"
    package = PackageFacts(f"{source}-devel-1.{number}-1.{arch}", source, arch, flags="slim")
    return Target(f"repo/{source}-devel-1.{number}-1.{arch}.rpm", TargetType.RPM, package, iter(items))


def library(name: str, kind: Kind, members: int = 1, compiler: str | None = "GCC: (GNU) 15.1.1") -> list[Item]:
    """An archive of objects of one kind."""
    path = f"/usr/lib64/{name}.a"
    code = (GIMPLE,) if kind in (Kind.SLIM, Kind.FAT, Kind.MIXED) else ()
    facts = ObjectFacts("elf", "x86_64", kind, because("LTO header says so"), bytecode=code)
    objects: list[Item] = [ObjectItem(path, f"{name}-{number}.o", number, facts) for number in range(members)]
    whole = ArchiveFacts(kind, members, ((kind, members),), Index.PRESENT, formats=("elf",), machines=("x86_64",),
                         compiler=compiler)  # fmt: skip
    return [*objects, ArchiveItem(path, None, whole)]


REPOSITORY = Repository("repo", {"noarch": 7}, 40, 1 << 30, ())


def weeks(file: Path, *runs: Iterable[Target], repository: Repository = REPOSITORY) -> Path:
    """A store of audits, week-1, week-2 and so on."""
    return stored(file, *runs, repository=repository, label="week")


def page_of(
    file: Path, policy: Policy = FEDORA, run: str | None = None, since: str | None = None, detail: Detail = DETAIL
) -> str:
    """The report on an audit of a store."""
    out = io.StringIO()
    with Store(file) as store:
        older = store.run(since) if since else None
        report_on(store, store.run(run), older, policy, "html", out, detail, Severity.ERROR)
    return out.getvalue()


def shown(browser: Browser, folder: Path, text: str, fragment: str = "") -> None:
    """Have the browser load a page that lies in a file."""
    file = folder / "report.html"
    file.write_text(text, "ascii")
    browser.open("about:blank")  # a new fragment alone would not load it anew
    browser.open(f"{file.as_uri()}{fragment}")


def column(browser: Browser, table: str, number: int) -> list[str]:
    """The cells of a column that are to be seen."""
    cells = browser.run(
        "return Array.from(document.querySelectorAll(`#${arguments[0]} table.data tbody tr`),"
        " (row) => row.cells[arguments[1]].textContent)",
        table,
        number,
    )
    assert isinstance(cells, list)
    return cells


def status(browser: Browser, table: str) -> str:
    return str(browser.run("return document.querySelector(`#${arguments[0]} output`).textContent", table))


def choose(browser: Browser, table: str, name: str, value: str) -> None:
    browser.run(
        "const [label] = Array.from(document.querySelectorAll(`#${arguments[0]} label`))"
        ".filter((one) => one.firstChild.textContent === arguments[1]);"
        "label.lastChild.value = arguments[2]; label.lastChild.dispatchEvent(new Event("
        "label.lastChild.tagName === 'SELECT' ? 'change' : 'input'))",
        table,
        name,
        value,
    )


def press(browser: Browser, table: str, title: str) -> None:
    """Press a button, in the head of the table or beside it."""
    browser.run(
        "Array.from(document.querySelectorAll(`#${arguments[0]} button`))"
        ".find((one) => one.textContent === arguments[1]).click()",
        table,
        title,
    )


SEVERITY, RULE, SOURCE, PACKAGE, ARCH, FILE, MEMBERS, MESSAGE, CHANGE = range(9)


def few() -> list[Target]:
    return [
        rpm(0, *library("one", Kind.HOLLOW, 12)),
        rpm(1, *library("two", Kind.SLIM), *library("three", Kind.NATIVE)),
        rpm(2, *library("four", Kind.FAT)),
        rpm(3, *library("five", Kind.NATIVE, 3, "rustc version 1.88.0")),
        rpm(4, ObjectItem("/usr/lib64/crt.o", None, None,
                          ObjectFacts("elf", "s390x", Kind.NATIVE, because("code"), ctors=(".ctors",)))),
    ]  # fmt: skip


def many() -> list[Target]:
    kinds = (Kind.HOLLOW, Kind.SLIM, Kind.MIXED, Kind.DAMAGED)
    return [
        rpm(number, *(item for place, kind in enumerate(kinds) for item in library(f"lib{number}-{place}", kind)))
        for number in range(5000)
    ]


@pytest.fixture(scope="module")
def small_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(weeks(tmp_path_factory.mktemp("store") / "small.db", few()))


@pytest.fixture(scope="module")
def compared_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    later = [
        rpm(0, *library("one", Kind.FAT)),
        rpm(1, *library("two", Kind.SLIM)),
        rpm(9, *library("new", Kind.SLIM)),
    ]
    renamed = [target._replace(path=f"{target.path}-2") for target in later]
    file = weeks(tmp_path_factory.mktemp("store") / "two.db", few(), renamed)
    return page_of(file, since="week-1")


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(weeks(tmp_path_factory.mktemp("store") / "large.db", many()))


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    targets = []
    for number, name in enumerate(HOSTILE):
        facts = ObjectFacts(
            "elf", "x86_64", Kind.SLIM, because(name), bytecode=(Bytecode(Form.GIMPLE, "gcc", name, 9),)
        )
        package = PackageFacts(f"{name}{number}", f"{number}{name}", name, flags="slim")
        items: list[Item] = [
            ObjectItem(f"/usr/{name}.a", name, 0, facts),
            ArchiveItem(f"/usr/{name}.a", None, ArchiveFacts(Kind.SLIM, 1, ((Kind.SLIM, 1),), Index.PRESENT,
                                                             compiler=name)),
            Unavailable(Obstacle.MALFORMED, name),
        ]  # fmt: skip
        targets.append(Target(f"{number}", TargetType.RPM, package, iter(items)))
    waiver = Waiver(HOSTILE[0], Pattern("*"), "hollow-object", where=HOSTILE[1], is_package_own=True)
    policy = FEDORA._replace(name=HOSTILE[2], waivers=(waiver,))
    return page_of(
        weeks(tmp_path_factory.mktemp("store") / "x.db", targets, repository=REPOSITORY._replace(location=HOSTILE[3])),
        policy,
    )


class TestTables:
    def test_the_worst_come_first(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page)
        assert column(browser, "findings", SEVERITY) == ["error", "error", "warning"]
        assert column(browser, "findings", FILE) == [
            "/usr/lib64/one.a", "/usr/lib64/two.a", "/usr/lib64/crt.o"
        ]  # fmt: skip

    def test_one_row_for_a_rule_in_a_file(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page)
        assert column(browser, "findings", MEMBERS)[0] == "one-0.o one-1.o one-2.o one-3.o one-4.o and 7 more"

    @pytest.mark.parametrize(("number", "title"), [(RULE, "rule"), (PACKAGE, "package"), (FILE, "file")])
    def test_sorts(self, browser: Browser, tmp_path: Path, small_page: str, number: int, title: str) -> None:
        shown(browser, tmp_path, small_page)
        before = column(browser, "findings", number)
        press(browser, "findings", title)
        assert column(browser, "findings", number) == sorted(before)
        press(browser, "findings", title)
        assert column(browser, "findings", number) == sorted(before, reverse=True)
        order = browser.run("return Array.from(document.querySelectorAll('[aria-sort]'), (head) => head.ariaSort)")
        assert order == ["descending"]

    def test_sorts_severities_and_members_by_what_they_mean(
        self, browser: Browser, tmp_path: Path, small_page: str
    ) -> None:
        shown(browser, tmp_path, small_page)
        press(browser, "findings", "severity")
        assert column(browser, "findings", SEVERITY) == ["warning", "error", "error"]
        press(browser, "findings", "members")
        press(browser, "findings", "members")
        assert column(browser, "findings", FILE)[0] == "/usr/lib64/one.a"

    def test_filters_and_keeps_it_in_the_address(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page)
        choose(browser, "findings", "rule", "hollow-object")
        choose(browser, "findings", "text", "ONE-")
        press(browser, "findings", "file")
        assert column(browser, "findings", RULE) == ["hollow-object"]
        assert status(browser, "findings") == "1\u20131 of 1 (3 in all)"
        wanted = "#findings.text=ONE-&findings.sort=file&findings.rule=hollow-object"
        assert browser.run("return new Promise((resolve) => setTimeout(() => resolve(location.hash), 300))") == wanted

    def test_an_address_is_enough(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        fragment = "#findings.arch=x86_64&findings.sort=-file&opt-in-set.need=needed"
        shown(browser, tmp_path, small_page, fragment)
        assert column(browser, "findings", ARCH) == ["x86_64"]
        assert set(column(browser, "opt-in-set", 1)) == {"needed"}
        browser.open(f"{(tmp_path / 'report.html').as_uri()}#findings.severity=warning")
        assert column(browser, "findings", SEVERITY) == ["warning"]
        assert len(column(browser, "opt-in-set", 1)) == 3

    @pytest.mark.parametrize("fragment", ["#findings.sort=nothing&findings.rule=none&x.y=z", "#%", "#=", "#findings"])
    def test_an_address_that_means_nothing(
        self, browser: Browser, tmp_path: Path, small_page: str, fragment: str
    ) -> None:
        shown(browser, tmp_path, small_page, fragment)
        assert len(column(browser, "findings", RULE)) == 3
        assert browser.complaints() == []

    def test_show_all(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page, "#findings.arch=x86_64")
        press(browser, "findings", "show all")
        assert len(column(browser, "findings", RULE)) == 3

    def test_numbers_lead_to_their_findings(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page)
        browser.run("document.querySelector('#numbers a[data-state$=warning]').click()")
        browser.run("return new Promise((resolve) => setTimeout(resolve, 100))")
        assert column(browser, "findings", SEVERITY) == ["warning"]

    def test_thousands_of_packages(self, browser: Browser, tmp_path: Path, large_page: str) -> None:
        shown(browser, tmp_path, large_page)
        assert status(browser, "findings") == "1\u201350 of 20,000"
        assert len(column(browser, "findings", RULE)) == 50
        press(browser, "findings", "next")
        assert status(browser, "findings") == "51\u2013100 of 20,000"
        choose(browser, "findings", "text", "source-2499")
        choose(browser, "findings", "rule", "mixed-object")
        assert column(browser, "findings", FILE) == ["/usr/lib64/lib4998-2.a", "/usr/lib64/lib4999-2.a"]
        press(browser, "findings", "show all")
        press(browser, "findings", "source package")
        press(browser, "findings", "source package")
        assert set(column(browser, "findings", SOURCE)) < {f"source-{number}" for number in range(2490, 2500)}
        assert browser.complaints() == []

    def test_all_rows_are_printed(self, browser: Browser, tmp_path: Path, large_page: str) -> None:
        shown(browser, tmp_path, large_page, "#findings.rule=mixed-object&findings.text=source-00")
        browser.run("dispatchEvent(new Event('beforeprint'))")
        assert len(column(browser, "findings", RULE)) == 200
        browser.run("dispatchEvent(new Event('afterprint'))")
        assert len(column(browser, "findings", RULE)) == 50


class TestWithoutJavaScript:
    @pytest.fixture
    def plain(self, browser: Browser) -> Iterator[Browser]:
        browser.command("Emulation.setScriptExecutionDisabled", value=True)
        yield browser
        browser.command("Emulation.setScriptExecutionDisabled", value=False)

    def test_everything_is_there(self, plain: Browser, tmp_path: Path, small_page: str) -> None:
        shown(plain, tmp_path, small_page)
        rows = "Array.from(document.querySelectorAll('#findings tbody tr')).filter((row) => row.checkVisibility())"
        text = plain.command("Runtime.evaluate", expression=f"{rows}.map((row) => row.textContent).join()")
        for word in ("hollow-object", "slim-object", "source-0002-devel", "/usr/lib64/crt.o", "ctors-section"):
            assert word in text["result"]["value"]

    def test_no_control_without_effect(self, plain: Browser, tmp_path: Path, small_page: str) -> None:
        shown(plain, tmp_path, small_page)
        count = "document.querySelectorAll('button, input, select, form').length"
        assert plain.command("Runtime.evaluate", expression=count)["result"]["value"] == 0

    def test_all_rows_of_a_long_table(self, plain: Browser, tmp_path: Path, large_page: str) -> None:
        shown(plain, tmp_path, large_page)
        count = "document.querySelectorAll('#findings table.data tbody tr').length"
        assert plain.command("Runtime.evaluate", expression=count)["result"]["value"] == 20000


class TestSafety:
    def test_names_are_text(self, browser: Browser, tmp_path: Path, hostile_page: str) -> None:
        shown(browser, tmp_path, hostile_page)
        files = column(browser, "findings", FILE)
        assert len(files) == 2 * len(HOSTILE) + 1
        for number, name in enumerate(HOSTILE):
            assert f"/usr/{for_terminal(name)}.a" in files
            assert f"{number}{for_terminal(name)}" in column(browser, "findings", SOURCE)
            assert f"{number}{for_terminal(name)}" in column(browser, "opt-in-set", 0)
        assert browser.run("return document.querySelectorAll('script, style, iframe, img, bdo').length") == 2
        assert browser.run("return window.pwned") is None
        assert browser.complaints() == []

    def test_nothing_else_could_run_or_load(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page)
        browser.requests()
        browser.run("""
            document.body.insertAdjacentHTML("beforeend", '<img src="http://192.0.2.1/" onerror="window.pwned = 1">'
                + '<iframe src="http://192.0.2.1/"></iframe><b style="color: red" onclick="window.pwned = 2">x</b>');
            document.body.lastChild.click();
            const script = document.createElement("script");
            script.textContent = "window.pwned = 3";
            document.body.append(script);
            return fetch("http://192.0.2.1/").catch(() => null);
        """)
        assert browser.run("return window.pwned") is None
        assert browser.run("return getComputedStyle(document.querySelector('body > b')).color") != "rgb(255, 0, 0)"
        assert all("Content Security Policy" in line for line in browser.complaints())
        assert not [address for address in browser.requests() if "192.0.2.1" in address]

    def test_no_request_but_for_the_page(self, browser: Browser, small_page: str) -> None:
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(small_page.encode())

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser.requests()
            address = f"http://127.0.0.1:{server.server_port}/report.html"
            browser.open(address)
            press(browser, "findings", "rule")
            browser.run("return new Promise((resolve) => setTimeout(resolve, 200))")
            assert browser.requests() == [address]
            browser.open("about:blank")
            server.shutdown()
        assert asked == ["/report.html"]
        assert browser.complaints() == []

    def test_a_server_that_forbids_scripts_leaves_a_page_to_read(self, browser: Browser, small_page: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Security-Policy", "default-src 'self'")
                self.end_headers()
                self.wfile.write(small_page.encode())

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser.open(f"http://127.0.0.1:{server.server_port}/")
            assert "/usr/lib64/two.a" in browser.run("return document.querySelector('#findings').innerText")
            browser.open("about:blank")
            server.shutdown()
        browser.complaints()


NAMES = st.text(st.characters() | st.sampled_from("<>&\"'\x00\ufffe\u202e\udcff-!/"), max_size=30)


def parsed(text: str) -> Any:
    """The page by a parser that forgives nothing."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


class TestMarkup:
    @pytest.mark.parametrize("name", ["small_page", "hostile_page"])
    def test_is_valid(self, name: str, request: pytest.FixtureRequest) -> None:
        page = parsed(request.getfixturevalue(name))
        ids = [element.get("id") for element in page.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        for element in page.iter():
            assert "style" not in element.attrib
            for word in (element.get("aria-labelledby") or "").split():
                assert word in ids
            if (element.get("href") or "").startswith("#"):
                assert element.get("href")[1:] in ids

    def test_has_no_address_to_load_from(self, small_page: str) -> None:
        for element in parsed(small_page).iter():
            assert "src" not in element.attrib
            assert (element.get("href") or "#").startswith(("#", "data:,"))

    @given(NAMES, NAMES, NAMES)
    @settings(max_examples=40, deadline=None)
    def test_any_name_is_one_text(self, name: str, member: str, reason: str) -> None:
        facts = ObjectFacts("elf", "x86_64", Kind.SLIM, because(reason), bytecode=(GIMPLE,))
        package = PackageFacts(name, name, name)
        target = Target(name, TargetType.RPM, package, iter([ObjectItem(f"/{name}", member, 0, facts)]))
        page = parsed(rendered([target]))
        (row,) = page.findall(".//section[@id='findings']//tbody/tr")
        texts = ["".join(cell.itertext()) for cell in row]
        shown = for_terminal(name)
        assert texts[SOURCE : FILE + 1] == [shown, shown, shown, f"/{shown}"]
        assert texts[MEMBERS] == for_terminal(member)
        assert for_terminal(reason) in texts[MESSAGE]


class NoHistory(History):
    """Numbers that are not looked at."""

    def __init__(self, name: str) -> None:
        self.current = Sink()  # type: ignore[assignment]
        self._name = name

    def totals(self) -> Totals:
        run = RunTotals(1, self._name, "2026-11-20T10:00:00+00:00", "0.1.0", 1, 0, 0, 0, 0, 0, 0)
        return Totals(run, None, (run,), 0, {}, {}, {}, {}, OptInSet((), (), 0))


def rendered(
    targets: Iterable[Target],
    policy: Policy = FEDORA,
    name: str = "x",
    out: TextIO | None = None,
    detail: Detail = DETAIL,
) -> str:
    """A report with totals that are not looked at."""
    out = out or io.StringIO()
    heading = Heading(policy.name, audited=Audited(1, (), NoHistory(name)))
    write("html", out, targets, policy, detail, heading)
    return out.getvalue() if isinstance(out, io.StringIO) else ""


class TestNumbers:
    def test_in_numbers(self, browser: Browser, tmp_path: Path, small_page: str) -> None:
        shown(browser, tmp_path, small_page)
        answer = browser.run("return document.querySelector('h1').textContent")
        assert answer == "1 of 40 source packages has errors, 1 more has warnings."
        numbers = browser.run(
            "return Array.from(document.querySelectorAll('#numbers > div'),"
            " (one) => Array.from(one.children, (part) => part.textContent))"
        )
        assert numbers == [
            ["source packages that have errors", "1", "13 errors"],
            ["source packages that have warnings, no error", "1", "1 warning in all"],
            ["source packages that need fat objects", "2", "38 do not"],
        ]
        detail = browser.run("return document.querySelector('#objects .detail').innerText")
        assert detail == (
            "5 packages were looked at of 12 listed; the others list no object. They hold 19 objects, 5 archives and "
            "2 kB of bytecode; 0 objects and packages could not be read."
        )

    def test_nothing_is_wrong(self, tmp_path: Path) -> None:
        page = parsed(page_of(weeks(tmp_path / "x.db", [rpm(0, *library("one", Kind.NATIVE))])))
        assert page.find(".//h1").text == "None of 40 source packages has errors."

    def test_plots_say_in_words_what_they_show(self, small_page: str) -> None:
        page = parsed(small_page)
        words = {element.get("id"): "".join(element.itertext()) for element in page.iter() if element.get("id")}
        assert words["arch-desc"] == "x86_64: native 3, hollow 12; aarch64: native 2, slim 1; s390x: fat 1"
        assert words["compiler-desc"] == (
            "GCC 15.1: native 1, fat 1, slim 1, hollow 12; rustc 1.88: native 3; no name: native 1"
        )
        assert words["producer-desc"] == "gcc 15.0: gimple 2"

    def test_trend_and_changes(self, browser: Browser, tmp_path: Path, compared_page: str) -> None:
        shown(browser, tmp_path, compared_page)
        assert column(browser, "findings", CHANGE) == ["remaining", "new", "fixed", "gone"]
        assert column(browser, "findings", SEVERITY)[2:] == ["fixed", "gone"]
        answer = browser.run("return document.querySelector('h1').textContent")
        assert answer == "2 of 40 source packages have errors; since audit week-1, 1 is new and none is resolved."
        changes = browser.run(
            "return Array.from(document.querySelectorAll('.changes > div'), "
            " (one) => one.innerText.replace('\\n', ': '))"
        )
        assert changes == ["1 new: source-0004", "0 resolved", "1 remaining: source-0000", "1 gone: source-0002"]
        rows = browser.run(
            "return Array.from(document.querySelectorAll('#trend tbody tr'),"
            " (row) => Array.from(row.cells, (cell) => cell.textContent))"
        )
        assert [row[0] for row in rows] == ["1 week-1", "2 week-2"]
        assert [row[2:] for row in rows] == [
            ["5", "13", "1", "0", "0", "2", "2,000"],
            ["3", "2", "0", "0", "0", "2", "3,000"],
        ]

    def test_a_report_on_an_older_audit_ends_there(self, tmp_path: Path) -> None:
        file = weeks(tmp_path / "x.db", few(), few()[:1])
        assert "The store holds one audit" in page_of(file, run="week-1")

    def test_only_so_many_rows_and_the_worst_of_them(self) -> None:
        page = parsed(rendered(reversed(few()), detail=Detail(rows=2)))
        severities = ["".join(row[0].itertext()) for row in page.findall(".//section[@id='findings']//tbody/tr")]
        assert severities == ["error", "error"]
        text = "".join(page.find(".//section[@id='findings']").itertext())
        assert "the 2 most severe of 3 rows" in text

    def test_the_opt_in_set_begins_with_those_that_need_it_and_ends_somewhere(self, tmp_path: Path) -> None:
        kinds = (Kind.EMPTY, Kind.EMPTY, Kind.SLIM, Kind.SLIM, Kind.SLIM, Kind.SLIM)
        targets = [rpm(number, *library("x", kind)) for number, kind in enumerate(kinds)]
        file = weeks(tmp_path / "x.db", targets)
        section = parsed(page_of(file, detail=Detail(rows=2))).find(".//section[@id='opt-in-set']")
        assert [row[1].text for row in section.findall(".//tbody/tr")] == ["needed", "needed"]
        assert "the first 2 of 3" in "".join(section.itertext())

    def test_memory_does_not_grow_with_findings(self) -> None:
        def peak(count: int) -> int:
            def items() -> Iterator[Item]:
                for number in range(count):
                    yield from library(f"lib{number}", Kind.SLIM)

            class Nowhere(io.StringIO):
                def write(self, text: str) -> int:
                    return len(text)

            target = rpm(0)._replace(items=items())
            tracemalloc.start()
            rendered([target], out=Nowhere())
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

        peak(10)
        assert peak(4000) < 1.3 * peak(400)


class TestLook:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_texts_stand_out(self, browser: Browser, tmp_path: Path, small_page: str, scheme: str) -> None:
        """By the contrast that WCAG 2.2 (1.4.3) demands."""
        browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        shown(browser, tmp_path, small_page)
        pairs = browser.run("""
            const paperOf = (one) => {
                const colour = getComputedStyle(one).backgroundColor;
                return colour === "rgba(0, 0, 0, 0)" && one.parentElement ? paperOf(one.parentElement) : colour;
            };
            const texts = Array.from(document.querySelectorAll("body *:not(script, title, desc)")).filter((one) =>
                Array.from(one.childNodes).some((child) => child.nodeType === 3 && child.data.trim()));
            return texts.map((one) => [one.closest("svg") ? getComputedStyle(one).fill : getComputedStyle(one).color,
                paperOf(one), one.outerHTML.slice(0, 80)]);
        """)
        browser.command("Emulation.setEmulatedMedia", features=[])
        papers = {paper for _, paper, _ in pairs}
        assert all((luminance(paper) > 0.5) == (scheme == "light") for paper in papers)
        for ink, paper, what in pairs:
            brighter, darker = sorted((luminance(ink), luminance(paper)), reverse=True)
            assert (brighter + 0.05) / (darker + 0.05) >= 4.5, (ink, paper, what)

    @pytest.mark.parametrize("width", [400, 768, 1400, 2560])
    @pytest.mark.parametrize("with_scripts", [True, False])
    def test_nothing_is_cut_off(
        self, browser: Browser, tmp_path: Path, compared_page: str, width: int, with_scripts: bool
    ) -> None:
        """Nothing is wider than the window, and no text stands on another; what scrolls has a box of its own."""
        with sized(browser, width):
            browser.command("Emulation.setScriptExecutionDisabled", value=not with_scripts)
            shown(browser, tmp_path, compared_page)
            browser.command("Emulation.setScriptExecutionDisabled", value=False)
            browser.run("document.querySelectorAll('.part').forEach((one) => one.classList.remove('part'))")
            browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert browser.run("return document.documentElement.scrollWidth") <= width
            assert (
                browser.run("""
                const boxes = [...document.querySelectorAll("h1, h2, .numbers dt, .numbers dd, .changes > div,"
                    + "figcaption, .label, .shares li, .ends span, .stack > tbody > tr > *, .stack th button")]
                  .filter((one) => one.textContent.trim() && one.checkVisibility())
                  .map((one) => [one, one.getBoundingClientRect()]);
                const within = boxes.filter(([, box]) => box.left < 0 || box.right > innerWidth + 1);
                const colliding = boxes.filter(([, a], i) => boxes.slice(i + 1, i + 12).some(([, b]) =>
                  a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
                return [...within, ...colliding].map(([one]) => one.outerHTML.slice(0, 80));
            """)
                == []
            )

    def test_no_name_makes_it_wider(self, browser: Browser, tmp_path: Path, hostile_page: str) -> None:
        with sized(browser, 400):
            shown(browser, tmp_path, hostile_page)
            assert browser.run("return document.documentElement.scrollWidth") <= 400

    def test_the_width_is_used(self, browser: Browser, tmp_path: Path, compared_page: str) -> None:
        with sized(browser, 1400):
            shown(browser, tmp_path, compared_page)
            ends = browser.run("""
                const right = (one) => Math.max(...Array.from(document.querySelectorAll(one),
                    (found) => found.getBoundingClientRect().right));
                return ["#numbers", "table.data", "table.rules", "#objects figure", "#trend figure"].map(right);
            """)
            assert min(ends) > 1400 - 70

    def test_texts_of_plots_keep_their_size(self, browser: Browser, tmp_path: Path, compared_page: str) -> None:
        with sized(browser, 400):
            shown(browser, tmp_path, compared_page)
            sizes = browser.run(
                "return Array.from(document.querySelectorAll('.label, .shares li, .ends span'),"
                " (one) => parseFloat(getComputedStyle(one).fontSize))"
            )
            assert min(sizes) >= 13
            assert browser.run("return document.querySelectorAll('svg text').length") == 0, "it would shrink"

    def test_print_has_the_table_and_no_controls(self, browser: Browser, tmp_path: Path, compared_page: str) -> None:
        with sized(browser, 700):
            browser.command("Emulation.setEmulatedMedia", media="print")
            shown(browser, tmp_path, compared_page)
            displays = browser.run(
                "return ['.controls', '#findings table', '#findings tbody tr'].map((one) =>"
                " getComputedStyle(document.querySelector(one)).display)"
            )
            assert displays == ["none", "table", "table-row"]
            assert browser.run("return document.documentElement.scrollWidth") <= 700


@contextmanager
def sized(browser: Browser, width: int) -> Iterator[None]:
    """A window of so many pixels."""
    browser.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    try:
        yield
    finally:
        browser.command("Emulation.setEmulatedMedia", media="", features=[])
        browser.command("Emulation.clearDeviceMetricsOverride")


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(R, G, B)`, as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_by_the_command_line(browser: Browser, tmp_path: Path) -> None:
    add_package(tmp_path / "repo", "foo-devel", "hollow", source="foo")
    add_package(tmp_path / "repo", "bar-devel", "native", source="bar")
    done = ltocheck("audit", "repo", "--format", "html", "--output", "first.html", "-j", "1", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    again = ltocheck("report", "--format", "html", cwd=tmp_path)
    assert again.returncode == 1, again.stderr
    assert again.stdout == (tmp_path / "first.html").read_text("ascii")
    shown(browser, tmp_path, again.stdout)
    assert column(browser, "findings", RULE) == ["hollow-object"]
    assert column(browser, "opt-in-set", 0) == ["bar", "foo"]
    assert browser.complaints() == []
