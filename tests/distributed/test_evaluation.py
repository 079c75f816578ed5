"""Workers that share an evaluation find what one finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import metrics, models
from minigen.distributed import ALONE, Communicator, Processes, run_workers
from minigen.engine.random import Generator
from minigen.training.together import Team

IMAGES = Generator(3).uniform((23, 1, 8, 8))
CLASSES = np.arange(23) % 3


def build(name: str) -> Any:
    options: dict[str, Any] = {"hidden": (6,), "latent": 2, "generator": Generator(0)}
    if name == "gan":
        return models.GAN((1, 8, 8), packing=2, **options)
    if name == "cvae":
        return models.ConditionalVAE((1, 8, 8), classes=3, **options)
    return models.VAE((1, 8, 8), **options)


@pytest.mark.parametrize(("name", "batch_size"), [("vae", 11), ("cvae", 7), ("gan", 10)])
def test_terms_are_averaged_over_the_rows_of_all_workers(name: str, batch_size: int) -> None:
    """The last batch has a row, two rows or three: too few for three workers, or no whole packs."""
    classes = CLASSES if name == "cvae" else None

    def averages(world: Communicator) -> list[dict[str, float]]:
        given: dict[str, Any] = {
            "generator": Generator(1),
            "batch_size": batch_size,
            "world": world,
        }
        return world.gather(metrics.average_terms(build(name), IMAGES, classes, **given))

    first, *others = run_workers(averages, 3, Processes())
    assert others == [first, first]
    assert first == pytest.approx(averages(ALONE)[0], rel=1e-5)


@pytest.mark.parametrize("name", ["vae", "cvae"])
def test_a_likelihood_is_that_of_one_worker_bit_by_bit(name: str) -> None:
    decoded: list[int] = []

    def estimate(world: Communicator) -> list[float]:
        model = build(name)
        whole = model.log_weights

        def log_weights(x: Any, *rest: Any, **more: Any) -> Any:
            decoded.append(len(x))
            return whole(x, *rest, **more)

        model.log_weights = log_weights
        classes = CLASSES if name == "cvae" else None
        given: Any = {"generator": Generator(1), "rows": 20, "world": world}
        return world.gather(metrics.nll(model, IMAGES, 5, classes, **given))

    alone = estimate(ALONE)
    assert run_workers(estimate, 3, Processes()) == alone * 3
    assert sum(decoded) == 2 * len(IMAGES)


def test_who_takes_more_samples_than_rows_draws_all_of_them_for_the_others() -> None:
    def estimate(world: Communicator) -> float:
        given: Any = {"generator": Generator(1), "rows": 4, "world": world}
        return metrics.nll(build("vae"), IMAGES[:3], 10, **given)

    assert run_workers(estimate, 2, Processes()) == estimate(ALONE)


def test_tasks_are_shared_out_and_their_results_come_in_order() -> None:
    assert Team(Processes()).share([lambda: "a", lambda: "b"]) == ["a", "b"]
    assert Team(Processes()).world.gather(1) == [1]
