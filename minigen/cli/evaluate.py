"""``minigen evaluate``: what suits the model, on the test set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from minigen.cli import options

if TYPE_CHECKING:
    from rich.table import Table

    from minigen.training import Examples, RunConfig

_BOUNDS: Final = {
    "negative_elbo": ("negative ELBO: reconstruction + KL", "nats/image"),
    "reconstruction": ("reconstruction: E[-ln p(x|z)]", "nats/image"),
    "kl": ("KL divergence of q(z|x) from the prior", "nats/image"),
    "nll": ("-ln p(x), importance-weighted bound", "nats/image"),
    "active_units": ("active latent units, those with a variance over 0.01", ""),
    "mutual_information_gap": ("mutual information gap of the factors", "of 1"),
}
"""What each value of an autoencoder is, and its unit."""

_MEASURES: Final = {
    "frechet_distance": "Fréchet distance, 0 at best",
    "kernel_distance": "kernel distance, 0 at best",
    "kernel_distance_error": "  its standard error",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "modes": "modes found",
    "total": "  of",
    "high_quality": "share within 3 sigma of a mode",
    "reverse_kl": "reverse KL over the modes, in nats",
}
"""What each measure of samples is."""

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
    type=click.IntRange(min=1),
    help="Of a VAE, also estimate -ln p(x) with K importance samples an image.",
)
@click.option(
    "--generated",
    metavar="N",
    type=click.IntRange(min=20),
    help="Judge N generated samples beside as many real ones; of a VAE only if this is given.  "
    "[default: 2,000, or half the test set]",
)
@options.seed("Where the noise starts.")
@options.device
def evaluate(
    folder: Path,
    as_json: bool,
    samples: int | None,
    generated: int | None,
    seed: int,
    device: str | None,
) -> None:
    """Evaluate the model of the run in DIR on the test set.

    Bounds and likelihoods are in nats an image. Of a VAE the active latent units are counted, too;
    where the images' factors of variation are known, it is measured how well latents tell them
    apart. A GAN has no bound: its samples are judged beside as many real ones.
    """
    from minigen.models import AdversarialModel
    from minigen.training import RunFolder, load_examples, load_model

    config = RunFolder(folder).read_config()
    model: Any = load_model(folder, device=device, report=options.tell)
    _refuse_what_it_lacks(model, samples, generated)
    test = load_examples(config, "test")
    values: dict[str, Any] = {}
    if not isinstance(model, AdversarialModel):
        values |= _bounds(model, config, test, samples, seed)
    if isinstance(model, AdversarialModel) or generated is not None:
        values["samples"] = _judged(model, config, test, generated, seed)
    if as_json:
        click.echo(json.dumps(values))
    else:
        _show(values, config, len(test))


def _refuse_what_it_lacks(model: Any, samples: int | None, generated: int | None) -> None:
    if samples is not None and not hasattr(model, "log_weights"):
        raise click.UsageError(f"--samples: the model {model.name!r} has no likelihood to estimate")
    if generated is not None and not model.can_sample:
        raise click.UsageError(f"--generated: the model {model.name!r} has no prior to sample from")


# --------------------------------------------------------------------- bounds and latent variables


def _bounds(
    model: Any, config: RunConfig, test: Examples, samples: int | None, seed: int
) -> dict[str, Any]:
    """Average an autoencoder's terms over the test images, and measure its latent variables."""
    from minigen import metrics
    from minigen.engine.random import Generator

    values: dict[str, Any] = {}
    values |= metrics.evaluate(model, test.images, test.labels, generator=Generator(seed))
    if samples is not None:
        values["nll"] = metrics.nll(
            model, test.images, samples, test.labels, generator=Generator(seed)
        )
    return values | _of_latents(model, config.dataset, test)


def _of_latents(model: Any, dataset: str, test: Examples) -> dict[str, Any]:
    """Measure what a VAE's latent variables hold of the test images."""
    from minigen import data, metrics
    from minigen.models import VariationalAutoencoder

    if not isinstance(model, VariationalAutoencoder):
        return {}
    values: dict[str, Any] = {
        "active_units": metrics.active_units(model, test.images, test.labels).count
    }
    factors = getattr(data.load(dataset, "test"), "factors", None)
    if factors is not None and model.latent > 1:
        means = metrics.latent_means(model, test.images, test.labels)
        values["mutual_information_gap"] = metrics.mutual_information_gap(means, factors).value
    return values


# ----------------------------------------------------------------------------------------- samples


def _judged(
    model: Any, config: RunConfig, test: Examples, count: int | None, seed: int
) -> dict[str, Any]:
    """Judge generated samples by all that suits them, each value beside that of real ones."""
    from minigen import metrics
    from minigen.engine.random import Generator
    from minigen.models import AdversarialModel

    most = len(test) // 2
    count = min(2000, most) if count is None else count
    if count > most:
        raise click.UsageError(
            f"--generated: {config.dataset} has {len(test)} test samples, of which two sets as "
            f"large as the generated one are compared: at most {most}"
        )
    generator = Generator(seed)
    made = _generate(model, count, generator)
    report = _compare(config.dataset, test, made, generator)
    if isinstance(model, AdversarialModel):
        real, labels = test.of(generator.permutation(len(test))[:count])
        probabilities = metrics.discriminator_scores(
            model, real, made, real_labels=labels, generated_labels=model.labels_in_turn(count)
        )
        report["discriminator"] = {
            "real": probabilities.real,
            "generated": probabilities.generated,
        }
    return report


def _generate(model: Any, count: int, generator: Any) -> Any:
    """Draw samples, as arrays on the host."""
    from minigen.engine.modes import no_grad

    with no_grad():
        return model.sample(count, generator=generator).numpy()


def _compare(dataset: str, test: Examples, made: Any, generator: Any) -> dict[str, Any]:
    """Compare samples with the data set's: points by their modes, images by their features."""
    from minigen import data, metrics

    truth = data.load(dataset, "test")
    if isinstance(truth, data.Mixture):
        return metrics.judge_points(truth, made).to_dict()
    if isinstance(truth, data.Points):
        return metrics.judge_features(test.images, made, generator=generator).to_dict()
    if dataset not in metrics.TRAINED:
        options.tell(
            f"there is no classifier for {dataset}, by whose features images could be compared"
        )
        return {"count": len(made)}
    extractor = metrics.load_feature_extractor(dataset)
    return metrics.judge_samples(test.images, made, extractor, generator=generator).to_dict()


# ------------------------------------------------------------------------------------------ tables


def _show(values: dict[str, Any], config: RunConfig, count: int) -> None:
    """Write a table of the bounds, one of the samples, or both."""
    from rich.console import Console

    console = Console(highlight=False)
    bounds = {name: value for name, value in values.items() if name in _BOUNDS}
    if bounds:
        title = f"{config.model} on {count:,} test images of {config.dataset}"
        console.print(_table_of_bounds(bounds, title, _caveat(config)))
    if "samples" in values:
        samples = values["samples"]
        title = f"{samples['count']:,} samples of {config.model} beside real ones: {config.dataset}"
        console.print(_table_of_samples(samples, title))


def _table_of_bounds(values: dict[str, Any], title: str, caption: str) -> Table:
    from rich.table import Table

    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for name, value in values.items():
        meaning, unit = _BOUNDS[name]
        table.add_row(meaning, _written(value), unit)
    return table


def _table_of_samples(samples: dict[str, Any], title: str) -> Table:
    from rich.table import Table

    judged = "discriminator" in samples
    table = Table(
        title=title,
        caption=_NO_JUDGE if judged else None,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("what")
    table.add_column("generated", justify="right")
    table.add_column("real", justify="right")
    for name, value in samples.get("generated", {}).items():
        table.add_row(_MEASURES[name], _written(value), _written(samples["real"][name]))
    if judged:
        scores = samples["discriminator"]
        row = "discriminator's probability of being real"
        table.add_row(row, _written(scores["generated"]), _written(scores["real"]))
    return table


def _written(value: float) -> str:
    """Write a count as it is, and any other number to three places."""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _caveat(config: RunConfig) -> str:
    """Say what bounds may be compared with."""
    if config.model_config["decoder"] == "gaussian":
        return "Densities of pixels in [0, 1]: compare with the same kind only."
    if config.binarize == "none":
        return "Cross-entropies of grey pixels, no likelihoods: compare with the same kind only."
    return "Pixels were drawn black or white once."
