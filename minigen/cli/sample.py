"""``minigen sample``: what a trained model makes of noise, to be looked at or compared."""

from __future__ import annotations

import functools
import inspect
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from minigen.cli import options
from minigen.cli.trained import Trained
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically
from minigen.kinds import Setting

MOST: Final = 100_000
"""So many samples can be written; programs that compare images ask for half as many."""

MOST_SHOWN: Final = 10_000
"""So many a picture can show."""

_AT_ONCE: Final = 1000
"""How many samples are drawn together, whose activations lie in memory together."""


@click.command()
@options.run_folder
@click.option("--count", type=click.IntRange(1, MOST), default=64, show_default=True)
@click.option(
    "--class",
    "label",
    metavar="N",
    type=click.IntRange(min=0),
    help="Of a conditional model, the class of all images.  [default: a class a column]",
)
@click.option(
    "--text",
    metavar="SENTENCE",
    help="Of a model that is told sentences, what is to be seen.  [default: test sentences]",
)
@click.option(
    "--prompt",
    metavar="TEXT",
    help="Of a language model, how all texts begin.  [default: with nothing]",
)
@click.option(
    "--temperature",
    metavar="T",
    type=options.FiniteRange(min=0),
    help="Of a model of text: below 1, likely characters become likelier; 0 takes the likeliest.  "
    "[default: 1]",
)
@click.option(
    "--top-k",
    metavar="K",
    type=click.IntRange(min=1),
    help="Of a model of text: draw from the K likeliest characters alone.  [default: from all]",
)
@options.drawing("sample")
@click.option(
    "--separate",
    metavar="DIR",
    type=options.FolderPath(),
    help="Write each image to a file of its own in this folder, which is new or empty: 00000.png "
    "and so on.",
)
@click.option(
    "--format",
    "ending",
    type=click.Choice(["png", "jpg", "npz", "wav"]),
    help="PNG, JPEG, WAV of sounds, or a NumPy archive whose array `images` is uint8 of shape "
    "(N, H, W, C).  [default: as FILE ends, or else png]",
)
@options.truncation
@options.seed("Where the noise starts.")
@options.device
def sample(
    folder: Path,
    count: int,
    label: int | None,
    text: str | None,
    prompt: str | None,
    temperature: float | None,
    top_k: int | None,
    out: Path | None,
    separate: Path | None,
    ending: str | None,
    truncation: float | None,
    seed: int,
    device: str | None,
) -> None:
    """Draw new images, points, sounds or texts with the model of the run in DIR.

    They are shown in one picture, of points over real ones; or written for programs that compare
    folders of images. Sounds are shown as waveforms and spectrograms, and a WAV file stands beside
    these. Texts are shown here, too, a line each. Of a VAE, each image shows the decoder's mean for
    latent variables drawn from the prior; of a GAN, what its generator makes of noise.
    """
    run = Trained.load(folder, device)
    run.ability(
        "sample",
        "has no prior to sample from: it reconstructs only; train a VAE to generate"
        if run.can("encode")
        else "makes nothing of noise, but other images of those that it is given",
    )
    classes = run.model.classes
    if label is not None and label >= classes:
        raise click.UsageError(
            f"--class: the model {run.model.name!r} in {folder} knows {classes} classes"
            + (f", 0 to {classes - 1}" if classes else "")
        )
    if ending == "wav" and run.kind.alone != ending:
        raise click.UsageError(
            f"--format wav: the model in {folder} makes {run.kind.plural}, and no sounds"
        )
    told = _told(run, count, label, text)
    writing = _writing(run, prompt, temperature, top_k)
    samples = _drawn(functools.partial(run.sampler(truncation), **writing), count, told, seed)
    if separate is not None:
        if out is not None or ending == "npz":
            both = "--out" if out is not None else "--format npz"
            raise click.UsageError(
                f"--separate writes a file an image, and {both} one file for all"
            )
        _write_each(run, separate, ending or run.kind.alone, count, samples)
        click.echo(separate)
        return
    path = run.file(out, "sample", ending, also=(".npz",))
    if path.suffix.lower() == ".npz":
        _write_archive(run, path, samples)
    else:
        _draw(run, path, count, label, told, samples)
    click.echo(path)


def _told(run: Trained, count: int, label: int | None, text: str | None) -> Any:
    """Return what the model is told of each sample, if it is told anything."""
    if text is not None:
        return to_device(np.repeat(_sentence(run, text), count, axis=0), run.config.device)
    if label is not None:
        return to_device(np.full(count, label), run.config.device)
    asked = run.kind.asked(lambda: run.test().labels, count)
    return run.model.labels_in_turn(count) if asked is None else asked


def _sentence(run: Trained, text: str) -> Any:
    """Return a sentence as the model takes it, (1, L)."""
    from minigen.data.captioned import UnknownWordError, encode_sentences

    if not run.can("sentence_length"):
        raise click.UsageError(
            f"--text: the model {run.model.name!r} in {run.folder} is told no sentence; "
            "text-to-image is"
        )
    try:
        return encode_sentences([text], run.model.vocabulary, run.model.sentence_length)
    except UnknownWordError as error:
        raise click.UsageError(f"--text: {error}") from error


def _writing(
    run: Trained, prompt: str | None, temperature: float | None, top_k: int | None
) -> dict[str, Any]:
    """Return what a model of text is told of how to write, as far as it was given."""
    from minigen.data.texts import UnknownTokenError, encode_texts

    given = {"prompt": prompt, "temperature": temperature, "top_k": top_k}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    known = inspect.signature(run.model.sample).parameters
    for name in chosen:
        if name not in known:
            raise click.UsageError(
                f"--{name.replace('_', '-')}: the model {run.model.name!r} in {run.folder} "
                + ("writes no text" if run.kind.name != "text" else "begins with a draw of noise")
            )
    if top_k is not None and top_k > len(run.model.vocabulary):
        raise click.UsageError(
            f"--top-k: the model {run.model.name!r} in {run.folder} knows "
            f"{len(run.model.vocabulary)} characters, the end among them, got {top_k}"
        )
    if prompt is not None:
        try:
            (tokens,) = encode_texts([prompt], run.model.vocabulary)
        except UnknownTokenError as error:
            raise click.UsageError(f"--prompt: {error}") from error
        if len(tokens) > run.model.length:
            raise click.UsageError(
                f"--prompt: the model's texts have {run.model.length} characters at most, got "
                f"{len(tokens)} in {prompt!r}"
            )
        chosen["prompt"] = tokens
    return chosen


def _drawn(sampler: Callable[..., Tensor], count: int, labels: Any, seed: int) -> Iterator[Any]:
    """Draw samples as arrays on the host, part by part; a bar shows how long many will take."""
    from tqdm import tqdm

    generator = Generator(seed)
    starts = range(0, count, _AT_ONCE)
    for start in tqdm(starts, unit_scale=_AT_ONCE, unit="sample", disable=options.no_bar(starts)):
        size = min(_AT_ONCE, count - start)
        told = None if labels is None else labels[start : start + size]
        with no_grad():
            yield sampler(size, told, generator=generator).numpy()


def _draw(
    run: Trained, path: Path, count: int, label: int | None, told: Any, samples: Iterator[Any]
) -> None:
    """Show all samples in one picture."""
    if count > MOST_SHOWN:
        raise click.UsageError(
            f"--count: one picture shows {MOST_SHOWN:,} samples at most; --separate DIR and "
            "--format npz take more"
        )
    classes = run.model.classes
    columns = classes if classes and label is None else None
    captions = run.kind.captions(told, run.model)
    setting = Setting(
        real=lambda: run.test().images[:count], columns=columns, captions=captions, aloud=True
    )
    together = Tensor(np.concatenate(list(samples)))
    run.kind.draw_samples(options.place(path), together, setting)
    if text := run.kind.text(together):
        click.echo(text)


def _write_archive(run: Trained, path: Path, samples: Iterator[Any]) -> None:
    """Write a NumPy archive, as programs read it that compare images by their features."""
    parts = [run.kind.arrays(part) for part in samples]
    together: dict[str, Any] = {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }
    contents = io.BytesIO()
    np.savez(contents, **together)
    write_atomically(options.place(path), contents.getvalue())


def _write_each(
    run: Trained, folder: Path, ending: str, count: int, samples: Iterator[Any]
) -> None:
    """Write each sample to a file of its own, in a folder that holds nothing else."""
    draw = getattr(run.kind, "draw_one", None)
    if draw is None:
        raise click.UsageError(
            f"--separate: the model in {run.folder} makes {run.kind.in_full or run.kind.plural}, "
            "none of which is a picture: see --format npz"
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(
            f"--separate: {folder} holds files, which would be compared, too: name a new or an "
            "empty folder"
        )
    digits = max(5, len(str(count - 1)))
    for number, each in enumerate(itertools.chain.from_iterable(samples)):
        draw(options.place(folder / f"{number:0{digits}}.{ending}"), each)
