"""Where the lessons are, and the folder in which a learner works on them.

A lesson is a folder ``NN-name`` in ``lessons/``: of a checkout, or in a wheel inside the package. A
learner works in a folder of his own choice, by default ``./lessons``, which in a checkout is the
same. What is missing there is copied when it is asked for; nothing that is there is ever replaced.
Notebooks that an earlier version put side by side into that folder, and answers that it put into
``exercises``, are still found.
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

_HEADING: Final = re.compile(r"^# Lesson \d\d[a-z]?: (.+)$", re.MULTILINE)
_NAME: Final = re.compile(r"(\d\d[a-z]?)-.+")
"""What the folder of a lesson is called; in parentheses the lesson's number."""


@dataclass(frozen=True)
class Lesson:
    """One lesson, as it was published.

    Its `number` has two digits, such as ``"01"``, and sometimes a letter: lesson ``"03b"`` comes
    between 03 and 04. Its `notebook` is ``NN-name.ipynb``, in the lesson's folder.
    """

    number: str
    notebook: Path

    @functools.cached_property
    def title(self) -> str:
        """What stands in the heading of the notebook's first cell: ``# Lesson 01: Autograd``.

        Of a lesson whose notebook is still to be built, what stands in that of its source.
        """
        if not self.notebook.exists():
            first = self.notebook.with_suffix(".md").read_text(encoding="utf-8")
        else:
            cells = json.loads(self.notebook.read_text(encoding="utf-8"))["cells"]
            first = "".join(cells[0]["source"]) if cells else ""
        found = _HEADING.search(first)
        if found is None:
            raise ValueError(
                f"{self.notebook.name}: the first cell has no heading '# Lesson {self.number}: ...'"
            )
        return found[1]

    @property
    def figures(self) -> Path:
        """The module with the functions that draw its figures: see `minigen.course.figures`.

        It is a file, ``figures.py``, or the first of a package, ``figures/__init__.py``.
        """
        package = self.notebook.with_name("figures") / "__init__.py"
        return package if package.exists() else self.notebook.with_name("figures.py")

    @property
    def exercises(self) -> Path:
        """The file with the stubs of its exercises, which need not exist."""
        return self.notebook.with_name("exercises.py")

    @property
    def hints(self) -> Path:
        """The file with what an exercise takes, in minutes, and its hints."""
        return self.notebook.with_name("hints.toml")

    @property
    def solutions(self) -> Path:
        """The file with the solutions."""
        return self.notebook.with_name("solutions.py")

    @property
    def checks(self) -> Path:
        """The file with the checks of the exercises: see `minigen.course.exercises`."""
        return self.notebook.with_name("checks.py")

    def notebook_in(self, folder: Path) -> Path:
        """Return where a learner's notebook is in a working folder, or will be."""
        earlier = folder / self.notebook.name
        return earlier if earlier.exists() else self._in(folder, self.notebook)

    def answers_in(self, folder: Path) -> Path:
        """Return where a learner's answers are in a working folder, or will be.

        Earlier versions put them into ``exercises/lesson_NN.py``, beside a test file that names
        that folder as the learner's.
        """
        name = f"lesson_{self.number}.py"
        for earlier in (folder / "exercises" / name, folder / name):
            if earlier.exists():
                return earlier
        return self._in(folder, self.exercises)

    def copy_to(self, folder: Path) -> Iterator[Path]:
        """Copy the notebook and the stubs to where they are missing; return what was copied."""
        tests = self.notebook.parent.with_name("test_exercises.py")
        for source, target in (
            (self.notebook, self.notebook_in(folder)),
            (self.exercises, self.answers_in(folder)),
            (tests, folder / tests.name),
        ):
            if source.exists() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(target, source.read_bytes())
                yield target

    def _in(self, folder: Path, file: Path) -> Path:
        """Return the place in a working folder of one of the lesson's files."""
        return folder / self.notebook.stem / file.name


def home() -> Path:
    """Return the folder of the published lessons: beside the package, or in a wheel inside it.

    If they are in neither place, that is a `FileNotFoundError`.
    """
    package = Path(str(minigen.__file__)).parent
    for folder in (package / "course" / "lessons", package.parent / "lessons"):
        if any(_notebooks(folder)):
            return folder
    raise FileNotFoundError("the lessons are missing: this installation of minigen is incomplete")


def lessons() -> list[Lesson]:
    """Return the lessons, in their order.

    Examples
    --------
    >>> from minigen.course import lessons
    >>> [lesson.title for lesson in lessons()][0]
    'Primer'
    """
    return [Lesson(number_in(notebook.stem), notebook) for notebook in sorted(_notebooks(home()))]


def number_in(name: str) -> str:
    """Return the number in the name of a lesson's folder; an empty string if it is none's.

    Examples
    --------
    >>> number_in("04-convolution"), number_in("03b-optimisation"), number_in("notes")
    ('04', '03b', '')
    """
    found = _NAME.fullmatch(name)
    return found[1] if found else ""


def padded(number: str | int) -> str:
    """Return the number of a lesson with two digits.

    Examples
    --------
    >>> padded(4), padded("3b")
    ('04', '03b')
    """
    text = str(number).lower()
    return text.zfill(3 if text[-1:].isalpha() else 2)


def helper_files(folder: Path) -> list[Path]:
    """Return the files with the functions that draw the figures of the lesson in a folder.

    They are ``figures.py``, or the modules of the package ``figures``, or none.
    """
    return sorted([*folder.glob("figures.py"), *folder.glob("figures/*.py")])


def _notebooks(folder: Path) -> set[Path]:
    """Return the notebooks of the lessons in a folder, each in a folder of its own name.

    A lesson whose source is there is one before its notebook is built.
    """
    return {
        path.with_suffix(".ipynb")
        for kind in ("ipynb", "md")
        for path in folder.glob(f"[0-9][0-9]*/*.{kind}")
        if path.stem == path.parent.name and number_in(path.stem)
    }


def find_lesson(number: str | int) -> Lesson:
    """Return the lesson of a number, as ``4``, ``"04"`` or ``"3b"``; else that is a ValueError."""
    found = {lesson.number: lesson for lesson in lessons()}
    if (wanted := padded(number)) not in found:
        raise ValueError(f"there is no lesson {number!r}; there are {', '.join(found)}")
    return found[wanted]


def working_folder() -> Path:
    """Return the folder in which a learner works.

    It is the one that the environment variable ``MINIGEN_LESSONS`` names. Without that it is
    ``lessons``; or, for a notebook that runs within a lesson's folder, the one that holds it.
    """
    if named := os.environ.get("MINIGEN_LESSONS"):
        return Path(named)
    here = Path.cwd()
    return here.parent if number_in(here.name) else Path("lessons")
