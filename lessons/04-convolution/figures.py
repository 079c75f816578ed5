"""The figures of lesson 04, and the networks that are trained for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.patches import Rectangle

import minigen
import minigen.functional as F
from minigen import data, nn, optim, viz
from minigen.course import at_most, progress

Array = npt.NDArray[Any]

_SIGNED = "PuOr"
"""The colours of numbers of both signs: orange below 0, white at 0, violet above."""

# Digits that are moved. They stand on paper of 28 by 36 pixels, two from its left edge.

HEIGHT, PAPER, LEFT = 28, 36, 2
MOVES: Final = range(7)
IMAGES, BATCH = 2000, 50


def _digits(part: str, count: int) -> tuple[Array, Array]:
    split = data.load("printed_digits", part)
    return (split.images[:count] / 255).astype(np.float32), split.labels[:count]


def placed(digits: Array, right: int = 0) -> Array:
    """Return digits of 28 by 28 pixels on wider paper, moved to the right."""
    images = np.zeros((len(digits), 1, HEIGHT, PAPER), np.float32)
    images[..., LEFT + right : LEFT + right + HEIGHT] = digits
    return images


DIGITS, LABELS = _digits("train", IMAGES)
TEST_DIGITS, TEST_LABELS = _digits("test", 500)


def learn(model: nn.Module, images: Array, epochs: int) -> nn.Module:
    """Train a network to read digits."""
    optimizer, order = optim.Adam(model.parameters(), lr=3e-3), np.random.default_rng(1)
    for _ in range(at_most(epochs)):
        batches = np.split(order.permutation(IMAGES), IMAGES // BATCH)
        for batch in batches[: at_most(len(batches))]:
            logits = model(minigen.tensor(images[batch]))
            loss = F.cross_entropy(logits, minigen.tensor(LABELS[batch]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


def _answers(model: nn.Module, images: Array) -> Array:
    return np.asarray(model(minigen.tensor(images)).numpy().argmax(axis=1))


def by_moves(model: nn.Module) -> Array:
    """Return the share of test digits that are recognised, for each move to the right."""
    return np.array(
        [np.mean(_answers(model, placed(TEST_DIGITS, move)) == TEST_LABELS) for move in MOVES]
    )


def dense_network() -> nn.Module:
    """Return a network of two dense layers."""
    generator = minigen.Generator(0)
    first = nn.Dense(HEIGHT * PAPER, 64, generator=generator)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Dense(64, 10, generator=generator))


def conv_network(pool: bool) -> nn.Module:
    """Return a network of two convolutions, with or without max pooling between.

    It ends with the maximum of each channel over the whole image, and a dense layer.
    """
    generator = minigen.Generator(0)
    first = [nn.Conv2d(1, 8, 3, padding=1, generator=generator), nn.ReLU()]
    middle = [nn.MaxPool2d(2)] if pool else []
    second = [nn.Conv2d(8, 24, 3, padding=1, generator=generator), nn.ReLU()]
    whole = (HEIGHT // 2, PAPER // 2) if pool else (HEIGHT, PAPER)
    last = [nn.MaxPool2d(whole), nn.Flatten(), nn.Dense(24, 10, generator=generator)]
    return nn.Sequential(*first, *middle, *second, *last)


def moved_digits() -> Array:
    """Train a dense network; draw what it takes moved digits for; return the shares by move."""
    model = learn(dense_network(), placed(DIGITS), 6)
    shares = by_moves(model)
    shown = (0, 2, 4, 6)
    figure, axes = plt.subplots(4, 8, figsize=(9, 4.1))
    for row, move in zip(axes, shown, strict=True):
        images = placed(TEST_DIGITS[: len(row)], move)
        answers = _answers(model, images)
        for ax, image, answer, label in zip(row, images, answers, TEST_LABELS, strict=False):
            ax.imshow(image[0])
            _bare(ax)
            colour = viz.COLOURS[0] if answer == label else viz.COLOURS[1]
            ax.set_xlabel(str(answer), color=colour, fontweight="bold", labelpad=1)
        row[0].set_ylabel(f"moved {move}\n{shares[move]:.0%} right", rotation=0, ha="right")
    figure.suptitle("Test digits, moved to the right, and the network's answers (orange: wrong)")
    plt.show()
    return shares


def shuffled_share() -> float:
    """Train the dense network on images whose pixels are shuffled, all alike; return its share."""
    order = np.random.default_rng(0).permutation(HEIGHT * PAPER)

    def shuffled(images: Array) -> Array:
        return images.reshape(len(images), -1)[:, order].reshape(images.shape)

    model = learn(dense_network(), shuffled(placed(DIGITS)), 6)
    return float(np.mean(_answers(model, shuffled(placed(TEST_DIGITS))) == TEST_LABELS))


def three_networks(dense: Array) -> tuple[dict[str, Array], nn.Module]:
    """Train two convolutional networks; draw all shares by move.

    Returns
    -------
    shares : dict
        By the network's name, for each move.
    model : Module
        The network without pooling between its convolutions.
    """
    models = {"no pooling between": conv_network(pool=False), "pooling": conv_network(pool=True)}
    shares = {"dense": dense}
    for name, model in progress(models.items(), "two networks"):
        shares[name] = by_moves(learn(model, placed(DIGITS), 6))
    _, ax = plt.subplots()
    for marker, (name, share) in zip("osD", shares.items(), strict=True):
        label = name if name == "dense" else f"convolutional, {name}"
        ax.plot(MOVES, share, marker=marker, label=label)
    ax.axhline(0.1, color="0.6", linewidth=1, linestyle=":")
    ax.set(
        title="Trained on digits at one place, tested at others",
        xlabel="moved to the right, pixels",
        ylabel="share of test digits right",
        ylim=(0, 1.02),
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 0.1))
    plt.show()
    return shares, models["no pooling between"]


def learnt_kernels(model: nn.Module) -> None:
    """Draw the kernels of the first layer, and where each finds something in a digit."""
    first: Any = next(iter(model.children()))
    kernels = first.weight.numpy()[:, 0]
    found = F.relu(first(minigen.tensor(placed(TEST_DIGITS[4:5], 3)))).numpy()[0]
    figure, axes = plt.subplots(2, len(kernels), figsize=(9, 2.4))
    for column, kernel, response in zip(axes.T, kernels, found, strict=True):
        largest = abs(kernel).max()
        column[0].imshow(kernel, cmap=_SIGNED, vmin=-largest, vmax=largest)
        column[1].imshow(response, vmin=0)
        for ax in column:
            _bare(ax)
    axes[0, 0].set_ylabel("kernel")
    axes[1, 0].set_ylabel("found")
    figure.suptitle("The kernels of the first layer, and where each finds something (white: much)")
    plt.show()


# What a convolution is.


def coloured_pictures(count: int) -> Array:
    """Return coloured pictures of 32 by 32 pixels, with values from 0 to 1."""
    return np.asarray(data.load("coloured_shapes").images[:count] / 255, np.float32)


def kernels_on_a_picture() -> tuple[float, float]:
    """Draw a coloured picture, two kernels, and what they find.

    Returns
    -------
    by_hand, found : float
        What the first kernel makes of the marked window: the sum of products, and the library's.
    """
    picture = coloured_pictures(20)[2]
    kernels = {
        "bright below": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
        "bright right": np.array([[-1, 0, 1]] * 3),
    }
    maps = {}
    for name, kernel in kernels.items():  # the same for each of the three colours
        weight = np.broadcast_to(kernel, (1, 3, 3, 3)).astype(np.float32)
        maps[name] = F.conv2d(picture[None], weight)[0, 0]
    first = maps["bright below"]
    row, column = (int(i) for i in np.unravel_index(first.argmax(), first.shape))
    mark: dict[str, Any] = {"fill": False, "edgecolor": "black", "linewidth": 2}
    _, axes = plt.subplots(1, 5, figsize=(9, 2.5), width_ratios=(1, 0.45, 1, 0.45, 1))
    axes[0].imshow(picture.transpose(1, 2, 0))
    axes[0].set_title("picture 32 × 32")
    axes[0].add_patch(Rectangle((column - 0.5, row - 0.5), 3, 3, **mark))
    for place, (name, kernel) in zip((1, 3), kernels.items(), strict=True):
        axes[place].imshow(kernel, cmap=_SIGNED, vmin=-1.5, vmax=1.5)
        for (i, j), number in np.ndenumerate(kernel):
            text = str(number).replace("-", "−")
            axes[place].text(j, i, text, ha="center", va="center")
        axes[place].set_title("kernel 3 × 3")
        largest = abs(maps[name]).max()
        axes[place + 1].imshow(maps[name], cmap=_SIGNED, vmin=-largest, vmax=largest)
        axes[place + 1].add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **mark))
        axes[place + 1].set_title(name)
    for ax in axes:
        _bare(ax)
    plt.show()
    window = picture[:, row : row + 3, column : column + 3]
    return float((window * kernels["bright below"]).sum()), float(first[row, column])


def matrix_of(kernel: Array, size: tuple[int, int], stride: int, padding: int) -> Array:
    """Return the matrix A of a convolution: its columns are the convolutions of single pixels."""
    pixels = np.eye(size[0] * size[1]).reshape(-1, 1, *size)
    outputs: Any = F.conv2d(pixels, kernel[None, None], None, stride, padding)
    return np.asarray(outputs.reshape(len(pixels), -1).T)


def two_matrices() -> None:
    """Draw the matrices of a kernel of 3 by 3 on an image of 6 by 6, each tap in its own colour."""
    taps = np.arange(1.0, 10).reshape(3, 3)
    colours = plt.get_cmap("viridis").with_extremes(bad="white")
    _, axes = plt.subplots(1, 3, figsize=(9, 2.4), width_ratios=(0.6, 1.6, 1.6))
    axes[0].imshow(taps, cmap=colours, vmin=1, vmax=9)
    axes[0].set(
        title="the kernel", xticks=range(3), yticks=range(3), xlabel="tap b", ylabel="tap a"
    )
    for ax, (stride, padding) in zip(axes[1:], ((1, 0), (2, 1)), strict=True):
        matrix = matrix_of(taps, (6, 6), stride, padding)
        ax.imshow(np.where(matrix == 0, np.nan, matrix), cmap=colours, vmin=1, vmax=9)
        ax.set(
            title=f"A for stride {stride}, padding {padding}: {matrix.shape[0]} × 36",
            xlabel="element of the image, row by row",
            ylabel="window, row by row",
        )
        ax.set_xticks(range(0, 36, 6))
    for ax in axes:
        ax.grid(visible=False)
    plt.show()


def painting() -> tuple[Array, Array, Array]:
    """Draw a transposed convolution, one element of the small image after the other.

    Returns
    -------
    small, kernel, large : array
        With shapes (2, 2), (3, 3) and (5, 5).
    """
    kernel = np.array([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])
    small = np.array([[1.0, 0.6], [0.3, 0.9]])
    stages: list[Any] = []
    for count in range(1, 5):
        some = np.where(np.arange(4).reshape(2, 2) < count, small, 0)
        stages.append(F.conv_transpose2d(some[None, None], kernel[None, None], None, 2)[0, 0])
    _, axes = plt.subplots(1, 6, figsize=(9, 2.1), width_ratios=(0.62, 0.7, 1, 1, 1, 1))
    _numbers(axes[0], small, "small image")
    _numbers(axes[1], kernel, "kernel")
    for count, (ax, stage) in enumerate(zip(axes[2:], stages, strict=True)):
        ax.imshow(stage, cmap="Purples", vmin=0, vmax=6)
        i, j = divmod(count, 2)
        mark: dict[str, Any] = {"fill": False, "edgecolor": viz.COLOURS[1], "linewidth": 2}
        ax.add_patch(Rectangle((2 * j - 0.5, 2 * i - 0.5), 3, 3, **mark))
        ax.set_title(f"{count + 1} painted" if count < 3 else "all painted")
        _bare(ax)
    plt.show()
    return small, kernel, stages[-1]


def pooled_back() -> dict[str, Array]:
    """Draw an image, its pooling, and the cotangents that come back; return those by name."""
    image = np.array([[1, 5, 2, 0], [3, 2, 7, 4], [6, 1, 3, 3], [0, 2, 1, 8]], np.float64)
    cotangent = np.array([[4.0, 8.0], [12.0, 16.0]])
    leaf = minigen.tensor(image[None, None], requires_grad=True)
    shares: dict[str, Array] = {}
    for name, pool in (("max", F.max_pool2d), ("average", F.avg_pool2d)):
        (back,) = minigen.grad(pool(leaf, 2), leaf, cotangent[None, None])
        assert back is not None
        shares[name] = back.numpy()[0, 0]
    maxima: Any = F.max_pool2d(image[None, None], 2)
    _, axes = plt.subplots(1, 5, figsize=(9, 2.3), width_ratios=(1, 0.5, 0.5, 1, 1))
    _numbers(axes[0], image, "image")
    _numbers(axes[1], maxima[0, 0], "its maxima")
    _numbers(axes[2], cotangent, "cotangent")
    for ax, (name, share) in zip(axes[3:], shares.items(), strict=True):
        _numbers(ax, share, f"back through {name} pooling")
    plt.show()
    return shares


def adjoint_in_pictures() -> tuple[Array, Array]:
    """Draw what windows of a convolution read, and what its transpose paints; return both."""
    blob = np.array([[0.2, 0.6, 1.0], [0.0, 0.5, 0.8], [-0.4, -0.2, 0.3]])
    matrix = matrix_of(blob, (8, 8), 2, 1)
    units = np.eye(16).reshape(16, 1, 4, 4)
    painted: Any = F.conv_transpose2d(units, blob[None, None], None, 2, 1, 1).reshape(16, 64)
    figure, axes = plt.subplots(2, 5, figsize=(9, 4.1))
    for column, q in zip(axes.T, (0, 3, 5, 10, 14), strict=True):
        for ax, row in zip(column, (matrix[q], painted[q]), strict=True):
            shown = ax.imshow(row.reshape(8, 8), cmap=_SIGNED, vmin=-1, vmax=1)
            _bare(ax)
        column[0].set_title(f"window {q // 4}, {q % 4}")
    axes[0, 0].set_ylabel("what a window\nof conv reads")
    axes[1, 0].set_ylabel("what an element\nof conv$^\\top$ paints")
    figure.colorbar(shown, ax=axes, shrink=0.6, label="weight")
    figure.suptitle("A convolution of stride 2 and its adjoint: one matrix, read by rows")
    plt.show()
    return matrix, painted


# Checkerboards.


def times_painted(kernel: int, stride: int) -> Array:
    """Return how often each pixel is painted, away from the borders."""
    ones, weight = np.ones((1, 1, 9, 9)), np.ones((1, 1, kernel, kernel))
    times: Any = F.conv_transpose2d(ones, weight, None, stride)[0, 0]
    return np.asarray(times[kernel : kernel + 9, kernel : kernel + 9])


def how_often_painted(settings: Sequence[tuple[int, int]]) -> None:
    """Draw how often pixels are painted for several kernels and strides."""
    _, axes = plt.subplots(1, len(settings), figsize=(9, 2.2))
    for ax, (kernel, stride) in zip(axes, settings, strict=True):
        times = times_painted(kernel, stride)
        ax.imshow(times / times.max(), cmap="Purples", vmin=0, vmax=1.3)
        ax.set_title(f"k = {kernel}, s = {stride}")
        told = ", ".join(str(int(number)) for number in np.unique(times))
        ax.set_xlabel(f"{told} times", fontsize="small")
        _bare(ax)
    plt.suptitle("How often each pixel is painted (dark: often), with a kernel of k and a stride s")
    plt.show()


KINDS: Final = ("k = 3", "k = 4", "repeat, convolve")


def decoder(kind: str, channels: int = 16) -> nn.Module:
    """Return a network that enlarges pictures fourfold, by doubling twice."""
    generator = minigen.Generator(0)

    def doubled(into: int, out: int) -> list[nn.Module]:
        if kind == "k = 3":
            return [nn.ConvTranspose2d(into, out, 3, 2, 1, 1, generator=generator)]
        if kind == "k = 4":
            return [nn.ConvTranspose2d(into, out, 4, 2, 1, generator=generator)]
        convolution = nn.Conv2d(into, out, 3, padding=1, generator=generator)
        return [nn.Upsample(scale_factor=2), convolution]

    first = nn.Conv2d(3, channels, 3, padding=1, generator=generator)
    middle = [*doubled(channels, channels), nn.ReLU()]
    return nn.Sequential(first, nn.ReLU(), *middle, *doubled(channels, 3))


def finest(images: Array) -> float:
    """Return which share of the energy of images alternates from each pixel to the next.

    It is the part of the Fourier transform, squared, that has the finest frequency along one axis
    or along both. The mean of each image is left out.
    """
    spectrum = abs(np.fft.fft2(images)) ** 2
    spectrum[..., 0, 0] = 0
    half = images.shape[-1] // 2  # the frequency with one period in two pixels
    both = spectrum[..., half, half].sum()  # along both axes: it is in each of the two sums
    alternating = spectrum[..., half, :].sum() + spectrum[..., :, half].sum() - both
    return float(alternating / spectrum.sum())


def three_decoders(moments: Sequence[int] = (0, 20, 60, 300)) -> dict[str, dict[int, Array]]:
    """Train three decoders to draw pictures from their averages; draw them at some steps.

    Returns
    -------
    dict
        By the kind of decoder, and by the step: sixteen pictures.
    """
    pictures = coloured_pictures(1024)
    averages = F.avg_pool2d(pictures, 4)
    moments = [moment for moment in moments if moment < at_most(max(moments) + 1)]
    drawn = {
        kind: _drawn(decoder(kind), averages, pictures, moments)
        for kind in progress(KINDS, "three decoders")
    }
    columns = len(moments) + 1
    figure, axes = plt.subplots(3, columns, figsize=(9, 5.6), squeeze=False)
    for row, (kind, at) in zip(axes, drawn.items(), strict=True):
        for ax, (step, images) in zip(row, at.items(), strict=False):
            ax.imshow(_framed(images[:4]))
            ax.set_title(f"after {step} steps", fontsize="medium")
            ax.set_xlabel(f"alternating: {finest(images):.1%}", fontsize="small")
        row[-1].imshow(_framed(pictures[:4]))
        row[-1].set_title("the pictures", fontsize="medium")
        row[0].set_ylabel(kind)
        for ax in row:
            _bare(ax)
    figure.suptitle("Four pictures of 32 × 32, drawn by three decoders from averages of 8 × 8")
    plt.show()
    return drawn


def _drawn(
    model: nn.Module, averages: Array, pictures: Array, moments: Sequence[int]
) -> dict[int, Array]:
    """Train a decoder; return what it draws at some steps."""
    order, found = np.random.default_rng(1), {}
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for step in range(max(moments) + 1):
        if step in moments:
            found[step] = model(minigen.tensor(averages[:16])).numpy()
        batch = order.integers(0, len(pictures), 32)
        difference = model(minigen.tensor(averages[batch])) - minigen.tensor(pictures[batch])
        loss = (difference * difference).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return found


def _framed(images: Array) -> Array:
    """Return four pictures as one, each spread over the whole range if it is not within [0, 1]."""
    low, high = min(0.0, float(images.min())), max(float(images.max()), 1e-6)
    scaled = (images - low) / (high - low) if low < 0 or high > 1 else images
    if low < 0 and np.ptp(images) < 0.5:  # before training: little more than the pattern
        scaled = (images - images.min()) / np.ptp(images)
    top, bottom = (np.concatenate(list(scaled[i : i + 2]), axis=2) for i in (0, 2))
    return np.concatenate([top, bottom], axis=1).transpose(1, 2, 0)


def gradient_sizes(kernel: int, stride: int, padding: int) -> Array:
    """Return the root mean square of the gradient of each pixel, over many draws of weights."""
    random, draws = np.random.default_rng(0), at_most(400)
    squares = np.zeros((24, 24))
    for _ in range(draws):
        leaf = minigen.tensor(random.normal(size=(1, 1, 24, 24)), requires_grad=True)
        weight = minigen.tensor(random.normal(size=(8, 1, kernel, kernel)))
        y = F.conv2d(leaf, weight, None, stride, padding)
        (gradient,) = minigen.grad(y, leaf, random.normal(size=y.shape))
        assert gradient is not None
        squares += gradient.numpy()[0, 0] ** 2 / draws
    return np.asarray(np.sqrt(squares[6:18, 6:18]))


def gradients_of_images() -> dict[tuple[int, int], float]:
    """Draw the sizes of gradients; return the largest to the smallest mean square of a class."""
    spreads = {}
    _, axes = plt.subplots(1, 3, figsize=(9, 3.1))
    for ax, (k, s, p) in zip(axes, ((3, 2, 1), (4, 2, 1), (3, 1, 1)), strict=True):
        sizes = gradient_sizes(k, s, p)
        ax.imshow(sizes / sizes.max(), cmap="Purples", vmin=0, vmax=1.2)
        ax.set_title(f"kernel {k}, stride {s}")
        _bare(ax)
        classes = np.array([(sizes[i::s, j::s] ** 2).mean() for i, j in np.ndindex(s, s)])
        spreads[k, s] = float(classes.max() / classes.min())
        ax.set_xlabel(f"largest to smallest mean square: {spreads[k, s]:.1f}")
    plt.suptitle("Size of the gradient that a convolution sends to each pixel (dark: largest)")
    plt.show()
    return spreads


def not_an_inverse() -> tuple[Array, Array]:
    """Draw a picture, its convolution, and what the transposed convolution makes of that."""
    picture = coloured_pictures(20)[7:8]
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[range(3), range(3)] = np.outer([1, 2, 1], [1, 2, 1]) / 16  # each colour by itself
    small: Any = F.conv2d(picture, kernel, None, 2, 1)
    back: Any = F.conv_transpose2d(small, kernel, None, 2, 1, 1)
    _, axes = plt.subplots(1, 3, figsize=(7, 2.8), width_ratios=(1, 0.5, 1))
    named: dict[str, Any] = {"x": picture, r"$A x$": small, r"$A^{\top} A x$, not x": back}
    for ax, (name, shown) in zip(axes, named.items(), strict=True):
        ax.imshow((shown[0] / shown.max()).transpose(1, 2, 0))
        ax.set_title(name)
        _bare(ax)
    plt.show()
    return picture, back


def _bare(ax: Any) -> None:
    """Leave a frame around a picture, and no ticks."""
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set(visible=True, color="0.6", linewidth=0.8)


def _numbers(ax: Any, numbers: Array, title: str) -> None:
    """Draw an array as a grid of numbers."""
    ax.imshow(numbers, cmap="Purples", vmin=0, vmax=2 * np.max(numbers))
    for (i, j), number in np.ndenumerate(numbers):
        ax.text(j, i, f"{number:g}", ha="center", va="center", fontsize=9)
    ax.set_title(title)
    _bare(ax)
