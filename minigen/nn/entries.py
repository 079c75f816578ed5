"""What a module that is a dictionary does with its names, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

Entry = TypeVar("Entry")


class NamedEntries(Generic[Entry]):
    """Entries that are attributes of a module, by their names; a subclass says which these are."""

    if TYPE_CHECKING:

        def _entries(self) -> dict[str, Entry]: ...

    def _expect_name(self, name: Any) -> None:
        """Refuse what can't be the name of an entry."""
        kind = type(self).__name__
        if not isinstance(name, str):
            raise TypeError(f"{kind}: a name is expected, got {name!r}")
        if not name or "." in name or (name not in self and hasattr(self, name)):
            raise ValueError(
                f"{kind}: {name!r} cannot be the name of an entry: it is empty, holds a point, or "
                "is an attribute of every module"
            )

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries()[name]
        except KeyError:
            known = ", ".join(self)
            raise KeyError(f"{type(self).__name__}: no entry {name!r}, only {known}") from None

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._entries()

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries())

    def keys(self) -> Iterable[str]:
        """Return the names, in their order."""
        return self._entries().keys()

    def values(self) -> Iterable[Entry]:
        """Return the entries, in their order."""
        return self._entries().values()

    def items(self) -> Iterable[tuple[str, Entry]]:
        """Return pairs of a name and an entry."""
        return self._entries().items()
