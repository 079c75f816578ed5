"""Where the derivation of an op is found: the page, and the boxed result on it."""

from __future__ import annotations

from typing import Any

from minigen.derivations import place_of
from minigen.engine.op import Op


def link(op: Op[Any], base: str | None) -> str | None:
    """Return the address of an op's derivation below the folder of all pages, if it has one."""
    found = place_of(op)
    if base is None or found is None:
        return None
    page, identifier = found
    return f"{base.rstrip('/')}/{page}.html#{identifier}"
