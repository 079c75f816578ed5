"""A small run of every model, in which whatever a batch has in common matters."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np

from minigen import nn
from minigen.training import RunConfig

DENSE: Final = {"hidden": [8], "latent": 2}
CONVOLUTIONS: Final = {"channels": [4], "latent": 2}
SOUND: Final = {"channels": [4], "latent": 2}

RUNS: Final[dict[str, dict[str, Any]]] = {
    "autoencoder": {"model_config": DENSE},
    "conv-autoencoder": {"model_config": {**CONVOLUTIONS, "hidden": [6]}},
    "vae": {"model_config": {**DENSE, "free_bits": 0.1}, "binarize": "dynamic"},
    "vae, importance-weighted": {
        "model": "vae",
        "model_config": {**DENSE, "importance_samples": 3},
    },
    "vae, mixture": {
        "model": "vae",
        "model_config": {**DENSE, "prior": "mixture", "components": 3},
    },
    "conv-vae": {"model_config": {**CONVOLUTIONS, "hidden": [6], "batch_norm": True}},
    "cvae": {"model_config": DENSE},
    "gan": {"model_config": {**DENSE, "packing": 2}, "batch_size": 10},
    "gan of points": {"model": "gan", "dataset": "ring", "model_config": DENSE},
    "dcgan": {
        "model_config": {
            **CONVOLUTIONS,
            "batch_norm": True,
            "spectral_norm": True,
            "average": 0.9,
            "r1": 0.0,
            "augment_shift": 1,
            "augment_flip": True,
            "augment_colour": True,
        }
    },
    "dcgan, R1": {"model": "dcgan", "model_config": {**CONVOLUTIONS, "r1_interval": 2}},
    "dcgan, clipped": {
        "model": "dcgan",
        "model_config": {**CONVOLUTIONS, "objective": "wasserstein", "critic_steps": 2},
    },
    "cgan": {
        "model_config": {**CONVOLUTIONS, "objective": "wasserstein-gp", "critic_steps": 2},
        "schedule": "cosine",
    },
    "vae-gan": {"model_config": {**CONVOLUTIONS, "hidden": [6], "batch_norm": True}},
    "super-resolution": {"model_config": {"channels": [4], "adversarial": 1.0, "perceptual": 1.0}},
    "denoising": {"model_config": {"channels": [4]}},
    "deblurring": {"model_config": {"channels": [4]}},
    "anomaly": {"model_config": {"channels": [4], "blobs": 0.2}},
    "inpainting": {"model_config": {"channels": [8]}},
    "pix2pix": {
        "dataset": "tests.pairs:squares",
        "model_config": {"channels": [8], "depth": 1, "patch_channels": [4], "adversarial": 1.0},
    },
    "cyclegan": {
        "dataset": "tests.pairs:squares",
        "model_config": {"channels": [8], "depth": 1, "patch_channels": [4]},
    },
    "frame-prediction": {
        "dataset": "tests.clips:points",
        "model_config": {"channels": [8], "context": 2, "unrolled": 2},
    },
    "text-to-image": {
        "dataset": "tests.captions:bars",
        "model_config": {"channels": [4], "hidden": [6], "latent": 2, "sentence_features": 5},
    },
    "spoken-vae": {
        "dataset": "tests.words:beeps",
        "model_config": {**CONVOLUTIONS, "hidden": [6]},
    },
    "audio-vae": {"dataset": "tests.sounds:sines", "model_config": SOUND, "batch_size": 7},
    "audio-gan": {"dataset": "tests.sounds:sines", "model_config": SOUND},
    "char-gru": {
        "dataset": "tests.texts:names",
        "model_config": {"embedding": 4, "hidden": 6, "layers": 2, "members": 2},
    },
    "char-transformer": {
        "dataset": "tests.texts:names",
        "model_config": {"embedding": 8, "width": 8, "heads": 2, "depth": 1},
    },
    "text-vae": {
        "dataset": "tests.texts:names",
        "model_config": {"embedding": 4, "hidden": 6, "latent": 2},
    },
}
"""Of every model, by its name or what it has beside it; a batch of 11 divides unevenly."""


def small_run(name: str, **changes: Any) -> RunConfig:
    """Return the configuration of a run of a few steps."""
    given = {"model": name, "batch_size": 11, "epochs": 1, "steps": 3, "patience": 0}
    return RunConfig(**{**given, **RUNS[name], **changes})


def digest(model: nn.Module) -> str:
    """Return a digest of all weights and statistics, bit by bit."""
    found = hashlib.sha256()
    for name, array in sorted(model.state_dict().items()):
        found.update(name.encode() + np.asarray(array).tobytes())
    return found.hexdigest()[:16]
