"""Parameters in a row, or by name, that a module holds without naming each as an attribute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from minigen.nn.entries import NamedEntries
from minigen.nn.module import Module, Parameter


class _Parameters(Module):
    """Parameters that are held as attributes, in their order."""

    def _entries(self) -> dict[str, Parameter]:
        """Return the parameters by name."""
        return {name: held for name, held in vars(self).items() if isinstance(held, Parameter)}

    def __len__(self) -> int:
        return len(self._entries())

    def extra_repr(self) -> str:
        shapes = (f"({name}): shape {held.shape}" for name, held in self._entries().items())
        return ", ".join(shapes)


def _parameter(value: Any) -> Parameter:
    """Return a parameter as it is, and make one of a tensor or an array."""
    return value if isinstance(value, Parameter) else Parameter(value)


class ParameterList(_Parameters):
    """A list whose parameters are found by `parameters` and `state_dict`, unlike a Python list's.

    Parameters
    ----------
    values : iterable of Parameter, tensor or array, optional
        The first entries; what is no parameter is made one.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> scales = nn.ParameterList(minigen.ones(n) for n in (2, 3))
    >>> [(name, each.shape) for name, each in scales.named_parameters()]
    [('0', (2,)), ('1', (3,))]
    >>> scales[-1].tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end; return the list itself."""
        setattr(self, str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end; return the list itself."""
        for value in values:
            self.append(value)
        return self

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._entries().values())

    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        row = list(self)
        if isinstance(index, slice):
            return type(self)(row[index])
        return row[self._place(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(self._place(index)), _parameter(value))

    def _place(self, index: int) -> int:
        """Return an index counted from the front."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"ParameterList: index {index} of {len(self)} parameters")
        return index % len(self)


class ParameterDict(_Parameters, NamedEntries[Parameter]):
    """A dictionary whose parameters are found by `parameters` and `state_dict`.

    Parameters
    ----------
    parameters : mapping of str to Parameter, tensor or array, or iterable of pairs, optional
        The first entries; what is no parameter is made one.

    Raises
    ------
    TypeError
        If a name is no string.
    ValueError
        If a name is empty, holds a point, or is that of something every module has.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> styles = nn.ParameterDict({"day": minigen.zeros(2), "night": minigen.ones(2)})
    >>> list(styles), styles["night"].tolist()
    (['day', 'night'], [1.0, 1.0])
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parameters)

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add parameters, and replace those of the same names."""
        for name, value in dict(parameters).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        self._expect_name(name)
        setattr(self, name, _parameter(value))
