"""The sources of the reference: a page for each public module, and one for what is inside."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, Final

import minigen
from docs.website import code_pages, references

_FUNCTIONAL: Final = "minigen.functional"


def sources() -> dict[str, str]:
    """Return the sources of all pages of the reference, in reStructuredText."""
    pages = {f"api/{module}.rst": _page(module) for module in references.PUBLIC}
    pages[f"api/{_FUNCTIONAL}.rst"] = _functional()
    pages["api/internals.rst"] = _internals()
    return {"api/index.rst": _index(), **pages}


def _heading(title: str, line: str = "=") -> str:
    return f"{title}\n{line * len(title)}\n"


def _index() -> str:
    rows = [*references.PUBLIC.items()]
    rows.insert(1, (_FUNCTIONAL, "Every op under PyTorch's name"))
    table = "\n".join(f"   * - :doc:`{module} <{module}>`\n     - {what}" for module, what in rows)
    contents = "\n".join(f"   {module}" for module, _ in rows)
    return (
        f"{_heading('Reference')}\n"
        "Every public class and function, from its docstring. Where a docstring names a\n"
        "derivation, the name leads to it.\n\n"
        f".. list-table::\n   :class: listing\n   :widths: 35 65\n\n{table}\n\n"
        "Results of derivations are also implemented by functions that are not public:\n"
        "the :doc:`internals <internals>`.\n\n"
        f".. toctree::\n   :hidden:\n\n{contents}\n   internals\n"
    )


def _page(module: str) -> str:
    """Return the page of a module: its docstring, a list of what is in it, and all of that."""
    parts = [_heading(module), f".. automodule:: {module}\n"]
    own: list[tuple[str, str, Any]] = []
    others: list[tuple[str, str, Any]] = []
    for name, value in references.members(module).items():
        full = references.public_names().get(id(value), "")
        (own if full == f"{module}.{name}" else others).append((name, full, value))
    rows = "\n".join(f"   {name}" for name, _, _ in own)
    parts.append(f".. rubric:: In this module\n\n.. autosummary::\n\n{rows}\n")
    if others:
        listed = ", ".join(f":py:obj:`{full}`" for _, full, _ in others if full)
        parts.append(f"From here, too: {listed}.\n")
    parts += [f"{_heading(name, '-')}\n{_directive(full, value)}" for name, full, value in own]
    return "\n".join(parts)


def _directive(name: str, value: Any) -> str:
    if inspect.ismodule(value):
        return f".. automodule:: {name}\n"
    if inspect.isclass(value):
        inherited = "   :inherited-members: object\n" if value is minigen.Tensor else ""
        return f".. autoclass:: {name}\n   :members:\n{inherited}   :show-inheritance:\n"
    path, _, attribute = name.rpartition(".")
    module, _, owner = path.rpartition(".")
    if not (owner[:1].isupper() or owner[1:2].isupper()):
        return f".. autofunction:: {name}\n"
    held = inspect.getattr_static(getattr(importlib.import_module(module), owner), attribute)
    kind = "autoproperty" if isinstance(held, property) else "automethod"
    return f".. {kind}:: {name}\n"


def _functional() -> str:
    """Return the page of `minigen.functional`, whose functions have pages of their own."""
    entries = [each for each in code_pages.entries() if each.module == _FUNCTIONAL]
    rows = "\n".join(
        f"   * - :doc:`{each.name} </{each.page}>`\n     - {each.summary}"
        for each in sorted(entries, key=lambda each: each.name)
    )
    return (
        f"{_heading(_FUNCTIONAL)}\n.. automodule:: {_FUNCTIONAL}\n\n"
        "PyTorch's name ``clamp`` means :doc:`clip </ops/clip>`.\n\n"
        f".. list-table::\n   :class: listing\n   :widths: 30 70\n\n{rows}\n"
    )


def _internals() -> str:
    """Return the page of functions that are not public, but implement a result."""
    parts = [
        _heading("Internals"),
        "What is not public, and may change, but implements a result of the derivations.\n",
    ]
    found = references.internals()
    for name, value in found.items():
        if isinstance(found.get(name.rpartition(".")[0]), type):
            continue  # a method stands with its class
        parts += [_heading(name.removeprefix("minigen."), "-"), _directive(name, value)]
    return "\n".join(parts)
