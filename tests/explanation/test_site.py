"""Where pages are on the web."""

from __future__ import annotations

import importlib.metadata
from email.message import Message
from pathlib import Path

import pytest

from minigen.explanation import site
from minigen.explanation.site import NoSiteError, address_of


@pytest.fixture(autouse=True)
def _no_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site, "BUILT", tmp_path / "html")
    state_urls(monkeypatch)


def state_urls(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    """Let the package's metadata hold addresses."""
    message = Message()
    for url in urls:
        message["Project-URL"] = url
    monkeypatch.setattr(importlib.metadata, "metadata", lambda _: message)


def test_the_site_that_was_built_here_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state_urls(monkeypatch, "Documentation, https://example.org/docs/")
    page = tmp_path / "html" / "derivations" / "kl.html"
    page.parent.mkdir(parents=True)
    page.write_text("KL")
    assert address_of("kl") == page.as_uri()
    assert address_of("gan") == "https://example.org/docs/derivations/gan.html"


def test_the_address_is_that_of_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    state_urls(
        monkeypatch, "Source, https://example.org/code", "Documentation, https://example.org"
    )
    assert address_of("kl") == "https://example.org/derivations/kl.html"


def test_without_a_site_that_is_said() -> None:
    with pytest.raises(NoSiteError, match=r"there is no site to open: .*html holds none, and this"):
        address_of("kl")


def test_a_package_that_is_not_installed_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Message:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", missing)
    with pytest.raises(NoSiteError):
        address_of("kl")
