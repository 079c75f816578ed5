"""Mistakes 12 to 19: the two sides of a GAN, their losses, penalties and networks."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

import minigen
from minigen import functional as F
from minigen import models, nn, optim
from minigen.clinic.mistake import Code, Finding, Mistake
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.objectives import Wasserstein, adversarial_objective
from minigen.models.penalties import gradient_penalty
from minigen.nn.utils import evaluating


def _sides() -> tuple[nn.Sequential, nn.Sequential]:
    """Make a generator from 2 numbers to 3, and a discriminator of them."""
    source = Generator(0)
    generator = nn.Sequential(nn.Dense(2, 3, generator=source), nn.Tanh())
    discriminator = nn.Sequential(
        nn.Dense(3, 4, generator=source), nn.LeakyReLU(0.2), nn.Dense(4, 1, generator=source)
    )
    return generator, discriminator


def _slope_of(network: nn.Module) -> float:
    """Return the largest element of the gradients of a network."""
    grads = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    return max((float(abs(grad.numpy()).max()) for grad in grads), default=0.0)


# --------------------------------------------------------------------------------------- detach, 12


def discriminators_loss_through_the_generator(
    generator: nn.Module, discriminator: nn.Module, x: Tensor, z: Tensor
) -> Any:
    """Judge generated samples as they come."""
    fake = generator(z)
    return F.mean(F.softplus(-discriminator(x))) + F.mean(F.softplus(discriminator(fake)))


def discriminators_loss_of_detached_samples(
    generator: nn.Module, discriminator: nn.Module, x: Tensor, z: Tensor
) -> Any:
    """Cut the graph between the two networks."""
    fake = generator(z).detach()
    return F.mean(F.softplus(-discriminator(x))) + F.mean(F.softplus(discriminator(fake)))


def minigens_discriminator_loss(
    generator: nn.Module, discriminator: nn.Module, x: Tensor, z: Tensor
) -> Any:
    """Take the turn of minigen's GAN, its networks replaced by these."""
    model = models.GAN((1, 1, 3), hidden=(4,), latent=2, r1=0.0)
    model.generator, model.discriminator = generator, discriminator
    return model.side_terms("discriminator", (x + 1) / 2, noise=z)["discriminator_loss"]


def gradient_at_the_generator(loss_of: Code) -> Finding:
    """Take the discriminator's loss back, and look at what reaches the generator."""
    generator, discriminator = _sides()
    x, z = (minigen.tensor(Generator(n).uniform((8, 3 - n))) for n in (0, 1))
    loss_of(generator, discriminator, x, z).backward()
    found = _slope_of(generator)
    return Finding(
        {"largest slope, discriminator": _slope_of(discriminator), "generator": found},
        "the generator is moved by the discriminator's loss" if found else "",
    )


# -------------------------------------------------------------------------------- whose weights, 13


def train_the_wrong_network(generator: nn.Module, discriminator: nn.Module, z: Tensor) -> None:
    """Give the optimiser the discriminator's parameters, and the generator a detached sample."""
    optimizer = optim.SGD(discriminator.parameters(), lr=0.1)
    loss = F.mean(F.softplus(-discriminator(generator(z).detach())))
    loss.backward()
    optimizer.step()


def train_the_generator(generator: nn.Module, discriminator: nn.Module, z: Tensor) -> None:
    """Give it the generator's, and let the loss reach it."""
    optimizer = optim.SGD(generator.parameters(), lr=0.1)
    loss = F.mean(F.softplus(-discriminator(generator(z))))
    loss.backward()
    optimizer.step()


def minigens_generator_turn(generator: nn.Module, discriminator: nn.Module, z: Tensor) -> None:
    """Step as minigen's training does: each of the model's sides has its own optimiser."""
    model = models.GAN((1, 1, 3), hidden=(4,), latent=2, r1=0.0)
    model.generator, model.discriminator = generator, discriminator
    optimizer = optim.SGD(model.sides()["generator"].parameters(), lr=0.1)
    images = minigen.full((len(z), 1, 1, 3), 0.5)
    model.side_terms("generator", images, noise=z)["generator_loss"].backward()
    optimizer.step()


def what_has_moved(step: Code) -> Finding:
    """Take a step of the generator, and see whose weights are others than before."""
    sides = dict(zip(("generator", "discriminator"), _sides(), strict=True))
    before = {name: [p.numpy().copy() for p in side.parameters()] for name, side in sides.items()}
    step(*sides.values(), minigen.tensor(Generator(1).normal((8, 2), np.float32)))
    moved = {
        name: max(
            float(abs(parameter.numpy() - values).max())
            for parameter, values in zip(side.parameters(), before[name], strict=True)
        )
        for name, side in sides.items()
    }
    right = moved["generator"] > 0 and moved["discriminator"] == 0
    return Finding(
        {f"{name} moved by": distance for name, distance in moved.items()},
        "" if right else "the generator's step moves another network",
    )


# ----------------------------------------------------------------------------------- saturating, 14


def saturating_loss(scores: Tensor) -> Any:
    """Minimise the logarithm of the probability of being found out."""
    return F.mean(-F.softplus(scores))


def non_saturating_loss(scores: Tensor) -> Any:
    """Maximise the logarithm of the probability of being taken for real."""
    return F.mean(F.softplus(-scores))


def minigens_generator_loss(scores: Tensor) -> Any:
    """Call minigen's objective."""
    return adversarial_objective("non-saturating").generator_loss(scores)


def slope_at_the_start(loss_of: Code) -> Finding:
    """Take the slope where every sample is found out: it has to be near -1."""
    scores = minigen.tensor([-10.0], requires_grad=True)
    loss_of(scores).backward()
    assert scores.grad is not None
    slope = scores.grad.item()
    return Finding(
        {"slope at a score of -10": slope},
        "" if abs(slope) > 0.5 else "no gradient while the discriminator is sure",
    )


# --------------------------------------------------------------------------- batch norm's modes, 15


def score_in_training_mode(network: nn.Module, x: Tensor) -> Any:
    """Evaluate the network as training left it."""
    return network(x)


def score_in_evaluation_mode(network: nn.Module, x: Tensor) -> Any:
    """Use the running statistics."""
    network.eval()
    scores = network(x)
    network.train()
    return scores


def minigens_evaluation(network: nn.Module, x: Tensor) -> Any:
    """Use minigen's context, which puts the modes back."""
    with evaluating(network):
        return network(x)


def company_of_an_example(score: Code) -> Finding:
    """Score one example twice, in different company: it has to get the same score."""
    network = nn.Sequential(nn.Dense(3, 4, generator=Generator(0)), nn.BatchNorm1d(4))
    alone = Generator(1).normal((1, 3), np.float32)
    with minigen.no_grad():
        scores = [
            score(network, minigen.tensor(np.concatenate([alone, company]))).numpy()[0, 0].item()
            for company in (Generator(2).normal((7, 3), np.float32), np.ones((7, 3), np.float32))
        ]
    return Finding(
        {"in one batch": scores[0], "in another": scores[1]},
        "" if abs(scores[0] - scores[1]) < 1e-6 else "a score depends on the rest of the batch",
    )


# ----------------------------------------------------------------------------- ranges of images, 16


def images_as_loaded(images: Tensor) -> Any:
    """Show the discriminator real images in [0, 1]."""
    return images


def images_like_the_generators(images: Tensor) -> Any:
    """Scale them to the range of a tanh."""
    return images * 2 - 1


def minigens_images(images: Tensor) -> Any:
    """Ask minigen's GAN what its discriminator is shown."""
    model = models.GAN((1, 1, 3), hidden=(4,), latent=2)
    seen: list[Any] = []
    layers, _ = model.discriminator, model.generator

    class Noting(nn.Module):
        def forward(self, x: Tensor) -> Any:
            seen.append(x)
            return layers(x)

    model.discriminator = Noting()
    with minigen.no_grad():
        model.discriminate(images)
    return seen[0].reshape(len(images), -1)


def tell_by_the_range(shown: Code) -> Finding:
    """Tell real from generated by one rule: generated is what has a value below 0."""
    real = shown(minigen.tensor(Generator(0).uniform((500, 1, 1, 3)))).numpy().reshape(500, 3)
    fake = np.tanh(Generator(1).normal((500, 3), np.float32))
    right = np.mean([(real.min(axis=1) >= 0).mean(), (fake.min(axis=1) < 0).mean()])
    return Finding(
        {"told apart by the sign alone": float(right)},
        "the discriminator needs no look at the pictures" if right > 0.8 else "",
    )


# ------------------------------------------------------------------------------------ penalties, 17


def slope_at(critic: Code, x: Tensor) -> Any:
    """Return the gradient of each example's score by the example, recorded."""
    (slope,) = minigen.grad(F.sum(critic(x)), x, create_graph=True)
    return slope


def penalty_along_one_axis(critic: Code, real: Tensor, fake: Tensor) -> Any:
    """Take the norm over the last axis, and mix each pixel by itself."""
    mix = minigen.tensor(Generator(0).uniform(real.shape))
    x = (mix * real + (1 - mix) * fake).detach().requires_grad_()
    slope = slope_at(critic, x)
    return F.mean((F.sqrt(F.sum(slope**2, axis=-1)) - 1) ** 2)


def penalty_of_an_example(critic: Code, real: Tensor, fake: Tensor) -> Any:
    """Take it over all of an example, and mix example by example."""
    mix = minigen.tensor(Generator(0).uniform((len(real), *(1,) * (real.ndim - 1))))
    x = (mix * real + (1 - mix) * fake).detach().requires_grad_()
    slope = slope_at(critic, x)
    return F.mean((F.sqrt(F.sum(F.flatten(slope, 1) ** 2, axis=1)) - 1) ** 2)


def minigens_penalty(critic: Code, real: Tensor, fake: Tensor) -> Any:
    """Call minigen's function."""
    return gradient_penalty(critic, real, fake)


def penalise_a_slope_of_one(penalty: Code) -> Finding:
    """Give it a critic that is linear, of slope 1: there is nothing to punish."""
    weight = Generator(0).normal((1, 1, 4, 4), np.float64)
    weight /= np.linalg.norm(weight)
    samples = (minigen.tensor(Generator(n).normal((5, 1, 4, 4), np.float64)) for n in (1, 2))
    found = penalty(lambda x: F.sum(x * weight, axis=(1, 2, 3)), *samples).item()
    return Finding(
        {"penalty of a critic of slope 1": found},
        "" if found < 1e-9 else "a critic as it should be is punished",
    )


# ------------------------------------------------------------------------------------- clipping, 18


def clip_before_the_step(optimizer: optim.SGD, weight: nn.Parameter, clip: float) -> None:
    """Clip, and step."""
    with minigen.no_grad():
        weight.clamp_(-clip, clip)
    optimizer.step()


def clip_after_the_step(optimizer: optim.SGD, weight: nn.Parameter, clip: float) -> None:
    """Step, and clip."""
    optimizer.step()
    with minigen.no_grad():
        weight.clamp_(-clip, clip)


def minigens_clipping(optimizer: optim.SGD, weight: nn.Parameter, clip: float) -> None:
    """End the turn as minigen's GAN does."""
    optimizer.step()
    critic = nn.Dense(len(weight), 1, bias=False)
    critic.weight = weight
    models.Game(objective=Wasserstein(), clip=clip).clip_weights(critic)


def weights_after_a_step(step: Code) -> Finding:
    """Take a step with a gradient of 1, and look for the largest weight."""
    weight = nn.Parameter(np.array([0.01, -0.01], np.float32))
    optimizer = optim.SGD([weight], lr=0.5)
    F.sum(weight).backward()
    step(optimizer, weight, 0.01)
    largest = float(abs(weight.numpy()).max())
    return Finding(
        {"largest weight after the step": largest, "the bound": 0.01},
        "" if largest <= 0.01 + 1e-9 else "the critic's slope is not bounded where it is used",
    )


# --------------------------------------------------------------------------------- checkerboard, 19


def enlarge_by_kernels_of_three(channels: int) -> nn.Module:
    """Double the size with a kernel that the stride does not divide."""
    return nn.ConvTranspose2d(channels, 1, 3, 2)


def enlarge_by_kernels_of_four(channels: int) -> nn.Module:
    """Take a kernel twice as long as the stride."""
    return nn.ConvTranspose2d(channels, 1, 4, 2, 1)


def minigens_enlargement(channels: int) -> nn.Module:
    """Take the last layer of minigen's convolutional generator."""
    model = models.DCGAN((1, 8, 8), channels=(channels,), latent=2)
    layers = [m for m in model.generator.modules() if isinstance(m, nn.ConvTranspose2d)]
    return layers[-1]


def enlarge_a_flat_picture(layer_of: Code) -> Finding:
    """Enlarge a flat picture with equal weights: it has to stay flat, away from its border."""
    layer = layer_of(1)
    with minigen.no_grad():
        layer.weight.fill_(1.0)
        if layer.bias is not None:
            layer.bias.zero_()
        inside = layer(minigen.ones(1, 1, 8, 8)).numpy()[0, 0, 3:-3, 3:-3]
    return Finding(
        {"least inside": float(inside.min()), "largest inside": float(inside.max())},
        "" if np.ptp(inside) < 1e-5 else "a flat picture becomes a checkerboard",
    )


MISTAKES: Final = (
    Mistake(
        12,
        "No detach in the discriminator's step",
        wrong=discriminators_loss_through_the_generator,
        right=discriminators_loss_of_detached_samples,
        minigen=minigens_discriminator_loss,
        check=gradient_at_the_generator,
        symptom="The generator collects gradients that make it easier to find out; a step costs "
        "half as much again. The other way round, a detach in the generator's step, it learns "
        "nothing at all.",
        cure="Detach samples in the discriminator's step, and only there. Look at the other "
        "side's gradients: they must be none.",
        lesson="11",
    ),
    Mistake(
        13,
        "An optimiser that steps on the wrong network",
        wrong=train_the_wrong_network,
        right=train_the_generator,
        minigen=minigens_generator_turn,
        check=what_has_moved,
        symptom="Samples stay the noise of the first step, while both losses move.",
        cure="After one step of each side compare its weights with those before, and the other "
        "side's.",
        lesson="11",
    ),
    Mistake(
        14,
        "The saturating loss under the other's name",
        wrong=saturating_loss,
        right=non_saturating_loss,
        minigen=minigens_generator_loss,
        check=slope_at_the_start,
        symptom="In the beginning, when every sample is found out, the generator stands still.",
        cure="Minimise -ln D(G(z)). The two have one fixed point, and other slopes on the way.",
        lesson="10",
        derivation="gan.non_saturating",
    ),
    Mistake(
        15,
        "Batch norm evaluated in training mode",
        wrong=score_in_training_mode,
        right=score_in_evaluation_mode,
        minigen=minigens_evaluation,
        check=company_of_an_example,
        symptom="The same picture gets another score with every batch, and running statistics "
        "move while one only looks. In a critic with a gradient penalty, or with real and "
        "generated samples in one batch, the same dependence makes the loss wrong.",
        cure="Evaluate in evaluation mode. Give batch norm batches of one kind. No batch norm in "
        "a critic with a gradient penalty.",
        lesson="03",
        derivation="batch_norm",
    ),
    Mistake(
        16,
        "Real images in [0, 1] against a generator that ends in a tanh",
        wrong=images_as_loaded,
        right=images_like_the_generators,
        minigen=minigens_images,
        check=tell_by_the_range,
        symptom="The discriminator wins in a dozen steps, and the generator learns a grey range "
        "in place of shapes.",
        cure="Bring both to one range. Compare least and largest values of both before training.",
        lesson="10",
    ),
    Mistake(
        17,
        "A gradient penalty whose norm is taken over one axis",
        wrong=penalty_along_one_axis,
        right=penalty_of_an_example,
        minigen=minigens_penalty,
        check=penalise_a_slope_of_one,
        symptom="The critic is kept far flatter than 1, and training is slow; mixing pixel by "
        "pixel takes it to points between no two samples.",
        cure="One norm over all axes of an example, one mixing weight an example. A linear critic "
        "of slope 1 has penalty 0.",
        lesson="12",
        derivation="gan.gradient_penalty",
    ),
    Mistake(
        18,
        "Weights clipped before the optimiser's step",
        wrong=clip_before_the_step,
        right=clip_after_the_step,
        minigen=minigens_clipping,
        check=weights_after_a_step,
        symptom="The critic that is used has weights beyond the bound. A relative: a sigmoid left "
        "at the end of a Wasserstein or least-squares critic, whose scores then can't leave "
        "(0, 1).",
        cure="Clip after the step. Look at the largest weight when the critic is used.",
        lesson="12",
    ),
    Mistake(
        19,
        "A kernel that the stride does not divide",
        wrong=enlarge_by_kernels_of_three,
        right=enlarge_by_kernels_of_four,
        minigen=minigens_enlargement,
        check=enlarge_a_flat_picture,
        symptom="A checkerboard over everything that is generated, from the first step on.",
        cure="Kernels that are a multiple of the stride, or resize and convolve.",
        lesson="04",
        derivation="conv_transpose2d",
    ),
)
