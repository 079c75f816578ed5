"""A zoo of wrong gradients: every way in which somebody has got a rule wrong, kept to be caught.

The checker is itself checked against it: it must reject every specimen, for the reason stated. The
lessons show some of it.

>>> from tests.checker.zoo import find, zoo
>>> len(zoo()) > 130
True
>>> find("sqrt_without_half").description
'Forget the half of 1 / (2 sqrt(x)).'
>>> print(find("sqrt_without_half").check())  # doctest: +ELLIPSIS
gradcheck of sqrt FAILED (first order, whole Jacobian)
  - wrong gradient, x: twice too large everywhere: is the batch summed twice? ...
"""

from tests.checker.zoo import (
    arithmetic,
    attention,
    convolution,
    elementwise,
    fourier,
    linear,
    losses,
    misbehaviour,
    normalization,
    pooling,
    recurrent,
    reduction,
    second_order,
    shaping,
)
from tests.checker.zoo.specimen import Specimen, specimens


def zoo() -> tuple[Specimen, ...]:
    """Return all specimens."""
    return tuple(specimens)


def find(name: str) -> Specimen:
    """Return the specimen of this name.

    Raises
    ------
    ValueError
        If there is none.
    """
    for specimen in specimens:
        if specimen.name == name:
            return specimen
    known = ", ".join(specimen.name for specimen in specimens)
    raise ValueError(f"no specimen is called {name!r}; there are: {known}")


__all__ = [
    "Specimen",
    "arithmetic",
    "attention",
    "convolution",
    "elementwise",
    "find",
    "fourier",
    "linear",
    "losses",
    "misbehaviour",
    "normalization",
    "pooling",
    "recurrent",
    "reduction",
    "second_order",
    "shaping",
    "zoo",
]
