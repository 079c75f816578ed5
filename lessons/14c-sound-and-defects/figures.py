"""The figures and players of lesson 14c, and the training that stands behind them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import Generator, data, metrics, optim, viz
from minigen.course import progress
from minigen.data.phases import griffin_lim
from minigen.data.spectra import DECIBELS, decibels, magnitudes
from minigen.data.tones import PITCHES
from minigen.metrics.detection import PrincipalComponents
from minigen.metrics.sounds import SEMITONE, Likeness, compare_sounds
from minigen.metrics.sounds import PrincipalComponents as SoundComponents
from minigen.models import AnomalyDetection, AudioVAE
from minigen.optim.lr_scheduler import LambdaLR

Array = npt.NDArray[Any]

RATE: Final = 8000
BLUE, ORANGE, GREY = viz.COLOURS[:3]


def fit(
    model: AudioVAE | AnomalyDetection, examples: Array, steps: int, lr: float, batch: int = 32
) -> None:
    """Train on minibatches drawn at random, with Adam at a rate that falls along a cosine to 0."""
    source = Generator(1)
    optimizer = optim.Adam(model.parameters(), lr=lr)
    schedule = LambdaLR(optimizer, lambda step: 0.5 + 0.5 * math.cos(math.pi * step / steps))
    model.train()
    for _ in progress(range(steps), model.name):
        some = examples[source.integers(0, len(examples), (batch,))]
        optimizer.zero_grad()
        model.loss(some, generator=source).backward()
        optimizer.step()
        schedule.step()
    model.eval()


# ------------------------------------------------------------------------------------------ sounds


@dataclass(frozen=True)
class Tones:
    """Notes, chirps and plucked strings: (N, 1, 1024), to learn from and to judge by."""

    train: Array
    test: Array


def load_tones() -> Tones:
    """Return the tones of the package, and the first 400 of its test tones."""
    return Tones(data.load("tones").scaled(), data.load("tones", "test").scaled()[:400])


def note(degrees: float = 0.0, pitch: float = 220.0) -> Array:
    """Return a note of eight partials that dies away, (1024,), with all phases turned."""
    time = np.arange(1024) / RATE
    loudness = (1 - np.exp(-time / 0.004)) * np.exp(-time / 0.04)
    partials = [
        k**-1.5 * np.sin(2 * math.pi * k * pitch * time + math.radians(degrees))
        for k in range(1, 9)
    ]
    sound: Array = 0.5 * loudness * np.sum(partials, axis=0)
    return sound


def three_sounds() -> dict[str, Array]:
    """Return a note; the same with all phases turned by 90 degrees; and the same with a hiss."""
    hiss = Generator(3).normal((1024,), np.float64)
    power = (note() ** 2).mean()
    return {"A": note(), "B": note(90), "C": note() + hiss * math.sqrt(0.004 * power)}


def player(*sounds: Array, rest: int = 1500) -> viz.Player:
    """Return a player of sounds, each with a rest behind it."""
    loudest = max(float(np.abs(each).max()) for each in sounds)
    return viz.Player(np.stack([np.pad(each * 0.9 / loudest, (0, rest)) for each in sounds]), RATE)


def waves_and_spectrograms(
    rows: Mapping[str, Sequence[Array]], title: str, samples: int = 1024
) -> None:
    """Draw sounds beside one another, each as a waveform above its spectrogram; rows have names."""
    columns = max(map(len, rows.values()))
    figure, panels = plt.subplots(
        2 * len(rows), columns, figsize=(9.4, 2.35 * len(rows) + 0.5), squeeze=False,
        sharey="row", height_ratios=[1, 1.5] * len(rows),
    )  # fmt: skip
    for row, (name, sounds) in enumerate(rows.items()):
        for column, sound in enumerate(sounds):
            wave, spectrum = panels[2 * row : 2 * row + 2, column]
            draw_wave(wave, sound, samples)
            draw_spectrogram(spectrum, sound)
        panels[2 * row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize="large")
        panels[2 * row + 1, 0].set_ylabel("kHz")
    for panel in panels[-1]:
        panel.set_xlabel("ms")
    figure.suptitle(title, fontsize="medium")
    plt.show()


def draw_wave(ax: Any, sound: Array, samples: int = 1024) -> None:
    """Draw the first samples of a sound."""
    shown = sound[:samples]
    ax.plot(1000 * np.arange(len(shown)) / RATE, shown, color=BLUE, linewidth=0.8, linestyle="-")
    ax.set_ylim(-1, 1)
    ax.set_yticks([-1, 0, 1])
    ax.tick_params(labelsize="small")


def draw_spectrogram(ax: Any, sound: Array) -> None:
    """Draw a spectrogram in decibels, frequency upwards."""
    loudness = decibels(magnitudes(sound, 256, 16))
    ax.imshow(
        loudness, "magma", aspect="auto", origin="lower", vmin=-DECIBELS, vmax=0,
        extent=(0, 1000 * len(sound) / RATE, 0, RATE / 2000),
    )  # fmt: skip
    ax.tick_params(labelsize="small")
    ax.grid(visible=False)


def likeness(made: Array, target: Array) -> Likeness:
    """Compare sounds (..., L) by samples and by spectra."""
    length = target.shape[-1]
    return compare_sounds(made.reshape(-1, length), target.reshape(-1, length))


def table(rows: Mapping[str, Likeness]) -> str:
    """Return three distances of each as plain text."""
    head = f"{'':26}{'squared error':>14}{'convergence':>14}{'distance, dB':>14}"
    lines = [
        f"{name:26}{each.error:14.3f}{each.convergence:14.3f}{each.distance:14.2f}"
        for name, each in rows.items()
    ]
    return "\n".join([head, *lines])


def by_phase(degrees: Array) -> Array:
    """Draw the errors of a note whose phases are turned; return those of the samples."""
    likenesses = [likeness(note(angle), note()) for angle in degrees]
    errors = np.array([each.error for each in likenesses])
    _, ax = plt.subplots(figsize=(7, 3.2))
    ax.plot(degrees, errors, label="squared error of samples")
    ax.plot(degrees, [each.convergence for each in likenesses], label="spectral convergence")
    ax.axhline(1, color=GREY, linestyle=":", label="silence, by either")
    ax.plot(degrees, 2 - 2 * np.cos(np.radians(degrees)), color="0.7", linewidth=5, zorder=0,
            linestyle="-", label="$2 - 2 \\cos \\varphi$")  # fmt: skip
    ax.set(title="One note, its phases turned", xlabel="degrees", ylabel="share of the power")
    ax.set_xticks(range(0, 361, 90))
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    plt.show()
    return errors


def audio_vae(tones: Tones, steps: int = 500) -> AudioVAE:
    """Train a VAE of sounds with a code of eight numbers and a learnt prior of 100 Gaussians."""
    model = AudioVAE(
        (1, 1024), channels=(16, 32), hidden=(192,), components=100, generator=Generator(0)
    )
    fit(model, tones.train, steps, lr=2e-3, batch=64)
    return model


def reconstructed(model: AudioVAE, tones: Tones) -> dict[str, Array]:
    """Return test tones, and what a model and eight principal components make of them."""
    with minigen.no_grad():
        made = model.reconstruct(tones.test).numpy()[:, 0]
    linear = SoundComponents(tones.train[:3000, 0], model.latent)
    return {
        "original": tones.test[:, 0],
        "VAE": made,
        "PCA": linear.reconstruct(tones.test[:, 0]),
    }


def clear_share(sounds: Array) -> float:
    """Return which share of sounds has a clear pitch within a semitone of the data's range."""
    low, high = PITCHES
    pitch = metrics.find_pitch(sounds.reshape(-1, sounds.shape[-1]), RATE)
    return float(pitch.clear(low / SEMITONE, high * SEMITONE).mean())


def without_phases(sound: Array, iterations: Sequence[int]) -> tuple[Array, list[float]]:
    """Return a sound made of a spectrogram, and its distance from that after some iterations."""
    size, hop = 256, 64
    window = minigen.hann_window(size, dtype="float64").numpy()
    wanted = _magnitudes(sound, size, hop, window)
    distances, made = [], sound
    for count in iterations:
        made = np.asarray(
            griffin_lim(wanted, size, hop, window, iterations=count, momentum=0.0,
                        length=len(sound), generator=Generator(4))
        )  # fmt: skip
        found = _magnitudes(made, size, hop, window)
        distances.append(float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted)))
    return made, distances


def _magnitudes(sound: Array, size: int, hop: int, window: Array) -> Array:
    parts = np.asarray(F.stft(sound, size, hop, window=window))
    magnitude: Array = np.hypot(parts[..., 0], parts[..., 1])
    return magnitude


def phases_found(
    sound: Array, made: Array, iterations: Sequence[int], far: Sequence[float]
) -> None:
    """Draw how near the spectrogram comes, and a stretch of the two waveforms."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 2.9), width_ratios=[1, 1.6])
    left.plot(iterations, far, marker="o")
    left.set(title="distance of the magnitudes", xlabel="iterations", ylabel="share", xscale="log")
    left.minorticks_off()
    left.set_xticks(iterations, [str(count) for count in iterations])
    left.set_ylim(0)
    part = slice(100, 300)
    milliseconds = 1000 * np.arange(len(sound))[part] / RATE
    right.plot(milliseconds, sound[part], label="original")
    right.plot(milliseconds, made[part], label="made of its spectrogram")
    right.set(title="25 ms of both", xlabel="ms", ylabel="sample")
    right.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    plt.show()


def best_answers(criterion: str, steps: int = 150) -> Array:
    """Return the one sound that is best for 64 copies of a tone with phases at random."""
    time = np.arange(512) / RATE
    phases = 2 * np.pi * Generator(5).uniform((64, 1), np.float64)
    tones: Array = (0.7 * np.sin(2 * np.pi * 250 * time + phases)).astype(np.float32)
    if criterion == "squared error":
        mean: Array = tones.mean(axis=0)
        return mean
    made = minigen.tensor(0.01 * Generator(6).normal((1, 512), np.float32), requires_grad=True)
    optimizer = optim.Adam([made], lr=0.02)
    target = tones[:1]
    for _ in progress(range(steps), criterion):
        optimizer.zero_grad()
        F.multi_scale_spectral_loss(made, target, (256, 128), eps=0.05).backward()
        optimizer.step()
    found: Array = made.numpy()[0]
    return found


def answers(found: Mapping[str, Array]) -> None:
    """Draw the best answers to a tone whose phase nobody knows."""
    _, panels = plt.subplots(1, len(found), figsize=(9, 2.3), sharey=True)
    for panel, (name, sound) in zip(panels, found.items(), strict=True):
        draw_wave(panel, sound, 400)
        panel.set(title=name, xlabel="ms")
    plt.show()


# ----------------------------------------------------------------------------------------- defects


@dataclass(frozen=True)
class Cloth:
    """Pictures of a texture: good ones to learn from; and others, with their defects marked."""

    train: Array
    test: data.Defects

    @property
    def images(self) -> Array:
        """The test pictures, (N, 1, 32, 32), in [0, 1]."""
        return self.test.scaled()

    @property
    def masks(self) -> Array:
        """Where they have a defect."""
        assert self.test.masks is not None
        return self.test.masks


def load_cloth() -> Cloth:
    """Return pictures of woven cloth."""
    test = data.load("textures_weave", "test")
    assert isinstance(test, data.Defects)
    return Cloth(data.load("textures_weave").scaled(), test)


def puzzle(cloth: Cloth, count: int = 12) -> None:
    """Draw some test pictures, good and bad ones mixed, with their numbers."""
    figure, panels = plt.subplots(2, count // 2, figsize=(9.2, 3.5))
    for number, (panel, image) in enumerate(zip(panels.flat, cloth.images, strict=False)):
        panel.imshow(image[0], vmin=0, vmax=1)
        panel.set_title(str(number), fontsize="small")
        panel.axis("off")
    figure.suptitle("Which of these pieces have a defect?", fontsize="medium")
    plt.show()


def solved(cloth: Cloth, maps: Array, made: Array, chosen: Sequence[int]) -> None:
    """Draw pictures, what the network makes of them, its map over them, and what is wrong."""
    images, masks = cloth.images[chosen], cloth.masks[chosen]
    rows = {
        "picture": _grey(images),
        "network": _grey(made[chosen]),
        "map": _over(images, _contrast(maps)[chosen]),
        "truth": _over(images, 0.8 * masks),
    }
    _, panels = plt.subplots(len(rows), 1, figsize=(9.2, 1.16 * len(rows)))
    for panel, (name, row) in zip(panels, rows.items(), strict=True):
        viz.draw_images(row, columns=len(chosen), ax=panel)
        panel.set_ylabel(name, rotation=0, ha="right", va="center", fontsize="large")
    plt.show()


def _contrast(maps: Array) -> Array:
    """Return maps from 0, where nine pixels in ten lie, to 1."""
    low, high = np.quantile(maps, (0.9, 0.999))
    share: Array = np.clip((maps - low) / (high - low), 0, 1)
    return share


def _grey(images: Array) -> Array:
    return np.repeat(images, 3, axis=1).clip(0, 1)


def _over(images: Array, share: Array) -> Array:
    """Return grey images with red over them, as thick as `share` says."""
    red = np.array([0.9, 0.1, 0.1], np.float32)[None, :, None, None]
    painted: Array = (1 - 0.75 * share) * _grey(images) + 0.75 * share * red
    return painted.astype(np.float32)


def detector(
    cloth: Cloth, channels: Sequence[int] = (16, 32), steps: int = 150, **options: float
) -> AnomalyDetection:
    """Train a network that undoes blobs, on good pictures alone; the code is 16 channels wide."""
    model = AnomalyDetection((1, 32, 32), channels=channels, generator=Generator(0), **options)
    fit(model, cloth.train[:3600], steps, lr=4e-3)
    return model


def looked_at(model: AnomalyDetection, images: Array) -> tuple[Array, Array]:
    """Return what a network makes of pictures, and the maps of the differences."""
    with minigen.no_grad():
        made = np.concatenate([model.undo(some).numpy() for some in np.split(images, 10)])
    return made, np.asarray(model.anomaly_maps(images, made))


def blurred_statistics(images: Array, good: Array) -> Array:
    """Return how unusual local mean and contrast are, (N, 1, H, W), in standard deviations."""
    both, usual = (_mean_and_contrast(each) for each in (images, good))
    middle, spread = usual.mean(axis=(0, 2, 3)), usual.std(axis=(0, 2, 3))
    far: Array = np.abs((both - middle[:, None, None]) / spread[:, None, None]).max(axis=1)
    return far[:, None]


def _mean_and_contrast(images: Array) -> Array:
    mean = np.asarray(F.gaussian_blur(images, 1.5))
    square = np.asarray(F.gaussian_blur(images**2, 1.5))
    contrast: Array = np.sqrt(np.maximum(square - mean**2, 0))
    return np.concatenate([mean, contrast], axis=1)


def curve(scores: Array, bad: Array) -> tuple[Array, Array]:
    """Return the shares of good and of bad ones above every threshold, from high to low."""
    order = np.argsort(-scores.ravel())
    hits = bad.ravel()[order]
    found = np.concatenate([[0], np.cumsum(hits) / hits.sum()])
    alarms = np.concatenate([[0], np.cumsum(~hits) / (~hits).sum()])
    return alarms, found


def scores_and_curves(scores: Mapping[str, Array], bad: Array) -> None:
    """Draw the first score's histogram for good and bad ones, and the ROC curves of all."""
    _, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=[1.2, 1])
    name, first = next(iter(scores.items()))
    edges = np.linspace(first.min(), np.quantile(first, 0.995), 40)
    for chosen, label, colour in ((~bad, "good", BLUE), (bad, "bad", ORANGE)):
        left.hist(first[chosen], edges, alpha=0.6, color=colour, label=label)
    left.set(title=f"Scores by {name}", xlabel="score", ylabel="pictures")
    left.legend()
    for each, values in scores.items():
        right.plot(*curve(values, bad), label=f"{each}: {metrics.auroc(values, bad):.3f}")
    right.set(title="ROC curves, and the area under them", xlabel="share of good ones above",
              ylabel="share of bad ones above", aspect="equal")  # fmt: skip
    right.legend(fontsize="small", loc="lower right")
    plt.show()


# ------------------------------------------------------------------------------ odd pieces of cloth


class GaussianOfCloth:
    """A Gaussian of good pieces: 67 principal components, and the same noise in every pixel."""

    def __init__(self, cloth: Cloth) -> None:
        self.components = PrincipalComponents(cloth.train[:2000], 67)
        self.usual = self.unlikelihood(cloth.train[2000:3000]).mean()

    def unlikelihood(self, images: Array) -> Array:
        """Return -ln p of each picture, in nats."""
        return self.components.negative_log_likelihood(images)

    def untypical(self, images: Array) -> Array:
        """Return how far -ln p is from what good pieces have on average, either way."""
        distance: Array = np.abs(self.unlikelihood(images) - self.usual)
        return distance


def odd_pieces(cloth: Cloth, count: int = 200) -> dict[str, Array]:
    """Return good pieces; some with defects; good ones worn, and blurred; and blank ones."""
    good = cloth.images[~cloth.test.bad][:count]
    grey = np.float32(cloth.train.mean())
    grain = 0.12 * (Generator(1).uniform(good.shape, np.float32) - 0.5)
    return {
        "good": good,
        "with a defect": cloth.images[cloth.test.bad][:count],
        "worn": grey + (good - grey) / 2,
        "blurred": np.asarray(F.gaussian_blur(good, 1.0)),
        "blank": grey + grain.astype(np.float32),
    }


def odd(pieces: Mapping[str, Array], score: Callable[[Array], Array]) -> dict[str, float]:
    """Draw a piece of each kind above the scores of all; return the AUROC against good ones."""
    _, panels = plt.subplots(2, len(pieces), figsize=(9.4, 3.4), sharex="row", sharey="row",
                             height_ratios=[1.3, 1])  # fmt: skip
    scores = {name: score(images) for name, images in pieces.items()}
    everything = np.concatenate(list(scores.values()))
    edges = np.linspace(everything.min(), np.quantile(everything, 0.97), 40)
    for column, (name, images) in enumerate(pieces.items()):
        above, below = panels[:, column]
        above.imshow(images[0, 0], vmin=0, vmax=1)
        above.set_title(name)
        above.axis("off")
        below.hist(scores[name], edges, color=BLUE if name == "good" else ORANGE)
        below.set_xlabel("$-\\ln p$, nats", fontsize="small")
    panels[1, 0].set_ylabel("pieces")
    plt.show()
    return areas(pieces, score)


def areas(pieces: Mapping[str, Array], score: Callable[[Array], Array]) -> dict[str, float]:
    """Return the AUROC of each kind of odd piece against the good ones."""
    good = score(pieces["good"])
    return {
        name: metrics.auroc(
            np.concatenate([good, score(images)]), np.arange(len(good) + len(images)) >= len(good)
        )
        for name, images in pieces.items()
        if name != "good"
    }
