"""VAEs with other weights of the KL divergence: what they reconstruct, and what they draw."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

import minigen
from docs.moving.making import Made
from docs.moving.packing import drawn, picture
from docs.moving.training import trained
from minigen import Generator, viz
from minigen.metrics import active_units, evaluate
from minigen.models import VAE

BETAS: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
COLUMNS: Final = 10
_LATENT: Final = 10
_HELD_OUT: Final = 500


def made(
    images: npt.NDArray[np.float32], epochs: int = 8, betas: tuple[float, ...] = BETAS
) -> Made:
    """Train a VAE for each weight; return what each makes of the same images and the same noise."""
    test, train = images[:_HELD_OUT], images[_HELD_OUT:]
    shown = test[:COLUMNS]
    noise = Generator(5).normal((2 * COLUMNS, _LATENT), np.float32)
    sheets, measured = [_row(shown)], []
    for beta in betas:
        model = trained(train, epochs, hidden=(200,), latent=_LATENT, beta=beta)
        with minigen.no_grad():
            drawings = [model.reconstruct(shown), model.decode_images(minigen.tensor(noise))]
        sheets.append(_row(np.concatenate([each.numpy() for each in drawings])))
        measured.append(_measured(model, test) | {"beta": beta})
    sheet = np.concatenate(sheets)
    data = {"side": images.shape[-1], "columns": COLUMNS, "sheet": "beta-sheet.png"}
    data["models"] = measured
    return Made(_still(sheets, betas), data, {"beta-sheet.png": picture(sheet)})


def _measured(model: VAE, test: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Return the parts of the loss on held-out images, and how many variables are in use."""
    terms = evaluate(model, test, generator=Generator(1))
    return {
        "reconstruction": round(float(terms["reconstruction"]), 1),
        "kl": round(float(terms["kl"]), 1),
        "active": active_units(model, test).count,
    }


def _row(images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return images in rows of `COLUMNS`."""
    side = images.shape[-1]
    tiles = images.reshape(-1, COLUMNS, side, side).swapaxes(1, 2)
    return tiles.reshape(-1, COLUMNS * side)


def _still(sheets: list[npt.NDArray[np.float32]], betas: tuple[float, ...]) -> bytes:
    import matplotlib.pyplot as plt

    viz.use_style()
    chosen = [0, len(betas) // 2, len(betas) - 1]
    figure, panels = plt.subplots(1, len(chosen), figsize=(8.6, 1.75))
    for axes, place in zip(panels, chosen, strict=True):
        axes.imshow(np.concatenate([sheets[0], sheets[1 + place]]), cmap="gray")
        axes.set(title=f"$\\beta$ = {betas[place]:g}", xticks=(), yticks=())
    figure.suptitle("Images, their reconstructions, and samples in two rows", y=1.08)
    return drawn(figure)
