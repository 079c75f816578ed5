"""Wrong answers that tempt, and what the check of an exercise has to say of each."""

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

    def __call__(self, *arguments: Any) -> Any:
        """Answer, wrongly: some mistakes build on another one."""
        return self.answer(*arguments)

    def __str__(self) -> str:
        return f"{self.exercise}: {self.answer.__name__}"


def mistake(exercise: str, says: str) -> Callable[[Callable[..., Any]], Mistake]:
    """Make a wrong answer of the function below, to an exercise and with what is to be said."""
    return lambda answer: Mistake(exercise, says, answer)
