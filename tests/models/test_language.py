from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.engine.random import Generator
from minigen.models import CharGRU, CharTransformer, LanguageModel, build
from minigen.models.language import negative_log_likelihoods, targets

VOCABULARY = ("", "a", "b")
TEXTS = np.array([[1, 2, 0, 0], [2, 2, 1, 2], [0, 0, 0, 0]])


def model_of(kind: type[LanguageModel], length: int = 4, **options: Any) -> Any:
    small = {"hidden": 6, "embedding": 4} if kind is CharGRU else {"width": 8, "heads": 2}
    sizes = {**small, "members": 2, **options}
    return kind((length,), VOCABULARY, **sizes, generator=Generator(0)).eval()


both = pytest.mark.parametrize("kind", [CharGRU, CharTransformer])


@both
def test_probabilities_of_all_texts_sum_to_one(kind: type[LanguageModel]) -> None:
    model = model_of(kind, 3)
    whole = []
    for row in itertools.product(range(3), repeat=3):
        ends = [place for place, token in enumerate(row) if token == 0]
        if not ends or not any(row[ends[0] :]):
            whole.append(row)
    total = np.exp(-model.nll(np.array(whole)).numpy().astype(np.float64)).sum()
    assert total == pytest.approx(1, abs=1e-5)


@both
def test_no_character_is_known_before_it_is_said(kind: type[LanguageModel]) -> None:
    model = model_of(kind)
    changed = TEXTS.copy()
    changed[:, 2] = 1
    before, after = (model.ensemble_logits(texts).numpy() for texts in (TEXTS, changed))
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-5, atol=1e-6)
    assert abs(before[:, 3] - after[:, 3]).max() > 1e-3


@both
def test_what_follows_is_said_as_in_training(kind: type[LanguageModel]) -> None:
    model, state = model_of(kind), None
    logits = model.ensemble_logits(TEXTS).numpy()
    for length in range(4):
        following, state = model.next_ensemble_logits(TEXTS[:, :length], state)
        np.testing.assert_allclose(following.numpy(), logits[:, length], rtol=1e-4, atol=1e-5)


@both
def test_padding_costs_nothing(kind: type[LanguageModel]) -> None:
    model = model_of(kind)
    short, long = model.nll(TEXTS[:1, :3]).item(), model.nll(TEXTS[:1]).item()
    assert short == pytest.approx(long, rel=1e-5)
    assert model.terms(TEXTS)["loss"].item() == pytest.approx(model.nll(TEXTS).mean().item())


def test_targets_end_at_the_first_end() -> None:
    assert targets(TEXTS).tolist() == [[1, 2, 0, -100], [2, 2, 1, 2], [0, -100, -100, -100]]


@both
def test_samples_begin_with_the_prompt_and_end_once(kind: type[LanguageModel]) -> None:
    model = model_of(kind, 6)
    made = model.sample(50, prompt=np.array([2, 1]), generator=Generator(3)).numpy()
    assert made.shape == (50, 6)
    assert (made[:, :2] == [2, 1]).all()
    behind = np.cumsum(made == 0, axis=1) > 1
    assert not made[behind].any()
    again = model.sample(50, prompt=[2, 1], generator=Generator(3)).numpy()
    np.testing.assert_array_equal(made, again)


@both
def test_without_temperature_all_samples_are_the_likeliest(kind: type[LanguageModel]) -> None:
    made = model_of(kind).sample(5, temperature=0.0).numpy()
    assert len(np.unique(made, axis=0)) == 1


@both
def test_samples_are_as_frequent_as_they_are_likely(kind: type[LanguageModel]) -> None:
    model = model_of(kind, 1)
    made = model.sample(20_000, generator=Generator(1)).numpy()
    likely = np.exp(-model.nll(np.array([[0], [1], [2]])).numpy())
    found = np.bincount(made.ravel(), minlength=3) / len(made)
    np.testing.assert_allclose(found, likely, atol=3 * math.sqrt(0.25 / len(made)))


@pytest.mark.parametrize("prompt", [[1] * 5, [1, 0], [[1]]])
def test_an_impossible_prompt_is_refused(prompt: Any) -> None:
    with pytest.raises(ValueError, match="CharGRU: a prompt of 0 to 4 tokens, none of them the"):
        model_of(CharGRU).sample(1, prompt=prompt)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (TEXTS.astype(np.float32), TypeError, "texts are numbers of tokens, integers, got float32"),
        (TEXTS[0], ValueError, r"texts of shape \(N, L\), L from 1 to 4, are expected, got \(4,\)"),
        (np.zeros((1, 5), int), ValueError, r"texts .* L from 1 to 4, are expected, got \(1, 5\)"),
    ],
)
def test_what_is_no_text_is_refused(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"CharGRU: {message}"):
        model_of(CharGRU).terms(x)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize(
    ("x", "message"), [(np.full((1, 2), 3), "got 3 to 3"), (-TEXTS, "got -2 to 0")]
)
def test_tokens_that_there_are_not_are_refused(x: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"CharGRU: tokens from 0 to 2 are expected, {message}"):
        model_of(CharGRU).terms(x)


def test_labels_are_refused() -> None:
    with pytest.raises(TypeError, match="takes no labels"):
        model_of(CharGRU).terms(TEXTS, np.zeros(3, int))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (4, 4)}, "a positive length"),
        ({"image_shape": (0,)}, "a positive length"),
        ({"vocabulary": ("a", "b")}, "the empty text and at least one character"),
        ({"vocabulary": ("",)}, "the empty text and at least one character"),
        ({"heads": 3}, "width must be divisible by the number of heads, got 64 and 3"),
        ({"dropout": 1.0}, "dropout must lie in"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"CharTransformer: .*{message}"):
        build("char-transformer", **{"image_shape": (4,), "vocabulary": VOCABULARY} | options)


@both
def test_dropout_is_of_training_alone(kind: type[LanguageModel]) -> None:
    model = model_of(kind)
    assert model.nll(TEXTS).tolist() == model.nll(TEXTS).tolist()
    model.train()
    assert model.nll(TEXTS).tolist() != model.nll(TEXTS).tolist()


@both
def test_an_ensemble_gives_the_mean_of_its_members_probabilities(kind: type[LanguageModel]) -> None:
    model = model_of(kind, members=3)
    each = [F.softmax(member.logits(TEXTS), 2).numpy() for member in model.members]
    assert abs(each[0] - each[1]).max() > 1e-3
    found = F.softmax(model.ensemble_logits(TEXTS), 2).numpy()
    np.testing.assert_allclose(found, np.mean(each, 0), rtol=1e-5, atol=1e-6)


@both
def test_members_learn_apart(kind: type[LanguageModel]) -> None:
    model = model_of(kind, dropout=0.0).train()
    loss = model.loss(TEXTS)
    first, second = (member.eval().logits(TEXTS) for member in model.members)
    each = [negative_log_likelihoods(logits, TEXTS).mean().item() for logits in (first, second)]
    assert loss.item() == pytest.approx(sum(each) / 2, rel=1e-5)
    assert model.nll(TEXTS).mean().item() < loss.item()


def test_an_ensemble_of_one_is_its_network() -> None:
    model = model_of(CharGRU, members=1)
    assert not [name for name in model.state_dict() if name.startswith("others")]
    np.testing.assert_array_equal(model.ensemble_logits(TEXTS).numpy(), model.logits(TEXTS).numpy())


@both
def test_a_model_is_made_again_from_its_configuration(kind: type[LanguageModel]) -> None:
    model = model_of(kind)
    again: Any = build(kind.name, **model.config())
    assert again.config() == model.config()
    again.load_state_dict(model.state_dict())
    again.eval().to(minigen.zeros(()).device)
    np.testing.assert_array_equal(again.nll(TEXTS).numpy(), model.nll(TEXTS).numpy())
