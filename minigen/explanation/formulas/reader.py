r"""LaTeX to a tree. pylatexenc parses; what its macros mean in a formula is said here."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pylatexenc import latexwalker, macrospec

from minigen.explanation.formulas import signs
from minigen.explanation.formulas.signs import (
    Accent,
    Boxed,
    Delimited,
    FormulaError,
    Fraction,
    Grid,
    Kind,
    Labelled,
    Node,
    Root,
    Row,
    Scripts,
    Space,
    Symbol,
    Thing,
    kind_of,
)

_ACCENTS: Final = {"bar": "\u0304", "overline": "\u0305", "hat": "\u0302", "tilde": "\u0303"}
_ALPHABETS: Final = {"mathbb", "mathcal", "mathbf"}
_FRACTIONS: Final = {"frac", "tfrac", "dfrac"}
_UPRIGHT: Final = {"mathrm", "operatorname"}
_ENVIRONMENTS: Final = {"aligned", "cases", "pmatrix"}
_SIZES: Final = {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr"}


def read(latex: str) -> Row:
    r"""Read a formula.

    What is not LaTeX, and a macro or environment that is not known here, is a `FormulaError`.

    Examples
    --------
    >>> from minigen.explanation.formulas.reader import read
    >>> read(r"\alpha").items
    (Symbol(text='α', kind=<Kind.ORDINARY: 'ordinary'>),)
    """
    walker = latexwalker.LatexWalker(latex, latex_context=_grammar(), tolerant_parsing=False)
    state = walker.make_parsing_state(in_math_mode=True)
    try:
        nodes, _, _ = walker.get_latex_nodes(parsing_state=state)
    except latexwalker.LatexWalkerParseError as error:
        raise FormulaError(f"{latex!r} can't be read: {error.msg}") from error
    return _Reader(nodes).row()


@functools.cache
def _grammar() -> Any:
    """Tell pylatexenc's parser which macros take arguments."""
    one = ["boxed", "text", "tag", "sqrt", "underbrace", "substack"]
    scripts = macrospec.MacroStandardArgsParser("{")
    grammar = macrospec.LatexContextDb()
    grammar.add_context_category(
        "formulas",
        macros=[
            *(
                macrospec.std_macro(name, False, 1)
                for name in (*one, *_ACCENTS, *_ALPHABETS, *_UPRIGHT)
            ),
            *(macrospec.std_macro(name, False, 2) for name in _FRACTIONS),
        ],
        environments=[macrospec.std_environment(name, None) for name in _ENVIRONMENTS],
        specials=[
            macrospec.SpecialsSpec("^", args_parser=scripts),
            macrospec.SpecialsSpec("_", args_parser=scripts),
            macrospec.SpecialsSpec("&"),
        ],
    )
    grammar.set_unknown_macro_spec(macrospec.MacroSpec(""))
    grammar.set_unknown_environment_spec(macrospec.EnvironmentSpec(""))
    return grammar


class _Reader:
    """Reads pylatexenc's nodes one after another; what is plain text, sign by sign."""

    def __init__(self, nodes: Iterable[Any]) -> None:
        self._nodes = list(_signs(nodes))
        self._at = 0

    def row(self, ends: Callable[[Any], bool] = lambda _: False) -> Row:
        """Read to the end, or to a node that ends the row, which is passed over."""
        items: list[Node] = []
        while self._at < len(self._nodes):
            node = self._nodes[self._at]
            self._at += 1
            if ends(node):
                break
            self._read(node, items)
        return Row(tuple(items))

    def _read(self, node: Any, items: list[Node]) -> None:
        """Add what a node stands for; scripts are joined to the item before them."""
        if isinstance(node, str) and node == "'":
            items.append(_primed(_base(items)))
        elif isinstance(node, str):
            items.append(Space(1, soft=True) if node == " " else signs.of_character(node))
        elif isinstance(node, latexwalker.LatexGroupNode):
            items.append(_Reader(node.nodelist).row())
        elif isinstance(node, latexwalker.LatexEnvironmentNode):
            items.append(_environment(node))
        elif isinstance(node, latexwalker.LatexSpecialsNode) and node.nodeargd:
            (script,) = _arguments(node)
            items.append(_scripted(_base(items), node.specials_chars, script))
        elif isinstance(node, latexwalker.LatexMacroNode) and node.macroname in _SIZES:
            items.append(self._delimited(node.macroname))
        elif isinstance(node, latexwalker.LatexMacroNode):
            items.append(_macro(node))
        else:
            raise FormulaError(f"{node.latex_verbatim()!r} is not known in a formula")

    def _delimited(self, size: str) -> Thing:
        r"""Read ``\left( ... \right)`` or ``\Big( ... \Big)``; another sign has no partner."""
        left = self._delimiter()
        if size == "left":
            body = self.row(lambda node: _name(node) == "right")
        elif kind_of(left) is Kind.OPEN:
            body = self.row(lambda node: _name(node) in _SIZES and self._closes())
        else:
            return left
        return Delimited(left.text, body, self._delimiter().text)

    def _closes(self) -> bool:
        """Tell whether the delimiter that comes next closes a pair."""
        before = self._at
        closes = kind_of(self._delimiter()) is Kind.CLOSE
        self._at = before
        return closes

    def _delimiter(self) -> Symbol:
        """Read the sign behind a size; a dot stands for none."""
        while self._at < len(self._nodes):
            node = self._nodes[self._at]
            self._at += 1
            if not isinstance(node, str):
                return signs.of_macro(_name(node))
            if node != " ":
                return Symbol("") if node == "." else signs.of_character(node)
        raise FormulaError("a formula ends where a delimiter is expected")


def _signs(nodes: Iterable[Any]) -> Iterator[Any]:
    """Take plain text apart into its signs; white space of any sort is one blank."""
    spaced = False
    for node in nodes:
        if isinstance(node, latexwalker.LatexCharsNode):
            text = f" {node.chars}" if spaced and node.chars.startswith("/") else node.chars
            yield from re.sub(r"\s+", " ", text)
        else:
            yield node
        spaced = bool(getattr(node, "macro_post_space", ""))


def _name(node: Any) -> str:
    """Return the name of a macro; nothing for other nodes."""
    return getattr(node, "macroname", "")


def _arguments(node: Any) -> list[Row]:
    return [_Reader(_inside(argument)).row() for argument in node.nodeargd.argnlist]


def _inside(argument: Any) -> list[Any]:
    """Return what an argument consists of, with braces around it or without."""
    if isinstance(argument, latexwalker.LatexGroupNode):
        return list(argument.nodelist)
    return [argument]


def _base(items: list[Node]) -> Thing:
    """Take the last thing away, to which scripts belong; they may stand alone, too."""
    while items:
        last = items.pop()
        if not isinstance(last, Space):
            return last
    return Symbol("")


def _scripted(base: Thing, sign: str, script: Row) -> Thing:
    if isinstance(base, Labelled) and sign == "_":
        return Labelled(base.body, script)
    known = base if isinstance(base, Scripts) else Scripts(base)
    if sign == "_":
        return Scripts(known.base, script, known.above)
    return Scripts(known.base, known.below, script)


def _primed(base: Thing) -> Thing:
    """Put a prime on a base, behind others that it may have."""
    known = base if isinstance(base, Scripts) else Scripts(base)
    above = known.above.items if known.above else ()
    return Scripts(known.base, known.below, Row((*above, signs.PRIME)))


def _macro(node: Any) -> Node:
    """Return what a macro with its arguments stands for."""
    name = node.macroname
    if name in signs.SPACES:
        return Space(signs.SPACES[name])
    if name == "text":
        return Symbol(_text(node), Kind.TEXT)
    if name == "tag":
        return Symbol(f"    ({_text(node)})", Kind.TEXT)
    if name == "substack":
        return Grid(name, _cells(node.nodeargd.argnlist[0].nodelist))
    if name in _ALPHABETS:
        return Symbol(signs.in_alphabet(name, _text(node)))
    arguments = _arguments(node) if node.nodeargd else []
    if not arguments:
        return signs.of_macro(name)
    if name in _FRACTIONS:
        return signs.vulgar(*map(_letters, arguments)) or Fraction(*arguments)
    if name in _ACCENTS:
        return Accent(_ACCENTS[name], *arguments)
    if name in _UPRIGHT:
        return _upright(*arguments)
    if name == "boxed":
        return Boxed(*arguments)
    return Root(*arguments) if name == "sqrt" else _unlabelled(*arguments)


def _text(node: Any) -> str:
    """Return the words that are a macro's argument."""
    (argument,) = node.nodeargd.argnlist
    return "".join(part.latex_verbatim() for part in _inside(argument))


def _unlabelled(body: Row) -> Labelled:
    return Labelled(body, Row(()))


def _letters(row: Row) -> str:
    """Return what stands in a row, as far as it is plain."""
    return "".join(item.text for item in row.items if isinstance(item, Symbol))


def _upright(row: Row) -> Thing:
    """Make one name of letters: scripts of its last letter are the whole name's."""
    *first, last = row.items
    letters = _letters(Row(tuple(first)))
    if isinstance(last, Scripts) and isinstance(last.base, Symbol):
        return Scripts(_word(letters + last.base.text), last.below, last.above)
    return _word(letters + (last.text if isinstance(last, Symbol) else ""))


def _word(letters: str) -> Symbol:
    return Symbol(letters, Kind.NAME if len(letters) > 1 else Kind.ORDINARY)


def _environment(node: Any) -> Grid:
    if node.environmentname not in _ENVIRONMENTS:
        raise FormulaError(f"the environment {node.environmentname} is not known here")
    return Grid(node.environmentname, _cells(node.nodelist))


def _cells(nodes: Iterable[Any]) -> tuple[tuple[Row, ...], ...]:
    r"""Split nodes into rows at ``\\``, and rows into cells at ``&``."""
    rows: list[list[list[Any]]] = [[[]]]
    for node in nodes:
        if _name(node) == "\\":
            rows.append([[]])
        elif getattr(node, "specials_chars", "") == "&":
            rows[-1].append([])
        else:
            rows[-1][-1].append(node)
    return tuple(tuple(_Reader(cell).row() for cell in row) for row in rows)
