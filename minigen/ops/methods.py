"""The operators and methods of `Tensor`: each is a call of an op.

`minigen.ops` adds them to `Tensor`, which the ops themselves are built on. Type checkers see
`TensorMethods` as a base class of `Tensor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigen.engine import backend
from minigen.engine.tensor import Tensor, as_index
from minigen.ops import activation, arithmetic, elementwise, linear, reduction, shaping
from minigen.ops.dtypes import DEFAULT_FLOAT

Other = Any
"""The other operand: a tensor, an array or a number."""


class TensorMethods:
    """Arithmetic, comparison, indexing and the functions that read well as methods."""

    __slots__ = ()
    __hash__ = object.__hash__  # `==` compares elements, so identity is what is hashed

    def __add__(self, other: Other) -> Tensor:
        return arithmetic.add(self, other)

    def __radd__(self, other: Other) -> Tensor:
        return arithmetic.add(other, self)

    def __sub__(self, other: Other) -> Tensor:
        return arithmetic.sub(self, other)

    def __rsub__(self, other: Other) -> Tensor:
        return arithmetic.sub(other, self)

    def __mul__(self, other: Other) -> Tensor:
        return arithmetic.mul(self, other)

    def __rmul__(self, other: Other) -> Tensor:
        return arithmetic.mul(other, self)

    def __truediv__(self, other: Other) -> Tensor:
        return arithmetic.div(self, other)

    def __rtruediv__(self, other: Other) -> Tensor:
        return arithmetic.div(other, self)

    def __pow__(self, other: Other) -> Tensor:
        return arithmetic.pow(self, other)

    def __rpow__(self, other: Other) -> Tensor:
        return arithmetic.pow(_like(other, self), self)

    def __matmul__(self, other: Other) -> Tensor:
        return linear.matmul(self, other)

    def __rmatmul__(self, other: Other) -> Tensor:
        return linear.matmul(other, self)

    def __neg__(self) -> Tensor:
        return arithmetic.neg(self)

    def __pos__(self) -> Tensor:
        return shaping.clone(self)

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)

    def __eq__(self, other: Other) -> Tensor:  # type: ignore[override] # elementwise, as NumPy's
        return arithmetic.eq(self, other)

    def __ne__(self, other: Other) -> Tensor:  # type: ignore[override] # elementwise, as NumPy's
        return arithmetic.ne(self, other)

    def __lt__(self, other: Other) -> Tensor:
        return arithmetic.lt(self, other)

    def __le__(self, other: Other) -> Tensor:
        return arithmetic.le(self, other)

    def __gt__(self, other: Other) -> Tensor:
        return arithmetic.gt(self, other)

    def __ge__(self, other: Other) -> Tensor:
        return arithmetic.ge(self, other)

    def __and__(self, other: Other) -> Tensor:
        return arithmetic.logical_and(self, other)

    def __rand__(self, other: Other) -> Tensor:
        return arithmetic.logical_and(other, self)

    def __or__(self, other: Other) -> Tensor:
        return arithmetic.logical_or(self, other)

    def __ror__(self, other: Other) -> Tensor:
        return arithmetic.logical_or(other, self)

    def __invert__(self) -> Tensor:
        return arithmetic.logical_not(self)

    def __getitem__(self, index: Any) -> Tensor:
        return shaping.getitem(self, index=as_index(index))

    def __iter__(self: Any) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    # An op is called as a method with the tensor as its first input.
    exp = elementwise.exp
    log = elementwise.log
    sqrt = elementwise.sqrt
    abs = elementwise.abs
    sign = elementwise.sign
    sin = elementwise.sin
    cos = elementwise.cos
    pow = arithmetic.pow
    clip = clamp = arithmetic.clip
    maximum = arithmetic.maximum
    minimum = arithmetic.minimum
    relu = activation.relu
    sigmoid = activation.sigmoid
    tanh = activation.tanh
    softmax = activation.softmax
    log_softmax = activation.log_softmax
    matmul = linear.matmul
    sum = reduction.sum
    mean = reduction.mean
    var = reduction.var
    std = reduction.std
    max = amax = reduction.max
    min = amin = reduction.min
    argmax = reduction.argmax
    argmin = reduction.argmin
    all = reduction.all
    any = reduction.any
    logsumexp = reduction.logsumexp
    transpose = shaping.transpose
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    flatten = shaping.flatten
    clone = shaping.clone
    astype = shaping.astype

    def reshape(self, *shape: Any) -> Tensor:
        """See `minigen.functional.reshape`; the lengths one by one, or as one tuple."""
        return shaping.reshape(self, shape=_one_sequence(shape))

    view = reshape

    def permute(self, *dims: Any) -> Tensor:
        """See `minigen.functional.permute`; the axes one by one, or as one tuple."""
        return shaping.permute(self, dims=_one_sequence(dims))

    @property
    def T(self: Any) -> Tensor:  # noqa: N802 - NumPy's and PyTorch's name
        """The tensor with its axes in reverse order."""
        return shaping.permute(self, dims=tuple(reversed(range(self.ndim))))

    def broadcast_to(self, *shape: Any) -> Tensor:
        """See `minigen.functional.broadcast_to`; the lengths one by one, or as one tuple."""
        return shaping.broadcast_to(self, shape=_one_sequence(shape))

    expand = broadcast_to

    def float(self) -> Tensor:
        """Convert to float32."""
        return shaping.astype(self, dtype="float32")

    def double(self) -> Tensor:
        """Convert to float64."""
        return shaping.astype(self, dtype="float64")

    def long(self) -> Tensor:
        """Convert to int64."""
        return shaping.astype(self, dtype="int64")

    def to(self: Any, device_or_dtype: Any) -> Tensor:
        """Return the tensor on another device, or in another dtype.

        Parameters
        ----------
        device_or_dtype : str or dtype_like
            ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; or whatever NumPy accepts as a dtype.

        Returns
        -------
        Tensor
            This tensor if nothing changes, else a copy, through which gradients flow back.

        Raises
        ------
        minigen.backend.DeviceError
            If the device is not there.
        """
        if backend.looks_like_device(device_or_dtype):
            target = backend.canonical_device(device_or_dtype)
            return self if self.device == target else shaping.to_device(self, device=target)
        same = self.dtype == backend.as_dtype(device_or_dtype)
        return self if same else shaping.astype(self, dtype=device_or_dtype)

    def cpu(self) -> Tensor:
        """Return the tensor on the CPU."""
        return self.to(backend.CPU)

    def cuda(self) -> Tensor:
        """Return the tensor on the first GPU."""
        return self.to("cuda")


def _one_sequence(values: Sequence[Any]) -> tuple[int, ...]:
    """Read ``f(2, 3)`` and ``f((2, 3))`` alike."""
    if len(values) == 1 and isinstance(values[0], Sequence):
        return tuple(values[0])
    return tuple(values)


def _like(value: Other, reference: Any) -> Other:
    """Make an array of a number, so that ``2 ** tensor`` has a base to keep."""
    if not isinstance(value, int | float | np.generic):
        return value
    widens = reference.dtype.kind != "f" and isinstance(value, float | np.floating)
    dtype = DEFAULT_FLOAT if widens else reference.dtype
    return backend.namespace(reference.data).asarray(value, dtype=dtype)
