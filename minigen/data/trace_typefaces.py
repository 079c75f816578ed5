"""Reading of the outlines in the package from matplotlib's fonts.

``python -m minigen.data.trace_typefaces`` writes `minigen.data.typefaces.FILE` anew, from the font
files of the matplotlib that is installed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from minigen.data import typefaces
from minigen.data.fonts import open_font, outline
from minigen.files import write_atomically


def trace() -> dict[str, npt.NDArray[Any]]:
    """Return all outlines, face by face and character by character.

    ``vertices`` of int16, shape (N, 2), and ``codes`` of uint8, shape (N,), are as
    `minigen.data.outlines.flatten` takes them, in the units of each font; ``ends`` of int32 says
    behind which vertex each outline ends.
    """
    traced = [
        outline(open_font(face.file), face.code_point(character))
        for face in typefaces.FACES
        for character in typefaces.CHARACTERS
    ]
    return {
        "vertices": np.concatenate([vertices for vertices, _ in traced]),
        "codes": np.concatenate([codes for _, codes in traced]),
        "ends": np.cumsum([len(codes) for _, codes in traced]).astype(np.int32),
    }


def encode(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the contents of a compressed .npz file."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


@click.command()
def main() -> None:
    """Write the outlines of all typefaces into the package."""
    contents = encode(trace())
    write_atomically(typefaces.FILE, contents)
    click.echo(f"{typefaces.FILE}: {len(contents):,} bytes")


if __name__ == "__main__":
    main()
