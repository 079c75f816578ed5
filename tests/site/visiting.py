"""Opening pages of the site in a browser, and noting what there is to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

WIDE: ViewportSize = {"width": 1920, "height": 900}
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}
SCREENS = (WIDE, LAPTOP, NARROW)

PATIENCE = 240_000
"""For how many milliseconds a page may keep a test waiting, however busy the machine is."""

TYPESET = "() => window.MathJax?.startup?.promise.then(() => true)"
"""Waits until MathJax has set a page, if it has formulas."""

# What a page holds. A dollar in running text is a formula that nobody has set. The page is the one
# that is open, or one that was only read, whose address is handed over.
_NOTE = """(document, address) => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const from = (element, name) => new URL(element.getAttribute(name), address).href;
  const formulas = all(".math");
  const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  const dollars = [];
  while (walker.nextNode()) {
    const inside = walker.currentNode.parentElement.closest("pre, code, script, .sig");
    if (!inside && walker.currentNode.data.includes("$")) dollars.push(walker.currentNode.data);
  }
  return {
    language: document.documentElement.lang,
    formulas: formulas.length,
    untypeset: formulas.filter((f) => !f.querySelector("mjx-container")).map((f) => f.textContent),
    spoken: formulas.filter((f) => f.querySelector("mjx-assistive-mml math")).length,
    mistakes: all("mjx-merror, [data-mjx-error]").map((e) => e.textContent),
    dollars,
    images: all("img")
      .map((i) => ({source: from(i, "src"), text: i.alt, loaded: i.naturalWidth > 0})),
    scripts: [
      ...all("script[src]").map((e) => from(e, "src")),
      ...all("link[rel=stylesheet], link[rel=icon]").map((e) => from(e, "href")),
    ],
    links: all("a[href]").map((a) => from(a, "href")),
    nameless: all("a[href], button, input:not([type=hidden]):not([type=checkbox])")
      .filter((e) => document.defaultView && e.checkVisibility())
      .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.title || e.placeholder ||
        e.labels?.length || e.querySelector("img[alt]:not([alt=''])")))
      .map((e) => e.outerHTML),
    identifiers: all("[id]").map((e) => e.id),
    headings: all("article h1, article h2, article h3, article h4, article h5, article h6")
      .map((h) => Number(h.tagName[1])),
    mains: all("main, [role=main]").length,
    navigations: all("nav, [role=navigation], [role=search]").length,
  };
}"""

_NOTE_OPEN = f"() => ({_NOTE})(document, location.href)"

_NOTE_READ = f"""async (addresses) => {{
  const note = {_NOTE};
  const read = async (address) => {{
    const text = await (await fetch(address)).text();
    return note(new DOMParser().parseFromString(text, "text/html"), address);
  }};
  return Promise.all(addresses.map(read));
}}"""

# After a change of size, when all that follows it was done: formulas are fitted, say.
_SETTLED = """() => new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))"""

# What has to be moved sideways to be read: formulas, code, tables; and what sticks out.
_CUT = """() => {
  const parts = document.querySelectorAll(
    "article :is(div.math, pre, table, figure, .stage, .board, .derivation, .table-wrapper)");
  return [...parts]
    .filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1 &&
      part.clientWidth > 0 && getComputedStyle(part).display !== "table")
    .map((part) => [part.tagName, part.className, part.scrollWidth - part.clientWidth, "px",
      part.textContent.trim().slice(0, 60)].join(" "));
}"""

# Formulas whose full stop, comma or bracket stands on the next line.
_PARTED = """() => [...document.querySelectorAll("article .math")].flatMap((formula) => {
  const next = (formula.nextSibling ?? formula.parentElement.nextSibling);
  if (formula.tagName !== "SPAN" || next?.nodeType !== Node.TEXT_NODE) return [];
  if (!/^[.,;:!?)\\]]/.test(next.data)) return [];
  const range = document.createRange();
  range.setStart(next, 0);
  range.setEnd(next, 1);
  const mark = range.getBoundingClientRect();
  const box = formula.getBoundingClientRect();
  const together = !mark.height || mark.left >= box.left;
  return together ? [] : [formula.textContent + next.data.slice(0, 20)];
})"""

_COLUMNS = """() => [...document.querySelectorAll(".columns .column")].map((column) => {
  const box = column.getBoundingClientRect();
  return {left: Math.round(box.left), top: Math.round(box.top), width: Math.round(box.width)};
})"""

_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  return Math.max(0, document.documentElement.scrollWidth - width);
}"""


def opened(browser: Browser, **context: Any) -> Page:
    """Open a tab with a memory of its own."""
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(PATIENCE)
    return page


@dataclass(frozen=True)
class Visit:
    """What was found on a page.

    Attributes
    ----------
    name : str
        The page, from the site's folder.
    complaints : list of str
        What the browser wrote to its console as errors or warnings, and exceptions of scripts.
    failed : list of str
        Addresses that were asked for and not found or not reached, each with the reason.
    foreign : list of str
        Addresses outside the site that were asked for.
    held : dict
        Formulas, pictures, links, headings, as the script `_NOTE` has them.
    columns : list of list of dict
        Where the columns stand, on each of the `SCREENS`; empty if the page was only read.
    overflow : list of int
        By how many pixels the page is too wide for each of them.
    cut : list of str
        What does not fit into its place on a laptop or on a wide screen.
    parted : list of str
        Formulas that a line parts from their punctuation, on any of them.
    """

    name: str
    complaints: list[str]
    failed: list[str]
    foreign: list[str]
    held: dict[str, Any]
    columns: list[list[dict[str, int]]]
    overflow: list[int]
    cut: list[str]
    parted: list[str]


class Visitor:
    """A tab of a browser that opens one page after another."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.page: Page = opened(browser, viewport=WIDE)
        self._address = address
        self._complaints: list[str] = []
        self._failed: list[str] = []
        self._foreign: list[str] = []
        self._screens: Sequence[ViewportSize] = SCREENS
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self.page.on("request", lambda request: self._notice(request.url))
        self.page.on("requestfailed", lambda request: self._lose(request.url, request.failure))
        self.page.on("response", lambda response: self._judge(response.status, response.url))

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(message.text)

    def _notice(self, url: str) -> None:
        if not url.startswith((self._address, "data:", "blob:")):
            self._foreign.append(url)

    def _lose(self, url: str, reason: str | None) -> None:
        # The browser gives up what a page still waits for as it leaves the page, a picture that
        # the narrow screen asked for, say. What the server does not have is a status, see `_judge`.
        if reason != "net::ERR_ABORTED":
            self._failed.append(f"{reason} {url}")

    def _judge(self, status: int, url: str) -> None:
        if status >= 400:
            self._failed.append(f"{status} {url}")

    def visit(self, name: str) -> Visit:
        """Open a page on the screen where the last page ended, and look at it on the others too.

        To lay a page out anew takes a good part of a visit, so no page is left by doing that.
        """
        self._complaints, self._failed, self._foreign = [], [], []
        self.page.set_viewport_size(self._screens[0])
        self.page.goto(self._address + name)
        self.page.evaluate(TYPESET)
        seen = [self._look(screen) for screen in self._screens]
        if self._screens[0] != WIDE:
            seen.reverse()
        self._screens = self._screens[::-1]
        return Visit(
            name,
            self._complaints,
            self._failed,
            self._foreign,
            next(each["held"] for each in seen if "held" in each),
            columns=[each["columns"] for each in seen],
            overflow=[each["overflow"] for each in seen],
            cut=[part for each in seen for part in each["cut"]],
            parted=[formula for each in seen for formula in each["parted"]],
        )

    def _look(self, screen: ViewportSize) -> dict[str, Any]:
        """Return what is seen on one screen; all that the page holds is noted on the wide one."""
        self.page.set_viewport_size(screen)
        self.page.evaluate(_SETTLED)
        seen = {
            "columns": self.page.evaluate(_COLUMNS),
            "overflow": self.page.evaluate(_OVERFLOW),
            "cut": self.page.evaluate(_CUT) if screen != NARROW else [],
            "parted": self.page.evaluate(_PARTED),
        }
        return {**seen, "held": self.page.evaluate(_NOTE_OPEN)} if screen == WIDE else seen

    def read(self, names: Sequence[str]) -> list[Visit]:
        """Read pages that have no scripts of their own, without opening them.

        Addresses that they name are held like those of other pages. What they look like is seen on
        those of their kind that are opened.
        """
        self.page.goto(self._address)
        held = self.page.evaluate(_NOTE_READ, [self._address + name for name in names])
        return [
            Visit(name, [], [], [], each, [], [], [], [])
            for name, each in zip(names, held, strict=True)
        ]
