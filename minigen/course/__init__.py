"""The course: lessons as notebooks, their exercises, and the checks of answers.

What a lesson imports from here is small: `FAST` says whether it is run by the tests, `progress`
shows how far a loop has come, `show_source` prints the code of the library.
"""

from minigen.course.lesson import Lesson, find_lesson, lessons
from minigen.course.notebook import FAST, Listing, progress, show_source

__all__ = ["FAST", "Lesson", "Listing", "find_lesson", "lessons", "progress", "show_source"]
