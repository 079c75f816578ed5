"""The tables that ``minigen evaluate`` shows, one for each report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.table import Table

    from minigen.cli.subject import Subject

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


def show(values: dict[str, Any], subject: Subject) -> None:
    """Write a table of the bounds, and one of each report, as far as they were measured."""
    from rich.console import Console

    console = Console(highlight=False)
    bounds = {name: value for name, value in values.items() if name in _MEANINGS}
    if bounds:
        console.print(_bounds(bounds, subject))
    for name, table in _TABLES.items():
        if name in values:
            console.print(table(values[name], subject))


def _bounds(values: dict[str, float], subject: Subject) -> Table:
    """Return a table of the bound of an autoencoder, its terms, and what is said of its latents."""
    config, kind = subject.run.config, subject.run.kind
    on = f"{len(subject.test):,} {subject.split} {kind.plural}"
    title = f"{config.model} on {on} of {config.dataset}"
    table = _table(title, kind.caveat(config.model_config, config.binarize), "value")
    table.add_column("unit")
    for name, value in values.items():
        meaning, unit = _MEANINGS[name]
        table.add_row(meaning, _written(value), kind.unit if unit == _NATS else unit)
    return table


def _samples(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of samples beside real examples."""
    config, kind = subject.run.config, subject.run.kind
    title = f"{report['count']:,} samples of {config.model} beside real ones: {config.dataset}"
    judged = report.get("discriminator")
    table = _table(title, _NO_JUDGE if judged else None, "generated", "real")
    for name, value in report.get("generated", {}).items():
        table.add_row(kind.measures[name], _written(value), _written(report["real"][name]))
    if named := report.get("class_accuracy"):
        row = "class accuracy, by a classifier"
        table.add_row(row, _written(named["generated"]), _written(named["real"]))
    if judged:
        row = "discriminator's probability of being real"
        table.add_row(row, _written(judged["generated"]), _written(judged["real"]))
    return table


def _restorations(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who restores how well."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} images of {config.dataset}"
    caption = (
        "Means over the images. PSNR in decibels; SSIM is 1 at best; the edges' steepness is a "
        "share of the originals'."
    )
    table = _table(title, caption, "PSNR", "SSIM", "sharpness")
    for name, fidelity in report["fidelity"].items():
        others = (_written(fidelity[figure]) for figure in ("ssim", "sharpness"))
        table.add_row(name, f"{fidelity['psnr']:.2f}", *others)
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


def _predictions(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who predicts how well, and how far ahead."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} clips of {config.dataset}"
    caption = (
        f"Mean squared error of a pixel, by frames ahead of the {report['context']} seen. Of the "
        f"next frame the model's is {report['to_copying']:.3f} of the last frame's."
    )
    table = _table(title, caption, *report["mse"], what="ahead")
    for ahead, errors in enumerate(zip(*report["mse"].values(), strict=True), start=1):
        table.add_row(str(ahead), *(f"{error:.4f}" for error in errors))
    return table


def _cycles(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of translations in both directions, and of what they hide."""
    config = subject.run.config
    title = (
        f"{config.model} on {report['count']:,} {subject.split} images in each style of "
        f"{config.dataset}"
    )
    caption = (
        "Absolute errors of a pixel. The judge of style is right on "
        f"{report['judge_accuracy']:.1%} of the images themselves. What is led back better from a "
        "translation than from a true image was hidden in it; noise drowns what is faint."
    )
    directions = report["directions"].values()
    table = _table(title, caption, *(way.replace("-", " ") for way in report["directions"]))
    rows = {"called the other style by a judge": [each["called"] for each in directions]}
    if all(each["l1"] is not None for each in directions):
        rows |= {
            "error beside the true image": [each["l1"] for each in directions],
            "  to that of the image as it is": [
                each["l1"] / each["unchanged"] for each in directions
            ],
        }
    for what in next(iter(directions))["led_back"]:
        rows[f"error when led back from {what}"] = [each["led_back"][what] for each in directions]
    for what, shares in rows.items():
        places = 4 if what.startswith("error") else 3
        table.add_row(what, *(f"{share:.{places}f}" for share in shares))
    return table


def _detections(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who tells bad from good pictures how well."""
    config = subject.run.config
    title = (
        f"{config.model} on {report['good']:,} good and {report['bad']:,} bad test pictures of "
        f"{config.dataset}"
    )
    caption = "Areas under the ROC curve: 1 at best, a half by chance."
    table = _table(title, caption, "pictures", "pixels", "hardest kind")
    for name, outcome in report["outcomes"].items():
        by_pixel = "" if outcome["by_pixel"] is None else _written(outcome["by_pixel"])
        kind, hardest = min(outcome["by_kind"].items(), key=lambda each: each[1])
        row = f"{kind}: {_written(hardest)}"
        table.add_row(name, _written(outcome["by_picture"]), by_pixel, row)
    return table


def _scenes(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who shows what was said how often."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} sentences of {config.dataset}"
    caption = "Shares of images right in all, and in each of both things, by a judge of scenes."
    table = _table(title, caption, "all", "place", "size", "colour", "shape")
    for name, outcome in report["outcomes"].items():
        table.add_row(name, *(f"{share:.1%}" for share in outcome.values()))
    return table


def _sounds(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of who makes sounds out of a code how well."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} sounds of {config.dataset}"
    caption = "Means over the sounds; 0 at best. The error is a share of the power."
    table = _table(title, caption, "squared error", "spectral convergence", "dB of log spectra")
    for name, likeness in report["likeness"].items():
        table.add_row(name, *(_written(value) for value in likeness.values()))
    return table


def _words(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of whose words are heard as what they are."""
    config = subject.run.config
    title = f"{config.model} on {report['count']:,} {subject.split} words of {config.dataset}"
    caption = (
        "By a judge of words: the share named right; the spread among examples of a word, that of "
        "real ones being 1; and the Fréchet distance of features to those of real ones."
    )
    table = _table(title, caption, "named right", "variety", "distance")
    for name, heard in report["outcomes"].items():
        shown = f"{heard['variety']:.2f}", f"{heard['distance']:.1f}"
        table.add_row(name, f"{heard['named']:.1%}", *shown)
    return table


def _language(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of nats a character, or word, by the model and by n-grams."""
    from minigen.data.texts import tokens_of

    config = subject.run.config
    token = tokens_of(subject.run.model.vocabulary)[:-1]
    title = (
        f"{config.model} on {report['count']:,} {subject.split} texts of {config.dataset}, "
        f"{report['tokens']:,} {token}s with their ends"
    )
    caption = (
        f"Nats a {token}. N-grams see the last n - 1 {token}s; their counts, in the texts that the "
        f"model was trained on, are smoothed as validation texts are likeliest. The model needs "
        f"{report['nats'] - report['best_ngram']:+.3f} nats beside the best of them."
    )
    table = _table(title, caption, "additive", "interpolated", what="by")
    table.add_row(config.model, *[_written(report["nats"])] * 2)
    pairs = zip(report["additive"], report["interpolated"], strict=True)
    for order, each in enumerate(pairs, start=1):
        table.add_row(f"{order}-grams", *map(_written, each))
    return table


def _rebuilding(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of how much comes back from codes, and what codes of others give."""
    from minigen.data.texts import tokens_of

    tokens = tokens_of(subject.run.model.vocabulary)
    caption = (
        f"Of {tokens} it is counted how many stand where they did. If the codes of other texts do "
        "as well, the posterior has collapsed."
    )
    title = f"{report['count']:,} {subject.split} texts, rebuilt from their codes"
    table = _table(title, caption, "share")
    table.add_row(f"{tokens} in place", f"{report['tokens']:.1%}")
    table.add_row("  from the code of another text", f"{report['tokens_of_others']:.1%}")
    table.add_row("texts without a fault", f"{report['texts']:.1%}")
    return table


def _copies(report: dict[str, Any], subject: Subject) -> Table:
    """Return a table of how many samples are new."""
    table = _table(f"{report['count']:,} samples", None, "share")
    table.add_row("different from all others", f"{report['different'] / report['count']:.1%}")
    table.add_row("in the texts trained on", f"{report['trained_on']:.1%}")
    table.add_row(f"in the {subject.split} texts", f"{report['held_out']:.1%}")
    return table


def _table(title: str, caption: str | None, *columns: str, what: str = "what") -> Table:
    from rich.table import Table

    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    table.add_column(what)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _written(value: float) -> str:
    """Write a count as it is, and any other number to three places."""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


_TABLES: Final[dict[str, Callable[[Any, Subject], Table]]] = {
    "restoration": _restorations,
    "inpainting": _fillings,
    "translation": _translations,
    "prediction": _predictions,
    "cycle": _cycles,
    "detection": _detections,
    "scenes": _scenes,
    "sounds": _sounds,
    "words": _words,
    "language": _language,
    "rebuilding": _rebuilding,
    "copies": _copies,
    "samples": _samples,
}
"""What shows each report, in this order."""
