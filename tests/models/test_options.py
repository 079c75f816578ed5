"""A model's arguments are written once: signature, checks, configuration and help follow."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pytest

from minigen.models import MODELS, Model, build, options
from minigen.models.options import (
    Option,
    Options,
    Range,
    Sizes,
    parameter_texts,
    read_annotation,
    signature,
)


@dataclass(frozen=True)
class Shape(Options):
    """Sizes.

    Parameters
    ----------
    sizes : sequence of int
        Features of
        each layer.
    rate : float, in [0, 1)
        How fast.
    kind : {"a", "b"}
        Which.
    limit : int, optional
        How far.
    """

    positional: ClassVar[tuple[str, ...]] = ("sizes",)
    sizes: Sizes = (4,)
    rate: Annotated[float, Range(0, 1, high_open=True)] = 0.5
    kind: Literal["a", "b"] = "a"
    limit: Annotated[int, Range(1)] | None = None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sizes": (3, 0)}, r"sizes must be positive, got sizes=\(3, 0\)"),
        ({"rate": 1.0}, r"rate must lie in \[0, 1\), got 1.0"),
        ({"rate": math.nan}, r"rate must lie in \[0, 1\), got nan"),
        ({"kind": "c"}, "unknown kind 'c': use one of a, b"),
        ({"limit": 0}, "limit must be at least 1, got 0"),
    ],
)
def test_a_value_that_a_field_does_not_take_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Shape(**given)


def test_what_is_left_to_the_model_is_not_checked() -> None:
    assert Shape().limit is None


def test_a_list_of_sizes_becomes_a_tuple_and_is_a_list_again_in_the_configuration() -> None:
    part = Shape([3, 2])  # type: ignore[arg-type]
    assert part.sizes == (3, 2)
    assert part.config() == {"sizes": [3, 2], "rate": 0.5, "kind": "a", "limit": None}


def test_a_signature_has_positional_fields_first_and_the_others_by_keyword() -> None:
    found = str(signature({"shape": Shape}, ["image_shape"]))
    assert found == ("(image_shape, sizes=(4,), *, rate=0.5, kind='a', limit=None, generator=None)")


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, Option("x", int)),
        (bool | None, Option("x", bool, optional=True)),
        (Sizes, Option("x", tuple)),
        (Literal["a", "b"], Option("x", choices=("a", "b"))),
        (Annotated[float, Range(0)] | None, Option("x", float, optional=True, range=Range(0))),
        (Annotated[Any, ("a", "b")], Option("x", choices=("a", "b"))),
    ],
)
def test_an_annotation_says_what_an_option_takes(annotation: Any, expected: Option) -> None:
    assert read_annotation("x", annotation) == expected


def test_the_help_of_an_option_is_its_description() -> None:
    assert parameter_texts(inspect.getdoc(Shape) or "") == {
        "sizes": "Features of each layer.",
        "rate": "How fast.",
        "kind": "Which.",
        "limit": "How far.",
    }


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_every_argument_of_every_model_has_a_help_and_a_place_in_its_configuration(
    model: type[Model],
) -> None:
    found = options(model)
    assert all(option.help for option in found)
    decided = {"classes": 3, "vocabulary": ("", "a"), "sentence_length": 4}
    decided["words"] = ("a", "b", "c")
    wanted = {name: decided[name] for name in decided if name in {each.name for each in found}}
    shapes: dict[tuple[str, ...], tuple[int, ...]] = {("sound",): (1, 64), ("text",): (8,)}
    shape = shapes.get(model.kinds, (1, 8, 8))
    given: dict[str, Any] = {"image_shape": shape, **wanted}
    config = build(model.name, **given).config()
    assert [option.name for option in found] == list(config)
    assert all(
        config[name] == (list(v) if isinstance(v, tuple) else v) for name, v in given.items()
    )


def test_a_constructor_of_its_own_is_read_like_parts() -> None:
    class Own(Model):
        """A model.

        Parameters
        ----------
        length : int
            How long.
        """

        name = "own"

        def __init__(self, length: Annotated[int, Range(1)], *, width: int = 3) -> None:
            self.length, self.width = length, width

    assert options(Own) == (
        Option("length", int, range=Range(1), required=True, help="How long."),
        Option("width", int, default=3),
    )
    made = Own(4)  # type: ignore[abstract]
    assert made.config() == {"length": 4, "width": 3}
