"""What the build makes of a source's cells: folds, and the cells of exercises.

A heading that begins with ``Deeper: `` is folded with its section, and a code cell by its tags. For
an exercise the source has a directive of one line; the stub itself stands in ``exercises.py``, from
which its cell is made.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from minigen.course.hints import Guide, guides_in

Cell: TypeAlias = Any
"""A cell of a notebook: a mapping as in its JSON file."""

FOLDED: Final = frozenset({"hide-input", "check"})
"""Tags of code cells whose code is folded away."""

GENERATED: Final = "exercise"
"""The tag of cells that are made for exercises."""

COLLAPSED: Final = "jp-MarkdownHeadingCollapsed"
"""What JupyterLab wants to find in the metadata of a heading that is folded."""

_HEADING: Final = re.compile(r"(#{1,6}) (.*)")
_DIRECTIVE: Final = re.compile(r"^```\{exercise\} (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOOLS: Final = "from minigen.course import check, hint"


def tags(cell: Cell) -> list[str]:
    """Return the tags of a cell."""
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def prepared(cells: Iterable[Cell], folder: Path) -> list[Cell]:
    """Return the cells of a notebook, made of those of the source in a lesson's folder."""
    return [_folded(cell) for cell in _with_exercises(_in_sections(cells), folder)]


def heading_level(cell: Cell) -> int:
    """Return the level of the heading that a cell begins with; 0 if there is none."""
    found = _HEADING.match(cell["source"]) if cell["cell_type"] == "markdown" else None
    return len(found[1]) if found else 0


def is_folded(cell: Cell) -> bool:
    """Tell whether only the output of a cell is in sight."""
    return not FOLDED.isdisjoint(tags(cell))


def _folded(cell: Cell) -> Cell:
    """Fold a cell, if it is one that is folded, by what JupyterLab finds in its metadata."""
    if is_folded(cell):
        cell["metadata"]["jupyter"] = {"source_hidden": True}
    if heading_level(cell) and _is_deeper(cell["source"]):
        cell["metadata"][COLLAPSED] = True
    return cell


def _is_deeper(line: str) -> bool:
    found = _HEADING.match(line)
    return found is not None and found[2].startswith("Deeper: ")


def _in_sections(cells: Iterable[Cell]) -> Iterator[Cell]:
    """Split prose before every heading, and below those of deeper sections.

    JupyterLab folds the cells below a heading's own, up to the next that begins with a heading of
    no lower level.
    """
    for cell in cells:
        if cell["cell_type"] == "markdown":
            yield from itertools.chain.from_iterable(map(_prose, _parts(cell["source"])))
        else:
            yield cell


def _parts(text: str) -> Iterator[str]:
    for part in _at_headings(text):
        first, _, rest = part.partition("\n")
        if _is_deeper(first):
            yield first
            yield rest
        else:
            yield part


def _at_headings(text: str) -> Iterator[str]:
    """Split a text before each heading, but not within a block of code."""
    part: list[str] = []
    in_code = False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        if not in_code and _HEADING.match(line):
            yield "\n".join(part)
            part = []
        part.append(line)
    yield "\n".join(part)


def _with_exercises(cells: Iterable[Cell], folder: Path) -> Iterator[Cell]:
    """Put the cells of an exercise in the place of its directive."""
    number = 0
    for cell in cells:
        if cell["cell_type"] != "markdown":
            yield cell
            continue
        end = 0
        for found in _DIRECTIVE.finditer(cell["source"]):
            yield from _prose(cell["source"][end : found.start()])
            end, number = found.end(), number + 1
            if number == 1:
                yield _code(_preamble(folder), "hide-input")
            yield from _exercise(folder, number, found[1], found[2])
        yield from _prose(cell["source"][end:])


def _exercise(folder: Path, number: int, name: str, words: str) -> Iterator[Cell]:
    """Yield what is asked, the cell to write in, and the one that checks it."""
    guide = _guide(folder, name)
    told = f"**{number}. `{name}`** ({guide.minutes} minutes). {words.strip()}"
    yield _markdown(told, GENERATED)
    yield _code(_stub(folder, name))
    yield _code(f"check({name})")


def _guide(folder: Path, name: str) -> Guide:
    found = guides_in(folder / "hints.toml")
    if name not in found:
        raise ValueError(f"{folder.name}: the exercise {name} is missing in hints.toml")
    return found[name]


def _stub(folder: Path, name: str) -> str:
    """Return the code of a stub as it stands in the lesson's ``exercises.py``."""
    text = (folder / "exercises.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_source_segment(text, node) or ""
    raise ValueError(f"{folder.name}: exercises.py has no function {name}")


def _preamble(folder: Path) -> str:
    """Return what stands before the first stub, and the import of what checks answers."""
    text = (folder / "exercises.py").read_text(encoding="utf-8")
    code = ast.parse(text).body
    imports = [node for node in code if isinstance(node, ast.Import | ast.ImportFrom)]
    # Annotations are evaluated in a notebook: there, this import may only stand at the very top.
    kept = [node for node in imports if getattr(node, "module", "") != "__future__"]
    first = next(node for node in code if isinstance(node, ast.FunctionDef))
    lines = text.splitlines()
    last = imports[-1].end_lineno or 0
    above = lines[kept[0].lineno - 1 : last] if kept else []
    own = bool(above) and above[-1].startswith(("from minigen", "import minigen"))
    below = lines[last : first.lineno - 1]
    return "\n".join([*above, *([] if own or not above else [""]), _TOOLS, *below]).strip()


def _prose(text: str) -> Iterator[Cell]:
    if text.strip():
        yield _markdown(text)


def _markdown(text: str, *tags: str) -> Cell:
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(text.strip("\n"), metadata={"tags": list(tags)} if tags else {})


def _code(text: str, *tags: str) -> Cell:
    from nbformat.v4 import new_code_cell

    return new_code_cell(text, metadata={"tags": [GENERATED, *tags]})
