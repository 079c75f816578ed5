"""What a visit counts as missing: what the server lacks, not what the browser gives up itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site.visiting import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("reason", "counted"),
    [("aborted", False), ("connectionreset", True), ("connectionrefused", True)],
)
def test_a_request_given_up_on_leaving_is_not_missing_and_one_that_failed_is(
    browser: Browser, address: str, reason: str, counted: bool
) -> None:
    visitor = Visitor(browser, address)
    visitor.page.route("**/logo.svg", lambda route: route.abort(reason))
    failed = visitor.visit("index.html").failed
    assert any("logo.svg" in each for each in failed) is counted


def test_what_the_server_lacks_counts_with_its_status(browser: Browser, address: str) -> None:
    visitor = Visitor(browser, address)
    visitor.page.route("**/logo.svg", lambda route: route.fulfill(status=404))
    failed = visitor.visit("index.html").failed
    assert f"404 {address}_static/logo.svg" in failed
