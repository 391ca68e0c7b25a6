# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of a transition as a browser shows it: on phones and projectors, without JavaScript, with hostile names."""

import base64
import io
import os
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import html5lib
import pytest

from checker import __version__
from checker.model import Kind
from checker.model.audits import AuditName
from checker.model.statements import Ground, Statement, say
from checker.model.transition import OPEN, Answer, Changes, Hit, Note, Saved, Standing, State, Transition
from checker.report.transition_html import write_transition_html
from tests.browser import Browser, chromium
from tests.test_html import HOSTILE
from tests.toolbox import ROOT

PICTURE = ROOT / "docs/guide/transition.png"
AUDIT = AuditName(36, "week-36", "2026-09-04T06:00:00+00:00", ("https://mirror.example.org/x86_64",))
OWNERS = ("anna", "bert", "clara", "dora", "emil", None)
WIDTHS = (400, 768, 1400, 2560)


def grounds(*details: str) -> tuple[Statement, ...]:
    return tuple(say(Ground.DETAIL, detail=detail) for detail in details)


def one(name: str, state: State, number: int = 0, **more: object) -> Standing:
    need = Answer.YES if state in (*OPEN, State.DONE) else Answer.NO
    kinds = {Kind.HOLLOW: 4} if state is State.BROKEN else {Kind.NATIVE: 12}
    archs = ("x86_64", "aarch64", "s390x", "ppc64le")[: 1 + number % 4]
    why = {
        State.BROKEN: f"ships 4 hollow objects on {', '.join(archs)}: hollow-object",
        State.TO_DO: "did not opt in",
        State.DONE: "opted in",
    }.get(state, "opted in, without need")
    by = f"/usr/lib64/lib{name}.a (x86_64) was made by GCC 16.1"
    made = Standing(
        name, state, need, state is State.DONE, None, grounds(why, by),
        dict.fromkeys(archs, kinds), (f"/usr/lib64/lib{name}.a",), 0, (f"{name}-static-1.0-1.x86_64",),
        ("hollow-object",) if state is State.BROKEN else (), owner=OWNERS[number % len(OWNERS)],
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def sample() -> Transition:
    """A transition that is half-way."""
    broken = ("hdf5", "cfitsio", "netcdf", "lapack", "fftw", "readline", "tcl")
    done = ("zlib", "expat", "libffi", "nettle", "gmp", "libpng", "bzip2", "lua", "jansson", "popt", "libyaml", "pcre2")
    todo = ("guile", "newt", "ocaml-runtime", "elinks", "xfig", "gdbm", "mpfr", "libevent")
    standings = [
        *(one(name, State.BROKEN, number) for number, name in enumerate(broken)),
        *(one(name, State.DONE, number) for number, name in enumerate(done)),
        *(one(name, State.TO_DO, number) for number, name in enumerate(todo)),
        one("qemu", State.CONFLICT, why=grounds("the spec takes the opt-in back, line 214: -fno-fat-lto-objects")),
        one("gcc-cross", State.FAILS_SLIM, 1, cause="assembler", outcome="needs-opt-in"),
        one("texinfo", State.SUPERFLUOUS, 2, archs={}),
        one(
            "graphviz",
            State.UNKNOWN,
            3,
            need=Answer.UNKNOWN,
            why=grounds("a package could not be read: it is truncated"),
        ),
        *(Standing(f"plain{number}", State.NOT_NEEDED, Answer.NO, None, None, ()) for number in range(400)),
    ]
    hits = tuple(
        Hit(name, "hdf5-static-1.0-1.x86_64", "hdf5-static") for name in ("gnudatalanguage", "octave", "paraview")
    )
    note = Note("hdf5", "https://bugzilla.example.org/show_bug.cgi?id=4711", "fix in review", None, "Dropped upstream.")
    standings[0] = replace(standings[0], hits=hits, note=note, cause="h5cc")
    names = tuple(sorted(standings, key=lambda standing: standing.source))
    changes = Changes(AUDIT._replace(name="week-35"), ("qemu",), ("zlib", "expat", "gmp"), broken, ("xemacs",), ())
    saved = Saved(13, 691, 532, 282_000_000, 129_000_000)
    return Transition("fedora", "_fat_lto_objects", (AUDIT,), names, (), changes, "trial", saved, has_impact=True)


def page_of(found: Transition, standings: Sequence[Standing] | None = None) -> str:
    out = io.StringIO()
    write_transition_html(found, found.standings if standings is None else standings, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "transition.html"
    file.write_text(page_of(sample()))
    return file


def shown(browser: Browser, file: Path, width: int = 1400, height: int = 1000, colours: str = "light") -> None:
    browser.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    browser.command(
        "Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": colours}]
    )
    browser.requests()
    browser.open(file.as_uri())


def visible(browser: Browser) -> list[str]:
    script = (
        "return [...document.querySelectorAll('.package')].filter((one) => one.checkVisibility()).map((one) => one.id)"
    )
    names: list[str] = browser.run(script)
    return [name.removeprefix("p-") for name in names]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_it_fits(browser: Browser, page: Path, width: int, colours: str) -> None:
    """Nothing is wider than the window, and nothing of the text stands on top of other text."""
    shown(browser, page, width, colours=colours)
    browser.run("document.querySelectorAll('.part').forEach((one) => { one.style.contentVisibility = 'visible'; })")
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run(
        """
        const texts = "h1, .legend li, .numbers div, h3, .row span, .package summary > *";
        const boxes = [...document.querySelectorAll(texts)]
          .filter((one) => one.textContent.trim()).map((one) => one.getBoundingClientRect());
        return boxes.filter((a, i) => boxes.slice(i + 1, i + 12).some((b) =>
          a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)).length
        """
    ) == 0  # fmt: skip
    assert browser.complaints() == []
    assert {address.partition(":")[0] for address in browser.requests()} <= {"file"}


def contrast(browser: Browser, selector: str) -> float:
    """The least contrast of text and what it stands on (WCAG 2.2, section 1.4.3)."""
    script = """
        const parse = (text) => text.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) =>
          c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const below = (one) => {
          for (let at = one; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] > 0.99) return colour;
          }
          return [255, 255, 255];
        };
        const seen = [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility());
        return Math.min(...seen.map((one) => {
          const [a, b] = [light(parse(getComputedStyle(one).color)), light(below(one))].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        }))
        """
    return float(browser.run(script, selector))


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(
    "selector", ["h1", ".about", ".legend span", ".more", "h3 .state", ".why", ".controls label", "a"]
)
def test_text_can_be_read(browser: Browser, page: Path, selector: str, colours: str) -> None:
    shown(browser, page, colours=colours)
    assert contrast(browser, selector) >= 4.5


def test_the_answer_comes_first(browser: Browser, page: Path) -> None:
    shown(browser, page)
    assert browser.run("return document.querySelector('h1').textContent").replace("\u2011", "-") == (
        "12 of 29 source packages that need the opt-in have it; 7 ship broken objects today, 10 more have to change, "
        "1 is unknown."
    )
    assert browser.run("return document.querySelector('.bar').getAttribute('aria-label')") == (
        "12 done, 8 to-do, 1 fails-slim, 1 conflict, 7 broken, 1 unknown"
    )
    numbers = browser.run("return [...document.querySelectorAll('.numbers .big')].map((one) => one.textContent)")
    assert numbers == ["7", "10", "23 %"]


def test_search_and_filters(browser: Browser, page: Path) -> None:
    shown(browser, page)
    assert len(visible(browser)) == 31, "400 ship no objects, and are only counted"
    choose = """
        const field = document.querySelector(`[name=${arguments[0]}]`);
        field.value = arguments[1];
        field.dispatchEvent(new Event('input', {bubbles: true}));
        """
    for name, value, expected in (
        ("text", "4711 review", ["hdf5"]),
        ("text", "", None),
        ("owner", "clara", ["netcdf", "texinfo", "ocaml-runtime", "libffi", "jansson"]),
        ("state", "to-do", ["ocaml-runtime"]),
    ):
        browser.run(choose, name, value)
        time.sleep(0.15)
        if expected:
            assert sorted(visible(browser)) == sorted(expected)
    assert browser.run("return location.hash") == "#set&state=to-do&owner=clara"
    browser.open(f"{page.as_uri()}#set&cause=assembler")
    browser.run("location.reload()")
    time.sleep(0.2)
    assert visible(browser) == ["gcc-cross"]


def test_a_package_opens_to_its_evidence_by_keyboard(browser: Browser, page: Path) -> None:
    shown(browser, page)
    browser.run("document.querySelector('#p-hdf5 summary').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.command(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r"
        )
    assert browser.run("return document.querySelector('#p-hdf5').open") is True
    text = browser.run("return document.querySelector('#p-hdf5 .evidence').innerText")
    for words in ("ships 4 hollow objects", "octave, by hdf5-static", "fix in review", "/usr/lib64/libhdf5.a"):
        assert words in text


def test_everything_is_there_without_javascript(page: Path) -> None:
    parsed = html5lib.parse(page.read_text(), namespaceHTMLElements=False)
    packages = [element.get("id") for element in parsed.iter("details")]
    assert len(packages) == 31
    assert "p-graphviz" in packages
    (form,) = parsed.iter("form")
    assert form.get("hidden") is not None, "controls that would do nothing are not shown"


def test_print_has_what_is_open(browser: Browser, page: Path) -> None:
    shown(browser, page)
    browser.command("Emulation.setEmulatedMedia", media="print")
    names = visible(browser)
    browser.command("Emulation.setEmulatedMedia", media="")
    assert {"hdf5", "guile", "qemu", "gcc-cross", "graphviz"} <= set(names)
    assert "zlib" not in names


def test_names_are_hostile(browser: Browser, tmp_path: Path) -> None:
    standings = tuple(
        one(text, state, number, owner=text, cause=text, why=grounds(text), files=(text,),
            archs={text: {Kind.HOLLOW: 1}}, note=Note(text, text, text, text, text), hits=(Hit(text, text, text),))
        for number, text in enumerate(HOSTILE)
        for state in (State.BROKEN, State.UNKNOWN)
    )  # fmt: skip
    hostile = AuditName(1, HOSTILE[0], AUDIT.finished, (HOSTILE[1],))
    changes = Changes(hostile, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    found = Transition(HOSTILE[0], "m", (hostile,), standings, HOSTILE, changes, HOSTILE[0])
    file = tmp_path / "hostile.html"
    file.write_text(page_of(found))
    shown(browser, file, 400)
    assert browser.run("return window.pwned") is None
    assert browser.run("return document.documentElement.scrollWidth") <= 400
    assert browser.complaints() == []
    assert all(address.startswith("file:") for address in browser.requests())
    links = browser.run("return [...document.links].map((link) => link.protocol)")
    assert set(links) <= {"file:", "http:", "https:"}


def test_nothing_at_all(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "nothing.html"
    file.write_text(page_of(Transition("fedora", "m", (AUDIT,), ())))
    shown(browser, file)
    assert "No source package of 0 needs the opt" in browser.run("return document.querySelector('h1').textContent")
    assert browser.complaints() == []


def test_25000_source_packages_without_lag(browser: Browser, tmp_path: Path) -> None:
    standings = tuple(one(f"package{number:05}", list(State)[number % 8], number) for number in range(25_000))
    file = tmp_path / "large.html"
    file.write_text(page_of(Transition("fedora", "m", (AUDIT,), standings)))
    shown(browser, file)
    assert len(browser.run("return [...document.querySelectorAll('.package')].map((one) => one.id)")) == 25_000
    script = """
        const field = document.querySelector('[name=text]');
        field.value = arguments[0];
        field.dispatchEvent(new Event('input', {bubbles: true}));
        const start = performance.now();
        const painted = (done) => requestAnimationFrame(() => done(performance.now() - start));
        return new Promise((done) => setTimeout(() => painted(done), 70));
        """
    browser.run(script, "package")
    times = sorted(browser.run(script, word) for word in ("package1", "package12", "package123", "anna", "24999"))
    assert times[2] < 5000, "some 100 ms on a machine that does nothing else"


def digest(page: str) -> str:
    return sha256(page.replace(__version__, "").encode()).hexdigest()


def test_the_picture_in_the_guide_is_of_this_page(browser: Browser, page: Path) -> None:
    """The digest of the page is in the picture; with LTOCHECK_PICTURES the picture is taken anew."""
    wanted = digest(page.read_text())
    if os.environ.get("LTOCHECK_PICTURES"):
        shown(browser, page, 1400, 1250)
        browser.run("document.querySelector('#p-hdf5').open = true")
        data = base64.b64decode(browser.command("Page.captureScreenshot", format="png")["data"])
        PICTURE.write_bytes(data[:33] + chunk(b"tEXt", b"page\0" + wanted.encode()) + data[33:])
    told = "take it anew: LTOCHECK_PICTURES=1 pytest tests/test_transition_html.py"
    assert wanted.encode() in PICTURE.read_bytes()[:200], told


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG (ISO 15948, section 5.3); the first one, IHDR, ends at byte 33."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
