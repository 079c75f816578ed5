"""GANs and a ring of eight modes, step by step: one that finds them, and one that does not."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from docs.moving.making import Made
from docs.moving.packing import drawn, packed, shades
from minigen import Generator, data, optim, viz
from minigen.metrics import mode_coverage
from minigen.models import GAN

REACH: Final = 1.6
"""The plane goes so far in each direction."""

SIDE: Final = 25
"""Of the grid on which the discriminator is asked."""

RUNS: Final = {
    "steadied: R₁, averaged weights": {"r1": 0.1, "average": 0.99, "momentum": 0.5},
    "not steadied, momentum 0.9": {"r1": 0.0, "average": 0.0, "momentum": 0.9},
}
MOMENTS: Final = 31
_SHOWN: Final = 200
_COUNTED: Final = 1000


def made(steps: int = 2400) -> Made:
    """Train a GAN in each way, and keep what is seen at some of its steps."""
    ring = data.load("ring")
    moments = [round(steps * (moment / (MOMENTS - 1)) ** 2) for moment in range(MOMENTS)]
    runs = [played(ring, steps, moments, **settings) for settings in RUNS.values()]
    named = [{"name": name, **run} for name, run in zip(RUNS, map(_packed, runs), strict=True)]
    centres = [[round(float(value), 4) for value in centre] for centre in ring.centres]
    found = {"steps": moments, "reach": REACH, "centres": centres, "sigma": float(ring.sigma)}
    return Made(_still(runs[0], moments, ring), found | {"runs": named})


def played(
    ring: Any, steps: int, moments: list[int], *, momentum: float, **options: float
) -> dict[str, Any]:
    """Train both sides in turns, as lesson 10 does; return points and answers at the moments."""
    model = GAN(
        (2,), hidden=(64, 64, 64), latent=2, batch_norm=False, generator=Generator(1), **options
    )
    source = Generator(1)
    optimizers = {
        side: optim.Adam(network.parameters(), lr=1e-3, betas=(momentum, 0.999))
        for side, network in model.sides().items()
    }
    seen: dict[str, Any] = {"points": [], "answers": [], "modes": []}
    for step in range(steps + 1):
        for _ in range(moments.count(step)):
            _look(model, ring, seen)
        batch = ring.points[source.integers(0, len(ring.points), (128,))]
        for side, optimizer in optimizers.items():
            optimizer.zero_grad()
            model.side_terms(side, batch, generator=source)[f"{side}_loss"].backward()
            optimizer.step()
            model.finish_turn(side)
    return seen


def _look(model: GAN, ring: Any, seen: dict[str, Any]) -> None:
    line = np.linspace(-REACH, REACH, SIDE, dtype=np.float32)
    plane = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    with minigen.no_grad():
        points = model.sample(_COUNTED, generator=Generator(3)).numpy()
        answers = F.sigmoid(model.discriminate(minigen.tensor(plane))).numpy().reshape(SIDE, SIDE)
    seen["points"].append(np.clip(points[:_SHOWN], -2 * REACH, 2 * REACH))
    seen["answers"].append(answers)
    seen["modes"].append(mode_coverage(points, ring.centres, ring.sigma).modes)


def _packed(run: dict[str, Any]) -> dict[str, Any]:
    points, answers = np.stack(run["points"]), np.stack(run["answers"])
    return {"points": packed(points), "answers": shades(answers), "modes": run["modes"]}


def _still(run: dict[str, Any], moments: list[int], ring: Any) -> bytes:
    import matplotlib.pyplot as plt

    viz.use_style()
    figure, panels = plt.subplots(1, 4, figsize=(8.6, 2.5), sharex=True, sharey=True)
    for axes, moment in zip(panels, (0, 10, 20, MOMENTS - 1), strict=True):
        answers: npt.NDArray[np.float32] = run["answers"][moment]
        extent = (-REACH, REACH, -REACH, REACH)
        axes.imshow(answers, cmap="Greys_r", origin="lower", extent=extent, vmin=0.1, vmax=0.7)
        axes.scatter(*ring.centres.T, s=50, facecolors="none", edgecolors=viz.COLOURS[0])
        axes.scatter(
            *run["points"][moment].T, s=7, marker="x", linewidths=0.8, color=viz.COLOURS[1]
        )
        axes.set(title=f"step {moments[moment]}", xlim=(-REACH, REACH), ylim=(-REACH, REACH))
        axes.grid(visible=False)
    return drawn(figure)
