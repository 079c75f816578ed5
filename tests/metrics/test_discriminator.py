from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import nn
from minigen.metrics import DiscriminatorScores, discriminator_scores


class Brightness(nn.Module):
    """Gives each image its mean value as its score, plus its label."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.scale = nn.Parameter(minigen.ones(1))

    def discriminate(self, x: Any, labels: Any = None) -> minigen.Tensor:
        assert not self.training
        assert not minigen.is_grad_enabled()
        self.batches.append(len(x))
        score = x.reshape(len(x), -1).mean(axis=1, keepdims=True)
        scores: minigen.Tensor = self.scale * (score if labels is None else score + labels[:, None])
        return scores


def images(*values: float) -> npt.NDArray[np.float32]:
    return np.tile(np.array(values, np.float32).reshape(-1, 1, 1, 1), (1, 1, 2, 2))


def sigmoid(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))


def test_each_kind_gets_its_average_probability() -> None:
    found = discriminator_scores(Brightness(), images(0, 2), images(-1))
    expected = (sigmoid(0) + sigmoid(2)) / 2
    assert found.real == pytest.approx(expected, rel=1e-6)
    assert found.generated == pytest.approx(sigmoid(-1), rel=1e-6)


def test_a_discriminator_that_knows_nothing_says_one_half_of_everything() -> None:
    model = Brightness()
    with minigen.no_grad():
        model.scale.copy_(minigen.zeros(1))
    found = discriminator_scores(model, images(1, 2, 3), images(-1000))
    assert found == DiscriminatorScores(real=0.5, generated=0.5)


def test_large_scores_are_certain_without_a_warning() -> None:
    found = discriminator_scores(Brightness(), images(1e4), images(-1e4))
    assert found == DiscriminatorScores(real=1, generated=0)


def test_points_are_scored_too() -> None:
    found = discriminator_scores(Brightness(), np.ones((3, 2), np.float32), np.zeros((5, 2)))
    assert found.real == pytest.approx(sigmoid(1), rel=1e-6)
    assert found.generated == 0.5


def test_labels_go_with_their_images() -> None:
    found = discriminator_scores(
        Brightness(),
        images(0, 0, 0),
        images(0, 0),
        real_labels=np.array([1, 2, 3]),
        generated_labels=np.array([0, 5]),
        batch_size=2,
    )
    assert found.real == pytest.approx(np.mean([sigmoid(n) for n in (1, 2, 3)]), rel=1e-6)
    assert found.generated == pytest.approx(np.mean([sigmoid(n) for n in (0, 5)]), rel=1e-6)


def test_batches_are_of_the_size_asked_for_and_every_image_counts_the_same() -> None:
    model, x = Brightness(), images(0, 1, 2, 3, 4)
    whole = discriminator_scores(model, x, x).real
    assert discriminator_scores(model, x, x, batch_size=2).real == pytest.approx(whole, rel=1e-6)
    assert model.batches == [5, 5, 2, 2, 1, 2, 2, 1]


def test_the_model_keeps_its_mode() -> None:
    model = Brightness().train()
    discriminator_scores(model, images(0), images(0))
    assert model.training


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"real": images()}, "real samples, at least one, .* got 0 samples"),
        ({"generated": images()}, "generated samples, at least one"),
        ({"real_labels": np.zeros(3)}, "real samples.* got 2 samples and labels: 3"),
        ({"generated_labels": np.zeros(1)}, "generated samples.* got 2 samples and labels: 1"),
    ],
)
def test_missing_samples_and_labels_are_reported(arguments: dict[str, Any], message: str) -> None:
    given = {"real": images(0, 1), "generated": images(0, 1), **arguments}
    with pytest.raises(ValueError, match=f"^discriminator_scores: {message}"):
        discriminator_scores(Brightness(), **given)


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(TypeError, match="a module with `discriminate` is expected, got int"):
        discriminator_scores(cast("Brightness", 3), images(0), images(0))
