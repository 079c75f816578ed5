"""How the arguments of a call reach an op: its inputs in the rule's order, its options by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

OTHER_NAMES = {"dim": "axis", "keepdim": "keepdims", "unbiased": "correction"}
"""PyTorch's names of options, taken as well as NumPy's; True is a correction of 1, False of 0."""

Place = int | str | tuple[str]
"""Where an argument stands in a call: its position, its keyword, or (name,) for its default."""

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Signature:
    """The parameters of a function on arrays: which are inputs of an op, and which options.

    Until the rule says otherwise, the inputs are the positional parameters without a default.
    Options may be given by position all the same, in the function's order.

    Attributes
    ----------
    text : inspect.Signature
        The function's own.
    inputs, options : tuple of str
        The names of each; no inputs if the function takes any number of them.
    variadic : bool
        Whether it does.
    direct : int
        With how many positional arguments, and no other, a call is in the rule's order as it
        stands; -1 if no call is.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self.text = inspect.signature(function)
        self._parameters = self.text.parameters
        self._defaults = {
            (name,): p.default for name, p in self._parameters.items() if p.default is not p.empty
        }
        kinds = [p.kind for p in self._parameters.values()]
        self.variadic = inspect.Parameter.VAR_POSITIONAL in kinds
        self._calls = self.text if self.variadic else _positional_too(self.text)
        self.take(sum((name,) not in self._defaults for name in self._positional()))

    def _positional(self) -> list[str]:
        return [name for name, p in self._parameters.items() if p.kind in POSITIONAL]

    def take(self, count: int) -> None:
        """Take the first `count` positional parameters for the inputs, the others for options."""
        self.inputs = () if self.variadic else tuple(self._positional()[:count])
        self.options = tuple(
            name
            for name, p in self._parameters.items()
            if name not in self.inputs and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        )
        self.direct = -1 if self.options or self.variadic else len(self.inputs)
        self._plans: dict[tuple[Any, ...], tuple[list[Place], dict[str, Place]]] = {}

    def bind(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Sequence[Any], dict[str, Any]]:
        """Sort a call's arguments into inputs, in the rule's order, and options, complete."""
        form = (len(args), *kwargs)
        if form not in self._plans:
            self._plans[form] = self._plan(len(args), kwargs)
        inputs, options = self._plans[form]
        given: dict[Any, Any] = {**self._defaults, **dict(enumerate(args)), **kwargs}
        bound = {}
        for name, place in options.items():
            option = given[place]  # of a NumPy scalar, which would decide dtypes, a number is made
            bound[name] = option.item() if isinstance(option, np.generic) else option
        return [given[place] for place in inputs], bound

    def _plan(self, count: int, names: Collection[str]) -> tuple[list[Place], dict[str, Place]]:
        """Say where in a call of this form each input and option stands."""
        own: dict[str, Any] = {
            OTHER_NAMES.get(name, name) if name not in self._parameters else name: name
            for name in names
        }
        try:
            bound = self._calls.bind(*range(count), **own).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}: {self.name}{self.text}") from None
        if len(own) < len(names):
            raise TypeError(f"{self.name}: one argument under two names: {', '.join(names)}")
        if self.variadic:
            return list(range(count)), {n: bound.get(n, (n,)) for n in self.options}
        places = {name: bound.get(name, (name,)) for name in (*self.inputs, *self.options)}
        return [places[n] for n in self.inputs], {n: places[n] for n in self.options}


def _positional_too(signature: inspect.Signature) -> inspect.Signature:
    """Allow a function's keyword-only arguments to be given by position, after the others."""
    parameters = signature.parameters.values()
    open_ = [
        p.replace(kind=p.POSITIONAL_OR_KEYWORD) if p.kind is p.KEYWORD_ONLY else p
        for p in parameters
    ]
    order = sorted(open_, key=lambda p: (p.kind, p.default is not p.empty))
    return signature.replace(parameters=order)
