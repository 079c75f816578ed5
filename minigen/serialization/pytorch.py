"""What ``torch.save`` wrote, read without PyTorch, and without trusting the file.

Such a file is a zip archive: ``data.pkl``, a pickle of the objects, and a file of raw numbers for
each storage. A pickle is a program for a small machine that may call any function by its name. Here
it can call those that put a tensor together, and containers'; every other name is refused.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from minigen.engine.tensor import Tensor
from minigen.serialization.safetensors import NumPyArray, Order, array_of_bytes

_ZIP: Final = b"PK\x03\x04"
_PICKLE: Final = b"\x80\x02"

SIGNATURES: Final = (_ZIP, _PICKLE)
"""How files begin that PyTorch writes: zip archives, and before version 1.6 bare pickles."""

_STORAGES: Final = {
    "Bool": "BOOL",
    "Byte": "U8",
    "Char": "I8",
    "Short": "I16",
    "Int": "I32",
    "Long": "I64",
    "Half": "F16",
    "BFloat16": "BF16",
    "Float": "F32",
    "Double": "F64",
}
"""The dtype of each class of storages by its name, as safetensors calls it."""

_DTYPES: Final = {
    "bool": "BOOL",
    "uint8": "U8",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "float16": "F16",
    "bfloat16": "BF16",
    "float32": "F32",
    "float64": "F64",
}
"""Likewise for the dtypes, which newer files name beside storages of bytes."""

_DAMAGE: Final = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a damaged or malicious archive may raise."""


def decode(contents: bytes) -> Any:
    """Return what ``torch.save`` was given, with tensors on the CPU and plain dicts.

    What is damaged, no file of PyTorch's, or asks for anything but tensors and plain containers is
    a `ValueError`.
    """
    if contents.startswith(_PICKLE):
        raise ValueError(
            "a bare pickle, as PyTorch wrote before version 1.6: load it in PyTorch, and save it "
            "again with torch.save"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            return _plain(_Unpickler(archive).load())
    except _DAMAGE as error:
        raise ValueError(f"no file of torch.save's that can be loaded: {error}") from error


class _Unpickler(pickle.Unpickler):
    """Reads the pickle of an archive, and knows no names but those that tensors need.

    What the names stand for are methods of this object, strings, and types of the interpreter's
    own: a pickle can call them, but change none of them.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._folder = _folder_of(archive)
        self._order: Order = ">" if self._text("byteorder", "little") == "big" else "<"
        self._storages: dict[tuple[str, str], Any] = {}
        super().__init__(io.BytesIO(self._read("data.pkl")), encoding="utf-8")

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for, if it is one that tensors or containers need."""
        known = {
            "torch._utils._rebuild_tensor": self._tensor,
            "torch._utils._rebuild_tensor_v2": self._tensor,
            "torch._utils._rebuild_tensor_v3": self._tensor_of_bytes,
            "torch._utils._rebuild_parameter": self._parameter,
            "torch.Size": tuple,
            "torch.device": self._device,
            "torch.storage.UntypedStorage": "bytes",
            "torch.UntypedStorage": "bytes",
            "collections.OrderedDict": OrderedDict,
            "__builtin__.set": set,  # Python 2's name, as PyTorch writes it
            **{f"torch.{kind}Storage": dtype for kind, dtype in _STORAGES.items()},
            **{f"torch.{kind}": dtype for kind, dtype in _DTYPES.items()},
        }
        try:
            return known[f"{module}.{name}"]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}, which is refused: tensors, numbers, strings and "
                "plain containers are loaded; save module.state_dict() and "
                "optimizer.state_dict(), not the objects"
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        """Return the numbers of a storage: an array, or bytes if its dtype is named elsewhere."""
        kind, dtype, key, _location, count = pid
        if kind != "storage" or not isinstance(key, str):
            raise pickle.UnpicklingError(f"it asks for a {kind!r}, which is refused")
        if (key, dtype) not in self._storages:
            data = self._read(f"data/{key}")
            self._storages[key, dtype] = (
                data if dtype == "bytes" else array_of_bytes(dtype, data, self._order)
            )
        numbers = self._storages[key, dtype]
        if len(numbers) < count:
            raise ValueError(f"storage {key} holds {len(numbers)} numbers, not {count}")
        return numbers

    def _tensor(
        self,
        numbers: NumPyArray,
        offset: int,
        shape: Sequence[int],
        stride: Sequence[int],
        _requires_grad: bool = False,
        _hooks: Any = None,
        bits: Any = None,
    ) -> Tensor:
        """Put a tensor together; `bits` say that its numbers are to be negated or conjugated."""
        if bits:
            raise pickle.UnpicklingError(f"it holds a view {bits!r}: save the tensor's .clone()")
        _check_bounds(len(numbers), offset, shape, stride)
        steps = [each * numbers.itemsize for each in stride]
        view = np.lib.stride_tricks.as_strided(numbers[offset:], tuple(shape), steps)
        return Tensor(np.array(view, order="C"))

    def _tensor_of_bytes(
        self,
        data: bytes,
        offset: int,
        shape: Sequence[int],
        stride: Sequence[int],
        requires_grad: bool,
        hooks: Any,
        dtype: str,
        bits: Any = None,
    ) -> Tensor:
        numbers = array_of_bytes(dtype, data, self._order)
        return self._tensor(numbers, offset, shape, stride, requires_grad, hooks, bits)

    def _parameter(self, tensor: Tensor, _requires_grad: bool, _hooks: Any) -> Tensor:
        return tensor

    def _device(self, *name: Any) -> str:
        return ":".join(map(str, name))

    def _text(self, name: str, otherwise: str) -> str:
        """Return the text of a file that older archives lack."""
        whole = f"{self._folder}{name}"
        return self._read(name).decode() if whole in self._archive.namelist() else otherwise

    def _read(self, name: str) -> bytes:
        """Return the bytes of a file in the archive, which PyTorch never compresses."""
        entry = self._archive.getinfo(f"{self._folder}{name}")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise pickle.UnpicklingError(
                f"{entry.filename} is compressed, which PyTorch does not do"
            )
        return self._archive.read(entry)


def _folder_of(archive: zipfile.ZipFile) -> str:
    """Return the folder within an archive that holds everything."""
    for name in archive.namelist():
        if name.endswith("data.pkl"):
            return name.removesuffix("data.pkl")
    hint = "numpy.load reads it" if any(n.endswith(".npy") for n in archive.namelist()) else ""
    raise ValueError(f"a zip archive without data.pkl{hint and f'; {hint}'}")


def _check_bounds(count: int, offset: int, shape: Sequence[int], stride: Sequence[int]) -> None:
    """Refuse a tensor that would reach outside its storage."""
    fits = len(shape) == len(stride) and min(0, offset, *shape, *stride) == 0
    last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=fits))
    if not fits or (math.prod(shape) > 0 and last >= count):
        raise ValueError(
            f"a tensor of shape {tuple(shape)}, stride {tuple(stride)} and offset {offset} reaches "
            f"outside its storage of {count} numbers"
        )


def _plain(value: Any) -> Any:
    """Make plain dicts of ordered ones, at any depth."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return tuple(_plain(each) for each in value) if isinstance(value, tuple) else value
