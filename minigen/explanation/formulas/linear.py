r"""Formulas in one line, as they stand within a sentence.

Scripts are Unicode's where it has them, and otherwise ``x_(n,c)`` and ``e^(−u²/2)``.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from minigen.explanation.formulas import symbols
from minigen.explanation.formulas.reader import read
from minigen.explanation.formulas.spacing import spaced
from minigen.explanation.formulas.tree import (
    Accent,
    Boxed,
    Delimited,
    Fraction,
    Grid,
    Kind,
    Labelled,
    Root,
    Row,
    Scripts,
    Symbol,
    Thing,
)

_OVERLINE: Final = "\u0305"

_APART: Final = {Kind.RELATION, Kind.BINARY, Kind.PUNCTUATION, Kind.TEXT}
"""Beside these, a fraction needs no parentheses."""


def inline(latex: str) -> str:
    r"""Write a formula in a line.

    Raises
    ------
    FormulaError
        If the formula can't be read.

    Examples
    --------
    >>> from minigen.explanation.formulas import inline
    >>> inline(r"\tfrac12 \left[ \mu^2 + \sigma^2 - 1 - \ln \sigma^2 \right]")
    '½ [μ² + σ² − 1 − ln σ²]'
    >>> inline(r"y_{n,o} = \frac{1}{N+1} \sum_{i=1}^n x_i")
    'y_(n,o) = (1/(N + 1)) ∑ᵢ₌₁ⁿ xᵢ'
    """
    return text_of(read(latex))


def text_of(row: Row, *, tight: bool = False) -> str:
    """Write a row in a line; tight as a script."""
    things = spaced(row, tight=tight)
    befores = [Kind.PUNCTUATION, *(thing.ends for thing in things)]
    afters = [*(thing.begins for thing in things[1:]), Kind.PUNCTUATION]
    parts = []
    for thing, before, after in zip(things, befores, afters, strict=False):
        text = _text(thing.node, tight)
        stands_free = before in {*_APART, Kind.OPEN} and after in {*_APART, Kind.CLOSE}
        if isinstance(thing.node, Fraction) and not stands_free:
            text = f"({text})"
        parts.append(" " * thing.gap + text)
    return unicodedata.normalize("NFC", "".join(parts))


def marked(mark: str, text: str) -> str:
    """Put a mark on a letter; a line on every letter, other marks on the first."""
    if mark == _OVERLINE:
        return "".join(c if c.isspace() else c + mark for c in text)
    return unicodedata.normalize("NFC", text[:1] + mark + text[1:])


def _text(node: Thing, tight: bool) -> str:
    match node:
        case Symbol(text):
            return text
        case Row():
            return text_of(node, tight=tight)
        case Scripts(base, below, above):
            return _scripted(base, below, above, tight)
        case Fraction(numerator, denominator):
            over, under = text_of(numerator, tight=tight), text_of(denominator, tight=tight)
            return f"{_grouped(over)}/{_grouped(under, divides=True)}"
        case Root(body):
            inside = text_of(body, tight=tight)
            return f"√{inside}" if _is_one(inside) else f"√({inside})"
        case Accent(mark, body):
            return marked(mark, text_of(body, tight=tight))
        case Delimited(left, body, right):
            return f"{left}{text_of(body, tight=tight)}{right}"
        case Boxed(body):
            return text_of(body)
        case Labelled(body, label):
            return f"{text_of(body)} ({text_of(label)})"
        case Grid(_, rows):
            return "; ".join(" ".join(text_of(cell) for cell in row) for row in rows)


def _scripted(base: Thing, below: Row | None, above: Row | None, tight: bool) -> str:
    text = _text(base, tight)
    if isinstance(base, Row | Fraction) and not _is_one(text):
        text = f"({text})"
    if below is not None:
        script = text_of(below, tight=True)
        text += symbols.subscript(script) or f"_{_bracketed(script)}"
    if above is not None:
        script = text_of(above, tight=True)
        text += symbols.superscript(script) or f"^{_bracketed(script)}"
    return text


def _bracketed(script: str) -> str:
    return script if _is_one(script) else f"({script})"


def _is_one(text: str) -> bool:
    """Tell whether a text is one letter, with its marks."""
    return sum(not unicodedata.combining(c) for c in text) == 1


def _grouped(text: str, *, divides: bool = False) -> str:
    """Put what is a sum in parentheses; below a line, a product as well."""
    is_sum = any(sign in text for sign in " +−") and not text.startswith(("(", "∂", "−"))
    is_product = divides and not (_is_one(text) or text.isdigit() or text[:1] in "∂(")
    has_script = divides and is_product and _is_one(text.rstrip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ²³ᵀ′"))
    return f"({text})" if is_sum or (is_product and not has_script) else text
