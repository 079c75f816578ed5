"""Attention of several heads, a transformer's block, places; tied embeddings."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn, optim
from tests.numeric import draw

PADDING = np.array([[False] * 5, [False, False, False, True, True]])
BLOCKED = draw(4, 5, seed=3) > 0.5
BLOCKED[:, 0] = False


def with_the_same_weights(kind: str, *sizes: int, **options: Any) -> tuple[Any, Any]:
    """Return a layer and PyTorch's, in float64 and evaluation."""
    torch = pytest.importorskip("torch")
    ours = getattr(nn, kind)(*sizes, generator=minigen.Generator(0), dtype=np.float64, **options)
    for parameter in ours.parameters():
        nn.init.normal_(parameter, 0.0, 0.5, minigen.Generator(parameter.size))
    theirs = getattr(torch.nn, kind)(*sizes, **options).double()
    state = {name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()}
    theirs.load_state_dict(state)
    assert list(theirs.state_dict()) == list(state)
    ours.load_state_dict(theirs.state_dict())
    return ours.eval(), theirs.eval()


def assert_close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours.array, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)


def assert_parameters_gradients_agree(ours: Any, theirs: Any) -> None:
    gradients = {name: parameter.grad for name, parameter in ours.named_parameters()}
    for name, parameter in theirs.named_parameters():
        assert_close(gradients[name], parameter.grad)


@pytest.mark.derivation("attention.heads")
@pytest.mark.parametrize("options", [{}, {"batch_first": True, "bias": False}], ids=str)
def test_heads_agree_with_pytorchs_in_values_weights_and_gradients(options: Any) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = with_the_same_weights("MultiheadAttention", 6, 2, **options)
    query, key, value = draw(4, 2, 6), draw(5, 2, 6), draw(5, 2, 6, seed=1)
    if options:
        query, key, value = (x.swapaxes(0, 1).copy() for x in (query, key, value))
    masks = {"key_padding_mask": PADDING, "attn_mask": BLOCKED}
    found, weights = ours(query, key, value, **masks, need_weights=True)
    expected, expected_weights = theirs(
        *map(torch.from_numpy, (query, key, value)),
        **{name: torch.from_numpy(mask) for name, mask in masks.items()},
    )
    assert_close(found, expected)
    assert_close(weights, expected_weights)
    g = draw(*found.shape)
    (found * g).sum().backward()
    (expected * torch.from_numpy(g)).sum().backward()
    assert_parameters_gradients_agree(ours, theirs)


def test_masks_of_floats_of_each_head_and_single_sequences_agree_with_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = with_the_same_weights("MultiheadAttention", 6, 2)
    x, added = draw(5, 2, 6), draw(4, 5, 5)
    tensor = torch.from_numpy(x)
    expected, _ = theirs(tensor, tensor, tensor, attn_mask=torch.from_numpy(added))
    assert_close(ours(x, x, x, attn_mask=added)[0], expected)
    one = tensor[:, 0]
    expected, per_head = theirs(one, one, one, average_attn_weights=False)
    found, weights = ours(x[:, 0], x[:, 0], x[:, 0], None, True, None, False)
    assert_close(found, expected)
    assert_close(weights, per_head)


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_block_agrees_with_pytorchs(norm_first: bool) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = with_the_same_weights(
        "TransformerEncoderLayer", 6, 2, 8, norm_first=norm_first, batch_first=True
    )
    x, causal = draw(2, 5, 6), np.triu(np.ones((5, 5), bool), 1)
    found = ours(x, src_key_padding_mask=PADDING, is_causal=True)
    expected = theirs(
        torch.from_numpy(x), torch.from_numpy(causal), torch.from_numpy(PADDING), is_causal=False
    )
    assert_close(found, expected)
    g = draw(*found.shape)
    (found * g).sum().backward()
    (expected * torch.from_numpy(g)).sum().backward()
    assert_parameters_gradients_agree(ours, theirs)


def test_dropout_is_for_training() -> None:
    x = minigen.tensor(draw(5, 2, 6), dtype="float32")
    layer = nn.MultiheadAttention(6, 2, dropout=0.5, generator=minigen.Generator(0))
    first, second = layer(x, x, x)[0], layer(x, x, x)[0]
    assert (first.array != second.array).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x, x, x)[0].array, layer(x, x, x)[0].array)


@pytest.mark.derivation("positions.sinusoidal")
def test_places_are_added_to_either_order_of_axes() -> None:
    layer: Any
    for layer in (nn.SinusoidalPositions(6, 7), nn.LearnedPositions(6, 7)):
        x = minigen.tensor(draw(5, 2, 6), dtype="float32")
        added = layer(x) - x
        np.testing.assert_allclose(added.array[:, 0], added.array[:, 1], atol=1e-6)
        layer.batch_first = True
        turned = layer(x.transpose(0, 1))
        np.testing.assert_allclose(turned.array.swapaxes(0, 1), (x + added).array, atol=1e-6)
        np.testing.assert_allclose(layer(x[:, 0]).array, (x + added).array[:, 0], atol=1e-6)
    assert list(nn.SinusoidalPositions(6).state_dict()) == []


class Tied(nn.Module):
    """A model whose last layer has the embedding's vectors as its weights."""

    def __init__(self) -> None:
        super().__init__()
        generator = minigen.Generator(0)
        self.embedding = nn.Embedding(7, 4, generator=generator)
        self.head = nn.Dense(4, 7, bias=False, generator=generator)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Any) -> Any:
        return self.head(self.embedding(tokens))


def test_a_tied_embedding_gets_both_gradients_and_one_step() -> None:
    model, tokens = Tied(), np.array([1, 3, 3])
    assert len(list(model.parameters())) == 1
    loss = F.cross_entropy(model(tokens), tokens)
    loss.backward()
    table = minigen.tensor(model.embedding.weight.array, requires_grad=True)
    head = minigen.tensor(model.embedding.weight.array, requires_grad=True)
    F.cross_entropy(F.linear(F.embedding(tokens, table), head), tokens).backward()
    assert model.head.weight.grad is not None
    assert table.grad is not None
    assert head.grad is not None
    both = table.grad.array + head.grad.array
    np.testing.assert_allclose(model.head.weight.grad.array, both, rtol=1e-6)
    before = model.embedding.weight.numpy()
    optim.SGD(model.parameters(), lr=0.5).step()
    np.testing.assert_allclose(model.head.weight.array, before - 0.5 * both, rtol=1e-5, atol=1e-7)


def test_a_tied_embedding_is_saved_under_both_names_and_stays_tied() -> None:
    model = Tied()
    state = copy.deepcopy(model.state_dict())
    assert list(state) == ["embedding.weight", "head.weight"]
    other = Tied()
    nn.init.zeros_(other.embedding.weight)
    other.load_state_dict(state)
    assert other.head.weight is other.embedding.weight
    np.testing.assert_array_equal(other.head.weight.array, model.head.weight.array)
    again = copy.deepcopy(model)
    assert again.head.weight is again.embedding.weight


X = np.zeros((5, 2, 6), np.float32)
LAYER = nn.MultiheadAttention(6, 2)
WORD: Any = "swish"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.MultiheadAttention(6, 4), ValueError, "num_heads must divide embed_dim, got 4"),
        (lambda: nn.MultiheadAttention(6, 2, 1.0), ValueError, "dropout must lie in [0, 1)"),
        (lambda: LAYER(X, X, X[..., :3]), ValueError, "an input of shape (L, N, 6) is expected"),
        (lambda: LAYER(X, X, X, PADDING[:1]), ValueError, "key_padding_mask of shape (2, 5) is"),
        (lambda: LAYER(X, X, X, PADDING * 1), TypeError, "key_padding_mask is an array of bool"),
        (
            lambda: LAYER(X, X, X, attn_mask=BLOCKED),
            ValueError,
            "attn_mask of shape (5, 5) or (4, 5, 5) is expected, got (4, 5)",
        ),
        (
            lambda: nn.TransformerEncoderLayer(6, 2, activation=WORD),
            ValueError,
            "activation is 'relu', 'gelu' or a function",
        ),
        (lambda: nn.LearnedPositions(6, 4)(X), ValueError, "(L, N, 6), L from 1 to 4, is expected"),
        (lambda: nn.SinusoidalPositions(4)(X), ValueError, "(L, N, 4), L from 1 to 5000,"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()
