"""What moves on pages, in a browser: figures, and boxes that open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs.website.moving import FIGURES
from tests.site.visiting import WIDE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

BOXES = """
<main><article>
<section id="far"><h2>Far</h2><div style="height: 3000px"></div></section>
<section id="deeper-why"><details class="deeper"><summary><h3>Deeper: why</h3></summary>
<p id="inside">Proof.</p></details></section>
</article></main>
"""


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page of all moving figures."""
    page = opened(browser, viewport=WIDE)
    page.goto(f"{address}figures.html")
    yield page
    page.context.close()


def figure(page: Page, name: str) -> Locator:
    return page.locator(f'figure[data-figure="{name}"]')


def pixels(canvas: Locator) -> str:
    """Return what is drawn on a canvas, as far as it can be told apart from something else."""
    return str(canvas.evaluate("(canvas) => canvas.toDataURL()"))


def press(control: Locator, key: str, times: int = 1) -> None:
    control.focus()
    for _ in range(times):
        control.press(key)


def test_every_figure_comes_to_life(page: Page) -> None:
    for each in FIGURES:
        assert figure(page, each.name).locator(".stage").is_visible(), each.name
        assert figure(page, each.name).locator("img.still").is_hidden(), each.name


def test_the_map_draws_another_picture_where_the_pointer_is(page: Page) -> None:
    here = figure(page, "latent-map")
    drawn = [pixels(here.locator("canvas"))]
    for place in ((40, 60), (200, 200)):
        here.locator("svg.map").hover(position={"x": place[0], "y": place[1]})
        drawn.append(pixels(here.locator("canvas")))
    assert len(set(drawn)) == 3


def test_the_map_is_moved_by_keys_and_says_where_it_is(page: Page) -> None:
    here = figure(page, "latent-map")
    slider = here.locator("input").first
    slider.fill("0")
    before = pixels(here.locator("canvas"))
    press(slider, "ArrowRight", 8)
    assert pixels(here.locator("canvas")) != before
    assert slider.get_attribute("aria-valuetext") == "0.40"
    assert "0.40," in str(here.locator("canvas").get_attribute("aria-label"))


def test_beta_shows_the_numbers_and_pictures_of_its_model(page: Page) -> None:
    here = figure(page, "beta")
    slider = here.locator("input")
    facts, samples = [], []
    for key in ("Home", "End"):
        press(slider, key)
        facts.append(here.locator(".facts").text_content())
        samples.append(pixels(here.locator("canvas").last))
    assert str(facts[0]).startswith("β = 0.1: reconstruction error")
    assert str(facts[1]).startswith("β = 100: ")
    assert samples[0] != samples[1]


def test_the_ring_goes_through_its_steps(page: Page) -> None:
    here = figure(page, "ring")
    slider = here.locator("input")
    press(slider, "Home")
    assert "Step 0: " in str(here.locator(".facts").text_content())
    first = here.locator("circle.dot").first.get_attribute("cx")
    press(slider, "End")
    assert here.locator("circle.dot").first.get_attribute("cx") != first
    assert "8 of 8 modes found" in str(here.locator(".facts").text_content())


def test_the_ring_plays_when_it_is_told_to_and_only_then(page: Page) -> None:
    here = figure(page, "ring")
    slider, button = here.locator("input"), here.locator("button")
    press(slider, "Home")
    assert button.text_content() == "Play"
    button.click()
    assert button.text_content() == "Stop"
    page.wait_for_function("(input) => input.value > 1", arg=slider.element_handle())
    button.click()
    assert button.text_content() == "Play"


@pytest.mark.parametrize(
    ("settings", "size", "said"),
    [
        ({}, 3, "The output at (0, 0) is (−1)·0 + (−1)·0 + 4·1 + (−1)·2 + (−1)·2 = 0."),
        ({"padding": 1}, 5, "The output at (0, 0) is (−1)·0 + (−1)·0 + 4·0 + (−1)·0 + (−1)·0 = 0."),
        ({"stride": 2}, 2, ""),
        ({"dilation": 2}, 1, ""),
    ],
)
def test_the_window_computes_a_convolution(
    page: Page, settings: dict[str, int], size: int, said: str
) -> None:
    here = figure(page, "window")
    for name, usual in (("stride", 1), ("padding", 0), ("dilation", 1)):
        here.get_by_label(name).fill(str(settings.get(name, usual)))
    press(here.locator(".board"), "ArrowUp", 3)
    press(here.locator(".board"), "ArrowLeft", 3)
    assert here.locator("caption").last.text_content() == f"Output, {size}×{size}"
    if said:
        assert here.locator(".facts").text_content() == said


def test_the_window_moves_by_keys_and_by_a_click(page: Page) -> None:
    here = figure(page, "window")
    for name, usual in (("stride", 1), ("padding", 0), ("dilation", 1)):
        here.get_by_label(name).fill(str(usual))
    press(here.locator(".board"), "ArrowDown")
    press(here.locator(".board"), "ArrowRight")
    assert "(1, 1) is" in str(here.locator(".facts").text_content())
    assert "= 4." in str(here.locator(".facts").text_content())
    here.locator("table").last.locator("td").last.click()
    assert "(2, 2) is" in str(here.locator(".facts").text_content())


def test_the_transposed_window_paints_as_the_library_does(page: Page) -> None:
    import minigen
    import minigen.functional as F
    from docs.moving import window

    here = figure(page, "window")
    here.get_by_label("map").select_option("transposed convolution")
    here.get_by_label("stride").fill("2")
    here.get_by_label("padding").fill("1")
    here.get_by_label("dilation").fill("1")
    inside = here.locator("table").last.locator("td:not(.outside)")
    found = [int(each.replace("−", "-")) for each in inside.all_text_contents()]
    image, kernel = (
        minigen.tensor([[each]]) * 1.0 for each in (window.IMAGE.tolist(), window.KERNELS["edges"])
    )
    expected = F.conv_transpose2d(image, kernel, stride=2, padding=1)
    assert found == expected.numpy().ravel().tolist()


def test_without_scripts_the_still_pictures_are_seen(browser: Browser, address: str) -> None:
    page = opened(browser, viewport=WIDE, java_script_enabled=False)
    page.goto(f"{address}figures.html")
    for each in FIGURES:
        assert figure(page, each.name).locator("img.still").is_visible(), each.name
    page.context.close()


def test_figures_live_without_a_server(browser: Browser, site: Path) -> None:
    page = opened(browser, viewport=WIDE, offline=True)
    page.goto((site / "figures.html").as_uri())
    assert page.locator("figure.moving.alive").count() == len(FIGURES)
    page.context.close()


@pytest.fixture
def boxed(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page of the site with a section that is closed."""
    page = opened(browser, viewport=WIDE)
    html = f'<!doctype html><script defer src="_static/site.js"></script>{BOXES}'
    page.route("**/results.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{address}results.html")
    yield page
    page.context.close()


def test_a_deeper_section_is_closed_and_opens_by_a_click(boxed: Page) -> None:
    assert boxed.locator("#inside").is_hidden()
    boxed.locator("summary").click()
    assert boxed.locator("#inside").is_visible()


@pytest.mark.parametrize("anchor", ["deeper-why", "inside"])
def test_a_link_opens_the_box_that_it_leads_to(boxed: Page, anchor: str) -> None:
    boxed.evaluate(f"location.hash = '{anchor}'")
    boxed.locator("#inside").wait_for(state="visible")


def test_boxes_are_open_on_paper(boxed: Page) -> None:
    boxed.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert boxed.locator("#inside").is_visible()
    boxed.evaluate("dispatchEvent(new Event('afterprint'))")
    assert boxed.locator("#inside").is_hidden()
