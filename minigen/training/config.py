"""What a run is made from: everything that decides its outcome, in one JSON file."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen import data, models, nn, optim
from minigen._version import __version__
from minigen.data.collection import Collection, bad_files
from minigen.data.own import is_path
from minigen.engine.backend import canonical_device
from minigen.engine.random import ALGORITHMS, Algorithm, Generator
from minigen.metrics import TRAINED, load_feature_extractor
from minigen.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    SequentialLR,
)
from minigen.training.data_sources import as_words, data_source, read_own
from minigen.training.errors import ConfigurationError, RunError, TooLargeError
from minigen.training.memory import ARRAYS, WeighingGenerator, memory
from minigen.training.state import Purpose, key

OPTIMIZERS: Final[dict[str, type[optim.Optimizer]]] = {
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}
"""Every optimiser by the name that a run's configuration and the command line use."""

HAVE_BETAS: Final = ("adam", "adamw")
"""The optimisers that keep two moments."""

SCHEDULES: Final = ("constant", "cosine", "linear")
"""How the learning rate goes on: as it began; from step to step down to 0 at the end of the run,
along half a cosine wave; or as it began for half the run, and then in a line down to a fiftieth."""

OF_FIXED_LENGTH: Final = ("cosine", "linear")
"""The schedules in which every rate depends on how long the run is."""

DEFAULTS: Final[dict[str, Any]] = {"batch_size": 128, "schedule": "constant"}
"""How a model is trained that does not say otherwise: see `Model.training_defaults`."""

ADDED: Final = {
    "own_data": None,
    "normal_class": None,
    "steps": None,
    "validation": 0,
    "patience": None,
    "generator": "pcg64",
    "chunks": None,
}
"""What ``config.json`` has only where it is used, so that files of earlier versions are whole; and
what stands for not being used."""

BINARIZATIONS: Final = ("none", "static", "dynamic")
"""What is done to grey pixels: nothing; replaced by one draw of black and white, the same in every
run; or, in training, drawn afresh for every batch. The test images of the last two are the same."""


_log: Callable[[str], None] = logging.getLogger(__name__).warning


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run's outcome.

    Parameters
    ----------
    model : str
        A name in `minigen.models.MODELS`, or ``"package.module:Class"``.
    model_config : mapping
        The model's constructor's arguments; what the data decide may be left out: ``image_shape``,
        the number of ``classes`` of a conditional model, augmentation, and a ``vocabulary``.
    dataset : str
        A name in `minigen.data.NAMES`, or ``"package.module:function"``: see `load_data`. The path
        of pictures of one's own becomes `own_data`, and their name stands here.
    own_data : minigen.data.OwnData, optional
        Where pictures of one's own are, and how they are read. A run adds how many there were, and
        their digest, by which they are known again.
    binarize : {"none", "static", "dynamic"}
        See `BINARIZATIONS`.
    normal_class : int, optional
        The class that alone is normal, and trained on; to tell it from all others is then the task:
        see `minigen.data.one_against_the_rest`. By default all classes are trained on.
    epochs : int
        How often each image is shown.
    steps : int, optional
        How many minibatches are shown in all; `epochs` is then how many of them that begins.
    batch_size : int, optional
        How many images are shown at once; by default the model's, see `Model.training_defaults`,
        or 128.
    validation : int
        How many of the training examples are left out of training, to choose by: they take the
        test examples' place wherever the run is measured. The same ones in every run.
    patience : int, optional
        After how many epochs in which the loss of what is left out did not fall the run stops; the
        run's model is then the one of the epoch in which it was least. 0 trains to the end, and
        takes the last. By default the model's, or 0. If nothing is left out then, it is a tenth.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        With the defaults of `minigen.optim` where nothing else is said.
    learning_rate, betas : float, pair of float, optional
        Its step size, at the beginning, and the decays of Adam's and AdamW's moments; by default
        the model's `training_defaults`.
    schedule : {"constant", "cosine", "linear"}, optional
        See `SCHEDULES`; by default the model's, or constant.
    seed : int
        Where initial weights, shuffles and noise start.
    generator : {"pcg64", "philox"}
        How the noise of training is drawn: on the host, or on the run's device. Initial weights and
        shuffles are drawn on the host in any case. See `minigen.Generator`.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    keep : int
        How many checkpoints are kept: the newest.
    chunks : int, optional
        Into how many chunks every batch is divided, so that any number of processes up to that
        trains to the same weights, bit by bit: see `minigen.distributed`. By default as many as
        there are processes, whose weights are then equal to rounding.
    minigen : str
        The library's version.

    Raises
    ------
    ConfigurationError
        Names the first value that is out of its range, and what is expected.

    Examples
    --------
    >>> config = RunConfig(model="vae", model_config={"hidden": [32], "latent": 2}, epochs=3)
    >>> config.dataset, config.optimizer
    ('digits', 'adam')
    >>> RunConfig.from_json(config.to_json()) == config
    True
    """

    model: str = "vae"
    model_config: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = "digits"
    own_data: data.OwnData | None = None
    normal_class: int | None = None
    binarize: str = "none"
    epochs: int = 10
    steps: int | None = None
    batch_size: int | None = None
    validation: int = 0
    patience: int | None = None
    optimizer: str = "adam"
    learning_rate: float | None = None
    betas: Sequence[float] | None = None
    schedule: str | None = None
    seed: int = 0
    generator: Algorithm = "pcg64"
    device: str = "cpu"
    keep: int = 2
    chunks: int | None = None
    minigen: str = __version__

    def __post_init__(self) -> None:
        self._take_own_data()
        choices = {
            "model": models.MODELS,
            "dataset": (self.dataset,) if self.own_data else data.NAMES,
            "binarize": BINARIZATIONS,
            "optimizer": OPTIMIZERS,
            "schedule": SCHEDULES,
            "generator": ALGORITHMS,
        }
        outside = {"model": models.find, "dataset": data_source}
        for name, known in choices.items():
            value = getattr(self, name)
            if value in known or (name == "schedule" and value is None):
                continue
            if name not in outside or ":" not in str(value):
                path = ", or the path of pictures of one's own," if name == "dataset" else ""
                raise ConfigurationError(
                    f"{name}: one of {', '.join(known)}{path} is expected, got {value!r}"
                )
            try:
                outside[name](value)
            except ValueError as error:
                raise ConfigurationError(f"{name}: {error}") from error
        least_of = {"epochs": 1, "steps": 1, "batch_size": 1, "keep": 1, "seed": 0, "validation": 0}
        least_of |= {"normal_class": 0, "patience": 0, "chunks": 1}
        optional = ("steps", "batch_size", "normal_class", "patience", "chunks")
        for name, least in least_of.items():
            value = getattr(self, name)
            if value is None and name in optional:
                continue
            if type(value) is not int or value < least:
                raise ConfigurationError(
                    f"{name}: an integer of at least {least} is expected, got {value!r}"
                )
        if self.learning_rate is not None and not 0 < self.learning_rate < float("inf"):
            raise ConfigurationError(
                f"learning_rate: a positive number is expected, got {self.learning_rate!r}"
            )
        if self.betas is not None:
            self._expect_betas(self.betas)
        try:
            object.__setattr__(self, "device", canonical_device(self.device))
        except ValueError as error:
            raise ConfigurationError(f"device: {error}") from error

    def _take_own_data(self) -> None:
        """Tell a path from a name, and call pictures as their path was called at the beginning."""
        own, path = self.own_data, str(self.dataset)
        if own is None and path not in data.NAMES and is_path(path):
            own = data.OwnData(path)
        if own is not None and "spectrogram" in models.find(self.model).kinds:
            own = as_words(own)
        object.__setattr__(self, "own_data", own)
        if own is not None and own.digest is None:
            object.__setattr__(self, "dataset", own.name)

    def _expect_betas(self, betas: Sequence[float]) -> None:
        if self.optimizer not in HAVE_BETAS:
            raise ConfigurationError(f"betas: {self.optimizer} has none, got {betas}")
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ConfigurationError(f"betas: two numbers in [0, 1) are expected, got {betas}")
        object.__setattr__(self, "betas", list(betas))

    def completed(self, model: models.Model) -> RunConfig:
        """Return the configuration with nothing left open: what `model` has by default is said."""
        options = {**DEFAULTS, **model.training_defaults()}
        betas = options.get("betas") if self.optimizer in HAVE_BETAS else None
        return dataclasses.replace(
            self,
            model_config=model.config(),
            learning_rate=self.learning_rate or options["lr"],
            betas=self.betas or betas,
            batch_size=self.batch_size or options["batch_size"],
            schedule=self.schedule or options["schedule"],
            patience=options.get("patience") if self.patience is None else self.patience,
        )

    def with_validation(self, examples: int) -> RunConfig:
        """Return the configuration with a tenth of so many training `examples` left out."""
        return dataclasses.replace(self, validation=max(1, examples // 10))

    def batches(
        self, examples: int, model: models.Model, order: Generator | None = None
    ) -> list[npt.NDArray[np.int64]]:
        """Divide so many training examples among the minibatches of an epoch."""
        size = self.batch_size or DEFAULTS["batch_size"]
        return data.batch_indices(examples, size, generator=order, drop_last=model.full_batches)

    def length(self, steps_an_epoch: int) -> int:
        """Return how many steps the run has."""
        return self.steps or self.epochs * steps_an_epoch

    def of_steps(self, steps: int, steps_an_epoch: int) -> RunConfig:
        """Return the configuration of a run of that many steps, and of the epochs they begin."""
        return dataclasses.replace(self, steps=steps, epochs=math.ceil(steps / steps_an_epoch))

    @property
    def held_out(self) -> str:
        """The split that the run is measured on: ``"test"``, or ``"validation"`` if it has one."""
        return "validation" if self.validation else "test"

    def lengthened(self, epochs: int, done: int) -> RunConfig:
        """Return the configuration of the run that has `epochs`, of which `done` are finished.

        It is the one that the longer run would have had from the start. If there is nothing left
        to do, or what was done would have been done otherwise, that is a `ConfigurationError`.
        """
        longer = dataclasses.replace(self, epochs=epochs)
        if epochs <= done:
            raise ConfigurationError(
                f"epochs: more than the {done} that are finished are expected, got {epochs}"
            )
        if self.steps is not None:
            raise ConfigurationError(
                f"epochs: the run was to have {self.steps:,} steps, after which it is not at the "
                "end of an epoch, so no longer run can go on from it: train one from the start"
            )
        if self.schedule in OF_FIXED_LENGTH and epochs != self.epochs:
            raise ConfigurationError(
                f"epochs: under the {self.schedule} schedule every rate depends on the run's "
                f"{self.epochs} epochs, so no longer or shorter run can go on from it: train one "
                "from the start"
            )
        return longer

    def to_json(self) -> str:
        """Return the configuration as the text of ``config.json``."""
        entries = dataclasses.asdict(self)
        for name, unused in ADDED.items():
            if entries[name] == unused:
                del entries[name]
        return json.dumps(entries, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read the text of ``config.json``.

        What is not JSON, and entries that are missing, unknown or out of their range, are a
        `RunError`.
        """
        try:
            entries = dict(json.loads(text))
        except (ValueError, TypeError) as error:
            raise RunError(f"config.json can't be read: {error}") from error
        missing = {entry.name for entry in dataclasses.fields(cls)} - {*ADDED} - entries.keys()
        if missing:
            raise RunError(f"config.json lacks {', '.join(sorted(missing))}")
        try:
            if "own_data" in entries:
                entries["own_data"] = data.OwnData(**entries["own_data"])
            config = cls(**entries)
            model = models.find(config.model)
            return dataclasses.replace(config, model_config=model.updated(config.model_config))
        except (ValueError, TypeError) as error:
            raise RunError(f"config.json is no configuration of a run: {error}") from error

    def settled(self, *, report: Callable[[str], None] = _log, progress: bool = True) -> RunConfig:
        """Return the configuration with what is known of pictures of one's own once they are read.

        That is their path in full, their number and their digest. `report` is told of files that
        can't be read and are left out; by default it is logged. The errors are those of
        `load_data`; a configuration of other data, or one that is settled, is returned as it is.
        """
        own = self.own_data
        if own is None or own.digest is not None:
            return self
        found = read_own(own, progress=progress)
        if isinstance(found, Collection) and found.bad:
            report(bad_files(found))
        settled = dataclasses.replace(
            own, path=str(own.located), number=len(found.images), digest=found.digest
        )
        return dataclasses.replace(self, own_data=settled)

    def moved(self, path: str | os.PathLike[str] | None) -> RunConfig:
        """Return the configuration with its own pictures at another path; None changes nothing.

        A configuration of other data is a `ConfigurationError`.
        """
        if path is None:
            return self
        if self.own_data is None:
            raise ConfigurationError(
                f"data: the run is on {self.dataset}, not on pictures of one's own, which may have "
                "moved (--data)"
            )
        own = dataclasses.replace(self.own_data, path=os.fspath(path))
        return dataclasses.replace(self, own_data=own)

    def build_model(self) -> models.Model:
        """Make the model, with its initial weights, on the run's device.

        What the model refuses is a `ConfigurationError`, a model that with its gradients and
        moments would not fit into memory a `TooLargeError`, and a device that is not there a
        `minigen.DeviceError`.
        """
        generator = WeighingGenerator(key(self.seed, Purpose.WEIGHTS))
        try:
            with generator.at_most(memory() / ARRAYS):
                model = models.build(self.model, generator=generator, **self.model_config)
        except MemoryError as error:
            raise TooLargeError(f"the model's weights do not fit into memory: {error}") from error
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"model_config: {error}") from error
        if getattr(model, "perceives", False):
            loss = self._perceptual_loss(model).to(self.device)
            models.ability(model, "perceive")(loss)
        return model.to(self.device)

    def _perceptual_loss(self, model: models.Model) -> nn.PerceptualLoss:
        """Make the loss on the hidden layers of the data set's own classifier."""
        if self.dataset not in TRAINED or TRAINED[self.dataset].image_shape != model.image_shape:
            raise ConfigurationError(
                f"model_config: perceptual: there is no classifier for images of "
                f"{'x'.join(map(str, model.image_shape))} of {self.dataset}, only for "
                f"{', '.join(TRAINED)}: leave perceptual 0"
            )
        network = load_feature_extractor(self.dataset).body
        layers = [n for n, layer in enumerate(network) if isinstance(layer, nn.ReLU)]
        return nn.PerceptualLoss(network, layers)

    def build_optimizer(self, model: nn.Module) -> optim.Optimizer:
        """Make the optimiser of a model's parameters."""
        make: Any = OPTIMIZERS[self.optimizer]
        named = {"lr": self.learning_rate, "betas": self.betas}
        options = {name: value for name, value in named.items() if value is not None}
        optimizer: optim.Optimizer = make(model.parameters(), **options)
        return optimizer

    def build_schedule(self, optimizer: optim.Optimizer, steps: int) -> LRScheduler:
        """Make the schedule of an optimiser's learning rate over a run of that many steps."""
        if self.schedule == "cosine":
            return CosineAnnealingLR(optimizer, steps)
        constant = LambdaLR(optimizer, lambda _: 1.0)
        half = steps // 2
        if self.schedule == "linear" and half:
            falling = LinearLR(optimizer, 1.0, 1 / 50, total_iters=steps - half)
            return SequentialLR(optimizer, [constant, falling], milestones=[half])
        return constant
