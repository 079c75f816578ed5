"""Training runs: the loop, checkpoints, resuming, and the folder that holds it all.

A run is decided by its `RunConfig`, and lives in a folder (see `RunFolder`). `train` starts one,
`resume` goes on with one that was stopped in whatever way, `load_model` loads what it learnt.

Examples
--------
>>> import tempfile
>>> from minigen.training import RunConfig, load_model, train
>>> config = RunConfig(model="vae", model_config={"hidden": [32], "latent": 2}, epochs=1, seed=1)
>>> with tempfile.TemporaryDirectory() as folder:
...     run = train(config, folder, progress=False)
...     print(*sorted(path.name for path in (run.folder / "samples").iterdir()))
epoch-0001.png losses.png reconstructions.png
"""

from minigen.training.config import (
    BINARIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    RunConfig,
)
from minigen.training.errors import (
    ConfigurationError,
    DivergenceError,
    RunError,
    TooLargeError,
    TrainingInterrupted,
)
from minigen.training.examples import Examples, load_data, load_examples
from minigen.training.folder import Checkpoint, CheckpointFolder, Position, RunFolder
from minigen.training.history import Record
from minigen.training.logs import LOGS
from minigen.training.loop import Trainer
from minigen.training.runs import Run, load_model, resume, train

__all__ = [
    "BINARIZATIONS",
    "LOGS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Checkpoint",
    "CheckpointFolder",
    "ConfigurationError",
    "DivergenceError",
    "Examples",
    "Position",
    "Record",
    "Run",
    "RunConfig",
    "RunError",
    "RunFolder",
    "TooLargeError",
    "Trainer",
    "TrainingInterrupted",
    "load_data",
    "load_examples",
    "load_model",
    "resume",
    "train",
]
