"""All mistakes of the clinic, in their order."""

from __future__ import annotations

from typing import Final

from minigen.clinic import adversarial, divergence, judgement, likelihood, training
from minigen.clinic.mistake import Mistake

MISTAKES: Final[tuple[Mistake, ...]] = tuple(
    sorted(
        (
            *divergence.MISTAKES,
            *likelihood.MISTAKES,
            *adversarial.MISTAKES,
            *judgement.MISTAKES,
            *training.MISTAKES,
        ),
        key=lambda mistake: mistake.number,
    )
)
"""The mistakes, by number."""


def find(number: int) -> Mistake:
    """Return the mistake of a number; a ValueError says which there are.

    Examples
    --------
    >>> find(2).title
    'The variance taken for the standard deviation'
    """
    for mistake in MISTAKES:
        if mistake.number == number:
            return mistake
    raise ValueError(f"there is no mistake {number}: they are numbered 1 to {len(MISTAKES)}")
