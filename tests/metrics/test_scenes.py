"""The judge that measures scenes, and reports of who shows what was said."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import metrics
from minigen.data.captioned import encode_sentences
from minigen.data.drawn import uniform
from minigen.data.scenes import VOCABULARY, combinations_of, draw_scenes, tell
from minigen.metrics.scenes import UNREADABLE, answers_of, read_scenes

COMBINATIONS = combinations_of("test")[::4]
"""Some of those that are held out."""


@pytest.fixture(scope="module")
def images() -> Any:
    shares = uniform((1,), len(COMBINATIONS), 9)
    return draw_scenes(COMBINATIONS, shares).astype(np.float32) / 255


def test_real_scenes_are_read_right(images: Any) -> None:
    np.testing.assert_array_equal(read_scenes(images), answers_of(COMBINATIONS))


def test_soft_and_grainy_scenes_are_read_as_well(images: Any) -> None:
    padded = np.pad(images, [(0, 0), (0, 0), (1, 1), (1, 1)], mode="edge")
    parts = itertools.product(((0, 0.2), (1, 0.6), (2, 0.2)), repeat=2)
    soft = sum(
        high * wide * padded[:, :, top : top + 32, left : left + 32]
        for (top, high), (left, wide) in parts
    )
    grainy = images + minigen.Generator(0).normal(images.shape) * 0.05
    for worse in (soft, grainy):
        assert (read_scenes(worse) == answers_of(COMBINATIONS)).all(axis=1).mean() > 0.95


def test_what_is_not_two_things_is_unreadable(images: Any) -> None:
    one = images[0].copy()
    one[:, 12:] = one[:, :1, :1]
    one[:, :, 16:] = one[:, :1, :1]
    empty = np.full((3, 32, 32), 0.9, np.float32)
    assert (read_scenes(np.stack([one, empty])) == UNREADABLE).all()
    assert (read_scenes(images[:1]) != UNREADABLE).all()


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(N, 3, 32, 32\) are expected, got \(2, 3, 28, 28\)"):
        read_scenes(np.zeros((2, 3, 28, 28)))


def test_each_answer_is_compared_with_what_was_said(images: Any) -> None:
    told = tell(COMBINATIONS, [False] * len(COMBINATIONS))
    right = metrics.shown(images, told)
    assert right == metrics.Shown(whole=1, place=1, size=1, colour=1, shape=1)
    for word, other, wrong in (
        ("red", "blue", "colour"),
        ("circle", "square", "shape"),
        ("small", "large", "size"),
    ):
        changed = [sentence.replace(word, other) for sentence in told]
        differs = np.mean([new != old for new, old in zip(changed, told, strict=True)])
        found = metrics.shown(images, changed)
        expected = {"place": 1.0, "size": 1.0, "colour": 1.0, "shape": 1.0, wrong: 1 - differs}
        for name, share in expected.items():
            assert getattr(found, name) == pytest.approx(share), name
        assert found.whole == pytest.approx(1 - differs)
    assert metrics.shown(images, tell(COMBINATIONS, [True] * len(COMBINATIONS))) == right


class Forgetful(minigen.nn.Module):
    """A model that shows the scene of the sentence, but for every second one's."""

    vocabulary = VOCABULARY

    def __init__(self, images: Any, sentences: Any) -> None:
        super().__init__()
        self.known = {row.tobytes(): image for row, image in zip(sentences, images, strict=True)}

    def sample(self, count: int, sentences: Any, **_: Any) -> Any:
        """Return images, every second one empty."""
        shown = np.stack([self.known[row.tobytes()] for row in np.asarray(sentences)])
        shown[::2] = 0.9
        assert len(shown) == count
        return minigen.tensor(shown)


def test_a_model_stands_beside_looking_up_and_real_scenes(images: Any) -> None:
    told = tell(COMBINATIONS, [False] * len(COMBINATIONS))
    sentences = encode_sentences(told, VOCABULARY, length=10)
    model: Any = Forgetful(images, sentences)
    few = slice(30), slice(30, None)
    report = metrics.judge_scenes(
        model, images[few[0]], sentences[few[0]], images[few[1]], sentences[few[1]], batch_size=10
    )
    outcomes = report.to_dict()["outcomes"]
    assert report.count == 30
    whole = {name: outcome["whole"] for name, outcome in outcomes.items()}
    assert whole == {
        "the model": 0.5,
        "the model, seen sentences": 0.5,
        "the nearest seen scene": 0,
        "the real scenes": 1,
    }
    assert 0 < outcomes["the nearest seen scene"]["size"] < 1
