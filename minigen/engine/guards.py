"""Two guards against wrong gradients: the first value that is not finite, and writes in place.

`detect_anomaly` asks here whether what an op or a rule made is finite, and raises an `AnomalyError`
that names the op, its shapes and the program's line.

The log of writes serves always. The engine has one clock. A graph's node carries the time at which
it was recorded; a write through a tensor (`tensor.data = ...`, `tensor[...] = ...`, an optimiser's
step) is logged with its time, under the array that owns the memory, so a write through a view
counts for every view. A gradient rule whose arrays were written after its node was recorded would
be wrong, and is refused. In ordinary training each graph is younger than the last write, and the
check is one comparison.
"""

from __future__ import annotations

import itertools
import linecache
import os
import sys
import weakref
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigen.engine.backend import Array, is_array, namespace, owner, to_numpy

_PACKAGE = str(Path(__file__).parent.parent) + os.sep
_MODELS = _PACKAGE + "models" + os.sep


class AnomalyError(ArithmeticError):
    """An op or its gradient rule made a value that is not finite, or its data was changed."""


class Trace:
    """What anomaly detection remembers of a recorded call: its line, and its arrays' checksums.

    The arrays that the rule may look at are `kept`, each with its role.
    """

    def __init__(self, op: str, kept: Iterable[tuple[str, Array]]) -> None:
        self._op = op
        self.line = calling_line()
        self._checksums = [_checksum(array) for _, array in kept]

    def refuse_changed_arrays(self, kept: Iterable[tuple[str, Array]]) -> None:
        """Raise if an array that the rule needs is no longer what it was."""
        for (role, array), before in zip(kept, self._checksums, strict=True):
            if _checksum(array) != before:
                raise AnomalyError(
                    f"{self._op}: {role} was changed in place after the op was recorded, "
                    f"{self.line}"
                )

    def check_cotangent(self, position: int, cotangent: Array, inputs: Sequence[Any]) -> None:
        """Raise if the rule returned a cotangent that is not finite."""
        fault = _fault(cotangent)
        if fault:
            raise AnomalyError(
                f"the gradient rule of {self._op} made {fault} for input {position} "
                f"({_describe(inputs)}), {self.line}"
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


tick = itertools.count(1).__next__
"""Return the next time of the engine's clock."""


class WriteLog:
    """The time of the last write into each array that is still alive."""

    def __init__(self) -> None:
        self.last = 0
        self._times: dict[int, int] = {}
        self._watch: dict[int, weakref.ref[Array]] = {}

    def note(self, array: Array) -> None:
        """Log a write into `array`'s memory, now."""
        memory = owner(array)
        key = id(memory)
        self.last = self._times[key] = tick()
        if key not in self._watch:
            self._watch[key] = weakref.ref(memory, lambda _: self._forget(key))

    def written_since(self, array: Array, time: int) -> bool:
        """Tell whether `array`'s memory was written after `time`."""
        return self._times.get(id(owner(array)), 0) > time

    def _forget(self, key: int) -> None:
        del self._times[key], self._watch[key]


writes = WriteLog()
