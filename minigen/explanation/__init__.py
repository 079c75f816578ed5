"""Explanations: the derivation of a result, the code that implements it, and its check, run.

>>> from minigen.explanation import explain
>>> explain("softmax")
<explanation of op softmax: 2 results, 4 of 4 checks passed, worst relative error ...>

An `Explanation` is plain data, made from the pages of ``docs/derivations`` and from the live
source; ``minigen explain`` shows it at the terminal, a notebook in three columns.
"""

from minigen.derivations import PageError, page_of
from minigen.explanation.checks import Check
from minigen.explanation.code import Implementer, Source, implementers_of
from minigen.explanation.explanation import Explanation, explain
from minigen.explanation.pages import (
    Cell,
    Page,
    Prose,
    Result,
    Section,
    all_pages,
)
from minigen.explanation.subjects import UnknownNameError, names

__all__ = [
    "Cell",
    "Check",
    "Explanation",
    "Implementer",
    "Page",
    "PageError",
    "Prose",
    "Result",
    "Section",
    "Source",
    "UnknownNameError",
    "all_pages",
    "explain",
    "implementers_of",
    "names",
    "page_of",
]
