"""Named arrays as the bytes of a safetensors file, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import to_numpy
from minigen.engine.tensor import Tensor

NumPyArray: TypeAlias = npt.NDArray[Any]

Order: TypeAlias = Literal["<", ">"]
"""Whether a number's lowest byte comes first, as in safetensors and on most machines, or last."""

DTYPES: Final = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "u2",
    "I16": "i2",
    "U32": "u4",
    "I32": "i4",
    "U64": "u8",
    "I64": "i8",
    "F16": "f2",
    "BF16": "u2",
    "F32": "f4",
    "F64": "f8",
}
"""NumPy's name of each dtype by the file's; of bfloat16, the bits: see `array_of_bytes`."""

_RESERVED: Final = "__metadata__"
"""The one name in the header of a file that is no array's."""


def encode(arrays: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the contents of a file of tensors or arrays, and of text beside them."""
    from safetensors.numpy import save

    if _RESERVED in arrays:
        raise ValueError(f"safetensors: {_RESERVED!r} is no name for an array: the format uses it")
    contents: bytes = save(
        {name: _as_stored(name, array) for name, array in arrays.items()},
        metadata=dict(metadata) if metadata else None,
    )
    return contents


def decode(contents: bytes) -> tuple[dict[str, NumPyArray], dict[str, str]]:
    """Return the arrays, and the text beside them, of a file's contents.

    Contents of another kind, damaged ones, and a dtype that NumPy does not have are a `ValueError`.
    """
    from safetensors import SafetensorError, deserialize

    try:
        stored = deserialize(contents)
        header = json.loads(contents[8 : 8 + int.from_bytes(contents[:8], "little")])
    except (SafetensorError, ValueError) as error:
        raise ValueError(f"no safetensors file, or a damaged one ({error})") from error
    arrays = {
        name: array_of_bytes(entry["dtype"], entry["data"]).reshape(entry["shape"])
        for name, entry in stored
    }
    return arrays, header.get(_RESERVED, {})


def array_of_bytes(dtype: str, data: bytes | bytearray, order: Order = "<") -> NumPyArray:
    """Make an array of numbers as they stand in a file, under the file's name of their dtype.

    NumPy has no bfloat16. Its numbers are the upper halves of float32's, and become such.

    Examples
    --------
    >>> array_of_bytes("BF16", bytes([0x80, 0x3F, 0x20, 0xC0]))
    array([ 1. , -2.5], dtype=float32)
    """
    if dtype not in DTYPES:
        raise ValueError(f"numbers of dtype {dtype}, which NumPy does not have, can't be loaded")
    stored = np.frombuffer(data, np.dtype(DTYPES[dtype]).newbyteorder(order))
    native = stored.astype(stored.dtype.newbyteorder("="))
    return (native.astype(np.uint32) << 16).view(np.float32) if dtype == "BF16" else native


def _as_stored(name: str, value: Any) -> NumPyArray:
    """Return a tensor or an array on the host, in the order of memory and bytes of the file."""
    array = to_numpy(value.array if isinstance(value, Tensor) else value)
    if array.dtype.kind not in "?biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"safetensors: {name!r} is of dtype {array.dtype}: Booleans, integers and floats of "
            "at most 64 bits can be stored"
        )
    return np.asarray(array, array.dtype.newbyteorder("="), order="C")
