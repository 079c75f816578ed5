"""Three hundred pictures of all sorts, drawn from the sprites: what a folder of one's own is like.

``python -m tests.data.mixed FOLDER`` makes them there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from minigen import data

COUNT: Final = 300
SAVED: Final = (".png", ".jpg", ".bmp", ".gif", ".webp", ".tif", ".PNG", ".jpeg")


def make(folder: Path, count: int = COUNT) -> None:
    """Draw pictures in eight formats, several modes and sizes, into a folder a shape."""
    sprites = data.load("sprites", "test")
    random = np.random.default_rng(0)
    for number in range(count):
        shape = sprites.classes[sprites.labels[number]]
        place = folder / f"{shape}s"
        place.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(sprites.images[number, 0])
        width, height = (int(side) for side in random.integers(32, 80, size=2))
        picture = picture.resize((max(width, height), max(width, height)))
        _save(picture, place / f"{shape} {number:03}{SAVED[number % len(SAVED)]}", number)


def _save(picture: Image.Image, path: Path, number: int) -> None:
    """Save a grey picture in one of the modes that its format has."""
    modes = {
        ".png": ("I;16", "LA", "P", "RGBA"),
        ".PNG": ("L", "RGB", "1", "L"),
        ".jpg": ("L", "RGB", "CMYK", "L"),
        ".jpeg": ("RGB", "L", "RGB", "L"),
        ".gif": ("P", "L", "P", "L"),
        ".webp": ("RGB", "RGBA", "RGB", "RGBA"),
        ".tif": ("I;16", "L", "RGB", "F"),
        ".bmp": ("L", "RGB", "L", "1"),
    }[path.suffix]
    mode = modes[number // len(SAVED) % 4]
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    elif mode == "F":
        picture = Image.fromarray(np.asarray(picture).astype(np.float32) / 255)
    elif mode in {"LA", "RGBA"}:
        colour = Image.new(mode[:-1], picture.size, "white")
        colour.putalpha(picture)  # a white shape on nothing
        picture = colour
    else:
        picture = picture.convert(mode)
    picture.save(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
