"""The stand-in's module `cupy`: NumPy's functions, as far as CuPy has them, on its own arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final

import numpy as np

from tests.strict.array import arrays_in, launch, ndarray, upload, wrap
from tests.strict.counters import note_synchronisation
from tests.strict.cuda import Cuda, Device
from tests.strict.inventory import OWNERS, VERSION, check_call, offers
from tests.strict.operators import Ufunc
from tests.strict.raw import RawKernel
from tests.strict.refusal import Refused, asked_by_library

_KEEP_ORDER: Final = {"astype", "copy", "empty_like", "full_like", "ones_like", "zeros_like"}
"""Functions whose result has the memory order of what it is made from."""

_WAITING: Final = {"argwhere", "bincount", "flatnonzero", "nonzero", "unique"}
"""Functions whose result has a size that only the device knows."""

_TELL_TRUTH: Final = {"allclose", "array_equal", "array_equiv"}
"""Functions that give NumPy's users a bool, and CuPy's an array."""


class Library(ModuleType):
    """The module `cupy`, or one of its submodules.

    Parameters
    ----------
    name : str
        Its name, such as ``"cupy.linalg"``.
    numpys : module
        NumPy's module of that name.
    """

    def __init__(self, name: str = "cupy", numpys: ModuleType = np) -> None:
        super().__init__(name)
        self._numpys = numpys
        if name == "cupy":
            self.__version__ = VERSION
            self.ndarray = ndarray
            self.cuda = Cuda()
            self.fft = Library("cupy.fft", np.fft)
            self.linalg = Library("cupy.linalg", np.linalg)
            self.lib = ModuleType("cupy.lib")
            self.lib.stride_tricks = Library(  # type: ignore[attr-defined]
                "cupy.lib.stride_tricks", np.lib.stride_tricks
            )
            self.asarray = self.asanyarray = _asarray
            self.array = _array
            self.asnumpy = _asnumpy
            self.where = _where
            self.RawKernel = RawKernel

    def __getattr__(self, name: str) -> Any:
        """Make a function when it is first asked for."""
        if name.startswith("__"):
            raise AttributeError(name)
        if not offers(self.__name__, name):
            raise AttributeError(f"{self.__name__} {VERSION} has no attribute {name!r}")
        found = self._imitate(name, getattr(self._numpys, name, None))
        setattr(self, name, found)
        return found

    def _imitate(self, name: str, numpys: Any) -> Any:
        signature = OWNERS[self.__name__][name]
        if isinstance(numpys, np.ufunc):
            return Ufunc(name)
        if signature is not None and callable(numpys):
            return _function(self.__name__, name, numpys)
        if isinstance(numpys, type | int | float) or name == "newaxis":
            return numpys
        raise Refused(f"the stand-in does not imitate {self.__name__}.{name}")


def _function(module: str, name: str, numpys: Callable[..., Any]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        check_call(module, name, args, kwargs)
        if name in _WAITING:
            note_synchronisation()
        result = launch(numpys, args, kwargs, keep_order=name in _KEEP_ORDER)
        return wrap(np.bool_(result), arrays_in(*args)) if name in _TELL_TRUTH else result

    function.__name__ = name
    return function


def _asarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    copy: bool | None = None,
    blocking: bool = False,
) -> ndarray:
    """Return an array of the device: itself if it is one, else a copy of one of the host's."""
    if isinstance(a, ndarray):
        a._memory.read()
        elsewhere = a.device != Device()
        if elsewhere and not (a.flags.c_contiguous or a.flags.f_contiguous):
            raise ValueError("an array on another device that is not contiguous can't be copied")
        here = ndarray(a._host.copy("K"), None, Device().id) if elsewhere else a
        return here.astype(dtype or a.dtype, copy=bool(copy))  # type: ignore[no-any-return]
    if arrays_in(a) and asked_by_library():
        raise Refused("an array made of a list of arrays on the device")
    return upload(a, dtype)


def _array(
    obj: Any,
    dtype: Any = None,
    copy: bool = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> ndarray:
    """Return a copy on the device."""
    array = _asarray(obj, dtype, copy=copy)
    missing: Sequence[int] = (1,) * (ndmin - array.ndim)
    return array.reshape((*missing, *array.shape)) if missing else array


def _asnumpy(
    a: Any, stream: Any = None, order: Any = "C", out: None = None, *, blocking: bool = True
) -> Any:
    """Return a copy on the host."""
    return a.get(stream, order, out) if isinstance(a, ndarray) else np.asarray(a, order=order)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from two by a condition, which must be an array."""
    if not isinstance(condition, ndarray):
        raise TypeError(f"cupy.where: condition is a {type(condition).__name__}, no cupy.ndarray")
    if x is None and y is None:
        return condition.nonzero()
    return launch(np.where, (condition, x, y), {})


def install() -> Library:
    """Put the stand-in in CuPy's place, for good; return it."""
    library = Library()
    sys.modules["cupy"] = library
    return library
