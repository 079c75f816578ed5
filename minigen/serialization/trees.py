"""Nested dicts, lists and tuples as a flat dict of arrays, and a text that says how to nest them.

The text is JSON. What is kept as it is stands for itself in it; the rest is an object of one entry:
``{"tensor": name}``, ``{"tuple": [...]}`` or ``{"dict": [[key, value], ...]}``, whose keys, unlike
those of JSON, may be integers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from minigen.engine.backend import is_array
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor

_KEY: Final = "minigen"
"""Under what name the text stands in a file's metadata."""


def flatten(thing: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the tensors and arrays in a tree by name, and the metadata that `rebuild` needs.

    A name is the path of an array, such as ``"optimizer.state.0.exp_avg"``. A dict that holds
    arrays only needs no metadata.
    """
    root = _state(thing)
    if not isinstance(root, Mapping):
        raise TypeError(
            f"save: a module, an optimiser or a dict is expected, got {type(thing).__name__}"
            + ("; give it a name: {'x': x}" if _is_tensor(root) else "")
        )
    arrays: dict[str, Any] = {}
    text = json.dumps(_described(root, (), arrays))
    flat = all(isinstance(key, str) and _is_tensor(value) for key, value in root.items())
    return arrays, {} if flat else {_KEY: text}


def rebuild(arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> dict[str, Any]:
    """Put together again what `flatten` took apart; arrays become tensors."""
    tensors = {name: Tensor(array) for name, array in arrays.items()}
    if _KEY not in metadata:
        return tensors
    try:
        tree: dict[str, Any] = _rebuilt(json.loads(metadata[_KEY]), tensors)
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"its metadata do not fit its arrays: {error}") from error
    return tree


def _described(value: Any, path: tuple[Any, ...], arrays: dict[str, Any]) -> Any:
    """Describe a tree for JSON; put its arrays among the others."""
    value = _state(value)
    name = ".".join(map(str, path))
    if _is_tensor(value):
        if name in arrays:
            raise ValueError(f"save: two entries would be called {name!r} in the file: rename one")
        arrays[name] = value
        return {"tensor": name}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {"dict": [_entry(key, each, path, arrays) for key, each in value.items()]}
    if isinstance(value, list | tuple):
        parts = [_described(each, (*path, number), arrays) for number, each in enumerate(value)]
        return {"tuple": parts} if isinstance(value, tuple) else parts
    raise TypeError(
        f"save: entry {name!r} is a {type(value).__name__}; what can be saved are tensors, arrays, "
        "numbers, strings, None, lists, tuples and dicts of them, generators, and what has a "
        "state_dict"
    )


def _entry(key: Any, value: Any, path: tuple[Any, ...], arrays: dict[str, Any]) -> list[Any]:
    """Describe an entry of a dict."""
    if isinstance(key, bool) or not isinstance(key, str | int):
        where = f"in {'.'.join(map(str, path))!r}" if path else "in the dict"
        raise TypeError(f"save: a key must be a string or an integer, got {key!r} {where}")
    return [key, _described(value, (*path, key), arrays)]


def _rebuilt(described: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(described, list):
        return [_rebuilt(each, tensors) for each in described]
    if not isinstance(described, dict):
        return described
    ((kind, value),) = described.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "tuple":
        return tuple(_rebuilt(each, tensors) for each in value)
    if kind == "dict":
        return {key: _rebuilt(each, tensors) for key, each in value}
    raise ValueError(f"{kind!r} is no kind of value")


def _state(value: Any) -> Any:
    """Return the state of what has one, and everything else as it is."""
    if isinstance(value, Generator):
        return value.get_state()
    return value.state_dict() if hasattr(value, "state_dict") else value


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or is_array(value)
