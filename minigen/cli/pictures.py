"""Commands that draw what a trained model makes of test examples, and of latents between them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from minigen import models
from minigen.cli import options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.kinds import KindError

ROWS: Final = 400
"""How many rows a picture of walks can have: more pixels than 65,536 can't be drawn."""

STEPS: Final = 100
"""How many images a row can have."""

LINES: Final = 8
"""How many lines through latent space are shown unless somebody says."""

_LETTERS: Final = 24
"""How many letters of a sentence stand on a line at the left of a row."""

IMAGES: Final = 10_000
"""How many images such a picture can show."""


@click.command()
@options.run_folder
@click.option("--count", type=click.IntRange(1, 1000), default=20, show_default=True)
@options.drawing("reconstruct")
@options.device
def reconstruct(folder: Path, count: int, out: Path | None, device: str | None) -> None:
    """Show test examples beside their reconstructions by the model of the run in DIR.

    Images stand above them; sounds are written as WAV, too, and texts are shown here. Of a model
    that restores, such as a denoising autoencoder, the corrupted images that it sees are shown,
    too.
    """
    run = Trained.load(folder, device)
    remake = run.ability(
        "reconstruct",
        f"has no encoder: it makes {run.kind.plural} of noise, and none of {run.kind.plural}; see "
        "minigen sample",
    )
    path = run.file(out, "reconstruct")
    originals, labels = run.test().first(count)
    with no_grad():
        seen = run.model.corrupt(originals, generator=Generator(run.config.seed))
        made = remake(seen, labels)
    corrupted = None if seen is originals else run.model.shown(seen)
    title = f"{run.config.model} on {run.config.dataset}"
    captions = run.kind.captions(labels, run.model)
    run.kind.draw_with_captions(options.place(path), originals, made, corrupted, title, captions)
    if path.suffix == ".txt":
        click.echo(path.read_text("utf-8"), nl=False)
    click.echo(path)


# ----------------------------------------------------------------------- walks through latent space


@click.command()
@options.run_folder
@click.argument("texts", metavar="[FROM TO]", nargs=-1)
@click.option(
    "--count", type=click.IntRange(1, ROWS), help="Rows.  [default: 8, or as many as there are]"
)
@click.option(
    "--steps",
    type=click.IntRange(2, STEPS),
    default=10,
    show_default=True,
    help="Points of the way, both ends counted.",
)
@options.drawing("interpolate")
@options.seed("Which test examples are paired.")
@options.device
def interpolate(
    folder: Path,
    texts: tuple[str, ...],
    count: int | None,
    steps: int,
    out: Path | None,
    seed: int,
    device: str | None,
) -> None:
    """Show the way from one image, text or sound to another through the run's latent space.

    A row starts at the reconstruction of one test example and ends at that of another; between them
    the decoder shows points of the straight line from the one's latent mean, or code, to the
    other's. Of a conditional model, both are of one class, and so is all between; of a model that
    is told sentences, all shows the first one's. A GAN has no encoder: its rows go from one draw of
    its noise to another. With a model of text, FROM and TO may be two texts of your own, the way
    between which is shown here, too.
    """
    _expect_room(count or 1, steps)
    run = Trained.load(folder, device)
    run.ability("decode_images", "shows no latent variables")
    path = run.file(out, "interpolate")
    if texts:
        ends = _between_texts(run, texts, count)
    else:
        ends = (_between_examples if run.can("encode") else _between_draws)(run, count, seed)
    with no_grad():
        rows = models.interpolate(run.model, ends.start, ends.end, steps, ends.labels)
    captions = run.kind.captions(ends.labels, run.model)
    _draw_rows(
        run,
        path,
        rows,
        rows=[textwrap.fill(caption, _LETTERS) for caption in captions] or None,
        columns=[f"{step / (steps - 1):.2g}" for step in range(steps)],
        column_title="t,  with  z = (1 − t) z₀ + t z₁",
        title=f"{run.config.model} on {run.config.dataset}: from one {ends.what} to another",
    )


@click.command()
@options.run_folder
@click.option(
    "--steps", type=click.IntRange(2, STEPS), default=9, show_default=True, help="Values a row."
)
@click.option(
    "--range",
    "reach",
    type=options.FiniteRange(0, 1000, min_open=True),
    default=3.0,
    show_default=True,
    help="How far a variable goes to both sides of the prior's mean, in its standard deviations.",
)
@click.option(
    "--count", type=click.IntRange(1, ROWS), help="Rows at most.  [default: all, up to 100]"
)
@click.option(
    "--image",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The test example at whose latent mean, and class, the other variables stay.",
)
@click.option("--from-prior", is_flag=True, help="Let them stay at the prior's mean instead.")
@options.drawing("traverse")
@options.device
def traverse(
    folder: Path,
    steps: int,
    reach: float,
    count: int | None,
    image: int,
    from_prior: bool,
    out: Path | None,
    device: str | None,
) -> None:
    """Show what each latent variable of the run in DIR changes, in a row of its own.

    The variable goes from -RANGE to +RANGE about the prior's mean, the others stay. The rows are
    ordered by activity, the variance over the test examples of the variable's posterior mean: the
    most used comes first.
    """
    from minigen import metrics

    _expect_room(count or 1, steps)
    run = Trained.load(folder, device)
    run.ability(
        "sample",
        "has no prior, and its latent variables no common scale to go along: train a VAE, or see "
        "minigen interpolate",
    )
    run.ability(
        "encode",
        "has no encoder, by which its latent variables could be ordered: see minigen interpolate",
    )
    path = run.file(out, "traverse")
    test = run.test()
    if image >= len(test):
        raise click.UsageError(
            f"--image: {run.config.dataset} has {len(test)} test {run.kind.plural}, "
            f"0 to {len(test) - 1}"
        )
    variances = metrics.active_units(run.model, test.images, test.labels).variances
    order = np.argsort(-variances, kind="stable")[: count or 100]
    chosen = slice(image, image + 1)
    labels = None if test.labels is None else test.labels[chosen]
    z = metrics.latent_means(run.model, test.images[chosen], labels)[0]
    mean, deviation = run.model.prior_moments()
    standard = isinstance(mean, float)
    centre = to_device(z, run.config.device)
    if from_prior:
        centre = centre * 0 + mean
    with no_grad():
        label = None if labels is None else to_device(labels[0], run.config.device)
        rows = models.traverse(run.model, centre, steps, reach, label, (mean, deviation))
    prior = "0" if standard else "the prior's mean"
    stay = prior if from_prior else f"test {run.kind.name} {image}'s mean"
    _draw_rows(
        run,
        path,
        rows.numpy()[order],
        rows=[f"z{unit} ({variances[unit]:.3f})" for unit in order],
        columns=[f"{value:.3g}".replace("-", "−") for value in np.linspace(-reach, reach, steps)],
        row_title="latent variable",
        column_title="its value" if standard else "standard deviations from the prior's mean",
        title=f"{run.config.model} on {run.config.dataset}: one varies, the others stay at {stay}\n"
        "(variance of its posterior mean: the most active first)",
    )


def _expect_room(count: int, steps: int) -> None:
    """Refuse more images than one picture can show."""
    if count * steps > IMAGES:
        raise click.UsageError(
            f"--count: {count:,} rows of {steps:,} images are too many for one picture, which "
            f"shows {IMAGES:,} at most: fewer rows, or fewer --steps"
        )


def _draw_rows(run: Trained, path: Path, walks: Any, **labels: Any) -> None:
    try:
        run.kind.draw_rows(options.place(path), walks, **labels)
    except KindError as error:
        raise click.ClickException(f"the model in {run.folder} {error}") from error
    if path.suffix == ".txt":
        click.echo(path.read_text("utf-8"), nl=False)
    click.echo(path)


@dataclass(frozen=True)
class _Ends:
    """Latents (N, latent) at both ends of N lines, the classes between, and what they are."""

    start: Any
    end: Any
    labels: Any
    what: str


def _between_examples(run: Trained, count: int | None, seed: int) -> _Ends:
    """Pair test examples at random, of one class if the model is conditional.

    Of what is told a sentence hardly two have the same: all between is of the first one's.
    """
    from minigen import metrics

    test = run.test()
    pairs = len(test) // 2
    count = min(LINES, pairs) if count is None else count
    if pairs == 0:
        raise click.ClickException(f"a pair is needed, and there is 1 test {run.kind.name}")
    if count > pairs:
        raise click.UsageError(
            f"--count: there are {len(test)} test {run.kind.plural}, {pairs} pairs"
        )
    order = Generator(seed).permutation(len(test))
    starts, ends = order[:count], order[count : 2 * count]
    labels = None
    if test.labels is not None:
        if test.labels.ndim == 1:
            ends = _of_the_same_class(order[count:], test.labels, starts)
        labels = to_device(test.labels[starts], run.config.device)
    start, end = (
        to_device(metrics.latent_means(run.model, *test.of(chosen)), run.config.device)
        for chosen in (starts, ends)
    )
    return _Ends(start, end, labels, f"test {run.kind.name}")


def _between_texts(run: Trained, texts: tuple[str, ...], count: int | None) -> _Ends:
    """Take two texts that were given."""
    from minigen.data.texts import UnknownTokenError, encode_texts

    if run.kind.name != "text" or not run.can("encode"):
        raise click.UsageError(
            f"FROM TO: the model {run.model.name!r} in {run.folder} encodes no texts; text-vae does"
        )
    if len(texts) != 2:
        raise click.UsageError(
            f"FROM TO: two texts are expected, got {len(texts)}: {', '.join(map(repr, texts))}"
        )
    if count is not None:
        raise click.UsageError("--count: two texts are one row; leave it out")
    try:
        tokens = encode_texts(texts, run.model.vocabulary, run.model.length)
    except UnknownTokenError as error:
        raise click.UsageError(f"FROM TO: {error}") from error
    with no_grad():
        means = run.model.encode(to_device(tokens, run.config.device))[0].array
    return _Ends(means[:1], means[1:], None, "text")


def _between_draws(run: Trained, count: int | None, seed: int) -> _Ends:
    """Draw both ends of each line from the prior; of one class after the other."""
    count = LINES if count is None else count
    draws = Generator(seed).normal((2, count, run.model.latent), device=run.config.device)
    return _Ends(draws[0], draws[1], run.model.labels_in_turn(count), "draw of noise")


def _of_the_same_class(candidates: Any, labels: Any, starts: Any) -> Any:
    """Choose for each start the next candidate of its class; the start itself if none is left."""
    left = list(candidates)
    ends = []
    for start in starts:
        partner = next((index for index in left if labels[index] == labels[start]), start)
        if partner in left:
            left.remove(partner)
        ends.append(partner)
    return ends
