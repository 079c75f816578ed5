"""The pages that are made of live code: one for each op, layer, optimiser, model and objective."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import Any, Final

from minigen import functional
from minigen.explanation.site import pages


@dataclass(frozen=True)
class Entry:
    """Something that has a page of its own.

    Attributes
    ----------
    name : str
        Such as ``conv2d``.
    folder : str
        In which its page is, such as ``ops``.
    module : str
        From which it is imported.
    group : str
        Under which heading it is listed.
    target : Op, function or class
        The thing itself.
    """

    name: str
    folder: str
    module: str
    group: str
    target: Any

    @property
    def page(self) -> str:
        """Its page, without ending."""
        return f"{self.folder}/{self.name}"

    @property
    def summary(self) -> str:
        """The first sentence of its docstring, in reStructuredText."""
        paragraph = (inspect.getdoc(self.target) or "").split("\n\n")[0]
        return " ".join(paragraph.split())


_FAMILIES: Final = {
    "minigen.ops.arithmetic": "Arithmetic, functions of elements, comparisons",
    "minigen.ops.shorthand": "Arithmetic, functions of elements, comparisons",
    "minigen.ops.special": "Arithmetic, functions of elements, comparisons",
    "minigen.ops.rounding": "Arithmetic, functions of elements, comparisons",
    "minigen.ops.finiteness": "Arithmetic, functions of elements, comparisons",
    "minigen.ops.activation": "Activations",
    "minigen.ops.gates": "Activations",
    "minigen.ops.reduction": "Reductions",
    "minigen.ops.product": "Reductions",
    "minigen.ops.counting": "Reductions",
    "minigen.ops.selection": "Extremes, orders, elements at indices",
    "minigen.ops.ranking": "Extremes, orders, elements at indices",
    "minigen.ops.placing": "Extremes, orders, elements at indices",
    "minigen.ops.linear": "Products of matrices, embedding, lengths",
    "minigen.ops.distances": "Products of matrices, embedding, lengths",
    "minigen.ops.einsum": "Sums of products by an equation",
    "minigen.ops.convolution": "Convolutions",
    "minigen.ops.signals": "Convolutions",
    "minigen.ops.pooling": "Pooling",
    "minigen.ops.folding": "Pooling",
    "minigen.ops.interpolation": "Images in other sizes",
    "minigen.ops.similarity": "Blurs and likeness of images",
    "minigen.ops.normalization": "Normalisation",
    "minigen.ops.recurrent": "Recurrent layers",
    "minigen.ops.attention": "Attention",
    "minigen.ops.fourier": "Short-time Fourier transforms",
    "minigen.ops.inversion": "Short-time Fourier transforms",
    "minigen.ops.losses.errors": "Losses and divergences",
    "minigen.ops.losses.outcomes": "Losses and divergences",
    "minigen.ops.losses.classes": "Losses and divergences",
    "minigen.ops.losses.divergences": "Losses and divergences",
    "minigen.ops.losses.gaussians": "Losses and divergences",
    "minigen.ops.losses.margins": "Losses and divergences",
    "minigen.ops.stochastic": "Randomness inside the graph",
    "minigen.ops.drawing": "Randomness inside the graph",
    "minigen.ops.shaping": "Shaping",
    "minigen.ops.pieces": "Pieces",
    "minigen.ops.arrangement": "Copies, other orders",
    "minigen.ops.diagonal": "Copies, other orders",
    "minigen.ops.grids": "Copies, other orders",
}
"""Headings of the ops' list, by the modules that hold them."""

_CLASSES: Final = {
    "layers": ("Layers", "minigen.nn"),
    "optimizers": ("Optimisers", "minigen.optim"),
    "models": ("Models", "minigen.models"),
    "objectives": ("Objectives of GANs", "minigen.models"),
}
"""Headings of the classes' lists by their folders, and whence they are imported."""


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return everything that has a page, in the order in which it is listed."""
    order = list(_FAMILIES.values())
    ops = [_op(name, target) for name, target in pages()["ops"].items()]
    classes = [
        Entry(name, folder, module, group, target)
        for folder, (group, module) in _CLASSES.items()
        for name, target in pages()[folder].items()
    ]
    return (*sorted(ops, key=lambda entry: order.index(entry.group)), *classes)


def _op(name: str, target: Any) -> Entry:
    """Return the entry of an op, or of a function that is made of ops."""
    public = getattr(functional, name, None) is target
    module = functional.__name__ if public else target.__module__
    return Entry(name, "ops", module, _FAMILIES[target.__module__], target)


@functools.cache
def entry_of() -> dict[int, Entry]:
    """Return the entry of each thing, by its identity."""
    return {id(entry.target): entry for entry in entries()}


def sources() -> dict[str, str]:
    """Return the sources of all pages of code, and of the page that lists them."""
    found = {f"{entry.page}.md": _page(entry) for entry in entries()}
    return {"ops/index.md": _index(), **found}


def _page(entry: Entry) -> str:
    """Return the source of one page: the columns are made by a directive."""
    full = f"{entry.module}.{entry.name}"
    shown = f".. autofunction:: {full}" if entry.folder == "ops" else f":py:obj:`{full}`"
    return "\n".join(
        [
            "---\norphan: true\nhide-toc: true\n---\n",
            f"# {entry.name}\n",
            f"```{{eval-rst}}\n{entry.summary}\n```\n",
            f":::{{container}} family\n{_family(entry)}\n:::\n",
            f"```{{explanation}} {entry.name}\n```\n",
            f"## Reference\n\n```{{eval-rst}}\n{shown}\n```\n",
        ]
    )


def _family(entry: Entry) -> str:
    """Return links to the pages beside one: those that are listed under the same heading."""
    beside = [each for each in entries() if each.group == entry.group]
    links = " ".join(
        f"**{each.name}**" if each == entry else f"[{each.name}](../{each.page}.md)"
        for each in beside
    )
    return f"[{entry.group}](../ops/index.md): {links}"


def _index() -> str:
    """Return the source of the page that lists all others."""
    parts = [
        "# Ops and layers\n\n"
        "Each page puts three things side by side: how a result is derived, the library's code for "
        "it, read from its file when the site was built, and the check that was run then. "
        "`minigen explain` shows the same at the terminal, and runs the checks as you look.\n"
    ]
    for group in dict.fromkeys(entry.group for entry in entries()):
        members = [entry for entry in entries() if entry.group == group]
        listed = "\n".join(
            f"   * - :doc:`{entry.name} </{entry.page}>`\n     - {entry.summary}"
            for entry in members
        )
        table = f".. list-table::\n   :class: listing\n   :widths: 25 75\n\n{listed}"
        parts.append(f"## {group}\n\n```{{eval-rst}}\n{table}\n```\n")
    return "\n".join(parts)
