"""What a formula is made of, between LaTeX and what is drawn: its parts, signs, and gaps.

Signs of Unicode stand for LaTeX's macros and letters. How far apart the things in a row stand is
decided as in TeX: by their kinds.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from pylatexenc import latex2text


class Kind(Enum):
    """What a symbol is to its neighbours: it decides the space between them, as in TeX."""

    ORDINARY = "ordinary"
    """A letter, number or other sign that clings to its neighbours."""
    NAME = "name"
    """A function's name in upright letters, which stands apart from letters."""
    LARGE = "large"
    """A sign like the sum's: limits go above and below."""
    EXTREMUM = "extremum"
    """A name like max, under which limits go."""
    BINARY = "binary"
    RELATION = "relation"
    OPEN = "open"
    CLOSE = "close"
    PUNCTUATION = "punctuation"
    TEXT = "text"
    """Words, which bring their own spaces."""


@dataclass(frozen=True)
class Symbol:
    """Characters that are drawn as they are."""

    text: str
    kind: Kind = Kind.ORDINARY


@dataclass(frozen=True)
class Space:
    """A gap of so many columns; a soft one is a blank of the source, which TeX would not print."""

    width: int
    soft: bool = False


@dataclass(frozen=True)
class Row:
    """Things side by side."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Scripts:
    """A base with what stands below and above to its right."""

    base: Thing
    below: Row | None = None
    above: Row | None = None


@dataclass(frozen=True)
class Fraction:
    """A numerator over a denominator."""

    numerator: Row
    denominator: Row


@dataclass(frozen=True)
class Root:
    """A square root."""

    body: Row


@dataclass(frozen=True)
class Accent:
    """A base with a mark on it: a combining character of Unicode."""

    mark: str
    body: Row


@dataclass(frozen=True)
class Delimited:
    """A body between delimiters that grow with it; an empty string stands for none."""

    left: str
    body: Row
    right: str


@dataclass(frozen=True)
class Boxed:
    """A result in its frame."""

    body: Row


@dataclass(frozen=True)
class Labelled:
    """A body with a brace under it, and a label under the brace."""

    body: Row
    label: Row


@dataclass(frozen=True)
class Grid:
    """Rows of cells; `environment` says of which sort."""

    environment: str
    rows: tuple[tuple[Row, ...], ...]


Thing: TypeAlias = (
    Symbol | Row | Scripts | Fraction | Root | Accent | Delimited | Boxed | Labelled | Grid
)
"""What is drawn."""

Node: TypeAlias = Thing | Space
"""What a row is made of."""


def kind_of(node: Thing) -> Kind:
    """Return what a node is to its neighbours on the left: the kind of its base."""
    if isinstance(node, Symbol):
        return node.kind
    if isinstance(node, Scripts):
        return kind_of(node.base)
    if isinstance(node, Row) and len(node.items) == 1 and isinstance(node.items[0], Symbol):
        return node.items[0].kind
    return Kind.OPEN if isinstance(node, Delimited) else Kind.ORDINARY


def end_of(node: Thing) -> Kind:
    """Return what a node is to its neighbours on the right."""
    if isinstance(node, Scripts):
        return end_of(node.base)
    return Kind.CLOSE if isinstance(node, Delimited) else kind_of(node)


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
    r"""Return the symbol that a macro without arguments stands for; else raise a `FormulaError`.

    Examples
    --------
    >>> from minigen.explanation.formulas.signs import of_macro
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
    >>> from minigen.explanation.formulas.signs import in_alphabet
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


_SIGNED = {Kind.BINARY, Kind.RELATION, Kind.OPEN, Kind.PUNCTUATION, Kind.LARGE}
"""After these, and at the beginning, a minus is a sign and no difference."""

_LOOSE = {Kind.BINARY, Kind.RELATION, Kind.PUNCTUATION, Kind.OPEN, Kind.CLOSE}

_CLINGING = {Kind.ORDINARY, Kind.OPEN, Kind.CLOSE}
"""Beside these, fractions keep a distance."""

_NAMES = {Kind.NAME, Kind.EXTREMUM, Kind.LARGE}


@dataclass(frozen=True)
class Placed:
    """A thing in a row: what it is to its neighbours, and the columns before it."""

    node: Thing
    gap: int
    begins: Kind
    ends: Kind


def spaced(row: Row, *, tight: bool = False) -> list[Placed]:
    """Place the things in a row.

    A sign such as the minus of -x clings to what follows, like an opening delimiter. Scripts are
    set tight: without spaces around relations and operators.
    """
    placed: list[Placed] = []
    space = Space(0)
    for position, node in enumerate(row.items):
        if isinstance(node, Space):
            space = max(space, node, key=lambda each: (each.width, not each.soft))
            continue
        last = placed[-1] if placed else None
        begins, ends = kind_of(node), end_of(node)
        if begins is Kind.BINARY and (last is None or last.ends in _SIGNED):
            begins = ends = Kind.OPEN
        if last is None or _is_full_stop(row, position):
            gap = 0
        elif tight:
            gap = int(bool(_NAMES & {last.ends, begins}) and not _LOOSE & {last.ends, begins})
        else:
            gap = max(_between(last.ends, begins), _kept(space, last.ends, begins))
            if Fraction in (type(last.node), type(node)) and {last.ends, begins} <= _CLINGING:
                gap = max(gap, 1)
        placed.append(Placed(node, gap, begins, ends))
        space = Space(0)
    return placed


def _is_full_stop(row: Row, position: int) -> bool:
    """Tell a sentence's last sign, which clings to the formula."""
    rest = [node for node in row.items[position:] if not isinstance(node, Space)]
    return rest in ([Symbol(".")], [Symbol(",", Kind.PUNCTUATION)], [Symbol(":")])


def _kept(space: Space, left: Kind, right: Kind) -> int:
    """Return what stays of a space that was asked for: none inside of a delimiter."""
    if space.width == 1 and (left is Kind.OPEN or right in {Kind.CLOSE, Kind.PUNCTUATION}):
        return 0
    if space.soft and (Kind.TEXT in {left, right} or (left in _NAMES and right is Kind.OPEN)):
        return 0
    return space.width


def _between(left: Kind, right: Kind) -> int:
    """Return the columns between two kinds of things."""
    pair = {left, right}
    if pair & {Kind.RELATION, Kind.BINARY} or left is Kind.PUNCTUATION:
        return 0 if right is Kind.PUNCTUATION else 1
    if Kind.TEXT in pair:
        return 0
    if left is Kind.OPEN or right in {Kind.CLOSE, Kind.PUNCTUATION}:
        return 0
    if left in {Kind.NAME, Kind.EXTREMUM} and right is Kind.OPEN:
        return 0
    return 1 if pair & _NAMES else 0
