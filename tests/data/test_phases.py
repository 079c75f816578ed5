"""Phases that fit magnitudes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from minigen import Generator
from minigen.data.phases import griffin_lim

WINDOW = np.hanning(65)[:-1]


def magnitudes(x: Any) -> Any:
    spectra: Any = F.stft(x, 64, 16, window=WINDOW)
    return np.linalg.norm(spectra, axis=-1)


def distance(wanted: Any, **options: Any) -> float:
    y = griffin_lim(wanted, 64, 16, WINDOW, generator=Generator(1), **options)
    return float(np.linalg.norm(magnitudes(y) - wanted) / np.linalg.norm(wanted))


@pytest.mark.derivation("griffin_lim")
def test_without_momentum_the_distance_never_grows() -> None:
    wanted = magnitudes(Generator(0).normal((512,), np.float64))
    found = [distance(wanted, iterations=count, momentum=0.0) for count in (1, 2, 5, 20, 60)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.25


def test_momentum_gets_nearer() -> None:
    wanted = magnitudes(Generator(0).normal((512,), np.float64))
    assert distance(wanted, iterations=60) < 0.9 * distance(wanted, iterations=60, momentum=0.0)


def test_a_generator_gives_the_same_signals_again_and_signals_stand_alone() -> None:
    wanted = magnitudes(Generator(0).normal((3, 256), np.float64))
    first, second = (
        griffin_lim(wanted, 64, 16, WINDOW, iterations=3, generator=Generator(1)) for _ in range(2)
    )
    assert first.shape == (3, 256)
    np.testing.assert_array_equal(first, second)


def test_silence_stays_silent() -> None:
    assert not griffin_lim(np.zeros((33, 9)), 64, 16, WINDOW, generator=Generator(0)).any()


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (np.ones((30, 9)), {}, r"magnitudes of shape \(\.\.\., 33, T\) are expected for n_fft 64"),
        (-np.ones((33, 9)), {}, "that are not negative are expected"),
        (np.ones((33, 9)), {"iterations": 0}, r"at least 1 iteration and a momentum in \[0, 1\)"),
        (np.ones((33, 9)), {"momentum": 1.0}, "got 32 and 1.0"),
    ],
)
def test_what_no_signal_has_is_refused(given: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        griffin_lim(given, 64, 16, WINDOW, **options)
