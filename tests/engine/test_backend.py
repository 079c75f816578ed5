"""Devices: names, the missing CuPy, and the stand-in for it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import DeviceError, Tensor
from minigen.engine import backend
from tests.numeric import gradient_of
from tests.strict.library import Library

# --- without a GPU --------------------------------------------------------------------------------


def test_numpy_arrays_live_on_the_cpu() -> None:
    array = np.ones(2)
    assert backend.is_array(array)
    assert backend.device_of(array) == "cpu"
    assert backend.namespace(array, 2.0) is np
    assert backend.namespace() is np
    assert backend.to_device(array, "cpu") is array
    assert backend.to_numpy(array) is array


@pytest.mark.parametrize("value", [1.0, np.float32(1), [1.0], None, "cupy"])
def test_numbers_and_lists_are_no_arrays(value: Any) -> None:
    assert not backend.is_array(value)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [("cpu", "cpu"), ("cuda", "cuda:0"), ("cuda:0", "cuda:0"), ("cuda:12",) * 2],
)
def test_devices_have_one_canonical_spelling(name: str, canonical: str) -> None:
    assert backend.canonical_device(name) == canonical


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:a", "cuda:-1", "cpu:0", "", None, 0])
def test_any_other_name_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match=r"unknown device .*use 'cpu', 'cuda' or 'cuda:N'"):
        backend.canonical_device(name)


@pytest.mark.parametrize(
    ("value", "device"),
    [("cpu", True), ("cuda", True), ("cuda:x", True), ("float64", False), (np.float64, False)],
)
def test_a_device_is_told_from_a_dtype(value: Any, device: bool) -> None:
    assert backend.looks_like_device(value) == device


def test_as_dtype_refuses_what_numpy_does_not_know() -> None:
    assert backend.as_dtype("float64") == np.float64
    with pytest.raises(TypeError, match="'flaot' is neither a dtype such as 'float32' nor a dev"):
        backend.as_dtype("flaot")


@pytest.fixture
def _no_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it raises ImportError


@pytest.mark.usefixtures("_no_cupy")
@pytest.mark.parametrize(
    "move",
    [
        lambda: minigen.tensor(1.0, device="cuda"),
        lambda: minigen.ones(1).to("cuda:1"),
        lambda: minigen.ones(1).cuda(),
        lambda: minigen.zeros(2, device="cuda"),
        lambda: minigen.randn(2, device="cuda"),
        lambda: backend.to_device(np.ones(2), "cuda"),
    ],
)
def test_a_gpu_without_cupy_says_what_to_install(move: Any) -> None:
    with pytest.raises(DeviceError, match=r"needs CuPy.*pip install '[\w-]+\[cuda13\]'.*cuda12"):
        move()


def test_an_array_is_owned_by_the_end_of_its_chain_of_views() -> None:
    array = np.ones((4, 4))
    assert backend.owner(array) is array
    assert backend.owner(array[1:].T[::2]) is array
    assert isinstance(backend.owner(np.frombuffer(b"12345678")), np.ndarray)


# --- on the stand-in for CuPy ---------------------------------------------------------------------


def test_a_driver_without_gpus_says_so(cupy: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cupy.cuda.runtime, "getDeviceCount", lambda: 0)
    with pytest.raises(DeviceError, match="CuPy finds no GPU on this machine"):
        host_leaf().cuda()


def test_a_broken_driver_says_why(cupy: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError("driver version is insufficient")

    monkeypatch.setattr(cupy.cuda.runtime, "getDeviceCount", broken)
    with pytest.raises(DeviceError, match=r"no usable GPU .driver version is insufficient"):
        host_leaf().cuda()


def host_leaf(values: Any = (1.0, 2.0)) -> Tensor:
    """Return a tensor on the CPU that requires a gradient."""
    return minigen.tensor(values, device="cpu", requires_grad=True)


@pytest.mark.usefixtures("cupy")
def test_a_gpu_that_is_not_there_is_refused_by_number() -> None:
    with pytest.raises(DeviceError, match="'cuda:2': this machine has no GPU of that number"):
        host_leaf().to("cuda:2")


def test_a_tensor_moves_to_the_gpu_and_back_with_its_gradient(cupy: Library) -> None:
    x = host_leaf()
    y = x.cuda()
    assert isinstance(y.array, cupy.ndarray)
    assert y.device == "cuda:0"
    assert y.dtype == np.float32
    assert y.to("cuda:0") is y
    assert backend.namespace(y.array) is cupy
    z = y * y
    assert z.device == "cuda:0"
    z.cpu().sum().backward()
    assert isinstance(x.grad, Tensor)
    assert x.grad.device == "cpu"
    np.testing.assert_array_equal(gradient_of(x), [2, 4])


@pytest.mark.usefixtures("cupy")
def test_a_leaf_on_the_gpu_gets_its_gradient_there() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    (x.exp() * 2).sum().backward()
    assert x.grad is not None
    assert x.grad.device == "cuda:0"
    np.testing.assert_allclose(gradient_of(x), 2 * np.exp([1.0, 2.0]), rtol=1e-6)


@pytest.mark.usefixtures("cupy")
def test_values_on_the_gpu_are_shown_and_copied_to_the_host() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda:1")
    assert x.device == "cuda:1"
    assert repr(x) == "tensor([1., 2.], device='cuda:1')"
    assert type(x.numpy()) is np.ndarray
    assert x.tolist() == [1, 2]
    assert x[1].item() == 2


_RAW = pytest.mark.host_only("with `--backend strict` a test's arrays are sent to the device")


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(
    "meet",
    [
        lambda cpu, gpu: cpu + gpu,
        lambda cpu, gpu: gpu * cpu,
        pytest.param(lambda cpu, gpu: gpu / cpu.array, marks=_RAW),
        pytest.param(lambda cpu, gpu: cpu.array - gpu, marks=_RAW),
        lambda cpu, gpu: gpu @ cpu,
        F.maximum,
        lambda cpu, gpu: F.where(cpu > 0, gpu, gpu),
        lambda cpu, gpu: F.cat([cpu, gpu]),
        lambda cpu, gpu: F.mse_loss(gpu, cpu),
        lambda cpu, gpu: gpu < cpu,
    ],
)
def test_arrays_of_two_devices_in_one_op_are_a_clear_error(meet: Any) -> None:
    cpu, gpu = host_leaf(), minigen.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    with pytest.raises(
        DeviceError, match=r"inputs live on different devices, cpu and cuda:0 .*\.to\(device\)"
    ):
        meet(cpu, gpu)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(
    "hand_over",
    [
        lambda gpu, array: gpu.exp().backward(array),
        lambda gpu, array: minigen.grad(gpu.exp(), gpu, array),
        lambda gpu, array: gpu.detach().copy_(array),
    ],
)
def test_an_array_of_the_hosts_is_no_cotangent_nor_value_of_a_tensor_on_the_gpu(
    hand_over: Any,
) -> None:
    gpu = minigen.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    with pytest.raises(DeviceError, match=r"the array lives on cpu, the tensor on cuda:0: move"):
        hand_over(gpu, host_leaf().detach())


@pytest.mark.usefixtures("cupy")
def test_lists_are_written_into_tensors_and_taken_as_cotangents_on_any_device() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    y = x * 2
    y.backward([3.0, 4.0])
    assert gradient_of(x).tolist() == [6, 8]
    with minigen.no_grad():
        x[...] = [5.0, 6.0]
    assert x.tolist() == [5, 6]


@pytest.mark.usefixtures("cupy")
def test_the_second_card_computes_too_once_something_was_moved_there() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda:1", requires_grad=True)
    (x * 2).exp().sum().backward()
    assert x.grad is not None
    assert x.grad.device == "cuda:1"
    back = x.detach().to("cuda:0")
    assert (back * 2).device == "cuda:0"


@pytest.mark.usefixtures("cupy")
def test_numbers_meet_arrays_of_any_device() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda")
    for y in (x * 2, 2 * x, x + np.float64(1), x**2, F.maximum(x, 0.0)):
        assert y.device == "cuda:0"
        assert y.dtype == np.float32


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(
    "loss",
    [
        lambda x, t: F.mse_loss(x, t * 1.0),
        lambda x, t: F.binary_cross_entropy_with_logits(x, t * 1.0),
        lambda x, t: F.binary_cross_entropy(x.sigmoid(), t * 1.0),
        lambda x, t: F.cross_entropy(x, t[:, 0]),
        lambda x, _: F.kl_standard_normal(x, x),
        lambda x, t: F.gaussian_nll(x, t * 1.0, x),
    ],
)
def test_losses_run_on_the_gpu(loss: Any) -> None:
    values, targets = np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([[1, 0], [0, 1]])
    here = host_leaf(values)
    expected = loss(here, minigen.tensor(targets, device="cpu"))
    expected.backward()
    there = minigen.tensor(values, device="cuda", requires_grad=True)
    out = loss(there, minigen.tensor(targets, device="cuda"))
    assert out.device == "cuda:0"
    out.backward()
    assert out.item() == pytest.approx(expected.item())
    assert there.grad is not None
    assert there.grad.device == "cuda:0"
    np.testing.assert_allclose(gradient_of(there), gradient_of(here), rtol=1e-12)


@pytest.mark.usefixtures("cupy")
def test_new_data_given_as_numbers_stay_on_the_tensors_device() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda")
    x.data = [3.0, 4.0]
    assert x.device == "cuda:0"
    assert x.tolist() == [3, 4]


def test_importing_the_library_imports_numpy_alone() -> None:
    import subprocess

    code = (
        "import sys, minigen, minigen.functional\n"
        "heavy = {'matplotlib', 'tqdm', 'safetensors', 'pooch', 'click', 'rich', 'cupy', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_none_is_no_dtype_though_numpy_takes_it_for_float64() -> None:
    with pytest.raises(TypeError, match="None is neither a dtype such as 'float32' nor a device"):
        minigen.ones(2).to(None)
