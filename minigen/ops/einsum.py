r"""Einstein's summation: products of arrays whose axes have letters, summed over some of them.

`einsum` reads the equation; the op behind it, `contract`, is told for each array which letters its
axes have, and computes

.. math:: y_{\text{result}} = \sum_{\text{other letters}} \prod_k x^{(k)}_{\text{term } k} .

The gradient is such a sum again, so that one rule serves every order.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from minigen.engine.backend import Array, array_of, namespace, promote_all
from minigen.engine.op import Cotangents, op
from minigen.ops import reduction
from minigen.ops.arithmetic import where
from minigen.ops.shaping import unbroadcast, unsqueeze

__all__ = ["einsum"]

DOTS = "..."


def einsum(equation: str, *operands: Array) -> Any:
    r"""Multiply arrays and sum over axes, as an equation of letters says.

    Parameters
    ----------
    equation : str
        For each operand the letters of its axes, with commas between; after ``->`` those of the
        result. Letters that the result lacks are summed over. Without ``->`` the result has the
        letters that occur once, in alphabetical order. A letter twice in an operand takes a
        diagonal. ``...`` stands for any further axes, which broadcast.
    *operands : Tensor or array
        As many as the equation has terms.

    Returns
    -------
    Tensor or array

    Raises
    ------
    TypeError
        If the equation is no string.
    ValueError
        If it can't be read, or does not fit the operands.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> a, b = minigen.ones(5, 2, 3), minigen.ones(5, 3, 4)
    >>> F.einsum("bij,bjk->bik", a, b).shape
    (5, 2, 4)
    >>> F.einsum("ii", minigen.tensor([[1.0, 2.0], [3.0, 4.0]])).item()  # the trace
    5.0

    Derivation: einsum, einsum.grad
    """
    if not isinstance(equation, str):
        raise TypeError(
            "einsum: the equation comes first, a string such as 'ij,jk->ik', got "
            f"{type(equation).__name__}"
        )
    terms, result = _read(equation, [tuple(array_of(x).shape) for x in operands])
    return contract(*operands, terms=terms, result=result)


@op
def contract(*operands: Array, terms: Sequence[str], result: str) -> Array:
    """Sum products of arrays over the letters that are not in the result.

    `terms` has for each operand the letters of its axes, `result` those of the result's. Pairs are
    multiplied from left to right, each as a product of matrices.

    Derivation: einsum
    """
    factors = [
        _Labelled(_diagonal(array, term), "".join(dict.fromkeys(term)))
        for array, term in zip(promote_all(operands), terms, strict=True)
    ]
    product = factors[0]
    for position, factor in enumerate(factors[1:], start=2):
        later = {*result, *(letter for term in terms[position:] for letter in term)}
        product = _product(product, factor, later)
    return _arranged(_summed(product, set(result)), result)


@contract.vjp
def contract_vjp(
    g: Array, _out: Array, *operands: Array, terms: Sequence[str], result: str
) -> Cotangents:
    r""":math:`\bar x^{(k)}`: the sum of products of g and all other operands, by k's letters.

    A letter that only k has is met by ones. Of two equal letters the second is filled in with zeros
    off the diagonal.

    Derivation: einsum.grad
    """
    return tuple(
        functools.partial(_cotangent, g, operands, terms, result, k) for k in range(len(operands))
    )


def _cotangent(
    g: Array, operands: Sequence[Array], terms: Sequence[str], result: str, k: int
) -> Array:
    """Return the cotangent of operand k."""
    x, term = operands[k], terms[k]
    others = [position for position in range(len(operands)) if position != k]
    factors = [g, *(operands[position] for position in others)]
    letters = [result, *(terms[position] for position in others)]
    for letter, length in dict(zip(term, x.shape, strict=True)).items():
        found = {
            f.shape[t.index(letter)] for f, t in zip(factors, letters, strict=True) if letter in t
        }
        if length not in found:  # it was summed over alone, or broadcast what it met
            factors.append(namespace(array_of(g)).ones(length, g.dtype))
            letters.append(letter)
    distinct = "".join(dict.fromkeys(term))
    cotangent = contract(*factors, terms=tuple(letters), result=distinct)
    return unbroadcast(_on_diagonal(cotangent, term), x)


def _on_diagonal(cotangent: Array, term: str) -> Array:
    """Give an axis to each further letter that is twice in a term: zero off the diagonal."""
    xp = namespace(array_of(cotangent))
    for position, letter in enumerate(term):
        first = term.index(letter)
        if first < position:
            cotangent = unsqueeze(cotangent, position)
            length = cotangent.shape[first]
            axes = [length if a in (first, position) else 1 for a in range(cotangent.ndim)]
            cotangent = where(xp.eye(length, dtype=bool).reshape(axes), cotangent, 0.0)
    return cotangent


# --------------------------------------------------------------------------- products, two by two


class _Labelled(NamedTuple):
    """An array, and the letter of each of its axes, no two alike."""

    array: Array
    letters: str

    def length(self, letter: str) -> int:
        """Return the length of the axis of that letter."""
        return int(self.array.shape[self.letters.index(letter)])


def _diagonal(array: Array, term: str) -> Array:
    """Take the diagonal of axes with equal letters."""
    xp = namespace(array)
    for letter in term:
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            array = xp.moveaxis(xp.diagonal(array, 0, first, second), -1, first)
            term = term[:second] + term[second + 1 :]
    return array


def _summed(x: _Labelled, kept: set[str]) -> _Labelled:
    """Sum over all letters but those that are kept."""
    axes = tuple(a for a, letter in enumerate(x.letters) if letter not in kept)
    if not axes:
        return x
    letters = "".join(letter for letter in x.letters if letter in kept)
    return _Labelled(reduction.sum.compute(x.array, axis=axes, keepdims=False), letters)


def _arranged(x: _Labelled, letters: str) -> Array:
    """Put the axes in the order of the letters."""
    return x.array.transpose([x.letters.index(letter) for letter in letters])


def _product(a: _Labelled, b: _Labelled, later: set[str]) -> _Labelled:
    """Multiply, and sum over the letters that neither the result nor a later factor has."""
    a, b = _summed(a, later | {*b.letters}), _summed(b, later | {*a.letters})
    both = [letter for letter in a.letters if letter in b.letters]
    over = "".join(c for c in both if c not in later and a.length(c) == b.length(c))
    batch = "".join(letter for letter in both if letter not in over)
    rows = "".join(letter for letter in a.letters if letter not in both)
    columns = "".join(letter for letter in b.letters if letter not in both)
    left, right = _arranged(a, batch + rows + over), _arranged(b, batch + over + columns)
    n, m = len(batch), len(rows)
    inner = _size(left.shape[n + m :])
    product = left.reshape(*left.shape[:n], _size(left.shape[n : n + m]), inner) @ right.reshape(
        *right.shape[:n], inner, _size(right.shape[n + len(over) :])
    )
    lengths = (*product.shape[:n], *left.shape[n : n + m], *right.shape[n + len(over) :])
    return _summed(_Labelled(product.reshape(lengths), batch + rows + columns), later)


def _size(shape: Iterable[int]) -> int:
    """Return how many elements an array of that shape has."""
    return functools.reduce(int.__mul__, shape, 1)


# ---------------------------------------------------------------------------------- the equation


def _read(equation: str, shapes: Sequence[tuple[int, ...]]) -> tuple[tuple[str, ...], str]:
    """Return the letters of each operand's axes and of the result's, dots replaced by letters."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: {equation!r} is about {len(terms)} operands, got {len(shapes)}")
    spare = _spare_letters(equation, [*terms, right])
    hidden = max(
        (
            len(shape) - len(term.replace(DOTS, ""))
            for term, shape in zip(terms, shapes, strict=True)
            if DOTS in term
        ),
        default=0,
    )
    dots = spare[: max(hidden, 0)]
    letters = tuple(
        _lettered(equation, term, shape, dots) for term, shape in zip(terms, shapes, strict=True)
    )
    if not arrow:
        counted = "".join(term.replace(DOTS, "") for term in terms)
        right = DOTS * (DOTS in left) + "".join(
            letter for letter in sorted(set(counted)) if counted.count(letter) == 1
        )
    result = right.replace(DOTS, dots)
    if len(set(result)) < len(result) or not {*result} <= {*"".join(letters)}:
        raise ValueError(
            f"einsum: each letter of the result in {equation!r} stands there once, and in an "
            "operand, too"
        )
    _expect_lengths(equation, letters, shapes)
    return letters, result


def _spare_letters(equation: str, terms: Sequence[str]) -> str:
    """Return the letters that an equation does not use; refuse anything else in it."""
    used = "".join(term.replace(DOTS, "", 1) for term in terms)
    if not all(letter in string.ascii_letters for letter in used):
        raise ValueError(
            f"einsum: letters, commas, '...' and '->' are expected, as in 'ij,jk->ik', "
            f"got {equation!r}"
        )
    return "".join(sorted({*string.ascii_letters} - {*used}))


def _lettered(equation: str, term: str, shape: tuple[int, ...], dots: str) -> str:
    """Return the letters of an operand's axes, the last of `dots` in the place of its dots."""
    hidden = len(shape) - len(term.replace(DOTS, ""))
    if hidden < 0 or (hidden and DOTS not in term):
        raise ValueError(
            f"einsum: {term!r} in {equation!r} names {len(term.replace(DOTS, ''))} axes, the "
            f"operand has shape {shape}"
        )
    return term.replace(DOTS, dots[len(dots) - hidden :])


def _expect_lengths(equation: str, terms: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> None:
    """Refuse a letter that stands for two lengths, unless one is 1, which broadcasts."""
    lengths: dict[str, set[int]] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            lengths.setdefault(letter, set()).add(length)
            if length != shape[term.index(letter)]:
                raise ValueError(
                    f"einsum: a diagonal, {letter!r} in {equation!r}, needs axes of one length, "
                    f"got shape {shape}"
                )
    for letter, found in lengths.items():
        if len(found - {1}) > 1:
            raise ValueError(
                f"einsum: {letter!r} in {equation!r} stands for axes of lengths "
                f"{' and '.join(map(str, sorted(found)))}"
            )
