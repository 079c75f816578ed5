"""Wrong answers, collected by a decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to an exercise, and words that the check's message has to contain."""

    exercise: str
    says: str
    answer: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.exercise}: {self.answer.__name__}"


def mistakes() -> tuple[
    list[Mistake], Callable[[str, str], Callable[[Callable[..., Any]], Callable[..., Any]]]
]:
    """Return an empty list, and the decorator ``@mistake(exercise, says)`` that fills it."""
    found: list[Mistake] = []

    def mistake(exercise: str, says: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def add(answer: Callable[..., Any]) -> Callable[..., Any]:
            found.append(Mistake(exercise, says, answer))
            return answer

        return add

    return found, mistake
