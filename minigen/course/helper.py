"""The helper of a lesson: the module that draws its figures, and holds what was shown before."""

from __future__ import annotations

import sys
from types import ModuleType

from minigen.course.lesson import find_lesson


def figures(number: str | int) -> ModuleType:
    """Load the helper of a lesson, ``figures.py`` beside its notebook, anew at each call.

    It is that of the published lessons: a notebook that was downloaded alone finds it in the
    installed package.

    Parameters
    ----------
    number : str or int
        The lesson's, such as ``"06"``, ``6`` or ``"3b"``.

    Returns
    -------
    module
        Its functions draw; `show_source` shows their code.

    Raises
    ------
    ValueError
        If there is no lesson of this number.
    FileNotFoundError
        If the lesson has no ``figures.py``.
    """
    lesson = find_lesson(number)
    if not lesson.figures.exists():
        raise FileNotFoundError(
            f"figures({number!r}): lesson {lesson.number} has no {lesson.figures.name}; its folder "
            f"is {lesson.figures.parent}"
        )
    # Not by its folder's name, which is none of a package.
    name = f"minigen_lesson_{lesson.number}_figures"
    module = ModuleType(name)
    module.__file__ = str(lesson.figures)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    # Compiled from the text: compiled code that was kept may be older than the file by a second.
    text = lesson.figures.read_text(encoding="utf-8")
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module
