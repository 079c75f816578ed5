"""The figures of lesson 14b, and the training that stands behind them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, data, metrics, optim, viz
from minigen.course import progress
from minigen.data.texts import encode_texts, read_texts
from minigen.models import CharTransformer, TextVAE
from minigen.models.language import IGNORED, LanguageModel, TextModel, shifted, targets
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]

BLUE, ORANGE, GREY = viz.COLOURS[:3]
BATCH: Final = 32
VALIDATION: Final = 10
"""Of the families of words, every tenth is left out of training."""


@dataclass(frozen=True)
class Words:
    """Words as numbers of characters, (N, 18): to learn from, to choose by, and to judge by."""

    train: Array
    validation: Array
    test: Array
    vocabulary: tuple[str, ...]

    @property
    def length(self) -> int:
        """How many characters a row has."""
        return int(self.train.shape[1])

    def encode(self, *words: str) -> Array:
        """Return words as rows of numbers, filled up with 0."""
        return encode_texts(words, self.vocabulary, self.length)

    def read(self, tokens: Any) -> list[str]:
        """Return what rows of numbers say."""
        return read_texts(np.asarray(tokens), self.vocabulary)


def load_words() -> Words:
    """Return the words of the package; whole families are left out of training."""
    train, test = data.load("words"), data.load("words", "test")
    assert train.groups is not None
    left_out = train.groups % VALIDATION == 0
    return Words(train.tokens[~left_out], train.tokens[left_out], test.tokens, train.vocabulary)


# ----------------------------------------------------------------------------------- training


def fit(model: TextModel, texts: Array, epochs: int, lr: float) -> None:
    """Train on minibatches of 32 texts with Adam, at a rate that falls to 0 along a cosine."""
    per_epoch, source = len(texts) // BATCH, Generator(1)
    optimizer = optim.Adam(model.parameters(), lr=lr)
    last = epochs * per_epoch
    schedule = LambdaLR(optimizer, lambda step: 0.5 + 0.5 * math.cos(math.pi * step / last))
    model.train()
    for step in progress(range(last), model.name):
        if step % per_epoch == 0:
            order = source.permutation(len(texts))
            if isinstance(model, TextVAE):
                model.anneal(step // per_epoch)
        begin = step % per_epoch * BATCH
        optimizer.zero_grad()
        model.terms(texts[order[begin : begin + BATCH]], generator=source)["loss"].backward()
        optimizer.step()
        schedule.step()
    model.eval()


def language_model(kind: type[LanguageModel], words: Words, epochs: int) -> LanguageModel:
    """Train a language model of characters, with the library's sizes."""
    model: LanguageModel = kind((words.length,), words.vocabulary, generator=Generator(0))
    fit(model, words.train, epochs, lr=4e-3)
    return model


class LooksAhead(CharTransformer):
    """The transformer without its causal mask, which therefore sees what it has to say."""

    def _features(self, read: Array) -> Any:
        window, length = self.networks.window, read.shape[1]
        vectors = self.drop(self.embedding(np.pad(read, ((0, 0), (window - 1, 0)))))
        last = [vectors[:, place : place + length] for place in range(window)]
        features = self.together(F.cat(last, axis=2))
        for block in self.blocks:
            features = block(features)
        return self.drop(self.norm(features))


def text_vae(words: Words, epochs: int, **remedies: float) -> TextVAE:
    """Train a VAE of words with states of 64 numbers and a code of 16."""
    model = TextVAE(
        (words.length,), words.vocabulary, hidden=64, generator=Generator(0), **remedies
    )
    fit(model, words.train, epochs, lr=4e-3)
    return model


def made_up(
    model: Any, words: Words, count: int, temperature: float, letters: range = range(6, 10)
) -> list[str]:
    """Return the first words that a model makes up: of some letters, and in no list of ours."""
    known = {
        word for part in (words.train, words.validation, words.test) for word in words.read(part)
    }
    drawn = words.read(model.sample(20 * count, temperature=temperature, generator=Generator(5)))
    new = [word for word in dict.fromkeys(drawn) if word not in known and len(word) in letters]
    return new[:count]


def surprises(model: LanguageModel, tokens: Array) -> Array:
    """Return -ln p of each character given those before it, (N, L); NaN behind a text's end."""
    with minigen.no_grad():
        likely = F.log_softmax(model.logits(tokens), axis=2)
    said = targets(tokens)
    chosen = np.take_along_axis(likely.numpy(), np.maximum(said, 0)[:, :, None], axis=2)[:, :, 0]
    return np.where(said == IGNORED, np.nan, -chosen)


# ------------------------------------------------------------------------------------ the quiz


def _sheet(rows: int, height: float = 0.62, width: float = 9.0) -> Axes:
    """Return a plane for words: no axes, rows counted from above."""
    _, ax = plt.subplots(figsize=(width, height * rows))
    ax.set(xlim=(0, 1), ylim=(rows - 0.5, -0.5))
    ax.axis("off")
    return ax


def _card(ax: Axes, x: float, y: float, width: float, colour: str) -> None:
    """Draw a card that words lie on."""
    ax.add_patch(
        FancyBboxPatch(
            (x, y - 0.36),
            width,
            0.72,
            boxstyle="round,pad=0,rounding_size=0.012",
            mutation_aspect=18,
            facecolor="#f4f1e8",
            edgecolor=colour,
        )
    )


def _mixed(real: Sequence[str], made: Sequence[str]) -> list[tuple[str, bool]]:
    """Return words and whether they are real, in random order."""
    all_words = [(word, True) for word in real] + [(word, False) for word in made]
    return [all_words[k] for k in Generator(11).permutation(len(all_words))]


def quiz(real: Sequence[str], made: Sequence[str], columns: int = 4) -> None:
    """Draw words on cards, mixed."""
    mixed = _mixed(real, made)
    ax = _sheet(-(-len(mixed) // columns), 0.72)
    for k, (word, _) in enumerate(mixed):
        x, y = k % columns / columns, k // columns
        _card(ax, x + 0.01, y, 1 / columns - 0.02, "0.6")
        ax.text(
            x + 0.5 / columns, y, word, ha="center", va="center", fontsize=15, family="serif",
            color="black",
        )  # fmt: skip
    ax.set_title("Which of these are words?")
    plt.show()


def answers(
    model: LanguageModel, words: Words, real: Sequence[str], made: Sequence[str]
) -> tuple[float, float]:
    """Draw the words, each letter as dark as it surprises; return the means of both kinds."""
    longest = max(map(len, [*real, *made]))
    shades = plt.get_cmap("Oranges")
    figure, panels = plt.subplots(1, 2, figsize=(9, 0.42 * len(real) + 0.7))
    for panel, title, column in zip(
        panels, ("real, and never seen in training", "made up"), (real, made), strict=True
    ):
        nats = surprises(model, words.encode(*column))
        for row, (word, each) in enumerate(zip(column, nats, strict=True)):
            for place, letter in enumerate([*word, "·"]):
                surprise = min(each[place] / 6, 1)
                panel.add_patch(
                    Rectangle((place - 0.5, row - 0.5), 1, 1, color=shades(0.75 * surprise))
                )
                panel.text(place, row, letter, ha="center", va="center", family="serif",
                           fontsize=13, color="black")  # fmt: skip
        panel.set(xlim=(-0.6, longest + 0.6), ylim=(len(column) - 0.4, -0.6), title=title)
        panel.axis("off")
    scale = mpl.cm.ScalarMappable(mpl.colors.Normalize(0, 6), mpl.colors.ListedColormap(
        [shades(0.75 * k / 63) for k in range(64)]))  # fmt: skip
    figure.colorbar(scale, ax=panels, label="$-\\ln p$, nats", shrink=0.8)
    plt.show()
    of_real, of_made = (surprises(model, words.encode(*column)) for column in (real, made))
    return float(np.nanmean(of_real)), float(np.nanmean(of_made))


# --------------------------------------------------------------------------------------- n-grams


def ngrams(words: Words) -> metrics.NGrams:
    """Count n-grams in the training words, and choose their smoothing by the validation words."""
    return metrics.NGrams(words.train, words.validation, len(words.vocabulary))


def unseen(words: Words, orders: int = 6) -> list[float]:
    """Return for n from 1 on which share of the test characters never followed their context."""
    shares = []
    for n in range(1, orders + 1):
        counted = {tuple(row) for row in _windows(words.train, n)}
        shares.append(
            float(np.mean([tuple(row) not in counted for row in _windows(words.test, n)]))
        )
    return shares


def _windows(tokens: Array, n: int) -> list[list[int]]:
    """Return each character of texts behind the n - 1 before it."""
    filled = np.pad(tokens, ((0, 0), (n - 1, 0)))
    rows = np.lib.stride_tricks.sliding_window_view(filled, n, axis=1)
    return list(rows[targets(tokens) != IGNORED].tolist())


def orders(
    curves: Mapping[str, Sequence[float]], levels: Mapping[str, float] | None = None
) -> None:
    """Draw nats a character against the order of n-grams, and of models as level lines."""
    _, ax = plt.subplots(figsize=(6.8, 3.6))
    for name, nats in curves.items():
        ax.plot(range(1, len(nats) + 1), nats, marker="o", label=name)
    for (name, level), colour in zip((levels or {}).items(), viz.COLOURS[3:], strict=False):
        ax.axhline(level, color=colour, linestyle="-", label=f"{name}: {level:.3f}")
    ax.set(title="Held-out words are no longer likelier beyond a few characters",
           xlabel="characters that are looked at, n", ylabel="nats a character")  # fmt: skip
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    plt.show()


# ------------------------------------------------------------------------- backward through time


def reached(steps: int = 40, size: int = 32, update: float = 3.0) -> dict[str, Array]:
    """Return how large a cotangent of the last state is at each state before, by network.

    The plain one, h' = tanh(W h + x), has small random weights or large ones; the gated one has the
    small ones, and a bias of its update gate.
    """
    source = Generator(4)
    weight = source.normal((3 * size, size), np.float64) / math.sqrt(size)
    inputs = 0.1 * source.normal((steps, 1, 3 * size), np.float64)
    gates = inputs.copy()
    gates[..., size : 2 * size] += update

    def plain(gain: float) -> Callable[[int, Tensor], Any]:
        return lambda t, h: F.tanh(F.linear(h, gain * weight[:size]) + inputs[t, :, :size])

    return {
        "tanh, weights of 0.7": _cotangents(plain(0.7), steps, size),
        "tanh, weights of 1.5": _cotangents(plain(1.5), steps, size),
        "GRU, weights of 0.7": _cotangents(
            lambda t, h: F.gru_states(gates[t : t + 1], h, 0.7 * weight)[0], steps, size
        ),
    }


def _cotangents(step: Callable[[int, Tensor], Any], steps: int, size: int) -> Array:
    """Return the norm of the cotangent of each state, the last one's being 1."""
    states: list[Any] = [minigen.tensor(np.zeros((1, size)), requires_grad=True)]
    for t in range(steps):
        states.append(step(t, states[-1]))
    last = Generator(6).normal((1, size), np.float64)
    found = minigen.grad(states[-1], states, last / np.linalg.norm(last))
    return np.array([np.linalg.norm(each.numpy()) for each in found if each is not None])


def back_through_time(norms: Mapping[str, Array]) -> None:
    """Draw how cotangents shrink or grow on their way back."""
    _, ax = plt.subplots(figsize=(6.8, 3.4))
    for name, each in norms.items():
        ax.plot(np.arange(len(each))[::-1], each, label=name)
    ax.set(
        title="What is left of a cotangent, so many steps before",
        xlabel="steps back",
        ylabel="norm, 1 at the last state",
        yscale="log",
    )
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    plt.show()


# ---------------------------------------------------------------------------------------- attention


def weights_by_length(lengths: Sequence[int], keys: int = 16, queries: int = 400) -> dict[str, Any]:
    """Return the largest of a query's weights, and its softmax's slope, with and without a scale.

    Queries and keys are independent draws from N(0, I) of each length d.
    """
    found: dict[str, Any] = {}
    for name, power in (("plain", 0.0), ("scaled", -0.5)):
        rows = []
        for d in lengths:
            source = Generator(d)
            scores = d**power * (
                source.normal((queries, d), np.float64) @ source.normal((keys, d), np.float64).T
            )
            p = np.asarray(F.softmax(scores, axis=1))
            rows.append((scores.var(), p.max(axis=1).mean(), (p * (1 - p)).sum(axis=1).mean()))
        found[name] = np.array(rows)
    return found


def sharpness_of_weights(lengths: Sequence[int], found: Mapping[str, Array]) -> None:
    """Draw variance of scores, largest weight and slope against the length of keys."""
    _, panels = plt.subplots(1, 3, figsize=(9, 2.9))
    what = ("variance of a score", "largest of 16 weights", "slope, $\\sum_j P_j (1 - P_j)$")
    for column, (panel, title) in enumerate(zip(panels, what, strict=True)):
        for name, label in (("plain", "$q \\cdot k$"), ("scaled", "$q \\cdot k / \\sqrt{d}$")):
            panel.plot(lengths, found[name][:, column], marker="o", label=label)
        panel.set(title=title, xlabel="length of a key, d", xscale="log")
        panel.set_xticks(lengths, [str(d) for d in lengths], fontsize="small")
        panel.minorticks_off()
    panels[0].set_yscale("log")
    panels[0].legend()
    panels[1].set_ylim(0, 1)
    panels[2].set_ylim(0, 1)
    plt.show()


def look_back(model: CharTransformer, words: Words, word: str) -> Array:
    """Return the weights of the first block's heads while it reads a word, (heads, L, L)."""
    read = shifted(words.encode(word))[:, : len(word) + 1]
    vectors = model.embedding(np.pad(read, ((0, 0), (model.networks.window - 1, 0))))
    last = [vectors[:, k : k + read.shape[1]] for k in range(model.networks.window)]
    with minigen.no_grad():
        features = model.together(F.cat(last, axis=2))
        block: Any = next(iter(model.blocks))
        normed = block.norm1(features)
        _, weights = block.self_attn(
            normed, normed, normed, attn_mask=model._distances(1, features), need_weights=True,
            average_attn_weights=False, is_causal=True,
        )  # fmt: skip
    found: Array = weights.numpy()[0]
    return found


def heads(weights: Array, word: str) -> None:
    """Draw which places each head looks at."""
    _, panels = plt.subplots(1, len(weights), figsize=(9.4, 2.9), sharey=True)
    read = ["▸", *word]
    for number, (panel, each) in enumerate(zip(panels, weights, strict=True), 1):
        panel.imshow(each, cmap="Blues", vmin=0, vmax=1)
        panel.set_title(f"head {number}")
        panel.set_xticks(range(len(read)), read)
        panel.set_yticks(range(len(read)), [*word, "·"])
        panel.set_xlabel("looks at")
        panel.grid(visible=False)
    panels[0].set_ylabel("to say")
    plt.show()


# --------------------------------------------------------------------------------------- sampling


def table(rows: Mapping[str, Sequence[str]]) -> None:
    """Draw words in rows, each with its name at the left."""
    ax, columns = _sheet(len(rows), 0.5, 9.4), max(map(len, rows.values()))
    for y, (name, row) in enumerate(rows.items()):
        ax.text(0.0, y, name, va="center", fontsize=11, color=BLUE, weight="bold")
        for k, word in enumerate(row):
            ax.text(0.17 + 0.83 * k / columns, y, word, va="center", fontsize=12, family="serif",
                    color="black")  # fmt: skip
    plt.show()


def diversity(model: LanguageModel, words: Words, temperature: float, top_k: int | None) -> Array:
    """Return, of 1,000 samples, the shares that differ and that are training words."""
    drawn = model.sample(1000, temperature=temperature, top_k=top_k, generator=Generator(8))
    made, known = words.read(drawn), set(words.read(words.train))
    return np.array([len(set(made)) / 1000, np.mean([word in known for word in made])])


def cold_and_hot(logits: Array, letters: Sequence[str], temperatures: Sequence[float]) -> None:
    """Draw the distribution of the next letter at several temperatures."""
    order = np.argsort(logits)[::-1][:14]
    _, panels = plt.subplots(1, len(temperatures), figsize=(9, 2.6), sharey=True)
    for panel, temperature in zip(panels, temperatures, strict=True):
        p = np.asarray(F.softmax(logits / temperature, axis=0))
        panel.bar(range(len(order)), p[order], color=BLUE)
        panel.set_xticks(range(len(order)), [letters[k] or "·" for k in order])
        panel.set(title=f"T = {temperature:g}", xlabel="next letter")
    panels[0].set_ylabel("probability")
    plt.show()


# --------------------------------------------------------------------------------- codes of words


def rebuilt(models: Mapping[str, TextVAE], words: Words, chosen: Sequence[str]) -> dict[str, Any]:
    """Return words, and what each model writes for their codes, as rows."""
    rows: dict[str, Any] = {"word": list(chosen)}
    with minigen.no_grad():
        for name, model in models.items():
            rows[name] = words.read(model.reconstruct(words.encode(*chosen)))
    return rows


def judged(model: TextVAE, words: Words) -> dict[str, float]:
    """Return what the codes of test words say: in nats, and in characters."""
    with minigen.no_grad():
        terms = model.terms(words.test, generator=Generator(3))
    share = metrics.judge_rebuilding(model, words.test)
    return {
        "KL, nats": terms["kl"].item(),
        "bound, nats a word": (terms["reconstruction"] + terms["kl"]).item(),
        "in place": share.tokens,
        "from another's code": share.tokens_of_others,
    }


def way(model: TextVAE, words: Words, start: str, end: str, steps: int = 9) -> list[str]:
    """Return what is written along the straight line between the codes of two words."""
    with minigen.no_grad():
        mu = model.encode(words.encode(start, end))[0].numpy()
        share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
        written = words.read(model.decode_images((1 - share) * mu[0] + share * mu[1]))
    return list(dict.fromkeys(written))
