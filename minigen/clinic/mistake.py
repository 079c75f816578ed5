"""What the clinic knows of a mistake, and what a check finds."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Code = Callable[..., Any]
"""A few lines that can be wrong."""


@dataclass(frozen=True)
class Finding:
    """What a check found in some code.

    Attributes
    ----------
    measured : mapping of str to float or str
        What it measured, by name.
    fault : str
        What is wrong, in a sentence; empty if nothing is.
    """

    measured: Mapping[str, float | str]
    fault: str = ""


@dataclass(frozen=True)
class Mistake:
    """A mistake that is seen in the wild.

    Attributes
    ----------
    number : int
        Its number, from 1.
    title : str
        What is done wrong.
    wrong, right : callable
        The mistake, and the same lines mended.
    minigen : callable
        What minigen does in their place.
    check : callable
        Examines any of the three, and returns a `Finding`.
    symptom : str
        What one sees who has made it.
    cure : str
        What to do.
    lesson : str
        The number of the lesson that treats it.
    derivation : str
        The result that decides, as ``minigen explain`` knows it; empty if none is needed.
    """

    number: int
    title: str
    wrong: Code
    right: Code
    minigen: Code
    check: Callable[[Code], Finding]
    symptom: str
    cure: str
    lesson: str
    derivation: str = ""

    def findings(self) -> dict[str, Finding]:
        """Examine the wrong code, the right code, and minigen's.

        Examples
        --------
        >>> from minigen.clinic import find
        >>> {whose: finding.fault == "" for whose, finding in find(2).findings().items()}
        {'wrong': False, 'right': True, 'minigen': True}
        """
        codes = {"wrong": self.wrong, "right": self.right, "minigen": self.minigen}
        return {whose: self.check(code) for whose, code in codes.items()}


def source_of(code: Code) -> str:
    """Return the lines of some code, without the docstring.

    Examples
    --------
    >>> from minigen.clinic import find
    >>> print(source_of(find(2).wrong))
    def draw_with_variance(mu: Tensor, logvar: Tensor, noise: Tensor) -> Any:
        return mu + F.exp(logvar) * noise
    """
    lines = textwrap.dedent(inspect.getsource(code)).rstrip()
    told = inspect.getdoc(code)
    if told is None:
        return lines
    before, _, rest = lines.partition('"""')
    _, _, after = rest.partition('"""')
    return before.rstrip() + after
