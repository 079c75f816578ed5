"""``minigen evaluate``: what suits the model, on the test set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from minigen.cli import options, tables
from minigen.cli.subject import Measure, Subject, take
from minigen.cli.trained import Trained
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator

if TYPE_CHECKING:
    from minigen.data import Defects

LEARNT_FROM: Final = 2000
"""How many training images the linear filter is fitted to that restorations stand beside."""


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
    the targets, beside the images as they are. Of translation between two styles it is measured,
    too, what translations hide. Predicted frames are judged by those that followed, beside the last
    frame and lines through the last ones; what finds defects by good and bad test pictures. Images
    of sentences about scenes are read by a judge, beside real scenes and the nearest that was
    trained on. Reconstructed sounds are compared with the originals by their spectra, beside the
    best linear code of the same length; of generated ones the pitches are judged. Generated words
    are named by a judge of words, beside their means and real ones. Under mpiexec -n N the measures
    are shared out among N processes, and the likelihood's images are, too.
    """
    from minigen.training.together import Team

    options.leave_words_to_the_root()
    team = Team()
    with team.processes.ending_together():
        run = Trained.load(folder, device)
        subject = _subject(run, samples, generated, seed, truncation, on_test=on_test)
        suited = [measure for measure, needs in MEASURES if run.can(*needs)]
        values = take(suited, subject, team, SHARED)
    if not team.is_root:
        return
    if as_json:
        click.echo(json.dumps(values))
    else:
        tables.show(values, subject)


def _subject(
    run: Trained,
    samples: int | None,
    generated: int | None,
    seed: int,
    truncation: float | None,
    *,
    on_test: bool,
) -> Subject:
    """Load what is evaluated; refuse options that the model or the data can't honour."""
    name = run.model.name
    if samples is not None and not run.can("log_weights"):
        raise click.UsageError(f"--samples: the model {name!r} has no likelihood to estimate")
    if generated is not None and not run.can("sample"):
        raise click.UsageError(f"--generated: the model {name!r} has no prior to sample from")
    if truncation is not None:
        run.sampler(truncation)  # refused before anything is measured
    split = "test" if on_test else run.config.held_out
    test = run.examples("test") if on_test else run.test()
    if generated is not None and generated > len(test) and run.kind.name != "text":
        raise click.UsageError(
            f"--generated: {run.config.dataset} has {len(test)} {split} samples, of which as many "
            f"as are generated are compared with them: at most {len(test)}"
        )
    return Subject(run, test, samples, generated, seed, split, truncation)


# --------------------------------------------------------------------------------------- measures


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
        model,
        test.images,
        of.samples,
        test.labels,
        generator=generator,
        progress=True,
        world=of.world,
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


def _language(of: Subject) -> dict[str, Any]:
    """Measure how likely test texts are, beside n-grams, and how many samples are copies.

    What n-grams are smoothed by are texts that the run held out, or else a tenth of the others.
    """
    from minigen import metrics

    run = of.run
    train = run.examples("train").images
    if run.config.validation:
        validation = run.examples("validation").images
    else:
        few = max(1, len(train) // 10)
        train, validation = train[few:], train[:few]
    report = metrics.judge_language(run.model, of.test.images, train, validation)
    return {"language": report.to_dict()}


def _rebuilt(of: Subject) -> dict[str, Any]:
    """Measure how much of test texts comes back from their codes."""
    from minigen import metrics

    if of.run.kind.name != "text":
        return {}
    return {"rebuilding": metrics.judge_rebuilding(of.run.model, of.test.images).to_dict()}


def _copied(of: Subject) -> dict[str, Any]:
    """Count how many samples are copies of one another, and of what was trained on."""
    from minigen import metrics

    train, generator = of.run.examples("train").images, Generator(of.seed)
    count = of.generated or metrics.language.SAMPLES
    copies = metrics.judge_copies(of.run.model, train, of.test.images, count, generator=generator)
    return {"copies": copies.to_dict()}


def _judged(of: Subject) -> dict[str, Any]:
    """Judge generated samples by all that suits their kind, each value beside that of real ones.

    What has no encoder has no bound: it is judged unasked.
    """
    from minigen.training import load_data

    run, test = of.run, of.test
    if (of.generated is None and run.can("reconstruct")) or run.kind.name == "text":
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

    if of.run.can("cycle"):
        return {}
    train, generator = of.run.examples("train").images, Generator(of.seed)
    report = metrics.judge_translation(of.run.model, of.test.images, train, generator=generator)
    return {"translation": report.to_dict()}


def _predicted(of: Subject) -> dict[str, Any]:
    """Measure how near predicted frames of test clips come to those that followed."""
    from minigen import metrics

    train = of.run.examples("train").images
    report = metrics.judge_prediction(of.run.model, of.test.images, train)
    return {"prediction": report.to_dict()}


def _cycled(of: Subject) -> dict[str, Any]:
    """Measure how test images do in the other style, and what is left of them on the way back."""
    from minigen import metrics
    from minigen.training import load_data

    run, generator = of.run, Generator(of.seed)
    train, on_test = run.examples("train").images, of.split == "test"
    # Pairs are pairs; of two styles the test part alone may hold some.
    source = load_data(run.config, "test" if on_test else "train")
    paired = getattr(source, "paired", True)
    report = metrics.judge_cycle(
        run.model, of.test.images, train, paired=paired, generator=generator
    )
    return {"cycle": report.to_dict()}


def _detected(of: Subject) -> dict[str, Any]:
    """Measure how well bad test pictures are told from good ones, if there are any."""
    from minigen import metrics

    dataset = _with_defects(of)
    if dataset is None:
        return {}
    train = of.run.examples("train").images
    return {"detection": metrics.judge_detection(of.run.model, dataset, train).to_dict()}


def _unlikely(of: Subject) -> dict[str, Any]:
    """Measure how well a likelihood tells bad test pictures from good ones, if there are any."""
    from minigen import metrics

    dataset = _with_defects(of)
    if dataset is None or of.run.model.conditional:
        return {}
    scores = metrics.negative_elbos(of.run.model, dataset.scaled(), generator=Generator(of.seed))
    return {"detection": metrics.judge_scores("negative ELBO", scores, dataset).to_dict()}


def _with_defects(of: Subject) -> Defects | None:
    """Return all test pictures if there are good and bad ones; what is held out is good alone."""
    from minigen.data import Defects
    from minigen.training import load_data

    dataset = load_data(of.run.config, "test")
    if not isinstance(dataset, Defects):
        return None
    if dataset.bad.all() or not dataset.bad.any():
        options.tell("detection is not measured: good and bad test pictures are needed")
        return None
    if of.run.config.binarize != "none":
        options.tell("detection is not measured: it is of grey pixels, not of black and white ones")
        return None
    return dataset


def _heard(of: Subject) -> dict[str, Any]:
    """Measure how near reconstructed test sounds come, beside the best linear code."""
    from minigen import metrics

    if of.run.kind.name != "sound":
        return {}
    train = of.run.examples("train").images
    return {"sounds": metrics.judge_sounds(of.run.model, of.test.images, train).to_dict()}


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


def _words(of: Subject) -> dict[str, Any]:
    """Count how many words are heard as what they are, by a judge of words."""
    from minigen import metrics
    from minigen.data import SpokenWords
    from minigen.training import load_data

    train = load_data(of.run.config, "train")
    if not isinstance(train, SpokenWords) or of.test.labels is None or len(of.test) < 2:
        options.tell("words are not judged: spectrograms of words are needed, two at least")
        return {}
    report = metrics.judge_words(
        of.run.model, of.test.images, of.test.labels, train, generator=Generator(of.seed)
    )
    return {"words": report.to_dict()}


MEASURES: Final[tuple[tuple[Measure, tuple[str, ...]], ...]] = (
    (_bounds, ("reconstruct", "encode")),
    (_likelihood, ("log_weights",)),
    (_latents, ("encode", "sample")),
    (_language, ("nll",)),
    (_rebuilt, ("reconstruct", "length")),
    (_copied, ("sample", "length")),
    (_judged, ("sample",)),
    (_restored, ("restore",)),
    (_filled, ("fill",)),
    (_translated, ("translate",)),
    (_predicted, ("predict",)),
    (_cycled, ("cycle",)),
    (_detected, ("anomaly_maps",)),
    (_unlikely, ("log_weights",)),
    (_scenes, ("sentence_length",)),
    (_heard, ("reconstruct", "encode")),
    (_words, ("words",)),
)
"""All that is measured, and what a model must be able to do for it: see `minigen.models.can`."""

SHARED: Final = {_likelihood}
"""What all processes measure together, each a part of the images."""
