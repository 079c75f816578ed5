"""What every model of this library offers: its objective, and nothing about loops or files."""

from __future__ import annotations

import importlib
import inspect
import math
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import numpy as np

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import CPU, Array, array_of, device_of, namespace, to_device
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.options import (
    NOT_AN_OPTION,
    Options,
    Range,
    as_json,
    signature,
)

ImageShape = tuple[int, int, int]
"""Channels, height and width."""

MODELS: Final[dict[str, type[Model]]] = {}
"""Every model of the package by the name that the command line uses."""


class AbilityError(AttributeError, TypeError):
    """A model was asked for what it does not define."""


class Model(nn.Module):
    """A generative model, or an autoencoder.

    What a model can do beside learning is seen from what it defines: `sample`, `encode`,
    `reconstruct`, `decode_images`, `log_weights` and others stand in those models alone that honour
    them; see `ability`.

    Between a model and the loop that trains it there is one protocol. Before a step the loop calls
    `anneal`. Then, for each of the `sides` whose turn it is, it takes `side_terms`, steps downhill
    on the first of them with that side's optimiser, and calls `finish_turn`. After an epoch it
    calls `watch`.

    Attributes
    ----------
    name : str
        How the command line and a saved run call it.
    kinds : tuple of str
        The kinds of data that it takes: see `minigen.kinds`.
    parts : dict of str to type of Options
        What it is put together from, by the attribute that holds each part: their fields are its
        constructor's arguments. A model may have a constructor of its own instead; then each
        argument is an attribute of its name.
    lacks : dict of str to str
        Why it does not define what one might look for.
    image_shape : tuple of int
        (C, H, W) of the images it is made for.
    latent : int
        Number of latent variables, or length of the code.
    conditional : bool
        Whether it is told the class of each example: its methods then take labels.
    classes : int
        How many classes it is told of; 0 if it is not conditional.
    full_batches : bool
        Whether training leaves out the last examples of an epoch if they are fewer than a batch.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("image",)
    parts: ClassVar[dict[str, type[Options]]] = {}
    lacks: ClassVar[dict[str, str]] = {}
    conditional: ClassVar[bool] = False
    full_batches: ClassVar[bool] = False
    image_shape: ImageShape
    latent: int
    classes: int = 0

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__signature__ = _signature_of(cls)  # type: ignore[attr-defined]
        cls.conditional = "classes" in inspect.signature(cls).parameters
        if "name" in vars(cls) and cls.__module__.startswith("minigen.models."):
            MODELS[cls.name] = cls

    def __init__(self, image_shape: Sequence[int], *arguments: Any, **options: Any) -> None:
        super().__init__()
        expected = signature(self.parts, ["image_shape"])
        bound = expected.bind(image_shape, *arguments, **options)
        bound.apply_defaults()
        given = bound.arguments
        try:
            self.image_shape = self.expect_shape(given["image_shape"])
            self.classes = given.get("classes", 0)
            for attribute, part in self.parts.items():
                fields = inspect.signature(part).parameters
                setattr(self, attribute, part(**{name: given[name] for name in fields}))
            self.build(given["generator"])
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}: {error}") from error

    def build(self, generator: Generator | None) -> None:
        """Make the networks of the parts; `generator` draws the first weights."""

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, which JSON can hold.

        ``build(model.name, **model.config())`` makes a model of the same architecture.
        """
        values: dict[str, Any] = {}
        for attribute in self.parts:
            values |= getattr(self, attribute).config()
        names = inspect.signature(type(self)).parameters
        return {
            name: values[name] if name in values else as_json(getattr(self, name))
            for name in names
            if name not in NOT_AN_OPTION
        }

    @classmethod
    def updated(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a saved configuration with the options that an earlier version did not have.

        Their values are what that version did, so that its model is made again.
        """
        for part in cls.parts.values():
            config = part.updated(config)
        return dict(config)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            known = f"{type(self).__name__} has no attribute {name!r}"
            raise AbilityError(self.lacks.get(name, known))

    # -------------------------------------------------------------------------------- its objective

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
            Scalars; what training minimises comes first.
        """

    # --------------------------------------------------------------------- the protocol of training

    def sides(self) -> dict[str, nn.Module]:
        """Return the parts of the model that are trained in turn, each by its own optimiser.

        Most models have one side, themselves.
        """
        return {"model": self}

    def anneal(self, epochs: float) -> None:
        """Tell a model whose objective changes in time how many epochs have passed."""

    def turns(self, step: int) -> Sequence[str]:
        """Name the sides that move in a training step, counted from 0 over the whole run."""
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

    def terms_of_sides(
        self, x: Array, labels: Array | None = None, **drawn: Any
    ) -> dict[str, Tensor]:
        """Return the terms of all sides, one after the other: what `terms` is of a game.

        Parameters
        ----------
        x, labels, **drawn
            As for `side_terms`: `drawn` is what its randomness is made from.
        """
        return {
            name: term
            for side in self.sides()
            for name, term in self.side_terms(side, x, labels, **drawn).items()
        }

    def finish_turn(self, side: str) -> None:
        """Do what is left after the step of a side's optimiser: nothing, with most models."""

    def watch(
        self,
        x: Array,
        labels: Array | None,
        averages: Mapping[str, float],
        earlier: Sequence[Mapping[str, float]],
        *,
        generator: Generator,
    ) -> tuple[dict[str, float], list[str]]:
        """Measure how training stands after an epoch, and say in sentences what goes wrong.

        Most models measure nothing.

        Parameters
        ----------
        x, labels
            Test examples, on the model's device.
        averages : mapping of str to float
            The terms of training, averaged over the epoch.
        earlier : sequence of mapping
            What was measured after the epochs before.
        generator : Generator
            Draws the noise; the same every time, so that epochs compare.
        """
        return {}, []

    def training_defaults(self) -> dict[str, Any]:
        """Return how the model is trained where nothing else is said.

        That is the optimiser's ``lr`` and, if there is more to say, ``betas``, the ``batch_size``
        and the ``schedule`` of the rate: see `minigen.training.RunConfig`.
        """
        return {"lr": 1e-3}

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return what the model is shown of images in training: `x` itself unless it restores."""
        return x

    def shown(self, corrupted: Array) -> Array:
        """Return what `corrupt` made as images of the originals' shape, to be looked at."""
        return corrupted

    # --------------------------------------------------------------------------------------- labels

    def expect_labels(self, labels: Array | None, count: int) -> None:
        """Refuse labels that do not fit the model and a batch of `count`: see `expect_labels`."""
        expect_labels(type(self).__name__, labels, self.classes, count)

    def condition(self, inputs: Array, labels: Array | None) -> Array:
        """Return what a network takes: `inputs`, joined by labels if the model is conditional."""
        self.expect_labels(labels, len(inputs))
        return inputs if labels is None else join_labels(inputs, labels, self.classes)

    def labels_in_turn(self, count: int) -> Array | None:
        """Return labels of one class after the other, over and over; None if there are none."""
        if not self.classes:
            return None
        device = next(self.parameters()).device
        return to_device(np.arange(count) % self.classes, device)

    def draw_latents(self, count: int, generator: Generator | None) -> Array:
        """Draw z from the prior N(0, I), shape (count, latent), where the model is."""
        weight = next(self.parameters())
        source = generator or default_generator()
        return source.normal((count, self.latent), weight.dtype, weight.device)

    def prior_moments(self) -> tuple[Array | float, Array | float]:
        """Return mean and standard deviation of each latent variable under the prior: 0 and 1."""
        return 0.0, 1.0

    # --------------------------------------------------------------------------------------- images

    def expect_shape(self, shape: Sequence[int]) -> Any:
        """Check and return the shape of one example."""
        return as_image_shape(shape)

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

    def shape_images(self, x: Array) -> Array:
        """Return images, or rows, as (N, C, H, W); images are taken as they are."""
        if tuple(x.shape[1:]) == self.image_shape:
            return x
        return self.flatten_images(x).reshape((-1, *self.image_shape))

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


def _signature_of(model: type[Model]) -> inspect.Signature:
    """Return the signature of a model's own constructor; of one that hands options on, all."""
    of_parts = signature(model.parts, ["image_shape"])
    if model.__init__ is Model.__init__:
        return of_parts
    own = list(inspect.signature(model.__init__).parameters.values())[1:]
    hands_on = any(parameter.kind is parameter.VAR_KEYWORD for parameter in own)
    return of_parts if hands_on else inspect.Signature(own)


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


# ------------------------------------------------------------------------------------- conditioning


@dataclass(frozen=True)
class Conditioning(Options):
    """How a conditional model is told the class of each example.

    Parameters
    ----------
    classes : int
        How many classes there are, at least two: labels go from 0 to ``classes - 1``.
    """

    positional: ClassVar[tuple[str, ...]] = ("classes",)
    classes: Annotated[int, Range(2)]

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"at least two classes are expected, got {self.classes}")


def expect_labels(model: str, labels: Array | None, classes: int, count: int) -> None:
    """Refuse labels that do not fit a model and its batch of `count` examples.

    Parameters
    ----------
    model : str
        What the message calls the model.
    labels : Tensor or array of integers, shape (count,), or None
        What was given.
    classes : int
        How many classes the model knows; 0 if it takes no labels.

    Raises
    ------
    TypeError
        If labels are missing or not wanted, or no integers.
    ValueError
        If there are more or fewer than `count` or, on the CPU, one names no class. (On a GPU that
        check would wait for the device.)
    """
    if classes == 0:
        if labels is not None:
            raise TypeError(f"{model} takes no labels: leave them out, or use a conditional model")
        return
    if labels is None:
        raise TypeError(f"{model} is conditional: labels of shape ({count},) are expected")
    array = array_of(labels)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{model}: labels must be integers, got {array.dtype}")
    if array.shape != (count,):
        raise ValueError(f"{model}: labels of shape ({count},) are expected, got {array.shape}")
    if device_of(array) == CPU and count and not (array.min() >= 0 and array.max() < classes):
        raise ValueError(
            f"{model}: labels from 0 to {classes - 1} are expected, "
            f"got {array.min()} to {array.max()}"
        )


def join_labels(inputs: Array, labels: Array, classes: int) -> Array:
    """Join the class to each example: as features to rows, as planes of 0 or 1 to images.

    Rows (N, F) become (N, F + classes), images (N, C, H, W) become (N, C + classes, H, W); labels,
    of shape (N,), go from 0 to ``classes - 1``.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> join_labels(minigen.zeros(2, 1), np.array([1, 0]), 3).tolist()
    [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    """
    values = array_of(inputs)
    library = namespace(values)
    rows = library.eye(classes, dtype=values.dtype)[array_of(labels)]
    planes = rows.reshape(rows.shape + (1,) * (values.ndim - 2))
    spread = library.broadcast_to(planes, (*rows.shape, *values.shape[2:]))
    return F.cat([inputs, spread], axis=1)


# ----------------------------------------------------------------------- finding models and methods


def find(name: str) -> type[Model]:
    """Return the model of a name: one of `MODELS`, or ``"package.module:Class"`` of your own.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name in MODELS:
        return MODELS[name]
    if ":" not in name:
        raise ValueError(f"unknown model {name!r}: use one of {', '.join(MODELS)}")
    found = import_from(name, "model")
    if not (isinstance(found, type) and issubclass(found, Model)):
        raise ValueError(f"{name!r} is no minigen.models.Model")  # noqa: TRY004 - a wrong name
    return found


def import_from(path: str, what: str) -> Any:
    """Import what ``"package.module:name"`` names; the current folder is looked in, too.

    Parameters
    ----------
    path : str
        Where it is.
    what : str
        What it should be, for the message.

    Raises
    ------
    ValueError
        If there is none.
    """
    module, _, attribute = path.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:  # a program that was installed does not look where one stands
        sys.path.append(here)
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"unknown {what} {path!r}: {error}") from error


def build(name: str, **config: Any) -> Model:
    """Make a model by name.

    Raises
    ------
    ValueError
        If there is no model of that name.
    """
    return find(name)(**config)


def can(model: Model | type[Model], what: str) -> bool:
    """Tell whether a model defines a method, such as ``"sample"``."""
    return hasattr(model if isinstance(model, type) else type(model), what)


def ability(model: Model, what: str) -> Callable[..., Any]:
    """Return a model's method.

    Raises
    ------
    AbilityError
        If it has none of that name; says why where it is known.
    """
    method: Callable[..., Any] = getattr(model, what)
    return method
