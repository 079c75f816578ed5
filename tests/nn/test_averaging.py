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


@pytest.mark.parametrize("use_buffers", [True, False])
def test_it_follows_pytorchs_averaged_model(use_buffers: bool) -> None:
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
        theirs, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9), use_buffers=use_buffers
    )
    their_average.update_parameters(theirs)  # its first update is a copy, as ours is when made
    average = nn.ExponentialAverage(module, 0.9, use_buffers=use_buffers)
    for seed in range(5):
        redraw(module, seed)
        hand_over()
        average.update(module)
        their_average.update_parameters(theirs)
    expected = their_average.state_dict()
    counts = {name for name in expected if name.endswith("num_batches_tracked")}
    for name, value in average.state_dict().items():
        if name in counts:  # which PyTorch averages, too, and rounds
            continue
        np.testing.assert_allclose(value.numpy(), expected[name].numpy(), rtol=1e-12, err_msg=name)


def test_statistics_are_averaged_as_weights_are_and_counts_taken_over() -> None:
    module = network().to("float64")
    average: Any = nn.ExponentialAverage(module, 0.75)
    names = ("running_mean", "running_var")
    expected = {name: getattr(module[1], name).numpy() for name in names}
    for seed in range(3):
        redraw(module, seed)
        average.update(module)
        for name in names:
            expected[name] = 0.75 * expected[name] + 0.25 * getattr(module[1], name).numpy()
    for name in names:
        found = getattr(average.module[1], name).numpy()
        np.testing.assert_allclose(found, expected[name], rtol=1e-12)
        assert (found != getattr(module[1], name).numpy()).all()
    assert average.module[1].num_batches_tracked.item() == 3


@pytest.mark.derivation("exponential_average.warmup")
def test_with_warm_up_it_looks_back_over_a_tenth_of_the_path_until_the_decay_is_reached() -> None:
    clock = nn.Dense(1, 1, bias=False).to("float64")
    clock.load_state_dict({"weight": [[0.0]]})
    average: Any = nn.ExponentialAverage(clock, 0.9, warmup=True)  # reached at update 81
    for step in range(1, 101):
        clock.load_state_dict({"weight": [[float(step)]]})
        before = average.module.weight.item()
        average.update(clock)
        age = step - average.module.weight.item()
        if step <= 81:
            assert age == pytest.approx(step / 10, rel=1e-9)
        else:
            assert age == pytest.approx(0.9 * (step - before), rel=1e-9)


def test_the_warm_up_goes_on_where_a_saved_average_stood() -> None:
    module = network()
    averages = [nn.ExponentialAverage(module, 0.999, warmup=True) for _ in range(2)]
    for seed in range(4):
        with minigen.no_grad():
            for parameter in module.parameters():
                parameter.copy_(Generator(seed).normal(parameter.shape))
        averages[0].update(module)
        if seed == 1:
            averages[1].load_state_dict(averages[0].state_dict())
        if seed > 1:
            averages[1].update(module)
    for one, other in zip(
        averages[0].state_dict().values(), averages[1].state_dict().values(), strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_if_buffers_are_not_averaged_they_are_those_of_the_last_update() -> None:
    module = network().to("float64")
    average = nn.ExponentialAverage(module, 0.9, use_buffers=False)
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
