"""Translation between two styles without pairs: CycleGAN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import nn
from minigen.engine.random import Generator
from minigen.models import CycleGAN, LeastSquares, ability, build, can

SIDES = ("discriminator", "generator")
WAYS = ("a-to-b", "b-to-a")


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape or (5, 2, 8, 8))


def model_of(**options: Any) -> CycleGAN:
    """Return a small model whose networks do something already."""
    small = {"image_shape": (1, 8, 8), "channels": (8,), "patch_channels": (4,)}
    model = CycleGAN(**{**small, **options}, generator=Generator(1))
    for number, way in enumerate(WAYS):
        nn.init.normal_(model.generator[way].last.weight, 0.0, 0.1, Generator(3 + number))
    return model


def error(images: Any, others: Any) -> float:
    return float(np.abs(images - others).mean())


@pytest.mark.derivation("restoration.mean")
def test_the_generators_are_to_pass_for_the_other_style_and_to_lead_back() -> None:
    model, x = model_of(cycle=3.0), images()
    a, b = x[:, :1], x[:, 1:]
    fakes, lost = [], 0.0
    for way, back, given in zip(WAYS, WAYS[::-1], (a, b), strict=True):
        made = model.translate(given, way)
        fakes.append(model.discriminator[way](made.numpy() * 2 - 1))
        lost += error(model.translate(made, back).numpy(), given)
    terms = {name: term.item() for name, term in model.side_terms("generator", x).items()}
    verdict = sum(LeastSquares().generator_loss(fake).item() for fake in fakes)
    assert terms == {
        "generator_loss": pytest.approx(verdict + 3 * lost, rel=1e-5),
        "adversarial": pytest.approx(verdict, rel=1e-5),
        "cycle": pytest.approx(lost, rel=1e-5),
    }


def test_an_image_that_has_the_style_already_may_be_asked_to_stay() -> None:
    model, x = model_of(cycle=3.0, identity=2.0), images()
    changed = error(model.translate(x[:, 1:], "a-to-b").numpy(), x[:, 1:])
    changed += error(model.translate(x[:, :1], "b-to-a").numpy(), x[:, :1])
    terms = model.side_terms("generator", x)
    assert terms["identity"].item() == pytest.approx(changed, rel=1e-5)
    total = terms["adversarial"].item() + 3 * terms["cycle"].item() + 2 * changed
    assert terms["generator_loss"].item() == pytest.approx(total, rel=1e-5)


@pytest.mark.derivation("gan.least_squares")
def test_each_discriminator_tells_translations_from_images_of_their_style() -> None:
    model, x = model_of(), images()
    expected, game = 0.0, LeastSquares()
    for way, given, wanted in zip(WAYS, (x[:, :1], x[:, 1:]), (x[:, 1:], x[:, :1]), strict=True):
        real, fake = (
            model.discriminator[way](each * 2 - 1)
            for each in (wanted, model.translate(given, way).numpy())
        )
        assert real.shape == (5, 1, 4, 4)
        expected += game.discriminator_loss(real, fake).item()
    terms = model.side_terms("discriminator", x)
    assert list(terms) == ["discriminator_loss", "real_score", "fake_score"]
    assert terms["discriminator_loss"].item() == pytest.approx(expected, rel=1e-5)
    assert list(model.terms(x)) == [*terms, "generator_loss", "adversarial", "cycle"]


def test_which_image_stands_beside_which_does_not_matter() -> None:
    model, x = model_of(), images()
    others = np.concatenate([x[:, :1], x[::-1, 1:]], axis=1)
    for name, term in model.terms(x).items():
        assert model.terms(others)[name].item() == pytest.approx(term.item(), rel=1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_in_a_turn_every_parameter_of_one_side_alone_gets_a_gradient(side: str) -> None:
    model = model_of()
    next(iter(model.side_terms(side, images()).values())).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.startswith(side), name


def test_images_of_any_size_are_led_there_and_back() -> None:
    model, x = model_of(channels=(8, 8)), images(2, 1, 5, 7)
    made, back = model.cycle(x, "b-to-a")
    np.testing.assert_array_equal(made.numpy(), model.translate(x, "b-to-a").numpy())
    np.testing.assert_array_equal(back.numpy(), model.translate(made, "a-to-b").numpy())
    assert back.shape == x.shape


def test_what_is_shown_are_translations_of_both_and_the_way_back() -> None:
    model, x = model_of(), images()
    seen: Any = model.corrupt(x)
    (ab, aba), (ba, bab) = (
        model.cycle(some, way) for some, way in zip((x[:, :1], x[:, 1:]), WAYS, strict=True)
    )
    np.testing.assert_array_equal(seen.numpy(), np.concatenate([ab.numpy(), ba.numpy()], 1))
    back = model.reconstruct(seen).numpy()
    np.testing.assert_array_equal(back, np.concatenate([aba.numpy(), bab.numpy()], 1))
    shown = model.demonstrate(x).numpy()
    assert shown.shape == (10, 2, 8, 8)
    np.testing.assert_array_equal(shown[7, 0], x[2, 1])
    np.testing.assert_allclose(shown[7, 1], ba.numpy()[2, 0], rtol=1e-5)


def test_it_makes_nothing_of_noise_and_has_no_single_loss_and_says_why() -> None:
    assert not can(CycleGAN, "sample")
    with pytest.raises(TypeError, match="translates the images that it is given"):
        ability(model_of(), "sample")(3)
    with pytest.raises(TypeError, match="two sides have a loss each"):
        ability(model_of(), "loss")(images())


def test_the_configuration_rebuilds_the_same_architecture() -> None:
    model = model_of(identity=2.0)
    again = build(model.name, **model.config())
    assert again.config() == model.config()
    shapes = [{name: p.shape for name, p in each.named_parameters()} for each in (model, again)]
    assert shapes[0] == shapes[1]


def test_what_is_no_image_in_two_styles_is_refused() -> None:
    model = model_of()
    with pytest.raises(ValueError, match=r"\(N, 2, 8, 8\) are expected, one of each .* 1, 8, 8\)"):
        model.terms(images(5, 1, 8, 8))
    with pytest.raises(TypeError, match="takes no labels"):
        model.terms(images(), np.zeros(5, int))
    with pytest.raises(ValueError, match="unknown side 'critic': use one of discriminator, gen"):
        model.side_terms("critic", images())
    with pytest.raises(ValueError, match="unknown direction 'up': use one of a-to-b, b-to-a"):
        model.translate(images(5, 1, 8, 8), "up")
    with pytest.raises(ValueError, match="cycle must not be negative"):
        model_of(cycle=-1.0)
