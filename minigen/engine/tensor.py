r"""Tensors: arrays that can record how they were made, so that gradients flow back through them."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigen.engine import backend, graph
from minigen.engine.backend import Array, as_index, is_array, one_sequence
from minigen.engine.comparison import allclose, equal
from minigen.engine.conversion import Convertible
from minigen.engine.graph import Node, Vertex, owned, vertex, walk_back
from minigen.engine.guards import writes
from minigen.engine.hooks import Handle, hooks
from minigen.engine.inplace import expect_device
from minigen.engine.numpy_protocol import Readable

Other = Any
"""The other operand: a tensor, an array or a number."""


ops: dict[str, Callable[..., Tensor]] = graph.ops
"""Every op of the library by its name."""


class _Function:
    """A function of ops as a method: its first input is the tensor."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Callable[..., Any]:
        function = graph.functions.get(self._name) or ops[self._name]
        return function if instance is None else functools.partial(function, instance)


class _Method(_Function):
    """An op, or a function of ops, that returns one tensor."""

    def __get__(self, instance: Any, owner: Any = None) -> Callable[..., Tensor]:
        return super().__get__(instance, owner)


class Tensor(Convertible, Readable):
    """An array that can record how it was made, so that gradients flow back through it.

    Parameters
    ----------
    data : array_like
        The values. An array is not copied; `minigen.tensor` copies.
    requires_grad : bool, default False
        Whether `backward` accumulates a gradient in ``.grad``. Floating-point tensors only.

    Attributes
    ----------
    array : array
        The values, a NumPy or CuPy array.
    data : Tensor
        The values, as a tensor that shares their memory and that the graph does not know, as in
        PyTorch: ``p.data.clamp_(-c, c)`` writes into p, which may be a leaf that requires a
        gradient. Another array or tensor of the same shape may be put in its place. Writes
        (``t -= step``, ``t[0] = 1``, ``t.data -= step``) are logged, so that a graph that still
        needs the old values refuses to run backward. A write into the array itself
        (``t.array[0] = 1``) goes unseen but by `detect_anomaly`.
    grad : Tensor or None
        The gradient that `backward` accumulated, of the same shape and dtype.
    grad_fn : Node or None
        The recorded call of an op that made the tensor; None for a leaf.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> loss = (x * x).sum()
    >>> loss.backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "_hooks", "grad")

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self._data: Array = data if backend.is_array(data) else np.asarray(data)
        self.grad_fn = None
        self._requires_grad = False
        self.grad: Tensor | None = None
        if requires_grad:
            self.requires_grad = True

    @property
    def array(self) -> Array:
        """The values, as an array."""
        return self._data

    @property
    def data(self) -> Tensor:
        """The values, as a tensor that the graph does not know."""
        return Tensor(self._data)

    @data.setter
    def data(self, value: Any) -> None:
        xp = backend.namespace(self._data)
        value = backend.array_of(value)
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
        if not value and self.grad_fn is not None:
            raise RuntimeError(
                f"requires_grad: this tensor was made by the op {self.grad_fn.op.name}; "
                "detach() it to cut it from the graph"
            )
        self._requires_grad = value

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made this tensor: `backward` fills ``.grad`` of leaves alone."""
        return self.grad_fn is None

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
        found = walk_back(
            [self],
            [cotangent],
            link=linked if create_graph else None,
            retain_graph=retain_graph or create_graph,
        )
        for leaf, arrived in found.items():
            gradient = settle(leaf, arrived)
            leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Hand the gradient of this tensor to a function when a backward pass has computed it.

        Parameters
        ----------
        hook : callable
            Takes the gradient; returns another one of its shape, which goes on in its place, or
            None.

        Returns
        -------
        Handle
            Its method ``remove`` takes the hook away.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient.

        Examples
        --------
        >>> import minigen
        >>> x = minigen.tensor([1.0, 2.0], requires_grad=True)
        >>> h = x * x
        >>> seen = []
        >>> handle = h.register_hook(seen.append)
        >>> (3 * h).sum().backward()
        >>> seen
        [tensor([3., 3.])]
        """
        self._expect_gradient("register_hook")

        def handed_on(arrived: Any) -> Any:
            gradient = arrived if isinstance(arrived, Tensor) else result(arrived)
            changed = hook(gradient)
            if changed is None:
                return arrived
            if changed.shape != gradient.shape:
                raise ValueError(
                    f"register_hook: a hook returned a gradient of shape {tuple(changed.shape)} "
                    f"for a tensor of shape {gradient.shape}"
                )
            return changed if isinstance(arrived, Tensor) else backend.array_of(changed)

        return hooks.add(vertex(self), handed_on)

    def retain_grad(self) -> None:
        """Have `backward` fill ``.grad`` of this tensor, too, though an op made it.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient.

        Examples
        --------
        >>> import minigen
        >>> x = minigen.tensor([1.0, 2.0], requires_grad=True)
        >>> h = x * x
        >>> h.retain_grad()
        >>> (3 * h).sum().backward()
        >>> h.grad
        tensor([3., 3.])
        """
        self._expect_gradient("retain_grad")
        held = weakref.ref(self)

        def kept(arrived: Any) -> Any:
            if (x := held()) is not None:
                gradient = settle(x, arrived)
                x.grad = gradient if x.grad is None else x.grad + gradient
            return arrived

        if not self.is_leaf:
            hooks.keep(vertex(self), kept)

    def _expect_gradient(self, method: str) -> None:
        if not self._requires_grad:
            raise RuntimeError(f"{method}: the tensor does not require a gradient")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the accumulated gradient: set it to None, or else to zeros if there is one."""
        if set_to_none or self.grad is None:
            self.grad = None
        else:
            array = self.grad._data
            self.grad = Tensor(backend.namespace(array).zeros_like(array))

    def detach(self) -> Tensor:
        """Return a tensor of the same values (sharing memory) that the graph does not know."""
        return Tensor(self._data)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad``; return the tensor itself."""
        self.requires_grad = requires_grad
        return self

    # --------------------------------------------------------------------------- ops as methods

    def __add__(self, other: Other) -> Tensor:
        return ops["add"](self, other)

    def __radd__(self, other: Other) -> Tensor:
        return ops["add"](other, self)

    def __sub__(self, other: Other) -> Tensor:
        return ops["sub"](self, other)

    def __rsub__(self, other: Other) -> Tensor:
        return ops["sub"](other, self)

    def __mul__(self, other: Other) -> Tensor:
        return ops["mul"](self, other)

    def __rmul__(self, other: Other) -> Tensor:
        return ops["mul"](other, self)

    def __truediv__(self, other: Other) -> Tensor:
        return ops["div"](self, other)

    def __rtruediv__(self, other: Other) -> Tensor:
        return ops["div"](other, self)

    def __floordiv__(self, other: Other) -> Tensor:
        return ops["floor_divide"](self, other)

    def __rfloordiv__(self, other: Other) -> Tensor:
        return ops["floor_divide"](other, self)

    def __mod__(self, other: Other) -> Tensor:
        return ops["remainder"](self, other)

    def __rmod__(self, other: Other) -> Tensor:
        return ops["remainder"](other, self)

    def __pow__(self, other: Other) -> Tensor:
        return ops["pow"](self, other)

    def __rpow__(self, other: Other) -> Tensor:
        return ops["pow"](_like(other, self), self)

    def __matmul__(self, other: Other) -> Tensor:
        return ops["matmul"](self, other)

    def __rmatmul__(self, other: Other) -> Tensor:
        return ops["matmul"](other, self)

    def __neg__(self) -> Tensor:
        return ops["neg"](self)

    def __pos__(self) -> Tensor:
        return ops["clone"](self)

    def __abs__(self) -> Tensor:
        return ops["abs"](self)

    def __eq__(self, other: Other) -> Tensor:  # type: ignore[override] # elementwise, as NumPy's
        return ops["eq"](self, other)

    def __ne__(self, other: Other) -> Tensor:  # type: ignore[override] # elementwise, as NumPy's
        return ops["ne"](self, other)

    def __lt__(self, other: Other) -> Tensor:
        return ops["lt"](self, other)

    def __le__(self, other: Other) -> Tensor:
        return ops["le"](self, other)

    def __gt__(self, other: Other) -> Tensor:
        return ops["gt"](self, other)

    def __ge__(self, other: Other) -> Tensor:
        return ops["ge"](self, other)

    def __and__(self, other: Other) -> Tensor:
        return ops["logical_and"](self, other)

    def __rand__(self, other: Other) -> Tensor:
        return ops["logical_and"](other, self)

    def __or__(self, other: Other) -> Tensor:
        return ops["logical_or"](self, other)

    def __ror__(self, other: Other) -> Tensor:
        return ops["logical_or"](other, self)

    def __invert__(self) -> Tensor:
        return ops["logical_not"](self)

    def __getitem__(self, index: Any) -> Tensor:
        picked = ops["getitem"](self, index=as_index(index))
        if picked._data.base is not None or not picked._data.ndim:
            picked._view = self, index  # what a write into it is a write into
        return picked

    def __contains__(self, value: Other) -> bool:
        """Tell whether some element equals a value, as NumPy and PyTorch do."""
        return bool((self == value).any().item())

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    add = _Method("add")
    addcmul = _Method("addcmul")
    addcdiv = _Method("addcdiv")
    sub = _Method("sub")
    mul = _Method("mul")
    div = _Method("div")
    neg = _Method("neg")
    pow = _Method("pow")
    square = _Method("square")
    reciprocal = _Method("reciprocal")
    sqrt = _Method("sqrt")
    rsqrt = _Method("rsqrt")
    exp = _Method("exp")
    log = _Method("log")
    log1p = _Method("log1p")
    log2 = _Method("log2")
    log10 = _Method("log10")
    expm1 = _Method("expm1")
    erf = _Method("erf")
    logaddexp = _Method("logaddexp")
    logit = _Method("logit")
    hypot = _Method("hypot")
    abs = _Method("abs")
    sign = _Method("sign")
    sin = _Method("sin")
    cos = _Method("cos")
    floor = _Method("floor")
    ceil = _Method("ceil")
    round = _Method("round")
    trunc = _Method("trunc")
    frac = _Method("frac")
    fmod = _Method("fmod")
    atan2 = _Method("atan2")
    nan_to_num = _Method("nan_to_num")
    clip = clamp = _Method("clip")
    clamp_min = _Method("clamp_min")
    clamp_max = _Method("clamp_max")
    maximum = _Method("maximum")
    minimum = _Method("minimum")
    masked_fill = _Method("masked_fill")
    lerp = _Method("lerp")
    eq = _Method("eq")
    ne = _Method("ne")
    lt = _Method("lt")
    le = _Method("le")
    gt = _Method("gt")
    ge = _Method("ge")
    isclose = _Method("isclose")
    isnan = _Method("isnan")
    isinf = _Method("isinf")
    isfinite = _Method("isfinite")
    equal = equal
    allclose = allclose
    logical_and = _Method("logical_and")
    logical_or = _Method("logical_or")
    logical_not = _Method("logical_not")
    relu = _Method("relu")
    sigmoid = _Method("sigmoid")
    tanh = _Method("tanh")
    softmax = _Method("softmax")
    log_softmax = _Method("log_softmax")
    matmul = _Method("matmul")
    mm = _Method("mm")
    bmm = _Method("bmm")
    dot = _Method("dot")
    outer = _Method("outer")
    inner = _Method("inner")
    vdot = _Method("vdot")
    addmm = _Method("addmm")
    baddbmm = _Method("baddbmm")
    prelu = _Method("prelu")
    multinomial = _Method("multinomial")
    norm = _Method("norm")
    sum = _Method("sum")
    mean = _Method("mean")
    var = _Method("var")
    std = _Method("std")
    cumsum = _Method("cumsum")
    prod = _Method("prod")
    cumprod = _Method("cumprod")
    median = _Function("median")
    quantile = _Method("quantile")
    count_nonzero = _Method("count_nonzero")
    unique = _Function("unique")
    bincount = _Method("bincount")
    histc = _Method("histc")
    max = _Function("max")
    min = _Function("min")
    amax = _Method("amax")
    amin = _Method("amin")
    aminmax = _Function("aminmax")
    argmax = _Method("argmax")
    argmin = _Method("argmin")
    all = _Method("all")
    any = _Method("any")
    logsumexp = _Method("logsumexp")
    sort = _Function("sort")
    argsort = _Method("argsort")
    topk = _Function("topk")
    gather = _Method("gather")
    take_along_dim = _Method("take_along_dim")
    masked_select = _Method("masked_select")
    scatter = _Method("scatter")
    scatter_add = _Method("scatter_add")
    index_add = _Method("index_add")
    index_fill = _Method("index_fill")
    index_copy = _Method("index_copy")
    nonzero = _Function("nonzero")
    transpose = _Method("transpose")
    t = _Method("t")
    squeeze = _Method("squeeze")
    unsqueeze = _Method("unsqueeze")
    flatten = _Method("flatten")
    split = _Function("split")
    chunk = _Function("chunk")
    tensor_split = _Function("tensor_split")
    select = _Method("select")
    unbind = _Function("unbind")
    narrow = _Method("narrow")
    index_select = _Method("index_select")
    repeat = _Method("repeat")
    tile = _Method("tile")
    ravel = _Method("ravel")
    repeat_interleave = _Method("repeat_interleave")
    flip = _Method("flip")
    fliplr = _Method("fliplr")
    flipud = _Method("flipud")
    roll = _Method("roll")
    movedim = moveaxis = _Method("movedim")
    swapaxes = _Method("swapaxes")
    unflatten = _Method("unflatten")
    tril = _Method("tril")
    triu = _Method("triu")
    diag = _Method("diag")
    diagonal = _Method("diagonal")
    trace = _Method("trace")
    clone = _Method("clone")
    astype = _Method("astype")
    new_tensor = _Method("new_tensor")
    new_full = _Method("new_full")
    new_zeros = _Method("new_zeros")
    new_ones = _Method("new_ones")
    new_empty = _Method("new_empty")

    def where(self, condition: Any, other: Other) -> Tensor:
        """Keep the elements for which the condition holds, and take the others from `other`."""
        return ops["where"](condition, self, other)

    def reshape(self, *shape: Any) -> Tensor:
        """See `minigen.functional.reshape`; the lengths one by one, or as one tuple."""
        return ops["reshape"](self, shape=one_sequence(shape))

    view = reshape

    def view_as(self, other: Any) -> Tensor:
        """Return the elements in the shape of another tensor or array."""
        return self.reshape(other.shape)

    def permute(self, *dims: Any) -> Tensor:
        """See `minigen.functional.permute`; the axes one by one, or as one tuple."""
        return ops["permute"](self, dims=one_sequence(dims))

    @property
    def T(self) -> Tensor:  # noqa: N802 - NumPy's and PyTorch's name
        """The tensor with its axes in reverse order."""
        return ops["permute"](self, dims=tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> Tensor:  # noqa: N802 - NumPy's and PyTorch's name
        """The matrices of a batch, each with rows and columns exchanged: the last two axes."""
        return ops["transpose"](self, -2, -1)

    def broadcast_to(self, *shape: Any) -> Tensor:
        """See `minigen.functional.broadcast_to`; the lengths one by one, or as one tuple."""
        return ops["broadcast_to"](self, shape=one_sequence(shape))

    def expand(self, *shape: Any) -> Tensor:
        """Repeat along axes of length 1, and new ones in front; -1 leaves a length as it is."""
        lengths = one_sequence(shape)
        new = len(lengths) - self.ndim
        if new < 0 or -1 in lengths[:new]:
            raise ValueError(
                f"expand: a length for each axis of {self.shape}, those of new axes in front, is "
                f"expected, -1 for one that stays, got {lengths}"
            )
        kept = (*lengths[:new], *self.shape)
        return self.broadcast_to(
            tuple(old if n == -1 else n for n, old in zip(lengths, kept, strict=True))
        )

    def expand_as(self, other: Any) -> Tensor:
        """Repeat along axes of length 1 until the shape is that of another tensor or array."""
        return self.broadcast_to(other.shape)

    def contiguous(self) -> Tensor:
        """Return the tensor held row by row in memory: itself, if it is."""
        return self if self.is_contiguous() else ops["clone"](self, order="C")

    def is_contiguous(self) -> bool:
        """Tell whether it is held row by row in memory."""
        return bool(self._data.flags.c_contiguous)

    def type_as(self, other: Tensor) -> Tensor:
        """Convert to the dtype of another tensor, and move to its device."""
        return self.to(other.dtype).to(other.device)

    def to(self, device_or_dtype: Any = None, dtype: Any = None, *, device: Any = None) -> Tensor:
        """Return the tensor on another device, or in another dtype, or both.

        It is this tensor if nothing changes, else a copy, through which gradients flow back.

        A device is ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; a dtype whatever NumPy accepts as one.

        Raises
        ------
        minigen.DeviceError
            If the device is not there.
        TypeError
            If neither a device nor a dtype is given.
        """
        changed = self
        given = [target for target in (device_or_dtype, device, dtype) if target is not None]
        for target in given or [None]:
            changed = changed._to(target)
        return changed

    def _to(self, target: Any) -> Tensor:
        if backend.looks_like_device(target):
            place = backend.canonical_device(target)
            return self if self.device == place else ops["to_device"](self, device=place)
        same = self.dtype == backend.as_dtype(target)
        return self if same else ops["astype"](self, dtype=target)

    def cpu(self) -> Tensor:
        """Return the tensor on the CPU."""
        return self.to(backend.CPU)

    def cuda(self) -> Tensor:
        """Return the tensor on the first GPU."""
        return self.to("cuda")

    def __repr__(self) -> str:
        prefix = "tensor("
        values = np.array2string(backend.to_numpy(self._data), separator=", ", prefix=prefix)
        notes = [values]
        if self.dtype not in _UNSAID_DTYPES:
            notes.append(f"dtype={self.dtype}")
        if self.device != backend.CPU:
            notes.append(f"device={self.device!r}")
        if self.grad_fn is not None:
            notes.append(f"op={self.grad_fn.op.name}")
        elif self._requires_grad:
            notes.append("requires_grad=True")
        return prefix + ", ".join(notes) + ")"

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.grad_fn is not None:
            raise TypeError(
                f"a tensor made by the op {self.grad_fn.op.name} can't be copied or pickled with "
                "its graph: detach() it first"
            )
        return super().__reduce_ex__(protocol)

    def __getstate__(self) -> Any:
        """Return the state for a copy, which is a view of nothing and has no hooks."""
        state: Any = super().__getstate__()
        attributes, slots = state
        return attributes, {name: value for name, value in slots.items() if name not in _OF_ITS_OWN}

    __hash__ = object.__hash__  # `==` compares elements, so identity is what is hashed


_OF_ITS_OWN = {"_view", "_hooks"}
"""What a tensor does not hand on to its copies."""

_UNSAID_DTYPES = {np.dtype(np.float32), np.dtype(np.int64), np.dtype(np.bool_)}


def settle(x: Tensor, cotangent: Any) -> Tensor:
    """Make the gradient of `x` from the cotangent that arrived: a tensor of its shape and dtype."""
    gradient = cotangent if isinstance(cotangent, Tensor) else result(cotangent)
    if gradient.shape != x.shape:
        raise RuntimeError(
            f"a gradient rule returned shape {gradient.shape} for an input of shape {x.shape}; "
            "a rule undoes broadcasting with sum_to_size(g, shape)"
        )
    if x.grad_fn is not None:  # an intermediate's cotangent may be shared with other rules
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
        if output._data.size != 1:
            raise RuntimeError(
                f"{caller}: a tensor of shape {output.shape} is not a scalar: "
                "pass its cotangent as `gradient`, or reduce it with sum() or mean()"
            )
        one = backend.namespace(output._data).ones_like(output._data)
        return Tensor(one) if create_graph else one
    if not isinstance(cotangent, Tensor):
        library = backend.namespace(output._data)
        cotangent = Tensor(cotangent if is_array(cotangent) else library.asarray(cotangent))
    if cotangent.shape != output.shape:
        raise ValueError(
            f"{caller}: the cotangent has shape {cotangent.shape}, the tensor {output.shape}"
        )
    expect_device(f"{caller}: the cotangent", output, cotangent._data)
    if cotangent.dtype != output.dtype:
        cotangent = cotangent.to(output.dtype)
    if output.grad_fn is None:  # a leaf's gradient must not share the caller's memory
        cotangent = owned(cotangent, [cotangent])
    return cotangent if create_graph else cotangent._data


def linked(array: Array, place: Vertex) -> Any:
    """Show an array of a node to a rule as the tensor that it was: a pass that is recorded."""
    return result(array, place) if isinstance(place, Node) else place


def result(array: Array, node: Node | None = None) -> Tensor:
    """Wrap an op's output; `node` recorded it, or is None."""
    out = Tensor.__new__(Tensor)  # one a call of an op: what __init__ would check is known
    out._data = array if type(array) is np.ndarray or is_array(array) else np.asarray(array)
    out.grad_fn = node
    out._requires_grad = node is not None
    out.grad = None
    return out


def _like(value: Other, reference: Any) -> Other:
    """Make an array of a number, so that ``2 ** tensor`` has a base to keep."""
    if not isinstance(value, int | float | np.generic):
        return value
    widens = reference.dtype.kind != "f" and isinstance(value, float | np.floating)
    dtype = backend.DEFAULT_FLOAT if widens else reference.dtype
    return backend.namespace(reference.array).full((), value, dtype=dtype)
