"""What all GANs share: turns that leave the other side alone, scales, packs, samples."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import Tensor, nn, optim
from minigen.engine.backend import array_of, to_numpy
from minigen.engine.random import Generator
from minigen.models import GAN, Game, ability, can

from .gans import (
    KINDS,
    OPTIONS,
    batch,
    build,
    changed,
    conditional,
    convolutional,
    dense,
    points,
    snapshot,
)

EVERY_MODEL = pytest.mark.parametrize(
    ("kind", "options"), list(itertools.product(KINDS, OPTIONS.values()))
)


def first(terms: dict[str, Tensor]) -> Tensor:
    return next(iter(terms.values()))


def take_turn(model: GAN, side: str, seed: int = 3, lr: float = 0.1) -> None:
    """Move one side as training does."""
    x, labels = batch(model, 24)
    optimizer = optim.SGD(model.sides()[side].parameters(), lr=lr)
    first(model.side_terms(side, x, labels, generator=Generator(seed))).backward()
    optimizer.step()
    model.finish_turn(side)


# --- mistakes 12 and 13: whose gradient


@EVERY_MODEL
@pytest.mark.parametrize("side", ["discriminator", "generator"])
def test_every_parameter_of_a_side_moves_in_its_turn_and_nothing_else_does(
    kind: str, options: dict[str, Any], side: str
) -> None:
    """Bit for bit, buffers included. A discriminator without detach, or a generator with one."""
    model = build(kind, options)
    before = snapshot(model)
    take_turn(model, side)
    moved = changed(model, before)
    parts = {side, "averaged_generator"} if side == "generator" else {side}
    assert {name.partition(".")[0] for name in moved} <= parts
    own = {f"{side}.{name}" for name, _ in model.sides()[side].named_parameters()}
    assert own - moved == set(), "these never learn"


@EVERY_MODEL
@pytest.mark.parametrize("side", ["discriminator", "generator"])
def test_a_turn_gives_gradients_to_its_own_side_alone(
    kind: str, options: dict[str, Any], side: str
) -> None:
    model = build(kind, options)
    x, labels = batch(model, 24)
    terms = model.side_terms(side, x, labels, generator=Generator(3))
    assert next(iter(terms)) == f"{side}_loss"
    first(terms).backward()
    for name, network in model.sides().items():
        for parameter in network.parameters():
            if name == side:
                assert parameter.grad is not None
                assert np.abs(parameter.grad.numpy()).max() > 0
            else:
                assert parameter.grad is None


def test_the_buffers_of_a_side_do_move_in_its_own_turn() -> None:
    """So that standing still in the other's is no accident."""
    model = convolutional(spectral_norm=True, batch_norm=True)
    for side, network in model.sides().items():
        before = snapshot(network)
        x, labels = batch(model)
        model.side_terms(side, x, labels, generator=Generator(3))
        names = {name for name, _ in network.named_buffers()}
        converged = {name for name in names if name.endswith(("._u", "._v"))}
        assert names - converged <= changed(network, before) <= names


def test_the_discriminator_counts_real_and_generated_batches_and_the_generators_none() -> None:
    model = convolutional()
    x, labels = batch(model)
    norm = next(m for m in model.discriminator.modules() if isinstance(m, nn.BatchNorm2d))
    assert norm.num_batches_tracked is not None
    for _ in range(3):
        model.side_terms("discriminator", x, labels)
        model.side_terms("generator", x, labels)
    assert norm.num_batches_tracked.item() == 6


def test_the_generator_step_raises_the_scores_of_what_it_makes() -> None:
    for options in OPTIONS.values():
        model = dense(**options)
        x, _ = batch(model)
        noise = Generator(4).normal((8, 3))
        before = first(model.side_terms("generator", x, noise=noise))
        before.backward()
        optim.SGD(model.generator.parameters(), lr=1e-2).step()
        assert first(model.side_terms("generator", x, noise=noise)).item() < before.item()


def test_a_dead_generator_is_noticed_by_its_gradient_where_the_loss_saturates() -> None:
    """Mistake 14: against a sure discriminator minimax gives the generator next to nothing."""
    gradients = {}
    for objective in ("minimax", "non-saturating"):
        model = dense(objective=objective, batch_norm=False)
        (*_, last_bias) = model.discriminator.parameters()
        nn.init.constant_(last_bias, -20.0)
        first(model.side_terms("generator", batch(model)[0], generator=Generator(3))).backward()
        gradients[objective] = sum(
            float(np.abs(p.grad.numpy()).sum())
            for p in model.generator.parameters()
            if p.grad is not None
        )
    assert gradients["minimax"] < 1e-6 * gradients["non-saturating"]


# --- mistake 15: batch norm's batch


def test_real_and_generated_samples_share_no_batch_norm_batch() -> None:
    """In one batch the scores of real samples would depend on the generated ones."""
    model = convolutional()
    x, _ = batch(model)
    seen = [
        model.side_terms("discriminator", x, noise=Generator(seed).normal((8, 3)))
        for seed in (4, 5)
    ]
    assert seen[0]["real_score"].item() == seen[1]["real_score"].item()
    assert seen[0]["fake_score"].item() != seen[1]["fake_score"].item()


@pytest.mark.parametrize(
    "options", [{"objective": "wasserstein-gp"}, {"r1": 1.0}, {"penalty": 1.0}]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_discriminator_with_a_penalty_on_its_slope_has_no_batch_norm(
    kind: str, options: dict[str, Any]
) -> None:
    model = KINDS[kind](**options)
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    assert not any(isinstance(part, norms) for part in model.discriminator.modules())
    assert any(isinstance(part, norms) for part in model.generator.modules())
    with pytest.raises(ValueError, match="leave batch_norm None, for the generator alone"):
        KINDS[kind](batch_norm=True, **options)
    without = KINDS[kind](batch_norm=False, **options)
    assert not any(isinstance(part, norms) for part in without.modules())


@pytest.mark.parametrize("kind", KINDS)
def test_samples_and_scores_are_those_of_evaluation_in_any_mode(kind: str) -> None:
    model = KINDS[kind](average=0.5)
    for side in ("discriminator", "generator"):
        take_turn(model, side)
    before = snapshot(model)
    x, labels = batch(model)
    in_training = model.sample(4, generator=Generator(1)), model.discriminate(x, labels)
    assert changed(model, before) == set()
    assert all(part.training for part in model.modules())
    model.eval()
    in_evaluation = model.sample(4, generator=Generator(1)), model.discriminate(x, labels)
    for one, other in zip(in_training, in_evaluation, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    noise, classes = Generator(1).normal((4, 3)), None if labels is None else labels[:4]
    together, alone = (
        model.decode_images(noise, classes),
        model.decode_images(noise[:1], None if classes is None else classes[:1]),
    )
    np.testing.assert_allclose(together.numpy()[:1], alone.numpy(), rtol=1e-5, atol=1e-6)


# --- mistake 16: the scale


class Spy(nn.Module):
    """Keeps what a network is given."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.seen: list[Any] = []

    def forward(self, x: Any) -> Any:
        self.seen.append(to_numpy(array_of(x)).copy())
        return self.network(x)


@pytest.mark.parametrize("make", [dense, convolutional])
def test_the_discriminator_sees_real_images_on_the_scale_of_the_generators_tanh(make: Any) -> None:
    model = make()
    model.discriminator = Spy(model.discriminator)
    x, _ = batch(model)
    x[0].flat[:2] = 0.0, 1.0
    model.side_terms("discriminator", x, noise=1e3 * Generator(4).normal((8, 3)))
    real, fake = model.discriminator.seen
    assert (real.min(), real.max()) == (-1, 1)
    np.testing.assert_allclose(real.reshape(x.shape), 2 * x - 1, atol=1e-6)
    assert -1 <= fake.min() < 0 < fake.max() <= 1


@pytest.mark.parametrize("make", [dense, convolutional, conditional])
def test_samples_are_images_in_the_unit_interval(make: Any) -> None:
    model = make()
    labels = np.zeros(5, int) if model.conditional else None
    made = model.decode_images(1e6 * Generator(1).normal((5, 3)), labels).numpy()
    assert made.shape == (5, *model.image_shape)
    assert 0 <= made.min() < 0.4
    assert 0.6 < made.max() <= 1


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("make", [dense, convolutional])
def test_images_on_another_scale_are_refused(make: Any) -> None:
    model = make()
    x, _ = batch(model)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got -1 to .*scale_images"):
        model.side_terms("discriminator", np.where(x < 0.1, -1, x))


@pytest.mark.parametrize("make", [dense, convolutional])
def test_images_of_another_shape_are_refused(make: Any) -> None:
    model = make()
    with pytest.raises(ValueError, match=r"\(8, 7, 7\)|\(8, 1, 7, 7\)"):
        model.discriminate(np.zeros((8, 1, 7, 7), np.float32))


def test_points_are_taken_and_made_as_they_are() -> None:
    model = points(batch_norm=False)
    model.discriminator = Spy(model.discriminator)
    x = 40 * Generator(0).normal((8, 2))
    model.side_terms("discriminator", x)
    np.testing.assert_array_equal(model.discriminator.seen[0], x)
    assert np.abs(model.decode_images(1e3 * Generator(1).normal((8, 3))).numpy()).max() > 5
    with pytest.raises(ValueError, match=r"GAN: points of shape \(N, 2\) are expected, got \(8, 3"):
        model.discriminate(np.zeros((8, 3), np.float32))


# --- mistakes 17 and 18: penalties and clipping


def test_r1_is_taken_by_the_step_that_is_trained_and_in_full_in_evaluation() -> None:
    model = dense(r1=0.5, r1_interval=4)
    x, _ = batch(model)

    def penalty() -> float:
        return float(model.side_terms("discriminator", x)["penalty"].item())

    taken = []
    for step in range(8):
        assert model.turns(step) == ("discriminator", "generator")
        taken.append(penalty())
    model.eval()
    in_full = penalty()
    assert in_full > 0
    assert taken == pytest.approx([4 * in_full, 0, 0, 0] * 2, rel=1e-5)


def test_the_gradient_penalty_is_that_of_whole_packs() -> None:
    """With packs the discriminator's example is the pack: one mixing weight, one norm for each."""
    model = points(objective="wasserstein-gp", packing=2, penalty=1.0).to("float64")
    x = Generator(0).normal((6, 2), "float64")
    noise, mix = Generator(1).normal((6, 3), "float64"), np.array([0.2, 0.5, 0.9])
    found = model.side_terms("discriminator", x, noise=noise, mix=mix)["penalty"].item()
    fake = model.generator(noise).numpy()
    shares = np.repeat(mix, 2)[:, None]
    between = minigen.tensor((shares * x + (1 - shares) * fake).reshape(3, 4), requires_grad=True)
    (gradient,) = minigen.grad(model.discriminator(between).sum(), between)
    assert gradient is not None
    norms = np.sqrt((gradient.numpy() ** 2).sum(1))
    assert found == pytest.approx(((norms - 1) ** 2).mean(), rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_the_critics_weights_lie_within_bounds_after_its_turn(kind: str) -> None:
    """Clipped before the step, they would not: mistake 18."""
    model = KINDS[kind](objective="wasserstein", clip=0.02)
    take_turn(model, "discriminator", lr=10.0)
    largest = max(float(np.abs(p.numpy()).max()) for p in model.discriminator.parameters())
    assert largest == np.float32(0.02)
    assert max(float(np.abs(p.numpy()).max()) for p in model.generator.parameters()) > 0.02


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_no_discriminator_ends_in_a_sigmoid(kind: str, options: dict[str, Any]) -> None:
    """Scores are logits or a critic's, linear in the last layer: mistake 18."""
    model = KINDS[kind](**options)
    kinds = [type(part).__name__ for part in model.discriminator.modules()]
    assert not {"Sigmoid", "Softplus", "Tanh"} & set(kinds)
    (*_, last) = (part for part in model.discriminator.modules() if hasattr(part, "in_features"))
    assert isinstance(last, nn.Dense)
    has_bias = last.bias is not None
    assert has_bias is not str(options.get("objective")).startswith("wasserstein")


@pytest.mark.parametrize("objective", ["wasserstein", "wasserstein-gp"])
def test_a_number_added_to_all_scores_changes_nothing_in_the_wasserstein_games(
    objective: str,
) -> None:
    """So the critic's last layer has no bias, which would drift on rounding errors."""
    game = Game(objective)
    assert game.objective.shift_invariant
    real, fake = minigen.tensor([1.0, 2.0]), minigen.tensor([0.5, -0.5])
    losses = [game.objective.discriminator_loss(real + s, fake + s).item() for s in (0.0, 8.0)]
    assert losses[0] == losses[1]


# --- what terms and samples are


def test_terms_show_probabilities_of_a_cross_entropy_and_raw_scores_of_a_critic() -> None:
    for objective in ("non-saturating", "hinge"):
        model = dense(objective=objective, batch_norm=False)
        x, _ = batch(model)
        scores = model.discriminate(x).numpy()
        expected = 1 / (1 + np.exp(-scores)) if objective == "non-saturating" else scores
        found = model.side_terms("discriminator", x)["real_score"].item()
        assert found == pytest.approx(expected.mean(), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_terms_of_an_evaluation_are_those_of_both_sides(kind: str) -> None:
    model = KINDS[kind](objective="wasserstein-gp").eval()
    x, labels = batch(model)
    noise, mix = Generator(4).normal((8, 3)), Generator(5).uniform(8)
    with minigen.no_grad():
        terms = model.terms(x, labels, noise=noise, mix=mix)
    assert list(terms) == [
        "discriminator_loss",
        "penalty",
        "real_score",
        "fake_score",
        "generator_loss",
    ]
    assert not any(term.requires_grad for term in terms.values())
    expected = terms["fake_score"] - terms["real_score"] + terms["penalty"]
    assert terms["discriminator_loss"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert terms["generator_loss"].item() == pytest.approx(-terms["fake_score"].item(), rel=1e-5)


def test_noise_comes_from_the_generator_given_first_the_noise_then_the_mix() -> None:
    model = dense(objective="wasserstein-gp")
    x, _ = batch(model)
    drawn = model.side_terms("discriminator", x, generator=Generator(6))
    source = Generator(6)
    noise = source.normal((8, 3))
    given = model.side_terms("discriminator", x, noise=noise, mix=source.uniform(8))
    assert {n: t.item() for n, t in drawn.items()} == {n: t.item() for n, t in given.items()}
    assert model.sample(3, generator=Generator(1)).tolist() == (
        model.sample(3, generator=Generator(1)).tolist()
    )
    assert model.sample(3).tolist() != model.sample(3).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_samples_come_from_the_averaged_generator_if_there_is_one(kind: str) -> None:
    model = KINDS[kind](average=0.5, average_warmup=False)
    before = model.sample(4, generator=Generator(1)).numpy()
    assert model.averaged_generator is not None
    take_turn(model, "discriminator")
    assert (model.sample(4, generator=Generator(1)).numpy() == before).all()
    start = [p.numpy() for p in model.generator.parameters()]
    take_turn(model, "generator")
    averages = model.averaged_generator.module.parameters()
    for average, newest, old in zip(averages, model.generator.parameters(), start, strict=True):
        np.testing.assert_allclose(
            average.numpy(), (newest.numpy() + old) / 2, rtol=1e-5, atol=1e-7
        )
    after = model.sample(4, generator=Generator(1)).numpy()
    assert (after != before).any()
    twin = KINDS[kind](average=0.5, average_warmup=False)
    twin.load_state_dict(model.state_dict())
    assert (twin.sample(4, generator=Generator(1)).numpy() == after).all()


def test_packs_are_judged_together_and_samples_left_over_are_left_out() -> None:
    model = convolutional(packing=3, batch_norm=False)
    x, _ = batch(model)
    scores = model.discriminate(x)
    assert scores.shape == (2,)
    swapped = x[[3, 4, 5, 0, 1, 2]]
    np.testing.assert_allclose(model.discriminate(swapped).numpy(), scores.numpy()[::-1], rtol=1e-4)
    mixed = model.discriminate(x[[0, 1, 5, 3, 4, 2]]).numpy()
    assert (mixed != scores.numpy()).all()
    noise = Generator(4).normal((8, 3))
    whole = model.side_terms("discriminator", x, noise=noise)
    cut = model.side_terms("discriminator", x[:6], noise=noise[:6])
    assert first(whole).item() == first(cut).item()
    with pytest.raises(ValueError, match="fill a pack of 3 are expected, got 2"):
        model.side_terms("generator", x[:2])


@pytest.mark.parametrize("kind", KINDS)
def test_the_configuration_rebuilds_the_same_architecture(kind: str) -> None:
    for options in OPTIONS.values():
        model = KINDS[kind](**options)
        again = type(model)(**model.config())
        assert again.config() == model.config()
        again.load_state_dict(model.state_dict())
        x, labels = batch(model)
        np.testing.assert_array_equal(
            again.discriminate(x, labels).numpy(), model.discriminate(x, labels).numpy()
        )
        assert again.turns(0) == model.turns(0)


@pytest.mark.parametrize("objective", ["non-saturating", "wasserstein", "wasserstein-gp"])
def test_training_defaults_are_options_of_adam(objective: str) -> None:
    model = points(objective=objective)
    defaults = model.training_defaults()
    optim.Adam(model.generator.parameters(), **defaults)
    assert defaults["betas"][0] == (0.5 if objective == "non-saturating" else 0.0)
    defaults["lr"] = 1.0
    assert model.training_defaults()["lr"] < 1e-3


def test_a_float64_model_works_in_float64() -> None:
    model = conditional(objective="wasserstein-gp", r1=0.1).to("float64")
    x, labels = batch(model)
    terms = model.terms(x.astype(np.float64), labels)
    assert {term.dtype for term in terms.values()} == {np.dtype("float64")}
    assert model.sample(3).dtype == np.float64


def test_a_gan_has_no_one_loss_and_no_encoder() -> None:
    model = dense()
    x, _ = batch(model)
    with pytest.raises(TypeError, match="GAN has two losses"):
        ability(model, "loss")(x)
    with pytest.raises(TypeError, match="has no encoder"):
        ability(model, "reconstruct")(x)
    assert not can(model, "reconstruct")


def test_unknown_sides_and_noise_of_another_shape_are_refused() -> None:
    model = dense()
    x, _ = batch(model)
    with pytest.raises(ValueError, match="unknown side 'critic': use one of discriminator, gen"):
        model.side_terms("critic", x)
    with pytest.raises(ValueError, match=r"noise of shape \(8, 3\) is expected, got \(7, 3\)"):
        model.side_terms("generator", x, noise=np.zeros((7, 3), np.float32))
    with pytest.raises(TypeError, match="GAN takes no labels"):
        model.side_terms("generator", x, np.zeros(8, int))


def test_the_newest_samples_are_those_of_the_generator_that_learns() -> None:
    model = conditional(average=0.5, average_warmup=False)
    take_turn(model, "generator")
    newest = model.sample_newest(4, generator=Generator(1)).numpy()
    assert (newest != model.sample(4, generator=Generator(1)).numpy()).any()
    plain = conditional()
    plain.load_state_dict(model.state_dict(), strict=False)
    np.testing.assert_array_equal(newest, plain.sample(4, generator=Generator(1)).numpy())


@pytest.mark.parametrize("make", [dense, convolutional, conditional, points])
def test_truncated_samples_are_those_of_noise_near_the_middle(make: Any) -> None:
    model = make()
    noise = array_of(model.draw_latents(200, Generator(0), 0.5))
    assert noise.flags.f_contiguous == array_of(model.draw_latents(200, None)).flags.f_contiguous
    assert 0.45 < np.abs(to_numpy(noise)).max() <= 0.5
    expected = model.decode_images(noise, model.labels_in_turn(200))
    made = model.sample(200, truncation=0.5, generator=Generator(0))
    np.testing.assert_array_equal(made.numpy(), expected.numpy())
