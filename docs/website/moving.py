"""Figures that move: where they stand on pages, and what a page holds of one."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from docs.moving import FOLDER

_HEADING: Final = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Moving:
    """A figure whose parts move.

    Attributes
    ----------
    name : str
        Of its files in ``docs/website/static/moving``.
    title : str
        Its heading on the page of all such figures.
    alternative : str
        What the still picture shows.
    caption : str
        What there is to do, and to see.
    lesson : str
        The folder of the lesson that shows it, without its number.
    heading : str
        The section of that lesson at whose end it stands.
    """

    name: str
    title: str
    alternative: str
    caption: str
    lesson: str
    heading: str


FIGURES: Final = (
    Moving(
        "window",
        "A convolution's window",
        "A grid of five by five numbers with a window of three by three, a kernel, and the output",
        "Move the window with a click or with the arrow keys. Change the stride, the padding and "
        "the dilation, and see how large the output is. The transposed convolution paints where "
        "the convolution reads.",
        "convolution",
        "The derivation",
    ),
    Moving(
        "latent-map",
        "A map of two latent variables",
        "On the left numerals in a plane of two latent variables, on the right what the decoder "
        "draws at the points of that plane",
        "Move over the plane, or use the sliders: the picture is what the decoder draws there. A "
        "VAE of 28 by 28 pixels, trained on printed digits; your browser evaluates its decoder.",
        "vae-in-practice",
        "The idea",
    ),
    Moving(
        "beta",
        "The weight of the KL divergence",
        "Printed digits, their reconstructions and samples, for three weights of the KL divergence",
        "Seven VAEs, which differ in β alone. A small β gives sharp reconstructions and poor "
        "samples. With a large one the latent variables fall out of use, one after another.",
        "vae-in-practice",
        "The experiment",
    ),
    Moving(
        "ring",
        "A GAN, step by step",
        "Four moments of training: generated points spread from the middle to the modes of a ring",
        "Move the slider through the training of a GAN, or let it play. Circles are the modes of "
        "the data, dots the generated points. The more a place is shaded, the surer the "
        "discriminator is that points there are real. A mode counts as found if one of a thousand "
        "points lies within three standard deviations of it. The two GANs differ in R₁, in the "
        "average of weights from which points are drawn, and in Adam's momentum: 0.5 and 0.9.",
        "gan-on-paper",
        "The experiment",
    ),
)
"""All of them, in the order of the lessons."""


def in_lesson(name: str) -> Iterator[Moving]:
    """Yield the figures of a lesson by its name, such as ``08-vae-in-practice``."""
    _, _, subject = name.partition("-")
    return (figure for figure in FIGURES if figure.lesson == subject)


def placed(cells: Sequence[str], name: str) -> list[str]:
    """Return the cells of a lesson with its figures in them.

    A figure stands at the end of its section: before the next heading of the same level.

    Parameters
    ----------
    cells : sequence of str
        The Markdown of all cells, and nothing for code.
    name : str
        Of the lesson, such as ``04-convolution``.

    Raises
    ------
    ValueError
        If the lesson has no section of that heading, or none after it.
    """
    found = list(cells)
    for figure in in_lesson(name):
        number, place = _end(found, figure, name)
        before, after = found[number][:place].rstrip(), found[number][place:]
        found[number] = f"{before}\n\n{source(figure)}\n\n{after}".lstrip()
    return found


def _end(cells: Sequence[str], figure: Moving, name: str) -> tuple[int, int]:
    """Return where the section of a figure ends: in which cell, and before which letter."""
    headings = [
        (heading["title"], (number, heading.start()))
        for number, text in enumerate(cells)
        for heading in _HEADING.finditer(text)
    ]
    for (title, _), (_, place) in itertools.pairwise(headings):
        if title == figure.heading:
            return place
    raise ValueError(
        f"the lesson {name} has no section {figure.heading!r}, at whose end the figure "
        f"{figure.name!r} stands: change docs/website/moving.py"
    )


def source(figure: Moving) -> str:
    """Return the directive that shows a figure."""
    return f"```{{moving-figure}} {figure.name}\n```"


def page() -> str:
    """Return the source of the page with all figures."""
    parts = [
        "# Figures that move\n\n"
        "Each of them stands in a lesson, too. They need nothing but this page: small models were "
        "trained before, and your browser evaluates them.\n"
    ]
    parts += [f"## {figure.title}\n\n{source(figure)}\n" for figure in FIGURES]
    return "\n".join(parts)


def named(name: str) -> Moving:
    """Return a figure by its name."""
    (found,) = (figure for figure in FIGURES if figure.name == name)
    return found


def markup(figure: Moving, root: str) -> str:
    """Return a figure in HTML, for a page from which `root` leads to that of the site."""
    there = f"{root}_static/moving"
    data = (FOLDER / f"{figure.name}.json").read_text(encoding="utf-8").replace("</", "<\\/")
    still = html.escape(figure.alternative)
    return (
        f'<figure class="moving" data-figure="{figure.name}">\n'
        f'<img class="still" src="{there}/{figure.name}.png" alt="{still}">\n'
        f"<figcaption>{html.escape(figure.caption)}</figcaption>\n"
        f'<script type="application/json">{data}</script>\n'
        f'<script defer src="{there}/moving.js"></script>\n'
        f'<script defer src="{there}/{figure.name}.js"></script>\n'
        "</figure>"
    )
