"""The Chinese pages in a browser: a click from the English ones, with their own menu, and found.

What holds for every page, such as links that lead somewhere, `test_pages` sees to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.site.visiting import NARROW, WIDE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Open a tab for all tests."""
    tab = opened(browser, viewport=WIDE)
    yield tab
    tab.context.close()


def place(page: Page) -> str:
    return str(urlsplit(page.url).path.removeprefix("/"))


@pytest.mark.parametrize("name", ["index.html", "course/07-vae-on-paper.html"])
def test_a_page_and_its_translation_are_a_click_apart(page: Page, address: str, name: str) -> None:
    page.set_viewport_size(NARROW)
    page.goto(address + name)
    page.get_by_role("link", name="中文", exact=True).last.click()
    assert place(page) == f"zh/{name}"
    page.get_by_role("link", name="English", exact=True).last.click()
    assert place(page) == name
    page.set_viewport_size(WIDE)


def test_a_page_without_a_translation_offers_none(page: Page, address: str) -> None:
    page.goto(address + "engine.html")
    assert page.locator(".counterpart, link[hreflang]").count() == 0


def test_the_menu_of_a_chinese_page_is_chinese(page: Page, address: str) -> None:
    page.goto(address + "zh/course/index.html")
    links = page.locator(".sidebar-tree a.reference").evaluate_all(
        "(all) => all.map((a) => new URL(a.href).pathname.slice(1))"
    )
    assert {"zh/glossary.html", "zh/course/01-autograd.html", "zh/documents/survey.html"} < set(
        links
    )
    assert all(link.startswith("zh/") for link in links)
    assert page.locator(".sidebar-brand").get_attribute("href") == "../index.html"
    assert page.get_by_placeholder("搜索").is_visible()


def test_a_lesson_has_its_opening_with_figures_and_its_summary(page: Page, address: str) -> None:
    page.goto(address + "zh/course/06-autoencoders.html")
    headings = page.locator("article h1, article h2").all_text_contents()
    assert [heading.removesuffix("¶").strip() for heading in headings] == [
        "第 06 课：自编码器",
        "问题",
        "小结",
    ]
    assert page.locator("article img").count() >= 2
    assert "https" not in (page.locator(".notebook-actions a").get_attribute("href") or "https")


def test_search_from_a_chinese_page_finds_chinese_pages(page: Page, address: str) -> None:
    page.goto(address + "zh/index.html")
    field = page.get_by_placeholder("搜索")
    field.fill("变分")
    field.press("Enter")
    page.get_by_text("Search finished").wait_for()
    links = page.locator("#search-results li a").evaluate_all(
        "(all) => all.map((a) => new URL(a.href).pathname.slice(1))"
    )
    assert {"zh/glossary.html", "zh/course/07-vae-on-paper.html"} <= set(links)
    assert links[0].startswith(("zh/", "derivations/"))
