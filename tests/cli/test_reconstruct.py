from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.image import imread

from .helpers import call, error


@pytest.mark.parametrize("model", ["vae", "cvae", "autoencoder"])
def test_reconstructions_become_a_picture(
    trained: dict[str, Path], tmp_path: Path, model: str
) -> None:
    out = tmp_path / "pictures" / "r.png"
    result = call("reconstruct", trained[model], "--count", 5, "--out", out)
    assert result.output.strip() == str(out)
    height, width, _ = imread(out).shape
    assert width > 2 * height > 400


def test_without_a_name_the_picture_is_put_with_the_others(vae: Path) -> None:
    kept = (vae / "samples" / "reconstructions.png").read_bytes()
    call("reconstruct", vae)
    assert (vae / "samples" / "reconstruct.png").exists()
    assert (vae / "samples" / "reconstructions.png").read_bytes() == kept


def test_a_gan_has_no_encoder(trained: dict[str, Path]) -> None:
    message = error("reconstruct", trained["gan"], status=1)
    assert "has no encoder: it makes images of noise" in message
