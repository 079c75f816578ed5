"""Recurrent layers: PyTorch's, cell by cell and over whole sequences."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn
from tests.numeric import draw

LENGTHS = [5, 1, 3]


def layers(kind: str, **options: Any) -> tuple[Any, Any]:
    """Return a layer and PyTorch's with the same weights, in float64."""
    torch = pytest.importorskip("torch")
    ours = getattr(nn, kind)(4, 3, generator=minigen.Generator(0), dtype=np.float64, **options)
    theirs = getattr(torch.nn, kind)(4, 3, **options).double()
    state = {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    theirs.load_state_dict(state)
    assert list(theirs.state_dict()) == list(state)
    return ours, theirs


def parts(state: Any) -> list[Any]:
    return list(state) if isinstance(state, tuple) else [state]


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": False, "batch_first": True},
        {"num_layers": 2, "bidirectional": True},
    ],
    ids=str,
)
def test_layers_agree_with_pytorchs_in_values_and_gradients(kind: str, options: Any) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = layers(kind, **options)
    x = draw(5, 5, 4)
    walks = len(list(ours._walks()))
    begun = [draw(walks, 5, 3, seed=seed) for seed in range(2 if kind == "LSTM" else 1)]
    state = [minigen.tensor(part) for part in begun]
    other = [torch.from_numpy(part) for part in begun]
    output, last = ours(minigen.tensor(x), tuple(state) if kind == "LSTM" else state[0])
    expected, expected_last = theirs(
        torch.from_numpy(x), tuple(other) if kind == "LSTM" else other[0]
    )
    for found, wanted in zip(
        [output, *parts(last)], [expected, *parts(expected_last)], strict=True
    ):
        np.testing.assert_allclose(found.array, wanted.detach().numpy(), rtol=1e-12, atol=1e-14)
    g = draw(*output.shape, seed=3)
    (output * g).sum().backward()
    (expected * torch.from_numpy(g)).sum().backward()
    for name, parameter in theirs.named_parameters():
        found = getattr(ours, name).grad
        np.testing.assert_allclose(found.array, parameter.grad.numpy(), rtol=1e-10, atol=1e-12)
    ours.load_state_dict(theirs.state_dict())


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_padded_sequences_give_what_pytorch_gives_for_packed_ones(kind: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = layers(kind, bidirectional=True)
    x = draw(5, 3, 4)
    output, last = ours(minigen.tensor(x), lengths=LENGTHS)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.from_numpy(x), LENGTHS, enforce_sorted=False
    )
    walked, expected_last = theirs(packed)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(walked)
    for found, wanted in zip(
        [output, *parts(last)], [expected, *parts(expected_last)], strict=True
    ):
        np.testing.assert_allclose(found.array, wanted.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("kind", "cell"), [("GRU", nn.GRUCell), ("LSTM", nn.LSTMCell)])
def test_a_walk_is_as_many_steps_of_a_cell(kind: str, cell: Any) -> None:
    layer = getattr(nn, kind)(4, 3, generator=minigen.Generator(0), dtype=np.float64)
    one = cell(4, 3, dtype=np.float64)
    one.load_state_dict(
        {name.removesuffix("_l0"): value for name, value in layer.state_dict().items()}
    )
    x, state = minigen.tensor(draw(6, 2, 4)), None
    output, _ = layer(x)
    steps = []
    for element in x:
        state = one(element, state)
        steps.append(parts(state)[0])
    np.testing.assert_allclose(output.array, minigen.stack(steps).array, rtol=1e-12)
    weights = draw(*output.shape, seed=1)
    (output * weights).sum().backward()
    (minigen.stack(steps) * weights).sum().backward()
    for name, parameter in one.named_parameters():
        whole = getattr(layer, f"{name}_l0").grad
        assert parameter.grad is not None
        np.testing.assert_allclose(whole.array, parameter.grad.array, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_what_is_behind_the_end_of_a_sequence_counts_for_nothing(kind: Any) -> None:
    layer = kind(4, 3, num_layers=2, bidirectional=True, dtype=np.float64)
    x = draw(5, 3, 4)
    changed = x.copy()
    for example, length in enumerate(LENGTHS):
        changed[length:, example] = 7
    found, other = (layer(each, lengths=LENGTHS) for each in (x, changed))
    for one, two in zip([found[0], *parts(found[1])], [other[0], *parts(other[1])], strict=True):
        np.testing.assert_array_equal(one.array, two.array)
    alone, _ = layer(x[:3, 2])
    np.testing.assert_allclose(found[0].array[:3, 2], alone.array, rtol=1e-12)
    assert not found[0].array[3:, 2].any()


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_one_sequence_and_one_input_pass_as_batches_of_one(kind: Any) -> None:
    x = minigen.tensor(draw(1, 5, 4), dtype="float32")
    layer = kind(4, 3, batch_first=True)
    output, last = layer(x)
    alone, last_alone = layer(x[0])
    np.testing.assert_array_equal(alone.array, output[0].array)
    again, _ = layer(x[0], last_alone)
    np.testing.assert_allclose(again.array, layer(x, last)[0][0].array, rtol=1e-6)
    cell = {nn.GRU: nn.GRUCell, nn.LSTM: nn.LSTMCell}[kind](4, 3)
    for one, many in zip(parts(cell(x[0, 0])), parts(cell(x[0])), strict=True):
        np.testing.assert_allclose(one.array, many[0].array, rtol=1e-6)


def test_dropout_is_between_layers_in_training_alone() -> None:
    layer = nn.GRU(4, 3, num_layers=2, dropout=1.0, generator=minigen.Generator(0))
    one = nn.GRU(4, 3, num_layers=2)
    one.load_state_dict(layer.state_dict())
    x = minigen.tensor(draw(5, 2, 4), dtype="float32")
    assert (layer(x)[0].array != one(x)[0].array).any()
    np.testing.assert_array_equal(layer.eval()(x)[0].array, one(x)[0].array)


X = np.zeros((5, 3, 4), np.float32)
WRONG: Any = np.zeros((1, 2, 3), np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GRU(4, 0), "GRU: hidden_size must be a positive integer, got 0"),
        (lambda: nn.LSTM(4, 3, dropout=1.5), "LSTM: dropout must lie in [0, 1], got 1.5"),
        (lambda: nn.GRU(4, 3)(X[..., :2]), "GRU(4, 3): an input of shape (L, N, 4) is expected"),
        (lambda: nn.GRU(4, 3, batch_first=True)(X[..., :2]), "an input of shape (N, L, 4)"),
        (lambda: nn.GRU(4, 3)(X, WRONG), "a state of shape (1, 3, 3) is expected, got (1, 2, 3)"),
        (lambda: nn.LSTM(4, 3)(X, WRONG), "a pair (h, c) is expected as state, got ndarray"),
        (lambda: nn.GRU(4, 3)(X, lengths=[5, 1]), "lengths of shape (3,) are expected, got (2,)"),
        (lambda: nn.GRU(4, 3)(X, lengths=[5, 1, 6]), "lengths from 0 to 5 are expected, got 1 to"),
        (lambda: nn.GRU(4, 3)(X[:0]), "L of at least 1"),
        (lambda: nn.LSTMCell(4, 3)(X), "LSTMCell(4, 3): an input of shape (N, 4) is expected"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_options_are_shown() -> None:
    assert repr(nn.GRU(4, 3, 2, batch_first=True)) == "GRU(4, 3, num_layers=2, batch_first=True)"
