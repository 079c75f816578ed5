"""Where pages are on the web."""

from __future__ import annotations

import importlib.metadata
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from minigen import functional
from minigen.engine.op import Op, registry
from minigen.explanation import Explanation, explain, site
from minigen.explanation.site import NoSiteError, address_of, pages, place_of
from minigen.explanation.subjects import names


def mine(x: Any) -> Any:
    """Return what is handed over."""
    return x


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
    assert address_of("derivations/kl.html#kl.gaussian") == page.as_uri() + "#kl.gaussian"
    online = "https://example.org/docs/derivations/gan.html"
    assert address_of("derivations/gan.html") == online


def test_the_address_is_that_of_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    state_urls(
        monkeypatch, "Source, https://example.org/code", "Documentation, https://example.org"
    )
    place = "derivations/kl.html#kl.gaussian"
    assert address_of(place) == f"https://example.org/{place}"


def test_without_a_site_that_is_said() -> None:
    with pytest.raises(NoSiteError, match=r"there is no site to open: .*html holds no ops/exp.htm"):
        address_of("ops/exp.html")


def test_a_package_that_is_not_installed_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Message:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", missing)
    with pytest.raises(NoSiteError):
        address_of("ops/exp.html")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("conv2d", "ops/conv2d.html"),
        ("F.clamp", "ops/clip.html"),
        ("mse_loss", "ops/mse_loss.html"),
        ("eq", "ops/eq.html"),
        ("nn.Conv2d", "layers/Conv2d.html"),
        ("Adam", "optimizers/Adam.html"),
        ("vae", "models/VAE.html"),
        ("hinge", "objectives/Hinge.html"),
        ("kl.gaussian", "derivations/kl.html#kl.gaussian"),
        ("xavier_uniform_", "derivations/initialization.html#init.xavier"),
    ],
)
def test_a_thing_is_on_its_own_page_or_on_that_of_its_derivation(name: str, place: str) -> None:
    assert place_of(explain(name, check=False)) == place


def test_an_op_of_ones_own_has_no_page() -> None:
    with pytest.raises(NoSiteError, match="the site has no page of mine"):
        place_of(Explanation("mine", "op", (), (), (), ()))


def test_an_op_of_ones_own_takes_no_page_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    names()  # what is known by now
    monkeypatch.setitem(registry, "mine", Op(mine))
    pages.cache_clear()
    assert place_of(explain("exp", check=False)) == "ops/exp.html"
    assert "mine" not in pages()["ops"]


def test_every_op_and_every_function_has_a_page() -> None:
    targets = {id(target) for target in pages()["ops"].values()}
    assert {id(getattr(functional, name)) for name in functional.__all__} <= targets
    ours = [op for op in registry.values() if op.__module__.startswith("minigen.ops.")]
    assert {id(op) for op in ours} <= targets


def test_a_name_has_one_page() -> None:
    every = [name for members in pages().values() for name in members]
    assert len(every) == len(set(every))
