"""Gated recurrent units and long short-term memory: layers over sequences, and single cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, DTypeLike, array_of, device_of
from minigen.engine.creation import tensor, zeros
from minigen.engine.random import Generator, default_generator
from minigen.engine.shards import current_shard
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.module import Module, Parameter, check_dtype, named, positive, wrong_shape

States = tuple[Any, ...]
"""What a layer carries from step to step: h alone, or h and c."""


class _Gated(Module):
    """What layers and cells share: weights of inputs and of states, as many rows as gates have."""

    gates: ClassVar[int]
    """How many gates a unit has, its new values counted."""

    hidden_size: int

    def _add_weights(self, suffix: str, inputs: int, bias: bool, dtype: DTypeLike) -> None:
        """Make the weights of one direction of a layer, whose names end alike."""
        rows = self.gates * self.hidden_size
        for name, columns in (("weight_ih", inputs), ("weight_hh", self.hidden_size)):
            setattr(self, name + suffix, Parameter(zeros(rows, columns, dtype=dtype)))
        for name in ("bias_ih", "bias_hh"):
            setattr(self, name + suffix, Parameter(zeros(rows, dtype=dtype)) if bias else None)

    def _weights(self, suffix: str = "") -> tuple[Any, Any, Any, Any]:
        """Return the weights whose names end so."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        first, second, third, fourth = (getattr(self, name + suffix) for name in names)
        return first, second, third, fourth

    def reset_parameters(self, generator: Generator | None = None) -> None:
        r"""Draw all weights anew from :math:`U(-1/\sqrt{H}, 1/\sqrt{H})`."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, generator)

    def _still(self, x: Array, *shape: int) -> Tensor:
        """Return the state from which sequences begin where none is given."""
        return zeros(shape, dtype=x.dtype, device=device_of(array_of(x)))


class _Cell(_Gated):
    """One step."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self._add_weights("", input_size, bias, dtype)
        self.reset_parameters(generator)

    def _check(self, x: Array) -> None:
        check_dtype(self, x, self._weights()[0])
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise wrong_shape(self, f"(N, {self.input_size})", x)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}"


class GRUCell(_Cell):
    """One step of a gated recurrent unit; see `minigen.functional.gru_cell`.

    Parameters
    ----------
    input_size, hidden_size : int
        Lengths of an input and of a state, H.
    bias : bool, default True
        Whether inputs and states each have one.
    generator, dtype
        See `Dense`.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter, shapes (3 H, input_size) and (3 H, H)
        Of the inputs and of the state: reset gate, update gate, new values.
    bias_ih, bias_hh : Parameter, shape (3 H,), or None
        Theirs.

    Raises
    ------
    ValueError
        If a size is not a positive integer; in a call, if x is not of shape (N, input_size) or
        (input_size,).
    TypeError
        In a call, if x has another dtype than the weights.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> cell, state = nn.GRUCell(8, 16), minigen.zeros(4, 16)
    >>> for x in minigen.zeros(10, 4, 8):
    ...     state = cell(x, state)
    >>> state.shape
    (4, 16)

    Derivation: gru.step
    """

    gates = 3

    def forward(self, x: Array, state: Array | None = None) -> Tensor:
        """Return the state after x; before, it is zero if none is given."""
        self._check(x)
        if x.ndim == 1:
            alone: Tensor = self(x[None], None if state is None else state[None])[0]
            return alone
        if state is None:
            state = self._still(x, x.shape[0], self.hidden_size)
        with named(self):
            after: Tensor = F.gru_cell(x, state, *self._weights())
        return after


class LSTMCell(_Cell):
    """One step of long short-term memory; see `minigen.functional.lstm_cell`.

    Parameters, attributes and errors are those of `GRUCell`, with four gates: input gate, forget
    gate, new values, output gate.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> cell, state = nn.LSTMCell(8, 16), None
    >>> for x in minigen.zeros(10, 4, 8):
    ...     state = cell(x, state)
    >>> [part.shape for part in state]
    [(4, 16), (4, 16)]

    Derivation: lstm.step
    """

    gates = 4

    def forward(self, x: Array, state: tuple[Array, Array] | None = None) -> States:
        """Return state and cell after x; before, they are zero if none are given."""
        self._check(x)
        if x.ndim == 1:
            before = None if state is None else (state[0][None], state[1][None])
            return tuple(part[0] for part in self(x[None], before))
        if state is None:
            still = self._still(x, x.shape[0], self.hidden_size)
            state = still, still
        with named(self):
            return F.lstm_cell(x, state, *self._weights())


class _Recurrent(_Gated):
    """A walk over sequences: in layers, one above the other, in one direction or in both."""

    walk: ClassVar[Callable[..., tuple[Any, States]]]
    """Takes inputs, states and weights of a direction; returns its outputs, and the last states."""

    parts: ClassVar[int]
    """How many arrays a state is."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        positive(kind, **sizes)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{kind}: dropout must lie in [0, 1], got {dropout}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.generator = generator
        for layer, direction in self._walks():
            inputs = input_size if layer == 0 else hidden_size * (1 + bidirectional)
            self._add_weights(_suffix(layer, direction), inputs, bias, dtype)
        self.reset_parameters(generator)

    def _walks(self) -> Iterator[tuple[int, int]]:
        """Iterate over layers and directions, in the order in which PyTorch numbers states."""
        return ((n, back) for n in range(self.num_layers) for back in range(1 + self.bidirectional))

    def forward(self, x: Array, state: Any = None, lengths: Any = None) -> tuple[Tensor, Any]:
        """Walk over sequences.

        Parameters
        ----------
        x : Tensor or array, shape (L, N, input_size), or (N, L, input_size) with `batch_first`
            The sequences; or a single one, (L, input_size).
        state : Tensor or pair of Tensor, shape (layers and directions, N, hidden_size), optional
            From what each layer and direction begins; zeros by default. A pair for LSTM: h and c.
        lengths : sequence or array of int, shape (N,), optional
            How long each sequence is; what is behind its end has to be finite, and counts for
            nothing. (PyTorch packs sequences for that.)

        Returns
        -------
        output : Tensor, shape (L, N, hidden_size), or (N, L, hidden_size) with `batch_first`
            The states of the last layer, of both directions side by side; zero behind the end of a
            sequence.
        state : Tensor or pair of Tensor
            The last state of each layer and direction, which for a padded sequence is that at its
            end.
        """
        check_dtype(self, x, self._weights(_suffix(0, 0))[0])
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            axes = "N, L" if self.batch_first else "L, N"
            raise wrong_shape(self, f"({axes}, {self.input_size})", x)
        if x.ndim == 2:
            return self._walk_alone(x, state, lengths)
        if self.batch_first:
            x = F.transpose(x, 0, 1)
        with named(self):
            output, last = self._over_layers(x, self._begun(x, state), self._mask(x, lengths))
        return (F.transpose(output, 0, 1) if self.batch_first else output), self._as_given(last)

    def _walk_alone(self, x: Array, state: Any, lengths: Any) -> tuple[Tensor, Any]:
        """Walk over one sequence: a batch of one."""
        batch = 0 if self.batch_first else 1
        if state is not None:
            state = self._as_given(tuple(F.unsqueeze(part, 1) for part in self._parts(state)))
        output, last = self(F.unsqueeze(x, batch), state, lengths)
        parts = tuple(F.squeeze(part, 1) for part in self._parts(last))
        return F.squeeze(output, batch), self._as_given(parts)

    def _dropped(self, x: Array) -> Any:
        """Drop out of what goes from one layer to the next, shape (L, N, H)."""
        shard = current_shard()
        if shard is None or not self.training or self.dropout == 1:
            return F.dropout(x, self.dropout, self.training, generator=self.generator)
        source = self.generator or default_generator()
        kept = source.bernoulli(1 - self.dropout, x.shape, x.dtype, x.device, batch_axis=1)
        return F.dropout(x, self.dropout, mask=kept)

    def _over_layers(self, x: Array, begun: States, mask: Any) -> tuple[Any, States]:
        """Walk over the layers; return the outputs of the last, and all last states."""
        lasts: list[States] = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = self._dropped(x)
            outputs = []
            for back in range(1 + self.bidirectional):
                first = tuple(part[len(lasts)] for part in begun)
                weights = self._weights(_suffix(layer, back))
                output, last = type(self).walk(x, first, weights, mask, bool(back))
                outputs.append(output)
                lasts.append(last)
            x = F.cat(outputs, -1) if len(outputs) > 1 else outputs[0]
        if mask is not None:
            x = F.where(mask[:, :, None], x, 0.0)
        return x, tuple(F.stack(parts) for parts in zip(*lasts, strict=True))

    def _begun(self, x: Array, state: Any) -> States:
        """Return what the layers begin with."""
        expected = (len(list(self._walks())), x.shape[1], self.hidden_size)
        if state is None:
            return (self._still(x, *expected),) * self.parts
        parts = self._parts(state)
        for part in parts:
            if tuple(part.shape) != expected:
                raise ValueError(
                    f"a state of shape {expected} is expected, got {tuple(part.shape)}"
                )
        return parts

    def _parts(self, state: Any) -> States:
        """Return what a state consists of: itself, or the two of a pair."""
        parts = (state,) if self.parts == 1 else state
        if not isinstance(parts, tuple | list) or len(parts) != self.parts:
            raise ValueError(
                f"{self!r}: a pair (h, c) is expected as state, got {type(state).__name__}"
            )
        return tuple(parts)

    def _as_given(self, parts: States) -> Any:
        """Return a state as callers have it."""
        return parts[0] if self.parts == 1 else parts

    def _mask(self, x: Array, lengths: Any) -> Array | None:
        """Return which elements belong to sequences, (L, N); None if all do."""
        if lengths is None:
            return None
        given = array_of(lengths)
        counted = given if hasattr(given, "dtype") else tensor(given).array
        if tuple(counted.shape) != (x.shape[1],):
            raise ValueError(
                f"lengths of shape ({x.shape[1]},) are expected, got {tuple(counted.shape)}"
            )
        mask = array_of(F.sequence_mask(counted, x.shape[0])).T
        return array_of(F.to_device(mask, device_of(array_of(x))))

    def extra_repr(self) -> str:
        further = f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        for option in ("batch_first", "dropout", "bidirectional"):
            further += f", {option}={getattr(self, option)}" if getattr(self, option) else ""
        return f"{self.input_size}, {self.hidden_size}{further}"


def _suffix(layer: int, direction: int) -> str:
    """Return how the names of the weights of a layer and direction end, as PyTorch's do."""
    return f"_l{layer}" + "_reverse" * direction


def _last(steps: Any, reverse: bool) -> Any:
    """Return the state after the last step of a walk; behind a sequence's end it is carried on."""
    return steps[0] if reverse else steps[-1]


class GRU(_Recurrent):
    r"""Gated recurrent units over sequences; see `minigen.functional.gru_states`.

    .. math:: r &= \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{t-1} + b_{hr}) \\
              z &= \sigma(W_{iz} x_t + b_{iz} + W_{hz} h_{t-1} + b_{hz}) \\
              n &= \tanh(W_{in} x_t + b_{in} + r\,(W_{hn} h_{t-1} + b_{hn})) \\
              h_t &= (1 - z)\, n + z\, h_{t-1}

    Weights are drawn from :math:`U(-1/\sqrt{H}, 1/\sqrt{H})`, as PyTorch draws them.

    Parameters
    ----------
    input_size, hidden_size : int
        Lengths of an element of a sequence, and of a state, H.
    num_layers : int, default 1
        How many layers there are, each on the states of the one below.
    bias : bool, default True
        Whether inputs and states each have one.
    batch_first : bool, default False
        Whether sequences are (N, L, features) instead of (L, N, features); states are as they are.
    dropout : float, in [0, 1], default 0
        Of the inputs of all layers but the first, in training.
    bidirectional : bool, default False
        Whether each layer walks in both directions, and has the states of both side by side.
    generator : Generator, optional
        Draws the first weights, and the masks of dropout; the default generator otherwise.
    dtype
        See `Dense`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0 : Parameter, shapes (3 H, input_size) and (3 H, H)
        Of the inputs and of the state: reset gate, update gate, new values. Those of layer k end in
        ``_lk``, and those of the way back in ``_lk_reverse``.
    bias_ih_l0, bias_hh_l0 : Parameter, shape (3 H,), or None
        Theirs.

    Raises
    ------
    ValueError
        If a size is not a positive integer, or `dropout` lies outside [0, 1]; in a call, if the
        shapes do not fit, or a length on the CPU is not from 0 to L.
    TypeError
        In a call, if x has another dtype than the weights.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.GRU(8, 16, batch_first=True)
    >>> output, state = layer(minigen.zeros(4, 10, 8), lengths=[10, 7, 3, 1])
    >>> output.shape, state.shape
    ((4, 10, 16), (1, 4, 16))

    Derivation: gru, gru.step
    """

    gates, parts = 3, 1

    @staticmethod
    def walk(
        x: Array, first: States, weights: tuple[Any, ...], mask: Any, reverse: bool
    ) -> tuple[Any, States]:
        """Walk once: one product for all inputs, then one a step for the state."""
        weight_ih, weight_hh, bias_ih, bias_hh = weights
        gates = F.linear(x, weight_ih, bias_ih)
        states = F.gru_states(gates, first[0], weight_hh, bias_hh, mask=mask, reverse=reverse)
        return states, (_last(states, reverse),)


class LSTM(_Recurrent):
    r"""Long short-term memory over sequences; see `minigen.functional.lstm_states`.

    .. math:: i &= \sigma(W_{ii} x_t + b_{ii} + W_{hi} h_{t-1} + b_{hi}), \qquad
              f = \sigma(W_{if} x_t + b_{if} + W_{hf} h_{t-1} + b_{hf}) \\
              n &= \tanh(W_{ig} x_t + b_{ig} + W_{hg} h_{t-1} + b_{hg}), \qquad
              o = \sigma(W_{io} x_t + b_{io} + W_{ho} h_{t-1} + b_{ho}) \\
              c_t &= f\, c_{t-1} + i\, n, \qquad h_t = o \tanh c_t

    Parameters, attributes and errors are those of `GRU`, with four gates: input gate, forget gate,
    new values, output gate. A state is a pair, h and c.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.LSTM(8, 16, num_layers=2, bidirectional=True)
    >>> output, (state, cell) = layer(minigen.zeros(10, 4, 8))
    >>> output.shape, state.shape
    ((10, 4, 32), (4, 4, 16))

    Derivation: lstm, lstm.step
    """

    gates, parts = 4, 2

    @staticmethod
    def walk(
        x: Array, first: States, weights: tuple[Any, ...], mask: Any, reverse: bool
    ) -> tuple[Any, States]:
        """Walk once: one product for all inputs, then one a step for the state."""
        weight_ih, weight_hh, bias_ih, bias_hh = weights
        bias = None if bias_ih is None else bias_ih + bias_hh
        gates = F.linear(x, weight_ih, bias)
        state, cell = first
        steps = F.lstm_states(gates, state, cell, weight_hh, mask=mask, reverse=reverse)
        return steps[0], (_last(steps[0], reverse), _last(steps[1], reverse))
