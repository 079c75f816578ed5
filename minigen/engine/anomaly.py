"""Finding the op that made the first NaN or infinity: what `detect_anomaly` does with each op."""

from __future__ import annotations

import linecache
import os
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigen.engine.backend import Array, is_array, namespace, to_numpy

if TYPE_CHECKING:
    from minigen.engine.graph import Node

_PACKAGE = str(Path(__file__).parent.parent) + os.sep
_MODELS = _PACKAGE + "models" + os.sep


class AnomalyError(ArithmeticError):
    """An op or its gradient rule made a value that is not finite, or its data was changed."""


class Trace:
    """What anomaly detection remembers of a node: the user's line, and its arrays' checksums."""

    def __init__(self, node: Node) -> None:
        self.line = calling_line()
        self._checksums = [_checksum(array) for _, array in node.kept()]

    def refuse_changed_arrays(self, node: Node) -> None:
        """Raise if an array that the node's rule needs is no longer what it was."""
        for (role, array), before in zip(node.kept(), self._checksums, strict=True):
            if _checksum(array) != before:
                raise AnomalyError(
                    f"{node.op.name}: {role} was changed in place after the op was recorded, "
                    f"{self.line}"
                )

    def check_cotangent(self, node: Node, position: int, cotangent: Array) -> None:
        """Raise if a rule returned a cotangent that is not finite."""
        fault = _fault(cotangent)
        if fault:
            raise AnomalyError(
                f"the gradient rule of {node.op.name} made {fault} for input {position} "
                f"({_describe(node.arrays or ())}), {self.line}"
            )


def check_output(name: str, arrays: Sequence[Any], out: Array) -> None:
    """Raise if the op `name` made a value that is not finite."""
    fault = _fault(out)
    if not fault:
        return
    inherited = [i for i, array in enumerate(arrays) if is_array(array) and _fault(array)]
    origin = f"; input {inherited[0]} was not finite already" if inherited else ""
    raise AnomalyError(f"{name} made {fault} ({_describe(arrays)}{origin}), {calling_line()}")


def calling_line() -> str:
    """Return the innermost line that uses the engine: the program's own, or a model's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_engine(frame.f_code.co_filename):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    return f"at {file}:{number}: {linecache.getline(file, number).strip()}"


def _is_engine(file: str) -> bool:
    return file.startswith(_PACKAGE) and not file.startswith(_MODELS)


def _describe(arrays: Sequence[Any]) -> str:
    return "got " + ", ".join(describe_value(array) for array in arrays)


def describe_value(value: Any) -> str:
    """Say what an argument of an op is: dtype and shape of an array, else the value itself."""
    return f"{value.dtype} {tuple(value.shape)}" if is_array(value) else repr(value)


def _fault(array: Any) -> str:
    """Say which value is not finite, and where; empty if all are."""
    if getattr(array, "dtype", None) is None or array.dtype.kind != "f":
        return ""
    finite = to_numpy(namespace(array).isfinite(array))
    if finite.all():
        return ""
    index = tuple(int(i) for i in np.argwhere(~finite)[0])
    value = to_numpy(array)[index]
    return f"{float(value)} at index {index}" if index else f"{float(value)}"


def _checksum(array: Array) -> int:
    return zlib.crc32(to_numpy(array).tobytes())
