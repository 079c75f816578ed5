"""What ``pytest --backend strict`` and ``cuda`` change: what tests make goes to the first card.

The tests are written for no device in particular. So that they run on the device, the ways in which
a test hands something to the library are changed, and nothing within the library:

- tensors that a test makes are on the device, and so are the modules it builds,
- arrays of NumPy's that a test hands to the library are sent there first,
- ``"cuda"`` is the default device of runs and commands.

Whether the library stays on the device, and asks nothing of it in secret, is up to the library: see
`tests.strict.array`. What a test itself does with an array on the device is not held against it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import operator
import pkgutil
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

import numpy as np

from tests.strict.array import upload
from tests.strict.card import let_tests_look
from tests.strict.library import install
from tests.strict.refusal import is_test

DEVICE: Final = "cuda:0"

_LIBRARY: Final = str(importlib.import_module("minigen").__file__)

_MAKERS: Final = ("tensor", "zeros", "ones", "full", "arange", "linspace", "randn", "rand")
"""The functions of `minigen` that make tensors."""

_ARE_HANDED_ARRAYS: Final = ("ops.losses", "ops.stochastic", "nn", "models")
"""Where functions are found that take arrays; data and metrics work on the host's."""

_OPERATORS: Final = (
    "minigen.engine.op",
    "minigen.engine.tensor",
    "minigen.engine.numpy_protocol",
    "functools",
)
"""Modules between an op and whoever wrote ``x + y``."""


_on_card: Callable[[Any], Any] = functools.partial(upload, device=0)
"""Sends an array of the host's to the first card."""


def start_strict() -> None:
    """Put the stand-in in CuPy's place, and change how tests reach the library."""
    install()
    _start()


def start_cuda() -> list[str]:
    """Change how tests reach the library and look at its arrays, which are on a real card.

    Returns
    -------
    list of str
        What the first stages found: the card, and that it ran a kernel.

    Raises
    ------
    DeviceError
        If CuPy or a GPU is missing, or doesn't run a first kernel.
    """
    from minigen.engine.backend import cupy, to_device, use_device

    global _on_card  # noqa: PLW0603 - the whole process is on one card or the other
    library = cupy()
    name = library.cuda.runtime.getDeviceProperties(0)["name"].decode()
    use_device(DEVICE)
    _on_card = functools.partial(to_device, device=DEVICE)
    let_tests_look(library.ndarray, _on_card)
    _start()
    return [f"card: {name}, CuPy {library.__version__}", "first kernel: it ran"]


def _start() -> None:
    minigen = importlib.import_module("minigen")
    for name in _MAKERS:
        setattr(minigen, name, _on_device(getattr(minigen, name)))
    _send_to_functions()
    _send_to_tensors()
    _send_to_ops()
    _move_modules()
    _run_on_device()


def _sent(value: Any) -> Any:
    """Return arrays of NumPy's as arrays on the device, those in lists, tuples and dicts too."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return _on_card(value)
    if type(value) in (tuple, list):
        parts = [_sent(part) for part in value]
        return value if all(map(operator.is_, parts, value)) else type(value)(parts)
    if type(value) is dict:
        parts = [_sent(part) for part in value.values()]
        untouched = all(map(operator.is_, parts, value.values()))
        return value if untouched else dict(zip(value, parts, strict=True))
    return value


def _called_by_test(frame: FrameType | None, passed_over: tuple[str, ...] = ()) -> bool:
    """Tell whether the code of a frame is a test's; modules to be passed over are not looked at."""
    while frame is not None and frame.f_globals.get("__name__", "") in (__name__, *passed_over):
        frame = frame.f_back
    return frame is not None and is_test(frame.f_globals.get("__name__", ""))


def _hidden(function: Any) -> Any:
    """Let a function's lines pass for the library's, which names its callers in messages."""
    function.__code__ = function.__code__.replace(co_filename=_LIBRARY)
    return function


def _sending(function: Callable[..., Any]) -> Any:
    """Return a function to which a test's arrays are sent."""

    @functools.wraps(function)
    def sending(*args: Any, **kwargs: Any) -> Any:
        if _called_by_test(sys._getframe(1)):
            args, kwargs = _sent(args), _sent(kwargs)
        return function(*args, **kwargs)

    return _hidden(sending)


def _on_device(make: Callable[..., Any]) -> Any:
    """Return a function that makes a test's tensors on the device unless told otherwise."""
    signature = inspect.signature(make)

    @functools.wraps(make)
    def making(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        if _called_by_test(sys._getframe(1)) and bound.arguments.get("device") is None:
            bound.arguments["device"] = DEVICE
        return make(*bound.args, **bound.kwargs)

    return _hidden(making)


def _modules() -> Iterator[Any]:
    """Iterate over the library's modules whose functions take arrays."""
    for name in _ARE_HANDED_ARRAYS:
        module = importlib.import_module(f"minigen.{name}")
        yield module
        for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}."):
            yield importlib.import_module(found.name)
    for name in ("minigen.functional", "minigen.checker", "minigen"):
        yield importlib.import_module(name)


def _send_to_functions() -> None:
    """Change the functions that tests call, wherever they are found."""
    changed: dict[Any, Any] = {}
    for module in _modules():
        for name, thing in list(vars(module).items()):
            own = inspect.isfunction(thing) and thing.__module__.startswith("minigen.")
            if own and not name.startswith("_"):
                changed[thing] = changed.get(thing) or _sending(thing)
                setattr(module, name, changed[thing])
    methods: Any = importlib.import_module("minigen.engine.graph").functions
    methods.update({name: changed.get(method, method) for name, method in methods.items()})


def _send_to_tensors() -> None:
    """Change what makes a tensor of a test's arrays, or writes them into one."""
    from minigen import Tensor, nn

    for kind, name in (
        (Tensor, "__setitem__"),
        (Tensor, "backward"),
        (Tensor, "copy_"),
    ):
        setattr(kind, name, _sending(getattr(kind, name)))
    data: Any = Tensor.__dict__["data"]
    setattr(Tensor, "data", data.setter(_sending(data.fset)))  # noqa: B010 - mypy knows no setter
    for kind in (Tensor, nn.Parameter):
        setattr(kind, "__init__", _as_array_first(kind.__init__))  # noqa: B010 - likewise


def _as_array_first(construct: Callable[..., Any]) -> Any:
    """Return a constructor that sends a test's lists and numbers, too, as the arrays they make."""

    @functools.wraps(construct)
    def constructing(self: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        construct(self, data, *args, **kwargs)
        if _called_by_test(sys._getframe(1)):
            self._data = _sent(self._data)

    return _hidden(constructing)


def _send_to_ops() -> None:
    """Change ops, also where they are operators and methods of tensors."""
    from minigen import Op

    call: Any = Op.__call__

    @functools.wraps(call)
    def calling(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _called_by_test(sys._getframe(1), _OPERATORS):
            args, kwargs = _sent(args), _sent(kwargs)
        return call(self, *args, **kwargs)

    setattr(Op, "__call__", _hidden(calling))  # noqa: B010 - mypy: a method can't be assigned


def _move_modules() -> None:
    """Change modules: those that a test builds are moved, and what it calls them on is sent."""
    from minigen import nn

    known = [nn.Module]
    for kind in known:
        known += [below for below in kind.__subclasses__() if below not in known]
    for kind in known:
        _change_module(kind)
    further: Any = nn.Module.__init_subclass__

    def change_further(kind: type, /, **options: Any) -> None:
        further(**options)
        _change_module(kind)

    setattr(nn.Module, "__init_subclass__", classmethod(change_further))  # noqa: B010 - likewise


def _change_module(kind: Any) -> None:
    if kind.__module__.startswith("minigen."):
        for name, method in list(vars(kind).items()):
            if inspect.isfunction(method) and (name == "__call__" or not name.startswith("_")):
                setattr(kind, name, _sending(method))
    if "__init__" in vars(kind):
        kind.__init__ = _moved_after(kind.__init__)


def _moved_after(construct: Callable[..., Any]) -> Any:
    """Return a constructor after which a test's module is on the device."""

    @functools.wraps(construct)
    def constructing(self: Any, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        whole = type(self).__init__ is constructing
        if whole and "_persistence" in vars(self) and _called_by_test(sys._getframe(1)):
            self.to(DEVICE)

    return _hidden(constructing)


def _run_on_device() -> None:
    """Let runs and commands be on the device unless told otherwise."""
    from minigen.cli import main
    from minigen.training import RunConfig

    defaults = inspect.signature(RunConfig).parameters
    construct: Any = RunConfig.__init__
    position = [name for name, p in defaults.items() if p.default is not p.empty].index("device")
    values = list(construct.__defaults__)
    values[position] = DEVICE
    construct.__defaults__ = tuple(values)
    commands: Any = main
    for command in commands.commands.values():
        for option in command.params:
            if option.name == "device":
                option.default = DEVICE
