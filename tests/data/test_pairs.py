from __future__ import annotations

import numpy as np
import pytest

from minigen.data import Pairs

IMAGES = np.zeros((3, 1, 4, 4), np.uint8)


def test_inputs_are_read_only_and_of_the_targets_shape() -> None:
    pairs = Pairs("p", "train", IMAGES, inputs=IMAGES + np.uint8(1))
    assert (len(pairs), pairs.kind, pairs.image_shape) == (3, "pair", (1, 4, 4))
    with pytest.raises(ValueError, match="read-only"):
        pairs.inputs[0] = 2
    message = r"the targets' shape \(3, 1, 4, 4\) wanted, got uint8 of shape \(2, 1, 4, 4\)"
    with pytest.raises(ValueError, match=message):
        Pairs("p", "train", IMAGES, inputs=IMAGES[:2])
    with pytest.raises(ValueError, match="values from 0 to 16 wanted, found 17 to 17"):
        Pairs("p", "train", IMAGES, maximum=16, inputs=IMAGES + np.uint8(17))
