"""Modules made of modules: in a row, or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from minigen.nn.entries import NamedEntries
from minigen.nn.fused import fuses, in_a_row
from minigen.nn.module import Module


class _Container(Module):
    """Modules that are held as attributes, in their order."""

    def _register(self, name: str, module: Module) -> None:
        self._expect_module(name, module)
        setattr(self, name, module)

    def _expect_module(self, name: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}: entry {name} is no module, but {type(module).__name__}"
                + ("; call the class to make one" if isinstance(module, type) else "")
            )

    def __len__(self) -> int:
        return len(self._entries())

    def _entries(self) -> dict[str, Module]:
        """Return the modules by name."""
        return {name: held for name, held in vars(self).items() if isinstance(held, Module)}


class _Row(_Container):
    """Modules in a row, which can be counted, indexed, sliced and iterated over."""

    def append(self, module: Module) -> Self:
        """Add a module at the end; return the row itself."""
        self._register(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; return the row itself."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before that of an index; return the row itself.

        Raises
        ------
        IndexError
            If the index is beyond the end.
        """
        row = list(self)
        if not -len(row) <= index <= len(row):
            raise IndexError(f"{type(self).__name__}: index {index} of {len(row)} modules")
        row.insert(index, module)
        return self._renumber(row)

    def pop(self, index: int = -1) -> Any:
        """Take a module out of the row, the last one by default, and return it."""
        module = self[index]
        del self[index]
        return module

    def __setitem__(self, index: int, module: Module) -> None:
        self[index]  # is there one?
        self._register(list(self._entries())[index], module)

    def __delitem__(self, index: int | slice) -> None:
        row = list(self)
        self[index]
        del row[index]
        self._renumber(row)

    def _renumber(self, row: list[Module]) -> Self:
        """Hold these modules, under numbers, instead of those that were there."""
        for number, module in enumerate(row):
            self._expect_module(str(number), module)
        for name in list(self._entries()):
            delattr(self, name)
        for number, module in enumerate(row):
            self._register(str(number), module)
        return self

    def __iter__(self) -> Iterator[Module]:
        return iter(self._entries().values())

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
        if fuses(x):
            return in_a_row(self, x)
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


class ModuleDict(_Container, NamedEntries[Any]):
    """A dictionary whose modules are found by `parameters` and `state_dict`.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, optional
        The first entries.

    Raises
    ------
    TypeError
        If a name is no string, or one of them no module.
    ValueError
        If a name is empty, holds a point, or is that of something every module has.

    Examples
    --------
    >>> from minigen import nn
    >>> heads = nn.ModuleDict({"mu": nn.Dense(8, 2), "logvar": nn.Dense(8, 2)})
    >>> list(heads), len(list(heads.parameters()))
    (['mu', 'logvar'], 4)
    >>> heads["mu"]
    Dense(in_features=8, out_features=2, bias=True)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, and replace those of the same names."""
        for name, module in dict(modules).items():
            self[name] = module

    def __setitem__(self, name: str, module: Module) -> None:
        self._expect_name(name)
        self._register(name, module)
