"""Where modules stand now that had other import paths once: the old paths still work.

``minigen.losses`` and ``minigen.ops.losses`` are one module under two names.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

MOVED: Final = {
    **{
        name: f"minigen.engine.{name}"
        for name in (
            "anomaly",
            "autograd",
            "backend",
            "creation",
            "graph",
            "modes",
            "op",
            "random",
            "tensor",
            "writes",
        )
    },
    "losses": "minigen.ops.losses",
    "stochastic": "minigen.ops.stochastic",
}
"""The old name, inside the package, of each module, and its path."""


def register() -> None:
    """Let every old path import the module that stands elsewhere now."""
    for name, path in MOVED.items():
        sys.modules[f"minigen.{name}"] = importlib.import_module(path)
