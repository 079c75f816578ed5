"""What the real CuPy offers, as `make_inventory.py` wrote it down."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.strict.refusal import Refused

_CONTENTS: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("inventory.json").read_text(encoding="utf-8")
)

VERSION: Final[str] = _CONTENTS["cupy"]

OWNERS: Final[dict[str, dict[str, str | None]]] = {**_CONTENTS["modules"], **_CONTENTS["classes"]}
"""What each module and class offers: names, with signatures where they have one."""


def offers(owner: str, name: str) -> bool:
    """Tell whether a module or class has something of this name."""
    return name in OWNERS[owner]


def check_call(owner: str, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> None:
    """Refuse a call that CuPy's signature does not allow."""
    fault = _fault(owner, name, len(arguments), tuple(options))
    if fault:
        raise Refused(f"{owner}.{name}: {fault}: CuPy {VERSION} has {OWNERS[owner][name]}")


@functools.cache
def _fault(owner: str, name: str, count: int, options: tuple[str, ...]) -> str:
    """Say why a call with so many arguments and these keywords is none; empty if it is one."""
    text = OWNERS[owner][name]
    if text is None:
        return "no function whose signature is known"
    signature = inspect.signature(eval(f"lambda {text[1:-1]}: None"))
    try:
        signature.bind(*range(count), **dict.fromkeys(options))
    except TypeError as error:
        return str(error)
    return ""
