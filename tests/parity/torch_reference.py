"""All that the cases need of PyTorch, which may be absent: it is looked up when it is called."""

from __future__ import annotations

import functools
import importlib
import math
from typing import Any

import numpy as np

from .draws import Array


class _Attribute:
    """A name inside PyTorch, such as ``nn.functional.relu``, looked up at each call."""

    def __init__(self, *path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> _Attribute:
        if name.startswith("__"):  # what Python and pytest ask of any object
            raise AttributeError(name)
        return _Attribute(*self._path, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.value()(*args, **kwargs)

    def value(self) -> Any:
        return functools.reduce(getattr, self._path, importlib.import_module("torch"))


torch: Any = _Attribute()
"""Stands for the module: ``torch.relu`` is a function that needs PyTorch when it is called."""


class Torch:
    """PyTorch, as `evaluation.evaluate` wants a library."""

    grad = staticmethod(torch.autograd.grad)

    def tensor(self, values: Array) -> Any:
        """Make a leaf, which requires a gradient if it holds floats."""
        return torch.from_numpy(np.array(values)).requires_grad_(values.dtype.kind == "f")

    parameter = tensor

    def constant(self, values: Array) -> Any:
        return torch.from_numpy(np.array(values))

    def array(self, tensor: Any) -> Array:
        return np.array(tensor.numpy(force=True))


def named_alike(name: str) -> Any:
    """Return PyTorch's function of a name: a layer's or a loss's goes before a tensor's."""

    def call(*inputs: Any, **options: Any) -> Any:
        whole, functions = torch.value(), torch.nn.functional.value()
        return getattr(functions if hasattr(functions, name) else whole, name)(*inputs, **options)

    return call


def counterpart(name: str, text: str, inputs: dict[str, Any], options: dict[str, Any]) -> Any:
    """Compute what the catalogue says is PyTorch's counterpart of a call.

    Where it says nothing, that is the function of its name, called alike.
    """
    if not text:
        return named_alike(name)(*inputs.values(), **options)
    names = {"torch": torch.value(), "F": torch.nn.functional.value()}
    return eval(text, names, inputs | options)


def version() -> str:
    return str(importlib.import_module("torch").__version__)


def convert(x: Any, dtype: str) -> Any:
    """Return `x` in the dtype of that name."""
    return x.to(getattr(torch, dtype).value())


def dims(axis: int | tuple[int, ...] | None, x: Any) -> int | tuple[int, ...]:
    """Return minigen's `axis` as PyTorch wants it where it takes no None."""
    return tuple(range(max(x.ndim, 1))) if axis is None else axis


def over_axes(function: Any) -> Any:
    """Give a reduction of PyTorch the names that minigen uses."""

    def reduction(x: Any, *, axis: Any, keepdims: bool, **options: Any) -> Any:
        return function(x, dim=dims(axis, x), keepdim=keepdims, **options)

    return reduction


def with_batchmean(loss: Any) -> Any:
    """Add to a loss of PyTorch the reduction ``"batchmean"``: the sum over the batch's length."""

    def reduced(x: Any, *others: Any, reduction: str, **options: Any) -> Any:
        if reduction == "batchmean":
            return loss(x, *others, reduction="sum", **options) / x.shape[0]
        return loss(x, *others, reduction=reduction, **options)

    return reduced


def with_reductions(elementwise: Any) -> Any:
    """Add every reduction to a loss an element."""

    def reduced(*inputs: Any, reduction: str = "none", **options: Any) -> Any:
        values = elementwise(*inputs, **options)
        if reduction == "none":
            return values
        if reduction == "mean":
            return values.mean()
        return values.sum() / (values.shape[0] if reduction == "batchmean" else 1)

    return reduced


def standardize(x: Any, *, axis: Any, eps: float) -> Any:
    centred = x - x.mean(dim=axis, keepdim=True)
    return centred / torch.sqrt(torch.var(x, dim=axis, keepdim=True, correction=0) + eps)


def pick(x: Any, index: Any) -> Any:
    """Index as NumPy does, which knows negative steps."""
    return x.flatten()[_positions(index, tuple(x.shape))]


def put(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Add the elements of `x` at an index into zeros of `shape`."""
    zeros = torch.zeros(math.prod(shape), dtype=x.dtype)
    return zeros.index_add(0, _positions(index, shape).flatten(), x.flatten()).reshape(shape)


def _positions(index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Return the row-major positions that an index picks."""
    arrays = tuple(part.numpy() if hasattr(part, "numpy") else part for part in index)
    picked = np.arange(math.prod(shape)).reshape(shape)[arrays]
    return torch.from_numpy(np.array(picked))


def normal(mu: Any, logvar: Any) -> Any:
    """Return the Gaussian of PyTorch's distributions."""
    return torch.distributions.Normal(mu, torch.exp(0.5 * logvar))


def unfolded(x: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    """Return what each window sees: shape (N, C, taps, windows)."""
    columns = torch.nn.functional.unfold(x, kernel, padding=padding, stride=stride)
    return columns.reshape(x.shape[0], x.shape[1], kernel[0] * kernel[1], -1)


def folded(columns: Any, size: Any, kernel: Any, stride: Any, padding: Any) -> Any:
    """Add up windows of shape (N, C, taps, windows) on images."""
    merged = columns.reshape(columns.shape[0], -1, columns.shape[-1])
    return torch.nn.functional.fold(merged, size, kernel, padding=padding, stride=stride)
