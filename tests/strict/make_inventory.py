"""Write `inventory.json`: what the real CuPy offers, by name and signature.

Run it where CuPy is installed; it needs no GPU, since nothing is computed::

    pip install cupy-cuda12x==14.0.0
    python tests/strict/make_inventory.py

It is run with the oldest CuPy that the library supports. The stand-in refuses every name and
argument that is not in the file; `test_real_cupy.py` sees to it that a newer CuPy has them, too.
Run it again when the library comes to need a newer CuPy, and read the difference.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MODULES = (
    "cupy",
    "cupy.cuda",
    "cupy.cuda.runtime",
    "cupy.fft",
    "cupy.lib.stride_tricks",
    "cupy.linalg",
    "cupy.random",
)
"""The modules whose functions are listed."""

CLASSES = (
    "cupy.ndarray",
    "cupy.ufunc",
    "cupy.cuda.Device",
    "cupy.cuda.Event",
    "cupy.cuda.Graph",
    "cupy.cuda.MemoryPool",
    "cupy.cuda.Stream",
    "cupy.random.Generator",
)
"""The classes whose methods and attributes are listed."""

Entries = dict[str, str | None]
"""A signature, such as ``(a, axis=None)``, or None for what is no function or tells none."""


def main() -> None:
    """Write the file beside this script."""
    import cupy

    inventory: dict[str, Any] = {"cupy": cupy.__version__}
    inventory["modules"] = {name: _entries(importlib.import_module(name)) for name in MODULES}
    inventory["classes"] = {name: _entries(_class(name)) for name in CLASSES}
    text = json.dumps(inventory, indent=1, sort_keys=True)
    Path(__file__).with_name("inventory.json").write_text(text + "\n", encoding="utf-8")


def _class(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found


def _entries(owner: Any) -> Entries:
    return {name: _signature(getattr(owner, name, None)) for name in sorted(_names(owner))}


def _names(owner: Any) -> Iterator[str]:
    """Iterate over the public names, and over a class's special methods: the operators."""
    for name in dir(owner):
        special = inspect.isclass(owner) and re.fullmatch(r"__\w+__", name)
        if special or not name.startswith("_"):
            yield name


def _signature(thing: Any) -> str | None:
    """Return the signature of a function; of compiled ones, as their documentation begins."""
    if inspect.isclass(thing) or not callable(thing):
        return None
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return _documented(getattr(thing, "__doc__", None) or "")
    bare = [p.replace(annotation=p.empty, default=_plain(p.default)) for p in parameters]
    return str(inspect.Signature(bare))


def _plain(default: Any) -> Any:
    """Return a default if it can be written down, else an ellipsis."""
    plain = default is None or isinstance(default, bool | int | float | str)
    return default if plain or default is inspect.Parameter.empty else ...


def _documented(text: str) -> str | None:
    r"""Read ``_ndarray_base.swapaxes(self, Py_ssize_t axis1, ...) -> ...`` or ``exp(x, /, \*)``."""
    match = re.match(r"[\w.]+(\(.*?\))(?: ->.*)?$", text.partition("\n")[0].replace("\\", ""))
    if match is None:
        return None
    bare = re.sub(r"(?:[\w.]+ )+(?=[\w]+\s*[,=)])", "", match[1])  # the types that Cython notes
    signature = re.sub(r"__\w+__(?=\()", "", bare)
    try:
        ast.parse(f"lambda {signature[1:-1]}: None")
    except SyntaxError:
        return None
    return signature


if __name__ == "__main__":
    main()
