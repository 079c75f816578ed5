"""Attention with several heads, a transformer's block, and the places of a sequence's elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, DTypeLike, array_of
from minigen.engine.creation import tensor, zeros
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.nn import init
from minigen.nn.dense import Dense
from minigen.nn.dropout import Dropout
from minigen.nn.module import Module, Parameter, check_dtype, named, positive, wrong_shape
from minigen.nn.normalization import LayerNorm
from minigen.ops.attention import attention_weights, causal_mask, draw_kept


class MultiheadAttention(Module):
    r"""Attention of several heads, each on features of its own, side by side.

    .. math:: \mathrm{head}_k = \mathrm{attention}(Q W^Q_k, K W^K_k, V W^V_k), \qquad
              O = [\mathrm{head}_1, \dots, \mathrm{head}_h]\, W^O + b^O

    Vaswani et al. (2017), arXiv:1706.03762, section 3.2.2. The weights of the inputs are drawn by
    Glorot's rule, those of the output as `Dense` draws them; the biases are zero, as in PyTorch.

    Parameters
    ----------
    embed_dim, num_heads : int
        The length of an element, and the number of heads, which divides it.
    dropout : float, in [0, 1), default 0
        Of the weights, in training.
    bias : bool, default True
        Whether inputs and output have one.
    batch_first : bool, default False
        Whether sequences are (N, L, features) instead of (L, N, features).
    generator : Generator, optional
        Draws the first weights, and what is dropped; the default generator otherwise.
    dtype
        See `Dense`.

    Attributes
    ----------
    in_proj_weight : Parameter, shape (3 embed_dim, embed_dim)
        Of queries, keys and values, one below the other.
    in_proj_bias : Parameter, shape (3 embed_dim,), or None
        Theirs.
    out_proj : Dense
        What mixes the heads.

    Raises
    ------
    ValueError
        If a size is not a positive integer, the heads do not divide the features, or `dropout`
        lies outside [0, 1); in a call, if the shapes do not fit.
    TypeError
        In a call, if the inputs have another dtype than the weights, or a mask is no mask.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> layer = nn.MultiheadAttention(16, 4, batch_first=True)
    >>> x = minigen.zeros(2, 10, 16)
    >>> output, _ = layer(x, x, x, is_causal=True)
    >>> output.shape
    (2, 10, 16)

    Derivation: attention, attention.heads
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        batch_first: bool = False,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("MultiheadAttention", embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ValueError(
                "MultiheadAttention: num_heads must divide embed_dim, "
                f"got {num_heads} heads of {embed_dim} features"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"MultiheadAttention: dropout must lie in [0, 1), got {dropout}")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.generator = generator
        self.in_proj_weight = Parameter(zeros(3 * embed_dim, embed_dim, dtype=dtype))
        self.in_proj_bias = Parameter(zeros(3 * embed_dim, dtype=dtype)) if bias else None
        self.out_proj = Dense(embed_dim, embed_dim, bias, generator=generator, dtype=dtype)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the weights anew, and set the biases to zero."""
        init.xavier_uniform_(self.in_proj_weight, generator=generator)
        self.out_proj.reset_parameters(generator)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)

    def forward(
        self,
        query: Array,
        key: Array,
        value: Array,
        key_padding_mask: Array | None = None,
        need_weights: bool = False,
        attn_mask: Array | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Let each element of one sequence look at those of another, or of the same.

        Parameters
        ----------
        query : Tensor or array, shape (L, N, embed_dim), or (N, L, embed_dim) with `batch_first`
            Who looks; one sequence may be given without its axis of examples.
        key, value : Tensor or array, shape (S, N, embed_dim), likewise
            What is looked at, and what is taken from there.
        key_padding_mask : array of bool, shape (N, S), optional
            True where a key is padding and not to be seen: ``~F.sequence_mask(lengths, S)``.
        need_weights : bool, default False
            Whether the weights are wanted as well, without dropout.
        attn_mask : Tensor or array, shape (L, S) or (N num_heads, L, S), optional
            Of bool, True where a key is *not* to be seen, as everywhere in PyTorch's layers; or of
            floats, which are added to the scores.
        average_attn_weights : bool, default True
            Whether the weights are averaged over heads.
        is_causal : bool, default False
            Whether element i sees elements 0 to i alone.

        Returns
        -------
        output : Tensor, of the shape of `query`
        weights : Tensor, shape (N, L, S) or (N, num_heads, L, S), or None
        """
        for x in (query, key, value):
            check_dtype(self, x, self.in_proj_weight)
            if x.ndim not in (2, 3) or x.ndim != query.ndim or x.shape[-1] != self.embed_dim:
                axes = "N, L" if self.batch_first else "L, N"
                raise wrong_shape(self, f"({axes}, {self.embed_dim})", x)
        q, k, v = (self._heads(part) for part in self._projected(query, key, value))
        added, seen = self._masks(q, k, key_padding_mask, attn_mask, is_causal)
        scale = 1 / math.sqrt(q.shape[-1])
        drops = self.training and self.dropout > 0
        kept = draw_kept(q, k, self.dropout, self.generator) if drops else None
        with named(self):
            mixed = F.attention(q, k, v, added, mask=seen, kept=kept, scale=scale)
        output = self.out_proj(self._joined(mixed, query.ndim))
        if not need_weights:
            return output, None
        weights = attention_weights(q, k, added, seen, scale)
        weights = F.mean(weights, 1) if average_attn_weights else weights
        return output, weights if query.ndim == 3 else weights[0]

    def _projected(self, query: Array, key: Array, value: Array) -> tuple[Any, ...]:
        """Return queries, keys and values: by one product if all look at themselves."""
        if query is key is value:
            return F.chunk(F.linear(query, self.in_proj_weight, self.in_proj_bias), 3, -1)
        weights = F.chunk(self.in_proj_weight, 3)
        biases = (None,) * 3 if self.in_proj_bias is None else F.chunk(self.in_proj_bias, 3)
        inputs = (query, key, value)
        return tuple(F.linear(*each) for each in zip(inputs, weights, biases, strict=True))

    def _heads(self, x: Array) -> Any:
        """Part features among heads: (N, heads, L, features of a head)."""
        x = F.reshape(x, (*x.shape[:-1], self.num_heads, self.embed_dim // self.num_heads))
        if x.ndim == 3:  # one sequence
            return F.permute(x, (1, 0, 2))[None]
        return F.permute(x, (0, 2, 1, 3) if self.batch_first else (1, 2, 0, 3))

    def _joined(self, mixed: Array, axes: int) -> Any:
        """Put the features of all heads side by side again."""
        if axes == 2:
            mixed = F.permute(mixed[0], (1, 0, 2))
        else:
            mixed = F.permute(mixed, (0, 2, 1, 3) if self.batch_first else (2, 0, 1, 3))
        return F.reshape(mixed, (*mixed.shape[:-2], self.embed_dim))

    def _masks(
        self, q: Any, k: Any, padding: Any, attn_mask: Any, is_causal: bool
    ) -> tuple[Any, Any]:
        """Return what is added to scores, and which keys a query sees; None where there is none."""
        (batch, heads, queries, _), keys = q.shape, k.shape[2]
        added, seen = None, causal_mask(queries, keys, q) if is_causal else None
        if attn_mask is not None:
            shapes = (queries, keys), (batch * heads, queries, keys)
            self._expect("attn_mask", attn_mask, "bf", *shapes)
            if attn_mask.ndim == 3:
                attn_mask = F.reshape(attn_mask, (batch, heads, queries, keys))
            if attn_mask.dtype.kind == "f":
                added = attn_mask
            else:
                seen = _both(seen, ~array_of(attn_mask))
        if padding is not None:
            self._expect("key_padding_mask", padding, "b", (batch, keys))
            seen = _both(seen, ~array_of(padding)[:, None, None])
        return added, seen

    def _expect(self, role: str, mask: Any, kinds: str, *shapes: tuple[int, ...]) -> None:
        """Refuse a mask of another dtype or shape."""
        if getattr(getattr(mask, "dtype", None), "kind", "") not in kinds:
            wanted = "bool" if kinds == "b" else "bool or floats"
            raise TypeError(f"{self!r}: {role} is an array of {wanted}")
        if tuple(mask.shape) not in shapes:
            wanted = " or ".join(str(shape) for shape in shapes)
            raise ValueError(
                f"{self!r}: {role} of shape {wanted} is expected, got {tuple(mask.shape)}"
            )

    def extra_repr(self) -> str:
        further = f", dropout={self.dropout}" if self.dropout else ""
        further += ", batch_first=True" if self.batch_first else ""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}{further}"


def _both(seen: Any, too: Array) -> Array:
    """Return what is seen by one mask, if there is one, and by another."""
    return too if seen is None else seen & too


class TransformerEncoderLayer(Module):
    r"""A transformer's block: attention, and two dense layers for each element by itself.

    Each is added to what goes in, and has a layer norm: behind the sum, as in Vaswani et al.
    (2017), or, with `norm_first`, before the layers, which leaves the sum as it is and trains
    without a warm-up (Xiong et al. (2020), arXiv:2002.04745):

    .. math:: y &= x + \mathrm{attention}(\mathrm{norm}_1(x)) \\
              z &= y + W_2\, \mathrm{relu}(W_1\, \mathrm{norm}_2(y))

    With ``is_causal=True`` in the call it is the block of a language model. Parameters have
    PyTorch's names.

    Parameters
    ----------
    d_model, nhead : int
        The length of an element, and the number of heads.
    dim_feedforward : int, default 2048
        Between the two dense layers.
    dropout : float, in [0, 1), default 0.1
        Of attention's weights, between the dense layers, and of what is added.
    activation : "relu" or callable
        Between the dense layers.
    layer_norm_eps : float
        See `LayerNorm`.
    batch_first : bool, default False
        Whether sequences are (N, L, d_model) instead of (L, N, d_model).
    norm_first : bool, default False
        Whether the norms stand before the layers.
    bias : bool, default True
        Whether all layers have one.
    generator : Generator, optional
        Draws the first weights, and what is dropped; the default generator otherwise.
    dtype
        See `Dense`.

    Raises
    ------
    ValueError
        If a size is not a positive integer, the heads do not divide the features, or the
        activation is another word; in a call, if the shapes do not fit.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> block = nn.TransformerEncoderLayer(16, 4, 64, batch_first=True, norm_first=True)
    >>> block(minigen.zeros(2, 10, 16), is_causal=True).shape
    (2, 10, 16)

    Derivation: attention, attention.heads
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("TransformerEncoderLayer", d_model=d_model, dim_feedforward=dim_feedforward)
        named = {"relu": F.relu, "gelu": F.gelu}
        if not callable(activation) and activation not in named:
            raise ValueError(
                "TransformerEncoderLayer: activation is 'relu', 'gelu' or a function, such as "
                f"minigen.functional.silu, got {activation!r}"
            )
        drawn: dict[str, Any] = {"generator": generator, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, **drawn)
        self.linear1 = Dense(d_model, dim_feedforward, bias, **drawn)
        self.linear2 = Dense(dim_feedforward, d_model, bias, **drawn)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout = Dropout(dropout, generator=generator)
        self.dropout1 = Dropout(dropout, generator=generator)
        self.dropout2 = Dropout(dropout, generator=generator)
        self.activation = activation if callable(activation) else named[activation]
        self.norm_first = norm_first

    def forward(
        self,
        src: Array,
        src_mask: Array | None = None,
        src_key_padding_mask: Array | None = None,
        is_causal: bool = False,
    ) -> Any:
        """Map sequences to sequences of the same shape; the masks are those of the attention."""

        def attend(x: Any) -> Any:
            seen, _ = self.self_attn(
                x, x, x, src_key_padding_mask, attn_mask=src_mask, is_causal=is_causal
            )
            return self.dropout1(seen)

        def transform(x: Any) -> Any:
            between = self.dropout(self.activation(self.linear1(x)))
            return self.dropout2(self.linear2(between))

        if self.norm_first:
            x = src + attend(self.norm1(src))
            return x + transform(self.norm2(x))
        x = self.norm1(src + attend(src))
        return self.norm2(x + transform(x))


class SinusoidalPositions(Module):
    r"""Add to each element of a sequence waves of its place, of lengths from 2 pi to 20000 pi.

    .. math:: p_{t,\,2i} = \sin(t\, \omega_i), \qquad p_{t,\,2i+1} = \cos(t\, \omega_i), \qquad
              \omega_i = 10000^{-2i/d}

    Attention treats the elements of a sequence as a set; this tells it their order. Nothing is
    learnt, and the table is no part of `state_dict`. Vaswani et al. (2017), section 3.5.

    Parameters
    ----------
    d_model : int
        The length of an element, d.
    max_len : int, default 5000
        How long sequences can be.
    batch_first : bool, default False
        Whether they are (N, L, d_model) instead of (L, N, d_model).

    Raises
    ------
    ValueError
        If a size is not a positive integer; in a call, if the sequences are longer, or their
        elements of another length.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.SinusoidalPositions(4)(minigen.zeros(2, 4)).numpy().round(2)
    array([[0.  , 1.  , 0.  , 1.  ],
           [0.84, 0.54, 0.01, 1.  ]], dtype=float32)

    Derivation: positions.sinusoidal
    """

    table: Tensor

    def __init__(self, d_model: int, max_len: int = 5000, batch_first: bool = False) -> None:
        super().__init__()
        positive("SinusoidalPositions", d_model=d_model, max_len=max_len)
        self.d_model = d_model
        self.batch_first = batch_first
        rates = 10000.0 ** (-np.arange(0, d_model, 2) / d_model)
        angles = np.arange(max_len)[:, None] * rates
        waves = np.stack([np.sin(angles), np.cos(angles)], 2).reshape(max_len, -1)[:, :d_model]
        self.register_buffer("table", tensor(waves, dtype=np.float32), persistent=False)

    def forward(self, x: Array) -> Any:
        """Add the waves to x, (L, N, d_model) or (N, L, d_model); or to one sequence."""
        check_dtype(self, x, self.table)
        return x + _placed(self, x, self.table)

    def extra_repr(self) -> str:
        return f"{self.d_model}, max_len={self.table.shape[0]}"


class LearnedPositions(Module):
    """Add to each element of a sequence a learnt vector of its place.

    Parameters
    ----------
    d_model : int
        The length of an element.
    max_len : int
        How long sequences can be.
    batch_first : bool, default False
        Whether they are (N, L, d_model) instead of (L, N, d_model).
    generator, dtype
        See `Dense`; the vectors are drawn from N(0, 0.02), as GPT-2's.

    Attributes
    ----------
    weight : Parameter, shape (max_len, d_model)
        The vectors.

    Raises
    ------
    ValueError
        If a size is not a positive integer; in a call, if the sequences are longer, or their
        elements of another length.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.LearnedPositions(16, 32, batch_first=True)(minigen.zeros(2, 10, 16)).shape
    (2, 10, 16)

    Derivation: embedding
    """

    def __init__(
        self,
        d_model: int,
        max_len: int,
        batch_first: bool = False,
        *,
        generator: Generator | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        positive("LearnedPositions", d_model=d_model, max_len=max_len)
        self.d_model = d_model
        self.batch_first = batch_first
        self.weight = Parameter(zeros(max_len, d_model, dtype=dtype))
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the vectors anew."""
        init.normal_(self.weight, 0.0, 0.02, generator)

    def forward(self, x: Array) -> Any:
        """Add the vectors to x, (L, N, d_model) or (N, L, d_model); or to one sequence."""
        check_dtype(self, x, self.weight)
        return x + _placed(self, x, self.weight)

    def extra_repr(self) -> str:
        return f"{self.d_model}, max_len={self.weight.shape[0]}"


def _placed(layer: SinusoidalPositions | LearnedPositions, x: Array, table: Tensor) -> Any:
    """Return the first rows of a table, as many as sequences are long, shaped to be added."""
    along_rows = x.ndim == 2 or not layer.batch_first
    length = x.shape[0 if along_rows else 1] if x.ndim in (2, 3) else 0
    if not 0 < length <= table.shape[0] or x.shape[-1] != layer.d_model:
        axes = "N, L" if layer.batch_first else "L, N"
        shape = f"({axes}, {layer.d_model}), L from 1 to {table.shape[0]},"
        raise wrong_shape(layer, shape, x)
    rows = table[:length]
    return F.unsqueeze(rows, 1) if x.ndim == 3 and along_rows else rows
