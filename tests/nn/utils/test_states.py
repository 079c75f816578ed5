"""A module in another state for a while."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.nn.utils import evaluating, frozen


def test_every_module_is_in_evaluation_mode_and_afterwards_as_it_was() -> None:
    model, other = nn.Sequential(nn.Dense(2, 2), nn.BatchNorm1d(2)), nn.Dropout(0.5)
    model[0].eval()
    with evaluating(model, other):
        assert not any(part.training for part in (*model.modules(), *other.modules()))
    assert [part.training for part in model.modules()] == [True, False, True]
    assert other.training
    with pytest.raises(ValueError, match="expected"), evaluating(model):
        model(minigen.ones(3, 5))
    assert model[1].training


def test_gradients_are_recorded_inside() -> None:
    layer = nn.Dense(2, 1)
    with evaluating(layer):
        assert layer(minigen.ones(1, 2)).requires_grad


def normalised() -> nn.Sequential:
    """Make a module with buffers of each kind that a call moves."""
    module = nn.Sequential(
        nn.utils.spectral_norm(nn.Dense(3, 4)), nn.BatchNorm1d(4), nn.Dense(4, 2, bias=False)
    )
    nn.init.normal_(next(module[0].parametrizations.parameters()))  # of other singular vectors
    return module


def state(module: nn.Module) -> dict[str, list[float]]:
    return {name: value.tolist() for name, value in module.state_dict().items()}


def test_no_buffer_of_a_frozen_module_moves_in_training_mode() -> None:
    module, x = normalised(), minigen.randn(5, 3)
    before = state(module)
    with frozen(module):
        module(x)
    assert state(module) == before
    module(x)
    moved = {name for name, value in state(module).items() if value != before[name]}
    assert moved == {
        "0.parametrizations.weight.0._u",
        "0.parametrizations.weight.0._v",
        "1.running_mean",
        "1.running_var",
        "1.num_batches_tracked",
    }


def test_a_frozen_batch_norm_in_training_mode_still_uses_the_batchs_statistics() -> None:
    norm, x = nn.BatchNorm1d(3), minigen.randn(6, 3) * 5 + 2
    with frozen(norm):
        held = norm(x).numpy()
    np.testing.assert_array_equal(held, norm(x).numpy())
    np.testing.assert_allclose(held.mean(0), 0, atol=1e-6)


def test_a_frozen_batch_norm_in_evaluation_still_uses_the_running_statistics() -> None:
    norm, x = nn.BatchNorm1d(3).eval(), minigen.randn(6, 3) * 5 + 2
    with frozen(norm):
        np.testing.assert_allclose(norm(x).numpy(), x.numpy(), rtol=1e-4)


def test_gradients_flow_through_to_what_comes_before_but_not_into_the_parameters() -> None:
    before, module = nn.Dense(2, 3), normalised()
    with frozen(module):
        y = (module(before(minigen.randn(5, 2))) ** 2).sum()
    y.backward()
    assert before.weight.grad is not None
    assert np.abs(before.weight.grad.numpy()).max() > 0
    assert [name for name, p in module.named_parameters() if p.grad is not None] == []


def test_everything_is_restored_as_it_was_also_after_an_error() -> None:
    module = normalised()
    fixed = next(module[2].parameters())
    fixed.requires_grad = False
    with frozen(module):
        assert not any(p.requires_grad for p in module.parameters())
        assert all(part.frozen for part in module.modules())
    assert not module.frozen
    with pytest.raises(ValueError, match="is expected"), frozen(module):
        module(minigen.ones(1, 2))
    assert [p is fixed for p in module.parameters() if not p.requires_grad] == [True]
    assert not any(part.frozen for part in module.modules())
    assert all(part.training for part in module.modules())


def test_blocks_nest_and_modules_may_be_named_twice() -> None:
    module = normalised()
    with frozen(module):
        with frozen(module[1], module):
            assert module[1].frozen
        assert module.frozen
        assert module[1].frozen
        assert not next(module.parameters()).requires_grad
    assert not module[1].frozen
    assert next(module.parameters()).requires_grad
