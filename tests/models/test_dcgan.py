"""GANs of convolutions: architecture, first weights, and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import Tensor, nn, optim
from minigen.engine.random import Generator
from minigen.models import DCGAN, ConditionalGAN
from minigen.models.adversaries import default_channels

from .gans import OF_THE_PAPER, batch, conditional, projecting


@pytest.mark.parametrize(
    ("shape", "channels"),
    [
        ((1, 8, 8), (32,)),
        ((1, 28, 28), (32, 64)),
        ((3, 32, 32), (32, 64, 128)),
        ((3, 64, 64), (32, 64, 128, 256)),
        ((1, 16, 8), (32,)),
        ((1, 7, 7), ()),
    ],
)
def test_channels_double_until_four_to_seven_pixels_are_left(
    shape: tuple[int, int, int], channels: tuple[int, ...]
) -> None:
    assert default_channels(shape) == channels


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64), (1, 16, 8)])
def test_images_of_every_size_are_made_and_judged(shape: tuple[int, int, int]) -> None:
    count = len(default_channels(shape))
    model = DCGAN(shape, tuple(2 * (i + 1) for i in range(count)), 5, generator=Generator(0))
    assert model.sample(2, generator=Generator(1)).shape == (2, *shape)
    assert model.discriminate(Generator(2).uniform((2, *shape))).shape == (2,)


def layers(network: nn.Module) -> list[str]:
    return [repr(layer).partition(", kernel")[0] for layer in network.children()]


def test_the_papers_networks_for_28_pixels_are_the_reference_workloads() -> None:
    model = DCGAN((1, 28, 28), (64, 128), 100, **OF_THE_PAPER)
    assert [layer.partition(", eps")[0] for layer in layers(model.generator)] == [
        "Dense(in_features=100, out_features=6272, bias=False)",
        "BatchNorm1d(6272",
        "ReLU()",
        repr(nn.Unflatten(1, (128, 7, 7))),
        "ConvTranspose2d(128, 64",
        "BatchNorm2d(64",
        "ReLU()",
        "ConvTranspose2d(64, 1",
        "Tanh()",
    ]
    leaky = repr(nn.LeakyReLU(0.2))
    assert [layer.partition(", eps")[0] for layer in layers(model.discriminator)] == [
        "Conv2d(1, 64",
        leaky,
        "Conv2d(64, 128",
        "BatchNorm2d(128",
        leaky,
        repr(nn.Flatten()),
        "Dense(in_features=6272, out_features=1, bias=True)",
    ]


def test_the_networks_are_those_that_win_on_28_pixels_unless_others_are_asked_for() -> None:
    """One size deeper for 32 pixels."""
    model = ConditionalGAN((1, 28, 28), 10)
    assert [layer.partition(", eps")[0] for layer in layers(model.generator)] == [
        "Dense(in_features=74, out_features=256, bias=False)",
        "BatchNorm1d(256",
        "ReLU()",
        "Dense(in_features=256, out_features=3136, bias=False)",
        "BatchNorm1d(3136",
        "ReLU()",
        repr(nn.Unflatten(1, (64, 7, 7))),
        "ConvTranspose2d(64, 32",
        "BatchNorm2d(32",
        "ReLU()",
        "ConvTranspose2d(32, 1",
        "Tanh()",
    ]
    leaky = repr(nn.LeakyReLU(0.2))
    features, *head = model.discriminator.children()
    assert layers(features) == [
        "Conv2d(1, 32",
        leaky,
        "Conv2d(32, 64",
        leaky,
        repr(nn.Flatten()),
        "Dense(in_features=3136, out_features=128, bias=True)",
        leaky,
    ]
    assert list(map(repr, head)) == [
        "Dense(in_features=128, out_features=1, bias=True)",
        "Embedding(10, 128)",
    ]
    in_colour = DCGAN((3, 32, 32))
    assert layers(in_colour.generator)[6] == repr(nn.Unflatten(1, (128, 4, 4)))
    assert layers(in_colour.discriminator)[-1] == (
        "Dense(in_features=128, out_features=1, bias=True)"
    )


def test_kernels_are_divided_by_their_stride() -> None:
    """Others paint checkerboards."""
    model = DCGAN((1, 8, 8), (4,), 5, average=0)
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert [m.kernel_size for m in convolutions] == [(4, 4)] * 2
    assert [m.stride for m in convolutions] == [(2, 2)] * 2


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_a_generator_that_resizes_and_convolves_paints_no_checkerboard(mode: Any) -> None:
    """Of a flat image it makes a flat one, whatever its weights; a transposed convolution not."""
    for upsampling, flat in ((mode, True), ("transposed", False)):
        options = OF_THE_PAPER | {"batch_norm": False, "upsampling": upsampling}
        model = DCGAN((1, 32, 32), (4, 5), 3, **options, generator=Generator(0))
        layers_of = list(model.generator.children())
        first = next(i for i, part in enumerate(layers_of) if isinstance(part, nn.Unflatten))
        image = Tensor(np.ones((1, 5, 8, 8), np.float32))
        for layer in layers_of[first + 1 :]:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.1, 0.2, Generator(1))
            image = layer(image)
        assert image.shape == (1, 1, 32, 32)
        inside = image.numpy()[0, 0, 8:-8, 8:-8]
        assert (np.ptp(inside) < 1e-5) == flat


def test_the_first_weights_are_dcgans() -> None:
    model = DCGAN((3, 32, 32), (64, 128), **OF_THE_PAPER, generator=Generator(0))
    for name, parameter in model.named_parameters():
        values = parameter.numpy()
        if parameter.ndim > 1:
            assert values.std() == pytest.approx(0.02, rel=0.1), name
            assert values.mean() == pytest.approx(0, abs=0.002), name
        elif name.endswith("bias"):
            assert not values.any(), name
        else:
            assert values.std() == pytest.approx(0.02, rel=0.5), name
            assert values.mean() == pytest.approx(1, abs=0.01), name


def test_a_discriminator_without_batch_norm_begins_with_hes_weights() -> None:
    """Signals keep their size; the last layer, after which nothing follows, has a linear one's."""
    model = ConditionalGAN((3, 32, 32), 10, generator=Generator(0))
    *weights, to_score, classes = (p for p in model.discriminator.parameters() if p.ndim > 1)
    for weight in weights:
        fan_in = np.prod(weight.shape[1:])
        assert weight.numpy().std() == pytest.approx(np.sqrt(2 / 1.04 / fan_in), rel=0.1)
    assert to_score.numpy().std() == pytest.approx(np.sqrt(1 / 128), rel=0.2)
    assert not classes.numpy().any()
    assert not any(p.numpy().any() for p in model.discriminator.parameters() if p.ndim == 1)
    spread = model.discriminate(Generator(1).uniform((50, 3, 32, 32)), np.arange(50) % 10)
    assert 0.02 < spread.numpy().std() < 2


def test_equal_seeds_make_equal_weights() -> None:
    for options in ({}, {"spectral_norm": True}):
        one, other = (
            DCGAN((1, 8, 8), (4,), 5, generator=Generator(3), **options) for _ in range(2)
        )
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_spectral_norm_bounds_every_layer_of_the_discriminator() -> None:
    model = ConditionalGAN((1, 8, 8), 2, (4, 5), 3, spectral_norm=True, generator=Generator(0))
    kinds = (nn.Conv2d, nn.Dense, nn.Embedding)
    weights = [m.weight for m in model.discriminator.modules() if isinstance(m, kinds)]
    assert len(weights) == 5
    for weight in weights:
        rows = weight.numpy().reshape(weight.shape[0], -1)
        assert np.linalg.norm(rows, 2) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("make", [conditional, projecting])
def test_a_conditional_gan_tells_both_networks_the_class(make: Any) -> None:
    model = make(batch_norm=False)
    if make is projecting:  # its vectors begin at zero
        nn.init.normal_(model.discriminator.projection.weight, generator=Generator(5))
    x, labels = batch(model)
    noise = Generator(4).normal((8, 3))
    other = (labels + 1) % 3
    assert (model.discriminate(x, labels).numpy() != model.discriminate(x, other).numpy()).all()
    made, changed = model.decode_images(noise, labels), model.decode_images(noise, other)
    assert (made.numpy() != changed.numpy()).any(axis=(1, 2, 3)).all()


def test_without_projection_labels_reach_the_networks_one_hot_and_as_planes() -> None:
    model = conditional(packing=2)
    seen: list[Any] = []
    network = model.discriminator

    class Spy(nn.Module):
        def forward(self, x: Any) -> Any:
            seen.append(np.asarray(x.numpy()))
            return network(x)

    model.discriminator = Spy()
    x, labels = batch(model, 4)
    model.side_terms("generator", x, labels)
    (packs,) = seen
    assert packs.shape == (2, 2 * (2 + 3), 8, 8)
    planes = packs.reshape(4, 5, 8, 8)[:, 2:]
    expected = np.eye(3)[labels]
    np.testing.assert_array_equal(planes, np.broadcast_to(expected[:, :, None, None], planes.shape))


def test_without_labels_samples_are_of_one_class_after_the_other() -> None:
    model = conditional()
    made = model.sample(7, generator=Generator(1)).numpy()
    named = model.sample(7, np.array([0, 1, 2, 0, 1, 2, 0]), generator=Generator(1)).numpy()
    np.testing.assert_array_equal(made, named)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("side", ["discriminator", "generator"])
def test_labels_of_no_class_are_refused(side: str) -> None:
    model = conditional()
    x, labels = batch(model)
    with pytest.raises(ValueError, match="labels from 0 to 2 are expected, got 1 to 3"):
        model.side_terms(side, x, labels + 1)


def test_missing_labels_are_refused() -> None:
    model = conditional()
    x, _ = batch(model)
    for side in ("discriminator", "generator"):
        with pytest.raises(TypeError, match=r"ConditionalGAN is conditional: labels of shape \(8"):
            model.side_terms(side, x)
    with pytest.raises(TypeError, match="is conditional"):
        model.discriminate(x)
    with pytest.raises(ValueError, match="at least two classes are expected, got 1"):
        ConditionalGAN((1, 8, 8), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((2,),), "three positive lengths"),
        (((1, 30, 30), (2, 4, 8)), "DCGAN: 3 convolutions .* divisible by 8, got 30 and 30"),
        (((1, 7, 7),), "DCGAN: channels must be positive"),
        (((1, 8, 8), (4, 0)), "DCGAN: channels must be positive"),
        (((1, 8, 8), (4,), 0), "DCGAN: latent must be positive, got 0"),
    ],
)
def test_impossible_configurations_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DCGAN(*arguments)


def test_an_unknown_way_to_double_images_is_refused() -> None:
    with pytest.raises(ValueError, match="DCGAN: unknown upsampling 'cubic': use one of transp"):
        DCGAN((1, 8, 8), upsampling="cubic")


@pytest.mark.slow
@pytest.mark.host_only("minutes of arithmetic, of which the small models show the same")
def test_fifty_steps_of_the_64x64x3_model_end_with_finite_weights_that_all_moved() -> None:
    model = DCGAN((3, 64, 64), generator=Generator(0))
    images = Generator(1).uniform((4, 3, 64, 64))
    before = {name: value.numpy() for name, value in model.named_parameters()}
    optimizers = {
        name: optim.Adam(side.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for name, side in model.sides().items()
    }
    for step in range(50):
        for name in model.turns(step):
            losses = model.side_terms(name, images, generator=Generator(step))
            loss = next(iter(losses.values()))
            assert np.isfinite(loss.item())
            optimizers[name].zero_grad()
            loss.backward()
            optimizers[name].step()
            model.finish_turn(name)
    for name, value in model.named_parameters():
        assert np.isfinite(value.numpy()).all()
        assert not np.array_equal(value.numpy(), before[name]), name
