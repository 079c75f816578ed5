"""Train the GAN of lesson 11 with every trick but one, with two seeds each, and keep the results.

``python lessons/11-dcgan/ablations.py`` takes six minutes on one core. It writes
``ablations.json``, the Fréchet distances, and ``ablations.png``, samples of each with seed 0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from minigen import viz
from minigen.course import figures
from minigen.files import write_atomically

HERE = Path(__file__).parent
STEPS, SEEDS, COLUMNS = 300, (0, 1), 20

draw = figures("11")
CHANGES: dict[str, dict[str, Any]] = {
    "the recipe": {},
    "classes as planes": {"told": "planes"},
    "no classes": {"told": "nothing"},
    "momentum 0.5": {"beta1": 0.5},
    "momentum 0.9": {"beta1": 0.9},
    "rate 0.0002": {"rate": 2e-4},
    "no R1": {"r1": 0.0},
    "R1 in every step": {"r1_interval": 1},
    "batch norm in D, no R1": {"r1": 0.0, "batch_norm": True},
    "batch norm in D, in one batch": {"r1": 0.0, "batch_norm": True, "together": True},
    "D from N(0, 0.02²)": {"small_weights": True},
    "labels 0.9": {"label_smoothing": 0.1},
    "noise 0.1": {"noise": 0.1},
}


def main() -> None:
    """Run them all, one seed after the other, and write both files."""
    distances: dict[str, list[float]] = {}
    pictures = []
    for seed in SEEDS:
        for name, change in CHANGES.items():
            run = draw.train(draw.Recipe(**change), STEPS, seed=seed, what=f"{name}, seed {seed}")
            for shown, images in looks(name, run).items():
                distances.setdefault(shown, []).append(draw.frechet(images))
                if seed == SEEDS[0]:
                    pictures.append(images[:COLUMNS])
        viz.save_image_grid(
            HERE / "ablations.png", np.concatenate(pictures), columns=COLUMNS, padding=0, scale=1
        )
        text = json.dumps({"steps": STEPS, "frechet": distances}, indent=1)
        write_atomically(HERE / "ablations.json", text.encode())


def looks(name: str, run: Any) -> dict[str, Any]:
    """Return the samples of a run; of the recipe's, also those without parts of its average."""
    images = {name: run.images()}
    if name == "the recipe":
        images["newest weights"] = run.newest_images()
        images["averaged weights, newest statistics"] = run.images_with_newest_statistics()
    return images


if __name__ == "__main__":
    main()
