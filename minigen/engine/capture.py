r"""A training step that is recorded once, as a CUDA graph, and then repeated in one launch.

A small model's step is hundreds of launches, and the program takes longer to tell the card of them
than the card to do them. CUDA can record what a stream is told, and repeat it. Whatever the host
did meanwhile is not repeated: a graph holds addresses and numbers as they were. So while a step is
recorded,

- memory comes from a pool of the step's own, which serves nothing else as long as the graph lives;
- nothing is copied to the host or waited for, and nothing is copied from the host;
- what the step is given, and its noise, lies in fixed arrays, which are written before each repeat;
- numbers that change from step to step, such as the learning rate, lie in the card's memory, where
  kernels read them;
- products of matrices are the library's own kernel: CuPy gives cuBLAS its stream anew at each
  product, which is refused in a stream that is recorded.

First a step is rehearsed, by the same code, and what its ops are given is written down. When it is
recorded, it must do the same with the same numbers; what differs is refused, by the op's name.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from minigen.engine.backend import (
    CPU,
    Array,
    array_of,
    canonical_device,
    device_of,
    is_array,
    to_device,
    use_device,
)
from minigen.engine.card import in_place_on_card
from minigen.engine.recording import Varying, recorded_by, with_own_products
from minigen.engine.tensor import Tensor, result

__all__ = ["CaptureError", "CapturedStep", "capture"]

ROOM: Final = 4096
"""How many numbers may change from step to step."""


class CaptureError(RuntimeError):
    """A step does what can't be repeated by a card alone."""


@in_place_on_card
def write_numbers(out: Array, numbers: Sequence[float]) -> None:
    """Write numbers of the host's into an array of a card."""
    out[...] = to_device(np.array(numbers), device_of(out))


class Note(NamedTuple):
    """What was called, the numbers that it was given, and the addresses of arrays."""

    role: str
    numbers: tuple[Any, ...]
    addresses: tuple[int, ...]


class Recording:
    """What is known of a step while it runs: its numbers, its noise, its arrays.

    Parameters
    ----------
    numbers : array of float64
        Where on the card numbers lie that change from step to step.
    rehearsed : list of note, optional
        What a rehearsal did, if the step is now recorded: nothing is computed then.
    """

    def __init__(self, numbers: Array, rehearsed: Sequence[Note] | None = None) -> None:
        self.notes: list[Note] = []
        self._rehearsed = rehearsed
        self._own: set[int] = set()
        self._numbers = numbers
        self._taken = 0
        self._tellers: list[Callable[[], Sequence[float]]] = []
        self._draws: list[tuple[Array, Callable[[], Array]]] = []
        self._expected: list[tuple[Callable[[], bool], str]] = []

    def allocating(self, malloc: Callable[[int], Any]) -> Callable[[int], Any]:
        """Return an allocator that notes which memory the step was given while it ran."""

        def noted(size: int) -> Any:
            pointer = malloc(size)
            self._own.add(pointer.mem.ptr)
            return pointer

        return noted

    def varying(self, tell: Callable[[], Sequence[float]], count: int) -> Varying:
        """Return numbers of which each step is told anew."""
        place = self._numbers[self._taken : self._taken + count]
        self._taken += count
        if self._taken > self._numbers.size:
            raise CaptureError(f"capture: over {ROOM} numbers change from step to step")
        if self._rehearsed is None:
            with recorded_by(None):
                write_numbers(place, tuple(tell()))
        else:
            self._tellers.append(tell)
        return Varying(place)

    def drawn(self, draw: Callable[[], Array], shape: Any, dtype: Any, device: str) -> Array:
        """Return random numbers; each step has others, in the same place."""
        with recorded_by(None):
            if self._rehearsed is None:
                return draw()
            noise = use_device(canonical_device(device)).empty(shape, dtype)
        self._draws.append((noise, draw))
        return noise

    def expect(self, holds: Callable[[], bool], message: str) -> None:
        """Refuse to repeat the step once something no longer holds."""
        self._expected.append((holds, message))

    def note(self, role: str, values: Any, options: Any) -> None:
        """Note what an op is given; refuse numbers that were others in the rehearsal.

        So are arrays that the step was not given while it ran: if they lie elsewhere than in the
        rehearsal, the step before made them, and a repeat would read those of one step for ever.
        """
        arrays = [array for array in map(array_of, values) if is_array(array) and array.size]
        places = [array.data for array in arrays if device_of(array) != CPU]
        addresses = tuple(place.ptr for place in places)
        self.notes.append(Note(role, tuple(_numbers_in((values, options))), addresses))
        if self._rehearsed is not None:
            number = len(self.notes) - 1
            before = self._rehearsed[number] if number < len(self._rehearsed) else None
            _expect_the_same(before, self.notes[-1])
            for place, was in zip(places, before.addresses if before else (), strict=False):
                if place.ptr != was and place.mem.ptr not in self._own:
                    raise CaptureError(
                        f"capture: {role} is given an array that the step before made, and a "
                        "repeated step would read the same one each time: change one array in "
                        "place, as copy_ does"
                    )

    def forbid(self, what: str) -> None:
        """Refuse what can't be repeated, when the step is recorded."""
        if self._rehearsed is not None:
            raise CaptureError(f"capture: {what} can't be repeated by the card alone")

    def finish(self) -> None:
        """Refuse a step that ended earlier than in the rehearsal."""
        if self._rehearsed is not None and len(self.notes) < len(self._rehearsed):
            _expect_the_same(self._rehearsed[len(self.notes)], None)

    def prepare(self) -> None:
        """Write what is new in the next step, in the order in which the step asks for it."""
        for holds, message in self._expected:
            if not holds():
                raise CaptureError(message)
        numbers = [number for tell in self._tellers for number in tell()]
        if numbers:
            write_numbers(self._numbers[: len(numbers)], numbers)
        for noise, draw in self._draws:
            noise[...] = draw()


def _numbers_in(value: Any) -> Iterator[Any]:
    """Iterate over the numbers among values, however deep."""
    if isinstance(value, bool | int | float | np.generic):
        yield value
    elif isinstance(value, Mapping):
        yield from _numbers_in(tuple(value.values()))
    elif isinstance(value, slice):
        yield from _numbers_in((value.start, value.stop, value.step))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _numbers_in(part)


def _expect_the_same(before: Note | None, now: Note | None) -> None:
    """Refuse a call that was another one in the rehearsal."""
    if before is None or now is None or before.role != now.role:
        was, found = (note.role if note else "nothing" for note in (before, now))
        raise CaptureError(
            f"capture: the step is not the same each time: it called {found} where it had called "
            f"{was}; what a step does must not depend on how many there were, or on numbers that "
            "the card computes"
        )
    for one, other in zip(before.numbers, now.numbers, strict=False):
        if repr(one) != repr(other):  # NaN is the same as NaN
            raise CaptureError(
                f"capture: {now.role} is given a number that changes from step to step, {one} and "
                f"then {other}, and a repeated step would keep the last: hand it to the step as an "
                "argument, which puts it into the card's memory"
            )


class CapturedStep:
    """A step that is recorded after some calls, and repeated from then on: see `capture`."""

    def __init__(self, function: Callable[..., Any], device: str, rehearsals: int) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._device = device
        self._left = rehearsals
        self._inputs: list[Array] = []
        self._signature: Any = None
        self._notes: list[Note] = []
        self._recording: Recording | None = None

    @property
    def captured(self) -> bool:
        """Whether the step is recorded, so that a call repeats it."""
        return self._recording is not None

    def __call__(self, *arguments: Any) -> Any:
        """Do the step; return what the function returns, in new arrays."""
        if self._device == CPU:
            return self._function(*arguments)
        xp = use_device(self._device)
        given = [_as_array(argument) for argument in arguments]
        if self._signature is None:
            self._set_up(xp, given)
        if _signature(given) != self._signature:
            with with_own_products():
                return self._function(*(_tensor(xp, argument) for argument in given))
        for place, array in zip(self._inputs, filter(is_array, given), strict=True):
            _write(place, array)
        if self._left:
            self._left -= 1
            return self._rehearse(xp)
        if self._recording is None:
            self._capture(xp)
        return self._repeat()

    def _set_up(self, xp: Any, given: Sequence[Any]) -> None:
        self._signature = _signature(given)
        self._stream = xp.cuda.Stream(non_blocking=True)
        self._pool = xp.cuda.MemoryPool()
        self._numbers = xp.zeros(ROOM, float)
        self._inputs = [xp.empty(each.shape, each.dtype) for each in given if is_array(each)]
        inputs = iter(self._inputs)
        self._arguments = [result(next(inputs)) if is_array(each) else each for each in given]

    def _rehearse(self, xp: Any) -> Any:
        """Do the step, and write down what it does."""
        recording = Recording(self._numbers)
        with self._aside(xp, recording), _explained():
            returned = self._function(*self._arguments)
        self._notes = recording.notes
        return _map(returned, lambda tensor: result(tensor.array.copy()))

    def _capture(self, xp: Any) -> None:
        """Record the step. Nothing is computed."""
        recording = Recording(self._numbers, self._notes)
        with self._aside(xp, recording), _explained():
            self._stream.begin_capture()
            try:
                returned = self._function(*self._arguments)
                recording.finish()
                self._returned = _map(returned, lambda tensor: result(tensor.array))
                self._scalars = _stacked(xp, self._returned)
            except BaseException:
                with contextlib.suppress(Exception):  # the stream stops in either case
                    self._stream.end_capture()
                raise
            self._graph = self._stream.end_capture()
        self._recording = recording

    def _repeat(self) -> Any:
        """Write what is new in this step, and let the card do what was recorded."""
        assert self._recording is not None
        self._recording.prepare()
        self._graph.launch()
        return _copies(self._returned, self._scalars)

    @contextlib.contextmanager
    def _aside(self, xp: Any, recording: Recording) -> Iterator[None]:
        """Work on the step's own stream, with its own memory, between what comes before and after.

        The pool keeps what a rehearsal needed, so that the card's memory does not grow while the
        step is recorded.
        """
        current = xp.cuda.get_current_stream()
        self._stream.wait_event(current.record())
        allocator = xp.cuda.using_allocator(recording.allocating(self._pool.malloc))
        try:
            with self._stream, allocator, recorded_by(recording), with_own_products():
                yield
        finally:
            current.wait_event(self._stream.record())


def capture(
    function: Callable[..., Any], *, device: str = "cuda", rehearsals: int = 2
) -> CapturedStep:
    r"""Let a card repeat a training step in one launch, as a CUDA graph.

    The first calls do the step as usual, and count as steps; the next one records it, and from then
    on it is repeated. Learning rates, numbers of steps and noise are those of this step each time,
    and the weights those of a run under `with_own_products`, bit by bit.

    Parameters
    ----------
    function : callable
        The whole step: loss, `zero_grad`, `backward`, `step`. It must do the same each time, with
        what it is given and nothing else that changes on the host. Arrays and numbers with a
        decimal point are handed to it as tensors on the card. It returns tensors, which may stand
        in a tuple, list or dict.
    device : str, default "cuda"
        Where model and optimiser are. On the CPU there is nothing to capture, and each call is a
        call of the function.
    rehearsals : int, default 2
        How many calls go before, at least 1: optimisers make their moments, and kernels are
        compiled.

    Returns
    -------
    callable
        Takes what the function takes. Arguments of other shapes than the first call's, such as the
        last batch of an epoch, are computed as usual, without the graph. What is returned is new
        each time and has no history. Gradients are overwritten by the next call.

    Raises
    ------
    CaptureError
        When the step is recorded, if it does what a card can't repeat: the op is named. Later, if
        the weights or moments are no longer the arrays that were recorded.
    ValueError
        If there is no rehearsal.

    Examples
    --------
    A VAE's step:

    >>> import numpy as np
    >>> import minigen
    >>> from minigen import models, optim
    >>> device = "cuda" if minigen.cuda.is_available() else "cpu"
    >>> model = models.VAE((1, 4, 4), hidden=(8,), latent=2).to(device)
    >>> optimizer = optim.Adam(model.parameters())
    >>> def train(images):
    ...     loss = model.loss(images)
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> step = minigen.cuda.capture(train, device=device)
    >>> losses = [step(np.zeros((3, 1, 4, 4), np.float32)) for _ in range(20)]
    >>> losses[-1].item() < losses[0].item()
    True

    A GAN's, of both sides' turns:

    >>> gan = models.GAN((1, 4, 4), hidden=(8,), latent=2)
    >>> sides = gan.to(device).sides()
    >>> optimizers = {name: optim.Adam(side.parameters()) for name, side in sides.items()}
    >>> def play(images):
    ...     losses = {}
    ...     for name, optimizer in optimizers.items():
    ...         losses[name] = next(iter(gan.side_terms(name, images).values()))
    ...         optimizer.zero_grad()
    ...         losses[name].backward()
    ...         optimizer.step()
    ...     return losses
    >>> turn = minigen.cuda.capture(play, device=device)
    >>> sorted(turn(np.zeros((3, 1, 4, 4), np.float32)))
    ['discriminator', 'generator']
    """
    if rehearsals < 1:
        raise ValueError(f"capture: at least 1 rehearsal is expected, got {rehearsals}")
    return CapturedStep(function, canonical_device(device), rehearsals)


# --------------------------------------------------------------------------- what is handed around


def _as_array(argument: Any) -> Any:
    """Return the array of a tensor, a float as one without axes, and all else as it is."""
    argument = array_of(argument)
    return np.asarray(argument, np.float32) if isinstance(argument, float) else argument


def _signature(given: Sequence[Any]) -> list[Any]:
    return [(each.shape, each.dtype.str) if is_array(each) else each for each in given]


def _write(place: Array, array: Array) -> None:
    """Write an argument to where the step looks for it."""
    if device_of(array) != CPU:
        place[...] = array
    elif array.ndim:
        place.set(np.ascontiguousarray(array))
    else:
        place.fill(array.item())


def _tensor(xp: Any, argument: Any) -> Any:
    """Return an array as a tensor on the card, and all else as it is."""
    return result(xp.asarray(argument)) if is_array(argument) else argument


def _map(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """Return tensors changed, in tuples, lists and dicts too."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        return {name: _map(part, change) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_map(part, change) for part in value)
    return value


def _is_loss(tensor: Tensor) -> bool:
    return tensor.shape == () and tensor.dtype == np.float32


def _stacked(xp: Any, returned: Any) -> Array | None:
    """Return all losses in one array, which is then read at once."""
    found: list[Array] = []
    _map(returned, lambda tensor: found.append(tensor.array) if _is_loss(tensor) else None)
    return xp.stack(found) if found else None


def _copies(returned: Any, losses: Array | None) -> Any:
    """Return what a step returned in arrays that the next step leaves alone."""
    copied = None if losses is None else losses.copy()
    numbers = itertools.count()
    return _map(
        returned,
        lambda tensor: result(
            copied[next(numbers)]
            if copied is not None and _is_loss(tensor)
            else tensor.array.copy()
        ),
    )


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Say of whatever fails in a captured step which op it was."""
    try:
        yield
    except CaptureError:
        raise
    except Exception as error:
        raise CaptureError(
            f"capture: {_op_behind(error)} failed while the step was prepared for a graph, which "
            f"must not wait for the card, copy from or to the host, or use cuBLAS, cuFFT or a "
            f"sort ({type(error).__name__}: {error})"
        ) from error


def _op_behind(error: BaseException) -> str:
    """Return the op within which an error was raised, and the one that it called, if it did."""
    from minigen.engine.op import Op

    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        caller = trace.tb_frame.f_locals.get("self")
        if isinstance(caller, Op):
            rule = ".vjp" * (trace.tb_frame.f_code.co_name == "apply_rule")
            found.append(caller.name + rule)
        trace = trace.tb_next
    if not found:
        return "the step"
    return f"the op {found[0]}" + f", by {found[-1]}," * (found[-1] != found[0])
