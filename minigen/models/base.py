"""What every model of this library offers: its objective, and nothing about loops or files."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from minigen import nn
from minigen.engine.backend import CPU, Array, array_of, device_of, to_device
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.labels import expect_labels, join_labels

ImageShape = tuple[int, int, int]
"""Channels, height and width."""


class Model(nn.Module):
    """A generative model of images, or an autoencoder of them.

    Attributes
    ----------
    name : str
        How the command line and a saved run call it.
    image_shape : tuple of int
        (C, H, W) of the images it is made for.
    can_sample : bool
        Whether the model has a prior to sample from.
    can_reconstruct : bool
        Whether the model has an encoder, and makes images of images.
    conditional : bool
        Whether the model is told the class of each image: its methods then take labels.
    full_batches : bool
        Whether training leaves out the last images of an epoch if they are fewer than a batch.
    classes : int
        How many classes it knows; 0 if it is not conditional.
    """

    name: ClassVar[str]
    can_sample: ClassVar[bool] = True
    can_reconstruct: ClassVar[bool] = True
    conditional: ClassVar[bool] = False
    full_batches: ClassVar[bool] = False
    image_shape: ImageShape
    classes: int = 0

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, which JSON can hold.

        ``build(model.name, **model.config())`` makes a model of the same architecture.
        """

    @abstractmethod
    def terms(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """Return the objective and its parts, averaged over the batch.

        Parameters
        ----------
        x : Tensor or array, shape (N, C, H, W)
            Images in [0, 1].
        labels : Tensor or array of integers, shape (N,), optional
            Their classes, which a conditional model must be told, and no other may.
        generator : Generator, optional
            Draws the noise, if the objective needs any.

        Returns
        -------
        dict of str to Tensor
            Scalars; ``"loss"``, which training minimises, comes first.
        """

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return self.terms(x, labels, generator=generator)["loss"]

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the images (N, C, H, W) in [0, 1] that the model makes of `x`, without noise.

        Raises
        ------
        TypeError
            If the model has no encoder.
        """
        raise TypeError(f"{type(self).__name__} has no encoder: it can't reconstruct images")

    @abstractmethod
    def sample(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return `count` new images, shape (count, C, H, W), in [0, 1].

        A conditional model makes them of the classes that `labels`, of shape (count,), names: by
        default of one class after the other, over and over.
        """

    def sides(self) -> dict[str, nn.Module]:
        """Return the parts of the model that are trained in turn, each by its own optimiser.

        Most models have one side, themselves.
        """
        return {"model": self}

    def turns(self, step: int) -> Sequence[str]:
        """Name the sides that move in a training step, in their order.

        Parameters
        ----------
        step : int
            The step's number, counted from 0 over the whole run.
        """
        return tuple(self.sides())

    def side_terms(
        self,
        side: str,
        x: Array,
        labels: Array | None = None,
        *,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return what a side minimises, and what else is worth knowing of it; as `terms`.

        The first entry is the side's loss. Only that side's parameters get a gradient of it.
        """
        return self.terms(x, labels, generator=generator)

    def finish_turn(self, side: str) -> None:
        """Do what is left after the step of a side's optimiser: nothing, with most models."""

    def training_defaults(self) -> dict[str, Any]:
        """Return the options of the optimiser, ``lr`` among them, that suit the model."""
        return {"lr": 1e-3}

    def expect_labels(self, labels: Array | None, count: int) -> None:
        """Refuse labels that do not fit the model and a batch of `count`: see `expect_labels`."""
        expect_labels(type(self).__name__, labels, self.classes, count)

    def condition(self, inputs: Array, labels: Array | None) -> Array:
        """Return what a network takes: `inputs`, joined by the labels if the model is conditional.

        Raises
        ------
        TypeError, ValueError
            If labels are missing, not wanted, or do not fit.
        """
        self.expect_labels(labels, len(inputs))
        return inputs if labels is None else join_labels(inputs, labels, self.classes)

    def labels_in_turn(self, count: int) -> Array | None:
        """Return labels of one class after the other, over and over; None if there are none."""
        if not self.conditional:
            return None
        device = next(self.parameters()).device
        return to_device(np.arange(count) % self.classes, device)

    def flatten_images(self, x: Array) -> Array:
        """Return images as rows (N, C H W); rows are taken as they are.

        Raises
        ------
        ValueError
            If `x` holds no images of the model's shape.
        """
        features = math.prod(self.image_shape)
        if tuple(x.shape[1:]) == self.image_shape:
            return x.reshape((x.shape[0], features))
        if x.ndim == 2 and x.shape[1] == features:
            return x
        channels, height, width = self.image_shape
        raise ValueError(
            f"{type(self).__name__}: images of shape (N, {channels}, {height}, {width}) or rows "
            f"(N, {features}) are expected, got {tuple(x.shape)}"
        )

    def expect_unit_interval(self, x: Array) -> None:
        """Refuse images on the CPU that are not scaled to [0, 1], whatever the decoder.

        Raises
        ------
        ValueError
            Says what was found, and how to scale. (On a GPU the check would wait for the device.)
        """
        array = array_of(x)
        if device_of(array) != CPU or not array.size:
            return
        low, high = float(array.min()), float(array.max())
        if low < 0 or high > 1:
            raise ValueError(
                f"{type(self).__name__}: images must lie in [0, 1], got {low:g} to {high:g}; "
                "scale them with minigen.data.scale_images"
            )

    def shape_images(self, x: Array) -> Array:
        """Return images as (N, C, H, W); images are taken as they are.

        Raises
        ------
        ValueError
            If `x` holds no images of the model's shape.
        """
        if tuple(x.shape[1:]) == self.image_shape:
            return x
        return self.flatten_images(x).reshape((-1, *self.image_shape))

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return what the model is shown of images in training: `x` itself unless it denoises."""
        return x

    def anneal(self, epochs: float) -> None:
        """Tell a model whose objective changes in time how many epochs have passed."""


def as_image_shape(shape: Sequence[int]) -> ImageShape:
    """Check and return (C, H, W).

    Raises
    ------
    ValueError
        If these are not three positive lengths.
    """
    if len(shape) != 3 or any(n < 1 for n in shape):
        raise ValueError(f"image_shape: three positive lengths (C, H, W), got {tuple(shape)}")
    channels, height, width = (int(n) for n in shape)
    return channels, height, width


def expect_features(model: str, *, hidden: Sequence[int], latent: int) -> None:
    """Raise unless every layer has features."""
    if any(features < 1 for features in hidden):
        raise ValueError(f"{model}: hidden layers need features, got hidden={tuple(hidden)}")
    if latent < 1:
        raise ValueError(f"{model}: latent must be positive, got {latent}")
