"""The course, a folder a lesson; ``python -m lessons build`` makes the notebooks."""
