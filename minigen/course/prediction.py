"""Predictions: what a reader expects of an experiment, said before it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minigen.course.lesson import working_folder
from minigen.course.record import remember

Answer = str | float
"""A number, or one of the choices."""


@dataclass(frozen=True)
class Prediction:
    """A question about an experiment, and what the reader expects; None if nothing was said."""

    question: str
    yours: Answer | None = None
    choices: tuple[str, ...] = ()

    def compare(self, measured: Any) -> None:
        """Print what was measured beside what was predicted, and remember both.

        Parameters
        ----------
        measured : float, array_like or str
            What the experiment gave: a number, or one of the choices.

        Raises
        ------
        ValueError
            If it is not among the choices.
        TypeError
            If it is no number, where no choices were given.
        """
        found = _answer(measured, self.choices, "measured")
        if self.yours is None:
            print(f"{self.question}\nMeasured: {_told(found)}.")
            return
        print(f"{self.question}\nYou predicted: {_told(self.yours)}. Measured: {_told(found)}.")
        if self.choices:
            print("You were right." if self.yours == found else "Why is that? Read on.")
        else:
            _print_difference(float(self.yours), float(found))
        self._remember(found)

    def _remember(self, measured: Answer | None) -> None:
        both = {"yours": self.yours, "measured": measured}
        remember(working_folder(), "predictions", self.question, both)


def predict(
    question: str, *, yours: Answer | None = None, choices: Sequence[str] = ()
) -> Prediction:
    """Ask a reader what an experiment will give, and remember the answer.

    Parameters
    ----------
    question : str
        What is to be predicted.
    yours : float or str, optional
        The reader's answer: a number, or one of the choices. Without one nothing is remembered.
    choices : sequence of str, optional
        The answers to choose from.

    Returns
    -------
    Prediction
        After the experiment, ``prediction.compare(measured)`` says how good it was.

    Raises
    ------
    ValueError
        If the answer is not among the choices.
    TypeError
        If it is no number, where no choices are given.

    Examples
    --------
    >>> from minigen.course import predict
    >>> prediction = predict("How many digits of ten are recognised?")
    How many digits of ten are recognised?
    Write your guess in place of None, as a number, and run the cell again; or just read on.
    >>> prediction.compare(9)
    How many digits of ten are recognised?
    Measured: 9.
    """
    prediction = Prediction(question, yours, tuple(choices))
    print(question)
    if choices:
        print("Choices: " + ", ".join(repr(choice) for choice in choices) + ".")
    if yours is None:
        kind = "one of the choices" if choices else "a number"
        print(
            f"Write your guess in place of None, as {kind}, and run the cell again; "
            "or just read on."
        )
        return prediction
    _answer(yours, prediction.choices, "yours")
    print(f"You predict: {_told(yours)}.")
    prediction._remember(None)
    return prediction


def _answer(value: Any, choices: tuple[str, ...], name: str) -> Answer:
    """Return an answer as a number of Python or a choice; another one is an error."""
    if choices:
        if value not in choices:
            raise ValueError(f"{name} is {value!r}, but the choices are {', '.join(choices)}")
        return str(value)
    try:
        number = value.item() if hasattr(value, "item") else value  # of an array or a tensor
    except ValueError:  # it has many
        number = None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError(f"{name} is {value!r}; a number is expected")
    return number


def _told(answer: Answer) -> str:
    return f"{answer:.4g}" if isinstance(answer, float) else str(answer)


def _print_difference(yours: float, measured: float) -> None:
    if yours == measured:
        print("Exactly.")
        return
    direction = "low" if yours < measured else "high"
    told = f"Too {direction} by {abs(measured - yours):.3g}"
    if measured:
        told += f", {abs((measured - yours) / measured):.0%} of what was measured"
    print(f"{told}.")
