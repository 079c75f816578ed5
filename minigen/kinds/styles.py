"""Images in two styles, a and b, joined along their channels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from minigen.kinds.pair import PairKind

if TYPE_CHECKING:
    from minigen.engine.backend import Array
    from minigen.engine.tensor import Tensor


class StylesKind(PairKind):
    """Images of a style a beside images of a style b, (2 C, H, W) in [0, 1]: a's channels first.

    What a model makes of both is joined in the same way: what became of the first stands first.
    """

    name: ClassVar[str] = "styles"
    plural: ClassVar[str] = "images in two styles"
    in_full: ClassVar[str] = ""

    def draw_reconstructions(
        self, path: Path, originals: Array, made: Tensor, corrupted: Array | None, title: str
    ) -> None:
        """Write rows of images, of what they became in the other style, and of the way back."""
        from minigen import viz

        assert corrupted is not None, "what is led back was translated"
        channels = originals.shape[1] // 2
        first, second = slice(channels), slice(channels, None)
        rows = {
            "a": originals[:, first],
            "a to b": corrupted[:, first],
            "and back": made[:, first],
            "b": originals[:, second],
            "b to a": corrupted[:, second],
            "and back ": made[:, second],
        }
        viz.save_image_rows(path, rows, title=title)
