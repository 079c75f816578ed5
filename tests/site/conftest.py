"""The site that was built, a server for it, and a browser."""

from __future__ import annotations

import contextlib
import functools
import http.server
import itertools
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.site.visiting import PATIENCE, Visit, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HTML = Path(__file__).parent.parent.parent / "docs" / "_build" / "html"

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is found: the shell has no windows to keep, and opens pages a fifth faster."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""The browser runs as root in CI, and asks nothing of the network on its own account."""


class _Silent(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection serves for all of a page

    def log_message(self, *_arguments: object) -> None:
        """Keep requests off the screen."""


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # browsers ask for all of a page at once; five may wait by default


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the site; it has to be built before."""
    assert (HTML / "index.html").is_file(), "there is no site: run `python -m docs build` first"
    return HTML


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Serve the site, and return its address."""
    handler = functools.partial(_Silent, directory=site)
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    assert found is not None, (
        "there is no Chromium: on Debian, `apt install chromium-headless-shell`"
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found, args=list(FLAGS), timeout=PATIENCE
        )
        yield started
        started.close()


def only_read(names: Sequence[str]) -> set[str]:
    """Return the pages that need not be opened: source code, of which one at each depth is.

    They are all made by one template, have no formulas and no scripts of their own.
    """
    sources = [name for name in names if name.startswith("_modules/")]
    opened = {name.count("/"): name for name in sources if name != "_modules/index.html"}
    return set(sources) - {*opened.values(), "_modules/index.html"}


def visit_all(names: Sequence[str], address: str) -> list[Visit]:
    """Open some pages, one after another, in a browser of their own."""
    aside = only_read(names)
    with chromium() as browser:
        visitor = Visitor(browser, address)
        opened = [visitor.visit(name) for name in names if name not in aside]
        return [*opened, *visitor.read(sorted(aside))]


@pytest.fixture(scope="session")
def visits(site: Path, address: str) -> dict[str, Visit]:
    """Open every page of the site once, with a browser for each core."""
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    browsers = os.cpu_count() or 1
    shares = [names[first::browsers] for first in range(browsers)]
    with ThreadPoolExecutor(browsers) as pool:
        found = itertools.chain(*pool.map(visit_all, shares, itertools.repeat(address)))
        return {visit.name: visit for visit in sorted(found, key=lambda visit: visit.name)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium, once for all tests."""
    with chromium() as started:
        yield started
