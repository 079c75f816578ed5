"""Links from source code lead to where a thing is described."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sphinx")

from docs.website.backlinks import described_as, mend_backlinks

OBJECTS = {
    "minigen.functional.interpolate": SimpleNamespace(docname="api/minigen.functional"),
    "minigen.ops.interpolation._nearest": SimpleNamespace(docname="api/internals"),
    "minigen.nn.Dense.forward": SimpleNamespace(docname="api/minigen.nn"),
}


def body(*names: str) -> str:
    """Return the links that Sphinx makes of names."""
    return "".join(
        f'<p id="x"><a class="viewcode-back" href="../api/internals.html#{name}">[docs]</a></p>'
        for name in names
    )


def test_each_link_leads_to_its_description_and_what_has_none_has_no_link() -> None:
    app: Any = SimpleNamespace(
        env=SimpleNamespace(domaindata={"py": {"objects": OBJECTS}}),
        builder=SimpleNamespace(get_relative_uri=lambda _here, page: f"../../../{page}.html"),
    )
    names = ("interpolate", "_nearest", "_unknown")
    context = {"body": body(*(f"minigen.functional.{name}" for name in names))}
    mend_backlinks(app, "_modules/minigen/ops/interpolation", "", context, None)
    assert "api/minigen.functional.html#minigen.functional.interpolate" in context["body"]
    assert "api/internals.html#minigen.ops.interpolation._nearest" in context["body"]
    assert "_unknown" not in context["body"]
    assert context["body"].count("viewcode-back") == 2
    unchanged = {"body": body("minigen.functional._nearest")}
    mend_backlinks(app, "ops/interpolate", "", unchanged, None)
    assert unchanged["body"] == body("minigen.functional._nearest")


def test_a_method_is_found_with_its_class() -> None:
    assert described_as("minigen.nn.Dense.forward", "minigen.nn.dense", OBJECTS) == (
        "minigen.nn.Dense.forward"
    )
    assert described_as("minigen.models.Dense.forward", "minigen.nn", OBJECTS) == (
        "minigen.nn.Dense.forward"
    )
    assert described_as("minigen.nothing", "minigen.nn", OBJECTS) is None
