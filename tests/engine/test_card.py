"""The first kernel on a card, explained where it fails; and ops between two cards."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import DeviceError, nn, optim
from minigen.engine import backend, card
from minigen.ops.arithmetic import add, exp
from tests.strict import cuda
from tests.strict.counters import counting
from tests.strict.library import Library

WAYS = (contextlib.nullcontext, cuda.peer_access)
"""Cards that can't read each other's memory, and cards that can."""


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (RuntimeError("cudaErrorInsufficientDriver: insufficient"), "driver is too old"),
        (RuntimeError("cudaErrorUnsupportedPtxVersion"), "driver is too old"),
        (MemoryError("cudaErrorMemoryAllocation: out of memory"), "no memory is free"),
        (RuntimeError("libnvrtc.so.12: cannot open shared object file"), "NVRTC.*pip install"),
        (RuntimeError("Failed to find CUDA headers"), "NVRTC, or its headers are missing"),
        (
            OSError("libcublas.so.12: cannot open shared object file"),
            "library of CUDA's is missing",
        ),
        (RuntimeError("cudaErrorNoKernelImageForDevice"), "not built for so old or so new a card"),
        (RuntimeError("something else"), "nvidia-smi.*show_config"),
    ],
)
def test_what_the_first_kernel_lacks_is_named_with_what_mends_it(
    error: Exception, advice: str, cupy: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(cupy, "arange", fails, raising=False)
    with pytest.raises(DeviceError, match=rf"'cuda:0'.*did not run a first kernel: .*{advice}"):
        minigen.ones(1, device="cpu").to("cuda")


def test_a_card_that_cannot_add_is_not_trusted(
    cupy: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cupy, "arange", lambda *_, **__: cupy.zeros(2), raising=False)
    with pytest.raises(DeviceError, match=r"added 1 and 2 and found 2\.0.*nvidia-smi"):
        minigen.ones(1, device="cpu").to("cuda")


@pytest.mark.usefixtures("cupy")
def test_each_card_runs_its_first_kernel_once() -> None:
    with counting() as counters:
        for _ in range(3):
            minigen.ones(1, device="cuda")
    assert len(counters.reads) == 1
    with counting() as counters:
        minigen.ones(1, device="cuda:1")
    assert len(counters.reads) == 1


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "order",
    [
        ("cuda:0", "cuda:1"),
        ("cuda:1", "cuda:0"),
        pytest.param(
            ("cuda:0", "cpu"),
            marks=pytest.mark.host_only("where a card is the default, tests move arrays to it"),
        ),
    ],
)
def test_an_op_of_arrays_on_two_devices_names_both(way: Any, order: tuple[str, str]) -> None:
    a, b = (minigen.ones(2, device=device) for device in order)
    first, second = sorted(order)
    message = rf"add: inputs live on different devices, {first}.* and {second}.*\.to\(device\)"
    with way(), pytest.raises(DeviceError, match=message):
        a + b
    with way(), pytest.raises(DeviceError, match=message):
        add(a.array, b.array)


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("way", WAYS)
def test_an_index_on_another_card_is_refused_too(way: Any) -> None:
    x = minigen.ones(3, device="cuda:0")
    chosen = minigen.tensor([0, 2], device="cuda:1")
    with way(), pytest.raises(DeviceError, match=r"getitem: .*cuda:0 and cuda:1"):
        x[chosen]


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("way", WAYS)
def test_an_op_computes_on_the_card_of_its_arrays_whichever_is_the_current_one(way: Any) -> None:
    first = minigen.tensor([1.0, 2.0], device="cuda:0", requires_grad=True)
    minigen.ones(1, device="cuda:1")  # which makes that one the current card
    with way():
        out = exp(first)
        assert out.device == "cuda:0"
        minigen.ones(1, device="cuda:1")
        out.backward(minigen.ones(2, device="cuda:0"))
    assert first.grad is not None
    assert first.grad.device == "cuda:0"


@pytest.mark.usefixtures("cupy")
def test_a_gradient_flows_from_card_to_card() -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda:0", requires_grad=True)
    ((x * 2).to("cuda:1") * 3).sum().backward()
    assert x.grad is not None
    assert x.grad.device == "cuda:0"
    np.testing.assert_array_equal(x.grad.numpy(), [6, 6])


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize(
    "view", [lambda x: x[:, ::2], lambda x: x.T[1:], lambda x: x[::-1], lambda x: x.T]
)
def test_a_view_is_copied_from_card_to_card(view: Any) -> None:
    host = np.arange(12.0).reshape(3, 4)
    x = view(backend.to_device(host, "cuda:0"))
    moved = backend.to_device(x, "cuda:1")
    assert backend.device_of(moved) == "cuda:1"
    np.testing.assert_array_equal(moved.get(), view(host))


@pytest.mark.usefixtures("cupy")
def test_moments_on_another_card_than_their_parameter_are_refused() -> None:
    layer = nn.Dense(2, 2).to("cuda:0")
    optimizer = optim.Adam(layer.parameters())
    layer(minigen.ones(1, 2, device="cuda:0")).sum().backward()
    optimizer.step()
    layer.to("cuda:1")
    with pytest.raises(RuntimeError, match=r"on cuda:0, its parameter.*on cuda:1.*before its opt"):
        optimizer.step()


def test_numbers_alone_need_no_card() -> None:
    card.follow("add", (1, 2.0))
    assert add(1, 2) == 3
