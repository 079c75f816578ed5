"""Where modules stand now that had other import paths once: the old paths still work.

``minigen.losses`` and ``minigen.ops.losses`` are one module under two names.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Final

_ENGINE: Final = (
    "autograd",
    "backend",
    "creation",
    "graph",
    "modes",
    "op",
    "random",
    "tensor",
)

_CHECKER: Final = (
    "check",
    "compare",
    "diagnosis",
    "numeric",
    "plot",
    "report",
    "settings",
    "subject",
)

MOVED: Final = {
    **{f"minigen.{name}": f"minigen.engine.{name}" for name in _ENGINE},
    "minigen.anomaly": "minigen.engine.guards",
    "minigen.writes": "minigen.engine.guards",
    "minigen.gradcheck": "minigen.checker",
    **{f"minigen.gradcheck.{name}": f"minigen.checker.{name}" for name in _CHECKER},
    "minigen.gradcheck.behaviour": "minigen.checker.subject",
    "minigen.gradcheck.directions": "minigen.checker.compare",
    "minigen.gradcheck.jacobian": "minigen.checker.compare",
    "minigen.gradcheck.kinks": "minigen.checker.numeric",
    "minigen.losses": "minigen.ops.losses",
    "minigen.stochastic": "minigen.ops.stochastic",
    "minigen.ops.dtypes": "minigen.engine.backend",
    "minigen.ops.elementwise": "minigen.ops.arithmetic",
    "minigen.ops.embedding": "minigen.ops.linear",
    "minigen.models.adversarial": "minigen.models",
    "minigen.models.adversarial.game": "minigen.models.game",
    "minigen.models.adversarial.networks": "minigen.models.adversaries",
    "minigen.models.adversarial.objectives": "minigen.models.objectives",
    "minigen.models.adversarial.penalties": "minigen.models.penalties",
    "minigen.models.convolutional": "minigen.models.networks",
    "minigen.models.decoders": "minigen.models.likelihoods",
    "minigen.models.dense": "minigen.models.networks",
    "minigen.models.deterministic": "minigen.models.autoencoder",
    "minigen.models.labels": "minigen.models.base",
    "minigen.models.variational": "minigen.models.vae",
    "minigen.training.allocator": "minigen.engine.allocator",
}
"""The path of each module by its old path."""


class _OldPaths(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module by its old path, and imports the one that it is now."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the import system's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec whose module is another's."""
        return importlib.machinery.ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module itself, which remembers its own spec."""
        module = importlib.import_module(MOVED[spec.name])
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back; it has run already."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def register() -> None:
    """Let every old path import the module that stands elsewhere now.

    What is loaded is entered at once: importing ``minigen.op`` by that path would put the module in
    the place of the decorator `minigen.op`.
    """
    for old, new in MOVED.items():
        if new in sys.modules:
            sys.modules[old] = sys.modules[new]
    sys.meta_path.append(_OldPaths())
