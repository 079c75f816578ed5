"""The course: lessons as notebooks, their exercises, and the checks of answers.

What a lesson imports from here is small: `figures` loads the module that draws its pictures,
`progress` shows how far a loop has come, `predict` asks what an experiment will give, `show_source`
prints the code of the library, and `check` and `hint` are for its exercises.
"""

from minigen.course.exercises import check, hint
from minigen.course.helper import figures
from minigen.course.lesson import Lesson, find_lesson, lessons
from minigen.course.notebook import FAST, Listing, at_most, progress, show_source
from minigen.course.prediction import Prediction, predict

__all__ = [
    "FAST",
    "Lesson",
    "Listing",
    "Prediction",
    "at_most",
    "check",
    "figures",
    "find_lesson",
    "hint",
    "lessons",
    "predict",
    "progress",
    "show_source",
]
