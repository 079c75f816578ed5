"""A plane of two latent variables, and the decoder that draws what each point of it means."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

import minigen
from docs.moving.making import Made
from docs.moving.packing import drawn, packed
from docs.moving.training import trained
from minigen import nn, viz
from minigen.metrics import latent_means
from minigen.models import VAE

HIDDEN: Final = (72, 64)
"""Units of the encoder's layers; the decoder has them in the opposite order."""

REACH: Final = 3.2
"""The plane goes so far in each direction."""

_POINTS: Final = 400


def made(images: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], epochs: int = 40) -> Made:
    """Train a VAE with two latent variables; return its decoder, and where images are encoded."""
    model = trained(images, epochs, hidden=HIDDEN, latent=2)
    points = latent_means(model, images[:_POINTS])
    data = {
        "side": images.shape[-1],
        "reach": REACH,
        "points": packed(points),
        "labels": labels[:_POINTS].tolist(),
        "layers": layers(model),
    }
    return Made(_still(model, points, labels[:_POINTS]), data)


def layers(model: VAE) -> list[dict[str, Any]]:
    """Return the dense layers from a code to the logits of the pixels, a ReLU between any two."""
    modules = (*model.decoder.modules(), *model.to_pixels.modules())
    return [
        {"weight": packed(each.weight.numpy()), "bias": packed(each.bias.numpy())}
        for each in modules
        if isinstance(each, nn.Dense) and each.bias is not None
    ]


def _still(
    model: VAE, points: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], count: int = 17
) -> bytes:
    import matplotlib.pyplot as plt

    viz.use_style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4.3))
    for digit in range(10):
        here = points[labels == digit]
        left.scatter(*here.T, s=26, marker=f"${digit}$", linewidths=0.3, color=_colour(digit))
    left.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="$z_1$", ylabel="$z_2$")
    left.set(title="Where images are encoded", aspect="equal")
    line = np.linspace(-REACH, REACH, count, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line[::-1]), axis=-1).reshape(-1, 2)
    with minigen.no_grad():
        tiles = model.decode_images(minigen.tensor(grid)).numpy()
    side = tiles.shape[-1]
    sheet = tiles.reshape(count, count, side, side).swapaxes(1, 2).reshape(count * side, -1)
    right.imshow(sheet, cmap="gray", extent=(-REACH, REACH, -REACH, REACH))
    right.set(xlabel="$z_1$", title="What the decoder draws there")
    right.grid(visible=False)
    return drawn(figure)


def _colour(digit: int) -> Any:
    import matplotlib as mpl

    return mpl.colormaps["tab10"](digit)
