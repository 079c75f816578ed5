"""What all optimisers share: parameters, groups, the step and its memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.optim.optimizer import BLOCK, SWEEP_EVERY, blocks, remove_vanishing

from .quadratic import noise, parameters, run

KINDS: list[Callable[..., optim.Optimizer]] = [
    lambda p, **o: optim.SGD(p, **{"lr": 0.1, "momentum": 0.9} | o),
    lambda p, **o: optim.RMSprop(p, **{"momentum": 0.9, "centered": True} | o),
    lambda p, **o: optim.Adam(p, **{"amsgrad": True} | o),
    optim.AdamW,
]

every_kind = pytest.mark.parametrize("make", KINDS, ids=["SGD", "RMSprop", "Adam", "AdamW"])


class TestStep:
    @every_kind
    def test_weights_change_in_place(self, make: Callable[..., optim.Optimizer]) -> None:
        ours = parameters("float32")
        arrays = [p.array for p in ours]
        before = [p.numpy() for p in ours]
        optimizer = make(ours)
        run(optimizer, ours, noise(2))
        moments = [id(m) for s in optimizer.state.values() for m in s.values() if np.ndim(m)]
        run(optimizer, ours, noise(2))
        assert all(p.array is a for p, a in zip(ours, arrays, strict=True))
        assert all((p.array != b).all() for p, b in zip(ours, before, strict=True))
        again = [id(m) for s in optimizer.state.values() for m in s.values() if np.ndim(m)]
        assert moments == again

    @every_kind
    def test_steps_are_counted_from_one(self, make: Callable[..., optim.Optimizer]) -> None:
        ours = parameters()
        optimizer = make(ours)
        for count in (1, 2, 3):
            run(optimizer, ours, noise(1))
            assert [optimizer.state[p]["step"] for p in ours] == [count] * len(ours)

    @every_kind
    def test_gradients_stay_as_they_are(self, make: Callable[..., optim.Optimizer]) -> None:
        ours = parameters()
        optimizer = make(ours, weight_decay=0.1)
        run(optimizer, ours, noise(1))
        gradients = [p.grad.numpy() for p in ours if p.grad is not None]
        optimizer.step()
        for parameter, gradient in zip(ours, gradients, strict=True):
            assert parameter.grad is not None
            assert (parameter.grad.array == gradient).all()

    @every_kind
    def test_a_parameter_without_gradient_is_skipped(
        self, make: Callable[..., optim.Optimizer]
    ) -> None:
        trained, idle = nn.Parameter([1.0]), nn.Parameter([1.0])
        optimizer = make([trained, idle], weight_decay=0.1)
        trained.grad = minigen.tensor([1.0])
        optimizer.step()
        assert trained.item() != 1
        assert idle.item() == 1
        assert idle not in optimizer.state

    @every_kind
    def test_a_step_is_a_write_that_an_older_graph_refuses(
        self, make: Callable[..., optim.Optimizer]
    ) -> None:
        weight = nn.Parameter([2.0])
        loss = (weight * weight).sum()
        weight.grad = minigen.tensor([1.0])
        make([weight]).step()
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()

    @every_kind
    @pytest.mark.parametrize("lr", [np.float64(0.1), np.float32(0.1)])
    def test_numpy_scalars_promote_nothing(
        self, make: Callable[..., optim.Optimizer], lr: Any
    ) -> None:
        weight = nn.Parameter([1.0])
        weight.grad = minigen.tensor([1.0])
        optimizer = make([weight], lr=lr, weight_decay=np.float64(0.1))
        optimizer.step()
        assert weight.dtype == np.float32
        moments = [m for m in optimizer.state[weight].values() if np.ndim(m)]
        assert {m.dtype for m in moments} == {np.dtype(np.float32)}

    @every_kind
    def test_another_memory_order_gives_the_same_weights(
        self, make: Callable[..., optim.Optimizer]
    ) -> None:
        straight = parameters("float64", [(30, 40)])
        turned = [nn.Parameter(np.asfortranarray(p.array)) for p in straight]
        assert not turned[0].array.flags.c_contiguous
        for ours in (straight, turned):
            run(make(ours), ours, noise(5, shapes=[(30, 40)]))
        assert (straight[0].array == turned[0].array).all()

    @every_kind
    def test_it_finds_the_minimum_of_a_parabola(self, make: Callable[..., optim.Optimizer]) -> None:
        weight = nn.Parameter([3.0, -2.0])
        optimizer = make([weight], lr=0.01, weight_decay=0.0)
        for _ in range(1500):
            optimizer.zero_grad()
            ((weight - minigen.tensor([1.0, 2.0])) ** 2).sum().backward()
            optimizer.step()
        assert weight.tolist() == pytest.approx([1, 2], abs=0.02)

    def test_a_gradient_of_another_shape_is_refused(self) -> None:
        weight = nn.Parameter([1.0, 2.0])
        weight.grad = minigen.tensor([1.0])
        with pytest.raises(ValueError, match=r"SGD: .*shape \(2,\) has a gradient of shape \(1,\)"):
            optim.SGD([weight]).step()

    def test_a_model_moved_after_the_first_step_is_noticed(self) -> None:
        layer = nn.Dense(2, 1)
        optimizer = optim.Adam(layer.parameters())
        layer(minigen.ones(1, 2)).sum().backward()
        optimizer.step()
        layer.to("float64")
        with pytest.raises(RuntimeError, match=r"Adam: exp_avg is float32 on .*float64 on "):
            optimizer.step()

    def test_zero_grad_sets_gradients_to_none(self) -> None:
        ours = parameters()
        optimizer = optim.SGD(ours)
        run(optimizer, ours, noise(1))
        optimizer.zero_grad()
        assert all(p.grad is None for p in ours)


class TestGroups:
    def test_each_group_has_its_options(self) -> None:
        first, second = nn.Parameter([1.0]), nn.Parameter([1.0])
        groups = [{"params": [first]}, {"params": second, "lr": 0.5, "name": "fast"}]
        optimizer = optim.SGD(groups, lr=0.1)
        for parameter in (first, second):
            parameter.grad = minigen.tensor([1.0])
        optimizer.step()
        assert (first.item(), second.item()) == pytest.approx((0.9, 0.5))

    def test_a_group_can_be_added_and_options_changed(self) -> None:
        first, second = nn.Parameter([1.0]), nn.Parameter([1.0])
        optimizer = optim.SGD([first], lr=0.1)
        optimizer.add_param_group({"params": [second]})
        optimizer.param_groups[1]["lr"] = 0.2
        for parameter in (first, second):
            parameter.grad = minigen.tensor([1.0])
        optimizer.step()
        assert (first.item(), second.item()) == pytest.approx((0.9, 0.8))

    def test_momentum_switched_on_later_begins_then(self) -> None:
        weight = nn.Parameter([1.0])
        optimizer = optim.SGD([weight], lr=0.1)
        weight.grad = minigen.tensor([1.0])
        optimizer.step()
        optimizer.param_groups[0]["momentum"] = 0.5
        optimizer.step()
        optimizer.step()
        assert weight.item() == pytest.approx(1 - 0.1 * (1 + 1 + 1.5))

    def test_any_leaf_that_requires_a_gradient_can_be_optimised(self) -> None:
        latent = minigen.tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([latent], lr=0.1)
        (latent * 2).sum().backward()
        optimizer.step()
        assert latent.item() == pytest.approx(0.8)

    def test_a_frozen_parameter_may_be_among_them(self) -> None:
        frozen = nn.Parameter([1.0], requires_grad=False)
        optim.SGD([frozen, nn.Parameter([1.0])]).step()
        assert frozen.item() == 1

    def test_no_parameters_are_refused(self) -> None:
        with pytest.raises(ValueError, match="Adam: there are no parameters"):
            optim.Adam([])
        with pytest.raises(ValueError, match="Adam: a group without parameters"):
            optim.Adam([{"params": []}])

    @pytest.mark.parametrize(
        ("params", "got"),
        [
            (minigen.ones(2), "Tensor"),
            (nn.ReLU(), "ReLU"),
            ({nn.Parameter([1.0])}, "set"),
            (3, "int"),
        ],
    )
    def test_what_is_no_ordered_iterable_is_refused(self, params: Any, got: str) -> None:
        with pytest.raises(TypeError, match=f"in a fixed order are expected.*got {got}"):
            optim.SGD(params)

    @pytest.mark.parametrize("entry", [np.zeros(2), 3.0, None])
    def test_what_is_no_parameter_is_refused(self, entry: Any) -> None:
        with pytest.raises(
            TypeError, match=f"entry 1 is no parameter, but {type(entry).__name__}$"
        ):
            optim.SGD([nn.Parameter([1.0]), entry])

    def test_named_parameters_are_refused_with_a_hint(self) -> None:
        with pytest.raises(TypeError, match=r"but tuple; pass parameters\(\), not named_param"):
            optim.SGD(nn.Dense(1, 1).named_parameters())

    def test_a_tensor_that_requires_no_gradient_is_refused(self) -> None:
        with pytest.raises(ValueError, match="entry 0 requires no gradient"):
            optim.SGD([minigen.ones(2)])

    def test_the_result_of_an_op_is_refused(self) -> None:
        with pytest.raises(ValueError, match="entry 0 was computed by an op"):
            optim.SGD([nn.Parameter([1.0]) * 2])

    def test_a_parameter_that_comes_twice_is_refused(self) -> None:
        weight = nn.Parameter([1.0])
        with pytest.raises(ValueError, match=r"entry 1 \(shape \(1,\)\) comes twice"):
            optim.SGD([weight, weight])
        with pytest.raises(ValueError, match=r"entry 0 .* comes twice"):
            optim.SGD([{"params": [weight]}, {"params": [weight]}])

    def test_an_unknown_option_of_a_group_is_named(self) -> None:
        with pytest.raises(ValueError, match=r"SGD: unknown option 'learning_rate'.*are lr, mom"):
            optim.SGD([{"params": [nn.Parameter([1.0])], "learning_rate": 1.0}])

    @pytest.mark.parametrize("group", [{"lr": 1.0}, 3])
    def test_a_group_without_params_is_refused(self, group: Any) -> None:
        with pytest.raises(TypeError, match="a group is a dict with an entry 'params'"):
            optim.SGD([nn.Parameter([1.0])]).add_param_group(group)

    @pytest.mark.parametrize(
        ("kind", "options", "name"),
        [
            (optim.SGD, {"lr": -1}, "lr"),
            (optim.SGD, {"lr": float("nan")}, "lr"),
            (optim.SGD, {"momentum": -0.1}, "momentum"),
            (optim.SGD, {"weight_decay": -0.1}, "weight_decay"),
            (optim.SGD, {"nesterov": True}, "nesterov"),
            (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov"),
            (optim.RMSprop, {"lr": -1}, "lr"),
            (optim.RMSprop, {"alpha": 1.0}, "alpha"),
            (optim.RMSprop, {"eps": -1e-8}, "eps"),
            (optim.Adam, {"lr": -1}, "lr"),
            (optim.Adam, {"betas": (1.0, 0.9)}, r"betas\[0\]"),
            (optim.Adam, {"betas": (0.9, -0.1)}, r"betas\[1\]"),
            (optim.Adam, {"betas": 0.9}, "betas must be two numbers"),
            (optim.Adam, {"betas": (0.9,)}, "betas must be two numbers"),
            (optim.AdamW, {"eps": -1.0}, "eps"),
            (optim.AdamW, {"weight_decay": float("inf")}, "weight_decay"),
        ],
    )
    def test_an_option_out_of_range_is_named(
        self, kind: type[optim.Optimizer], options: dict[str, Any], name: str
    ) -> None:
        with pytest.raises(ValueError, match=f"^{kind.__name__}: {name}"):
            kind([nn.Parameter([1.0])], **options)
        with pytest.raises(ValueError, match=f"^{kind.__name__}: {name}"):
            kind([{"params": [nn.Parameter([1.0])], **options}])  # type: ignore[call-arg]

    @every_kind
    def test_a_state_of_pytorchs_that_maximizes_is_refused(
        self, make: Callable[..., optim.Optimizer]
    ) -> None:
        optimizer = make([nn.Parameter([1.0])])
        state = optimizer.state_dict()
        (group,) = state["param_groups"]
        group |= {"foreach": None, "maximize": False}
        optimizer.load_state_dict(state)
        group["maximize"] = True
        with pytest.raises(ValueError, match=r"maximize=True, and here it is always False"):
            optimizer.load_state_dict(state)

    def test_repr_names_the_options_of_each_group(self) -> None:
        optimizer = optim.SGD([{"params": nn.Dense(3, 2).parameters()}], lr=0.1)
        assert repr(optimizer).splitlines() == [
            "SGD (",
            "  group 0: 8 numbers, lr=0.1, momentum=0.0, dampening=0.0, weight_decay=0.0, "
            "nesterov=False",
            ")",
        ]


class TestBlocks:
    def test_they_are_views_that_cover_all_elements_once(self) -> None:
        array = np.zeros((3, BLOCK - 1))
        count = 0
        for part, other in blocks(array, np.ones_like(array)):
            np.add(part, other, out=part)
            count += 1
        assert count == 3
        assert (array == 1).all()

    def test_an_array_without_axes_is_one_block_of_one(self) -> None:
        assert [part.shape for (part,) in blocks(np.array(1.0))] == [(1,)]

    def test_arrays_in_another_memory_order_are_left_whole(self) -> None:
        a, b = np.zeros((1000, 100)), np.zeros((100, 1000)).T
        assert [(x.shape, y.shape) for x, y in blocks(a, b)] == [((1000, 100), (1000, 100))]


class TestVanishingMoments:
    @every_kind
    def test_moments_of_dead_weights_do_not_stay_subnormal(
        self, make: Callable[..., optim.Optimizer]
    ) -> None:
        weight = nn.Parameter(np.ones(100, np.float32))
        optimizer = make([weight])
        for step in range(20 * SWEEP_EVERY):
            weight.grad = minigen.full(100, 1e-3 if step == 0 else 0)
            optimizer.step()
        first = "momentum_buffer" if "momentum_buffer" in optimizer.state[weight] else "exp_avg"
        assert (optimizer.state[weight][first] == 0).all()
        tiny = np.finfo(np.float32).tiny
        for name, moment in optimizer.state[weight].items():
            assert name == "step" or not ((moment != 0) & (abs(moment) < tiny)).any()

    @pytest.mark.host_only("a card's arithmetic takes them for zeros, so none are removed")
    def test_they_are_removed_every_so_many_steps_and_stay_in_between(self) -> None:
        weight = nn.Parameter([1.0])
        weight.grad = minigen.zeros(1)
        optimizer = optim.SGD([weight], momentum=1.0)  # which keeps a buffer as it is
        optimizer.step()
        for _ in range(2):
            buffer = optimizer.state[weight]["momentum_buffer"]
            buffer[:] = 1e-37
            while optimizer.state[weight]["step"] % SWEEP_EVERY != SWEEP_EVERY - 1:
                optimizer.step()
                assert buffer.item() == np.float32(1e-37)
            optimizer.step()
            assert buffer.item() == 0
            optimizer.step()

    def test_nothing_else_is_changed(self) -> None:
        moment = np.array([1.0, -1e-30, np.inf, -np.inf, 1e-44, -1e-37], np.float32)
        remove_vanishing(moment)
        assert moment.tolist() == np.array([1, -1e-30, np.inf, -np.inf, 0, 0], "f").tolist()

    def test_they_vanish_below_a_thousand_times_the_smallest_normal_number(self) -> None:
        least = np.float32(1000) * np.finfo(np.float32).tiny
        moment = np.array([least, -least, np.nextafter(least, np.float32(0))])
        remove_vanishing(moment)
        assert moment.tolist() == [least, -least, 0]

    def test_nan_is_not_hidden(self) -> None:
        moment = np.array([np.nan], np.float32)
        remove_vanishing(moment)
        assert np.isnan(moment[0])

    def test_float64_keeps_what_float32_could_not_hold(self) -> None:
        moment = np.array([1e-200, 1e-310])
        remove_vanishing(moment)
        assert moment.tolist() == [1e-200, 0]

    def test_float16_needs_its_subnormal_numbers(self) -> None:
        moment = np.array([0.01, 1e-6], np.float16)
        before = moment.copy()
        remove_vanishing(moment)
        assert (moment == before).all()


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
@pytest.mark.parametrize("rate", ["1e-3", None, [0.1]])
def test_a_rate_that_is_no_number_is_named(make: Any, rate: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{make.__name__}: lr must be a number, got ") as raised:
        make([nn.Parameter([1.0])], lr=rate)
    assert repr(rate) in str(raised.value)


def test_gradients_are_set_to_none_or_to_zeros() -> None:
    layer: Any = nn.Dense(2, 1)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    for forget in (layer.zero_grad, optimizer.zero_grad, layer.weight.zero_grad):
        layer(minigen.ones(1, 2)).sum().backward()
        forget(set_to_none=False)
        assert layer.weight.grad is not None
        assert layer.weight.grad.tolist() == [[0.0, 0.0]]
        forget(set_to_none=True)
        assert layer.weight.grad is None
        forget(set_to_none=False)
        assert layer.weight.grad is None


def test_an_option_set_on_the_optimiser_itself_is_refused_for_it_would_change_nothing() -> None:
    made = optim.Adam(parameters("float32"), lr=0.1)
    with pytest.raises(AttributeError, match=r'Adam: lr is an option .*param_groups\[0\]\["lr"\]'):
        made.lr = 0.01
    made.name = "mine"  # anything else may be noted
    assert made.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
def test_going_uphill_is_going_down_the_negative(kind: Any) -> None:
    up, down = nn.Parameter([1.0, -2.0]), nn.Parameter([1.0, -2.0])
    rising = kind([up], lr=0.1, weight_decay=0.1, maximize=True)
    falling = kind([down], lr=0.1, weight_decay=0.1)
    for _ in range(3):
        for sign, parameter, optimizer in ((1, up, rising), (-1, down, falling)):
            optimizer.zero_grad()
            (sign * parameter**3).sum().backward()
            optimizer.step()
    assert up.tolist() == down.tolist()
    assert rising.param_groups[0]["maximize"] is True
    assert "maximize" not in falling.param_groups[0]


def test_a_group_alone_goes_uphill_and_its_state_is_saved() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "maximize": True}], lr=0.5)
    (a + b).sum().backward()
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 1.5)
    optimizer.load_state_dict(optimizer.state_dict())
    optimizer.step()
    assert (a.item(), b.item()) == (0.0, 2.0)
