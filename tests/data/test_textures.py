"""Woven cloth and brick walls, good ones and bad ones."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from minigen.data import EXTENTS, Defects, one_against_the_rest, textures
from minigen.data.dataset import Images
from minigen.data.textures import (
    BRICK,
    SHIFTED,
    TEXTURES_BRICK,
    TEXTURES_WEAVE,
    TURNED,
    WEAVE,
    TexturesSource,
    draw_good,
    draw_mixed,
)

EITHER = pytest.mark.parametrize(
    "source", [TEXTURES_WEAVE, TEXTURES_BRICK], ids=lambda source: source.name
)


@EITHER
def test_everybody_draws_the_same_pictures(
    source: TexturesSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textures, "kept_pictures", lambda *arguments: arguments[-1]())
    train, test = (source.load(split) for split in ("train", "test"))
    assert EXTENTS[source.name] == (len(train), len(test), train.image_shape, "image")
    assert test.masks is not None
    masks = test.masks.astype(np.uint8) * np.uint8(255)
    for split, pictures in (
        ("train", train.images),
        ("test", np.concatenate([test.images, masks], axis=1)),
    ):
        file = source.files[split]
        assert pictures.nbytes == file.size
        assert hashlib.sha256(pictures.tobytes()).hexdigest() == file.sha256
    assert not train.bad.any()
    assert np.bincount(test.labels).tolist() == [500, 250, 250]
    np.testing.assert_array_equal(test.masks.any(axis=(1, 2, 3)), test.bad)


@pytest.mark.parametrize("texture", [WEAVE, BRICK], ids=["weave", "brick"])
@pytest.mark.parametrize("label", [TURNED, SHIFTED])
def test_a_defect_changes_a_disc_alone_and_neither_its_mean_nor_its_contrast(
    texture: textures.Texture, label: int
) -> None:
    count = 60
    good, bad = (draw_mixed(texture, np.full(count, each), (3,)) for each in (0, label))
    mask = bad[:, 1] > 0
    differ = good[:, 0] != bad[:, 0]
    around = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    near = np.any(
        [around[:, down : down + 32, right : right + 32] for down, right in np.ndindex(3, 3)],
        axis=0,
    )
    assert not differ[~near].any()
    assert differ[mask].mean() > 0.9
    for before, after, where in zip(good[:, 0], bad[:, 0], mask, strict=True):
        assert before[where].mean() == pytest.approx(after[where].mean(), abs=4)
    assert good[:, 0][mask].std() == pytest.approx(bad[:, 0][mask].std(), rel=0.15)
    # It is no small change: as large as that to another place of the texture.
    changed = np.abs(good[:, 0].astype(int) - bad[:, 0])[mask].mean()
    assert changed > 0.7 * good[:, 0].std()


def test_there_are_as_many_pictures_as_one_likes_and_none_is_there_twice() -> None:
    first, more = draw_good(WEAVE, 20, (0,)), draw_good(WEAVE, 300, (0,))
    np.testing.assert_array_equal(first, more[:20])
    assert len({picture.tobytes() for picture in more}) == 300


def test_masks_are_of_the_pictures_size() -> None:
    images, labels = np.zeros((2, 1, 4, 4), np.uint8), np.array([0, 1])
    with pytest.raises(ValueError, match=r"masks of bool of shape \(2, 1, 4, 4\) wanted, got bool"):
        Defects("x", "test", images, labels, ("good", "bad"), masks=np.zeros((2, 4, 4), bool))
    found = Defects("x", "test", images, labels, ("good", "bad"))
    assert found.masks is None
    assert found.bad.tolist() == [False, True]
    assert repr(found).endswith("2 images of shape (1, 4, 4), 1 with defects)")


def test_one_class_becomes_good_and_the_others_keep_their_names() -> None:
    labels = np.array([2, 0, 1, 2])
    images = Images("x", "test", np.zeros((4, 1, 4, 4), np.uint8), labels, ("a", "b", "c"))
    found = one_against_the_rest(images, 1)
    assert found.classes == ("good: b", "a", "c")
    assert [found.classes[label] for label in found.labels] == ["c", "a", "good: b", "c"]
    assert found.bad.tolist() == [True, True, False, True]
    with pytest.raises(ValueError, match="a class from 0 to 2 is expected, as x has, got 3"):
        one_against_the_rest(images, 3)
