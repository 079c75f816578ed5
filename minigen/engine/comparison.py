"""Whether two tensors are the same, as one answer; ``a == b`` compares element by element."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import array_of, namespace, to_numpy

__all__ = ["allclose", "equal"]


def equal(a: Any, b: Any) -> bool:
    """Tell whether two tensors or arrays have one shape and the same elements.

    Examples
    --------
    >>> import minigen
    >>> minigen.equal(minigen.tensor([1, 2]), minigen.tensor([1, 2]))
    True
    """
    x, y = array_of(a), array_of(b)
    return tuple(x.shape) == tuple(y.shape) and bool(to_numpy((x == y).all()))


def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    r"""Tell whether :math:`|a - b| \le \mathrm{atol} + \mathrm{rtol}\,|b|` everywhere.

    Examples
    --------
    >>> import minigen
    >>> minigen.allclose(minigen.tensor([1.0]), minigen.tensor([1.000001]))
    True
    """
    x, y = array_of(a), array_of(b)
    return bool(to_numpy(namespace(x, y).isclose(x, y, rtol, atol, equal_nan).all()))
