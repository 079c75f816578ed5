"""Reading of the outlines in the package from matplotlib's fonts.

``python -m minigen.data.trace_typefaces`` writes `minigen.data.typefaces.FILE` anew, from the font
files of the matplotlib that is installed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from minigen.data import typefaces
from minigen.data.outlines import LINE, MOVE
from minigen.files import write_atomically

_CLOSE: Final = 79  # matplotlib's code of a line back to where the contour starts


def trace() -> dict[str, npt.NDArray[Any]]:
    """Return all outlines, face by face and character by character.

    ``vertices`` of int16, shape (N, 2), and ``codes`` of uint8, shape (N,), are as
    `minigen.data.outlines.flatten` takes them, in the units of each font; ``ends`` of int32 says
    behind which vertex each outline ends.
    """
    traced = [
        _outline(face.file, face.code_point(character))
        for face in typefaces.FACES
        for character in typefaces.CHARACTERS
    ]
    return {
        "vertices": np.concatenate([vertices for vertices, _ in traced]),
        "codes": np.concatenate([codes for _, codes in traced]),
        "ends": np.cumsum([len(codes) for _, codes in traced]).astype(np.int32),
    }


def _outline(file: str, code_point: int) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Return the vertices and codes of one character of a font file of matplotlib's."""
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font, LoadFlags

    font = FT2Font(str(Path(mpl.get_data_path(), "fonts", "ttf", f"{file}.ttf")))
    font.load_char(code_point, flags=LoadFlags.NO_SCALE)
    vertices, codes = font.get_path()
    closed = codes == _CLOSE
    vertices[closed] = vertices[codes == MOVE]
    codes[closed] = LINE
    return (64 * vertices).astype(np.int16), codes.astype(np.uint8)


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
