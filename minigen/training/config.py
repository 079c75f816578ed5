"""What a run is made from: everything that decides its outcome, in one JSON file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from minigen import data, models, nn, optim
from minigen._version import __version__
from minigen.engine.backend import canonical_device
from minigen.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler
from minigen.training.errors import ConfigurationError, RunError
from minigen.training.streams import Purpose, stream

OPTIMIZERS: Final[dict[str, type[optim.Optimizer]]] = {
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}
"""Every optimiser by the name that a run's configuration and the command line use."""

HAVE_BETAS: Final = ("adam", "adamw")
"""The optimisers that keep two moments."""

SCHEDULES: Final = ("constant", "cosine")
"""How the learning rate goes on: as it began, or down to 0 along half a cosine wave."""

BINARIZATIONS: Final = ("none", "static", "dynamic")
"""What is done to grey images: nothing, drawn once for ever, or drawn afresh for every batch."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run's outcome.

    Parameters
    ----------
    model : str
        A name in `minigen.models.MODELS`.
    model_config : mapping
        The model's constructor's arguments; ``image_shape``, and the number of ``classes`` of a
        conditional model, may be left out: they are the data set's.
    dataset : str
        A name in `minigen.data.NAMES`.
    binarize : {"none", "static", "dynamic"}
        What is done to grey pixels: nothing; replaced by one draw of black and white, the same in
        every run; or, in training, drawn afresh whenever they are used. The test images of the last
        two are the same.
    epochs, batch_size : int
        How often each image is shown, and how many at once.
    optimizer : {"adam", "adamw", "rmsprop", "sgd"}
        With the defaults of `minigen.optim` where nothing else is said.
    learning_rate : float, optional
        Its step size, at the beginning; by default the model's `training_defaults` have it.
    betas : pair of float, optional
        The decays of the two moments of Adam and AdamW; by default the model's too.
    schedule : {"constant", "cosine"}
        How the learning rate goes on: as it began, or, from step to step, down to 0 at the end of
        the run along half a cosine wave.
    seed : int
        Where initial weights, shuffles and noise start.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    keep : int
        How many checkpoints are kept: the newest.
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
    binarize: str = "none"
    epochs: int = 10
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float | None = None
    betas: Sequence[float] | None = None
    schedule: str = "constant"
    seed: int = 0
    device: str = "cpu"
    keep: int = 2
    minigen: str = __version__

    def __post_init__(self) -> None:
        choices = {
            "model": models.MODELS,
            "dataset": data.NAMES,
            "binarize": BINARIZATIONS,
            "optimizer": OPTIMIZERS,
            "schedule": SCHEDULES,
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ConfigurationError(
                    f"{name}: one of {', '.join(known)} is expected, got {getattr(self, name)!r}"
                )
        for name, least in {"epochs": 1, "batch_size": 1, "keep": 1, "seed": 0}.items():
            value = getattr(self, name)
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

    def _expect_betas(self, betas: Sequence[float]) -> None:
        if self.optimizer not in HAVE_BETAS:
            raise ConfigurationError(f"betas: {self.optimizer} has none, got {betas}")
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ConfigurationError(f"betas: two numbers in [0, 1) are expected, got {betas}")
        object.__setattr__(self, "betas", list(betas))

    def completed(self, model: models.Model) -> RunConfig:
        """Return the configuration with nothing left open: what the model has by default is said.

        Parameters
        ----------
        model : Model
            What `build_model` made.
        """
        options = model.training_defaults()
        betas = options.get("betas") if self.optimizer in HAVE_BETAS else None
        return dataclasses.replace(
            self,
            model_config=model.config(),
            learning_rate=self.learning_rate or options["lr"],
            betas=self.betas or betas,
        )

    def to_json(self) -> str:
        """Return the configuration as the text of ``config.json``."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read the text of ``config.json``.

        Raises
        ------
        RunError
            If it is not JSON, or an entry is missing, unknown or out of its range.
        """
        try:
            entries = dict(json.loads(text))
        except (ValueError, TypeError) as error:
            raise RunError(f"config.json can't be read: {error}") from error
        missing = {entry.name for entry in dataclasses.fields(cls)} - entries.keys()
        if missing:
            raise RunError(f"config.json lacks {', '.join(sorted(missing))}")
        try:
            return cls(**entries)
        except (ValueError, TypeError) as error:
            raise RunError(f"config.json is no configuration of a run: {error}") from error

    def build_model(self) -> models.Model:
        """Make the model, with its initial weights, on the run's device.

        Raises
        ------
        ConfigurationError
            If the model refuses its configuration.
        minigen.DeviceError
            If the device is not there.
        """
        try:
            model = models.build(
                self.model, generator=stream(self.seed, Purpose.WEIGHTS), **self.model_config
            )
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"model_config: {error}") from error
        return model.to(self.device)

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
        return LambdaLR(optimizer, lambda _: 1.0)
