from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import learning
from benchmarks.contender import Contender
from benchmarks.learning import WORKLOAD, Course, Moment, Outcome
from benchmarks.libraries import make_learner
from benchmarks.libraries.with_minigen import initial_weights
from minigen.data import Dataset
from minigen.engine.random import Generator


@pytest.fixture(scope="module")
def weights() -> Sequence[Any]:
    return initial_weights(WORKLOAD)


@pytest.fixture(autouse=True)
def _few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no data read: 128 pictures of noise."""
    noise = Generator(0).integers(0, 256, (128, 1, 28, 28)).astype(np.uint8)
    classes = tuple(map(str, range(10)))
    few = Dataset("noise", "train", noise, np.arange(128) % 10, classes)
    monkeypatch.setattr(learning, "_images", lambda _dataset, _split: few)


def made(learner: Any) -> Any:
    codes = np.eye(10, dtype=np.float32)
    return learner.generate(Generator(1).normal((10, 64)), codes)


def test_pytorchs_generator_and_its_average_are_minigens(weights: Sequence[Any]) -> None:
    """From the same weights, and after the same changes."""
    torch = pytest.importorskip("torch")
    ours, theirs = (make_learner(who, WORKLOAD, weights) for who in ("minigen", "torch"))
    first = made(ours)
    assert first.shape == (10, 1, 28, 28)
    np.testing.assert_allclose(made(theirs), first, atol=1e-5)
    drawn = [Generator(2).normal(array.shape) * 0.1 for array in weights]
    networks: Any = (ours, theirs)
    for learner in networks:
        of_side = list(learner.sides["discriminator"].parameters())
        for parameter, values in zip(
            learner.sides["generator"].parameters(), drawn[len(of_side) :], strict=True
        ):
            parameter.data[...] = values if learner is ours else torch.from_numpy(values)
    for _ in range(3):
        networks[0].average.update(networks[0].sides["generator"])
        networks[1].average.update_parameters(networks[1].sides["generator"])
    assert np.abs(made(ours) - first).max() > 1e-3
    np.testing.assert_allclose(made(theirs), made(ours), atol=1e-4)


@pytest.mark.parametrize("library", ["minigen", "torch"])
def test_a_course_trains_on_and_is_the_same_every_time(
    library: str, weights: Sequence[Any], tmp_path: Path
) -> None:
    if library == "torch":
        pytest.importorskip("torch").set_num_threads(1)
    for file, parts in (("one.npy", (3,)), ("two.npy", (1, 3))):
        course = Course(library, "noise", steps=4, weights=weights)
        course.generate(20, str(tmp_path / "before.npy"))
        seconds = [course.learn(until) for until in parts]
        assert 0 < seconds[0] <= seconds[-1]
        course.generate(20, str(tmp_path / file))
    before, one, two = (np.load(tmp_path / f"{name}.npy") for name in ("before", "one", "two"))
    assert one.shape == (20, 1, 28, 28)
    assert np.abs(one - before).max() > 0
    np.testing.assert_array_equal(one, two)


def test_both_are_judged_after_as_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, Any]] = []

    class Worker:
        def __init__(self, contender: Contender, threads: int) -> None:
            self.library, self.threads = contender.library, threads

        def call(self, method: str, **arguments: Any) -> Any:
            asked.append((self.library, method, arguments.get("until")))
            if method == "generate":
                np.save(arguments["file"], np.zeros((arguments["count"], 1, 28, 28), np.float32))
            return 1.5 if method == "learn" else None

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_error: object) -> None:
            pass

    monkeypatch.setattr(learning, "Worker", Worker)
    monkeypatch.setattr("benchmarks.contest.Worker", Worker)
    outcome = learning.compare("mnist", steps=50, every=20, samples=100, threads=1)
    for library in ("minigen", "torch"):
        said = [(method, until) for who, method, until in asked if who == library]
        learnt = [until for method, until in said if method == "learn"]
        assert learnt == [20, 40, 50]
        assert [(moment.steps, moment.seconds) for moment in outcome.runs[library]] == [
            (step, 1.5) for step in learnt
        ]
    assert outcome.real == pytest.approx(0, abs=1e-6)  # here the training images are the test's
    assert all(moment.distance > 1 for moment in outcome.runs["torch"])


OUTCOME = Outcome(
    "mnist",
    1000,
    0.25,
    {
        "minigen": [Moment(100, 12.4, 20.0), Moment(200, 25.6, 1.234)],
        "torch": [Moment(100, 15.5, 21.0), Moment(200, 31.0, 1.3)],
    },
)


def test_the_table_sets_runs_side_by_side() -> None:
    *_, head, rule, first, last = learning.table(OUTCOME).splitlines()
    assert head.count("|") == rule.count("|") == last.count("|") == 6
    assert first == "| 100 | 12 | 20.00 | 16 | 21.00 |"
    assert last == "| 200 | 26 | 1.23 | 31 | 1.30 |"


def test_the_figure_has_a_panel_a_data_set(tmp_path: Path) -> None:
    learning.draw(tmp_path / "curves.png", [OUTCOME, OUTCOME])
    assert (tmp_path / "curves.png").stat().st_size > 10_000
