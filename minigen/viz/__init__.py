"""Pictures, as PNG files: grids of images, reconstructions beside originals, labelled
tables of images, points of the plane, sounds with their spectrograms, and curves of the loss; as
GIF files, animations of them; as SVG, the recorded graph. In a notebook, `use_style` gives all
figures one look, `draw_images` draws images into them, and a `Player` plays sounds.

Each function writes its file whole or not at all; a `title` stands above what is shown. Images are
tensors or arrays of shape (N, C, H, W) with C of 1 or 3: floats in [0, 1], or bytes. Other shapes
and values, and what does not fit together, are a ValueError. matplotlib is imported when the first
picture is drawn; no window or display is needed.

Examples
--------
>>> import minigen
>>> from minigen import viz
>>> viz.image_grid(minigen.rand(4, 1, 8, 8)).shape
(19, 19)
"""

from minigen.viz.animation import save_animation, save_clip
from minigen.viz.captions import save_captioned_images
from minigen.viz.curves import save_curves
from minigen.viz.graphs import GraphPicture, graph
from minigen.viz.images import (
    as_bytes,
    draw_images,
    image_grid,
    save_image,
    save_image_grid,
    save_image_rows,
    save_image_table,
    save_reconstructions,
)
from minigen.viz.points import save_points
from minigen.viz.sounds import Player, in_a_row, save_sounds, spectrogram_images
from minigen.viz.style import COLOURS, use_style

__all__ = [
    "COLOURS",
    "GraphPicture",
    "Player",
    "as_bytes",
    "draw_images",
    "graph",
    "image_grid",
    "in_a_row",
    "save_animation",
    "save_captioned_images",
    "save_clip",
    "save_curves",
    "save_image",
    "save_image_grid",
    "save_image_rows",
    "save_image_table",
    "save_points",
    "save_reconstructions",
    "save_sounds",
    "spectrogram_images",
    "use_style",
]
