r"""Language models: texts, character by character, each from those before it.

.. math:: p(x) = \prod_{t=1}^{n} p(x_t \mid x_1, \dots, x_{t-1})

The last character of every text is its end, so that a model knows how long texts are, too.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import CPU, Array, array_of, device_of, namespace, to_device, to_numpy
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model
from minigen.models.ensemble import Ensemble, mixture
from minigen.models.options import Count, Options, Range, Words

IGNORED = -100
"""The number of what is behind the end of a text, in what a model is to say: it costs nothing."""


@dataclass(frozen=True)
class Vocabulary(Options):
    """What texts consist of.

    Parameters
    ----------
    vocabulary : sequence of str
        The characters, or words; the first is the end of a text, the empty one.
    """

    positional: ClassVar[tuple[str, ...]] = ("vocabulary",)
    vocabulary: Words

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("vocabulary", tuple(self.vocabulary))
        if len(self.vocabulary) < 2 or self.vocabulary[0]:
            raise ValueError(
                "vocabulary: the empty text and at least one character are expected, got "
                f"{self.vocabulary!r}"
            )


class TextModel(Model):
    """A model of texts, which are numbers of tokens, shape (N, L), filled up with 0, their end."""

    kinds: ClassVar[tuple[str, ...]] = ("text",)
    language: Vocabulary

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The characters or words that it knows, the end of a text first."""
        return self.language.vocabulary

    @property
    def length(self) -> int:
        """How many tokens a text has at most."""
        length: int = self.image_shape[0]
        return length

    def expect_shape(self, shape: Sequence[int]) -> Any:
        """Check and return the shape of one text: (L,)."""
        if len(shape) != 1 or shape[0] < 1:
            raise ValueError(f"image_shape: a positive length (L,) is expected, got {shape}")
        return (int(shape[0]),)

    def expect_texts(self, x: Array) -> Array:
        """Return texts as an array of whole numbers, cut behind the longest on the CPU.

        Raises
        ------
        TypeError
            If the numbers are not whole.
        ValueError
            If the shape is not (N, L) with L at most the model's or, on the CPU, a number names no
            token.
        """
        array = array_of(x)
        name, tokens = type(self).__name__, len(self.vocabulary)
        if array.dtype.kind not in "iu":
            raise TypeError(f"{name}: texts are numbers of tokens, integers, got {array.dtype}")
        if array.ndim != 2 or not 0 < array.shape[1] <= self.length:
            raise ValueError(
                f"{name}: texts of shape (N, L), L from 1 to {self.length}, are expected, got "
                f"{tuple(array.shape)}"
            )
        if device_of(array) != CPU or not array.size:
            return array
        if array.min() < 0 or array.max() >= tokens:
            raise ValueError(
                f"{name}: tokens from 0 to {tokens - 1} are expected, got {array.min()} to "
                f"{array.max()}"
            )
        longest = int((array != 0).any(axis=0).nonzero()[0].max(initial=-1)) + 1
        return array[:, : min(longest + 1, array.shape[1])]


def shifted(texts: Array) -> Array:
    """Return what stands before each token of texts (N, L): 0, which is also the start, then these.

    Examples
    --------
    >>> shifted(np.array([[3, 1, 0]]))
    array([[0, 3, 1]])
    """
    library = namespace(texts)
    before: Array = library.concatenate([library.zeros_like(texts[:, :1]), texts[:, :-1]], axis=1)
    return before


def after_start(texts: Array) -> Array:
    """Return texts (N, L) behind the token with which every text starts: (N, L + 1)."""
    library = namespace(texts)
    read: Array = library.concatenate([library.zeros((len(texts), 1), texts.dtype), texts], axis=1)
    return read


def targets(texts: Array) -> Array:
    """Return the tokens of texts (N, L) that are to be said: up to the first 0, and no further.

    Examples
    --------
    >>> targets(np.array([[3, 1, 0, 0], [2, 2, 2, 2]]))
    array([[   3,    1,    0, -100],
           [   2,    2,    2,    2]])
    """
    behind = namespace(texts).cumsum(shifted(texts) == 0, axis=1) > 1
    said: Array = namespace(texts).where(behind, IGNORED, texts)
    return said


def negative_log_likelihoods(logits: Tensor, texts: Array) -> Tensor:
    r"""Return :math:`-\ln p(x)` of each text, in nats, shape (N,).

    Parameters
    ----------
    logits : Tensor, shape (N, L, tokens)
        Of each token, given those before it.
    texts : array of int, shape (N, L)
        The tokens, filled up with 0; the first is the end, and what follows costs nothing.
    """
    each = F.cross_entropy(F.transpose(logits, 1, 2), targets(texts), "none", IGNORED)
    summed: Tensor = each.sum(axis=1)
    return summed


class LanguageModel(TextModel):
    r"""What autoregressive models of texts have in common: likelihood, and samples by and by.

    It is an ensemble of networks that learn apart, of which this is the first: see `Ensemble`.
    What they say is mixed, token by token:

    .. math:: p(x_t \mid x_1, \dots, x_{t-1})
              = \frac1K \sum_{k=1}^{K} p_k(x_t \mid x_1, \dots, x_{t-1})

    Attributes
    ----------
    others : ModuleList of LanguageModel
        The other members, each of them alone.
    """

    ensemble: Ensemble

    def build(self, generator: Generator | None) -> None:
        """Make this network, and the other members of its ensemble."""
        self.build_network(generator)
        alone = {**self.config(), "members": 1, "generator": generator}
        self.others = nn.ModuleList([type(self)(**alone) for _ in range(self.ensemble.members - 1)])

    @abstractmethod
    def build_network(self, generator: Generator | None) -> None:
        """Make what one member consists of."""

    @abstractmethod
    def logits(self, texts: Array) -> Tensor:
        """Return this network's logits of every token given those before it, (N, L, tokens)."""

    @abstractmethod
    def next_logits(self, texts: Array, state: Any = None) -> tuple[Tensor, Any]:
        """Return this network's logits (N, tokens) of what follows texts, and what it remembers.

        `state` is what it remembered of all tokens but the last, if anything.
        """

    @property
    def members(self) -> list[LanguageModel]:
        """The networks of the ensemble."""
        return [self, *self.others]

    def ensemble_logits(self, texts: Array) -> Tensor:
        """Return the ensemble's logits of every token, shape (N, L, tokens)."""
        return mixture([member.logits(texts) for member in self.members])

    def next_ensemble_logits(self, texts: Array, state: Any = None) -> tuple[Tensor, Any]:
        """Return the ensemble's logits (N, tokens) of what follows texts, and what is remembered.

        `state` is what was remembered of all tokens but the last, if anything.
        """
        members = self.members
        states = [None] * len(members) if state is None else state
        found = [
            member.next_logits(texts, remembered)
            for member, remembered in zip(members, states, strict=True)
        ]
        return mixture([logits for logits, _ in found]), [remembered for _, remembered in found]

    def nll(self, x: Array) -> Tensor:
        r"""Return :math:`-\ln p(x)` of each text, its end counted, in nats: shape (N,)."""
        texts = self.expect_texts(x)
        return negative_log_likelihoods(self.ensemble_logits(texts), texts)

    def terms(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """Return the negative log-likelihood of texts (N, L) in nats a text, averaged over them.

        In training it is the mean of the members', each by itself: were it that of their mixture,
        they would learn to share the work, not to do it. There are no labels. Nothing is drawn but
        what dropout leaves out.
        """
        self.expect_labels(labels, len(x))
        if not self.training or not self.others:
            return {"loss": self.nll(x).mean()}
        texts = self.expect_texts(x)
        each = [
            negative_log_likelihoods(member.logits(texts), texts).mean() for member in self.members
        ]
        return {"loss": F.stack(each).mean()}

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return self.terms(x, labels, generator=generator)["loss"]

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls, small batches, and when to stop: words are soon known."""
        return {"lr": 4e-3, "batch_size": 32, "schedule": "cosine", "patience": 5}

    # ---------------------------------------------------------------------------------- sampling

    def sample(
        self,
        count: int,
        labels: Array | None = None,
        *,
        prompt: Array | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """Draw texts, token after token: numbers of shape (count, L), filled up with 0.

        Parameters
        ----------
        count : int
            How many.
        labels : None
            There are none.
        prompt : array of int, shape (P,), optional
            How all of them begin; P from 0 to L.
        temperature, top_k, generator
            See `minigen.functional.sample_categorical`.

        Raises
        ------
        ValueError
            If the prompt is longer than a text can be, or has a 0 in it; or as of
            `sample_categorical`.
        """
        self.expect_labels(labels, count)
        device = next(self.parameters()).device
        begun = np.asarray([] if prompt is None else to_numpy(array_of(prompt)), np.int64)
        if begun.ndim != 1 or len(begun) > self.length or not begun.all():
            raise ValueError(
                f"{type(self).__name__}: a prompt of 0 to {self.length} tokens, none of them the "
                f"end, is expected, got {begun.tolist()}"
            )
        texts = to_device(np.tile(begun, (count, 1)), device)
        library, state = namespace(texts), None
        ended = library.zeros((count,), bool)
        source = generator or default_generator()
        while texts.shape[1] < self.length:
            logits, state = self.next_ensemble_logits(texts, state)
            drawn = F.sample_categorical(logits, temperature, top_k, generator=source)
            following = library.where(ended, 0, array_of(drawn))
            ended = ended | (following == 0)
            texts = library.concatenate([texts, following[:, None]], axis=1)
        return Tensor(texts)


@dataclass(frozen=True)
class RecurrentNetworks(Options):
    """Gated recurrent units over characters.

    Parameters
    ----------
    embedding : int
        Length of a character's vector.
    hidden : int
        Length of the state, which has to remember all that was read.
    layers : int
        How many layers there are, each on the states of the one below.
    dropout : float
        Of the vectors and of the states, in training.
    """

    embedding: Count = 64
    hidden: Count = 128
    layers: Count = 1
    dropout: Annotated[float, Range(0, 1, high_open=True)] = 0.3


class CharGRU(LanguageModel):
    r"""A language model with a memory: gated recurrent units read a text, and say what follows.

    .. math:: h_t = \mathrm{GRU}(e(x_{t-1}), h_{t-1}), \qquad
              p(x_t \mid x_1, \dots, x_{t-1}) = \mathrm{softmax}(W h_t + b)_{x_t}

    The state h is all that it knows of what it has read, so each step costs the same, however long
    the text. Training minimises :math:`-\ln p(x)` in nats a text.

    Parameters
    ----------
    image_shape : tuple of int
        (L,), how many characters a text has at most.
    vocabulary
        See `Vocabulary`.
    embedding, hidden, layers, dropout
        See `RecurrentNetworks`.
    members
        See `minigen.models.ensemble.Ensemble`.
    generator : Generator, optional
        Draws the first weights, and what is dropped.

    Raises
    ------
    ValueError
        If a size is not positive, or the vocabulary does not begin with the empty text.

    References
    ----------
    Cho et al. (2014), arXiv:1406.1078, the units. Sutskever, Martens, Hinton (2011), "Generating
    text with recurrent neural networks": characters.

    Examples
    --------
    >>> import numpy as np
    >>> from minigen.models import CharGRU
    >>> model = CharGRU((4,), ("", "a", "b"), hidden=8)
    >>> texts = np.array([[1, 2, 0, 0], [2, 2, 1, 0]])
    >>> model.nll(texts).shape
    (2,)
    >>> model.sample(3, prompt=[1]).shape
    (3, 4)

    Derivation: cross_entropy.padded, gru.step, sample_categorical
    """

    name: ClassVar[str] = "char-gru"
    parts: ClassVar[dict[str, type[Options]]] = {
        "language": Vocabulary,
        "networks": RecurrentNetworks,
        "ensemble": Ensemble,
    }
    networks: RecurrentNetworks

    def build_network(self, generator: Generator | None) -> None:
        """Make the vectors of characters, the units, and what says the next one."""
        networks, tokens = self.networks, len(self.vocabulary)
        drawn: dict[str, Any] = {"generator": generator}
        self.embedding = nn.Embedding(tokens, networks.embedding, **drawn)
        self.gru = nn.GRU(
            networks.embedding,
            networks.hidden,
            networks.layers,
            batch_first=True,
            dropout=networks.dropout,
            **drawn,
        )
        self.drop = nn.Dropout(networks.dropout, **drawn)
        self.head = nn.Dense(networks.hidden, tokens, **drawn)

    def logits(self, texts: Array) -> Tensor:
        """Return the logits of every token given those before it, shape (N, L, tokens)."""
        states, _ = self.gru(self.drop(self.embedding(shifted(texts))))
        logits: Tensor = self.head(self.drop(states))
        return logits

    def next_logits(self, texts: Array, state: Any = None) -> tuple[Tensor, Any]:
        """Return the logits (N, tokens) of what follows texts (N, L), and the state behind them."""
        read = after_start(texts) if state is None else texts[:, -1:]
        states, state = self.gru(self.embedding(read), state)
        return self.head(states[:, -1]), state
