r"""Tensors: arrays that can record how they were made, so that gradients flow back through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigen.engine import backend
from minigen.engine.backend import Array, DTypeLike, array_of, is_array
from minigen.engine.graph import Node, Vertex, owned, walk_back
from minigen.engine.modes import is_grad_enabled
from minigen.engine.writes import writes

if TYPE_CHECKING:
    from minigen.ops.methods import TensorMethods
else:

    class TensorMethods:
        """Stands in for `minigen.ops.methods.TensorMethods`, whose methods `minigen.ops` adds."""

        __slots__ = ()


class Tensor(TensorMethods):
    """An array that can record how it was made, so that gradients flow back through it.

    Parameters
    ----------
    data : array_like
        The values. An array is not copied; `minigen.tensor` copies.
    requires_grad : bool, default False
        Whether `backward` accumulates a gradient in ``.grad``. Floating-point tensors only.

    Attributes
    ----------
    data : array
        The values, a NumPy or CuPy array. Assigning it (``t.data -= step``) is logged, so that a
        graph that still needs the old values refuses to run backward. A write into the array
        itself (``t.data[0] = 1``) goes unseen but by `detect_anomaly`; ``t[0] = 1`` is logged.
    grad : Tensor or None
        The gradient that `backward` accumulated, of the same shape and dtype.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> loss = (x * x).sum()
    >>> loss.backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "_data", "_node", "_requires_grad", "grad")
    __array_ufunc__ = None  # `array * tensor` is left to the tensor

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self._data: Array = data if backend.is_array(data) else np.asarray(data)
        self._node: Node | None = None
        self._requires_grad = False
        self.grad: Tensor | None = None
        if requires_grad:
            self.requires_grad = True

    @property
    def data(self) -> Array:
        """The values, as an array."""
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        xp = backend.namespace(self._data)
        array = value if backend.is_array(value) else xp.asarray(value, dtype=self.dtype)
        if array.shape != self.shape:
            raise ValueError(
                f"tensor.data: got shape {array.shape}, expected {self.shape}; "
                "make a new tensor to change the shape"
            )
        if self._requires_grad and array.dtype.kind != "f":
            raise TypeError(
                f"tensor.data: got dtype {array.dtype} for a tensor that requires a gradient; "
                "floats are expected"
            )
        writes.note(self._data)
        writes.note(array)
        self._data = array

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self._data.dtype.kind != "f":
            raise TypeError(
                f"requires_grad: a tensor of dtype {self._data.dtype} has no gradient; "
                "convert it first, x.to('float32')"
            )
        if not value and self._node is not None:
            raise RuntimeError(
                f"requires_grad: this tensor was made by the op {self._node.op.name}; "
                "detach() it to cut it from the graph"
            )
        self._requires_grad = value

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made this tensor: `backward` fills ``.grad`` of leaves alone."""
        return self._node is None

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, a NumPy dtype."""
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """Where the array lives: ``"cpu"`` or ``"cuda:N"``."""
        return backend.device_of(self._data)

    def backward(
        self,
        gradient: Tensor | Array | None = None,
        *,
        retain_graph: bool = False,
        create_graph: bool = False,
    ) -> None:
        """Accumulate into ``.grad`` of each leaf the gradient of this tensor.

        Parameters
        ----------
        gradient : Tensor or array, optional
            The cotangent of this tensor, of its shape; 1 where the tensor is a scalar.
        retain_graph : bool, default False
            Keep the graph, so that it can be used again; otherwise it is freed.
        create_graph : bool, default False
            Record the backward pass, so that the gradients can be differentiated; keeps the graph.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient, is no scalar and `gradient` is missing, if
            the graph was freed, or if an array that a rule needs was written to since.
        ValueError
            If `gradient` has another shape than the tensor.

        Derivation: autograd.accumulation
        """
        cotangent = seed_of(self, gradient, create_graph, "backward")
        keep = retain_graph or create_graph
        found = propagate([self], [cotangent], create_graph=create_graph, retain_graph=keep)
        for leaf, arrived in found.items():
            gradient = settle(leaf, arrived)
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient

    def zero_grad(self) -> None:
        """Forget the accumulated gradient."""
        self.grad = None

    def detach(self) -> Tensor:
        """Return a tensor of the same values (sharing memory) that the graph does not know."""
        return Tensor(self._data)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad``; return the tensor itself."""
        self.requires_grad = requires_grad
        return self

    def numpy(self) -> npt.NDArray[Any]:
        """Return the values as a NumPy array of its own, copied from the GPU if need be."""
        return np.array(backend.to_numpy(self._data))

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        ValueError
            If there is not exactly one element.
        """
        if self.size != 1:
            raise ValueError(f"item: a tensor of shape {self.shape} is not one number")
        return self._data.item()

    def tolist(self) -> Any:
        """Return the values as nested Python lists."""
        return self._data.tolist()

    def copy_(self, source: Any) -> Tensor:
        """Write `source`, broadcast to this tensor's shape, into its memory; return the tensor."""
        self[...] = source
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        if self._requires_grad and is_grad_enabled():
            raise RuntimeError(
                "a tensor that requires a gradient can't be written in place while ops are "
                "recorded: use F.where, or write inside `with minigen.no_grad():`"
            )
        if isinstance(value, Tensor) and value._requires_grad and is_grad_enabled():
            raise RuntimeError(
                "the value requires a gradient, which a write in place would cut off: use F.where, "
                "F.stack or F.cat, or detach() it first"
            )
        source = array_of(value)
        if isinstance(source, list | tuple):
            source = backend.namespace(self._data).asarray(source)
        if is_array(source):
            _expect_device("tensor[...] = value", self, source)
        self._data[as_index(index)] = source
        writes.note(self._data)

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        if self._requires_grad:
            raise RuntimeError(
                "a NumPy function on a tensor that requires a gradient would cut the graph: "
                "use minigen.functional, or detach() the tensor first"
            )
        array = backend.to_numpy(self._data)
        if copy is False and dtype is not None and array.dtype != np.dtype(dtype):
            raise ValueError(f"a {array.dtype} tensor can't be shown as {dtype} without a copy")
        return array.astype(dtype or array.dtype, copy=bool(copy))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor without axes")
        return self.shape[0]

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"a tensor of dtype {self.dtype} is no index")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self) -> str:
        prefix = "tensor("
        values = np.array2string(backend.to_numpy(self._data), separator=", ", prefix=prefix)
        notes = [values]
        if self.dtype not in _UNSAID_DTYPES:
            notes.append(f"dtype={self.dtype}")
        if self.device != backend.CPU:
            notes.append(f"device={self.device!r}")
        if self._node is not None:
            notes.append(f"op={self._node.op.name}")
        elif self._requires_grad:
            notes.append("requires_grad=True")
        return prefix + ", ".join(notes) + ")"

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._node is not None:
            raise TypeError(
                f"a tensor made by the op {self._node.op.name} can't be copied or pickled with its "
                "graph: detach() it first"
            )
        return super().__reduce_ex__(protocol)

    __hash__ = object.__hash__  # `==` compares elements, so identity is what is hashed


_UNSAID_DTYPES = {np.dtype(np.float32), np.dtype(np.int64), np.dtype(np.bool_)}


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
    source = data._data if isinstance(data, Tensor) else data
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
    return backend.to_numpy(data._data) if isinstance(data, Tensor) else data


def propagate(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Any],
    *,
    targets: set[Vertex] | None = None,
    create_graph: bool = False,
    retain_graph: bool = False,
) -> dict[Any, Any]:
    """Carry cotangents back from `outputs`; return those that arrive at each target.

    The targets are all leaves that require a gradient, unless given. Cotangents are arrays, or
    tensors under `create_graph`, as the rules returned them: `settle` makes gradients of them.
    """
    return walk_back(
        outputs,
        cotangents,
        targets=targets,
        link=_linked if create_graph else None,
        retain_graph=retain_graph,
    )


def settle(x: Tensor, cotangent: Any) -> Tensor:
    """Make the gradient of `x` from the cotangent that arrived: a tensor of its shape and dtype."""
    gradient = cotangent if isinstance(cotangent, Tensor) else Tensor(cotangent)
    if gradient.shape != x.shape:
        raise RuntimeError(
            f"a gradient rule returned shape {gradient.shape} for an input of shape {x.shape}; "
            "a rule undoes broadcasting with sum_to_size(g, shape)"
        )
    if x._node is not None:  # an intermediate's cotangent may be shared with other rules
        gradient = owned(gradient, [cotangent])
    return gradient if gradient.dtype == x.dtype else gradient.to(x.dtype)


def seed_of(output: Tensor, cotangent: Any, create_graph: bool, caller: str) -> Any:
    """Check the cotangent of an output, or make the 1 of a scalar."""
    if not output._requires_grad:
        raise RuntimeError(
            f"{caller}: the tensor does not require a gradient: no input of the ops that made it "
            "does, or it was made under no_grad() or detached"
        )
    if cotangent is None:
        if output.size != 1:
            raise RuntimeError(
                f"{caller}: a tensor of shape {output.shape} is not a scalar: "
                "pass its cotangent as `gradient`, or reduce it with sum() or mean()"
            )
        cotangent = backend.namespace(output._data).ones_like(output._data)
    if not isinstance(cotangent, Tensor):
        library = backend.namespace(output._data)
        cotangent = Tensor(cotangent if is_array(cotangent) else library.asarray(cotangent))
    if cotangent.shape != output.shape:
        raise ValueError(
            f"{caller}: the cotangent has shape {cotangent.shape}, the tensor {output.shape}"
        )
    _expect_device(f"{caller}: the cotangent", output, cotangent._data)
    if cotangent.dtype != output.dtype:
        cotangent = cotangent.to(output.dtype)
    if output._node is None:  # a leaf's gradient must not share the caller's memory
        cotangent = owned(cotangent, [cotangent])
    return cotangent if create_graph else cotangent._data


def _expect_device(role: str, x: Tensor, array: Array) -> None:
    """Refuse an array that lives on another device than a tensor."""
    if backend.device_of(array) != x.device:
        raise backend.DeviceError(
            f"{role}: the array lives on {backend.device_of(array)}, the tensor on {x.device}: "
            "move one with .to(device)"
        )


def _linked(array: Any, target: Vertex) -> Tensor:
    """Show an array of a node to a rule as the tensor it belonged to."""
    return result(array, target) if isinstance(target, Node) else target


def result(array: Array, node: Node | None = None) -> Tensor:
    """Wrap an op's output; `node` recorded it, or is None."""
    out = Tensor.__new__(Tensor)  # one a call of an op: what __init__ would check is known
    out._data = array if type(array) is np.ndarray or is_array(array) else np.asarray(array)
    out._node = node
    out._requires_grad = node is not None
    out.grad = None
    return out


def as_index(index: Any) -> Any:
    """Replace the tensors in an index by their arrays."""
    if isinstance(index, tuple | list):
        return type(index)(as_index(part) for part in index)
    return array_of(index)
