"""The notebooks of the course, made ready to be shown.

Figures are put in words, sliders give way to figures that move without a kernel, asserts are
folded, and each notebook can be had as a file.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from docs.website import moving, settings
from docs.website.places import REPOSITORY, places
from lessons.inspection import BAR
from minigen.course.lesson import helper_files

DOWNLOADS: Final = "notebooks"
"""The folder of the notebooks as they are, to be taken away."""

WIDGET: Final = "application/vnd.jupyter.widget-view+json"

_PREDICTION: Final = re.compile(r"\bpredict\(|\.compare\(")

_TITLES: Final = {"suptitle", "set_title", "title"}
_LABELS: Final = {"set_xlabel", "set_ylabel", "xlabel", "ylabel"}
"""Methods whose first argument, or options whose value, is a title or a label of a figure."""


def prepared(text: str, rewrite: Callable[[str], str], name: str = "") -> str:
    """Return a notebook as it is shown on the site.

    If it has a `name`, links to the notebook itself stand below its heading, and in their sections
    the figures that move. Links of its prose are rewritten. Each figure gets a text that says what
    it shows, made of the titles and labels in the code that draws it. A slider, which needs a
    kernel, is left out: the course has a figure that shows the same before each. So are the bars of
    what is long done.
    """
    notebook, drawing = json.loads(text), drawing_functions(name)
    notebook["metadata"].pop("widgets", None)
    heading = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = rewrite(source)
            heading = _last_heading(source) or heading
        elif cell["cell_type"] == "code":
            cell["outputs"] = [shown for each in cell["outputs"] if (shown := _shown(each))]
            _fold(cell)
            _mark_prediction(cell, source)
            if any("image/png" in _data(each) for each in cell["outputs"]):
                settings_of(cell)["image"] = {"alt": described(source, heading, drawing)}
    if name:
        _insert(notebook["cells"], name)
    return json.dumps(notebook, ensure_ascii=False, indent=1)


def downloads() -> dict[str, Path]:
    """Return the notebooks as they are, by where they are put to be taken away."""
    found = (REPOSITORY / origin for origin in places() if origin.endswith(".ipynb"))
    return {f"{DOWNLOADS}/{path.name}": path for path in found}


def settings_of(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what MyST-NB is told about a cell, to be added to."""
    found: dict[str, Any] = cell["metadata"].setdefault("mystnb", {})
    return found


def _fold(cell: dict[str, Any]) -> None:
    """Show the code of a cell that only checks when it is asked for."""
    tags = cell["metadata"].get("tags", [])
    if "check" in tags:
        cell["metadata"]["tags"] = list(dict.fromkeys([*tags, "hide-input"]))
        settings_of(cell)["code_prompt_show"] = "The check"
        settings_of(cell)["code_prompt_hide"] = "The check"
    elif "hide-input" in tags:
        settings_of(cell)["code_prompt_show"] = "The code"
        settings_of(cell)["code_prompt_hide"] = "The code"


def _mark_prediction(cell: dict[str, Any], source: str) -> None:
    """Mark a cell that asks for a prediction, or compares one: it prints sentences, which wrap."""
    if _PREDICTION.search(source):
        cell["metadata"].setdefault("tags", []).append("prediction")


def _insert(cells: list[dict[str, Any]], name: str) -> None:
    """Insert the links to the notebook, and the figures that move."""
    prose = [each["source"] if each["cell_type"] == "markdown" else "" for each in cells]
    for cell, text in zip(cells, moving.placed(prose, name), strict=True):
        if cell["cell_type"] == "markdown":
            cell["source"] = text
    title, _, rest = cells[0]["source"].partition("\n")
    cells[0]["source"] = f"{title}\n\n{actions(name)}\n{rest}"


def actions(name: str) -> str:
    """Return the links that stand below the heading of a lesson: to the file, and to Colab."""
    links = [f"{{download}}`Download the notebook <../{DOWNLOADS}/{name}.ipynb>`"]
    if settings.COLAB:
        place = f"{settings.COLAB.strip('/')}/lessons/{name}/{name}.ipynb"
        links.append(f"[Open it in Colab](https://colab.research.google.com/{place})")
    return f":::{{container}} notebook-actions\n{' · '.join(links)}\n:::"


def _shown(output: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is shown of an output; None if that is nothing."""
    if WIDGET in _data(output):
        return None
    if output["output_type"] != "stream":
        return output
    lines = [line for line in "".join(output["text"]).splitlines() if not BAR.search(line)]
    return {**output, "text": "\n".join(lines)} if lines else None


def _data(output: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = output.get("data", {})
    return found


def _last_heading(markdown: str) -> str:
    headings = [line for line in markdown.splitlines() if line.startswith("#")]
    return headings[-1].lstrip("# ") if headings else ""


def drawing_functions(name: str) -> dict[str, str]:
    """Return what the functions of a lesson's helper say that they draw, by their names."""
    files = helper_files(REPOSITORY / "lessons" / name) if name else []
    return {
        each.name: " ".join((ast.get_docstring(each) or "").partition("\n\n")[0].split())
        for file in files
        for each in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(each, ast.FunctionDef)
    }


def described(code: str, heading: str, drawing: Mapping[str, str] = MappingProxyType({})) -> str:
    r"""Return in words what a figure shows, from the code that draws it.

    Titles and labels count, and what the functions of `drawing` that it calls say of themselves.

    Examples
    --------
    >>> from docs.website.notebooks import described
    >>> described('plt.title("The loss")\nplt.xlabel("step")', "The experiment")
    'Figure: The loss. Axes: step. In the section The experiment.'
    """
    titles = [drawing[name] for name in _called(code) if drawing.get(name)]
    labels = []
    for name, text in _texts(code):
        if name in _TITLES:
            titles.append(text)
        elif name in _LABELS:
            labels.append(text)
    parts = ["Figure: " + "; ".join(dict.fromkeys(titles)) if titles else "Figure"]
    if labels:
        parts.append("Axes: " + ", ".join(dict.fromkeys(labels)))
    parts.append(f"In the section {heading}")
    return ". ".join(part.rstrip(".") for part in parts) + "."


def _called(code: str) -> list[str]:
    """Return the names of the methods that are called."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return [each.attr for each in calls if isinstance(each, ast.Attribute)]


def _texts(code: str) -> Iterator[tuple[str, str]]:
    """Yield the texts that are handed over: first to a method, by its name, or as an option."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        given = [(option.arg, option.value) for option in call.keywords if option.arg]
        if isinstance(call.func, ast.Attribute) and call.args:
            given.insert(0, (call.func.attr, call.args[0]))
        for name, value in given:
            if text := _text(value):
                yield name, text


def _text(node: ast.expr) -> str:
    """Return a text that stands in the code; of one that is computed, the parts that do."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    if isinstance(node, ast.JoinedStr):
        parts = (part if isinstance(part, ast.Constant) else None for part in node.values)
        return " ".join("".join("…" if part is None else str(part.value) for part in parts).split())
    return ""
