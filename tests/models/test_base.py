from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import minigen
from minigen.engine.random import Generator
from minigen.models import GAN, MODELS, VAE, AbilityError, Autoencoder, ability, can, find
from minigen.models.base import expect_labels, join_labels


def test_rows_get_a_one_at_the_place_of_their_class() -> None:
    rows = Generator(0).normal((4, 3))
    labels = np.array([2, 0, 1, 2])
    joined = join_labels(rows, labels, 3)
    assert np.array_equal(joined[:, :3], rows)
    assert np.array_equal(joined[:, 3:], np.eye(3)[labels])
    assert joined.dtype == np.float32


def test_images_get_a_plane_a_class_filled_with_ones_or_zeros() -> None:
    images = Generator(0).normal((2, 3, 4, 5), np.float64)
    joined = join_labels(images, np.array([1, 0]), 2)
    assert joined.dtype == np.float64
    assert np.array_equal(joined[:, :3], images)
    assert np.array_equal(
        joined[:, 3:], np.broadcast_to(np.eye(2)[[1, 0], :, None, None], (2, 2, 4, 5))
    )


def test_the_gradient_reaches_the_inputs_alone() -> None:
    rows = minigen.tensor(Generator(0).normal((4, 3)), requires_grad=True)
    weights = Generator(1).normal((4, 5))
    (join_labels(rows, np.array([0, 1, 1, 0]), 2) * weights).sum().backward()
    assert rows.grad is not None
    assert np.array_equal(rows.grad.numpy(), weights[:, :3])


@pytest.mark.parametrize(
    ("labels", "classes", "error", "message"),
    [
        (np.zeros(4, int), 0, TypeError, "Net takes no labels"),
        (None, 3, TypeError, r"Net is conditional: labels of shape \(4,\)"),
        (np.zeros(4), 3, TypeError, "must be integers, got float64"),
        (np.zeros(5, int), 3, ValueError, r"labels of shape \(4,\) are expected, got \(5,\)"),
        (np.zeros((4, 1), int), 3, ValueError, r"got \(4, 1\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    labels: Any, classes: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        expect_labels("Net", labels, classes, 4)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2, 3], "labels from 0 to 2 are expected, got 0 to 3"),
        ([0, -1, 2, 1], "got -1 to 2"),
    ],
)
def test_labels_of_no_class_are_refused(labels: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expect_labels("Net", np.array(labels), 3, 4)


def test_labels_that_fit_are_taken_also_as_a_tensor() -> None:
    expect_labels("Net", None, 0, 4)
    expect_labels("Net", np.arange(4), 4, 4)
    expect_labels("Net", minigen.tensor(np.arange(4)), 4, 4)
    expect_labels("Net", np.zeros(0, np.int64), 4, 0)


def test_a_model_of_ones_own_is_found_by_module_and_class() -> None:
    assert find("minigen.models.vae:VAE") is VAE
    assert find("vae") is VAE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "unknown model 'nothing': use one of"),
        ("no.such.module:Model", "unknown model 'no.such.module:Model': No module named"),
        ("minigen.models.vae:Nothing", "has no attribute 'Nothing'"),
        ("minigen.models.vae:Objective", r"is no minigen\.models\.Model"),
    ],
)
def test_a_name_without_a_model_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        find(name)


def test_what_a_model_can_do_is_seen_from_what_it_defines() -> None:
    autoencoder = Autoencoder((1, 2, 2), (3,), 2)
    assert can(VAE, "sample")
    assert not can(Autoencoder, "sample")
    assert not can(autoencoder, "sample")
    assert ability(autoencoder, "encode") == autoencoder.encode
    with pytest.raises(AbilityError, match="an autoencoder has no prior to sample its code from"):
        ability(autoencoder, "sample")
    with pytest.raises(AbilityError, match="GAN has no attribute 'fly'"):
        ability(GAN((2,), (3,), 2), "fly")


def test_a_model_outside_the_package_does_not_enter_its_list() -> None:
    before = dict(MODELS)

    class Other(VAE):
        name = "vae"

    assert before == MODELS
    assert Other((1, 2, 2), (3,), 2).config() == VAE((1, 2, 2), (3,), 2).config()


def test_models_are_copied_whole() -> None:
    model = VAE((1, 2, 2), (3,), 2)
    again = copy.deepcopy(model)
    assert again.config() == model.config()
    assert (again.to_mu.weight.numpy() == model.to_mu.weight.numpy()).all()
