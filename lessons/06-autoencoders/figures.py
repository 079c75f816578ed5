"""The figures of lesson 06, and the plumbing behind them: data, training, and measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.patches import Circle, FancyArrowPatch, Polygon

import minigen
import minigen.functional as F
from minigen import data, metrics, nn, optim, viz
from minigen.course import at_most, progress
from minigen.models import Autoencoder

Images: TypeAlias = npt.NDArray[np.float32]
"""Images (N, C, H, W) with values in [0, 1]."""

Numbers: TypeAlias = npt.NDArray[Any]

TONES = [plt.get_cmap("tab10")(digit) for digit in range(10)]
"""A colour for each of the ten digits."""

viz.use_style()


# Data and training


def printed_digits() -> tuple[Images, Images, Numbers, Numbers]:
    """Return 6,000 training and 1,000 test images of printed digits, and which digits they show."""
    train, test = data.load("printed_digits", "train"), data.load("printed_digits", "test")
    x, x_test = train.scaled()[:6000].copy(), test.scaled()[:1000].copy()
    return x, x_test, train.labels[:6000], test.labels[:1000]


def coloured_shapes() -> tuple[Images, Images]:
    """Return 2,000 training and 500 test images of coloured shapes."""
    train, test = (data.load("coloured_shapes", split) for split in ("train", "test"))
    return train.scaled()[:2000].copy(), test.scaled()[:500].copy()


def train(
    model: Any,
    images: Images,
    epochs: int,
    *,
    what: str = "training",
    size: int = 128,
    rate: float = 3e-3,
    after_epoch: Callable[[Any], object] | None = None,
) -> Any:
    """Train a model on minibatches with Adam, and return it.

    The learning rate is constant for the first half, then falls to a fiftieth.
    """
    optimizer: Any = optim.Adam(model.parameters(), lr=rate)
    order, noise = np.random.default_rng(1), minigen.Generator(2)
    for epoch in progress(range(epochs), what):
        optimizer.param_groups[0]["lr"] = rate * max(0.02, min(1.0, 2 * (1 - epoch / epochs)))
        for batch in np.array_split(order.permutation(len(images)), max(1, len(images) // size)):
            optimizer.zero_grad()
            model.loss(images[batch], generator=noise).backward()
            optimizer.step()
        if after_epoch is not None:
            after_epoch(model)
    return model


# Measures


def squared_error(model: Any, images: Images, shown: Images | None = None) -> float:
    """Return the squared error of reconstructions, summed over pixels, averaged over images.

    The model is shown the images themselves, or other ones, such as noisy ones.
    """
    rebuilt = model.reconstruct(minigen.tensor(images if shown is None else shown)).numpy()
    return float(((rebuilt - images) ** 2).sum(axis=(1, 2, 3)).mean())


def decode(model: Any, codes: Numbers) -> Images:
    """Return the images that a model decodes from codes."""
    images: Images = model.decode_images(minigen.tensor(codes.astype(np.float32))).numpy()
    return images


def recognised(images: Images) -> tuple[Numbers, Numbers]:
    """Return which digit a classifier sees in each image, and how sure it is of that."""
    classifier = metrics.load_feature_extractor("printed_digits")
    probabilities = F.softmax(classifier(minigen.tensor(images))).numpy()
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def distance_to_data(images: Images, known: Images) -> Numbers:
    """Return the distance of each image to the nearest of those that are known."""
    rows, others = images.reshape(len(images), -1), known.reshape(len(known), -1)
    lengths = (others**2).sum(axis=1)
    nearest = []
    for part in np.array_split(rows, max(1, len(rows) // 500)):
        squares = (part**2).sum(axis=1)[:, None] + lengths - 2 * part @ others.T
        nearest.append(np.sqrt(np.maximum(squares.min(axis=1), 0)))
    return np.concatenate(nearest)


def usual_distance(model: Any, known: Images, unseen: Images) -> float:
    """Return the distance to the data that 1 in 20 reconstructions of unseen images exceeds."""
    rebuilt = model.reconstruct(minigen.tensor(unseen)).numpy()
    return float(np.quantile(distance_to_data(rebuilt, known), 0.95))


def ways_to_draw(codes: Numbers, count: int) -> dict[str, Numbers]:
    """Draw codes in four ways, knowing less or more of where the codes of images are."""
    draw = np.random.default_rng(3)
    codes = codes.astype(np.float64)
    latent = codes.shape[1]
    picked = codes[draw.integers(len(codes), size=count)]
    return {
        "N(0, I)": draw.normal(size=(count, latent)),
        "box": draw.uniform(codes.min(axis=0), codes.max(axis=0), (count, latent)),
        "Gaussian": draw.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), count),
        "near a code": picked + 0.2 * codes.std(axis=0) * draw.normal(size=(count, latent)),
    }


# Figures


def reconstructions(model: Any, images: Images) -> None:
    """Draw images above what a model makes of them."""
    viz.draw_images(
        {"original": images[:14], "rebuilt": model.reconstruct(minigen.tensor(images[:14]))},
        title=f"Test digits of 784 pixels, and the same from {model.latent} numbers each",
    )
    plt.show()


def rows(images: Mapping[str, Any], title: str) -> None:
    """Draw images in rows, each with its name."""
    viz.draw_images(images, title=title)
    plt.show()


def images_in_rows(images: Images, title: str) -> None:
    """Draw images in rows of 14."""
    viz.draw_images(images, columns=14, title=title)
    plt.show()


def sketch(original: Images, rebuilt: Images) -> None:
    """Draw an autoencoder: encoder, code and decoder."""
    _, ax = plt.subplots(figsize=(9, 2.9))
    for left, image in ((0, original), (9, rebuilt)):
        ax.imshow(image[0], extent=(left, left + 2, 0, 2), cmap="gray", vmin=0, vmax=1)
    boxes = (
        ([(2.6, 2), (4.7, 1.35), (4.7, 0.65), (2.6, 0)], "encoder\n$f_\\phi$"),
        ([(8.4, 2), (6.3, 1.35), (6.3, 0.65), (8.4, 0)], "decoder\n$g_\\theta$"),
    )
    for corners, text in boxes:
        ax.add_patch(Polygon(corners, facecolor="#dbe6f4", edgecolor="0.3"))
        ax.text(float(np.mean([x for x, _ in corners])), 1, text, ha="center", va="center")
    for height in (0.7, 1.0, 1.3):
        ax.add_patch(Circle((5.5, height), 0.12, facecolor=viz.COLOURS[1], edgecolor="0.3"))
    for start, end in ((2.05, 2.55), (4.75, 5.3), (5.7, 6.25), (8.45, 8.95)):
        ax.add_patch(FancyArrowPatch((start, 1), (end, 1), arrowstyle="-|>", mutation_scale=12))
    labels = ((1, "image $x$: 784 numbers"), (5.5, "code $z$: 16"), (10, "reconstruction"))
    for place, text in labels:
        ax.text(place, -0.3, text, ha="center", va="center")
    ax.set_title("An autoencoder: everything has to pass through the bottleneck in the middle")
    ax.set(xlim=(-0.2, 11.2), ylim=(-0.5, 2.2), aspect="equal")
    ax.axis("off")
    plt.show()


def draw_codes(ax: Any, codes: Numbers, labels: Numbers) -> None:
    """Draw codes of two numbers in the colours of their digits, and each digit at their median."""
    some = slice(0, 1200)  # more would hide one another, and make a large file
    tones = [TONES[digit] for digit in labels[some]]
    ax.scatter(*codes[some].T, c=tones, s=6, linewidths=0, antialiased=False)
    for digit in range(10):
        place = np.median(codes[labels == digit], axis=0)
        ax.text(
            *place,
            str(digit),
            ha="center",
            va="center",
            fontsize=13,
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": TONES[digit]},
        )
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    ax.grid(visible=False)


def latent_plane(model: Any, codes: Numbers, labels: Numbers) -> None:
    """Draw the codes of a latent space of two numbers, and what the decoder makes of its places."""
    low, high = np.quantile(codes, 0.04, axis=0), np.quantile(codes, 0.96, axis=0)
    across, down = np.linspace(low[0], high[0], 12), np.linspace(high[1], low[1], 12)
    lattice = np.stack(np.meshgrid(across, down), axis=2).reshape(-1, 2)
    canvas = viz.image_grid(decode(model, lattice), columns=12, padding=0)
    _, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4.3))
    draw_codes(left, codes, labels)
    left.set(title="The codes of the training images", xlim=(low[0], high[0]))
    left.set_ylim(low[1], high[1])
    right.imshow(canvas, extent=(low[0], high[0], low[1], high[1]), aspect="auto")
    right.set(title="What the decoder makes of each place", xlabel="$z_1$")
    right.grid(visible=False)
    plt.show()


def three_latent_spaces(
    moved: Mapping[str, Numbers], losses: Mapping[str, float], labels: Numbers
) -> None:
    """Draw the same codes after three maps of the plane, with the loss that belongs to each."""
    _, axes = plt.subplots(1, len(moved), figsize=(10.5, 3.8))
    for ax, (name, codes) in zip(axes, moved.items(), strict=True):
        draw_codes(ax, codes, labels)
        ax.add_patch(Circle((0, 0), 2, fill=False, edgecolor="black", linewidth=2, zorder=5))
        reach = float(np.quantile(np.abs(codes), 0.99))
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        ax.set_title(f"{name}: loss {losses[name]:.3f}")
    plt.show()


def by_code_length(errors: Mapping[str, Mapping[int, float]]) -> None:
    """Draw the test error of methods against the length of the code."""
    _, ax = plt.subplots()
    for (name, values), marker in zip(errors.items(), "so", strict=True):
        ax.plot(list(values), list(values.values()), marker=marker, label=name)
    ax.set(
        title="How well a digit is rebuilt from J numbers",
        xlabel="J, the length of the code",
        ylabel="squared error a test image",
        xscale="log",
        yscale="log",
    )
    lengths = list(next(iter(errors.values())))
    ax.set_xticks(lengths, [str(length) for length in lengths])
    ax.minorticks_off()
    ax.set_yticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    ax.legend()
    plt.show()


def noise_removed(levels: Numbers, errors: Mapping[str, list[float]]) -> None:
    """Draw how far from the clean image is what is left, against the noise that was added."""
    _, ax = plt.subplots()
    for (name, values), marker in zip(errors.items(), "^so", strict=True):
        ax.plot(levels, values, marker=marker, label=name)
    ax.set(
        title="How far from the clean image?",
        xlabel="standard deviation of the noise (trained with 0.4)",
        ylabel="squared error a test image",
    )
    ax.legend()
    plt.show()


def shares(in_holes: Mapping[int, Mapping[str, float]]) -> None:
    """Draw which share of the codes drawn in each way falls into a hole."""
    _, ax = plt.subplots(figsize=(7.4, 3.6))
    places = np.arange(len(next(iter(in_holes.values()))))
    for offset, (latent, values), colour in zip(
        (-0.2, 0.2), in_holes.items(), viz.COLOURS, strict=False
    ):
        bars = ax.bar(places + offset, [100 * share for share in values.values()], 0.38)
        for bar in bars:
            bar.set_facecolor(colour)
        bars.set_label(f"codes of {latent} numbers")
        ax.bar_label(bars, fmt="%.0f")
    ax.axhline(5, color="0.4", linestyle=":", label="reconstructions of test images")
    ax.set_xticks(places, list(next(iter(in_holes.values()))))
    ax.set(
        title="Draws that fall into a hole",
        xlabel="where the code is drawn from",
        ylabel="per cent",
        ylim=(0, 112),
    )
    ax.legend(loc="upper right", ncols=3, fontsize="small")
    plt.show()


def learning_curves(curves: Mapping[str, list[float]], title: str) -> None:
    """Draw squared errors against the epoch."""
    _, ax = plt.subplots()
    for name, values in curves.items():
        ax.plot(range(1, len(values) + 1), values, label=name)
    ax.set(title=title, xlabel="epoch", ylabel="squared error an image", yscale="log")
    ax.legend()
    plt.show()


# What only the deeper sections use


def linear_autoencoder(centred: Numbers, latent: int, steps: int = 600) -> tuple[Any, float]:
    """Train a linear autoencoder by descent; return it, and its squared error an image."""
    generator = minigen.Generator(0)
    model = nn.Sequential(
        nn.Dense(centred.shape[1], latent, bias=False, generator=generator),
        nn.Dense(latent, centred.shape[1], bias=False, generator=generator),
    ).to("float64")
    optimizer: Any = optim.Adam(model.parameters(), lr=1e-2)
    rows_of_data = minigen.tensor(centred)
    for step in progress(range(steps), "a linear autoencoder"):
        optimizer.param_groups[0]["lr"] = 1e-2 * (1 - step / steps)
        loss = F.mse_loss(model(rows_of_data), rows_of_data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, F.mse_loss(model(rows_of_data), rows_of_data).item()


class NoisyMoons:
    r"""Two moons with more noise: the density is known, and so is the best denoiser.

    A clean point lies on one of two arcs, plus noise of standard deviation :math:`\sigma_0`; a
    noisy one has `noise` added. Given the arc's point, the clean one lies the share
    :math:`\sigma_0^2 / (\sigma_0^2 + s^2)` of the way from it to the noisy one, on average.
    """

    def __init__(self, noise: float) -> None:
        moons = data.load("two_moons", "train")
        self.points, self.sigma, self.noise = moons.points, moons.sigma, noise
        self.variance = moons.sigma**2 + noise**2
        angle = (np.arange(500) + 0.5) * np.pi / 500
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
        self.arcs = np.concatenate([upper, lower])

    def log_density(self, noisy: Numbers) -> Numbers:
        """Return the logarithm of the density of noisy points."""
        exponents = -((noisy[:, None] - self.arcs) ** 2).sum(axis=2) / (2 * self.variance)
        largest = exponents.max(axis=1)
        total = np.exp(exponents - largest[:, None]).sum(axis=1)
        log: Numbers = largest + np.log(total / (len(self.arcs) * 2 * np.pi * self.variance))
        return log

    def best_denoiser(self, noisy: Numbers) -> Numbers:
        """Return the mean of the clean points that noisy ones may have come from."""
        exponents = -((noisy[:, None] - self.arcs) ** 2).sum(axis=2) / (2 * self.variance)
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        kept = self.sigma**2 / self.variance
        mean: Numbers = (1 - kept) * weights @ self.arcs + kept * noisy
        return mean

    def trained_denoiser(self, steps: int = 2500) -> Callable[[Numbers], Numbers]:
        """Train a network on pairs of noisy and clean points; return it as a function."""
        layers: list[nn.Module] = []
        for before, after in ((2, 64), (64, 64), (64, 2)):
            layers += [nn.Dense(before, after, generator=minigen.Generator(before)), nn.Tanh()]
        network = nn.Sequential(*layers[:-1])
        optimizer: Any = optim.Adam(network.parameters(), lr=1e-2)
        draw = np.random.default_rng(2)
        for step in progress(range(steps), "a denoiser of points"):
            optimizer.param_groups[0]["lr"] = 1e-2 * (1 - step / steps)
            clean = self.points[draw.integers(len(self.points), size=256)]
            noisy = clean + self.noise * draw.normal(size=clean.shape)
            output = network(minigen.tensor(noisy.astype(np.float32)))
            loss = F.mse_loss(output, minigen.tensor(clean))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return lambda points: network(minigen.tensor(points.astype(np.float32))).numpy()

    def draw(self, denoisers: Mapping[str, Callable[[Numbers], Numbers]]) -> None:
        """Draw the corrections of denoisers as arrows, over the density of noisy points."""
        across, up = np.linspace(-1.6, 2.6, 140), np.linspace(-1.15, 1.65, 94)
        plane = np.stack(np.meshgrid(across, up), axis=2).reshape(-1, 2)
        density = np.exp(self.log_density(plane)).reshape(len(up), len(across))
        coarse = np.meshgrid(np.linspace(-1.4, 2.4, 18), np.linspace(-1, 1.5, 12))
        places = np.stack(coarse, axis=2).reshape(-1, 2)
        _, axes = plt.subplots(1, 2, figsize=(10, 3.7), sharey=True)
        for ax, (name, denoiser) in zip(axes, denoisers.items(), strict=True):
            ax.contourf(across, up, density, 6, cmap="YlGnBu", vmax=1.5 * density.max())
            shift = (denoiser(places) - places).T
            ax.quiver(*places.T, *shift, angles="xy", scale_units="xy", scale=2.5, width=0.005)
            ax.set(title=name, xlabel="first number", aspect="equal")
            ax.grid(visible=False)
        axes[0].set_ylabel("second number")
        plt.show()


def rectified_codes(images: Images, epochs: int = 12) -> Numbers:
    """Train an autoencoder whose code goes through a ReLU.

    Return which of its 16 units were 0 for all images, after each epoch.
    """
    model = Autoencoder((1, 28, 28), hidden=(128,), latent=16, generator=minigen.Generator(1))
    optimizer, draw = optim.Adam(model.parameters(), lr=2e-3), np.random.default_rng(0)

    def code_of(some: Images) -> Any:
        return F.relu(model.encode(minigen.tensor(some)))

    dead = []
    for _ in range(at_most(epochs)):
        for batch in np.array_split(draw.permutation(len(images)), len(images) // 64):
            target = minigen.tensor(images[batch].reshape(len(batch), -1))
            output = model.decode(code_of(images[batch]))
            loss = F.binary_cross_entropy_with_logits(output, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        dead.append(code_of(images).numpy().max(axis=0) <= 0)
    return np.array(dead)
