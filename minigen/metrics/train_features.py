"""Training of the classifiers whose features judge images.

``python -m minigen.metrics.train_features mnist`` trains the classifier for MNIST, writes its
weights into the package, and says what `minigen.metrics.features.TRAINED` has to record of it.
The command gives the same file again on one machine with one number of threads; elsewhere the last
digits of the weights differ. So it is the file in the package that defines the features, not the
command.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import click
import numpy as np
import numpy.typing as npt

from minigen import data, optim
from minigen.engine.random import Generator
from minigen.files import write_atomically
from minigen.metrics.features import TRAINED, WEIGHTS, FeatureExtractor, class_accuracy
from minigen.ops.losses import cross_entropy
from minigen.optim.lr_scheduler import CosineAnnealingLR

ImageSet = Literal[
    "digits",
    "mnist",
    "fashion_mnist",
    "cifar10",
    "printed_digits",
    "printed_letters",
    "coloured_shapes",
    "coloured_shapes_64",
    "spoken",
]

BATCH: Final = 128
LEARNING_RATE: Final = 2e-3


@dataclass(frozen=True)
class Recipe:
    """How long a classifier is trained, and whether it sees images mirrored, too."""

    epochs: int
    mirrored: bool = False


RECIPES: Final[dict[ImageSet, Recipe]] = {
    "digits": Recipe(epochs=60),
    "mnist": Recipe(epochs=10),
    "fashion_mnist": Recipe(epochs=10),
    "cifar10": Recipe(epochs=40, mirrored=True),
    "printed_digits": Recipe(epochs=4),
    "printed_letters": Recipe(epochs=4),
    "coloured_shapes": Recipe(epochs=8),
    "coloured_shapes_64": Recipe(epochs=10),
    "spoken": Recipe(epochs=30),
}
"""What the weights in the package were made by."""


def train_extractor(
    examples: data.Dataset, channels: Sequence[int], recipe: Recipe, *, seed: int = 0
) -> FeatureExtractor:
    """Train a classifier of labelled images: Adam, its rate falling along half a cosine wave.

    Weights, orders, dropout and mirroring start at `seed`; `channels` are as `FeatureExtractor`
    takes them. The weights are rounded to half precision, as they are stored.

    Examples
    --------
    >>> import minigen.data
    >>> train, test = (minigen.data.load("digits", split) for split in ("train", "test"))
    >>> extractor = train_extractor(train, (16,), Recipe(epochs=5))
    >>> measure_accuracy(extractor, test) > 0.8
    True
    """
    generator = Generator(seed)
    extractor = FeatureExtractor(
        examples.image_shape, channels, len(examples.classes), generator=generator
    )
    optimizer = optim.Adam(extractor.parameters(), lr=LEARNING_RATE)
    batches = data.Batches(
        (examples.scaled(), examples.labels), BATCH, shuffle=True, generator=generator
    )
    schedule = CosineAnnealingLR(optimizer, recipe.epochs * len(batches))
    for _ in range(recipe.epochs):
        for images, labels in batches:
            shown = _mirror(images, generator) if recipe.mirrored else images
            loss = cross_entropy(extractor(shown), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    extractor.load_state_dict(_rounded(extractor))
    return extractor


def measure_accuracy(extractor: FeatureExtractor, test: data.Dataset) -> float:
    """Return the share of labelled images that a classifier names correctly."""
    return class_accuracy(extractor, test.scaled(), test.labels)


def _mirror(images: npt.NDArray[Any], generator: Generator) -> npt.NDArray[Any]:
    """Exchange left and right in about half of the images."""
    chosen = generator.bernoulli(0.5, (len(images), 1, 1, 1)) == 1
    mirrored: npt.NDArray[Any] = np.where(chosen, images[..., ::-1], images)
    return mirrored


def _rounded(extractor: FeatureExtractor) -> dict[str, npt.NDArray[Any]]:
    """Return the weights in half precision, which is all that a stored classifier needs."""
    state = {name: tensor.numpy() for name, tensor in extractor.state_dict().items()}
    return {
        name: array.astype(np.float16) if array.dtype.kind == "f" else array
        for name, array in state.items()
    }


@click.command()
@click.argument("dataset", type=click.Choice(tuple(RECIPES)))
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=WEIGHTS,
    help="Where the weights go; by default the package itself.",
)
def main(dataset: ImageSet, folder: Path) -> None:
    """Train the classifier that describes the images of DATASET."""
    from safetensors.numpy import save

    trained = TRAINED[dataset]
    extractor = train_extractor(data.load(dataset), trained.channels, RECIPES[dataset])
    contents = save(_rounded(extractor))
    path = folder / trained.file.name
    write_atomically(path, contents)
    click.echo(f"{path}: {len(contents):,} bytes, SHA-256 {hashlib.sha256(contents).hexdigest()}")
    accuracy = measure_accuracy(extractor, data.load(dataset, "test"))
    click.echo(f"test accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
