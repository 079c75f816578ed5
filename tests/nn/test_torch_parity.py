"""Layers against PyTorch's: the same weights under the same names give the same outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

RNG = np.random.default_rng(0)

LAYERS = [
    (nn.Dense(5, 3), torch.nn.Linear(5, 3), (4, 5)),
    (nn.Dense(5, 3, bias=False), torch.nn.Linear(5, 3, bias=False), (2, 4, 5)),
    (nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3), (6, 3)),
    (nn.BatchNorm1d(3, 1e-2, 0.3), torch.nn.BatchNorm1d(3, 1e-2, 0.3), (4, 3, 5)),
    (nn.BatchNorm1d(3, momentum=None), torch.nn.BatchNorm1d(3, momentum=None), (6, 3)),
    (nn.BatchNorm1d(3, affine=False), torch.nn.BatchNorm1d(3, affine=False), (6, 3)),
    (
        nn.BatchNorm1d(3, track_running_stats=False),
        torch.nn.BatchNorm1d(3, track_running_stats=False),
        (6, 3),
    ),
    (nn.LayerNorm(5), torch.nn.LayerNorm(5), (4, 5)),
    (nn.LayerNorm((4, 5), 1e-2), torch.nn.LayerNorm((4, 5), 1e-2), (3, 4, 5)),
    (nn.LayerNorm(5, bias=False), torch.nn.LayerNorm(5, bias=False), (4, 5)),
    (nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3), (4, 3, 2, 5)),
    (nn.InstanceNorm2d(3), torch.nn.InstanceNorm2d(3), (4, 3, 2, 5)),
    (
        nn.InstanceNorm2d(3, 1e-2, affine=True),
        torch.nn.InstanceNorm2d(3, 1e-2, affine=True),
        (4, 3, 2, 5),
    ),
    (nn.Conv2d(2, 3, 3), torch.nn.Conv2d(2, 3, 3), (4, 2, 5, 6)),
    (
        nn.Conv2d(2, 3, (3, 2), (2, 1), (1, 0), bias=False),
        torch.nn.Conv2d(2, 3, (3, 2), (2, 1), (1, 0), bias=False),
        (4, 2, 5, 6),
    ),
    (nn.ConvTranspose2d(2, 3, 4, 2, 1), torch.nn.ConvTranspose2d(2, 3, 4, 2, 1), (4, 2, 5, 3)),
    (
        nn.ConvTranspose2d(2, 3, (3, 2), 2, 0, (1, 0), bias=False),
        torch.nn.ConvTranspose2d(2, 3, (3, 2), 2, 0, (1, 0), bias=False),
        (4, 2, 5, 3),
    ),
    (nn.Conv1d(2, 3, 3, 2, 1), torch.nn.Conv1d(2, 3, 3, 2, 1), (4, 2, 7)),
    (
        nn.Conv1d(4, 6, 3, padding="same", dilation=2, groups=2, bias=False),
        torch.nn.Conv1d(4, 6, 3, padding="same", dilation=2, groups=2, bias=False),
        (4, 4, 7),
    ),
    (
        nn.ConvTranspose1d(2, 3, 4, 3, 1, 1, dilation=2),
        torch.nn.ConvTranspose1d(2, 3, 4, 3, 1, 1, dilation=2),
        (4, 2, 5),
    ),
    (nn.MaxPool2d(3, 2, 1), torch.nn.MaxPool2d(3, 2, 1), (4, 2, 5, 6)),
    (nn.MaxPool2d((2, 3)), torch.nn.MaxPool2d((2, 3)), (4, 2, 5, 6)),
    (nn.MaxPool1d(3, 2, 1), torch.nn.MaxPool1d(3, 2, 1), (4, 2, 7)),
    (nn.AvgPool1d(3, 2, 1, True), torch.nn.AvgPool1d(3, 2, 1, True), (4, 2, 6)),
    (nn.AdaptiveAvgPool1d(3), torch.nn.AdaptiveAvgPool1d(3), (4, 2, 7)),
    (nn.ReflectionPad1d((2, 1)), torch.nn.ReflectionPad1d((2, 1)), (4, 2, 7)),
    (nn.ReplicationPad1d(2), torch.nn.ReplicationPad1d(2), (2, 7)),
    (nn.ZeroPad1d((0, 3)), torch.nn.ZeroPad1d((0, 3)), (4, 2, 7)),
    (nn.InstanceNorm1d(2, affine=True), torch.nn.InstanceNorm1d(2, affine=True), (4, 2, 7)),
    (nn.RMSNorm((5, 6)), torch.nn.RMSNorm((5, 6)), (4, 5, 6)),
    (nn.PReLU(), torch.nn.PReLU(), (4, 5)),
    (nn.PReLU(5), torch.nn.PReLU(5), (4, 5, 2)),
    (nn.GLU(1), torch.nn.GLU(1), (4, 6)),
    (nn.LogSigmoid(), torch.nn.LogSigmoid(), (4, 5)),
    (nn.Softsign(), torch.nn.Softsign(), (4, 5)),
    (nn.Softmin(0), torch.nn.Softmin(0), (4, 5)),
    (nn.AvgPool2d(2), torch.nn.AvgPool2d(2), (4, 2, 5, 6)),
    (
        nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        torch.nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        (4, 2, 5, 6),
    ),
    (nn.AdaptiveAvgPool2d(1), torch.nn.AdaptiveAvgPool2d(1), (4, 2, 5, 6)),
    (nn.Upsample(scale_factor=2), torch.nn.Upsample(scale_factor=2), (4, 2, 5, 6)),
    (nn.ReLU(), torch.nn.ReLU(), (4, 5)),
    (nn.LeakyReLU(), torch.nn.LeakyReLU(), (4, 5)),
    (nn.ELU(0.7), torch.nn.ELU(0.7), (4, 5)),
    (nn.Sigmoid(), torch.nn.Sigmoid(), (4, 5)),
    (nn.Tanh(), torch.nn.Tanh(), (4, 5)),
    (nn.SiLU(), torch.nn.SiLU(), (4, 5)),
    (nn.SELU(), torch.nn.SELU(), (4, 5)),
    (nn.Mish(), torch.nn.Mish(), (4, 5)),
    (nn.GELU(), torch.nn.GELU(), (4, 5)),
    (nn.GELU("tanh"), torch.nn.GELU("tanh"), (4, 5)),
    (nn.Hardtanh(-0.5, 0.7), torch.nn.Hardtanh(-0.5, 0.7), (4, 5)),
    (nn.ReLU6(), torch.nn.ReLU6(), (4, 5)),
    (
        nn.Unfold((3, 2), 1, 1, (2, 1)),
        torch.nn.Unfold((3, 2), 1, 1, (2, 1)),
        (4, 2, 5, 6),
    ),
    (nn.Fold((4, 6), 2, stride=2), torch.nn.Fold((4, 6), 2, stride=2), (4, 12, 6)),
    (nn.Softplus(), torch.nn.Softplus(threshold=1000), (4, 5)),
    (nn.Softmax(0), torch.nn.Softmax(0), (4, 5)),
    (nn.LogSoftmax(1), torch.nn.LogSoftmax(1), (4, 5)),
    (nn.Identity(), torch.nn.Identity(), (4, 5)),
    (nn.Flatten(), torch.nn.Flatten(), (4, 5, 2)),
    (nn.Unflatten(1, (2, -1)), torch.nn.Unflatten(1, (2, -1)), (3, 6, 2)),
]


def _name(value: Any) -> str:
    return type(value).__name__ if isinstance(value, nn.Module) else ""


def _load(ours: nn.Module, theirs: Any) -> None:
    """Give both the same random weights, and running statistics that are none of the defaults."""
    with torch.no_grad():
        for tensor in theirs.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(RNG.uniform(0.5, 2, tuple(tensor.shape))))
    ours.load_state_dict(theirs.state_dict())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("ours", "theirs", "shape"), LAYERS, ids=_name)
def test_outputs_and_buffers_agree_in_float64(
    ours: nn.Module, theirs: Any, shape: tuple[int, ...], training: bool
) -> None:
    ours, theirs = ours.to("float64").train(training), theirs.double().train(training)
    _load(ours, theirs)
    for _ in range(3):
        x = RNG.normal(size=shape)
        expected = theirs(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(ours(minigen.Tensor(x)).array, expected, rtol=1e-12, atol=1e-12)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, value in theirs.state_dict().items():
        loaded = ours.state_dict()[name]
        assert str(loaded.dtype) == str(value.dtype).removeprefix("torch.")
        np.testing.assert_allclose(loaded.array, value.numpy(), rtol=1e-12)


@pytest.mark.parametrize(("ours", "theirs", "shape"), LAYERS, ids=_name)
def test_pytorch_loads_our_state_as_it_is(
    ours: nn.Module, theirs: Any, shape: tuple[int, ...]
) -> None:
    state = {name: torch.from_numpy(v.numpy()) for name, v in ours.state_dict().items()}
    theirs.load_state_dict(state)


@pytest.mark.parametrize("normalize", [False, True])
def test_the_perceptual_loss_and_its_gradient_agree_with_ops_of_pytorch(normalize: bool) -> None:
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 2, 2))
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.ReLU(), torch.nn.Conv2d(3, 2, 2)
    )
    ours, theirs = network.to("float64"), theirs.double().eval()
    _load(ours, theirs)
    weights, (x, target) = {2: 0.5, 3: 2.0}, RNG.normal(size=(2, 4, 1, 6, 6))

    leaf, wanted = torch.tensor(x, requires_grad=True), torch.tensor(target)
    expected = torch.zeros((), dtype=torch.float64)
    for layer, weight in weights.items():
        features = [theirs[: layer + 1](images) for images in (leaf, wanted)]
        if normalize:
            features = [torch.nn.functional.normalize(each) for each in features]
        expected = expected + weight * torch.nn.functional.mse_loss(*features)
    expected.backward()

    images = minigen.tensor(x, requires_grad=True)
    loss = nn.PerceptualLoss(ours, list(weights), list(weights.values()), normalize=normalize)
    found = loss(images, minigen.tensor(target))
    found.backward()
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)
    assert images.grad is not None
    np.testing.assert_allclose(images.grad.array, leaf.grad.numpy(), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("shape", [(4, 6), (8, 3, 5, 5), (3, 8, 2, 4)])
def test_fans_agree(shape: tuple[int, ...]) -> None:
    expected = torch.nn.init._calculate_fan_in_and_fan_out(torch.zeros(shape))
    assert nn.init.calculate_fans(minigen.zeros(shape)) == expected


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [("linear", None), ("conv2d", None), ("tanh", None), ("relu", None), ("leaky_relu", None),
     ("leaky_relu", 0.3), ("selu", None), ("sigmoid", None)],
)  # fmt: skip
def test_gains_agree(nonlinearity: str, param: float | None) -> None:
    expected = torch.nn.init.calculate_gain(nonlinearity, param)
    assert nn.init.calculate_gain(nonlinearity, param) == expected


@pytest.mark.parametrize("norm_type", [1.0, 2.0, float("inf")])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clipping_agrees(norm_type: float, max_norm: float) -> None:
    ours = [nn.Parameter(np.zeros(shape)) for shape in [(3, 4), (5,)]]
    theirs = [torch.nn.Parameter(torch.zeros(p.shape, dtype=torch.float64)) for p in ours]
    for mine, other in zip(ours, theirs, strict=True):
        gradient = RNG.normal(size=mine.shape)
        mine.grad, other.grad = minigen.tensor(gradient), torch.tensor(gradient)
    norm = nn.utils.clip_grad_norm_(ours, max_norm, norm_type).item()
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type).item()
    assert norm == pytest.approx(expected, rel=1e-14)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.grad is not None
        np.testing.assert_allclose(mine.grad.array, other.grad.numpy(), rtol=1e-14)
