"""The site in a browser: every page loads, is typeset, leads somewhere, and asks nothing outside.

Run by ``pytest --run-browser tests/site`` after ``python -m docs build``.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote, urlsplit

import pytest

from minigen.explanation import all_pages, page_of
from minigen.explanation.site import pages
from tests.site.visiting import NARROW, TYPESET, WIDE, Visit, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ViewportSize

pytestmark = pytest.mark.browser

Visits = dict[str, Visit]

LUMINANCE = """([selector, property]) => {
  const colour = (element, name) => getComputedStyle(element)[name].match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let element = document.querySelector(selector);
  if (property === "color") return luminance(colour(element, "color"));
  for (; element; element = element.parentElement) {
    const found = colour(element, "backgroundColor");
    if (found.length === 3 || found[3] === 1) return luminance(found);
  }
  return 1;
}"""


def gathered(visits: Visits, key: str) -> list[tuple[str, Any]]:
    """Return what the pages hold under a key, with their names."""
    return [(name, each) for name, visit in visits.items() for each in visit.held[key]]


def test_the_site_has_every_page_that_it_should_have(visits: Visits) -> None:
    lessons = [path.stem for path in Path("lessons").glob("[0-9]*/*.ipynb")]
    expected = {f"course/{name}.html" for name in lessons}
    expected |= {f"derivations/{name}.html" for name in all_pages()}
    expected |= {f"{folder}/{name}.html" for folder, names in pages().items() for name in names}
    expected |= {"index.html", "start.html", "results.html", "performance.html"}
    expected |= {"contributing.html", "api/minigen.nn.html", "search.html", "genindex.html"}
    assert lessons
    assert expected <= set(visits)


def test_every_page_loads_without_a_word_on_the_console(visits: Visits) -> None:
    assert [(name, visit.complaints) for name, visit in visits.items() if visit.complaints] == []


def test_no_page_asks_for_what_is_not_there(visits: Visits) -> None:
    assert [(name, visit.failed) for name, visit in visits.items() if visit.failed] == []


def test_no_page_asks_anything_of_another_place(visits: Visits) -> None:
    assert [(name, visit.foreign) for name, visit in visits.items() if visit.foreign] == []


def test_all_mathematics_is_typeset(visits: Visits) -> None:
    assert gathered(visits, "untypeset") == []
    assert gathered(visits, "mistakes") == []
    assert gathered(visits, "dollars") == []
    with_results = {f"derivations/{page}.html" for page in page_of().values()}
    assert all(visits[name].held["formulas"] > 0 for name in with_results)


def test_screen_readers_are_told_every_formula(visits: Visits) -> None:
    for name, visit in visits.items():
        assert visit.held["spoken"] == visit.held["formulas"], name


def test_every_link_leads_to_a_page_and_a_place_on_it(visits: Visits, site: Path) -> None:
    lost = []
    for name, link in gathered(visits, "links"):
        parts = urlsplit(link)
        if parts.hostname != "127.0.0.1":
            assert parts.scheme in {"http", "https"}, (name, link)
            continue
        target, anchor = unquote(parts.path).removeprefix("/"), unquote(parts.fragment)
        there = visits.get(target)
        if there is None:
            found = (site / target).is_file()
        else:
            found = not anchor or anchor in there.held["identifiers"]
        if not found:
            lost.append((name, link))
    assert lost == []


def test_every_result_has_the_anchor_that_pictures_and_explain_link_to(visits: Visits) -> None:
    missing = [
        identifier
        for identifier, page in page_of().items()
        if identifier not in visits[f"derivations/{page}.html"].held["identifiers"]
    ]
    assert missing == []


def test_anchors_are_unique_on_their_page(visits: Visits) -> None:
    for name, visit in visits.items():
        identifiers = visit.held["identifiers"]
        assert len(identifiers) == len(set(identifiers)), name


def test_pictures_are_there_and_are_put_in_words(visits: Visits) -> None:
    wanting = [
        (name, picture["source"])
        for name, picture in gathered(visits, "images")
        if not (picture["loaded"] or name.startswith("_modules/")) or len(picture["text"]) < 4
    ]
    pictures = [picture for name, picture in gathered(visits, "images") if "course" in name]
    assert wanting == []
    assert len(pictures) > 50


def test_a_screen_reader_finds_its_way(visits: Visits) -> None:
    for name, visit in visits.items():
        levels = visit.held["headings"]
        assert visit.held["language"] == ("zh-CN" if name.startswith("zh/") else "en"), name
        assert visit.held["mains"] == 1, name
        assert visit.held["navigations"] >= 1, name
        if name != "search.html":  # it has no heading before something was looked for
            assert levels[0] == 1, name
            assert levels.count(1) == 1, name
        jumps = [b - a for a, b in itertools.pairwise(levels)]
        assert max(jumps, default=0) <= 1, name
    assert gathered(visits, "nameless") == []


def opened_ones(visits: Visits) -> dict[str, Visit]:
    """Return the pages that were opened, rather than read."""
    return {name: visit for name, visit in visits.items() if visit.columns}


def test_columns_are_three_two_or_one_as_the_screen_is_wide(visits: Visits) -> None:
    expected = [f"{folder}/{name}.html" for folder, names in pages().items() for name in names]
    for name in (*expected, "index.html"):
        wide, laptop, narrow = visits[name].columns
        assert len(wide) == len(laptop) == len(narrow) == 3, name
        assert len({column["top"] for column in wide}) == 1, name
        lefts = [column["left"] for column in wide]
        assert lefts == sorted(set(lefts)), name
        assert len({column["left"] for column in narrow}) == 1, name
        tops = [column["top"] for column in narrow]
        assert tops == sorted(set(tops)), name
        assert min(column["width"] for column in narrow) > 300, name


def test_on_a_laptop_the_check_stands_below_the_code_beside_the_derivation(visits: Visits) -> None:
    for folder, names in pages().items():
        for name in names:
            derivation, code, check = visits[f"{folder}/{name}.html"].columns[1]
            assert derivation["top"] == code["top"] < check["top"], name
            assert derivation["left"] < code["left"] == check["left"], name


def test_no_page_is_wider_than_its_screen(visits: Visits) -> None:
    assert [(name, visit.overflow) for name, visit in visits.items() if any(visit.overflow)] == []


def test_nothing_is_cut_on_a_laptop_or_a_wide_screen(visits: Visits) -> None:
    assert [(name, visit.cut) for name, visit in visits.items() if visit.cut] == []


def test_no_line_parts_a_formula_from_its_punctuation(visits: Visits) -> None:
    assert [(name, visit.parted) for name, visit in visits.items() if visit.parted] == []


def test_source_code_is_opened_at_each_depth_and_read_elsewhere(visits: Visits) -> None:
    read = set(visits) - set(opened_ones(visits))
    assert all(name.startswith("_modules/") for name in read)
    depths = {name.count("/") for name in read}
    assert depths <= {name.count("/") for name in opened_ones(visits) if "_modules/" in name}


def test_scripts_styles_and_pictures_of_every_page_are_on_the_site(
    visits: Visits, site: Path
) -> None:
    pictures = [(name, picture["source"]) for name, picture in gathered(visits, "images")]
    for name, link in (*gathered(visits, "scripts"), *pictures):
        assert (site / unquote(urlsplit(link).path).removeprefix("/")).is_file(), (name, link)


def test_every_lesson_can_be_downloaded_as_it_is(visits: Visits, site: Path) -> None:
    for notebook in Path("lessons").glob("[0-9]*/[0-9]*.ipynb"):
        links = visits[f"course/{notebook.stem}.html"].held["links"]
        (found,) = (link for link in links if link.endswith(f"/{notebook.name}"))
        file = site / unquote(urlsplit(found).path).removeprefix("/")
        assert file.read_bytes() == notebook.read_bytes()


@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
def test_search_finds_reparameterize(browser: Browser, address: str, screen: ViewportSize) -> None:
    page = opened(browser, viewport=screen)
    page.goto(address)
    if screen == NARROW:
        page.locator("label.nav-overlay-icon").click()
    field = page.get_by_role("searchbox").or_(page.get_by_placeholder("Search")).first
    field.fill("reparameterize")
    field.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    page.get_by_text("Search finished").wait_for()
    found = page.locator("#search-results li a").evaluate_all("(all) => all.map((a) => a.href)")
    places = {urlsplit(link).path.removeprefix("/") for link in found}
    assert {"ops/reparameterize.html", "derivations/reparameterization.html"} <= places
    page.context.close()


@pytest.fixture(scope="module")
def results(browser: Browser, address: str) -> Iterator[Callable[[str], list[tuple[str, str]]]]:
    """Search in one tab; return the places that were found, in their order, with the excerpts."""
    page = opened(browser, viewport=WIDE)

    def search(query: str) -> list[tuple[str, str]]:
        page.goto(f"{address}search.html?q={quote(query)}")
        page.get_by_text("Search finished").wait_for()
        page.locator("#search-results li p.context").first.wait_for()
        found: list[list[str]] = page.locator("#search-results li").evaluate_all(
            "(all) => all.map((e) => [e.querySelector('a').href, e.textContent])"
        )
        return [(link.removeprefix(address), text) for link, text in found]

    yield search
    page.context.close()


Results = Callable[[str], list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("reparameterize", "derivations/reparameterization.html"),
        ("softmax", "derivations/softmax.html"),
        ("KL divergence", "derivations/kl.html"),
        ("gradient penalty", "derivations/wasserstein.html"),
        ("高斯分布", "derivations/losses.html"),
    ],
)
def test_search_shows_first_where_something_is_derived(
    results: Results, query: str, place: str
) -> None:
    first, _ = results(query)[0]
    assert first.startswith(place)


@pytest.mark.parametrize("query", ["重参数化", "编码器", "KL散度"])
def test_search_finds_the_glossary_in_chinese(results: Results, query: str) -> None:
    assert any(link.startswith("zh/glossary.html") for link, _ in results(query))


def test_search_shows_no_latex(results: Results) -> None:
    excerpts = [text for _, text in results("variance")]
    assert len(excerpts) > 5
    latex = re.compile(r"\\|\$(?! )")  # a prompt is a dollar, too, and a space
    assert [text for text in excerpts if latex.search(text)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_mode_switches_and_is_readable(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    page = opened(browser, viewport=WIDE, color_scheme=scheme)
    page.goto(address + "ops/reparameterize.html")

    def luminance(selector: str, name: str) -> float:
        return float(page.evaluate(LUMINANCE, [selector, name]))

    seen = []
    for _ in range(3):  # the button goes from one mode to the next: automatic, light, dark
        grounds = luminance("article p", "backgroundColor")
        for selector in ("article p", "article p a", ".label", ".error", ".against", ".highlight"):
            text, ground = luminance(selector, "color"), luminance(selector, "backgroundColor")
            contrast = (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
            assert contrast >= 4.5, (selector, contrast)
        seen.append("dark" if grounds < 0.1 else "light")
        page.locator(".content-icon-container .theme-toggle").click()
    assert seen[0] == scheme
    assert set(seen) == {"dark", "light"}
    page.context.close()


def test_a_mode_is_kept_from_page_to_page(browser: Browser, address: str) -> None:
    page = opened(browser, viewport=WIDE, color_scheme="light")
    page.goto(address)
    page.locator(".content-icon-container .theme-toggle").click()
    chosen = page.evaluate("document.body.dataset.theme")
    page.goto(address + "results.html")
    assert page.evaluate("document.body.dataset.theme") == chosen != "auto"
    page.context.close()


def test_the_first_press_of_tab_offers_to_skip_to_the_content(
    browser: Browser, address: str
) -> None:
    page = opened(browser, viewport=WIDE)
    page.goto(address + "ops/conv2d.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to content"
    page.context.close()


@pytest.mark.parametrize("name", ["index.html", "ops/softmax.html", "derivations/kl.html"])
def test_pages_stand_without_a_server(browser: Browser, site: Path, name: str) -> None:
    page = opened(browser, viewport=WIDE, offline=True)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / name).as_uri())
    page.evaluate(TYPESET)
    assert page.locator("mjx-container").count() > 0
    assert page.evaluate("document.fonts.check('16px \\'Source Serif 4\\'')")
    assert complaints == []
    page.context.close()


def test_each_result_is_followed_by_its_check_with_the_error(site: Path) -> None:
    # MyST-NB has run the pages: what `check` printed stands on them.
    for page in all_pages().values():
        text = (site / f"derivations/{page.name}.html").read_text(encoding="utf-8")
        for result in page.results:
            assert f"{result.identifier}: " in text, result.identifier
        assert text.count("largest relative error") >= len(page.results), page.name


def test_the_index_of_search_knows_every_result(site: Path) -> None:
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    titles = {entry[4] for entries in index["objects"].values() for entry in entries}
    assert titles >= {identifier for identifier in page_of() if "." not in identifier}
