"""Modules made of a row of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from minigen.nn.module import Module


class _Row(Module):
    """Modules in a row, which can be counted, indexed, sliced and iterated over."""

    def _register(self, name: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}: entry {name} is no module, but {type(module).__name__}"
                + ("; call the class to make one" if isinstance(module, type) else "")
            )
        setattr(self, name, module)

    def append(self, module: Module) -> Self:
        """Add a module at the end; return the row itself."""
        self._register(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; return the row itself."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Module]:
        for entry in vars(self).values():
            if isinstance(entry, Module):
                yield entry

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        row = list(self)
        if isinstance(index, slice):
            return type(self)().extend(row[index])
        if not -len(row) <= index < len(row):
            raise IndexError(f"{type(self).__name__}: index {index} of {len(row)} modules")
        return row[index]


class Sequential(_Row):
    """Modules applied one after the other.

    Parameters
    ----------
    *modules : Module, or one mapping of str to Module
        The modules in their order; a mapping gives them names instead of numbers.

    Raises
    ------
    TypeError
        If one of them is no module.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> model = nn.Sequential(nn.Dense(784, 400), nn.ReLU(), nn.Dense(400, 10))
    >>> model
    Sequential(
      (0): Dense(in_features=784, out_features=400, bias=True)
      (1): ReLU()
      (2): Dense(in_features=400, out_features=10, bias=True)
    )
    >>> model(minigen.zeros(128, 784)).shape
    (128, 10)
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        super().__init__()
        first = modules[0] if len(modules) == 1 else None
        entries: Any = first.items() if isinstance(first, Mapping) else enumerate(modules)
        for name, module in entries:
            self._register(str(name), module)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x


class ModuleList(_Row):
    """A list whose modules are found by `parameters` and `state_dict`, unlike a Python list's.

    Parameters
    ----------
    modules : iterable of Module, optional
        The first entries.

    Raises
    ------
    TypeError
        If one of them is no module.

    Examples
    --------
    >>> from minigen import nn
    >>> layers = nn.ModuleList(nn.Dense(8, 8) for _ in range(3))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)
