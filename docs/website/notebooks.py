"""The notebooks of the course, made ready to be shown: with text for figures, without sliders."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from lessons.inspection import BAR

WIDGET: Final = "application/vnd.jupyter.widget-view+json"

_TITLES: Final = {"suptitle", "set_title", "title"}
_LABELS: Final = {"set_xlabel", "set_ylabel", "xlabel", "ylabel"}
"""Methods whose first argument, or options whose value, is a title or a label of a figure."""


def prepared(text: str, rewrite: Callable[[str], str]) -> str:
    """Return a notebook as it is shown on the site.

    Links of its prose are rewritten. Each figure gets a text that says what it shows, made of the
    titles and labels in the code that draws it. A slider, which needs a kernel, is left out: the
    course has a figure that shows the same before each. So are the bars of what is long done.
    """
    notebook = json.loads(text)
    notebook["metadata"].pop("widgets", None)
    heading = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = rewrite(source)
            heading = _last_heading(source) or heading
        elif cell["cell_type"] == "code":
            cell["outputs"] = [shown for each in cell["outputs"] if (shown := _shown(each))]
            if any("image/png" in _data(each) for each in cell["outputs"]):
                cell["metadata"]["mystnb"] = {"image": {"alt": described(source, heading)}}
    return json.dumps(notebook, ensure_ascii=False, indent=1)


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


def described(code: str, heading: str) -> str:
    r"""Return in words what a figure shows, from the code that draws it.

    Examples
    --------
    >>> from docs.website.notebooks import described
    >>> described('plt.title("The loss")\nplt.xlabel("step")', "The experiment")
    'Figure: The loss. Axes: step. In the section The experiment.'
    """
    titles, labels = [], []
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
