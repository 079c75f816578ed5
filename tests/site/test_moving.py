"""The moving figures: what they show, as it was saved and as it is made."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from docs import moving
from docs.moving import beta, latent, making, ring, window
from docs.moving.packing import packed, shades
from docs.website import moving as placing
from minigen import Generator

SMALL = Generator(0).uniform((beta._HELD_OUT + 128, 1, 28, 28), np.float32)
LABELS = np.arange(len(SMALL)) % 10

SHORT = {
    "latent-map": lambda: latent.made(SMALL, LABELS, epochs=1),
    "beta": lambda: beta.made(SMALL, epochs=1),
    "ring": lambda: ring.made(steps=30),
    "window": window.made,
}
"""Each figure, made in a moment."""


def form(value: Any) -> Any:
    """Return what data look like without their numbers."""
    if isinstance(value, dict):
        if value.keys() == {"shape", "step", "bytes"}:
            return value["shape"], len(base64.b64decode(value["bytes"]))
        return {name: form(each) for name, each in value.items()}
    if isinstance(value, list):
        return [form(each) for each in value]
    return type(value).__name__


def saved(name: str) -> Any:
    return json.loads((moving.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_what_was_saved_has_the_form_of_what_is_made(name: str, tmp_path: Path) -> None:
    made = SHORT[name]()
    assert form(json.loads(json.dumps(made.data))) == form(saved(name))
    making.save(name, made, tmp_path)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {f"{name}.json", f"{name}.png", *made.files}
    assert all((moving.FOLDER / each).is_file() for each in written)


def test_every_figure_is_made_placed_and_has_a_script() -> None:
    assert [*moving.figures()] == [*SHORT]
    assert {figure.name for figure in placing.FIGURES} == set(SHORT)
    assert all((moving.FOLDER / f"{name}.js").is_file() for name in SHORT)


def test_what_a_page_loads_is_small() -> None:
    sizes = {path.name: path.stat().st_size for path in moving.FOLDER.iterdir()}
    assert max(sizes.values()) < 100_000, sizes
    assert sum(sizes.values()) < 600_000


def test_packed_numbers_are_those_that_were_packed_but_for_rounding() -> None:
    values = Generator(1).normal((5, 7), np.float64)
    found = packed(values)
    numbers = np.frombuffer(base64.b64decode(found["bytes"]), np.int8).reshape(found["shape"])
    assert np.abs(numbers * found["step"] - values).max() <= np.abs(values).max() / 254 + 1e-4
    grey = shades(np.array([0.0, 0.5, 2.0]))
    assert list(base64.b64decode(grey["bytes"])) == [0, 128, 255]


def test_the_saved_decoder_draws_digits_as_dark_as_they_are() -> None:
    layers = [
        {name: unpacked(each[name]) for name in each} for each in saved("latent-map")["layers"]
    ]
    value = np.zeros(2)
    for number, layer in enumerate(layers):
        value = layer["weight"] @ value + layer["bias"]
        value = value if number == len(layers) - 1 else np.maximum(value, 0)
    pixels = (1 / (1 + np.exp(-value))).reshape(28, 28)
    assert pixels.max() > 0.5
    assert 0.03 < pixels.mean() < 0.3
    assert pixels[0].max() < 0.05


def unpacked(value: dict[str, Any]) -> Any:
    numbers = np.frombuffer(base64.b64decode(value["bytes"]), np.int8)
    return numbers.reshape(value["shape"]) * value["step"]


def test_a_figure_stands_at_the_end_of_its_section() -> None:
    cells = ["## The derivation\n\ntext", "", "### More\n\nlast\n\n## The code\n\nnext", "## Then"]
    placed = placing.placed(cells, "04-convolution")
    figure = "```{moving-figure} window\n```"
    assert placed == [*cells[:2], f"### More\n\nlast\n\n{figure}\n\n## The code\n\nnext", cells[3]]
    assert placing.placed(cells, "05-losses") == cells
    begun = placing.placed([*cells[:2], "## The code"], "04-convolution")
    assert begun[2] == f"{figure}\n\n## The code"


def test_a_section_that_is_gone_is_named() -> None:
    with pytest.raises(ValueError, match="04-convolution has no section 'The derivation'"):
        placing.placed(["# Lesson 04: Convolution"], "04-convolution")


def test_every_figure_has_its_lesson() -> None:
    names = [path.stem for path in Path("lessons").glob("[0-9]*/*.ipynb")]
    placed = {figure.name for name in names for figure in placing.in_lesson(name)}
    assert placed == set(SHORT)


def test_a_figure_is_a_still_picture_without_scripts_and_says_what_it_shows() -> None:
    markup = placing.markup(placing.named("window"), "../")
    assert '<img class="still" src="../_static/moving/window.png" alt="A grid of five' in markup
    assert '<script defer src="../_static/moving/window.js"></script>' in markup
    assert "<figcaption>Move the window" in markup
