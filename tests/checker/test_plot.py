from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import minigen
from minigen import functional as F
from minigen.checker import gradcheck_plot, step_size_errors

X = np.array([0.3, -1.0, 2.0, 0.5])


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    with mpl.rc_context({"backend": "Agg"}):
        yield
    plt.close("all")


@pytest.mark.derivation("gradcheck.forward_difference", "gradcheck.central_difference")
def test_central_differences_err_by_the_square_of_the_step() -> None:
    errors = step_size_errors(F.softmax, X, steps=[1e-2, 1e-3])
    assert errors.central[0] / errors.central[1] == pytest.approx(100, rel=0.02)
    assert errors.one_sided[0] / errors.one_sided[1] == pytest.approx(10, rel=0.1)


def test_the_curve_is_a_u() -> None:
    errors = step_size_errors(F.softmax, X)
    assert errors.steps[0] == pytest.approx(1e-12)
    assert errors.steps[-1] == pytest.approx(1.0)
    best = errors.central.argmin()
    assert 1e-7 < errors.steps[best] < 1e-3
    assert errors.central[best] < 1e-9
    assert errors.central[0] > 1e-6
    assert errors.central[-1] > 1e-6


def test_float32_is_no_precision_to_check_in() -> None:
    errors = step_size_errors(F.softmax, X, dtype="float32")
    assert errors.dtype == "float32"
    assert errors.central.min() > 1e-8
    assert errors.central[errors.steps < 1e-6].min() > 1e-5


def test_inputs_may_be_tensors_and_integers() -> None:
    errors = step_size_errors(
        F.cross_entropy, [minigen.tensor(X[None]), np.array([2])], steps=[1e-4]
    )
    assert errors.central[0] < 1e-6


def test_inputs_that_do_not_matter_are_no_obstacle() -> None:
    assert step_size_errors(lambda x, _: F.exp(x), [X, X], steps=[1e-5]).central[0] < 1e-6


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="steps must be positive"):
        step_size_errors(F.exp, X, steps=[0.0, 1.0])
    with pytest.raises(ValueError, match="no input is a floating-point array"):
        step_size_errors(F.exp, [1.0, np.array([1])])
    with pytest.raises(ValueError, match="the derivative is zero"):
        step_size_errors(lambda x: x * 0, X)


def test_the_plot_shows_four_curves_that_read_in_grey() -> None:
    ax = gradcheck_plot(F.softmax, X)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_title()
    assert ax.get_xlabel().startswith("step h")
    assert ax.get_ylabel() == "relative error"
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "central, float64",
        "one-sided, float64",
        "central, float32",
        "one-sided, float32",
    ]
    looks = {(line.get_linestyle(), line.get_marker(), line.get_color()) for line in ax.lines}
    assert len(looks) == 4


def test_the_plot_goes_where_it_is_told() -> None:
    ax = Figure().subplots()
    assert gradcheck_plot(F.exp, X, steps=[1e-3, 1e-2], float32=False, ax=ax) is ax
    assert len(ax.lines) == 2
    assert not plt.get_fignums()


def test_errors_of_zero_are_drawn_at_the_bottom() -> None:
    ax = gradcheck_plot(lambda x: x * 1.0, np.zeros(1), steps=[0.25, 0.5], float32=False)
    assert ax.lines[0].get_ydata() == pytest.approx([1e-17, 1e-17])


def test_matplotlib_is_not_imported_with_the_checker() -> None:
    code = "import sys, minigen.checker; print('matplotlib' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
