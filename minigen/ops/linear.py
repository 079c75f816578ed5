r"""Matrix products, the dense layer's affine map, vectors looked up in a table, and lengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minigen.engine.backend import CPU, Array, array_of, device_of, promote
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.arithmetic import abs, add, maximum, mul, sqrt, where
from minigen.ops.reduction import Axis, amax, sum
from minigen.ops.shaping import axis_index, getitem, permute, reshape, sum_to_size, transpose

__all__ = [
    "addmm", "baddbmm", "bmm", "cosine_similarity", "dot", "embedding", "inner", "linear", "matmul",
    "mm", "norm", "normalize", "outer", "tensordot", "vdot",
]  # fmt: skip


@op
def matmul(a: Array, b: Array) -> Array:
    r"""Matrix product :math:`Y = A B` over the last two axes; the axes before them broadcast.

    A vector on the left counts as one row, on the right as one column, as in NumPy.

    Derivation: matmul
    """
    a, b = promote(a, b)
    return a @ b


@matmul.vjp
def matmul_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar A = G B^\top,\ \bar B = A^\top G`, summed over broadcast axes."""
    rows = reshape(a, (1, *a.shape)) if a.ndim == 1 else a
    columns = reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
    if a.ndim == 1:
        g = reshape(g, (*g.shape, 1)) if b.ndim == 1 else g
        g = reshape(g, (*g.shape[:-1], 1, g.shape[-1]))
    elif b.ndim == 1:
        g = reshape(g, (*g.shape, 1))

    def grad_a() -> Array:
        return reshape(sum_to_size(g @ transpose(columns, -1, -2), rows.shape), a.shape)

    def grad_b() -> Array:
        return reshape(sum_to_size(transpose(rows, -1, -2) @ g, columns.shape), b.shape)

    return grad_a, grad_b


@op
def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    r"""Affine map of the dense layer: :math:`y = x W^\top + b`.

    Parameters
    ----------
    x : Tensor or array, shape (..., in)
        The inputs.
    weight : Tensor or array, shape (out, in)
        The weights, in PyTorch's layout.
    bias : Tensor or array, shape (out,), optional
        Added to every row.

    Returns
    -------
    Tensor or array, shape (..., out)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x, weight = minigen.ones(5, 3), minigen.ones(2, 3)
    >>> F.linear(x, weight).shape
    (5, 2)

    Derivation: linear
    """
    if weight.ndim != 2 or x.ndim < 1 or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"x of shape (..., in) and weight of shape (out, in) are expected, "
            f"got {tuple(x.shape)} and {tuple(weight.shape)}"
        )
    x, weight = promote(x, weight)
    y = x @ weight.T
    if bias is None:
        return y
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"bias of shape {weight.shape[:1]} is expected, got {tuple(bias.shape)}")
    y, bias = promote(y, bias)
    y += bias
    return y


@linear.vjp
def linear_vjp(g: Array, _out: Array, x: Array, weight: Array, bias: Array | None) -> Cotangents:
    r""":math:`\bar x = g W,\ \bar W = \sum_n g_n x_n^\top,\ \bar b = \sum_n g_n`.

    Derivation: linear.grad_x, linear.grad_weight, linear.grad_bias
    """
    count = math.prod(x.shape[:-1])

    def grad_x() -> Array:
        # A matrix of one row is no work for BLAS, and NumPy's own product of matrices is slow.
        return g * weight if weight.shape[0] == 1 and x.ndim == 2 else g @ weight

    def grad_weight() -> Array:
        rows = reshape(g, (count, weight.shape[0]))
        return rows.T @ reshape(x, (count, weight.shape[1]))

    def grad_bias() -> Array:
        return sum(reshape(g, (count, weight.shape[0])), axis=0)

    return grad_x, grad_weight, None if bias is None else grad_bias


def embedding(indices: Any, weight: Array, padding_idx: int | None = None) -> Array:
    r"""Look up rows of a table: the vector of each index.

    It is `getitem`, and its gradient therefore `put`: a row looked up twice gets both cotangents, a
    row not looked up zero.

    Parameters
    ----------
    indices : Tensor or array of int, any shape
        From 0 to n - 1.
    weight : Tensor or array, shape (n, features)
        The table.
    padding_idx : int, optional
        The index of padding, whose row gets no gradient and so stays what it is; a negative one
        counts from the end.

    Returns
    -------
    Tensor or array, shape (*indices.shape, features)

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If `weight` is not a matrix, or has no row `padding_idx`.
    IndexError
        If an index on the CPU is out of range. (On a GPU the check would have to wait for the
        device, and is left out: CuPy counts on from the other end.)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> table = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> F.embedding(minigen.tensor([1, 1, 0]), table).tolist()
    [[3.0, 4.0], [3.0, 4.0], [1.0, 2.0]]

    Derivation: embedding, embedding.grad_weight
    """
    if weight.ndim != 2:
        raise ValueError(
            f"embedding: weight of shape (n, features) is expected, got {tuple(weight.shape)}"
        )
    rows = array_of(indices)
    if not hasattr(rows, "dtype") or rows.dtype.kind not in "iu":
        kind = getattr(rows, "dtype", type(rows).__name__)
        raise TypeError(f"embedding: integers are expected as indices, got {kind}")
    on_host = device_of(rows) == CPU
    if on_host and rows.size and (rows.min() < 0 or rows.max() >= weight.shape[0]):
        raise IndexError(
            f"embedding: indices from 0 to {weight.shape[0] - 1} are expected, the table has "
            f"{weight.shape[0]} rows; got {int(rows.min())} to {int(rows.max())}"
        )
    vectors = getitem(weight, rows)
    if padding_idx is None:
        return vectors
    if not -len(weight) <= padding_idx < len(weight):
        raise ValueError(
            f"embedding: padding_idx is a row of the table, which has {len(weight)}, "
            f"got {padding_idx}"
        )
    padded = (rows == padding_idx % len(weight))[..., None]
    return where(padded, array_of(vectors), vectors)


# ----------------------------------------------------------------------- products by their shapes


@composed
def mm(a: Array, b: Array) -> Any:
    """Multiply two matrices; `matmul` broadcasts as well.

    Raises
    ------
    ValueError
        If one is no matrix.
    """
    return matmul(*_of_axes("mm", 2, a, b))


@composed
def bmm(a: Array, b: Array) -> Any:
    """Multiply two batches of matrices, (N, n, m) and (N, m, p).

    Raises
    ------
    ValueError
        If one is no batch of matrices.
    """
    return matmul(*_of_axes("bmm", 3, a, b))


@composed
def dot(a: Array, b: Array) -> Any:
    """Multiply two vectors: the sum of the products of their elements.

    Raises
    ------
    ValueError
        If one is no vector.
    """
    return matmul(*_of_axes("dot", 1, a, b))


@composed
def outer(a: Array, b: Array) -> Any:
    """Multiply each element of a vector with each of another: a matrix of len(a) rows.

    Raises
    ------
    ValueError
        If one is no vector.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([1.0, 2.0]).outer(minigen.tensor([3.0, 4.0, 5.0])).tolist()
    [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]
    """
    rows, columns = _of_axes("outer", 1, a, b)
    return mul(reshape(rows, (-1, 1)), columns)


@composed
def vdot(a: Array, b: Array) -> Any:
    """Multiply two vectors, as `dot` does: of real numbers the two are the same."""
    return matmul(*_of_axes("vdot", 1, a, b))


@composed
def addmm(x: Array, mat1: Array, mat2: Array, *, beta: float = 1, alpha: float = 1) -> Any:
    r"""Add a product of matrices: :math:`\beta X + \alpha A B`.

    Parameters
    ----------
    x : Tensor or array
        What is added to, of a shape that broadcasts to (n, p).
    mat1, mat2 : Tensor or array, shapes (n, m) and (m, p)
        The factors.
    beta, alpha : float, default 1
        With a `beta` of 0, x is not looked at.

    Raises
    ------
    ValueError
        If a factor is no matrix.

    Examples
    --------
    >>> import minigen
    >>> bias, x, weight = minigen.ones(2), minigen.ones(1, 3), minigen.ones(3, 2)
    >>> minigen.addmm(bias, x, weight, alpha=2).tolist()
    [[7.0, 7.0]]
    """
    return _added(x, mm(mat1, mat2), beta, alpha)


@composed
def baddbmm(x: Array, batch1: Array, batch2: Array, *, beta: float = 1, alpha: float = 1) -> Any:
    r"""Add products of matrices, one for each of a batch; see `addmm` and `bmm`.

    Examples
    --------
    >>> import minigen
    >>> scores = minigen.baddbmm(minigen.zeros(1), minigen.ones(5, 2, 4), minigen.ones(5, 4, 3))
    >>> scores.shape
    (5, 2, 3)
    """
    return _added(x, bmm(batch1, batch2), beta, alpha)


def _added(x: Array, product: Any, beta: float, alpha: float) -> Any:
    """Return a weighted sum; a weight of 0 leaves x out, whatever it holds."""
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return product
    return add(x if beta == 1 else mul(x, beta), product)


@composed
def inner(a: Array, b: Array) -> Any:
    """Multiply along the last axes, and add up: each vector of `a` with each of `b`.

    Examples
    --------
    >>> import minigen
    >>> rows, x = minigen.tensor([[1.0, 2.0], [3.0, 4.0]]), minigen.tensor([1.0, -1.0])
    >>> minigen.inner(rows, x).tolist()
    [-1.0, -1.0]
    """
    return tensordot(a, b, ([-1], [-1])) if a.ndim and b.ndim else mul(a, b)


@composed
def tensordot(a: Array, b: Array, dims: int | Sequence[Sequence[int]] = 2) -> Any:
    r"""Multiply along pairs of axes, and add up; the other axes stay, those of `a` first.

    Parameters
    ----------
    a, b : Tensor or array
        Any shapes.
    dims : int or pair of sequences of int, default 2
        How many of the last axes of `a` meet the first ones of `b`; or which axes of each, in
        pairs.

    Raises
    ------
    ValueError
        If axes that meet differ in length or in number.

    Examples
    --------
    >>> import minigen
    >>> kernels, patch = minigen.ones(8, 3, 5, 5), minigen.ones(3, 5, 5)
    >>> minigen.tensordot(kernels, patch, dims=3).shape
    (8,)
    >>> minigen.tensordot(minigen.ones(2, 3), minigen.ones(4, 3), ([1], [1])).shape
    (2, 4)

    Derivation: matmul
    """
    if isinstance(dims, int):
        dims = range(a.ndim - dims, a.ndim), range(dims)
    in_a = [axis_index(axis, a.ndim) for axis in dims[0]]
    in_b = [axis_index(axis, b.ndim) for axis in dims[1]]
    lengths = [a.shape[axis] for axis in in_a]
    if lengths != [b.shape[axis] for axis in in_b]:
        raise ValueError(
            f"tensordot: axes of one length in pairs are expected, got {in_a} of {tuple(a.shape)} "
            f"and {in_b} of {tuple(b.shape)}"
        )
    kept_a = [axis for axis in range(a.ndim) if axis not in in_a]
    kept_b = [axis for axis in range(b.ndim) if axis not in in_b]
    shape = (*(a.shape[axis] for axis in kept_a), *(b.shape[axis] for axis in kept_b))
    rows, count = math.prod(a.shape[axis] for axis in kept_a), math.prod(lengths)
    columns = math.prod(b.shape[axis] for axis in kept_b)
    left = reshape(permute(a, (*kept_a, *in_a)), (rows, count))
    right = reshape(permute(b, (*in_b, *kept_b)), (count, columns))
    return reshape(matmul(left, right), shape)


def _of_axes(name: str, count: int, *arrays: Array) -> tuple[Array, ...]:
    if any(x.ndim != count for x in arrays):
        shapes = " and ".join(str(tuple(x.shape)) for x in arrays)
        raise ValueError(f"{name}: {count} axes are expected of each, got {shapes}")
    return arrays


@composed
def norm(x: Array, p: float = 2, axis: Axis = None, keepdims: bool = False) -> Any:
    r"""Length of vectors: :math:`(\sum_i |x_i|^p)^{1/p}`, with slope 0 where all elements are 0.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    p : {1, 2, inf}
        The sum of magnitudes, the Euclidean length, or the greatest magnitude.
    axis : int or sequence of int, optional
        The axes of a vector, ``dim`` in PyTorch; all by default.
    keepdims : bool
        Whether they stay, with length 1.

    Raises
    ------
    ValueError
        If `p` is another number.

    Examples
    --------
    >>> import minigen
    >>> slopes = minigen.tensor([[3.0, 4.0], [0.0, 0.0]])
    >>> slopes.norm(2, dim=1).tolist(), slopes.norm().item()
    ([5.0, 0.0], 5.0)
    """
    if p == 1:
        return sum(abs(x), axis, keepdims)
    if p == math.inf:
        return amax(abs(x), axis, keepdims)
    if p != 2:
        raise ValueError(f"norm: p is 1, 2 or inf, got {p!r}")
    squares = sum(x * x, axis, keepdims)
    zero = squares == 0
    return where(zero, 0.0, sqrt(where(zero, 1.0, squares)))


@composed
def normalize(x: Array, p: float = 2, axis: int = 1, eps: float = 1e-12) -> Any:
    r"""Scale vectors to length 1: :math:`x / \max(\|x\|_p, \epsilon)`.

    Parameters
    ----------
    x : Tensor or array
        Any shape with the axis.
    p : {1, 2, inf}
        Which length: see `norm`.
    axis : int
        Along which a vector lies, ``dim`` in PyTorch.
    eps : float
        The length by which shorter ones are divided: zeros stay zeros.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.normalize(minigen.tensor([[0.0, -2.0], [0.0, 0.0]])).tolist()
    [[0.0, -1.0], [0.0, 0.0]]
    """
    return x / maximum(norm(x, p, axis, keepdims=True), eps)


@composed
def cosine_similarity(x1: Array, x2: Array, axis: int = 1, eps: float = 1e-8) -> Any:
    r"""Cosine of the angle between vectors: :math:`x_1 \cdot x_2 / (\|x_1\| \|x_2\|)`.

    Parameters
    ----------
    x1, x2 : Tensor or array
        Shapes that broadcast.
    axis : int
        Along which the vectors lie, ``dim`` in PyTorch.
    eps : float
        What stands for a shorter length.

    Returns
    -------
    Tensor or array
        In [-1, 1], without the axis.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> a, b = minigen.tensor([[1.0, 0.0]]), minigen.tensor([[0.0, 2.0], [-3.0, 0.0]])
    >>> F.cosine_similarity(a, b).tolist()
    [0.0, -1.0]
    """
    lengths = maximum(norm(x1, 2, axis), eps) * maximum(norm(x2, 2, axis), eps)
    return sum(mul(x1, x2), axis) / lengths
