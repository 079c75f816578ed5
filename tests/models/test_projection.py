"""The class in the discriminator: by projection, for convolutions, dense layers and packs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import models, nn, optim
from minigen.engine.random import Generator
from minigen.models import GAN
from minigen.models.projection import AdversarialConditioning, ProjectionDiscriminator

from .gans import batch, conditional, projecting


class ConditionalDenseGAN(GAN):
    name = "conditional-dense-gan"
    parts = {"conditioning": AdversarialConditioning, **GAN.parts}  # noqa: RUF012 - as a model's


def head(classes: int = 3, packing: int = 1) -> ProjectionDiscriminator:
    """Make a discriminator of given features, with vectors that are not zero."""
    to_score = nn.Dense(4, 1, generator=Generator(0))
    return ProjectionDiscriminator(
        nn.Flatten(), to_score, classes, packing, generator=Generator(1)
    ).to("float64")


@pytest.mark.derivation("gan.projection")
@pytest.mark.parametrize("packing", [1, 2, 3])
def test_a_score_is_linear_in_features_with_a_vector_for_each_class_and_place(packing: int) -> None:
    made: Any = head(packing=packing)
    h = Generator(2).normal((5, 4), "float64")
    labels = np.arange(5 * packing) % 3
    w, b = made.to_score.weight.numpy()[0], made.to_score.bias.numpy()[0]
    vectors = made.projection.weight.numpy().reshape(packing, 3, 4)
    expected = []
    for n, own in enumerate(labels.reshape(5, packing)):
        total = w + sum(vectors[place, y] for place, y in enumerate(own))
        expected.append([total @ h[n] + b])
    np.testing.assert_allclose(made(h, labels).numpy(), expected, rtol=1e-12)


def test_labels_of_any_width_of_integers_are_taken() -> None:
    made, h = head(), Generator(2).normal((5, 4), "float64")
    labels = np.array([2, 0, 1, 1, 2])
    expected = made(h, labels).numpy()
    for dtype in (np.uint8, np.int32):
        np.testing.assert_array_equal(made(h, labels.astype(dtype)).numpy(), expected)


def test_a_label_that_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"each of 2 samples in each of 5 packs .*got .*\(5,\)"):
        head(packing=2)(np.zeros((5, 4)), np.zeros(5, int))


def test_at_the_beginning_the_class_is_not_known_and_one_step_teaches_it() -> None:
    model: Any = projecting()
    x, labels = batch(model)
    other = (labels + 1) % 3
    np.testing.assert_array_equal(
        model.discriminate(x, labels).numpy(), model.discriminate(x, other).numpy()
    )
    model.side_terms("discriminator", x, labels)["discriminator_loss"].backward()
    optim.SGD(model.discriminator.parameters(), lr=0.1).step()
    assert (model.discriminate(x, labels).numpy() != model.discriminate(x, other).numpy()).all()


def test_packs_are_told_the_class_of_each_of_their_samples() -> None:
    model: Any = projecting(packing=2)
    nn.init.normal_(model.discriminator.projection.weight, generator=Generator(5))
    x, labels = batch(model)
    scores = model.discriminate(x, labels).numpy()
    assert scores.shape == (4,)
    for place in (0, 1):
        other = labels.copy()
        other[place] = (labels[place] + 1) % 3
        changed = model.discriminate(x, other).numpy() != scores
        assert changed.tolist() == [True, False, False, False]


def test_dense_discriminators_project_too() -> None:
    for shape in ((2,), (1, 4, 4)):
        model = ConditionalDenseGAN(shape, 3, (6, 5), 4, generator=Generator(1))
        assert isinstance(model.discriminator, ProjectionDiscriminator)
        assert not model.discriminator.projection.weight.numpy().any()
        x, labels = batch(model)
        for side in model.sides():
            next(iter(model.side_terms(side, x, labels).values())).backward()
        assert model.sample(5).shape == (5, *shape)
        beside = ConditionalDenseGAN(shape, 3, (6, 5), 4, projection=False)
        first = next(p for p in beside.discriminator.modules() if isinstance(p, nn.Dense))
        assert first.in_features == np.prod(shape) + 3 * np.prod(shape[1:], dtype=int)


def test_a_model_of_ones_own_may_be_told_the_class_as_before() -> None:
    """With the conditioning that autoencoders have, too: beside the sample."""

    class Own(GAN):
        name = "own"
        parts = {"conditioning": models.base.Conditioning, **GAN.parts}  # noqa: RUF012

    model: Any = Own((2,), 3, (6,), 4)
    x, labels = batch(model)
    assert model.discriminate(x, labels).shape == (8,)
    assert not isinstance(model.discriminator, ProjectionDiscriminator)


@pytest.mark.parametrize("make", [conditional, projecting])
def test_the_choice_is_part_of_the_configuration(make: Any) -> None:
    model = make()
    assert model.config()["projection"] is (make is projecting)
    again = type(model)(**model.config())
    again.load_state_dict(model.state_dict())
    x, labels = batch(model)
    np.testing.assert_array_equal(
        again.discriminate(x, labels).numpy(), model.discriminate(x, labels).numpy()
    )


def test_r1_reaches_the_vectors_of_the_classes() -> None:
    """The slope depends on them, so its penalty has a gradient there."""
    model: Any = projecting(r1=100.0)
    x, labels = batch(model)
    nn.init.normal_(model.discriminator.projection.weight, generator=Generator(5))
    vectors = model.discriminator.projection.weight
    (slope,) = minigen.grad(
        model.side_terms("discriminator", x, labels)["penalty"],
        vectors,
    )
    assert slope is not None
    assert (np.abs(slope.numpy()).max(axis=1) > 0).all()
