"""The exponential average of a module's weights, against its closed form and PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.engine.random import Generator


def network() -> nn.Sequential:
    return nn.Sequential(nn.Dense(3, 4, generator=Generator(0)), nn.BatchNorm1d(4))


def redraw(module: nn.Module, seed: int) -> None:
    """Give a module other parameters, and other statistics."""
    generator = Generator(seed)
    with minigen.no_grad():
        for parameter in module.parameters():
            parameter.copy_(generator.normal(parameter.shape, parameter.dtype))
    module(generator.normal((5, 3), "float64"))


@pytest.mark.derivation("exponential_average")
def test_the_average_has_its_closed_form() -> None:
    module = network().to("float64")
    decay, steps = 0.8, 7
    history = [{name: p.numpy() for name, p in module.named_parameters()}]
    average = nn.ExponentialAverage(module, decay)
    for step in range(1, steps + 1):
        redraw(module, step)
        history.append({name: p.numpy() for name, p in module.named_parameters()})
        average.update(module)
    for name, parameter in average.module.named_parameters():
        expected = decay**steps * history[0][name] + (1 - decay) * sum(
            decay ** (steps - step) * history[step][name] for step in range(1, steps + 1)
        )
        np.testing.assert_allclose(parameter.numpy(), expected, rtol=1e-12)


def test_it_follows_pytorchs_averaged_model() -> None:
    torch: Any = pytest.importorskip("torch")
    swa_utils: Any = pytest.importorskip("torch.optim.swa_utils")
    module = network().to("float64")
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).double()

    def hand_over() -> None:
        theirs.load_state_dict(
            {name: torch.from_numpy(value.numpy()) for name, value in module.state_dict().items()}
        )

    hand_over()
    their_average = swa_utils.AveragedModel(
        theirs, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9)
    )
    their_average.update_parameters(theirs)  # its first update is a copy, as ours is when made
    average = nn.ExponentialAverage(module, 0.9)
    for seed in range(5):
        redraw(module, seed)
        hand_over()
        average.update(module)
        their_average.update_parameters(theirs)
    expected = their_average.state_dict()
    for name, value in average.state_dict().items():
        np.testing.assert_allclose(value.numpy(), expected[name].numpy(), rtol=1e-12, err_msg=name)


def test_buffers_are_those_of_the_last_update() -> None:
    module = network().to("float64")
    average = nn.ExponentialAverage(module, 0.9)
    redraw(module, 1)
    average.update(module)
    for copied, original in zip(average.buffers(), module.buffers(), strict=True):
        assert copied is not original
        assert copied.tolist() == original.tolist()
    assert average.state_dict()["module.1.num_batches_tracked"].item() == 1


def test_the_copy_neither_learns_nor_shares_memory() -> None:
    module = network()
    average = nn.ExponentialAverage(module, 0.9)
    assert not any(p.requires_grad for p in average.parameters())
    assert all(p.requires_grad for p in module.parameters())
    before = [p.tolist() for p in average.parameters()]
    module(minigen.randn(5, 3)).sum().backward()
    optim.SGD(module.parameters(), lr=1.0).step()
    assert [p.tolist() for p in average.parameters()] == before


def test_updating_records_no_graph() -> None:
    module = network()
    average = nn.ExponentialAverage(module, 0.5)
    average.update(module)
    assert all(p.is_leaf and not p.requires_grad for p in average.parameters())


def test_it_is_called_as_the_module_is_and_saved_under_its_name() -> None:
    module, x = network(), minigen.randn(5, 3)
    average = nn.ExponentialAverage(module, 0.9)
    np.testing.assert_array_equal(average(x).numpy(), module(x).numpy())
    assert list(average.state_dict()) == [f"module.{name}" for name in module.state_dict()]
    again = nn.ExponentialAverage(network(), 0.9)
    again.load_state_dict(average.state_dict())
    assert repr(average).startswith("ExponentialAverage(\n  decay=0.9\n  (module): Sequential(")


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_outside_its_range_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match=r"decay must lie in \[0, 1\), got"):
        nn.ExponentialAverage(network(), decay)


def test_a_module_of_other_parameters_or_buffers_is_refused() -> None:
    average = nn.ExponentialAverage(network(), 0.9)
    with pytest.raises(ValueError, match=r"parameters .*\(4, 3\).* are expected, got .*\(5, 3\)"):
        average.update(nn.Sequential(nn.Dense(3, 5), nn.BatchNorm1d(5)))
    untracked = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm1d(4, track_running_stats=False))
    with pytest.raises(ValueError, match=r"buffers .* are expected, got \{\}"):
        average.update(untracked)
