"""What everything with parameters is: layers, containers of layers, whole models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from minigen.engine import backend
from minigen.engine.backend import Array
from minigen.engine.creation import tensor
from minigen.engine.errors import InputError
from minigen.engine.hooks import Handle
from minigen.engine.modes import no_grad
from minigen.engine.tensor import Tensor
from minigen.nn.hooks import ForwardHooks

Entry = TypeVar("Entry")


class Parameter(Tensor):
    """A tensor that a module learns: assigned as its attribute, it is one of its parameters.

    The values are copied: an optimiser writes into a parameter's memory, and nothing else than the
    parameter must change then.

    Parameters
    ----------
    data : array_like or Tensor
        The first values; Python floats become float32, an array keeps its dtype.
    requires_grad : bool, default True
        Whether to accumulate gradients. A parameter without them is frozen.

    Raises
    ------
    TypeError
        If `data` are integers and `requires_grad` is asked for.

    Examples
    --------
    >>> from minigen import nn
    >>> nn.Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(tensor(data).array, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class IncompatibleKeys(NamedTuple):
    """What `Module.load_state_dict` left aside with ``strict=False``."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """A function with parameters, made of smaller ones.

    A subclass calls ``super().__init__()``, assigns its parameters and submodules as attributes,
    and defines `forward`. A parameter or submodule that is shared is counted once.

    Attributes
    ----------
    training : bool
        Whether the module is in training mode, which dropout and batch norm look at.
    frozen : bool
        Whether its buffers are to stay as they are, in training mode too; `nn.utils.frozen` sets
        it.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(minigen.ones(3)).tolist()
    [2.0, 2.0, 2.0]
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    """

    training: bool = True
    frozen: bool = False
    _hooks: ForwardHooks | None = None

    def __init__(self) -> None:
        self._persistence: dict[str, bool] = {}  # of each buffer: does `state_dict` hold it?
        self.training = True

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; a subclass defines it, and a call of the module runs it."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, x)")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if self._hooks:
            return self._hooks.call(self, inputs, options)
        return self.forward(*inputs, **options)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Have a function called before each forward pass.

        Parameters
        ----------
        hook : callable
            Takes the module and the tuple of its inputs; returns other inputs, a tuple or a single
            one, or None.
        prepend : bool, default False
            Whether it goes before the hooks that are there.
        with_kwargs : bool, default False
            Whether it takes the options of the call, too, and returns a pair of both, or None.

        Returns
        -------
        Handle
            Its method ``remove`` takes the hook away.

        Examples
        --------
        >>> import minigen
        >>> from minigen import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_forward_pre_hook(lambda module, inputs: inputs[0] - 1)
        >>> layer(minigen.tensor([0.5, 3.0])).tolist()
        [0.0, 2.0]
        """
        return self._own_hooks().add_before(hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Have a function called after each forward pass, with what came out.

        Parameters
        ----------
        hook : callable
            Takes the module, the tuple of its inputs and the output; returns another output, or
            None.
        prepend : bool, default False
            Whether it goes before the hooks that are there.
        with_kwargs : bool, default False
            Whether it takes the options of the call, too, before the output.

        Returns
        -------
        Handle
            Its method ``remove`` takes the hook away.

        Examples
        --------
        The features of a layer in the middle, of a network that stays as it is:

        >>> import minigen
        >>> from minigen import nn
        >>> network = nn.Sequential(nn.Dense(8, 4), nn.ReLU(), nn.Dense(4, 2))
        >>> seen = []
        >>> handle = network[1].register_forward_hook(lambda module, x, y: seen.append(y))
        >>> output = network(minigen.zeros(3, 8))
        >>> handle.remove()
        >>> seen[0].shape
        (3, 4)
        """
        return self._own_hooks().add_after(hook, prepend, with_kwargs)

    def _own_hooks(self) -> ForwardHooks:
        if self._hooks is None:
            self._hooks = ForwardHooks()
        return self._hooks

    # ------------------------------------------------------------------- what the module is made of

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter | Module):
            self._check_registration(name)
        if name in vars(self):
            self._check_replacement(name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._persistence.pop(name, None)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module but is not learnt, such as a running mean.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        tensor : Tensor or None
            The buffer, or None for one that is absent.
        persistent : bool, default True
            Whether `state_dict` holds it.

        Raises
        ------
        AttributeError
            If the attribute exists already, or ``super().__init__()`` has not been called.
        TypeError
            If `tensor` is no tensor, or is a parameter.
        """
        self._check_registration(name)
        if hasattr(self, name):
            raise AttributeError(f"{type(self).__name__}: there is an attribute {name!r} already")
        if tensor is not None and (not isinstance(tensor, Tensor) or isinstance(tensor, Parameter)):
            raise TypeError(
                f"{type(self).__name__}: the buffer {name!r} must be a plain tensor, "
                f"got {type(tensor).__name__}"
            )
        self._persistence[name] = persistent
        setattr(self, name, tensor)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name: what an assignment does, or None for one that is absent.

        Raises
        ------
        AttributeError
            If the attribute exists already, or the name is none.
        TypeError
            If it is no parameter.
        """
        self._add(name, param, Parameter, "an nn.Parameter")

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under a name: what an assignment does, for names that are computed.

        Raises
        ------
        AttributeError
            If the attribute exists already, or the name is none.
        TypeError
            If it is no module.

        Examples
        --------
        >>> from minigen import nn
        >>> model = nn.Sequential()
        >>> for size in (8, 4):
        ...     model.add_module(f"to_{size}", nn.Dense(2 * size, size))
        >>> list(model.state_dict())
        ['to_8.weight', 'to_8.bias', 'to_4.weight', 'to_4.bias']
        """
        self._add(name, module, Module, "an nn.Module")

    register_module = add_module

    def _add(self, name: str, value: Any, kind: type, called: str) -> None:
        self._check_registration(name)
        if hasattr(self, name):
            raise AttributeError(f"{type(self).__name__}: there is an attribute {name!r} already")
        if value is not None and not isinstance(value, kind):
            raise TypeError(
                f"{type(self).__name__}: {called} is expected as {name!r}, "
                f"got {type(value).__name__}"
            )
        setattr(self, name, value)

    def get_submodule(self, target: str) -> Module:
        """Return the module of a dotted name, as `named_modules` has it; itself for ``""``.

        Raises
        ------
        AttributeError
            If there is none.

        Examples
        --------
        >>> from minigen import nn
        >>> nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh())).get_submodule("1.0")
        Tanh()
        """
        return self._find(target, Module, "module")

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of a dotted name; raises as `get_submodule`."""
        return self._find(target, Parameter, "parameter")

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer of a dotted name; raises as `get_submodule`."""
        owner, _, name = target.rpartition(".")
        buffers = dict(self.get_submodule(owner)._own_buffers())
        if name not in buffers:
            raise AttributeError(f"{type(self).__name__}: there is no buffer {target!r}")
        return buffers[name]

    def _find(self, target: str, kind: type[Entry], called: str) -> Entry:
        found: Any = self
        for name in target.split(".") if target else ():
            found = vars(found).get(name) if isinstance(found, Module) else None
        if isinstance(found, kind):
            return found
        raise AttributeError(f"{type(self).__name__}: there is no {called} {target!r}")

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Iterate over the parameters, each once; without `recurse`, over the module's own."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Iterate over (dotted name, parameter), each parameter once, under its first name.

        Examples
        --------
        >>> from minigen import nn
        >>> model = nn.Sequential(nn.Dense(2, 3), nn.ReLU(), nn.Dense(3, 1, bias=False))
        >>> [(name, p.shape) for name, p in model.named_parameters()]
        [('0.weight', (3, 2)), ('0.bias', (3,)), ('2.weight', (1, 3))]
        """
        return self._named_members(Module._own_parameters, prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Iterate over the buffers, each once; without `recurse`, over the module's own."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Iterate over (dotted name, buffer), each buffer once, under its first name."""
        return self._named_members(Module._own_buffers, prefix, recurse)

    def children(self) -> Iterator[Module]:
        """Iterate over the submodules one level down, each once."""
        return (child for _, child in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Iterate over (name, submodule) one level down, each submodule once."""
        return _unique(self._own_modules())

    def modules(self) -> Iterator[Module]:
        """Iterate over the module itself and all below it, parents first, each once."""
        return (module for _, module in self.named_modules())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Iterate over (dotted name, module), itself under `prefix` first, each module once."""
        return _unique(self._walk(prefix))

    # --------------------------------------------------------------------------- saving and loading

    def state_dict(self) -> dict[str, Tensor]:
        """Return parameters and persistent buffers by dotted name, as PyTorch names them.

        A shared parameter is found under each of its names. The tensors are detached. As PyTorch's,
        they share the module's memory: copy them (`copy.deepcopy`) to keep a state that training
        must not change.

        Examples
        --------
        >>> from minigen import nn
        >>> {name: value.shape for name, value in nn.BatchNorm1d(4).state_dict().items()}
        {'weight': (4,), 'bias': (4,), 'running_mean': (4,), 'running_var': (4,),
         'num_batches_tracked': ()}
        """
        return {name: tensor.detach() for name, tensor in self._named_state()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy the values of a `state_dict` in. If any entry is wrong, change nothing.

        Dtype and device stay the module's own.

        Parameters
        ----------
        state : mapping of str to Tensor or array
            The values by dotted name; whatever `numpy.asarray` takes, PyTorch's tensors too.
        strict : bool, default True
            Whether missing and unexpected names are errors. Wrong shapes always are.

        Raises
        ------
        RuntimeError
            Names each missing, unexpected or mis-shaped entry, and each of a type that does not fit
            (floats into integers).

        Examples
        --------
        >>> from minigen import nn
        >>> layer = nn.Dense(2, 1)
        >>> layer.load_state_dict({"weight": [[1.0, 2.0]], "bias": [3.0]})
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        >>> layer.load_state_dict({"weight": [1.0, 2.0]})
        Traceback (most recent call last):
        RuntimeError: Dense.load_state_dict: nothing was loaded, for 2 reasons:
          weight: expected shape (1, 2), got (2,)
          bias: missing, expected shape (1,)
        """
        own = dict(self._named_state())
        values = {name: _as_array(state[name]) for name in own if name in state}
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        faults = [
            f"{name}: {fault}" for name in values if (fault := _misfit(values[name], own[name]))
        ]
        if strict:
            faults += [f"{name}: missing, expected shape {own[name].shape}" for name in missing]
            faults += [f"{name}: unexpected, no such entry here" for name in unexpected]
        if faults:
            count = "1 reason" if len(faults) == 1 else f"{len(faults)} reasons"
            raise RuntimeError(
                f"{type(self).__name__}.load_state_dict: nothing was loaded, for {count}:\n  "
                + "\n  ".join(faults)
            )
        with no_grad():
            for name, value in values.items():
                own[name].copy_(backend.to_device(value, own[name].device))
        return IncompatibleKeys(missing, unexpected)

    # --------------------------------------------------------------------------------- modes, moves

    def train(self, mode: bool = True) -> Self:
        """Put the module and all below it into training mode, or out of it; return the module.

        Raises
        ------
        TypeError
            If `mode` is no Boolean.
        """
        if not isinstance(mode, bool):
            raise TypeError(f"{type(self).__name__}.train: mode must be a Boolean, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put the module and all below it into evaluation mode; return the module."""
        return self.train(False)

    def to(self, device_or_dtype: Any = None, dtype: Any = None, *, device: Any = None) -> Self:
        """Move parameters, their gradients and buffers in place; return the module.

        Do it before an optimiser makes its states, which do not follow.

        Parameters
        ----------
        device_or_dtype : str or dtype_like
            ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; or a floating-point dtype, under which buffers
            of integers keep theirs.
        dtype, device
            Both at once, ``to("cuda", "float64")``, or by name.

        Raises
        ------
        TypeError
            If a dtype other than a floating-point one is asked for.
        minigen.DeviceError
            If the device is not there.

        Examples
        --------
        >>> from minigen import nn
        >>> nn.Dense(2, 3).to("float64").weight.dtype
        dtype('float64')
        """
        for target in (device_or_dtype, device, dtype):
            if target is not None:
                self._move(_mover(target, type(self).__name__))
        return self

    def _move(self, move: Callable[[Array], Array]) -> None:
        for held in (*self.parameters(), *self.buffers()):
            moved = move(held.array)
            if moved is not held.array:
                held.data = moved
            if held.grad is not None:
                held.grad = Tensor(move(held.grad.array))

    def float(self) -> Self:
        """Convert the parameters and buffers to float32; see `to`."""
        return self.to("float32")

    def double(self) -> Self:
        """Convert the parameters and buffers to float64; see `to`."""
        return self.to("float64")

    def half(self) -> Self:
        """Refuse: weights of float16 lose the steps of an optimiser.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(
            f"{type(self).__name__}.half: modules compute in float32 or float64, and there is no "
            "mixed precision; tensors have half(), for smaller files"
        )

    def cpu(self) -> Self:
        """Move to the CPU; see `to`."""
        return self.to(backend.CPU)

    def cuda(self) -> Self:
        """Move to the first GPU; see `to`."""
        return self.to("cuda")

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze the parameters (False) or have them learnt (True); return the module."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the parameters' accumulated gradients: see `Tensor.zero_grad`."""
        for parameter in self.parameters():
            parameter.zero_grad(set_to_none)

    def apply(self, function: Callable[[Module], object]) -> Self:
        """Call `function` on all modules below this one, then on itself; return the module."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    # ------------------------------------------------------------------------------------- printing

    def extra_repr(self) -> str:
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): {child!r}" for name, child in self._own_modules()]
        inside = [line for line in (self.extra_repr(), *children) if line]
        if not children:
            return f"{type(self).__name__}({''.join(inside)})"
        body = "\n".join(inside).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"

    # ------------------------------------------------------------------------------------ registers

    def _own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        return ((name, v) for name, v in vars(self).items() if isinstance(v, Parameter))

    def _own_buffers(self) -> Iterator[tuple[str, Tensor]]:
        held = ((name, getattr(self, name, None)) for name in vars(self).get("_persistence", ()))
        return ((name, buffer) for name, buffer in held if buffer is not None)

    def _own_modules(self) -> Iterator[tuple[str, Module]]:
        return ((name, v) for name, v in vars(self).items() if isinstance(v, Module))

    def _walk(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Iterate over the tree, parents first, as often as a module occurs in it."""
        yield prefix, self
        for name, child in self._own_modules():
            yield from child._walk(_dotted(prefix, name))

    def _named_members(
        self, own: Callable[[Module], Iterator[tuple[str, Entry]]], prefix: str, recurse: bool
    ) -> Iterator[tuple[str, Entry]]:
        modules = self.named_modules(prefix) if recurse else [(prefix, self)]
        return _unique(
            (_dotted(path, name), entry) for path, module in modules for name, entry in own(module)
        )

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        """Iterate over what `state_dict` holds, under every name."""
        for path, module in self._walk():
            for name, parameter in module._own_parameters():
                yield _dotted(path, name), parameter
            for name, buffer in module._own_buffers():
                if module._persistence[name]:
                    yield _dotted(path, name), buffer

    def _check_registration(self, name: str) -> None:
        """Refuse a parameter, module or buffer that could not be found again."""
        kind = type(self).__name__
        if "_persistence" not in vars(self):
            raise AttributeError(
                f"{kind}.__init__ must call super().__init__() before it assigns {name!r}"
            )
        if not name or "." in name:
            raise AttributeError(f"{kind}: {name!r} is no name, which has no dots and is not empty")
        if hasattr(Module, name):
            raise AttributeError(f"{kind}: {name!r} is a name that every Module uses already")

    def _check_replacement(self, name: str, value: Any) -> None:
        """Refuse to replace a parameter, module or buffer by another kind of thing."""
        current = vars(self)[name]
        if name in vars(self).get("_persistence", ()):
            kind, fits = "a buffer", isinstance(value, Tensor) and not isinstance(value, Parameter)
        elif isinstance(current, Parameter):
            kind, fits = "an nn.Parameter", isinstance(value, Parameter)
        elif isinstance(current, Module):
            kind, fits = "an nn.Module", isinstance(value, Module)
        else:
            return
        if value is not None and not fits:
            raise TypeError(
                f"{type(self).__name__}: {name!r} is {kind}, and a {type(value).__name__} can't "
                f"take its place; to change a tensor's values, assign {name}.data; to make "
                f"something else of the attribute, `del` it first"
            )


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _unique(pairs: Iterable[tuple[str, Entry]]) -> Iterator[tuple[str, Entry]]:
    """Leave out what was there before under another name."""
    seen: set[int] = set()
    for name, entry in pairs:
        if id(entry) not in seen:
            seen.add(id(entry))
            yield name, entry


def _as_array(value: Any) -> Array:
    if isinstance(value, Tensor):
        return value.array
    return value if backend.is_array(value) else np.asarray(value)


def _misfit(value: Array, own: Tensor) -> str:
    """Say why a loaded value can't be copied into the module's tensor; empty if it can."""
    if value.shape != own.shape:
        return f"expected shape {own.shape}, got {value.shape}"
    if not np.can_cast(value.dtype, own.dtype, "same_kind"):
        return f"expected {own.dtype}, got {value.dtype}"
    return ""


def _mover(device_or_dtype: Any, kind: str) -> Callable[[Array], Array]:
    """Return the function that moves an array to a device, or converts floats to a dtype."""
    if backend.looks_like_device(device_or_dtype):
        return lambda array: backend.to_device(array, device_or_dtype)
    dtype = backend.as_dtype(device_or_dtype)
    if dtype.kind != "f":
        raise TypeError(f"{kind}.to: a floating-point dtype is expected, got {dtype}")
    return lambda array: array.astype(dtype, copy=False) if array.dtype.kind == "f" else array


# What layers ask of their inputs, so that a wrong one is refused by the layer that got it.


def check_dtype(layer: Module, x: Array, held: Tensor | None) -> None:
    """Refuse an input that is no tensor, or of another dtype than the tensors of the layer.

    NumPy would promote float32 with float64 and make everything after this layer twice as slow.
    """
    if not isinstance(x, Tensor) and not backend.is_array(x):
        got, hint = type(x).__name__, ""
        if type(x).__module__.partition(".")[0] == "torch":
            got, hint = f"torch.{got}", "; make one of it, minigen.tensor(x.detach().numpy())"
        raise TypeError(f"{layer!r}: a tensor or an array is expected, got {got}{hint}")
    if held is not None and x.dtype != held.dtype:
        raise TypeError(
            f"{layer!r}: {held.dtype} is expected as its parameters are, got {x.dtype}; convert "
            f"the input, x.astype('{held.dtype}'), or the model, model.to('float64')"
        )


def wrong_shape(layer: Module, expected: str, x: Array) -> InputError:
    """Return the error that names the layer, the shape expected and the one got."""
    return InputError(f"{layer!r}: an input of shape {expected} is expected, got {tuple(x.shape)}")


def positive(layer: str, **sizes: int) -> None:
    """Refuse sizes that are not positive integers."""
    for role, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ValueError(f"{layer}: {role} must be a positive integer, got {size!r}")


@contextmanager
def named(layer: Module) -> Iterator[None]:
    """Say which layer it was when an op refuses an input's shape."""
    try:
        yield
    except ValueError as error:
        raise InputError(f"{layer!r}: {error}") from error


@contextmanager
def named_class(layer: Module) -> Iterator[None]:
    """Say which layer was to be made when its options are refused."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{type(layer).__name__}: {error}") from error
