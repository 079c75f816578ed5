"""The clinic: mistakes that are seen in the wild, each with the check that names it.

Every mistake is a few lines of wrong code, and the same lines mended. One check examines both, and
what minigen itself does: it finds the fault in the first, and none in the others.
"""

from minigen.clinic.mistake import Finding, Mistake
from minigen.clinic.mistakes import MISTAKES, find

__all__ = ["MISTAKES", "Finding", "Mistake", "find"]
