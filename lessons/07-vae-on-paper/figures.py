"""The figures of lesson 07, and the plumbing behind them: models, integrals, and training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.patches import Circle, Rectangle

import minigen
import minigen.functional as F
from minigen import Generator, data, optim, viz
from minigen.course import figures, progress
from minigen.models import VAE

Numbers: TypeAlias = npt.NDArray[Any]
Loss: TypeAlias = Callable[[Any], Any]
"""A loss of a minibatch."""

autoencoders = figures("06")
printed_digits, train_images = autoencoders.printed_digits, autoencoders.train
decode, recognised = autoencoders.decode, autoencoders.recognised
rows, images_in_rows = autoencoders.rows, autoencoders.images_in_rows

viz.use_style()


# Points of the plane, and mixtures

CORNER = np.array([1.5, 1.25])
"""Shifts the moons into the unit square, once they are divided by 4."""

SIDE = np.linspace(0, 1, 101)
PLANE = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)


def points_of(split: str, count: int) -> tuple[Numbers, Numbers]:
    """Return points of the two moons in the unit square, and which moon each belongs to."""
    moons = data.load("two_moons", split)
    return (moons.points[:count] + CORNER) / 4, moons.labels[:count]


def log_gaussian(x: Numbers, centres: Numbers, s: float) -> Numbers:
    """Return ln N(x; c, s^2 I) for each of N points and K centres: (N, K)."""
    squares = (x**2).sum(1)[:, None] - 2 * x @ centres.T + (centres**2).sum(1)
    log: Numbers = -squares / (2 * s**2) - x.shape[1] / 2 * math.log(2 * math.pi * s**2)
    return log


def log_mean_exp(a: Numbers) -> Numbers:
    """Return the logarithm of the mean of exp(a) along the last axis, without underflow."""
    largest = a.max(axis=-1)
    log: Numbers = largest + np.log(np.exp(a - largest[..., None]).mean(axis=-1))
    return log


def arc(shares: Any) -> Numbers:
    """Return points of the upper moon's arc: share 0 is its right end, 1 its left end."""
    angles = np.pi * np.asarray(shares)
    points: Numbers = (np.stack([np.cos(angles), np.sin(angles)], axis=1) + CORNER) / 4
    return points


def _shade(ax: Any, density: Numbers) -> None:
    """Draw a density over the plane, the denser the darker."""
    ax.contourf(SIDE, SIDE, density.reshape(len(SIDE), len(SIDE)), 7, cmap="YlGnBu")
    ax.set_aspect("equal")


def mixtures(upper: Numbers, counts: Sequence[int] = (6, 24, 1000)) -> list[float]:
    """Draw mixtures of Gaussians along an arc; return the mean of ln p(x) under each."""
    found, s = [], 0.05 / 4
    _, axes = plt.subplots(1, len(counts), figsize=(10, 3.2), sharey=True)
    for ax, count in zip(axes, counts, strict=True):
        centres = arc((np.arange(count) + 0.5) / count)
        found.append(float(log_mean_exp(log_gaussian(upper, centres, s)).mean()))
        density = np.exp(log_mean_exp(log_gaussian(PLANE, centres, s)))
        _shade(ax, density)
        ax.plot(*upper[:150].T, ".", color=viz.COLOURS[1], markersize=2.5)
        ax.set(title=f"{count} Gaussians: {found[-1]:.2f} nats a point", xlabel="$x_1$")
        ax.set(xlim=(0.05, 0.75), ylim=(0.2, 0.7))
        ax.grid(visible=False)
    axes[0].set_ylabel("$x_2$")
    plt.show()
    return found


class LinearModel:
    """Probabilistic principal component analysis of 8x8 digits: its likelihood is known.

    The latent variables z are standard normal, and an image is N(m + W z, s^2 I).
    """

    def __init__(self, latent: int) -> None:
        images = data.load("digits", "train").scaled().reshape(-1, 64).astype(np.float64)
        self.mean = images.mean(axis=0)
        variances, directions = np.linalg.eigh(np.cov(images.T))
        noise = variances[:-latent].mean()
        self.W = directions[:, -latent:] * np.sqrt(variances[-latent:] - noise)
        self.s = math.sqrt(noise)

    def log_density(self, x: Numbers) -> Numbers:
        """Return ln p(x), exactly."""
        covariance = self.W @ self.W.T + self.s**2 * np.eye(64)
        centred = x - self.mean
        scaled = (centred @ np.linalg.inv(covariance) * centred).sum(axis=1)
        log: Numbers = -0.5 * (scaled + np.linalg.slogdet(2 * np.pi * covariance)[1])
        return log

    def log_density_by_draws(self, x: Numbers, draws: int) -> Numbers:
        """Return the logarithm of the mean of p(x | z) over draws of z from the prior."""
        z = np.random.default_rng(0).normal(size=(draws, self.W.shape[1]))
        return log_mean_exp(log_gaussian(x, self.mean + z @ self.W.T, self.s))

    def log_weight_of_one_draw(self, x: Numbers) -> Numbers:
        """Return ln p(z) p(x | z) / p(z | x), for one draw of z from the true posterior."""
        latent = self.W.shape[1]
        inverse = np.linalg.inv(self.W.T @ self.W + self.s**2 * np.eye(latent))
        root = np.linalg.cholesky(self.s**2 * inverse)
        noise = np.random.default_rng(1).normal(size=(len(x), latent))
        z = (x - self.mean) @ self.W @ inverse + noise @ root.T
        log_likelihood = np.diag(log_gaussian(x, self.mean + z @ self.W.T, self.s))
        log_posterior = -0.5 * (noise**2).sum(axis=1) - np.log(np.diag(root)).sum()
        log: Numbers = -0.5 * (z**2).sum(axis=1) + log_likelihood - log_posterior
        return log


def draws_from_the_prior(sizes: Sequence[int] = (1, 2, 4, 8, 16, 32)) -> dict[int, list[float]]:
    """Draw how much of ln p(x) draws from the prior miss; return it, by the number of draws."""
    x = data.load("digits", "test").scaled().reshape(-1, 64).astype(np.float64)[:40]
    models = [LinearModel(latent) for latent in sizes]
    _, ax = plt.subplots()
    missing = {}
    for draws, marker in zip((100, 10_000), "os", strict=True):
        missing[draws] = [
            float((model.log_density(x) - model.log_density_by_draws(x, draws)).mean())
            for model in models
        ]
        ax.plot(sizes, missing[draws], marker=marker, label=f"{draws:,} draws from the prior")
    ax.axhline(0, color="0.3", linewidth=1, linestyle="-")
    ax.set(
        title="Nearly all draws explain another image",
        xlabel="latent variables J",
        ylabel="nats missing in the estimate of ln p(x)",
        xscale="log",
    )
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    return missing


def normal(z: Any, mu: Any = 0.0, s: Any = 1.0) -> Any:
    """Return the density of N(mu, s^2)."""
    return np.exp(-((z - mu) ** 2) / (2 * s**2)) / (math.sqrt(2 * math.pi) * s)


def sketch() -> None:
    """Draw what prior, decoder, and encoder say of a point on an arc."""
    line = np.linspace(-3.2, 3.2, 200)
    curve = arc([0.5 * (1 - math.erf(z / math.sqrt(2))) for z in line])
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
    left.plot(line, normal(line), label="prior $p(z)$")
    left.plot(line, normal(line, 0.55, 0.16) / 4, label=r"$q_\phi(z \mid x)$, a quarter of it")
    left.set(title="Latent variable", xlabel="z", ylabel="density", ylim=(0, 0.78))
    left.legend(loc="upper left", fontsize="small")
    right.plot(*curve.T, label=r"means $f_\theta(z)$ for all z")
    for z in (-1, 0, 1):
        place = arc([0.5 * (1 - math.erf(z / math.sqrt(2)))])[0]
        right.add_patch(Circle(place, 0.025, color=viz.COLOURS[0], alpha=0.25))
        right.annotate(f"z = {z}".replace("-", "−"), place, (6, -16), textcoords="offset points")
    near = np.abs(line - 0.55) < 0.32
    right.plot(*curve[near].T, linewidth=5, alpha=0.7, label="where $q$ looks")
    right.plot(0.486, 0.545, "k*", markersize=11, linestyle="", label="x")
    right.set(title="Data", xlabel="$x_1$", ylabel="$x_2$", xlim=(0.05, 0.75), ylim=(0.2, 0.65))
    right.legend(loc="lower center", fontsize="small")
    plt.show()


# A VAE of points, whose integrals are sums over a grid

GRID = np.linspace(-8, 8, 1601)[:, None]
"""Values of the one latent variable."""

STEP = float(GRID[1, 0] - GRID[0, 0])

NODES = np.arange(-8, 8.05, 0.1)
"""Values of the noise."""

WEIGHTS = normal(NODES) * 0.1
"""The share of the noise near each of them."""


def small_vae(seed: int, hidden: Sequence[int] = (64, 64)) -> Any:
    """Return a VAE of points with one latent variable, in float64."""
    options = {"latent": 1, "decoder": "gaussian", "activation": "tanh"}
    return VAE((1, 1, 2), hidden=hidden, **options, generator=Generator(seed)).to("float64")


def decoder_of(model: Any) -> list[Any]:
    """Return the parameters of a VAE's decoder."""
    starts = ("dec", "to_p", "pix")
    return [p for name, p in model.named_parameters() if name.startswith(starts)]


def encoder_of(model: Any) -> list[Any]:
    """Return the parameters of a VAE's encoder."""
    starts = ("enc", "to_m", "to_l")
    return [p for name, p in model.named_parameters() if name.startswith(starts)]


def log_joint(model: Any, x: Numbers, z: Numbers = GRID) -> Any:
    """Return ln p(z) + ln p(x | z) for N points and G values of z, a tensor (N, G)."""
    shape = (len(x), len(z), 2)
    output = F.broadcast_to(F.reshape(model.decode(z), (1, len(z), 2)), shape)
    targets = np.broadcast_to(x[:, None], shape)
    likelihood = -model.pixels.negative_log_likelihood(output, targets, "none").sum(-1)
    return likelihood + F.log_normal(z[:, 0])


def log_evidence(model: Any, x: Numbers, z: Numbers = GRID) -> Any:
    """Return ln p(x) of N points: the logarithm of the integral of p(z) p(x | z)."""
    return F.logsumexp(log_joint(model, x, z), axis=1) + math.log(z[1, 0] - z[0, 0])


def elbo(
    model: Any, x: Numbers, deviation: Callable[[Any], Any] = lambda logvar: F.exp(0.5 * logvar)
) -> Numbers:
    """Return the ELBO of each point: the library's terms, with the noise integrated out."""
    with minigen.no_grad():
        mu, logvar = model.encode(x)
        output = model.decode(mu + deviation(logvar) * NODES[:, None, None])
        targets = np.broadcast_to(x, output.shape)
        losses = model.pixels.negative_log_likelihood(output, targets, "none").sum(-1).numpy()
        kl = F.kl_standard_normal(mu, logvar, "none").numpy().sum(-1)
    bound: Numbers = -WEIGHTS @ losses - kl
    return bound


def posterior(model: Any, x: Numbers) -> Numbers:
    """Return the true p(z | x) on the grid, (N, G)."""
    with minigen.no_grad():
        joint = log_joint(model, x).numpy()
        found: Numbers = np.exp(joint - log_evidence(model, x).numpy()[:, None])
    return found


def approximate_posterior(model: Any, x: Numbers) -> Numbers:
    """Return the encoder's q(z | x) on the grid, (N, G)."""
    with minigen.no_grad():
        mu, logvar = (row.numpy() for row in model.encode(x))
    found: Numbers = normal(GRID[:, 0], mu, np.exp(logvar / 2))
    return found


def kl_to_posterior(model: Any, x: Numbers) -> Numbers:
    """Return KL(q(z | x) || p(z | x)) of each point, by its definition."""
    q = approximate_posterior(model, x)
    with minigen.no_grad():
        log_p = log_joint(model, x).numpy() - log_evidence(model, x).numpy()[:, None]
    log_q = np.log(np.where(q > 0, q, 1))  # 0 ln 0 is 0
    kl: Numbers = (q * (log_q - log_p)).sum(axis=1) * STEP
    return kl


def three_terms(model: Any, x: Numbers) -> list[float]:
    """Return the means of ln p(x), of the ELBO, and of the divergence between them."""
    with minigen.no_grad():
        evidence = log_evidence(model, x).numpy()
    return [float(part.mean()) for part in (evidence, elbo(model, x), kl_to_posterior(model, x))]


def train(
    loss: Loss,
    parameters: Iterable[Any],
    x: Numbers,
    epochs: int,
    rate: float,
    *,
    watch: Callable[[], Any] = lambda: None,
    what: str = "training",
) -> list[Any]:
    """Descend on the loss of minibatches; return what `watch` saw before each epoch, and after."""
    optimizer, seen = optim.Adam(parameters, lr=rate), []
    batches = data.Batches(x, 100, shuffle=True, generator=Generator(7))
    for _ in progress(range(epochs), what):
        seen.append(watch())
        for batch in batches:
            optimizer.zero_grad()
            loss(batch).backward()
            optimizer.step()
    return [*seen, watch()]


def negative_elbo(model: Any, seed: int = 3) -> Loss:
    """Return the library's loss of a VAE, as a function of the minibatch."""
    generator = Generator(seed)
    return lambda batch: model.terms(batch, generator=generator)["loss"]


def exact_model(x: Numbers, epochs: int = 30) -> Any:
    """Return a VAE whose decoder maximises ln p(x) itself, by the sum over a coarse grid."""
    model = small_vae(seed=0)
    with minigen.no_grad():
        model.pixels.logvar.copy_(np.array([2 * math.log(0.15 / 4)]))  # begin with little noise
    train(
        lambda batch: -log_evidence(model, batch, GRID[::4]).mean(),
        decoder_of(model),
        x,
        epochs,
        3e-3,
        what="exact likelihood",
    )
    return model


def _density(ax: Any, model: Any, x: Numbers, title: str) -> None:
    """Draw the density of a model, the curve of its means, and points."""
    with minigen.no_grad():
        parts = np.array_split(PLANE, 20)
        log = np.concatenate([log_evidence(model, part, GRID[::8]).numpy() for part in parts])
        curve = model.pixels.mean(model.decode(GRID[abs(GRID[:, 0]) < 3])).numpy()
    _shade(ax, np.exp(log))
    ax.plot(*curve.T, color=viz.COLOURS[1], linewidth=1.5, linestyle="-")
    ax.plot(*x.T, ".", color=viz.COLOURS[0], markersize=2)
    ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$", xlim=(0.05, 0.95), ylim=(0.1, 0.65))
    ax.grid(visible=False)


def density_and_draws(model: Any, x: Numbers) -> None:
    """Draw a model's density, and 1,000 points drawn from it."""
    draw = np.random.default_rng(0)
    with minigen.no_grad():
        means = model.pixels.mean(model.decode(draw.normal(size=(1000, 1)))).numpy()
    drawn = means + math.exp(model.pixels.logvar.item() / 2) * draw.normal(size=means.shape)
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
    _density(left, model, x, "The density, the curve, and test points")
    right.plot(*drawn.T, ".", color=viz.COLOURS[0], markersize=2)
    right.set(title="1,000 new points: z from the prior, then x", xlabel="$x_1$", aspect="equal")
    right.set(xlim=(0.05, 0.95), ylim=(0.1, 0.65))
    plt.show()


def _bound(ax: Any, course: Numbers, title: str) -> None:
    """Draw ln p(x), the ELBO, and the divergence between them, against the epoch."""
    epochs = np.arange(len(course))
    ax.plot(epochs, course[:, 0], label="ln p(x)")
    ax.plot(epochs, course[:, 1], label="ELBO")
    label = "KL(q ‖ p(z | x))"
    ax.fill_between(epochs, course[:, 1], course[:, 0], color="#f3dcc0", label=label)
    low = float(np.sort(course[:, 1])[min(1, len(course) - 1)])
    ax.set(title=title, xlabel="epoch", ylabel="nats a point")
    ax.set(ylim=(low - 1, float(course[:, 0].max()) + 1))
    ax.legend(loc="lower right")


def the_identity(course: Numbers, difference: Numbers, gap: Numbers) -> None:
    """Draw how ELBO and divergence change in training, and both sides of the identity."""
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
    _bound(left, course, "The decoder is fixed, the encoder learns")
    order = np.argsort(gap)
    right.bar(np.arange(len(gap)), gap[order], 1.0, color="#f3dcc0", label="KL(q ‖ p(z | x))")
    right.plot(difference[order], color=viz.COLOURS[0], linestyle="--", label="ln p(x) − ELBO")
    right.set(title="At the end, for each test point", ylabel="nats", yscale="log")
    right.set(xlabel="test points, smallest divergence first", ylim=(1e-4, None))
    right.legend()
    plt.show()


def three_posteriors(model: Any, x: Numbers, gap: Numbers) -> None:
    """Draw both posteriors of three points: least gap, widest posterior, largest gap."""
    true, approximate = posterior(model, x), approximate_posterior(model, x)
    means = true @ GRID[:, 0] * STEP
    widths = true @ GRID[:, 0] ** 2 * STEP - means**2
    with minigen.no_grad():
        curve = model.pixels.mean(model.decode(GRID[abs(GRID[:, 0]) < 3])).numpy()
    _, axes = plt.subplots(1, 4, figsize=(11, 2.9), width_ratios=(1.4, 1, 1, 1))
    axes[0].plot(*curve.T, color="0.6", linewidth=1.5, linestyle="-")
    axes[0].set(title="The curve, and three points", xlabel="$x_1$", ylabel="$x_2$")
    for number, point in enumerate((gap.argmin(), widths.argmax(), gap.argmax()), 1):
        ax = axes[number]
        axes[0].plot(*x[point], "k*", markersize=9)
        axes[0].annotate(str(number), x[point], (5, 5), textcoords="offset points")
        ax.plot(GRID, true[point], label=r"$p(z \mid x)$")
        ax.plot(GRID, approximate[point], label=r"$q(z \mid x)$")
        seen = GRID[(true[point] > 0.02) | (approximate[point] > 0.02), 0]
        ax.set(title=f"Point {number}: KL {gap[point]:.2g} nats", xlabel="z")
        ax.set_xlim(seen.min() - 0.3, seen.max() + 0.3)
    axes[1].set_ylabel("density")
    axes[1].legend(fontsize="small")
    plt.show()


def the_price(course: Numbers, moved_from: int, model: Any, x: Numbers) -> None:
    """Draw bound and likelihood before and after the decoder moves, too, and where it goes."""
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5))
    _bound(left, course, "Bound and likelihood")
    left.axvline(moved_from, color="0.5", linestyle=":", linewidth=1)
    note = {"xytext": (4, 0), "textcoords": "offset points", "fontsize": "small"}
    left.annotate("decoder moves", (moved_from, 0.9), xycoords=("data", "axes fraction"), **note)
    _density(right, model, x, "After training both networks on the ELBO")
    plt.show()


# Two gradients through a draw


def _gradients(result: Any, parameters: Sequence[Any], *cotangent: Any) -> Numbers:
    """Return the gradients by all parameters, in one row."""
    found: Any = minigen.grad(result, parameters, *cotangent)
    return np.concatenate([gradient.numpy().ravel() for gradient in found])


def estimates(k: float, count: int, seed: int) -> dict[str, Numbers]:
    """Return single-draw estimates of d/d mu E[(z - k)^2] at mu = 1, sigma = 1, by three ways."""
    mu = minigen.tensor(np.full(count, 1.0), requires_grad=True)
    z = F.reparameterize(mu, np.zeros(count), generator=Generator(seed))
    slopes = _gradients((z - k) ** 2, [mu], np.ones(count))
    score = _gradients(F.log_normal(z.numpy(), mu), [mu], np.ones(count))
    values = (z.numpy() - k) ** 2
    baseline = (values * score**2).mean()
    return {
        "reparameterised": slopes,
        "score function": values * score,
        "with a baseline": (values - baseline) * score,
    }


def noise_of_gradients() -> None:
    """Draw single-draw estimates, and their variances, derived and measured."""
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), width_ratios=(1.1, 1))
    names, ks = ("reparameterised", "score function"), (1, 0, -3)
    for place, k in enumerate(ks):
        found = estimates(k, 20_000, 5)
        for shift, colour, name in zip((-0.19, 0.19), viz.COLOURS, names, strict=False):
            drawn = np.clip(found[name], -60, 90)
            violin = left.violinplot(drawn, [place + shift], widths=0.36, showextrema=False)
            violin["bodies"][0].set(facecolor=colour, alpha=0.85, edgecolor="none")
        left.plot([place - 0.4, place + 0.4], [2 * (1 - k)] * 2, "k-", linewidth=1)
    left.set(title="Single draws; black: the gradient", ylabel="estimate", ylim=(-25, 75))
    left.set_xticks(range(3), [f"k = {k}".replace("-", "−") for k in ks])
    handles = [Rectangle((0, 0), 1, 1, color=colour) for colour in viz.COLOURS[:2]]
    left.legend(handles, names, loc="upper left", fontsize="small")
    d, measured = np.linspace(0, 6, 100), range(7)
    derived = (4 + 0 * d, d**4 + 14 * d**2 + 15, 8 * d**2 + 6)
    found_at = [estimates(1 - distance, 100_000, 40 + distance) for distance in measured]
    for name, line, colour, marker in zip(found_at[0], derived, viz.COLOURS, "osD", strict=False):
        variances = [found[name].var() for found in found_at]
        right.semilogy(d, line, color=colour)
        right.semilogy(measured, variances, marker, color=colour, linestyle="", label=name)
    right.set(title="Lines derived, marks measured", xlabel=r"$d = \mu - k$", ylabel="variance")
    right.legend(fontsize="small")
    plt.show()


def gradient_noise(model: Any, loss: Loss, images: Any, repeats: int = 50) -> float:
    """Return the variance of the encoder's gradient for one minibatch, all weights together."""
    encoder, rounds = encoder_of(model), progress(range(repeats), "the noise of a gradient")
    gradients = [_gradients(loss(images), encoder) for _ in rounds]
    return float(np.var(gradients, axis=0).sum())


def negative_elbos(curves: Mapping[str, Sequence[float]]) -> None:
    """Draw negative ELBOs against the epoch."""
    _, ax = plt.subplots()
    for name, values in curves.items():
        ax.plot(range(1, len(values) + 1), values, marker="o", label=name)
    ax.set(title="The same VAE, trained with three gradients", xlabel="epoch")
    ax.set(ylabel="negative ELBO of test images, nats")
    ax.legend()
    plt.show()
