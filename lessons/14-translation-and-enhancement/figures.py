"""The figures of lesson 14, and the models that are shown in it.

The weights in the folder ``weights`` are those of these runs, at half precision and without what
only training needs (`pack`):

- ``minigen train pix2pix --dataset glyphs --channels 32,64 --steps 2500 --out runs/letters``:
  0.59 of the error of leaving test letters as they are
- ``minigen train cyclegan --dataset outlined_letters --steps 1000 --out runs/outlines``:
  0.61 of that error, from filled letters to outlines
- ``minigen train inpainting --dataset printed_digits --channels 8,16 --code 32 --steps 800 --out
  runs/filled``: a mean squared error of 0.061 in the holes, where the mean image has 0.115
- ``minigen train text-to-image --dataset scenes --channels 16,32,64 --hidden 128
  --sentence-features 64 --steps 4000 --out runs/scenes``, 2.8 CPU minutes: 86.4% of the pictures of
  1,920 test sentences are right in all
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import Generator, Tensor, data, metrics, optim, viz
from minigen.course import progress
from minigen.data.scenes import understand
from minigen.metrics.scenes import sample_sentences, shown
from minigen.models import CycleGAN, Inpainting, Pix2Pix, SuperResolution, TextToImage
from minigen.models.base import Model
from minigen.models.unet import UNet
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]

BLUE, ORANGE, GREY = viz.COLOURS[0], viz.COLOURS[1], viz.COLOURS[2]
WEIGHTS: Final = Path(__file__).with_name("weights")


# ----------------------------------------------------------------------------- models with weights


ONLY_IN_TRAINING: Final = ("discriminator", "encoder", "to_mu", "to_logvar")
"""How the names of weights begin that no lesson's answer needs."""


def pack(run: str, name: str) -> None:
    """Write the weights of a run that make answers into this folder, at half precision."""
    from minigen.training import load_model

    state = load_model(run).state_dict()
    kept = {
        key: _cast(np.asarray(value), np.float16)
        for key, value in state.items()
        if not key.startswith(ONLY_IN_TRAINING)
    }
    WEIGHTS.mkdir(exist_ok=True)
    minigen.save(WEIGHTS / f"{name}.safetensors", kept)


def with_weights(model: Model, name: str) -> Any:
    """Return a model with the weights of a run, ready to be used."""
    state = {
        key: _cast(np.asarray(value), np.float32)
        for key, value in minigen.load(WEIGHTS / f"{name}.safetensors").items()
    }
    found = model.load_state_dict(state, strict=False)
    missing = [key for key in found.missing_keys if not key.startswith(ONLY_IN_TRAINING)]
    assert not missing, missing
    assert not found.unexpected_keys, found.unexpected_keys
    model.eval()
    return model


def translator() -> Pix2Pix:
    """Return what puts serifs on letters."""
    model: Pix2Pix = with_weights(Pix2Pix((1, 32, 32), channels=(32, 64)), "letters")
    return model


def outliner() -> CycleGAN:
    """Return what makes outlines of filled letters, and filled letters of outlines."""
    model: CycleGAN = with_weights(CycleGAN((1, 32, 32)), "outlines")
    return model


def filler() -> Inpainting:
    """Return what fills holes in printed digits."""
    model: Inpainting = with_weights(Inpainting((1, 28, 28), channels=(8, 16), code=32), "filled")
    return model


def _cast(numbers: Array, dtype: type[np.floating[Any]]) -> Array:
    """Return numbers at another precision; counts stay what they are."""
    return numbers.astype(dtype) if numbers.dtype.kind == "f" else numbers


def painter() -> TextToImage:
    """Return what draws scenes of sentences."""
    scenes = told_scenes()
    model: TextToImage = with_weights(
        TextToImage(
            scenes.image_shape,
            scenes.vocabulary,
            scenes.sentences.shape[1],
            sentence_features=64,
            channels=(16, 32, 64),
            hidden=(128,),
        ),
        "scenes",
    )
    return model


def quietly(function: Callable[..., Tensor], *arguments: Any, **options: Any) -> Array:
    """Call a model without a graph, and return an array."""
    with minigen.no_grad():
        found: Array = function(*arguments, **options).numpy()
    return found


# ---------------------------------------------------------------------------------------- the data


def letters(part: str = "test") -> tuple[Array, Array]:
    """Return letters without serifs and the same with them, (N, 1, 32, 32) in [0, 1]."""
    pairs = data.load("glyphs", part)
    inputs, targets = (each.astype(np.float32) / 255 for each in (pairs.inputs, pairs.images))
    return inputs, targets


def outlined(part: str = "test") -> tuple[Array, Array]:
    """Return filled letters and outlines: of the same letters in the test part, else of others."""
    styles = data.load("outlined_letters", part)
    filled, outlines = (each.astype(np.float32) / 255 for each in (styles.inputs, styles.images))
    return filled, outlines


def printed(
    kind: Literal["digits", "letters"] = "digits", part: str = "test", count: int = 2000
) -> Array:
    """Return printed digits or letters in random order."""
    digits = kind == "digits"
    images = data.load("printed_digits" if digits else "printed_letters", part).scaled()
    chosen: Array = images[Generator(0).permutation(len(images))[:count]]
    return chosen


def told_scenes() -> data.CaptionedImages:
    """Return two coloured shapes a picture, with the sentence that tells them: the test part."""
    return data.load("scenes", "test")


# ------------------------------------------------------------------------------------- the opening


def small_again(small: Array, size: int) -> Array:
    """Show images of fewer pixels as squares, at the size of the others."""
    factor = size // small.shape[-1]
    enlarged: Array = small.repeat(factor, axis=2).repeat(factor, axis=3)
    return enlarged


OPENING: Final = (
    "A quarter of the pixels: super-resolution",
    "A hole: inpainting",
    "No serifs: translation, learnt from pairs",
    "Filled: translation, learnt without pairs",
)


def befores_and_afters(*pairs: tuple[Array, Array], columns: int = 12) -> None:
    """Draw what was given, and below each what a model made of it."""
    _, panels = plt.subplots(len(pairs), 1, figsize=(8.4, 1.65 * len(pairs)))
    for ax, title, (before, after) in zip(panels, OPENING, pairs, strict=True):
        shown = {"given": before[:columns], "made": np.clip(after[:columns], 0, 1)}
        viz.draw_images(shown, ax=ax)
        ax.set_title(title, loc="left", fontsize="medium")
    plt.show()


def rows(images: Mapping[str, Array], columns: int = 12, title: str = "") -> None:
    """Draw rows of images with their names."""
    shown = {name: np.clip(row[:columns], 0, 1) for name, row in images.items()}
    _, ax = plt.subplots(figsize=(8.4, 0.66 * len(shown) + (0.35 if title else 0)))
    viz.draw_images(shown, ax=ax, title=title)
    plt.show()


# ----------------------------------------------------------------------------- losses of one pixel


def best_answers(losses: Mapping[str, Callable[..., Tensor]], images: Array) -> dict[str, Array]:
    """Descend on one image until its loss, averaged over all of some images, is least."""
    found = {}
    wanted = minigen.tensor(images)
    for name, loss in losses.items():
        answer = minigen.tensor(np.full_like(images[:1], 0.5), requires_grad=True)
        optimizer = optim.Adam([answer], lr=0.05)
        schedule = LambdaLR(optimizer, lambda step: max(0.01, 1 - step / 300))
        for _ in progress(range(300), name):
            optimizer.zero_grad()
            loss(answer + 0 * wanted, wanted).backward()
            optimizer.step()
            schedule.step()
        found[name] = answer.numpy().copy()
    return found


def sevens(count: int = 300) -> Array:
    """Return printed sevens in twenty typefaces."""
    train_part = data.load("printed_digits")
    chosen: Array = train_part.scaled()[train_part.labels == 7][:count]
    return chosen


def answers(images: Array, found: Mapping[str, Array]) -> None:
    """Draw some of the images, and the single images with the least errors to all of them."""
    _, (left, right) = plt.subplots(1, 2, figsize=(8.4, 1.5), width_ratios=[8, 2.1])
    viz.draw_images(images[:8], columns=8, ax=left, title="Eight of the sevens")
    both = np.concatenate(list(found.values()))
    viz.draw_images(both, columns=2, ax=right, title="best by " + ", ".join(found))
    plt.show()


def pixel_errors(answers: Mapping[str, Array], images: Array) -> dict[str, tuple[float, float]]:
    """Return the squared and the absolute error of answers, per image, averaged."""
    return {
        name: (
            float(((answer - images) ** 2).sum(axis=(1, 2, 3)).mean()),
            float(np.abs(answer - images).sum(axis=(1, 2, 3)).mean()),
        )
        for name, answer in answers.items()
    }


def losses_of_a_pixel(white: float = 0.6) -> None:
    """Draw both losses of an answer, where a pixel is white with some probability."""
    answers = np.linspace(0, 1, 201)
    squared = white * (answers - 1) ** 2 + (1 - white) * answers**2
    absolute = white * np.abs(answers - 1) + (1 - white) * answers
    _, ax = plt.subplots(figsize=(6.6, 2.7))
    for curve, colour, style, label in (
        (squared, BLUE, "-", "squared error"),
        (absolute, ORANGE, "--", "absolute error"),
    ):
        ax.plot(answers, curve, style, color=colour, label=label)
        ax.plot(answers[curve.argmin()], curve.min(), "o", color=colour)
    ax.set(
        title=f"A pixel that is white in {white:.0%} of all cases: what to answer?",
        xlabel="answer r (0 is black, 1 is white)",
        ylabel="mean loss",
    )
    ax.legend()
    plt.show()


# --------------------------------------------------------------------------------- restoring, live


def train(model: Any, images: Array, steps: int, what: str, batch: int = 32) -> Any:
    """Train a model that undoes what it does to images, with a rate that falls to 0."""
    source = Generator(1)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    schedule = LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    for _ in progress(range(steps), what):
        optimizer.zero_grad()
        chosen = images[source.integers(0, len(images), (batch,))]
        next(iter(model.terms(chosen, generator=source).values())).backward()
        optimizer.step()
        schedule.step()
    model.eval()
    return model


def enlargements(model: SuperResolution, images: Array, others: Array) -> dict[str, Array]:
    """Return what was given, made by two ways without a network, and by one; and the originals."""
    small = quietly(lambda x: minigen.tensor(np.asarray(model.corrupt(x))), images)
    learnt_from = np.asarray(model.corrupt(others))
    linear = metrics.LinearRestoration(learnt_from, others)
    return {
        "given": small_again(small, images.shape[-1]),
        "bicubic": np.asarray(F.interpolate(small, scale_factor=2, mode="bicubic")),
        "best linear": linear.restore(small),
        "network": quietly(model.restore, small),
        "original": images,
    }


def decibels(made: Mapping[str, Array], images: Array) -> str:
    """Return a table of the peak signal-to-noise ratio and the sharpness of restorations."""
    lines = [f"{'':14}{'PSNR':>8}{'sharpness':>11}"]
    for name, each in made.items():
        cut = np.clip(each, 0, 1)
        ratio = metrics.psnr(cut, images).mean()
        lines.append(f"{name:14}{ratio:5.2f} dB{metrics.sharpness(cut, images):11.2f}")
    return "\n".join(lines)


def ratio(made: Array, images: Array) -> float:
    """Return the mean peak signal-to-noise ratio in decibels."""
    return float(metrics.psnr(np.clip(made, 0, 1), images).mean())


class Skipless(UNet):
    """A U-Net whose skips carry zeros."""

    def forward(self, x: Array) -> Array:
        """Map images to images, through the narrowest part alone."""
        x = self.first(x)
        sizes = []
        for halve in self.down:
            sizes.append(x)
            x = halve(x)
        for double, join in zip(self.up, self.join, strict=True):
            x = join(F.cat([0 * sizes.pop(), double(x)], axis=1))
        made: Array = self.last(x)
        return made


def cleaned(kind: type[UNet], train_images: Array, noisy: Array, steps: int = 150) -> Array:
    """Train a U-Net to take noise off images; return what it makes of some."""
    source = Generator(2)
    network = kind(1, (1, 28, 28), channels=(8, 16, 16), generator=source)
    optimizer = optim.Adam(network.parameters(), lr=3e-3)
    schedule = LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _ in progress(range(steps), kind.__name__):
        images = train_images[source.integers(0, len(train_images), (16,))]
        seen = images + 0.3 * source.normal(images.shape, np.float32)
        optimizer.zero_grad()
        F.mse_loss(network(minigen.tensor(seen)), minigen.tensor(images)).backward()
        optimizer.step()
        schedule.step()
    return quietly(network, minigen.tensor(noisy))


# ----------------------------------------------------------------------------------- holes, cycles


def fillings(model: Inpainting, images: Array, others: Array) -> dict[str, Array]:
    """Cut holes into images; return these, three ways to fill them, and the originals."""
    seen = np.asarray(model.corrupt(images, generator=Generator(0)))
    holes = seen[:, -1:] == 0
    given = np.where(holes, np.float32(0.5), images)
    mean = others.mean(axis=0)
    return {
        "given": given,
        "mean image": np.where(holes, mean, images),
        "Laplace": metrics.laplace_filling(given, holes),
        "network": np.where(holes, quietly(model.fill, seen), images),
        "original": images,
    }


def hole_errors(made: Mapping[str, Array]) -> dict[str, float]:
    """Return the mean squared error of the missing pixels, by what filled them."""
    images = made["original"]
    holes = made["given"] == 0.5
    holes &= images != 0.5
    return {
        name: float(((each - images)[holes] ** 2).mean())
        for name, each in made.items()
        if name != "original"
    }


def same_letter_in_greys(filled: Array, which: int, greys: Array) -> Array:
    """Return one letter, filled with each of some greys."""
    shape = filled[which] / filled[which].max()
    painted: Array = (greys[:, None, None, None] * shape).astype(np.float32)
    return painted


def hidden(model: CycleGAN, filled: Array) -> dict[str, Array]:
    """Return letters of several greys, their outlines, what differs in these, and the way back."""
    made, back = (quietly(lambda x, k=k: model.cycle(x)[k], filled) for k in (0, 1))
    difference = 0.5 + 8 * (made - made.mean(axis=0))
    return {"given": filled, "outline": made, "difference x 8": difference, "led back": back}


def errors_of_the_way_back(
    model: CycleGAN, filled: Array, outlines: Array, noise: float = 0.1
) -> dict[str, float]:
    """Return the error of a pixel of filled letters that are led back from several outlines."""
    made = quietly(model.translate, filled)
    source = Generator(4)
    starts = {
        "its translation": made,
        "its translation under noise": made + noise * source.normal(made.shape, np.float32),
        "the true outline": outlines,
        "the true outline under noise": (outlines + noise * source.normal(made.shape, np.float32)),
    }
    return {
        name: float(np.abs(quietly(model.translate, start.clip(0, 1), "b-to-a") - filled).mean())
        for name, start in starts.items()
    }


def led_back(errors: Mapping[str, float]) -> None:
    """Draw the errors as bars."""
    _, ax = plt.subplots(figsize=(7, 2.3))
    names = list(errors)[::-1]
    bars = ax.barh(names, [errors[name] for name in names], color=(ORANGE, ORANGE, BLUE, BLUE))
    ax.bar_label(bars, fmt="%.3f", padding=3, fontsize="small")
    ax.set(
        title="A filled letter, led back from ...",
        xlabel="mean absolute error of a pixel",
        xlim=(0, 1.15 * max(errors.values())),
    )
    plt.show()


# ------------------------------------------------------------------------------------------ scenes


def same_scenes(scenes: data.CaptionedImages, which: int) -> Array:
    """Return all pictures that show what the sentence of one of them says."""
    meanings = understand(scenes.captions())
    chosen: Array = scenes.scaled()[(meanings == meanings[which]).all(axis=1)]
    return chosen


def painted(
    model: TextToImage, scenes: data.CaptionedImages, which: Sequence[int], draws: int = 9
) -> None:
    """Draw for some sentences the mean of all their scenes, and what the model draws."""
    size = (8.4, 1.15 * len(which))
    _, panels = plt.subplots(len(which), 2, figsize=size, width_ratios=[1, draws])
    for (left, right), place in zip(panels, which, strict=True):
        mean = same_scenes(scenes, place).mean(axis=0, keepdims=True)
        sentences = scenes.sentences[place].repeat(draws).reshape(-1, draws).T
        viz.draw_images(mean, ax=left)
        viz.draw_images(sample_sentences(model, sentences, Generator(3)), columns=draws, ax=right)
        right.set_title(scenes.captions()[place], loc="left", fontsize="medium")
    panels[0, 0].set_title("mean", loc="left", fontsize="medium")
    plt.show()


def shares_right(model: TextToImage, scenes: data.CaptionedImages, count: int) -> dict[str, float]:
    """Return which share of pictures shows what some sentences say: all of it, and by parts."""
    chosen = Generator(4).permutation(len(scenes))[:count]
    made = sample_sentences(model, scenes.sentences[chosen], Generator(5))
    told = scenes.captions()
    return dataclasses.asdict(shown(made, [told[place] for place in chosen]))


def share_of_means(scenes: data.CaptionedImages) -> float:
    """Return which share of the means of all scenes of a sentence shows what it says."""
    meanings = understand(scenes.captions())
    _, firsts = np.unique(meanings, axis=0, return_index=True)
    means = np.stack([same_scenes(scenes, place).mean(axis=0) for place in firsts])
    told = scenes.captions()
    return shown(means, [told[place] for place in firsts]).whole
