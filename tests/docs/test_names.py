"""Files and modules that the documentation names are there, under the names that they have now."""

from __future__ import annotations

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import minigen

REPOSITORY = Path(__file__).parent.parent.parent
PATH = re.compile(r"(?<![\w/.-])(?:minigen|docs|tests|lessons|benchmarks)/[\w./*-]*[\w/*]")
DOTTED = re.compile(r"(?<![\w/.])minigen(?:\.[A-Za-z_]\w*)+")

PAGES = ("*.md", "docs/*.md", "docs/derivations/*.md", "docs/website/**/*.md", "lessons/**/*.md")
CODE = ("minigen/**/*.py", "docs/**/*.py", "lessons/**/*.py", "benchmarks/**/*.py")
HISTORY = ("CHANGELOG.md", "minigen/_moved.py")
"""What tells of names that things once had."""


def files(*patterns: str) -> list[str]:
    found = {path for pattern in patterns for path in REPOSITORY.glob(pattern)}
    names = {
        path.relative_to(REPOSITORY).as_posix() for path in found if "_build" not in path.parts
    }
    return sorted(names - {*HISTORY})


def words(name: str) -> str:
    """Return the text of a page, or the docstrings and comments of a file of code."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    return "\n".join(_said(text)) if name.endswith(".py") else text


def _said(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def is_there(path: str) -> bool:
    """Tell whether a path of the repository exists; ``NN`` stands for any, and sites are built."""
    return "NN" in path or path.startswith("docs/_build") or any(REPOSITORY.glob(path.rstrip("/")))


def means_something(dotted: str) -> bool:
    """Tell whether a full name leads to something, modules being named as they are called now.

    A few are public by another name: `minigen.cuda`, as PyTorch has it.
    """
    thing: object = minigen
    for end in re.finditer(r"\.(\w+)", dotted):
        path, name = dotted[: end.end()], end[1]
        known = hasattr(thing, name) or name in getattr(thing, "__annotations__", {})
        if not known and not _imported(path):
            return False
        thing = getattr(thing, name, None)
        public = thing is getattr(minigen, name, None) and name in minigen.__all__
        if isinstance(thing, ModuleType) and thing.__name__ != path and not public:
            return False
    return True


def _imported(path: str) -> bool:
    try:
        return importlib.import_module(path).__name__ == path
    except ImportError:
        return False


@pytest.mark.parametrize("name", files(*PAGES, *CODE))
def test_every_path_and_every_full_name_leads_somewhere(name: str) -> None:
    text = words(name)
    lost = [path for path in PATH.findall(text) if not is_there(path)]
    lost += [dotted for dotted in DOTTED.findall(text) if not means_something(dotted)]
    assert not lost


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [
        ("minigen.op", True),
        ("minigen.engine.op", True),
        ("minigen.models.vae.VAE.loss", True),
        ("minigen.losses", False),
        ("minigen.models.variational", False),
        ("minigen.functional.nothing", False),
    ],
)
def test_names_of_now_are_told_from_those_that_were(dotted: str, expected: bool) -> None:
    assert means_something(dotted) is expected


def test_paths_that_are_there_are_told_from_others() -> None:
    assert all(map(is_there, ("minigen/engine/", "docs/*.md", "lessons/NN-name/")))
    assert not is_there("minigen/gradcheck/zoo")


def test_the_house_is_told_folder_by_folder() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    house = text.partition("## The house")[2].partition("\n## ")[0]
    places = " ".join(line.split("|")[1] for line in house.splitlines() if line.startswith("| `"))
    folders = {f"{path.parent.name}/" for path in REPOSITORY.glob("minigen/*/__init__.py")}
    modules = {path.name for path in REPOSITORY.glob("minigen/[a-z]*.py")}
    assert [name for name in sorted(folders | modules) if f"{name}`" not in places] == []
