"""A language model of attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, namespace
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.ensemble import Ensemble
from minigen.models.language import LanguageModel, Vocabulary, after_start, shifted
from minigen.models.options import Count, Options, Range

STEEPEST, FLATTEST = 1.0, -2.0
"""The slopes of a transformer's first and last head, as powers of two: twice, a quarter."""


@dataclass(frozen=True)
class Transformers(Options):
    """Blocks of attention over characters.

    Parameters
    ----------
    embedding : int
        Length of a character's vector.
    window : int
        How many characters, up to each place, are put together before the first block.
    width : int
        Length of a place's vector, divisible by the number of heads.
    depth : int
        How many blocks there are.
    heads : int
        How many things each block can look for at once.
    dropout : float
        In training, of vectors, of attention's weights, and within the blocks.
    """

    embedding: Count = 32
    window: Count = 4
    width: Count = 64
    depth: Count = 2
    heads: Count = 4
    dropout: Annotated[float, Range(0, 1, high_open=True)] = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width % self.heads:
            raise ValueError(
                f"width must be divisible by the number of heads, got {self.width} and {self.heads}"
            )


class CharTransformer(LanguageModel):
    r"""A language model that looks back: each character attends to all before it.

    .. math:: h^0_t = \sum_{i=1}^{w} W_i\, e(x_{t-i}), \qquad
              h^{k} = \mathrm{block}_k(h^{k-1}), \qquad
              p(x_t \mid x_1, \dots, x_{t-1}) = \mathrm{softmax}(W\,\mathrm{norm}(h^K_t) + b)_{x_t}

    What a place begins with are the last w characters, through weights of their own: a causal
    convolution. A block lets every place look at those before it, and at itself, but not at what
    follows: all characters of a text are learnt from at once, and none sees what it has to say. See
    `minigen.nn.TransformerEncoderLayer`.

    What is farther away counts less: from the scores of each head a slope times the distance is
    taken off, so that steep heads see the last characters alone, and flat ones all. That takes the
    place of vectors of positions, from which 2,000 words learn nothing for any other place.

    Parameters
    ----------
    image_shape : tuple of int
        (L,), how many characters a text has at most.
    vocabulary
        See `Vocabulary`.
    embedding, window, width, depth, heads, dropout
        See `Transformers`.
    members
        See `minigen.models.ensemble.Ensemble`.
    generator : Generator, optional
        Draws the first weights, and what is dropped.

    Raises
    ------
    ValueError
        If a size is not positive, the heads do not divide the width, or the vocabulary does not
        begin with the empty text.

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762. Radford et al. (2018), "Improving language
    understanding by generative pre-training", whose decoder alone this is; norms before the layers
    as in Xiong et al. (2020), arXiv:2002.04745. Press, Smith, Lewis (2022), arXiv:2108.12409:
    linear biases of attention. So et al. (2021), arXiv:2109.08668: short convolutions.

    Examples
    --------
    >>> import numpy as np
    >>> from minigen.models import CharTransformer
    >>> model = CharTransformer((4,), ("", "a", "b"), width=8, heads=2)
    >>> texts = np.array([[1, 2, 0, 0], [2, 2, 1, 0]])
    >>> model.nll(texts).shape
    (2,)
    >>> model.sample(3, temperature=0.5).shape
    (3, 4)

    Derivation: cross_entropy.padded, attention, attention.heads, embedding, sample_categorical
    """

    name: ClassVar[str] = "char-transformer"
    parts: ClassVar[dict[str, type[Options]]] = {
        "language": Vocabulary,
        "networks": Transformers,
        "ensemble": Ensemble,
    }
    networks: Transformers

    def build_network(self, generator: Generator | None) -> None:
        """Make the vectors of characters, the blocks, and what says the next character."""
        networks, tokens = self.networks, len(self.vocabulary)
        drawn: dict[str, Any] = {"generator": generator}
        self.embedding = nn.Embedding(tokens, networks.embedding, **drawn)
        self.together = nn.Dense(networks.window * networks.embedding, networks.width, **drawn)
        self.drop = nn.Dropout(networks.dropout, **drawn)
        blocks = [
            nn.TransformerEncoderLayer(
                networks.width,
                networks.heads,
                4 * networks.width,
                networks.dropout,
                batch_first=True,
                norm_first=True,
                **drawn,
            )
            for _ in range(networks.depth)
        ]
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(networks.width)
        self.head = nn.Dense(networks.width, tokens, **drawn)

    def _features(self, read: Array) -> Any:
        """Return what is known at each place of tokens that were read, (N, L, width)."""
        library, window, length = namespace(read), self.networks.window, read.shape[1]
        padded = library.pad(read, ((0, 0), (window - 1, 0)))
        vectors = self.drop(self.embedding(padded))
        last = [vectors[:, place : place + length] for place in range(window)]
        features = self.together(F.cat(last, axis=2))
        bias = self._distances(len(read), features)
        for block in self.blocks:
            features = block(features, bias, is_causal=True)
        return self.drop(self.norm(features))

    def _distances(self, count: int, features: Tensor) -> Array:
        """Return what is taken off the scores of each head, (count heads, L, L), by distance."""
        library, dtype = namespace(features.array), features.dtype
        places = library.arange(features.shape[1], dtype=dtype)
        behind = library.maximum(places[:, None] - places, 0)
        slopes = 2 ** library.linspace(STEEPEST, FLATTEST, self.networks.heads, dtype=dtype)
        bias: Array = library.tile(-slopes[:, None, None] * behind, (count, 1, 1))
        return bias

    def logits(self, texts: Array) -> Tensor:
        """Return the logits of every token given those before it, shape (N, L, tokens)."""
        logits: Tensor = self.head(self._features(shifted(texts)))
        return logits

    def next_logits(self, texts: Array, state: Any = None) -> tuple[Tensor, Any]:
        """Return the logits (N, tokens) of what follows texts (N, L); it remembers nothing."""
        return self.head(self._features(after_start(texts))[:, -1]), None
