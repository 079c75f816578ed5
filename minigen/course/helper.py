"""The helper of a lesson: the module that draws its figures, and holds what was shown before."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from minigen.course.lesson import find_lesson


def figures(number: str | int) -> ModuleType:
    """Load the helper of a lesson, ``figures.py`` beside its notebook, anew at each call.

    One that would be too long for a file is a package, the folder ``figures``. It is that of the
    published lessons: a notebook that was downloaded alone finds it in the installed package.

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
        If the lesson has neither.
    """
    lesson = find_lesson(number)
    if not lesson.figures.exists():
        raise FileNotFoundError(
            f"figures({number!r}): lesson {lesson.number} has no {lesson.figures.name}; its folder "
            f"is {lesson.figures.parent}"
        )
    # Not by its folder's name, which is none of a package.
    name = f"minigen_lesson_{lesson.number}_figures"
    for loaded in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[loaded]
    module = ModuleType(name)
    module.__file__ = str(lesson.figures)
    if lesson.figures.name == "__init__.py":
        module.__package__, module.__path__ = name, [str(lesson.figures.parent)]
        importlib.invalidate_caches()  # a module of the package may just have been written
    sys.modules[name] = module  # dataclasses and pickles look their module up
    # Compiled from the text: compiled code that was kept may be older than the file by a second.
    text = lesson.figures.read_text(encoding="utf-8")
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module
