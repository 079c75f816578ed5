"""Tensors in other dtypes, under the names that PyTorch has for them."""

from __future__ import annotations

from typing import Any

from minigen.engine import graph
from minigen.engine.backend import Holder


class Convertible(Holder):
    """What has an array, and can be had in another dtype; the op `astype` lets gradients through.

    These methods have the names of builtins, and so a class of their own.
    """

    __slots__ = ()

    def type(self, dtype: Any) -> Any:
        """Convert to a dtype, as `astype`."""
        return graph.ops["astype"](self, dtype=dtype)

    def float(self) -> Any:
        """Convert to float32."""
        return graph.ops["astype"](self, dtype="float32")

    def double(self) -> Any:
        """Convert to float64."""
        return graph.ops["astype"](self, dtype="float64")

    def half(self) -> Any:
        """Convert to float16."""
        return graph.ops["astype"](self, dtype="float16")

    def long(self) -> Any:
        """Convert to int64; towards 0."""
        return graph.ops["astype"](self, dtype="int64")

    def int(self) -> Any:
        """Convert to int32; towards 0."""
        return graph.ops["astype"](self, dtype="int32")

    def bool(self) -> Any:
        """Convert to Booleans: what isn't 0 is true."""
        return graph.ops["astype"](self, dtype="bool")
