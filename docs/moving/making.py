"""The figures by their names, and how their files are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.files import write_atomically

FOLDER: Final = Path(__file__).parent.parent / "website" / "static" / "moving"
"""Where the files are, with the scripts that read them."""


@dataclass(frozen=True)
class Made:
    """What belongs to a figure.

    Attributes
    ----------
    still : bytes
        A PNG file: what is seen where no script runs.
    data : dict
        What the script reads, as JSON.
    files : dict of bytes
        Pictures that the script shows, by their names.
    """

    still: bytes
    data: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


def figures() -> dict[str, Callable[[], Made]]:
    """Return what makes each figure, by its name."""
    from docs.moving import beta, latent, ring, window

    return {
        "latent-map": lambda: latent.made(*printed_digits()),
        "beta": lambda: beta.made(printed_digits()[0]),
        "ring": ring.made,
        "window": window.made,
    }


def printed_digits() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return pictures of printed digits, (N, 1, 28, 28) in [0, 1], and which digits they are."""
    from minigen import data

    digits = data.load("printed_digits", "test")
    return digits.scaled(), digits.labels


def save(name: str, made: Made, folder: Path = FOLDER) -> None:
    """Write the files of a figure."""
    written = json.dumps(made.data, ensure_ascii=False, separators=(",", ":"))
    contents = {f"{name}.json": f"{written}\n".encode(), f"{name}.png": made.still, **made.files}
    for file, content in contents.items():
        write_atomically(folder / file, content)
