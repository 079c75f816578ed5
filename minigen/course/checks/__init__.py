"""The checks of the exercises, a module a lesson: see `minigen.course.exercises`.

Every function ``check_NAME(answer)`` checks the function NAME of the learner's file, in the order
in which they stand.
"""
