from __future__ import annotations

from itertools import product
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from click.testing import CliRunner

from minigen.data import trace_typefaces, typefaces
from minigen.data.outlines import coverage
from minigen.data.typefaces import CHARACTERS, FACES, glyph


def test_the_file_is_what_matplotlibs_fonts_give() -> None:
    if not mpl.__version__.startswith("3.11."):
        pytest.skip(f"traced with matplotlib 3.11, and this is {mpl.__version__}")
    traced = trace_typefaces.trace()
    with np.load(typefaces.FILE) as file:
        assert sorted(file) == sorted(traced)
        for name, array in traced.items():
            assert file[name].dtype == array.dtype
            np.testing.assert_array_equal(file[name], array)


def test_the_command_writes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typefaces, "FILE", tmp_path / "outlines.npz")
    outcome = CliRunner().invoke(trace_typefaces.main, [])
    assert outcome.exit_code == 0, outcome.output
    size = (tmp_path / "outlines.npz").stat().st_size
    assert f"{size:,} bytes" in outcome.output


def test_the_file_is_small() -> None:
    assert typefaces.FILE.stat().st_size < 100_000


def test_the_licences_of_all_families_come_with_it() -> None:
    licences = typefaces.FILE.with_name("LICENSE-typefaces.txt").read_text(encoding="utf-8")
    for holder in ("Bitstream, Inc.", "STI Pub Companies", "Basil K. Malyshev"):
        assert holder in licences


def test_faces_have_names_of_their_own() -> None:
    assert len({face.name for face in FACES}) == len(FACES) == 20


def test_every_character_of_every_face_lies_about_the_origin_with_the_longer_side_one() -> None:
    for face, character in product(range(len(FACES)), CHARACTERS):
        points = glyph(face, character).points
        low, high = points.min(axis=0), points.max(axis=0)
        np.testing.assert_allclose(low, -high, atol=2e-3)
        assert (high - low).max() == pytest.approx(1, abs=2e-3)


def test_no_two_characters_of_a_face_are_one_and_no_two_faces_either() -> None:
    outlines = {
        (face, character): glyph(face, character).points.tobytes()
        for face, character in product(range(len(FACES)), CHARACTERS)
    }
    assert len(set(outlines.values())) == len(outlines)


@pytest.mark.parametrize(("character", "holes"), [("0", 1), ("8", 2), ("L", 0), ("A", 1), ("B", 2)])
def test_characters_have_the_holes_that_they_should(character: str, holes: int) -> None:
    polygon = glyph(FACES.index(next(face for face in FACES if face.name == "STIX")), character)
    x, y = (32 + 56 * axis for axis in polygon.points.T)
    picture = coverage(x[np.newaxis], 64 - y[np.newaxis], polygon.following, 64)[0]
    assert regions(picture < 0.5) == holes + 1


def regions(chosen: npt.NDArray[np.bool_]) -> int:
    """Count the connected parts of the chosen pixels."""
    left = {(int(row), int(column)) for row, column in np.argwhere(chosen)}
    count = 0
    while left:
        count += 1
        border = [left.pop()]
        while border:
            row, column = border.pop()
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                place = row + down, column + right
                if place in left:
                    left.remove(place)
                    border.append(place)
    return count
