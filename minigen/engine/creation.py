"""Tensors made of data, constants, ranges and random numbers; float32 unless asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen.engine import backend
from minigen.engine.backend import DTypeLike, array_of, one_sequence
from minigen.engine.graph import functions
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor


def tensor(
    data: Any,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor from a copy of `data`.

    Parameters
    ----------
    data : array_like or Tensor
        Numbers, nested lists, an array, or a tensor (whose graph is not followed).
    dtype : dtype_like, optional
        The elements' type. Without it an array keeps its own, and Python floats become float32.
    device : str, optional
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``. Without it an array stays where it is.
    requires_grad : bool, default False
        Whether to accumulate gradients.

    Returns
    -------
    Tensor
        A leaf.

    Raises
    ------
    TypeError
        If `requires_grad` is asked of integers or Booleans, or `data` is no array of numbers.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1, 2], [3, 4]], dtype="float64").shape
    (2, 2)
    >>> minigen.tensor([0.5, 1.5]).dtype
    dtype('float32')
    """
    source = array_of(data)
    if backend.is_array(source):
        array = source.astype(dtype or source.dtype)  # astype copies
    else:
        array = np.array(_unwrapped(source), dtype=dtype)
        if dtype is None and array.dtype == np.float64 and not isinstance(source, np.generic):
            array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"tensor: no numbers of a supported type in {type(data).__name__} data "
            f"(dtype {array.dtype}); expected floats, integers or Booleans"
        )
    if device is not None:
        array = backend.to_device(array, device)
    return Tensor(array, requires_grad)


def _unwrapped(data: Any) -> Any:
    """Replace the tensors in nested lists by their arrays."""
    if isinstance(data, list | tuple):
        return [_unwrapped(item) for item in data]
    return backend.to_numpy(data.array) if isinstance(data, Tensor) else data


def zeros(
    *shape: int | Sequence[int],
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of zeros; the shape one by one or as a tuple."""
    array = np.zeros(one_sequence(shape), np.dtype(dtype))  # takes no memory until it is written to
    return Tensor(backend.to_device(array, device), requires_grad)


def ones(
    *shape: int | Sequence[int],
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of ones; the shape one by one or as a tuple."""
    return full(one_sequence(shape), 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    shape: int | Sequence[int],
    fill_value: float,
    *,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor whose elements are all `fill_value`."""
    array = np.full(shape, fill_value, np.dtype(dtype))
    return Tensor(backend.to_device(array, device), requires_grad)


def empty(
    *shape: int | Sequence[int],
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor whose elements are whatever stood in its memory, to be written over."""
    array = np.empty(one_sequence(shape), np.dtype(dtype))
    return Tensor(backend.to_device(array, device), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike = np.float32, device: str = backend.CPU
) -> Tensor:
    """Make the identity matrix: ones on the diagonal of `n` rows and `m` columns, n by default."""
    return Tensor(backend.to_device(np.eye(n, m, dtype=np.dtype(dtype)), device))


def as_tensor(data: Any, dtype: DTypeLike | None = None, device: str | None = None) -> Tensor:
    """Show data as a tensor, without a copy where there need be none.

    A tensor of that dtype and on that device is returned itself; a tensor made of an array shares
    its memory.

    Examples
    --------
    >>> import minigen
    >>> import numpy as np
    >>> array = np.zeros(2)
    >>> shown = minigen.as_tensor(array)
    >>> array[0] = 1
    >>> shown.tolist()
    [1.0, 0.0]
    """
    held = data if isinstance(data, Tensor) else None
    if held is None:
        held = Tensor(data) if backend.is_array(data) else tensor(data)
    for target in (dtype, device):
        held = held if target is None else held.to(target)
    return held


def from_numpy(array: npt.NDArray[Any]) -> Tensor:
    """Show a NumPy array as a tensor that shares its memory.

    Raises
    ------
    TypeError
        If it is no NumPy array of numbers.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: a NumPy array is expected, got {type(array).__name__}")
    return as_tensor(array)


def empty_like(x: Tensor) -> Tensor:
    """Make a tensor to be written over, of the shape, dtype and device of `x`."""
    return Tensor(backend.namespace(x.array).empty_like(x.array))


def full_like(x: Tensor, fill_value: float) -> Tensor:
    """Make a tensor of one value, of the shape, dtype and device of `x`."""
    return Tensor(backend.namespace(x.array).full_like(x.array, fill_value))


def zeros_like(x: Tensor) -> Tensor:
    """Make zeros of the shape, dtype and device of `x`."""
    return Tensor(backend.namespace(x.array).zeros_like(x.array))


def ones_like(x: Tensor) -> Tensor:
    """Make ones of the shape, dtype and device of `x`."""
    return Tensor(backend.namespace(x.array).ones_like(x.array))


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike | None = None,
    device: str = backend.CPU,
) -> Tensor:
    """Make the numbers from `start` (0 if one bound is given) up to `end`, which is left out."""
    low, high = (0, start) if end is None else (start, end)
    array = np.arange(low, high, step)
    kind: Any = dtype or (np.float32 if array.dtype.kind == "f" else array.dtype)
    return Tensor(backend.to_device(array.astype(kind), device))


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
) -> Tensor:
    """Make `steps` numbers at equal distances from `start` to `end`, both included."""
    return Tensor(backend.to_device(np.linspace(start, end, steps).astype(dtype), device))


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
) -> Tensor:
    r"""Make Hann's window, an arch from 0 to 1 and back: :math:`(1 - \cos(2 \pi n / N)) / 2`.

    Parameters
    ----------
    window_length : int
        N.
    periodic : bool, default True
        Whether it goes on smoothly when repeated, as spectra want it; otherwise it is symmetric,
        with N - 1 in the formula.

    Examples
    --------
    >>> import minigen
    >>> minigen.hann_window(4).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    return _raised_cosine(0.5, window_length, periodic, dtype, device)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
) -> Tensor:
    r"""Make Hamming's window, which ends at 0.08: :math:`0.54 - 0.46 \cos(2 \pi n / N)`.

    The parameters are those of `hann_window`.

    Examples
    --------
    >>> import minigen
    >>> minigen.hamming_window(2, dtype="float64").numpy().round(2).tolist()
    [0.08, 1.0]
    """
    return _raised_cosine(0.54, window_length, periodic, dtype, device)


def _raised_cosine(
    mean: float, length: int, periodic: bool, dtype: DTypeLike, device: str
) -> Tensor:
    """Return a window that is a cosine around a mean, 1 at its top; a single element is 1."""
    period = max(length - 1 + periodic, 1)
    waves = mean - (1 - mean) * np.cos(2 * np.pi * np.arange(length) / period)
    array = np.ones(1) if length == 1 else waves
    return Tensor(backend.to_device(array.astype(dtype), device))


def randn(
    *shape: int | Sequence[int],
    generator: Generator | None = None,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from N(0, 1), by `generator` or the default one."""
    source = generator or default_generator()
    return Tensor(source.normal(one_sequence(shape), dtype, device), requires_grad)


def rand(
    *shape: int | Sequence[int],
    generator: Generator | None = None,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Draw uniformly from [0, 1), by `generator` or the default one."""
    source = generator or default_generator()
    return Tensor(source.uniform(one_sequence(shape), dtype, device), requires_grad)


def randn_like(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Draw from N(0, 1) in the shape and dtype of `x`, and on its device."""
    return randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def rand_like(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Draw uniformly from [0, 1) in the shape and dtype of `x`, and on its device."""
    return rand(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def normal(
    mean: float | Tensor = 0.0,
    std: float | Tensor = 1.0,
    size: int | Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    device: str = backend.CPU,
) -> Tensor:
    """Draw from normal distributions, one an element.

    Parameters
    ----------
    mean, std : float or Tensor
        Means and standard deviations, of shapes that broadcast. No gradient flows to them:
        `minigen.functional.reparameterize` is for that.
    size : int or sequence of int, optional
        The shape, where both are numbers.

    Raises
    ------
    ValueError
        If the shape follows neither from a tensor nor from `size`, or a deviation is negative.

    Examples
    --------
    >>> import minigen
    >>> noise = minigen.normal(0, 0.02, size=(64, 100))
    >>> round(noise.std().item(), 3)
    0.02
    """
    tensors = [each.detach() for each in (mean, std) if isinstance(each, Tensor)]
    if bool(tensors) == (size is not None):
        raise ValueError(
            "normal: either a mean or std that is a tensor, or size, is expected: the shape "
            f"follows from one of them; got mean {mean}, std {std}, size {size}"
        )
    if (backend.to_numpy(array_of(std)) < 0).any():
        raise ValueError(f"normal: std of at least 0 is expected, got {std}")
    location, scale = (each.detach() if isinstance(each, Tensor) else each for each in (mean, std))
    if size is None:
        return randn_like(sum(tensors[1:], tensors[0]), generator=generator) * scale + location
    return randn(one_sequence((size,)), generator=generator, device=device) * scale + location


def bernoulli(x: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Draw 1 with the probability that each element is, and 0 otherwise; no gradient flows.

    Grey images whose pixels are probabilities are binarised so.

    Raises
    ------
    ValueError
        If one on the CPU lies outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> minigen.bernoulli(minigen.tensor([0.0, 1.0])).tolist()
    [0.0, 1.0]
    """
    p = x.detach()
    if x.device == backend.CPU and not ((p >= 0) & (p <= 1)).all():
        raise ValueError("bernoulli: probabilities in [0, 1] are expected, got others")
    return (rand_like(p, generator=generator) < p).to(x.dtype)


def randint(
    low: int,
    high: int | Sequence[int] | None = None,
    size: int | Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    device: str = backend.CPU,
) -> Tensor:
    """Draw integers, int64, uniformly from [low, high); with one bound, from [0, low).

    Examples
    --------
    >>> import minigen
    >>> classes = minigen.randint(10, (64,))
    >>> classes.shape, classes.dtype
    ((64,), dtype('int64'))
    """
    if size is None:
        low, high, size = 0, low, high
    if not isinstance(high, int) or size is None or high <= low:
        raise ValueError(
            "randint: randint(high, size) or randint(low, high, size) with low < high is expected, "
            f"got low {low}, high {high}, size {size}"
        )
    drawn = (generator or default_generator()).integers(low, high, one_sequence((size,)))
    return Tensor(backend.to_device(drawn, device))


def randperm(n: int, *, generator: Generator | None = None, device: str = backend.CPU) -> Tensor:
    """Draw an order: the numbers 0 to n - 1, int64, each once."""
    return Tensor(backend.to_device((generator or default_generator()).permutation(n), device))


def new_tensor(
    x: Tensor,
    data: Any,
    *,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of data, in the dtype and on the device of `x` unless they are given."""
    return tensor(
        data, dtype=dtype or x.dtype, device=device or x.device, requires_grad=requires_grad
    )


def new_full(
    x: Tensor,
    size: int | Sequence[int],
    fill_value: float,
    *,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of one value, of another shape, in the dtype and on the device of `x`."""
    return full(
        size,
        fill_value,
        dtype=dtype or x.dtype,
        device=device or x.device,
        requires_grad=requires_grad,
    )


def new_zeros(x: Tensor, *size: int | Sequence[int], **options: Any) -> Tensor:
    """Make zeros of another shape, in the dtype and on the device of `x`; see `new_full`."""
    return new_full(x, one_sequence(size), 0, **options)


def new_ones(x: Tensor, *size: int | Sequence[int], **options: Any) -> Tensor:
    """Make ones of another shape, in the dtype and on the device of `x`; see `new_full`."""
    return new_full(x, one_sequence(size), 1, **options)


def new_empty(x: Tensor, *size: int | Sequence[int], **options: Any) -> Tensor:
    """Make a tensor to be written over, in the dtype and on the device of `x`; see `new_full`."""
    return empty(*size, **{"dtype": x.dtype, "device": x.device, **options})


for _make in (new_tensor, new_full, new_zeros, new_ones, new_empty):
    functions[_make.__name__] = _make  # methods of tensors
