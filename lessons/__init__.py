"""The course: notebooks, exercises, solutions; ``python -m lessons build`` makes the notebooks."""
