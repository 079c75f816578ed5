"""The helper of a lesson: the module that draws its figures, and holds what was shown before."""

from __future__ import annotations

import importlib.util
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
    spec = importlib.util.spec_from_file_location(name, lesson.figures)
    if spec is None or spec.loader is None:
        raise ImportError(f"{lesson.figures} can't be loaded as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    spec.loader.exec_module(module)
    return module
