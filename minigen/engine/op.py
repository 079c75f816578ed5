r"""Declaring differentiable ops: a function on arrays and, beside it, its gradient rule.

The library's own ops are declared with this decorator, and so can yours be:

>>> import minigen
>>> @minigen.op
... def cube(x):
...     return x**3
>>> @cube.vjp
... def cube_vjp(g, out, x):
...     return (g * 3 * x**2,)
>>> x = minigen.tensor([1.0, 2.0], requires_grad=True)
>>> cube(x).sum().backward()
>>> x.grad
tensor([ 3., 12.])
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

import numpy as np

from minigen.engine import tensor
from minigen.engine.backend import device_of, is_array
from minigen.engine.card import follow, meeting
from minigen.engine.choice import READABLE, kernels
from minigen.engine.errors import InputError
from minigen.engine.graph import Node, functions
from minigen.engine.guards import Trace, check_output, describe_value
from minigen.engine.modes import recording, watching
from minigen.engine.signature import POSITIONAL, Signature
from minigen.engine.tensor import Tensor, result

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

Cotangents = Sequence[Any]
"""An entry an input: an array or tensor, a function that computes one when asked, or None."""

registry: dict[str, Op[Any]] = cast("dict[str, Op[Any]]", tensor.ops)
"""Every op of the library by name (a learner's own ops are not entered)."""


class Op(Generic[Parameters]):
    r"""A differentiable op: `forward` on arrays and the rule that `vjp` declared.

    Called on arrays it returns an array. Called with a tensor among its inputs it returns a tensor,
    and records the call if a gradient may be asked for.

    The positional parameters of the rule after ``g`` and ``out`` are the op's *inputs*; the
    function's other parameters are *options*, which reach the rule by keyword.

    The names say what is kept for the backward pass. An input, or ``out``, whose name begins with
    an underscore is not: the rule receives None. Of an input named ``shape_of_...`` the rule
    receives the shape alone. Memory is free the sooner.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        differentiable: bool = True,
        piecewise_linear: bool = False,
    ) -> None:
        functools.update_wrapper(self, forward)
        self.name: str = forward.__name__
        self.forward = forward
        self.rule: Callable[..., Cotangents] | None = None
        self.compute = forward
        self.compute_rule: Callable[..., Cotangents] | None = None
        self._on_card: Callable[..., Any] | None = None
        self._rule_on_card: Callable[..., Cotangents] | None = None
        self.differentiable = differentiable
        self.piecewise_linear = piecewise_linear
        self.signature = Signature(forward)
        self.__signature__ = self.signature.text

    def vjp(self, rule: Callable[..., Cotangents]) -> Callable[..., Cotangents]:
        r"""Declare the gradient rule: the vector-Jacobian product of this op.

        Parameters
        ----------
        rule : callable
            ``rule(g, out, *inputs, **options)`` returns a tuple with the cotangent of each input,
            :math:`\bar x = g^\top \partial\,\mathrm{out} / \partial x`, of the input's shape; None
            where there is none. An entry may be a function without arguments, called only if that
            cotangent is wanted. It returns new arrays, and writes into none. Written with ops and
            operators, the rule serves every order: it is handed arrays in a first-order pass, and
            tensors under ``create_graph=True``.

        Raises
        ------
        TypeError
            If the rule does not take the cotangent, the output and the op's inputs.

        Derivation: autograd.vjp
        """
        parameters = inspect.signature(rule).parameters.values()
        positional = [p.name for p in parameters if p.kind in POSITIONAL]
        inputs, several = positional[2:], [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
        if not several:
            self.signature.take(len(inputs))
        options = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
        takes_options = any(p.kind is p.VAR_KEYWORD for p in parameters)
        if several or self.signature.variadic:
            takes_inputs = bool(several) and len(positional) == 2
        else:
            takes_inputs = 0 < len(inputs) == len(self.signature.inputs)
        if not takes_inputs or not (takes_options or options == set(self.signature.options)):
            raise TypeError(
                f"{self.name}.vjp: the rule takes (g, out, *inputs, **options) of "
                f"{self.name}{self.__signature__}, not {inspect.signature(rule)}"
            )
        self.rule = self.compute_rule = rule
        self._keeps_out = not positional[1].startswith("_")
        self._unkept = [i for i, name in enumerate(inputs) if name.startswith("_")]
        self._shaped = [i for i, name in enumerate(inputs) if name.startswith("shape_of_")]
        self._all_shaped = any(name.startswith("shapes_of_") for name in several)
        return rule

    def kernel(self, fast: Callable[..., Any]) -> Callable[..., Any]:
        """Declare a faster version of the function; it stands in `minigen.kernels`.

        Parameters
        ----------
        fast : callable
            Takes what the function takes. It returns NotImplemented for arrays that it does not
            serve; these are left to the version declared before it, and in the end to the function.
            ``MINIGEN_KERNELS=0`` leaves all to the function: see `minigen.engine.choice`.
        """
        self.compute = _with_fallback(fast, self.compute)
        return fast

    def kernel_vjp(self, fast: Callable[..., Any]) -> Callable[..., Any]:
        """Declare a faster version of the gradient rule, as `kernel` does of the function.

        A pass that is recorded hands it tensors, which it may leave to the rule.
        """
        if self.compute_rule is None:
            raise TypeError(f"{self.name}.kernel_vjp: declare the rule first, with {self.name}.vjp")
        self.compute_rule = _with_fallback(fast, self.compute_rule)
        return fast

    def kernel_on_card(self, fast: Callable[..., Any]) -> Callable[..., Any]:
        """Declare a version of the function for arrays on a GPU, as `kernel` does.

        Arrays of NumPy's don't come near it.
        """

        def function(*arrays: Any, **options: Any) -> Any:
            return self.compute(*arrays, **options)

        self._on_card = _with_fallback(fast, function)
        return fast

    def kernel_vjp_on_card(self, fast: Callable[..., Any]) -> Callable[..., Any]:
        """Declare a version of the gradient rule for cotangents on a GPU."""

        def rule(*arrays: Any, **options: Any) -> Cotangents:
            assert self.compute_rule is not None
            return self.compute_rule(*arrays, **options)

        self._rule_on_card = _with_fallback(fast, rule)
        return fast

    def apply_rule(
        self, g: Any, out: Any, inputs: Sequence[Any], options: Mapping[str, Any]
    ) -> Cotangents:
        """Return the cotangents of the inputs, given that of the output."""
        if self.compute_rule is None:
            raise NotImplementedError(
                f"the op {self.name} has no gradient rule: declare it with @{self.name}.vjp"
            )
        rule = self.compute_rule
        if type(g) is not np.ndarray:
            on_card = follow(f"{self.name}.vjp", (g,))
            if on_card and not isinstance(g, Tensor):
                rule = self._rule_on_card or rule
        cotangents = rule(g, out, *inputs, **options)
        if not isinstance(cotangents, (tuple, list)) or len(cotangents) != len(inputs):
            raise TypeError(
                f"{self.name}.vjp: the rule must return a tuple with {len(inputs)} cotangents, "
                f"got {type(cotangents).__name__}"
                + (f" of {len(cotangents)}" if isinstance(cotangents, tuple | list) else "")
            )
        return cotangents

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Tensor:  # noqa: C901 - runs at every call
        """Run the op; on tensors, record it. (Typed for tensors; arrays alone give an array.)"""
        inputs: Sequence[Any] = args
        options: Mapping[str, Any] = kwargs
        if kwargs or len(args) != self.signature.direct:
            inputs, options = self.signature.bind(args, kwargs)
        arrays: list[Any] = []
        parents: list[Any] = []
        wrapped = tracked = foreign = False
        for x in inputs:
            if isinstance(x, Tensor):
                wrapped = True
                arrays.append(x._data)
                if x._requires_grad:
                    tracked = True
                    parents.append(x.grad_fn or x)
                else:
                    parents.append(None)
            else:
                arrays.append(x)
                parents.append(None)
                if isinstance(x, _FOREIGN):
                    foreign = True
        if foreign and wrapped:
            _weaken_scalars(arrays)
        compute = self.compute
        if arrays and type(arrays[0]) is not np.ndarray and follow(self.name, arrays, options):
            compute = self._on_card or compute
        try:
            out = compute(*arrays, **options) if options else compute(*arrays)
        except (TypeError, ValueError, IndexError) as error:
            raise self._explained(error, arrays) from error
        if watching.get() and type(out) is not tuple:
            check_output(self.name, arrays, out)
        if not wrapped:
            return cast("Tensor", out)
        if type(out) is tuple:  # of an op without gradients, such as indices an axis
            return cast("Tensor", tuple(result(array) for array in out))
        if tracked and self.differentiable and recording.get() and out.dtype.kind == "f":
            return result(out, self._record(arrays, parents, options, out))
        return result(out)

    def __get__(self, instance: Any, owner: Any = None) -> Callable[..., Tensor]:
        """As an attribute of a class, an op is a method whose first input is the instance."""
        return self if instance is None else functools.partial(self, instance)

    def _record(
        self, arrays: list[Any], parents: list[Any], options: Mapping[str, Any], out: Any
    ) -> Node:
        """Make the node of a call: keep what the rule uses, and nothing else."""
        if self.rule is None:
            return Node(self, arrays, parents, options, out)
        for position in self._unkept:
            arrays[position] = None
        for position in range(len(arrays)) if self._all_shaped else self._shaped:
            arrays[position] = getattr(arrays[position], "shape", ())
        node = Node(self, arrays, parents, options, out if self._keeps_out else None)
        if watching.get():
            node.trace = Trace(self.name, node.kept())
        return node

    def _explained(self, error: Exception, arrays: Sequence[Any]) -> Exception:
        """Return the error of a call again, saying which op it was and what it was given."""
        devices = {device_of(array) for array in arrays if is_array(array)}
        if len(devices) > 1:
            return meeting(self.name, arrays, devices)
        got = ", ".join(describe_value(array) for array in arrays)
        kind = next((k for k in (IndexError, TypeError) if isinstance(error, k)), InputError)
        return kind(f"{self.name}: {error} (got {got})")

    def __repr__(self) -> str:
        return f"<op {self.name}{self.__signature__}>"


@overload
def op(forward: Callable[Parameters, Any]) -> Op[Parameters]: ...


@overload
def op(
    *, differentiable: bool = True, piecewise_linear: bool = False
) -> Callable[[Callable[Parameters, Any]], Op[Parameters]]: ...


def op(
    forward: Callable[..., Any] | None = None,
    *,
    differentiable: bool = True,
    piecewise_linear: bool = False,
) -> Any:
    r"""Declare an op from a function on arrays.

    Parameters
    ----------
    forward : callable
        Takes arrays, NumPy's or CuPy's, and returns a new one, or a tuple of them that has no
        gradient. Its gradient rule is declared with the decorator ``@name.vjp``; see `Op.vjp`.
    differentiable : bool, default True
        Set it False for an op without gradients, such as a comparison.
    piecewise_linear : bool, default False
        Set it True for an op whose slope is constant between kinks, such as relu. Its gradient is
        then a function of its inputs, whose derivative is zero: see `minigen.engine.graph`.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> @minigen.op
    ... def scale(x, *, factor=2.0):
    ...     return x * factor
    >>> @scale.vjp
    ... def scale_vjp(g, _out, _x, *, factor):
    ...     return (g * factor,)
    >>> scale(np.ones(2), factor=3.0)
    array([3., 3.])
    """
    if forward is None:
        return functools.partial(
            op, differentiable=differentiable, piecewise_linear=piecewise_linear
        )
    declared: Op[Any] = Op(
        forward, differentiable=differentiable, piecewise_linear=piecewise_linear
    )
    if forward.__module__.startswith("minigen."):
        registry[declared.name] = declared
    return declared


@overload
def composed(function: Callable[..., Result]) -> Callable[..., Result]: ...


@overload
def composed(
    *, names: bool
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]: ...


def composed(function: Callable[..., Any] | None = None, *, names: bool = True) -> Any:
    """Declare a function made of ops: what tensors have as a method can be such a one, too.

    Its options go by PyTorch's names as well as NumPy's, as those of an op do. With ``names=False``
    its arguments are left as they are.

    Examples
    --------
    >>> from minigen import functional as F
    >>> import numpy as np
    >>> F.cat([np.zeros((1, 2)), np.ones((1, 2))], dim=1)
    array([[0., 0., 1., 1.]])
    """
    if function is None:
        return functools.partial(composed, names=names)
    call = _with_other_names(function) if names else function
    functions[function.__name__] = call
    return call


def _with_other_names(function: Callable[..., Any]) -> Callable[..., Any]:
    signature = Signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        inputs, options = signature.bind(args, kwargs)
        return function(*inputs, **options)

    return call


def _with_fallback(fast: Callable[..., Any], readable: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that lets `fast` compute what it serves, and `readable` the rest."""

    @functools.wraps(readable)
    def compute(*arrays: Any, **options: Any) -> Any:
        if kernels() == READABLE:
            return readable(*arrays, **options)
        out = fast(*arrays, **options)
        return readable(*arrays, **options) if out is NotImplemented else out

    return compute


_FOREIGN = (np.generic, list, tuple)


def _weaken_scalars(arrays: list[Any]) -> None:
    """Make Python numbers of NumPy's scalars: a scalar never decides the dtype of a tensor."""
    for position, value in enumerate(arrays):
        if isinstance(value, np.generic):
            arrays[position] = value.item()
        elif isinstance(value, list | tuple):
            raise TypeError(
                f"a {type(value).__name__} among the inputs of an op: "
                "make it a tensor or an array first"
            )
