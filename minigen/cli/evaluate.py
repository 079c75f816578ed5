"""``minigen evaluate``: what suits the model, on the test set."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from minigen.cli import options
from minigen.cli.trained import Trained
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator

if TYPE_CHECKING:
    from rich.table import Table

    from minigen.training import Examples

LEARNT_FROM: Final = 2000
"""How many training images the linear filter is fitted to that restorations stand beside."""

_NATS: Final = "nats"

_MEANINGS: Final = {
    "negative_elbo": ("negative ELBO: reconstruction + KL", _NATS),
    "reconstruction": ("reconstruction: E[-ln p(x|z)]", _NATS),
    "kl": ("KL divergence of q(z|x) from the prior", _NATS),
    "nll": ("-ln p(x), importance-weighted bound", _NATS),
    "active_units": ("active latent units, those with a variance over 0.01", ""),
    "mutual_information_gap": ("mutual information gap of the factors", "of 1"),
}
"""What each value of an autoencoder is, and its unit; nats are those of one example."""

_NO_JUDGE: Final = (
    "The discriminator's probabilities do not judge the generator: 0.5 for both may only mean that "
    "the discriminator is weak, and 1 and 0 that it is strong. Distances compare at one count only."
)


@click.command()
@options.run_folder
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option(
    "--samples",
    metavar="K",
    type=click.IntRange(1, 100_000),
    help="Of a VAE, also estimate -ln p(x) with K importance samples an image.",
)
@click.option(
    "--generated",
    metavar="N",
    type=click.IntRange(min=20),
    help="Judge N generated samples beside as many real ones; of a VAE only if this is given. The "
    "real ones are other test examples, or training examples if N is more than half the test set: "
    "10,000 are usual for MNIST and CIFAR-10.  [default: 2,000, or half the test set]",
)
@options.truncation
@click.option(
    "--test",
    "on_test",
    is_flag=True,
    help="Measure on the test set, though the run has held examples out (--validation).",
)
@options.seed("Where the noise starts.")
@options.device
def evaluate(
    folder: Path,
    as_json: bool,
    samples: int | None,
    generated: int | None,
    truncation: float | None,
    on_test: bool,
    seed: int,
    device: str | None,
) -> None:
    """Evaluate the model of the run in DIR on the test set, or on what it held out.

    Bounds and likelihoods are in nats an image. Of a VAE the active latent units are counted, too;
    where the images' factors of variation are known, it is measured how well latents tell them
    apart. A GAN has no bound: its samples are judged beside as many real ones. What restores images
    or fills holes in them is judged by the originals, beside what needs no network; translations by
    the targets, beside the images as they are. Images of sentences about scenes are read by a
    judge, beside real scenes and the nearest that was trained on.
    """
    run = Trained.load(folder, device)
    name = run.model.name
    if samples is not None and not run.can("log_weights"):
        raise click.UsageError(f"--samples: the model {name!r} has no likelihood to estimate")
    if generated is not None and not run.can("sample"):
        raise click.UsageError(f"--generated: the model {name!r} has no prior to sample from")
    if truncation is not None:
        run.sampler(truncation)  # refused before anything is measured
    split = "test" if on_test else run.config.held_out
    test = run.examples("test") if on_test else run.test()
    if generated is not None and generated > len(test):
        raise click.UsageError(
            f"--generated: {run.config.dataset} has {len(test)} {split} samples, of which as many "
            f"as are generated are compared with them: at most {len(test)}"
        )
    subject = Subject(run, test, samples, generated, seed, split, truncation)
    values: dict[str, Any] = {}
    for measure, needs in MEASURES:
        if run.can(*needs):
            values |= measure(subject)
    if as_json:
        click.echo(json.dumps(values))
    else:
        _show(values, subject)


# --------------------------------------------------------------------------------------- measures


@dataclass(frozen=True)
class Subject:
    """What is evaluated, and what was asked for: the options' values."""

    run: Trained
    test: Examples
    samples: int | None
    generated: int | None
    seed: int
    split: str = "test"
    truncation: float | None = None


def _bounds(of: Subject) -> dict[str, Any]:
    """Average the terms of the objective over the test examples."""
    from minigen import metrics

    test, generator = of.test, Generator(of.seed)
    return metrics.evaluate(of.run.model, test.images, test.labels, generator=generator)


def _likelihood(of: Subject) -> dict[str, Any]:
    """Estimate -ln p(x) by importance sampling."""
    from minigen import metrics

    if of.samples is None:
        return {}
    test, generator = of.test, Generator(of.seed)
    model = of.run.model
    value = metrics.nll(
        model, test.images, of.samples, test.labels, generator=generator, progress=True
    )
    return {"nll": value}


def _latents(of: Subject) -> dict[str, Any]:
    """Measure what latent variables hold of the test examples, and of their factors if known."""
    from minigen import metrics
    from minigen.training import load_data

    model, test = of.run.model, of.test
    if len(test) < 2:
        options.tell("active latent units are not counted: at least 2 test examples are needed")
        return {}
    active = {"active_units": metrics.active_units(model, test.images, test.labels).count}
    factors = getattr(load_data(of.run.config, "test"), "factors", None)
    if factors is None or model.latent < 2:
        return active
    means = metrics.latent_means(model, test.images, test.labels)
    try:
        gap = metrics.mutual_information_gap(means, factors).value
    except ValueError as error:  # a factor does not vary among so few
        options.tell(str(error))
        return active
    return {**active, "mutual_information_gap": gap}


def _judged(of: Subject) -> dict[str, Any]:
    """Judge generated samples by all that suits their kind, each value beside that of real ones.

    What has no encoder has no bound: it is judged unasked.
    """
    from minigen.training import load_data

    run, test = of.run, of.test
    if of.generated is None and run.can("reconstruct"):
        return {}
    count = of.generated or min(2000, len(test) // 2)
    if not count:
        options.tell("samples are not judged: at least 2 test examples are needed")
        return {}
    generator = Generator(of.seed)
    made = _sampled(run, count, generator, of.truncation)
    truth = load_data(run.config, "test")
    report = run.kind.judge(truth, test.images, made, generator, options.tell, **_others(of, count))
    if run.can("discriminate"):
        report["discriminator"] = _discriminated(of, made, generator)
    return {"samples": report | _named(of, truth, made)}


def _sampled(run: Trained, count: int, generator: Generator, truncation: float | None) -> Any:
    """Return samples, on the host, made a thousand at a time."""
    labels, sampler = run.model.labels_in_turn(count), run.sampler(truncation)
    asked = run.kind.asked(lambda: run.test().labels, count)
    labels = labels if asked is None else asked
    made = []
    for start in range(0, count, 1000):
        few = min(1000, count - start)
        told = () if labels is None else (labels[start : start + few],)
        with no_grad():
            made.append(sampler(few, *told, generator=generator).numpy())
    return np.concatenate(made)


def _others(of: Subject, count: int) -> dict[str, Any]:
    """Return training examples where the test set does not hold two sets of as many as made.

    If they are too few, those that the run held out are among them.
    """
    if count <= len(of.test) // 2:
        return {}
    train = of.run.examples("train").images
    if len(train) < count and of.split == "test" and of.run.config.validation:
        train = np.concatenate([train, of.run.examples("validation").images])
    if len(train) < count:
        raise click.UsageError(
            f"--generated: {of.run.config.dataset} has {len(train)} training samples, of which as "
            f"many as are generated stand beside them: at most {len(train)}"
        )
    return {"others": train}


def _discriminated(of: Subject, made: Any, generator: Generator) -> dict[str, float]:
    """Return the probability of being real that real and generated samples get."""
    from minigen import metrics

    model, count = of.run.model, len(made)
    real, labels = of.test.of(generator.permutation(len(of.test))[:count])
    made_labels = model.labels_in_turn(count)
    scores = metrics.discriminator_scores(
        model, real, made, real_labels=labels, generated_labels=made_labels
    )
    return {"real": scores.real, "generated": scores.generated}


def _named(of: Subject, truth: Any, made: Any) -> dict[str, Any]:
    """Return how often what a conditional model made is of the class asked for, if it is told."""
    from minigen.engine.backend import to_numpy

    asked, kind = of.run.model.labels_in_turn(len(made)), of.run.kind
    if asked is None or of.test.labels is None:
        return {}
    generated = kind.class_accuracy(truth, made, to_numpy(asked))
    if generated is None:
        return {}
    real = kind.class_accuracy(truth, of.test.images, of.test.labels)
    return {"class_accuracy": {"generated": generated, "real": real}}


def _restored(of: Subject) -> dict[str, Any]:
    """Measure how near restored test images come to their originals."""
    from minigen import metrics

    train, generator = of.run.examples("train").images[:LEARNT_FROM], Generator(of.seed)
    report = metrics.judge_restoration(of.run.model, of.test.images, train, generator=generator)
    return {"restoration": report.to_dict()}


def _filled(of: Subject) -> dict[str, Any]:
    """Measure how near filled holes come to what was there."""
    from minigen import metrics

    train, generator = of.run.examples("train").images, Generator(of.seed)
    report = metrics.judge_inpainting(of.run.model, of.test.images, train, generator=generator)
    return {"inpainting": report.to_dict()}


def _translated(of: Subject) -> dict[str, Any]:
    """Measure how near translated test images come to what was wanted."""
    from minigen import metrics

    train, generator = of.run.examples("train").images, Generator(of.seed)
    report = metrics.judge_translation(of.run.model, of.test.images, train, generator=generator)
    return {"translation": report.to_dict()}


def _scenes(of: Subject) -> dict[str, Any]:
    """Count how many images show what sentences about scenes say, if the data are such."""
    from minigen import metrics
    from minigen.training import load_data

    if load_data(of.run.config, "test").name != "scenes":
        options.tell("no judge knows whether these images show what their sentences say")
        return {}
    train, test = of.run.examples("train"), of.test
    assert train.labels is not None, "each has its sentence"
    assert test.labels is not None
    report = metrics.judge_scenes(
        of.run.model,
        test.images,
        test.labels,
        train.images,
        train.labels,
        generator=Generator(of.seed),
    )
    return {"scenes": report.to_dict()}


MEASURES: Final[tuple[tuple[Callable[[Subject], dict[str, Any]], tuple[str, ...]], ...]] = (
    (_bounds, ("reconstruct", "encode")),
    (_likelihood, ("log_weights",)),
    (_latents, ("encode", "sample")),
    (_judged, ("sample",)),
    (_restored, ("restore",)),
    (_filled, ("fill",)),
    (_translated, ("translate",)),
    (_scenes, ("vocabulary",)),
)
"""All that is measured, and what a model must be able to do for it: see `minigen.models.can`."""


# ------------------------------------------------------------------------------------------ tables


def _show(values: dict[str, Any], subject: Subject) -> None:
    """Write a table of the bounds, one of the samples, or both."""
    from rich.console import Console

    console = Console(highlight=False)
    config, kind = subject.run.config, subject.run.kind
    bounds = {name: value for name, value in values.items() if name in _MEANINGS}
    if bounds:
        on = f"{len(subject.test):,} {subject.split} {kind.plural}"
        title = f"{config.model} on {on} of {config.dataset}"
        table = _table(title, kind.caveat(config.model_config, config.binarize), "value")
        table.add_column("unit")
        for name, value in bounds.items():
            meaning, unit = _MEANINGS[name]
            table.add_row(meaning, _written(value), kind.unit if unit == _NATS else unit)
        console.print(table)
    if "restoration" in values:
        console.print(_restorations(values["restoration"], subject))
    if "inpainting" in values:
        console.print(_fillings(values["inpainting"], subject))
    if "translation" in values:
        console.print(_translations(values["translation"], subject))
    if "scenes" in values:
        console.print(_shown_scenes(values["scenes"], subject))
    if "samples" in values:
        samples = values["samples"]
        title = f"{samples['count']:,} samples of {config.model} beside real ones: {config.dataset}"
        judged = samples.get("discriminator")
        table = _table(title, _NO_JUDGE if judged else None, "generated", "real")
        for name, value in samples.get("generated", {}).items():
            table.add_row(kind.measures[name], _written(value), _written(samples["real"][name]))
        if named := samples.get("class_accuracy"):
            row = "class accuracy, by a classifier"
            table.add_row(row, _written(named["generated"]), _written(named["real"]))
        if judged:
            row = "discriminator's probability of being real"
            table.add_row(row, _written(judged["generated"]), _written(judged["real"]))
        console.print(table)


def _restorations(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who restores how well."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} images of {config.dataset}"
    caption = "Means over the images. PSNR in decibels; SSIM is 1 at best."
    table = _table(title, caption, "PSNR", "SSIM")
    for name, fidelity in report["fidelity"].items():
        table.add_row(name, f"{fidelity['psnr']:.2f}", _written(fidelity["ssim"]))
    return table


def _fillings(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who fills holes how well."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} images of {config.dataset}"
    table = _table(
        title, "Mean squared error of the pixels in the holes.", "error", "to the model's"
    )
    model, *_ = report["hole_mse"].values()
    for name, error in report["hole_mse"].items():
        table.add_row(name, f"{error:.4f}", f"{error / model:.2f}")
    return table


def _translations(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of translations between the images given and the targets."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} pairs of {config.dataset}"
    caption = (
        "Absolute error of a pixel; the share that a judge of style takes for targets, who is "
        f"right on {report['judge_accuracy']:.1%} of these inputs and targets; the share whose "
        f"nearest of {report['candidates']:,} targets is the right one, a pixel's shift allowed."
    )
    table = _table(title, caption, "error", "to the inputs'", "called target", "recognised")
    for name, outcome in report["outcomes"].items():
        shares = (outcome[share] for share in ("of_the_inputs", "called_targets", "recognised"))
        table.add_row(name, f"{outcome['l1']:.4f}", *map(_written, shares))
    return table


def _shown_scenes(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who shows what was said how often."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} sentences of {config.dataset}"
    caption = "Shares of images right in all, and in each of both things, by a judge of scenes."
    table = _table(title, caption, "all", "place", "size", "colour", "shape")
    for name, outcome in report["outcomes"].items():
        table.add_row(name, *(f"{share:.1%}" for share in outcome.values()))
    return table


def _table(title: str, caption: str | None, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    table.add_column("what")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _written(value: float) -> str:
    """Write a count as it is, and any other number to three places."""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
