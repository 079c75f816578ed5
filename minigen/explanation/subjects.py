"""What can be explained, by name or itself; who implements a result; the live source of either."""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import inspect
import operator
import pkgutil
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import minigen
from minigen import catalogue, functional, metrics, models, nn, optim
from minigen.catalogue import Case
from minigen.derivations import named_in, page_of
from minigen.engine.op import Op, registry

PACKAGE: Final = Path(minigen.__file__).parent

_APART: Final = ("minigen.cli", "minigen.course", "minigen.explanation")
"""Packages that implement no derivation, and need more than NumPy (or, in a wheel, a checkout)."""


class UnknownNameError(LookupError):
    """A name of which nothing can be explained; the message lists names that are like it."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Subject:
    """Something that can be explained, with its name and kind as in an `Explained`.

    `identifiers` are the results to show; `targets`, ops, functions and classes, the code to show;
    `cases` those of the catalogue to check.
    """

    name: str
    kind: str
    identifiers: tuple[str, ...]
    targets: tuple[Any, ...]
    cases: tuple[Case, ...]


_PLACES: Final = (functional, nn, nn.utils, nn.init, optim, models, metrics)
"""Where names are looked for, after the ops."""


def resolve(subject: Any) -> Subject:
    """Find what is meant by a name, or by the thing itself.

    Parameters
    ----------
    subject : str, Op, function, class, module or instance
        A name such as ``"conv2d"``, ``"F.conv2d"`` or ``"nn.Conv2d"``; the identifier of a result
        such as ``"conv2d.grad_weight"``; or an op, function, layer, loss or model. Of an instance
        its class is explained.

    Raises
    ------
    UnknownNameError
        If nothing has the name, or there is neither derivation nor check of it.

    Examples
    --------
    >>> from minigen.explanation.subjects import resolve
    >>> resolve("nn.ReLU").identifiers
    ('relu',)
    """
    if isinstance(subject, str):
        return _named(subject)
    target = unwrapped(subject)
    explicable = isinstance(target, Op) or inspect.isroutine(target) or inspect.ismodule(target)
    if not explicable and not inspect.isclass(target):
        target = type(target)
    found = _of(target)
    if found is None:
        raise UnknownNameError(f"there is neither a derivation nor a check of {_name(target)}")
    return found


def _named(name: str) -> Subject:
    """Find what a name means: a thing first, whose results contain that of its name."""
    for spelling in (name, name.removeprefix("minigen.")):
        target = names().get(spelling, _attribute(spelling))
        found = None if target is None else _of(target)
        if found is not None:
            return found
        if spelling in page_of():
            return _of_result(spelling)
    alike = [known for known in (*names(), *page_of()) if known.lower() == name.lower()]
    if len(alike) == 1:
        return _named(alike[0])
    raise UnknownNameError(f"nothing called {name!r} can be explained; {_likeliest(name)}")


def _attribute(name: str) -> Any:
    """Find what stands in a module of the package: ``nn.Conv2d``, or ``F.conv2d``."""
    path = f"functional.{name[2:]}" if name.startswith("F.") else name
    if "." not in path:
        return None
    try:
        return operator.attrgetter(path)(minigen)
    except AttributeError:
        return None


def _likeliest(name: str) -> str:
    """Say which names are most like one that is unknown."""
    known = sorted({*names(), *page_of()})
    close = difflib.get_close_matches(name, known, n=6, cutoff=0.5)
    inside = [each for each in known if name.lower() in each.lower()] if len(name) > 2 else []
    likely = list(dict.fromkeys([*close, *inside]))[:8]
    if likely:
        return f"did you mean {', '.join(likely)}? `minigen explain --list` has all results"
    return "`minigen explain --list` has all results"


@functools.cache
def names() -> dict[str, Any]:
    """Return everything that can be explained by its name, besides results."""
    found: dict[str, Any] = {}
    for name, target in _candidates():
        if name not in found and _of(target) is not None:
            found[name] = target
    return found


def _candidates() -> Iterator[tuple[str, Any]]:
    yield from registry.items()
    for place in _PLACES:
        for name, value in vars(place).items():
            ours = str(getattr(value, "__module__", "")).startswith("minigen.")
            if ours and hasattr(value, "__name__"):
                yield name, value
    for name, model in models.MODELS.items():
        yield name, model
        yield model.__name__, model
    yield from models.OBJECTIVES.items()
    for implementer in implementers():
        yield _name(implementer.target), implementer.target


def _name(target: Any) -> str:
    """Return what something is called: an op's name; a method's with its class."""
    if isinstance(target, Op):
        return target.name
    return str(getattr(target, "__qualname__", target.__name__))


def _kind(target: Any) -> str:
    if isinstance(target, Op):
        return "op"
    if inspect.ismodule(target):
        return "module"
    if not inspect.isclass(target):
        return "function"
    if issubclass(target, models.Model):
        return "model"
    return "layer" if issubclass(target, nn.Module) else "class"


def _of(target: Any) -> Subject | None:
    """Gather what there is to say of a thing; None if there is neither derivation nor check."""
    kind = _kind(target)
    own = _identifiers(target)
    companions = _companions(target, kind, own)
    identifiers = _unique([*own, *(name for each in companions for name in _identifiers(each))])
    cases = _cases([target]) or _cases(companions) or _cases_naming(own)
    if not (identifiers or cases or isinstance(target, Op)):
        return None
    targets = _unique([target, *_bases(target, identifiers), *companions])
    return Subject(_name(target), kind, identifiers, targets, cases)


def _identifiers(target: Any) -> tuple[str, ...]:
    """Return the results that a thing names: an op's rule and a class's methods belong to it."""
    if isinstance(target, Op):
        return _unique([*named_in(target.__doc__), *named_in(getattr(target.rule, "__doc__", ""))])
    if not inspect.isclass(target):
        return named_in(target.__doc__)
    return _unique(name for each in target.__mro__ for name in _identifiers_in(each))


def _identifiers_in(target: type) -> tuple[str, ...]:
    """Return the results that one class names, without its bases."""
    members = [unwrapped(member) for member in vars(target).values()]
    functions = [member for member in members if inspect.isfunction(member)]
    return tuple(name for each in (target, *functions) for name in named_in(each.__doc__))


def _companions(target: Any, kind: str, own: Iterable[str]) -> tuple[Any, ...]:
    """Return what does a thing's work: the ops that name the same results; a layer's functions."""
    if kind not in {"layer", "function"}:
        return ()
    others = [each.target for name in own for each in implementers_of().get(name, ())]
    kinds = {"op"} if kind == "function" else {"op", "function"}
    public = (each for each in others if _kind(each) in kinds and "." not in _name(each))
    return tuple(each for each in _unique(public) if each is not target)


def _bases(target: Any, identifiers: Iterable[str]) -> tuple[type, ...]:
    """Return the bases of a class in which results of its own are implemented."""
    if not inspect.isclass(target):
        return ()
    wanted = set(identifiers)
    return tuple(base for base in target.__mro__[1:] if wanted & set(_identifiers_in(base)))


def _cases(targets: Iterable[Any]) -> tuple[Case, ...]:
    """Return the cases of the catalogue by the names of what they check."""
    wanted = {_name_in_catalogue(target) for target in targets}
    return tuple(case for case in catalogue.CASES if case.name in wanted)


def _name_in_catalogue(target: Any) -> str | None:
    """Return what the catalogue calls a thing; None for what is not the library's."""
    if isinstance(target, Op):
        return target.name if registry.get(target.name) is target else None
    if inspect.ismodule(target) or not target.__module__.startswith("minigen."):
        return None
    if inspect.isclass(target) and issubclass(target, models.AdversarialObjective):
        return getattr(target, "name", None)
    return _name(target)


def _cases_naming(identifiers: Iterable[str]) -> tuple[Case, ...]:
    """Return the cases of everything that implements a result."""
    return _cases(each.target for name in identifiers for each in implementers_of().get(name, ()))


def _of_result(identifier: str) -> Subject:
    """Gather who implements a result."""
    targets = _unique(each.target for each in implementers_of().get(identifier, ()))
    wholes = (_of(target) for target in targets)
    cases = _unique(case for whole in wholes if whole is not None for case in whole.cases)
    return Subject(identifier, "result", (identifier,), targets, cases)


def _unique(things: Iterable[Any]) -> tuple[Any, ...]:
    """Return each thing once, in the order of their first appearance."""
    found: list[Any] = []
    for thing in things:
        if not any(thing is known or thing == known for known in found):
            found.append(thing)
    return tuple(found)


@dataclass(frozen=True)
class Implementer:
    """Something of the package whose docstring names results: its `identifiers`.

    `name` says where it is, such as ``minigen.ops.convolution.conv2d``. A gradient rule is here as
    the op that it belongs to.
    """

    name: str
    target: Any
    identifiers: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A piece of the library's source, read from its file when asked for, and dedented.

    Its `role` is ``"forward"``, ``"gradient rule"``, ``"function"``, ``"class"`` or ``"module"``.
    `path` is that of the file, from the folder that holds the package, and `line` where it begins.
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
    >>> from minigen.explanation.subjects import sources_of
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
