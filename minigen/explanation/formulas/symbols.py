"""The signs of Unicode for LaTeX's macros and letters, and what each is to its neighbours."""

from __future__ import annotations

import functools
import unicodedata
from typing import Any, Final

from pylatexenc import latex2text

from minigen.explanation.formulas.tree import Kind, Symbol


class FormulaError(ValueError):
    """A formula that cannot be read: a mistake in it, or a macro that is unknown here."""


SPACES: Final = {",": 1, ";": 1, ":": 1, " ": 1, "\n": 1, "!": 0, "quad": 2, "qquad": 4}
"""Macros that are gaps, in columns."""

_OF_MACROS: Final = {
    **{name: Symbol(name, Kind.NAME) for name in ("arg", "cos", "exp", "ln", "log", "sin", "tanh")},
    **{name: Symbol(name, Kind.EXTREMUM) for name in ("inf", "max", "min", "sup")},
    "sum": Symbol("∑", Kind.LARGE),
    "prod": Symbol("∏", Kind.LARGE),
    "int": Symbol("∫", Kind.LARGE),
    "bmod": Symbol("mod", Kind.BINARY),
    "mid": Symbol("|", Kind.RELATION),
    "iff": Symbol("⟺", Kind.RELATION),
    "ne": Symbol("≠", Kind.RELATION),
    "|": Symbol("‖"),
    "%": Symbol("%"),
    "{": Symbol("{", Kind.OPEN),
    "}": Symbol("}", Kind.CLOSE),
}
"""Macros that are no signs in pylatexenc's table, or others."""

_OF_CHARACTERS: Final = {"-": "−"}

PRIME: Final = Symbol("′")

_SIGNS: Final = {
    Kind.RELATION: set("=<>≤≥≠≈∼∈→←⇒⟹⟺↦≪≫≡"),
    Kind.BINARY: set("+−±·×⊙"),
    Kind.OPEN: set("([{⟨⌊⌈"),
    Kind.CLOSE: set(")]}⟩⌋⌉"),
    Kind.PUNCTUATION: set(",;"),
}


def of_character(character: str) -> Symbol:
    """Return the symbol that a character of a formula stands for."""
    sign = _OF_CHARACTERS.get(character, character)
    kind = next((kind for kind, signs in _SIGNS.items() if sign in signs), Kind.ORDINARY)
    return Symbol(sign, kind)


def of_macro(name: str) -> Symbol:
    r"""Return the symbol that a macro without arguments stands for.

    Raises
    ------
    FormulaError
        If there is none.

    Examples
    --------
    >>> from minigen.explanation.formulas.symbols import of_macro
    >>> of_macro("le")
    Symbol(text='≤', kind=<Kind.RELATION: 'relation'>)
    """
    if name in _OF_MACROS:
        return _OF_MACROS[name]
    sign = getattr(_table().get_macro_spec(name), "simplify_repl", None)
    if not isinstance(sign, str) or not sign.strip():
        raise FormulaError(f"no sign of Unicode is known for \\{name}")
    return of_character(sign.strip())


@functools.cache
def _table() -> Any:
    return latex2text.get_default_latex_context_db()


_ALPHABETS: Final = {"mathbb": "DOUBLE-STRUCK", "mathcal": "SCRIPT", "mathbf": "BOLD"}


def in_alphabet(macro: str, text: str) -> str:
    """Return letters and digits in another alphabet, such as script for ``mathcal``.

    Examples
    --------
    >>> from minigen.explanation.formulas.symbols import in_alphabet
    >>> in_alphabet("mathbb", "E"), in_alphabet("mathcal", "LW"), in_alphabet("mathbf", "1")
    ('𝔼', 'ℒ𝒲', '𝟏')
    """
    return "".join(_letter(_ALPHABETS[macro], character) for character in text)


def _letter(alphabet: str, character: str) -> str:
    """Look a letter up by its name; the oldest of them are not called mathematical."""
    name = unicodedata.name(character).replace("LATIN ", "").replace("LETTER ", "")
    for full in (f"MATHEMATICAL {alphabet} {name}", f"{alphabet} {name}"):
        try:
            return unicodedata.lookup(full)
        except KeyError:
            continue
    raise FormulaError(f"there is no {alphabet.lower()} {character!r} in Unicode")


_VULGAR: Final = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛"}


def vulgar(numerator: str, denominator: str) -> Symbol | None:
    """Return the one sign that Unicode has for a fraction such as a half, if it has one."""
    sign = _VULGAR.get(f"{numerator}/{denominator}")
    return None if sign is None else Symbol(sign)


_SUBSCRIPTS: Final = dict(
    zip(
        "0123456789+−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
# The small T is the transpose's; a power T is set otherwise, lest it look like one.
_SUPERSCRIPTS: Final = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyz⊤*′",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ*′",
        strict=True,
    )
)


def subscript(text: str) -> str | None:
    """Return text in Unicode's small letters below the line; None if one is missing."""
    return _small(text, _SUBSCRIPTS)


def superscript(text: str) -> str | None:
    """Return text in Unicode's small letters above the line; None if one is missing."""
    return _small(text, _SUPERSCRIPTS)


def _small(text: str, alphabet: dict[str, str]) -> str | None:
    return "".join(alphabet[c] for c in text) if set(text) <= alphabet.keys() else None
