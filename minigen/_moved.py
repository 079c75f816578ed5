"""Where modules stand now that had other import paths once: the old paths still work.

``minigen.losses`` and ``minigen.ops.losses`` are one module under two names. As an attribute of the
package, ``minigen.gradcheck`` is the function; an import finds the checker under that name.
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
    "gradcheck": "minigen.checker",
    **{
        f"gradcheck.{name}": f"minigen.checker.{name}"
        for name in (
            "check",
            "compare",
            "diagnosis",
            "numeric",
            "plot",
            "report",
            "settings",
            "subject",
        )
    },
    "gradcheck.behaviour": "minigen.checker.subject",
    "gradcheck.directions": "minigen.checker.compare",
    "gradcheck.jacobian": "minigen.checker.compare",
    "gradcheck.kinks": "minigen.checker.numeric",
    "losses": "minigen.ops.losses",
    "stochastic": "minigen.ops.stochastic",
}
"""The old name, inside the package, of each module, and its path."""


def register() -> None:
    """Let every old path import the module that stands elsewhere now."""
    for name, path in MOVED.items():
        sys.modules[f"minigen.{name}"] = importlib.import_module(path)
