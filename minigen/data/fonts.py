"""The outlines in the font files that come with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.outlines import LINE, MOVE

_CLOSE: Final = 79  # matplotlib's code of a line back to where the contour starts


def open_font(file: str) -> Any:
    """Open a font of matplotlib's, such as ``"DejaVuSans"``."""
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    return FT2Font(str(Path(mpl.get_data_path(), "fonts", "ttf", f"{file}.ttf")))


def outline(font: Any, code_point: int) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Return the vertices and codes of a character as `minigen.data.outlines.flatten` takes them.

    They are in the font's own units, not rounded; of a character without an outline there are none.
    """
    from matplotlib import ft2font

    flags: Any = getattr(ft2font, "LoadFlags", None)  # matplotlib 3.9 has plain numbers
    font.load_char(code_point, flags=flags.NO_SCALE if flags else 1)
    vertices, codes = font.get_path()
    closed = codes == _CLOSE
    vertices[closed] = vertices[codes == MOVE]
    codes[closed] = LINE
    return (64 * vertices).astype(np.int16), codes.astype(np.uint8)
