"""From a piece of code to where the site shows it: its own page, or its place in the reference."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from typing import Any, Final

from docs.website import code_pages
from minigen.explanation import Implementer, implementers_of

PUBLIC: Final = {
    "minigen": "Tensors, gradients, randomness",
    "minigen.nn": "Layers and modules",
    "minigen.nn.init": "Initial weights",
    "minigen.nn.utils": "Tools for modules",
    "minigen.optim": "Optimisers",
    "minigen.optim.lr_scheduler": "Schedules of the learning rate",
    "minigen.models": "Models",
    "minigen.ops.reference": "Ops, written as loops",
    "minigen.data": "Data",
    "minigen.metrics": "Figures of merit",
    "minigen.training": "Training",
    "minigen.distributed": "Training on several machines",
    "minigen.engine.capture": "Captured steps",
    "minigen.viz": "Pictures",
    "minigen.checker": "Gradient checks",
    "minigen.derivations": "Checks of derivations",
    "minigen.explanation": "Explanations",
    "minigen.catalogue": "Everything differentiable",
    "minigen.course": "What lessons import",
}
"""The modules that the reference documents, and what each is about."""


def members(module: str) -> dict[str, Any]:
    """Return the public functions and classes of a module, by the names that it gives them."""
    place = importlib.import_module(module)
    own = [name for name, value in vars(place).items() if _belongs(value, module)]
    exported = getattr(place, "__all__", sorted(name for name in own if not name.startswith("_")))
    found = {name: getattr(place, name) for name in exported}
    return {name: value for name, value in found.items() if _is_code(value)}


def _belongs(value: Any, module: str) -> bool:
    return getattr(value, "__module__", None) == module


def _is_code(value: Any) -> bool:
    return inspect.isroutine(value) or inspect.isclass(value)


@functools.cache
def public_names() -> dict[int, str]:
    """Return the one full name under which the reference has a thing, by its identity.

    Of several modules that export it, that is the shortest; any rather than the package itself.
    """
    found: dict[int, str] = {}
    for module in sorted(PUBLIC, key=lambda name: (name == "minigen", len(name))):
        for name, value in members(module).items():
            if value.__module__.startswith(module):
                found.setdefault(id(value), f"{module}.{name}")
    return found


def exporting(target: Any) -> list[str]:
    """Return the documented modules from which something can be imported."""
    return [module for module in PUBLIC if target in members(module).values()]


def full_name(implementer: Implementer) -> str:
    """Return the name under which the reference has what implements a result.

    What is not public is among the internals, by the name of its module.
    """
    target, name = implementer.target, implementer.name
    if id(target) in public_names():
        return public_names()[id(target)]
    owner, _, method = name.rpartition(".")
    public = public_names().get(id(_found(owner)))
    return name if public is None else f"{public}.{method}"


def _found(path: str) -> Any:
    """Return what a full name means; None if it is nothing."""
    if path in sys.modules:
        return sys.modules[path]
    owner, _, name = path.rpartition(".")
    return getattr(_found(owner), name, None) if owner else None


@functools.cache
def internals() -> dict[str, Any]:
    """Return what implements a result, and is neither public nor on a page of its own."""
    everyone = (each for several in implementers_of().values() for each in several)
    return {
        each.name: each.target
        for each in sorted(everyone, key=lambda each: each.name)
        if full_name(each) == each.name
        and each.name not in PUBLIC
        and id(each.target) not in code_pages.entry_of()
        and id(each.target) not in public_names()
    }
