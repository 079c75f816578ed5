"""The code that implements derivations, found by what its docstrings name, and its live source."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import minigen
from minigen.derivations import named_in
from minigen.engine.op import Op, registry

PACKAGE: Final = Path(minigen.__file__).parent

_APART: Final = ("minigen.cli", "minigen.course", "minigen.explanation")
"""Packages that implement no derivation, and need more than NumPy (or, in a wheel, a checkout)."""


@dataclass(frozen=True)
class Implementer:
    """Something of the package whose docstring names results.

    Attributes
    ----------
    name : str
        Where it is, such as ``minigen.ops.convolution.conv2d``.
    target : Op, function, class or module
        A gradient rule is here as the op that it belongs to.
    identifiers : tuple of str
        The results that are named.
    """

    name: str
    target: Any
    identifiers: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A piece of the library's source, read from its file when asked for.

    Attributes
    ----------
    role : str
        What it is: ``"forward"``, ``"gradient rule"``, ``"function"``, ``"class"``, ``"module"``.
    name : str
        Such as ``conv2d``.
    path : str
        The file, from the folder that holds the package.
    line : int
        Where it begins in the file.
    code : str
        As it stands there, dedented.
    """

    role: str
    name: str
    path: str
    line: int
    code: str

    @property
    def body(self) -> str:
        """The code without its docstrings, which the derivation beside it says at length."""
        return without_docstrings(self.code)


@functools.cache
def implementers() -> tuple[Implementer, ...]:
    """Return everything of the package that names a result, in the order of its modules."""
    rules: dict[Any, list[Op[Any]]] = {}
    for op in registry.values():
        rules.setdefault(op.rule, []).append(op)
    found = []
    for module in _modules():
        for name, target, docstring in _documented(module):
            identifiers = named_in(docstring)
            if not identifiers:
                continue
            owners = rules.get(target, [target]) if inspect.isfunction(target) else [target]
            found += [Implementer(name, owner, identifiers) for owner in owners]
    return tuple(found)


@functools.cache
def implementers_of() -> dict[str, tuple[Implementer, ...]]:
    """Return who implements each identifier."""
    found: dict[str, tuple[Implementer, ...]] = {}
    for implementer in implementers():
        for identifier in implementer.identifiers:
            found[identifier] = (*found.get(identifier, ()), implementer)
    return found


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(minigen.__path__, "minigen."):
        if not module.name.startswith(_APART) and not module.name.endswith("__main__"):
            yield importlib.import_module(module.name)


def _documented(module: ModuleType) -> Iterator[tuple[str, Any, str | None]]:
    """Yield a module, and what is defined in it, by full name and with docstrings."""
    yield module.__name__, module, module.__doc__
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value) or inspect.isfunction(value) or isinstance(value, Op):
            yield f"{module.__name__}.{name}", value, value.__doc__
        if inspect.isclass(value):
            for attribute, method in vars(value).items():
                function = unwrapped(method)
                if inspect.isfunction(function):
                    full = f"{module.__name__}.{name}.{attribute}"
                    yield full, function, function.__doc__


def unwrapped(member: Any) -> Any:
    """Return the function behind a method, property or class method."""
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def sources_of(target: Any) -> tuple[Source, ...]:
    """Return the live source of an op, its gradient rule beside it; or of anything else, whole.

    Examples
    --------
    >>> import minigen.functional as F
    >>> from minigen.explanation.code import sources_of
    >>> forward, rule = sources_of(F.exp)
    >>> print(forward.body)
    @op
    def exp(x: Array) -> Array:
        return namespace(x).exp(floating(x))
    >>> print(rule.body)
    @exp.vjp
    def exp_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
        return (g * out,)
    """
    if isinstance(target, Op):
        rule = [] if target.rule is None else [_source("gradient rule", target.rule)]
        return (_source("forward", target.forward), *rule)
    if inspect.isclass(target):
        return (_source("class", target),)
    return (_source("module" if inspect.ismodule(target) else "function", target),)


def _source(role: str, target: Any) -> Source:
    lines, line = inspect.getsourcelines(target)
    path = Path(inspect.getsourcefile(target) or "")
    inside = path.is_relative_to(PACKAGE.parent)
    shown = path.relative_to(PACKAGE.parent).as_posix() if inside else path.name
    code = textwrap.dedent("".join(lines)).rstrip()
    name = getattr(target, "__qualname__", target.__name__)
    return Source(role, name, shown, max(line, 1), code)


def without_docstrings(code: str) -> str:
    """Return code without the docstrings of its module, classes and functions.

    A docstring that is all there is of a body stays. Code that is no piece of Python by itself is
    returned as it is.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    lines = code.split("\n")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if len(node.body) > 1 and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            last = docstring.end_lineno or docstring.lineno
            for number in range(docstring.lineno - 1, last):
                lines[number] = "\0"
            if last < len(lines) and not lines[last].strip():
                lines[last] = "\0"
    return "\n".join(line for line in lines if line != "\0")
