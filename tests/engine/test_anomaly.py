"""`detect_anomaly`: the op, the shapes and the line that made the first value not finite."""

from __future__ import annotations

import inspect
import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import AnomalyError
from minigen.models import VAE
from tests.numeric import gradient_of, leaf


def here(offset: int = 0) -> str:
    """Return this file and the caller's line, moved by `offset`, as an error names them."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return f"{Path(__file__)}:{frame.f_back.f_lineno + offset}: "


def test_the_forward_pass_names_op_value_place_shapes_and_line() -> None:
    x = leaf([[1.0, 2.0], [0.0, 3.0]])
    with minigen.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        x.log()
    line = here(-1)
    message = str(caught.value)
    assert message.startswith("log made -inf at index (1, 0) (got float32 (2, 2))")
    assert line in message
    assert message.endswith("x.log()")


@pytest.mark.parametrize(
    ("call", "name", "value"),
    [
        (lambda x: x / 0, "div", "inf"),
        (lambda x: (x - 5).sqrt(), "sqrt", "nan"),
        (lambda x: (x * 1000).exp(), "exp", "inf"),
        (lambda x: (x - x) / (x - x), "div", "nan"),
        (lambda x: F.log(x - 1), "log", "-inf"),
        (lambda x: x.sum() * 1e38 * 1e38, "mul", "inf"),
        (lambda x: F.pow(x - 1, -1), "pow", "inf"),
    ],
)
def test_each_op_that_makes_a_value_not_finite_is_named(call: Any, name: str, value: str) -> None:
    with (
        minigen.detect_anomaly(),
        pytest.raises(AnomalyError, match=rf"^{name} made {value}"),
    ):
        call(leaf([1.0, 2.0]))


def test_tensors_without_gradients_and_arrays_are_watched_too() -> None:
    with minigen.detect_anomaly():
        with pytest.raises(AnomalyError, match=r"^log made -inf"):
            minigen.zeros(2).log()
        with pytest.raises(AnomalyError, match=r"^log made -inf"):
            F.log(np.zeros(2))
        with minigen.no_grad(), pytest.raises(AnomalyError, match=r"^log made -inf"):
            leaf([0.0]).log()


def test_a_value_that_came_in_not_finite_is_said_to() -> None:
    x = leaf([1.0, np.nan])
    with (
        minigen.detect_anomaly(),
        pytest.raises(
            AnomalyError, match=r"mul made nan at index .*input 1 was not finite already"
        ),
    ):
        _ = 2 * x


def test_the_backward_pass_names_the_rule_and_the_line_of_the_forward_call() -> None:
    x = leaf([0.0, 1.0])
    with minigen.detect_anomaly():
        y = x.sqrt()
        line = here(-1)
        with pytest.raises(AnomalyError) as caught:
            y.sum().backward()
    message = str(caught.value)
    assert message.startswith("the gradient rule of sqrt made inf at index (0,) for input 0")
    assert line in message
    assert x.grad is None


def test_the_recorded_backward_pass_is_watched_too() -> None:
    x = leaf([0.0, 1.0])
    with minigen.detect_anomaly():
        y = x.sqrt().sum()
        with pytest.raises(AnomalyError, match=r"sqrt|div"):
            minigen.grad(y, x, create_graph=True)


def test_a_graph_recorded_inside_is_watched_after_the_block_has_ended() -> None:
    x = leaf([0.0])
    with minigen.detect_anomaly():
        y = x.sqrt().sum()
    with (
        np.errstate(divide="ignore"),
        pytest.raises(AnomalyError, match="the gradient rule of sqrt"),
    ):
        y.backward()


def test_finite_values_pass_and_give_the_usual_gradients() -> None:
    x = leaf([1.0, 2.0])
    with minigen.detect_anomaly():
        loss = ((x.exp() / x).log() + F.relu(x)).sum() + (x > 1).sum()
        loss.backward()
    np.testing.assert_allclose(gradient_of(x), 1 - 1 / np.array([1, 2]) + 1)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3)])
def test_any_shape_is_watched(shape: tuple[int, ...]) -> None:
    x = minigen.ones(shape, requires_grad=True)
    with minigen.detect_anomaly():
        (x * 2).sum().backward()
        if x.size:
            with pytest.raises(AnomalyError, match=r"^div made inf \(got"):
                _ = x / 0.0


def test_a_write_behind_the_engines_back_is_found() -> None:
    x = leaf([1.0, 2.0])
    with minigen.detect_anomaly():
        h = x * 1
        y = (h * h).sum()
        line = here(-1)
        h.array[0] = 5
        with pytest.raises(AnomalyError, match="mul: input 0 was changed in place") as caught:
            y.backward()
    assert line in str(caught.value)


def test_a_write_into_an_output_behind_the_engines_back_is_found() -> None:
    x = leaf([1.0, 2.0])
    with minigen.detect_anomaly():
        h = x.exp()
        h.array[0] = 5
        with pytest.raises(AnomalyError, match="exp: the output was changed in place"):
            h.sum().backward()


def test_a_raw_write_into_an_array_that_a_rule_gets_as_an_option_is_found() -> None:
    picks, low = minigen.tensor([0, 0]).array, minigen.zeros(2).array
    x = leaf([1.0, 2.0])
    with minigen.detect_anomaly():
        y = x[picks]
        picks[0] = 1
        with pytest.raises(AnomalyError, match="changed in place"):
            y.sum().backward()
        z = x.clip(low, None)
        low[...] = 5
        with pytest.raises(AnomalyError, match="changed in place"):
            z.sum().backward()


def test_a_raw_write_into_an_array_that_no_rule_needs_is_harmless() -> None:
    x = leaf([1.0, 2.0])
    with minigen.detect_anomaly():
        h = x * 2
        y = h.exp()  # its rule needs the output alone
        h.array[0] = 100
        y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), 2 * np.exp([2.0, 4.0]), rtol=1e-6)


@pytest.mark.host_only("NumPy warns, CuPy does not")
def test_numpys_own_warnings_are_silenced_inside_and_return_after() -> None:
    x = minigen.zeros(1)
    with minigen.detect_anomaly(), pytest.raises(AnomalyError):
        x.log()
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        x.log()


def test_nothing_is_watched_outside() -> None:
    with np.errstate(all="ignore"):
        assert leaf([0.0]).log().item() == -np.inf


def test_the_block_ends_also_by_an_exception_and_nests() -> None:
    x = minigen.zeros(1)
    with pytest.raises(ZeroDivisionError), minigen.detect_anomaly():
        raise ZeroDivisionError
    with np.errstate(all="ignore"):
        x.log()
    with minigen.detect_anomaly():
        with minigen.detect_anomaly():
            pass
        with pytest.raises(AnomalyError):
            x.log()


def test_it_decorates_functions() -> None:
    @minigen.detect_anomaly()
    def logarithm(x: minigen.Tensor) -> minigen.Tensor:
        return x.log()

    with pytest.raises(AnomalyError, match="log made -inf"):
        logarithm(minigen.zeros(1))
    assert logarithm(minigen.ones(1)).item() == 0


def test_other_threads_are_not_watched() -> None:
    found: list[float] = []

    def work() -> None:
        with np.errstate(all="ignore"):
            found.append(minigen.zeros(1).log().item())

    with minigen.detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [-np.inf]


def test_the_line_named_is_the_users_even_in_a_file_whose_name_starts_as_the_package() -> None:
    package = Path(minigen.__file__).parent
    name = f"{package}_demo.py"  # beside the package: minigen_demo.py
    with minigen.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        exec(compile("minigen.zeros(1).log()", name, "exec"), {"minigen": minigen})
    assert f"{name}:1" in str(caught.value)


def test_the_line_named_is_outside_the_library_for_losses_and_methods() -> None:
    mu = leaf([[np.inf]])
    with minigen.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        F.kl_standard_normal(mu, minigen.zeros(1, 1))
    assert here(-1) in str(caught.value)


def test_an_anomaly_is_an_arithmetic_error() -> None:
    assert issubclass(AnomalyError, ArithmeticError)


def test_a_librarys_model_is_named_by_its_own_line() -> None:
    model = VAE((1, 2, 2), (3,), 1)
    with minigen.no_grad():
        model.to_pixels.weight.copy_(math.inf)
    with (
        minigen.detect_anomaly(),
        pytest.raises(AnomalyError, match=r"models.posterior\.py:\d+: output"),
    ):
        model.loss(minigen.ones(1, 1, 2, 2))
