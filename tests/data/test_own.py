from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minigen.data import OwnData


def test_it_is_called_as_its_folder_or_file() -> None:
    assert OwnData("pictures/flowers").name == "flowers"
    assert OwnData("pictures/flowers/").name == "flowers"
    assert OwnData("flowers.npz").name == "flowers.npz"
    assert OwnData(".").name == Path.cwd().name


def test_it_is_never_called_as_a_set_of_the_packages() -> None:
    assert OwnData("./digits").name == "digits/"


def test_one_number_is_height_and_width() -> None:
    assert OwnData("a", size=32).size == (32, 32)
    assert OwnData("a", size=[48, 64]).size == (48, 64)  # type: ignore[arg-type]  # as from JSON


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("size", 0, "from 1 to 1024, or a pair"),
        ("size", 1025, "from 1 to 1024, or a pair"),
        ("size", (8, 8, 3), "from 1 to 1024, or a pair"),
        ("size", (8, 2.5), "from 1 to 1024, or a pair"),
        ("size", "32", "from 1 to 1024, or a pair"),
        ("size", True, "from 1 to 1024, or a pair"),
        ("fit", "squeeze", "one of crop, pad, stretch is expected, got 'squeeze'"),
        ("channels", 2, "one of 1, 3 is expected, got 2"),
        ("channels", True, "one of 1, 3 is expected, got True"),
        ("layout", "HWC", "one of NHW, NCHW, NHWC"),
        ("bad", "ignore", "one of refuse, skip"),
        ("test_share", -0.1, "from 0 to 1 is expected, got -0.1"),
        ("test_share", float("nan"), "from 0 to 1 is expected, got nan"),
        ("test_share", "0.1", "from 0 to 1 is expected, got '0.1'"),
        ("background", "nocolour", "a colour such as white"),
        ("background", "", "a colour such as white"),
        ("background", 3, "a colour such as white"),
    ],
)
def test_a_value_out_of_its_range_is_named(option: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{option}: .*{message}"):
        OwnData("a", **{option: value})
