"""Where modules stand now that had other import paths once: the old paths still work.

``minigen.losses`` and ``minigen.ops.losses`` are one module under two names.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

MOVED: Final = {
    **{
        name: f"engine.{name}"
        for name in (
            "autograd",
            "backend",
            "creation",
            "graph",
            "modes",
            "op",
            "random",
            "tensor",
        )
    },
    "anomaly": "engine.guards",
    "writes": "engine.guards",
    "losses": "ops.losses",
    "stochastic": "ops.stochastic",
    "ops.dtypes": "engine.backend",
    "ops.elementwise": "ops.arithmetic",
    "ops.embedding": "ops.linear",
}
"""The old path, inside the package, of each module, and the path that it has now."""


def register() -> None:
    """Let every old path lead to the module that stands elsewhere now.

    An attribute of the package that has the name already, such as the function `op`, keeps it.
    """
    for old, new in MOVED.items():
        module = importlib.import_module(f"minigen.{new}")
        sys.modules[f"minigen.{old}"] = module
        package, _, name = f"minigen.{old}".rpartition(".")
        if not hasattr(sys.modules[package], name):
            setattr(sys.modules[package], name, module)
