"""Writing in place, as PyTorch does it: ``p -= step``, ``x[mask] = 0``, ``h.clamp_(0)``.

A write changes the tensor wherever it is held: the object stays, and so does its memory. Every
write is logged, so a recorded rule that still needs the old values refuses to run (see `guards`).

Where no gradient is asked for, the new values are computed and written, and that is all. While ops
are recorded, a write into a tensor that gradients flow through is an op like any other: ``h *= w``
computes ``h * w``, records it, writes the values into the memory of h, and from then on the node
that made h is that of the product. A leaf that requires a gradient refuses, as in PyTorch: the
gradient of the values that it had would have nowhere to go.

An element or a slice, ``v = h[0]``, shows memory of h. A write into v is a write into ``h[0]``:
both get new nodes. Other views (``h.T``, ``h.reshape(-1)``) don't know of what they are views, and
refuse recorded writes. A view that was taken before such a write has values of today and a node of
yesterday, and a backward pass through a later use of it is refused.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from minigen.engine.backend import (
    Array,
    DeviceError,
    Holder,
    array_of,
    as_index,
    device_of,
    is_array,
    namespace,
    owner,
)
from minigen.engine.graph import SHOWS_ITS_INPUT, Node, functions, ops, overwritten
from minigen.engine.guards import tick, writes
from minigen.engine.modes import is_grad_enabled
from minigen.engine.random import Generator, default_generator

_SPARES_THE_OUTPUT = {"div", "pow"}
"""Ops whose output may be written, as in PyTorch: there their rules need the inputs alone. Here
they look at the output, so they are left a copy."""


class Writable(Holder):
    """What of a tensor can be written in place."""

    __slots__ = ("_requires_grad", "_view", "grad_fn")

    _requires_grad: bool
    _view: tuple[Writable, Any]
    grad_fn: Node | None

    # ------------------------------------------------------------------------------- arithmetic

    def __iadd__(self, other: Any) -> Self:
        return self._update("add", other)

    def __isub__(self, other: Any) -> Self:
        return self._update("sub", other)

    def __imul__(self, other: Any) -> Self:
        return self._update("mul", other)

    def __itruediv__(self, other: Any) -> Self:
        return self._update("div", other)

    def __ifloordiv__(self, other: Any) -> Self:
        return self._update("floor_divide", other)

    def __imod__(self, other: Any) -> Self:
        return self._update("remainder", other)

    def __ipow__(self, other: Any) -> Self:
        return self._update("pow", other)

    def __iand__(self, other: Any) -> Self:
        return self._update("logical_and", other)

    def __ior__(self, other: Any) -> Self:
        return self._update("logical_or", other)

    def add_(self, other: Any, *, alpha: float = 1) -> Self:
        """Add `alpha` times `other` in place."""
        return self._update("add", other if alpha == 1 else other * alpha)

    def sub_(self, other: Any, *, alpha: float = 1) -> Self:
        """Subtract `alpha` times `other` in place."""
        return self._update("sub", other if alpha == 1 else other * alpha)

    def mul_(self, other: Any) -> Self:
        """Multiply by `other` in place."""
        return self._update("mul", other)

    def div_(self, other: Any) -> Self:
        """Divide by `other` in place."""
        return self._update("div", other)

    def pow_(self, exponent: Any) -> Self:
        """Raise to a power in place."""
        return self._update("pow", exponent)

    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: float = 1) -> Self:
        """Add `value` times a product in place."""
        return self._update("addcmul", tensor1, tensor2, value=value)

    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: float = 1) -> Self:
        """Add `value` times a quotient in place."""
        return self._update("addcdiv", tensor1, tensor2, value=value)

    def sqrt_(self) -> Self:
        """Take square roots in place."""
        return self._update("sqrt")

    def exp_(self) -> Self:
        """Take exponentials in place."""
        return self._update("exp")

    def neg_(self) -> Self:
        """Negate in place."""
        return self._update("neg")

    def relu_(self) -> Self:
        """Put 0 for what is negative in place."""
        return self._update("relu")

    def sigmoid_(self) -> Self:
        """Take the logistic function in place."""
        return self._update("sigmoid")

    def tanh_(self) -> Self:
        """Take the hyperbolic tangent in place."""
        return self._update("tanh")

    def clamp_min_(self, min: Any) -> Self:
        """Raise values below a limit to it in place."""
        return self._update("clip", min=min)

    def clamp_max_(self, max: Any) -> Self:
        """Lower values above a limit to it in place."""
        return self._update("clip", max=max)

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Limit the values to the interval from `min` to `max` in place; None is no limit."""
        return self._update("clip", min=min, max=max)

    clip_ = clamp_

    # ----------------------------------------------------------------------------------- values

    def copy_(self, source: Any) -> Self:
        """Write `source`, broadcast to this tensor's shape, into its memory; return the tensor."""
        self[...] = source
        return self

    def fill_(self, value: Any) -> Self:
        """Write one number everywhere; return the tensor."""
        axes = getattr(value, "ndim", 0)
        if axes:
            raise RuntimeError(f"fill_: one number is expected, got {axes} axes; copy_ takes more")
        return self.copy_(value)

    def zero_(self) -> Self:
        """Write zeros; return the tensor."""
        return self.copy_(0)

    def normal_(
        self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Write numbers drawn from N(mean, std²); return the tensor."""
        source = generator or default_generator()
        return self.copy_(mean + std * source.normal(self.shape, self.dtype, self.device))

    def uniform_(
        self, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Write numbers drawn uniformly from [low, high); return the tensor."""
        source = generator or default_generator()
        return self.copy_(low + (high - low) * source.uniform(self.shape, self.dtype, self.device))

    def lerp_(self, end: Any, weight: Any) -> Self:
        """Go a share of the way to `end` in place, as an average of weights does."""
        return self.add_((end - self) * weight)

    def masked_fill_(self, mask: Any, value: float) -> Self:
        """Write a number where the mask is true; return the tensor."""
        self[mask] = value
        return self

    def fill_diagonal_(self, value: float) -> Self:
        """Write a number on the main diagonal of a matrix; return the tensor."""
        if self.ndim != 2:
            raise RuntimeError(f"fill_diagonal_: a matrix is expected, got shape {self.shape}")
        return self.masked_fill_(namespace(self._data).eye(*self.shape, dtype=bool), value)

    # --------------------------------------------------------------------------- at given places

    def scatter_(
        self, dim: int, index: Any, src: Any = None, *, value: float | None = None
    ) -> Self:
        """Write elements, or a number, at indices along an axis, as `scatter` does."""
        return self._update("scatter", dim, index, src, value=value)

    def scatter_add_(self, dim: int, index: Any, src: Any) -> Self:
        """Add elements at indices along an axis, as `scatter_add` does."""
        return self._update("scatter_add", dim, index, src)

    def index_add_(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Self:
        """Add slices to those that a list of integers names, as `index_add` does."""
        return self._update("index_add", dim, index, source, alpha=alpha)

    def index_fill_(self, dim: int, index: Any, value: float) -> Self:
        """Write a number into the slices that a list of integers names, as `index_fill` does."""
        return self._update("index_fill", dim, index, value)

    def index_copy_(self, dim: int, index: Any, source: Any) -> Self:
        """Write slices over those that a list of integers names, as `index_copy` does."""
        return self._update("index_copy", dim, index, source)

    def __setitem__(self, index: Any, value: Any) -> None:
        if self._records(value):
            self._assign(index, value)
        else:
            self._write(as_index(index), self._source(value))

    # ------------------------------------------------------------------------------------ graph

    def detach_(self) -> Self:
        """Cut this tensor from the graph, so that it is a leaf without a gradient; return it.

        Raises
        ------
        RuntimeError
            If the tensor is a view: what it shows would still be in the graph.
        """
        if self.grad_fn is not None and self._is_view():
            raise RuntimeError("a view can't be detached in place: use detach() instead")
        self.grad_fn = None
        self._requires_grad = False
        return self

    def _records(self, *operands: Any) -> bool:
        """Tell whether a write of these operands is an op to record."""
        return is_grad_enabled() and (
            self._requires_grad
            or any(isinstance(x, Writable) and x._requires_grad for x in operands)
        )

    def _update(self, name: str, *operands: Any, **options: Any) -> Self:
        """Write what the function `name` makes of this tensor and the operands."""
        function = functions.get(name) or ops[name]
        if not self._records(*operands):
            made = function(self, *operands, **options)
            self._expect_fit(name, made)
            self._write(..., made._data)
            return self
        before = self._before()
        operands = tuple(before if x is self else x for x in operands)
        made = function(before, *operands, **options)
        self._expect_fit(name, made)
        if made.grad_fn is None:
            raise RuntimeError(
                f"{name} has no gradient, so it can't be recorded in place: detach() the tensor "
                "first, or write inside `with minigen.no_grad():`"
            )
        self._become(made if made.dtype == self.dtype else ops["astype"](made, dtype=self.dtype))
        return self

    def _assign(self, index: Any, value: Any) -> None:
        """Record ``self[index] = value``."""
        view = getattr(value, "_view", None)
        if view is not None and view[0] is self and view[1] is index:
            return  # the end of ``h[index] += 1``: what is assigned was written already
        if self.dtype.kind != "f":
            raise RuntimeError(
                f"the value requires a gradient, which a write into a tensor of dtype {self.dtype} "
                "would cut off: detach() it first"
            )
        made = _with_elements(self._before(), as_index(index), value, self._source(value))
        if made is not None:
            self._become(made)

    def _before(self) -> Any:
        """Return a copy, as a rule may need it, of what a recorded write finds; or refuse."""
        base, seen = self, self._origin()
        while (above := base._origin()) is not None:
            base = above[0]
        if base._requires_grad and base.grad_fn is None:
            leaf = "a leaf tensor" if base is self else "a view of a leaf tensor"
            raise RuntimeError(
                f"{leaf} that requires a gradient can't be written in place while ops are "
                "recorded, since the gradient of its old values would have nowhere to go: write "
                "inside `with minigen.no_grad():`, or into a clone()"
            )
        if base._is_view():
            raise RuntimeError(
                "a view can't be written in place while ops are recorded, unless it was taken by "
                "an index: the tensor that it shows would not know. Write into that one, or into "
                "a clone()"
            )
        return ops["clone"](self if seen is None else seen[0][seen[1]])

    def _become(self, made: Writable) -> None:
        """Take over values and node of what was made; the object and its memory stay."""
        seen = self._origin()
        if seen is not None:
            base, index = seen
            base[index] = made
            self._data[...] = made._data
            made = base[index]
        else:
            self._expect_own_elements()
            old = self.grad_fn
            if old is not None and old.out is self._data and old.op.name in _SPARES_THE_OUTPUT:
                old.out = self._data.copy()
            self._data[...] = made._data
            writes.note(self._data)
            if old is not None:
                overwritten[old] = tick()
        self.grad_fn, self._requires_grad = made.grad_fn, True

    # ----------------------------------------------------------------------------------- memory

    def _write(self, index: Any, source: Any) -> None:
        """Write into the memory, and log it."""
        self._expect_own_elements()
        self._data[index] = source
        writes.note(self._data)
        seen = self._origin()
        if seen is not None and not self.ndim:  # of an element NumPy makes a number of its own
            seen[0]._write(as_index(seen[1]), self._data)

    def _origin(self) -> tuple[Any, Any] | None:
        """Return the tensor and the index that this tensor is an element or a slice of, if any."""
        seen: tuple[Any, Any] | None = getattr(self, "_view", None)
        if seen is None or (self.ndim and owner(self._data) is not owner(seen[0]._data)):
            return None
        return seen

    def _is_view(self) -> bool:
        """Tell whether the memory may be another tensor's."""
        if self.grad_fn is None:
            return self._data.base is not None
        name = self.grad_fn.op.name
        return name in SHOWS_ITS_INPUT and (self._data.base is not None or name == "sum_to_size")

    def _source(self, value: Any) -> Any:
        """Return what is to be written as an array, or as the number that it is."""
        source = array_of(value)
        if isinstance(source, list | tuple):
            source = namespace(self._data).asarray(source)
        if is_array(source):
            expect_device("tensor[...] = value", self, source)
        return source

    def _expect_fit(self, name: str, made: Holder) -> None:
        """Refuse a result of another shape, or of a dtype that would lose what it says."""
        if made.shape != self.shape:
            raise RuntimeError(
                f"{name}: output with shape {list(self.shape)} doesn't match the broadcast shape "
                f"{list(made.shape)}: a write in place keeps the shape"
            )
        if _RANK[made.dtype.kind] > _RANK[self.dtype.kind]:
            raise RuntimeError(
                f"{name}: result type {made.dtype} can't be cast to the desired output type "
                f"{self.dtype}: a write in place keeps the dtype"
            )

    def _expect_own_elements(self) -> None:
        """Refuse a tensor that was expanded: several of its elements are one number."""
        strides = self._data.strides
        if 0 in strides and any(
            length > 1 and not stride for length, stride in zip(self.shape, strides, strict=True)
        ):
            raise RuntimeError(
                "more than one element of the written-to tensor refers to a single memory "
                "location: clone() the tensor before writing into it"
            )


_RANK = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
"""Kinds of dtypes, by what they can say: a lower one can't hold a higher one's values."""


def _with_elements(before: Any, index: Any, value: Any, source: Any) -> Any:
    """Record what `before` is once elements were written; None if the index picks none."""
    library = namespace(before._data)
    written = library.zeros(before.shape, bool)
    written[index] = True
    if not (isinstance(value, Writable) and value._requires_grad):
        filled = before._data.copy()
        filled[index] = source
        return ops["where"](written, filled, before)
    places = library.zeros(before.shape, np.int64)
    shape = places[index].shape
    count = math.prod(shape)
    if not count:
        return None
    places[index] = library.arange(count).reshape(shape)
    leading = max(value.ndim - len(shape), 0)
    if leading and value.shape[:leading] == (1,) * leading:
        value = ops["reshape"](value, shape=value.shape[leading:])
    if value.dtype != before.dtype:
        value = ops["astype"](value, dtype=before.dtype)
    spread = ops["reshape"](ops["broadcast_to"](value, shape=shape), shape=(count,))
    return ops["where"](written, ops["getitem"](spread, index=places), before)


def expect_device(role: str, x: Holder, array: Array) -> None:
    """Refuse an array that lives on another device than a tensor."""
    if device_of(array) != x.device:
        raise DeviceError(
            f"{role}: the array lives on {device_of(array)}, the tensor on {x.device}: "
            "move one with .to(device)"
        )
