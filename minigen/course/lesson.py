"""Where the lessons are, and the folder in which a learner works on them.

The lessons' own files are in ``lessons/`` of a checkout, and in a wheel inside the package. A
learner works in a folder of his own choice, by default ``./lessons``, which in a checkout is the
same. What is missing there is copied when it is asked for; nothing that is there is ever replaced.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import minigen
from minigen.files import write_atomically

FOLDER: Final = Path("lessons")
"""Where a learner works, unless the environment variable ``MINIGEN_LESSONS`` says otherwise."""

_NOTEBOOK: Final = re.compile(r"(\d\d)-[a-z0-9-]+\.ipynb")
_HEADING: Final = re.compile(r"^# Lesson \d\d: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """One lesson, as it was published.

    Attributes
    ----------
    number : str
        Two digits, such as ``"01"``.
    notebook : Path
        The notebook.
    """

    number: str
    notebook: Path

    @functools.cached_property
    def title(self) -> str:
        """What stands in the heading of the notebook's first cell: ``# Lesson 01: Autograd``."""
        cells = json.loads(self.notebook.read_text(encoding="utf-8"))["cells"]
        found = _HEADING.search("".join(cells[0]["source"])) if cells else None
        if found is None:
            raise ValueError(
                f"{self.notebook.name}: the first cell has no heading '# Lesson {self.number}: ...'"
            )
        return found[1]

    @property
    def exercises(self) -> Path:
        """The file with the stubs of its exercises, which need not exist."""
        return self.notebook.parent / "exercises" / f"lesson_{self.number}.py"

    @property
    def solutions(self) -> Path:
        """The file with the solutions."""
        return self.notebook.parent / "solutions" / f"lesson_{self.number}.py"

    def copy_to(self, folder: Path) -> Iterator[Path]:
        """Copy the notebook and the stubs to where they are missing; return what was copied."""
        shared = self.exercises.with_name("test_exercises.py")
        for source in (self.notebook, self.exercises, shared):
            target = folder / source.relative_to(self.notebook.parent)
            if source.exists() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(target, source.read_bytes())
                yield target


def home() -> Path:
    """Return the folder of the published lessons.

    Raises
    ------
    FileNotFoundError
        If they are neither beside the package, as in a checkout, nor inside it, as in a wheel.
    """
    package = Path(str(minigen.__file__)).parent
    for folder in (package / "course" / "lessons", package.parent / "lessons"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise FileNotFoundError("the lessons are missing: this installation of minigen is incomplete")


def lessons() -> list[Lesson]:
    """Return the lessons, in their order.

    Examples
    --------
    >>> from minigen.course import lessons
    >>> [lesson.title for lesson in lessons()][0]
    'Autograd'
    """
    names = {path: _NOTEBOOK.fullmatch(path.name) for path in sorted(home().glob("*.ipynb"))}
    return [Lesson(match[1], path) for path, match in names.items() if match]


def find_lesson(number: str | int) -> Lesson:
    """Return the lesson of a number, as ``4``, ``"4"`` or ``"04"``.

    Raises
    ------
    ValueError
        If there is none.
    """
    wanted = str(number).zfill(2)
    for lesson in lessons():
        if lesson.number == wanted:
            return lesson
    numbers = ", ".join(lesson.number for lesson in lessons())
    raise ValueError(f"there is no lesson {number!r}; there are {numbers}")


def working_folder() -> Path:
    """Return the folder in which the learner works."""
    return Path(os.environ.get("MINIGEN_LESSONS") or FOLDER)
