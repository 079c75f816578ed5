"""What several tests of explanations need: ops and pages that are wrong on purpose."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from minigen.engine.op import Cotangents, Op
from minigen.explanation import Explanation
from minigen.explanation.pages import Page, all_pages, read


def scale_rule(monkeypatch: pytest.MonkeyPatch, op: Op[Any], factor: float) -> None:
    """Make an op's gradient wrong: each cotangent that its rule returns, times a factor."""
    rule: Callable[..., Cotangents] | None = op.rule
    assert rule is not None

    @functools.wraps(rule)
    def wrong(*args: Any, **options: Any) -> Sequence[Any]:
        return [_scaled(cotangent, factor) for cotangent in rule(*args, **options)]

    monkeypatch.setattr(op, "rule", wrong)
    monkeypatch.setattr(op, "compute_rule", wrong)


def _scaled(cotangent: Any, factor: float) -> Any:
    if cotangent is None:
        return None
    if callable(cotangent):
        return lambda: cotangent() * factor
    return cotangent * factor


def whole_pages() -> Iterator[Explanation]:
    """Yield, for each page, all that it derives, without code and checks."""
    for name, each in all_pages().items():
        results = tuple(result.identifier for result in each.results)
        yield Explanation(name, "page", results, each.sections, (), ())


def page(*cells: str) -> Page:
    """Return a page with the results a, b and c, and these cells."""
    boxes = "".join(
        f":::{{derivation}} {name}\n**Shapes:** none.\n\n$$\n\\boxed{{x}}\n$$\n:::\n\n"
        for name in "abc"
    )
    code = "".join(f"```{{code-cell}} python\n{cell}\n```\n\n" for cell in cells)
    return read("sheet", f"# Sheet\n\n{boxes}{code}")
