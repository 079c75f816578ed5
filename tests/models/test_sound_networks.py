"""What is asked of the sizes of networks for sounds, and of sounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .test_audio_gan import gan
from .test_audio_vae import vae


@pytest.mark.parametrize("make", [vae, gan])
def test_impossible_sizes_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="stride must be even, got 3"):
        make(stride=3)
    with pytest.raises(ValueError, match="a length divisible by 1000, got 256"):
        make(stride=10, channels=(4, 4, 4))


@pytest.mark.parametrize("make", [vae, gan])
def test_what_is_no_sound_is_refused(make: Any) -> None:
    model = make()
    with pytest.raises(ValueError, match=r"sounds of shape \(N, 1, 256\) are expected, got \(2, 1"):
        model.terms(np.zeros((2, 1, 100), np.float32))
    with pytest.raises(ValueError, match=r"\(1, L\) of sounds is expected, got \(2, 256\)"):
        type(model)((2, 256))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("make", [vae, gan])
def test_sounds_out_of_their_range_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"sounds must lie in \[-1, 1\], got 0 to 2"):
        make().terms(np.linspace(0, 2, 512, dtype=np.float32).reshape(2, 1, 256))
