"""``minigen demo``: generative models from nothing to pictures or words, while one waits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from minigen import models
from minigen.cli import options
from minigen.data.texts import encode_texts
from minigen.engine.backend import to_device
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.files import write_atomically
from minigen.kinds import kind_of

if TYPE_CHECKING:
    from minigen.training import Run, RunConfig

DATA: Final = "printed_digits"

LETTERS: Final = "glyphs"

SOUNDS: Final = "tones"

TEXTS: Final = "words"

SHARES: Final = {
    "digits": {"conv-vae": 1 / 5, "cgan": 3 / 5},
    "translate": {"pix2pix": 3 / 4},
    "sound": {"audio-vae": 3 / 4},
    "text": {"char-gru": 1 / 4, "text-vae": 3 / 4},
}
"""What is shown: the models that are trained, and the share of the time that each one's steps get.

What they leave is for the evaluation and the pictures after each epoch.
"""

DATASETS: Final = {"pix2pix": LETTERS, "audio-vae": SOUNDS, "char-gru": TEXTS, "text-vae": TEXTS}
"""What models are trained on that are not trained on `DATA`."""

FREE: Final = ("device", "epochs", "minigen", "steps", "validation")
"""In what one demo's runs may differ from another's."""

PROMPTS: Final = ("", "th", "con", "un")
"""How words begin that are made up."""

PAIRS: Final = (("final", "path"), ("reading", "writer"), ("simple", "sample"))
"""Words between which others are written."""

CLASSES: Final = 10

STEPS: Final = 11
"""How many images a walk has."""


@click.command()
@click.argument(
    "what", metavar="[translate|sound|text]", type=click.Choice(tuple(SHARES)), default="digits"
)
@click.option(
    "--minutes",
    type=options.FiniteRange(min=0, max=10_000, min_open=True),
    default=2.0,
    show_default=True,
    help="How long it takes, about: the longer, the better the pictures.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=options.FolderPath(),
    default="runs/demo",
    show_default=True,
    help="Where the runs and the pictures go. An earlier demo there is replaced, nothing else is.",
)
@options.device_from_the_start
def demo(what: str, minutes: float, out: Path, device: str) -> None:
    """Train a VAE and a GAN on printed digits and draw what they learnt; needs no network.

    The digits are those of twenty typefaces, each picture drawn another way. The VAE learns them
    without being told which is which; the GAN is told, and makes the digit that is asked for.

    With "translate", train pix2pix instead, on letters without serifs and the same with them, and
    give serifs to letters that it has not seen. With "sound", train a VAE on short tones, and let
    it be heard, in WAV files, what it makes of noise, and of a tone on the way to another. With
    "text", train a language model and a text VAE on English words, and write words that are none,
    and words between two others.
    """
    from minigen.training import train

    runs: dict[str, Run] = {}
    for model, share in SHARES[what].items():
        config = dataclasses.replace(_config(model), device=device)
        overwrite = _holds_demo(out / model, config)
        click.echo(f"Training {models.find(model).__name__} for {60 * minutes * share:.0f} s")
        runs[model] = train(
            config, out / model, minutes=minutes * share, overwrite=overwrite, report=options.tell
        )
    click.echo(f"\nThe {'texts' if what == 'text' else 'pictures'} are in:")
    for name, shown, draw in PICTURES[what]:
        draw(runs, options.place(out / name))
        if (out / name).exists():
            click.echo(f"  {out / name}  {shown}")


def _config(model: str) -> RunConfig:
    from minigen.training import RunConfig

    return RunConfig(model=model, dataset=DATASETS.get(model, DATA))


def _holds_demo(folder: Path, config: RunConfig) -> bool:
    """Tell whether the run in a folder is an earlier demo, whatever its length."""
    from minigen.training import RunError, RunFolder

    try:
        found = RunFolder(folder).read_config()
    except RunError:
        return False
    if found.model != config.model:
        return False
    decided = {
        name: found.model_config[name] for name in options.BY_DATA if name in found.model_config
    }
    mine = dataclasses.replace(config, model_config={**config.model_config, **decided})
    mine = mine.completed(mine.build_model())
    return dataclasses.replace(mine, **{name: getattr(found, name) for name in FREE}) == found


# ---------------------------------------------------------------------------------------- pictures


def _draw_side_by_side(runs: dict[str, Run], path: Path) -> None:
    """Draw real digits, the VAE's and the GAN's, in two rows each."""
    from minigen import viz

    test = _real()
    in_turn = np.tile(np.arange(CLASSES), 2)
    by_class = [np.flatnonzero(test.labels == label)[:2] for label in range(CLASSES)]
    real = test.scaled()[np.stack(by_class, axis=1).ravel()]
    vae, gan = runs["conv-vae"].model, runs["cgan"].model
    rows = [
        real,
        _sampled(vae, 2 * CLASSES),
        _decoded(gan, _noise(gan, 2 * CLASSES), in_turn),
    ]
    viz.save_image_table(
        path,
        np.concatenate(rows).reshape(6, CLASSES, *real.shape[1:]),
        rows=["real", "", "VAE", "", "GAN", ""],
        title="Printed digits, and what two models make of noise",
    )


def _draw_styles(runs: dict[str, Run], path: Path) -> None:
    """Draw all digits from the same noise: a row has one style."""
    from minigen import viz

    model = runs["cgan"].model
    noise = np.repeat(_noise(model, 6), CLASSES, axis=0)
    made = _decoded(model, noise, np.tile(np.arange(CLASSES), 6))
    viz.save_image_table(
        path,
        made.reshape(6, CLASSES, *made.shape[1:]),
        columns=[str(label) for label in range(CLASSES)],
        column_title="the digit that is asked for",
        row_title="noise",
        title="GAN: the noise is held fixed along a row",
    )


def _draw_class(runs: dict[str, Run], path: Path) -> None:
    """Draw ways between two draws of noise, each row within a class."""
    from minigen import viz

    model: Any = runs["cgan"].model
    start, end = _noise(model, 2 * CLASSES).reshape(2, CLASSES, -1)
    with no_grad():
        walks = models.interpolate(model, start, end, STEPS, np.arange(CLASSES))
    viz.save_image_table(
        path,
        walks,
        rows=[str(label) for label in range(CLASSES)],
        title="GAN: the digit is held fixed along a row, and the noise changes",
    )


def _draw_walk(runs: dict[str, Run], path: Path) -> None:
    """Draw ways from one real digit to another through the VAE's latent space."""
    from minigen import viz

    model: Any = runs["conv-vae"].model
    images = _real().scaled()[: 2 * CLASSES]
    with no_grad():
        means = model.encode(images)[0].numpy()
        walks = models.interpolate(model, means[:CLASSES], means[CLASSES:], STEPS)
    viz.save_image_table(
        path,
        walks,
        columns=[f"{step / (STEPS - 1):.1f}" for step in range(STEPS)],
        column_title="t,  with  z = (1 − t) z₀ + t z₁",
        title="VAE: from one test image to another through the latent space",
    )


def _draw_letters(runs: dict[str, Run], path: Path) -> None:
    """Draw test letters without serifs, what the model made of them, and the true ones."""
    from minigen import data, viz

    model: Any = runs["pix2pix"].model
    test = data.load(LETTERS, "test")
    given, wanted = (
        data.scale_images(images[: 3 * CLASSES]) for images in (test.inputs, test.images)
    )
    with no_grad():
        made = model.translate(to_device(given, runs["pix2pix"].config.device)).numpy()
    viz.save_image_rows(
        path,
        {"given": given, "made": made, "true": wanted},
        columns=CLASSES,
        title="pix2pix: serifs for letters that it has not seen",
    )


def _draw_tones(runs: dict[str, Run], path: Path) -> None:
    """Draw real tones, what the model made of them, and of noise; and write each as WAV."""
    from minigen import viz

    model: Any = runs["audio-vae"].model
    real = _tones()
    with no_grad():
        made = model.reconstruct(to_device(real, runs["audio-vae"].config.device)).numpy()
    rows = {"real": real, "reconstructed": made, "made of noise": _sampled(model, len(real))}
    viz.save_sounds(path, rows, model.rate, title="Tones, and what a VAE makes of them")
    for name, sounds in rows.items():
        _write_wave(path.with_name(f"{name.replace(' ', '-')}.wav"), sounds, model)


def _draw_glides(runs: dict[str, Run], path: Path) -> None:
    """Draw ways from one tone to another as spectrograms, and write them as WAV."""
    from minigen import viz

    model: Any = runs["audio-vae"].model
    real = to_device(_tones(), runs["audio-vae"].config.device)
    with no_grad():
        means = model.encode(real)[0].numpy()
        walks = models.interpolate(model, means[:4], means[4:], STEPS).numpy()
    viz.save_image_table(
        path,
        viz.spectrogram_images(walks[:, :, 0]),
        column_title="from one test tone to another through the latent space",
        title="VAE: spectrograms, 0 to 4 kHz, 128 ms each",
    )
    _write_wave(path.with_suffix(".wav"), walks.reshape(-1, *walks.shape[2:]), model)


def _write_wave(path: Path, sounds: Any, model: Any) -> None:
    from minigen import data, viz

    data.write_wave(path, viz.in_a_row(sounds[:, 0]), model.rate)


def _tones() -> Any:
    from minigen import data

    return data.load(SOUNDS, "test").scaled()[:8]


def _copy_animation(runs: dict[str, Run], path: Path) -> None:
    """Take the animation of the last model's training out of its run; a very short one has none."""
    *_, run = runs.values()
    animation = run.folder / "samples" / "samples.gif"
    path.unlink(missing_ok=True)  # an earlier demo's
    if animation.exists():
        write_atomically(path, animation.read_bytes())


def _write_words(runs: dict[str, Run], path: Path) -> None:
    """Write what the language model makes up, and say it, too."""
    run = runs["char-gru"]
    model: Any = run.model
    begun = encode_texts(PROMPTS, model.vocabulary)
    lines = []
    for prompt, tokens in zip(PROMPTS, begun, strict=True):
        with no_grad():
            made = model.sample(
                8, prompt=tokens[tokens > 0], temperature=0.8, generator=Generator(1)
            )
        words = kind_of(model).text(made).splitlines()
        lines.append(f"{prompt}...: {', '.join(words)}")
    _write_and_say(path, lines)


def _write_ways(runs: dict[str, Run], path: Path) -> None:
    """Write ways from one word to another through the text VAE's latent space."""
    run = runs["text-vae"]
    model: Any = run.model
    words = [word for pair in PAIRS for word in pair]
    tokens = to_device(encode_texts(words, model.vocabulary, model.length), run.config.device)
    with no_grad():
        means = model.encode(tokens)[0].array
        walks = models.interpolate(model, means[::2], means[1::2], STEPS)
    kind_of(model).draw_rows(path, walks)
    _write_and_say(path, path.read_text("utf-8").splitlines())


def _write_and_say(path: Path, lines: Sequence[str]) -> None:
    write_atomically(path, ("\n".join(lines) + "\n").encode())
    click.echo("\n".join(f"    {line}" for line in lines))


PICTURES: Final[dict[str, tuple[tuple[str, str, Callable[[dict[str, Run], Path], None]], ...]]] = {
    "digits": (
        ("side-by-side.png", "real digits, the VAE's and the GAN's", _draw_side_by_side),
        ("training.gif", "the GAN's samples from the first steps to the last", _copy_animation),
        ("walk.png", "from one digit to another through the VAE's latent space", _draw_walk),
        ("digits.png", "every digit from the same noise, by the GAN", _draw_styles),
        ("noise.png", "each digit from changing noise, by the GAN", _draw_class),
    ),
    "translate": (
        ("letters.png", "letters as they were given, as made, and the true ones", _draw_letters),
        ("letters.gif", "letters beside what was made of them, in training", _copy_animation),
    ),
    "sound": (
        ("tones.png", "tones, reconstructions, samples; beside it WAV files", _draw_tones),
        ("glides.png", "from one tone to another, and glides.wav", _draw_glides),
        ("tones.gif", "samples from the first steps to the last", _copy_animation),
    ),
    "text": (
        ("words.txt", "words that the language model made up, by how they begin", _write_words),
        ("ways.txt", "from one word to another through the VAE's latent space", _write_ways),
    ),
}
"""What is drawn of the trained models: the file, what it shows, and how."""


def _real() -> Any:
    from minigen import data

    return data.load(DATA, "test")


def _noise(model: Any, count: int) -> Any:
    return model.draw_latents(count, Generator(1))


def _sampled(model: Any, count: int) -> Any:
    with no_grad():
        return model.sample(count, generator=Generator(1)).numpy()


def _decoded(model: Any, z: Any, labels: Any) -> Any:
    with no_grad():
        return model.decode_images(z, labels).numpy()
