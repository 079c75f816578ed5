"""A constructor's arguments, written once: as the fields of frozen dataclasses.

A model is put together from parts, such as its networks and its objective, and each part is an
`Options`: its fields are arguments of the model's constructor. The signature, a run's
``config.json``, the command line's options, their help and their ranges follow from them.

>>> from minigen.models import VAE, options
>>> [option.name for option in options(VAE)][:4]
['image_shape', 'hidden', 'latent', 'activation']
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

NOT_AN_OPTION = ("self", "generator", "return")
"""What stands in a constructor's signature, and decides nothing about the model that it makes."""


@dataclass(frozen=True)
class Range:
    """Which numbers an option takes: from `low` to `high`, whose ends count unless they are open.

    An infinite number is in no range.

    Examples
    --------
    >>> Range(0, 0.5, high_open=True).refusal("label_smoothing", 0.5)
    'label_smoothing must lie in [0, 0.5), got 0.5'
    """

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        return (
            above
            and math.isfinite(value)
            and (value < self.high if self.high_open else value <= self.high)
        )

    def refusal(self, name: str, value: object) -> str:
        """Say that a value lies outside."""
        if isinstance(value, float) and math.isinf(value):
            what = "be finite"
        elif self.high < math.inf:
            left, right = "[("[self.low_open], "])"[self.high_open]
            what = f"lie in {left}{self.low:g}, {self.high:g}{right}"
        elif self.low == 0:
            what = "be positive" if self.low_open else "not be negative"
        else:
            what = f"be at least {self.low:g}"
        return f"{name} must {what}, got {value}"


Sizes = tuple[int, ...]
"""How many features or channels each of several layers has."""

Words = tuple[str, ...]
"""The words of a language."""

Count = Annotated[int, Range(1)]
Size = Annotated[int, Range(0, low_open=True)]
Weight = Annotated[float, Range(0)]


@dataclass(frozen=True)
class Option:
    """One argument of a model's constructor, as a command line has to know it.

    Attributes
    ----------
    name : str
        The argument's.
    type : type
        ``int``, ``float``, ``bool``, ``str``, or ``tuple`` for a sequence of sizes.
    optional : bool
        Whether it may be None, which leaves it to the model.
    choices : tuple of str
        The values of which one must be given; empty if any may.
    range : Range
        Of a number, where it must lie.
    default : object
        Its value if it is not given.
    required : bool
        Whether it must be given.
    help : str
        Its description, from the docstring.
    """

    name: str
    type: type = str
    optional: bool = False
    choices: tuple[str, ...] = ()
    range: Range = Range()
    default: Any = None
    required: bool = False
    help: str = ""


@dataclass(frozen=True)
class Options:
    """A part of a model whose fields are arguments of the model's constructor.

    A field's annotation says what it takes: ``Annotated[float, Range(0)]``, ``Literal["a", "b"]``,
    `Sizes`. The values are checked when a part is made.

    Raises
    ------
    ValueError
        Names the first field whose value is not one that it takes.
    """

    positional: ClassVar[tuple[str, ...]] = ()
    """The fields that a model's constructor also takes by position, after the image's shape."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self), include_extras=True)
        for field in dataclasses.fields(self):
            name, value = field.name, getattr(self, field.name)
            option = read_annotation(name, hints[name])
            if value is None and option.optional:
                continue
            if option.type is tuple:
                self._set(name, _sizes(name, value))
            elif option.choices and isinstance(value, str) and value not in option.choices:
                known = ", ".join(option.choices)
                raise ValueError(f"unknown {name} {value!r}: use one of {known}")
            elif option.type in (int, float) and value not in option.range:
                raise ValueError(option.range.refusal(name, value))

    def _set(self, name: str, value: Any) -> None:
        """Settle a field that was left open, while the part is being made."""
        object.__setattr__(self, name, value)

    earlier: ClassVar[Mapping[str, Any]] = {}
    """What was done before there was a field for it, by the field's name."""

    @classmethod
    def updated(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a model's saved configuration with the fields that an earlier version lacked."""
        lacking = {name: was for name, was in cls.earlier.items() if name not in config}
        return {**config, **lacking}

    def config(self) -> dict[str, Any]:
        """Return the fields by name, as JSON can hold them."""
        names = [field.name for field in dataclasses.fields(self)]
        return {name: as_json(getattr(self, name)) for name in names}


def _sizes(name: str, value: Sequence[int]) -> Sizes:
    sizes = tuple(int(size) for size in value)
    if any(size < 1 for size in sizes):
        what = "hidden layers need features" if name == "hidden" else f"{name} must be positive"
        raise ValueError(f"{what}, got {name}={sizes}")
    return sizes


def as_json(value: Any) -> Any:
    """Return an option's value as JSON can hold it."""
    return list(value) if isinstance(value, tuple) else value


def signature(parts: Mapping[str, type[Options]], first: Sequence[str]) -> inspect.Signature:
    """Return the signature of a constructor that takes the arguments `first`, then all fields."""
    positional, keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, positional) for name in first]
    for part in parts.values():
        for field in inspect.signature(part).parameters.values():
            kind = positional if field.name in part.positional else keyword
            parameters.append(field.replace(kind=kind, annotation=field.empty))
    parameters.append(inspect.Parameter("generator", keyword, default=None))
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))


def options(model: type) -> tuple[Option, ...]:
    """Return what can be chosen about a model, in the order of its constructor's arguments.

    Parameters
    ----------
    model : type of Model
        Its constructor's annotations and docstring say the rest; of a model that is put together
        from parts, those of its parts.
    """
    described: dict[str, Option] = {}
    for owner in (model, *getattr(model, "parts", {}).values()):
        annotated = owner if dataclasses.is_dataclass(owner) else owner.__init__
        hints = typing.get_type_hints(annotated, include_extras=True)
        texts = _described(owner)
        for name in hints.keys() | texts.keys():
            found = read_annotation(name, hints.get(name, str))
            described[name] = dataclasses.replace(found, help=texts.get(name, ""))
    return tuple(
        dataclasses.replace(
            described.get(name, Option(name)),
            required=parameter.default is parameter.empty,
            default=None if parameter.default is parameter.empty else parameter.default,
        )
        for name, parameter in inspect.signature(model).parameters.items()
        if name not in NOT_AN_OPTION
    )


def _described(owner: type) -> dict[str, str]:
    """Return the description of each parameter, of those inherited, too."""
    texts: dict[str, str] = {}
    for kind in reversed(owner.__mro__):
        texts |= parameter_texts(inspect.cleandoc(kind.__doc__ or ""))
    return texts


def parameter_texts(docstring: str) -> dict[str, str]:
    """Return the description of each parameter in a docstring of NumPy's style."""
    section = re.search(r"(?ms)^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n---|\Z)", docstring)
    entry = r"(?m)^(\w[^\n:]*?) : [^\n]*\n((?:    [^\n]*(?:\n|\Z))*)"
    entries = re.findall(entry, section[1] if section else "")
    return {name: " ".join(text.split()) for names, text in entries for name in names.split(", ")}


def read_annotation(name: str, annotation: Any) -> Option:
    """Say what an annotation, such as ``Annotated[float, Range(0)] | None``, tells of an option."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        inner, *_ = (argument for argument in arguments if argument is not type(None))
        return dataclasses.replace(read_annotation(name, inner), optional=type(None) in arguments)
    if origin is Annotated:
        inner, note = arguments
        field = "range" if isinstance(note, Range) else "choices"
        return dataclasses.replace(read_annotation(name, inner), **{field: note})
    if origin is Literal:
        return Option(name, choices=arguments)
    if isinstance(origin, type) and issubclass(origin, Sequence) and arguments[0] is int:
        return Option(name, tuple)
    return Option(name, annotation if annotation in (int, float, bool) else str)
