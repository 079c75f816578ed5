"""Mutants of a file: its text with one operator, constant, default or condition changed."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "+"),
    ast.Pow: ("**", "*"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
"""What each operator is written as, and what is put in its place."""


@dataclass(frozen=True)
class Mutant:
    """A change of one line of a file.

    Two changes of lines that read alike, in one function, are told apart by `column` alone: as a
    rule they have the same effect.
    """

    file: Path
    function: str
    number: int
    column: int
    line: str
    becomes: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What the list of equivalent mutants calls it: no number of a line, as lines move."""
        return self.file.as_posix(), self.function, self.line.strip(), self.becomes.strip()

    def text(self) -> str:
        """Return the whole file with the change."""
        lines = self.file.read_text(encoding="utf-8").split("\n")
        lines[self.number - 1] = self.becomes
        return "\n".join(lines)

    def __str__(self) -> str:
        return (
            f"{self.file.as_posix()}:{self.number}, in {self.function}\n"
            f"  - {self.line.strip()}\n  + {self.becomes.strip()}"
        )


def mutants_of(file: Path) -> list[Mutant]:
    """Return all mutants of a file; error messages and annotations have none."""
    text = file.read_text(encoding="utf-8")
    lines = text.split("\n")
    found = []
    for function, start, end, becomes in _changes(ast.parse(text), "the module", text):
        (number, first), (last_number, last) = start, end
        if number != last_number:
            continue  # of an expression over several lines its parts are changed
        line = lines[number - 1]
        raw = line.encode()
        changed = (raw[:first] + becomes.encode() + raw[last:]).decode()
        if changed != line:
            found.append(Mutant(file, function, number, first, line, changed))
    return sorted(set(found), key=lambda m: (m.number, m.column, m.becomes))


Change = tuple[str, tuple[int, int], tuple[int, int], str]
"""A function's name, where the text that changes begins and ends, and what it becomes."""


def _changes(node: ast.AST, function: str, text: str) -> Iterator[Change]:
    """Iterate over the changes of a node and of what is in it."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.ImportFrom | ast.Import):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = node.name
    yield from ((function, *change) for change in _changes_of(node, text))
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _changes(child, function, text)


def _changes_of(node: ast.AST, text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """Iterate over the changes of the node itself."""
    match node:
        case ast.Constant(value=bool(value)):
            yield *_place(node), str(not value)
        case ast.Constant(value=int() | float() as value):
            yield *_place(node), repr(value + 1 if isinstance(value, int) else value * 2 or 1.0)
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield *_place(node), f"({_source(operand, text)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            yield from _operator(left, right, op, text)
        case ast.BoolOp(op=op, values=values):
            for left, right in itertools.pairwise(values):
                yield from _operator(left, right, op, text)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            compared = itertools.pairwise([left, *comparators])
            for (before, after), relation in zip(compared, ops, strict=True):
                yield from _operator(before, after, relation, text)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield *_place(test), f"(not ({_source(test, text)}))"
        case ast.AugAssign(target=target, op=op, value=value) if type(op) in OPERATORS:
            yield from _operator(target, value, op, text, "=")


def _operator(
    left: ast.expr, right: ast.expr, op: ast.AST, text: str, suffix: str = ""
) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """Replace an operator between two operands, if it is found there alone."""
    (_, start), (end, _) = _place(left), _place(right)
    if start[0] == end[0]:
        between = text.split("\n")[start[0] - 1].encode()[start[1] : end[1]].decode()
        written, other = OPERATORS[type(op)]
        if between.count(written + suffix) == 1:
            yield start, end, between.replace(written + suffix, other + suffix)


def _place(node: ast.expr) -> tuple[tuple[int, int], tuple[int, int]]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _source(node: ast.expr, text: str) -> str:
    return ast.get_source_segment(text, node) or ""
