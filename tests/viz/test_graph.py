"""The recorded graph as a picture: what it says is true, and nothing in it overlaps."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor, models, nn, viz
from minigen.derivations import page_of, place_of
from minigen.engine.op import registry
from minigen.ops import losses
from minigen.viz.graphs.drawing import text_width

NAMESPACE = "{http://www.w3.org/2000/svg}"
KINDS = {"op", "output", "parameter", "constant", "chain", "rest"}
DERIVATIONS = Path(__file__).parents[2] / "docs" / "derivations"


class Seen:
    """What is seen in a picture."""

    def __init__(self, picture: viz.GraphPicture) -> None:
        self.root = ET.fromstring(picture.svg)
        drawn = [group for group in self.root.iter(f"{NAMESPACE}g") if group.get("class") in KINDS]
        self.symbols = [group for group in drawn if self.texts(group)]
        self.legend = [str(group.get("class")) for group in drawn if not self.texts(group)]
        self.links = [a.get("href") for a in self.root.iter(f"{NAMESPACE}a")]
        self.arrows = [
            str(path.findtext(f"{NAMESPACE}title"))
            for path in self.root.iter(f"{NAMESPACE}path")
            if path.find(f"{NAMESPACE}title") is not None
        ]
        self.words = str(self.root.findtext(f"{NAMESPACE}desc"))
        self.title = str(self.root.findtext(f"{NAMESPACE}title"))
        inside = {text for symbol in self.symbols for text in self.texts(symbol)}
        self.remarks = " ".join(text for text in self.texts(self.root) if text not in inside)

    @staticmethod
    def texts(element: ET.Element) -> list[str]:
        """Return the lines of text in an element."""
        return [str(text.text) for text in element.iter(f"{NAMESPACE}text")]

    def named(self, label: str) -> list[str]:
        """Return the lines of the one symbol with a label, after it."""
        (lines,) = [rest for name, *rest in map(self.texts, self.symbols) if name == label]
        return lines

    def kind(self, label: str) -> str:
        """Return the kind of the one symbol with a label."""
        (kind,) = [s.get("class") for s in self.symbols if self.texts(s)[0] == label]
        return str(kind)

    def labels(self) -> list[str]:
        """Return all labels, in the order in which they are drawn."""
        return [self.texts(symbol)[0] for symbol in self.symbols]

    def norm(self, label: str) -> float:
        """Return the norm that stands in a symbol."""
        (line,) = [line for line in self.named(label) if line.startswith("‖grad‖")]
        return float(line.rpartition("= ")[2])


def see(output: Tensor, **options: Any) -> Seen:
    """Draw a graph and look at it."""
    return Seen(viz.graph(output, **options))


def small_model() -> tuple[nn.Module, Tensor, Tensor, Tensor]:
    """Return a network, its input, its hidden values, and a loss."""
    network = nn.Sequential(nn.Dense(4, 3), nn.Tanh(), nn.Dense(3, 1))
    x = minigen.randn(5, 4)
    hidden = network[1](network[0](x))
    return network, x, hidden, network[2](hidden).exp().sum()


# --- what it says -------------------------------------------------------------------------------


def test_ops_parameters_and_inputs_are_shown_with_names_shapes_and_dtypes() -> None:
    network, x, hidden, loss = small_model()
    seen = see(loss, module=network, names={"x": x, "hidden": hidden})
    assert seen.kind("x") == "constant"
    assert seen.named("x") == ["5 × 4 · float32"]
    assert seen.kind("0.weight") == "parameter"
    assert seen.named("0.weight") == ["3 × 4 · float32"]
    assert seen.kind("hidden = tanh") == "op"
    assert seen.named("hidden = tanh") == ["5 × 3 · float32"]
    assert seen.kind("sum") == "output"
    assert seen.named("sum") == ["scalar · float32"]
    leaves = {"x", "0.weight", "0.bias", "2.weight", "2.bias"}
    assert set(seen.labels()) == leaves | {"linear", "hidden = tanh", "exp", "sum"}
    assert len(seen.labels()) == 10


def test_arrows_say_which_input_of_which_op_they_are() -> None:
    network, x, _, loss = small_model()
    assert sorted(see(loss, module=network, names={"x": x}).arrows) == [
        "0.bias is bias of linear",
        "0.weight is weight of linear",
        "2.bias is bias of linear",
        "2.weight is weight of linear",
        "exp is x of sum",
        "linear is x of exp",
        "linear is x of tanh",
        "tanh is x of linear",
        "x is x of linear",
    ]


def test_a_tensor_that_is_used_twice_is_one_symbol_with_two_arrows() -> None:
    x = minigen.ones(3, requires_grad=True)
    seen = see((x * x).sum(), names={"x": x})
    assert seen.labels() == ["x", "mul", "sum"]
    assert seen.arrows == ["x is a of mul", "x is b of mul", "mul is x of sum"]


def test_an_array_that_several_ops_take_is_one_symbol() -> None:
    x, w = minigen.ones(3), minigen.ones(3, requires_grad=True)
    seen = see((w * x + w.exp() * x).sum(), names={"x": x, "w": w})
    assert seen.labels().count("x") == 1


def test_without_names_leaves_say_what_they_are() -> None:
    x, w = minigen.ones(3), minigen.ones(3, requires_grad=True)
    assert see((w * x).sum()).labels() == ["leaf", "constant", "mul", "sum"]


def test_a_constant_in_another_shape_is_known_by_the_array_that_it_shows() -> None:
    x, w = minigen.ones(2, 3), minigen.ones(6, requires_grad=True)
    other = minigen.ones(4, 3)
    seen = see(
        (w * x.reshape(6)).sum() + (w * other[:2].reshape(6)).sum(), names={"x": x, "other": other}
    )
    assert "view of x" in seen.labels()
    assert "constant" in seen.labels()  # of `other` it is a part


def test_a_buffer_has_its_name() -> None:
    module = nn.Module()
    module.register_buffer("scale", minigen.ones(3))
    scaled = minigen.ones(3, requires_grad=True) * next(module.buffers())
    seen = see(scaled.sum(), module=module)
    assert seen.kind("scale") == "constant"


def test_numbers_and_options_stand_in_the_op() -> None:
    x = minigen.ones(1, 2, 6, 6, requires_grad=True)
    weight = minigen.ones(3, 2, 3, 3)
    y = F.conv2d(x, weight, stride=2, padding=(1, 1))[:, 1:, ..., ::2]
    seen = see((y * 0.5 + 3.0).sum(axis=(0, 1)).max())
    assert seen.named("conv2d")[:2] == ["stride = 2", "padding = 1"]
    assert seen.named("getitem")[0] == "index = [:, 1:, ..., ::2]"
    assert seen.named("mul")[0] == "b = 0.5"
    assert seen.named("add")[0] == "b: a number"  # of which the op kept the shape
    assert seen.named("sum")[0] == "axis = (0, 1)"
    assert seen.named("amax") == ["scalar · float32"]


def test_arrays_among_options_are_not_read_and_long_options_are_cut() -> None:
    x = minigen.ones(4, 4, requires_grad=True)
    seen = see(x[minigen.tensor([0, 2])].sum())
    assert seen.named("getitem") == ["index: an array", "2 × 4 · float32"]
    seen = see(x[[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]].sum())
    (note,) = [line for line in seen.named("getitem") if line.startswith("index")]
    assert note.endswith("…")
    assert len(note) <= 30


def test_an_optional_input_that_is_not_given_is_not_shown() -> None:
    layer = nn.Dense(2, 2, bias=False)
    seen = see(layer(minigen.ones(1, 2)).sum(), module=layer)
    assert seen.labels() == ["constant", "weight", "linear", "sum"]


def test_an_op_of_ones_own_is_shown_without_a_derivation() -> None:
    @minigen.op
    def twice(x: Any, *, factor: float = 2.0) -> Any:
        return x * factor

    x = minigen.ones(3, requires_grad=True)
    seen = see(twice(x, factor=3.0))  # it has no gradient rule
    assert seen.named("twice") == ["factor = 3.0", "3 · float32"]
    assert seen.links == []


def test_a_variadic_op_numbers_its_inputs() -> None:
    x, y = minigen.ones(2, requires_grad=True), minigen.ones(3, requires_grad=True)
    seen = see(F.cat([x, y, minigen.ones(1)]), names={"x": x, "y": y})
    assert seen.arrows[:2] == ["x is input 0 of concatenate", "y is input 1 of concatenate"]
    assert seen.named("constant") == ["1"]  # a dtype that nobody kept is not guessed


# --- shapes and dtypes that nobody kept ---------------------------------------------------------


def test_shapes_that_nobody_kept_are_found() -> None:
    x = minigen.ones(2, 3, requires_grad=True)
    h = -(-x).transpose(0, 1).flatten()
    seen = see(h.reshape(3, 2))
    assert seen.named("transpose")[-1] == "3 × 2 · float32"
    assert seen.named("flatten")[-1] == "6 · float32"
    assert x.grad is None
    h.sum().backward()  # the graph is kept


def test_a_dtype_is_right_or_left_out() -> None:
    narrow = minigen.ones(2, dtype="float32", requires_grad=True)
    wide = minigen.ones(2, dtype="float64", requires_grad=True)
    y = (-narrow + wide.to("float32")) + wide
    assert y.dtype == np.float64
    seen = see(-y)
    # `neg` and `add` keep no array, and the gradients that arrive at them are all float64.
    assert [seen.texts(symbol) for symbol in seen.symbols if symbol.get("class") == "op"] == [
        ["neg", "2"],
        ["astype", "dtype = float32", "2 · float32"],
        ["add", "2"],
        ["add", "2 · float64"],
    ]


def test_where_the_engine_refuses_a_backward_pass_the_picture_says_what_is_missing() -> None:
    @minigen.op
    def opaque(x: Any) -> Any:
        return x + 0

    x = minigen.ones(2, 3, requires_grad=True)
    seen = see(opaque(F.neg(-x)).sum())
    assert "shape not kept" in seen.named("opaque") or seen.named("opaque") == ["2 × 3 · float32"]
    assert seen.texts(seen.symbols[1])[1:] == ["shape not kept"]
    assert "missing" in seen.remarks
    assert "the op opaque has no gradient rule" in " ".join(seen.remarks.split())
    assert "the op opaque has no gradient rule" in seen.words
    with pytest.raises(NotImplementedError, match="opaque has no gradient rule"):
        see(opaque(F.neg(-x)).sum(), gradients=True)


# --- gradients ----------------------------------------------------------------------------------


def test_norms_of_gradients_are_those_of_leaves_and_of_what_ops_made() -> None:
    network, _, hidden, loss = small_model()
    seen = see(loss, module=network, names={"hidden": hidden}, gradients=True)
    assert all(p.grad is None for p in network.parameters())
    parameters = dict(network.named_parameters())
    found = minigen.grad(loss, [hidden, *parameters.values()])
    for label, gradient in zip(["hidden = tanh", *parameters], found, strict=True):
        assert gradient is not None
        assert seen.norm(label) == pytest.approx(np.linalg.norm(gradient.numpy()), rel=5e-3)
    assert seen.norm("sum") == 1


def test_without_a_walk_parameters_show_what_backward_accumulated() -> None:
    w, v = minigen.ones(4, requires_grad=True), minigen.ones(4, requires_grad=True)
    loss = (w * v * 3).sum()
    loss.backward(retain_graph=True)
    v.grad = None
    seen = see(loss, names={"w": w, "v": v})
    assert seen.norm("w") == 6
    assert seen.named("v") == ["4 · float32"]
    assert not any("grad" in line for line in seen.named("sum"))


def test_what_no_gradient_reaches_has_no_norm() -> None:
    @minigen.op
    def first(a: Any, b: Any) -> Any:
        return a + 0 * b

    @first.vjp
    def first_vjp(g: Any, _out: Any, _a: Any, _b: Any) -> Any:
        return g, None

    a, b = minigen.ones(2, requires_grad=True), minigen.ones(2, requires_grad=True)
    seen = see(first(a, b).sum(), names={"a": a, "b": b}, gradients=True)
    assert seen.norm("a") == pytest.approx(np.sqrt(2), rel=5e-3)
    assert seen.named("b") == ["2 · float32"]


def test_an_output_that_is_no_scalar_needs_a_cotangent_for_norms_alone() -> None:
    x = minigen.ones(3, requires_grad=True)
    assert see(x * 2).named("mul") == ["b = 2", "3 · float32"]
    with pytest.raises(RuntimeError, match=r"viz\.graph: a tensor of shape \(3,\) is not a scalar"):
        viz.graph(x * 2, gradients=True)
    seen = see(x * 2, names={"x": x}, gradients=True, gradient=minigen.tensor([3.0, 4.0, 0.0]))
    assert seen.norm("x") == 10


# --- what can't be drawn ------------------------------------------------------------------------


def test_a_freed_graph_is_refused_with_the_remedy() -> None:
    _, _, _, loss = small_model()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"freed by a backward pass \(at the op sum\).*retain"):
        viz.graph(loss)


def test_a_graph_of_which_a_part_was_freed_is_refused() -> None:
    x = minigen.ones(2, requires_grad=True)
    h = x.exp()
    y, z = (h * 2).sum(), (h * 3).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="freed by a backward pass \\(at the op exp\\)"):
        viz.graph(z)


def test_a_tensor_without_a_graph_is_refused() -> None:
    x = minigen.ones(2, requires_grad=True)
    for tensor in (x, x.detach().sum(), minigen.ones(2) * 2):
        with pytest.raises(RuntimeError, match="no recorded op made this tensor"):
            viz.graph(tensor)


def test_a_limit_that_shows_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="limit of at least 3 is expected, got 2"):
        viz.graph(minigen.ones(2, requires_grad=True).sum(), limit=2)


# --- large graphs -------------------------------------------------------------------------------


def test_a_chain_of_ten_thousand_ops_is_drawn_as_one_and_says_so() -> None:
    x = minigen.ones(2, requires_grad=True)
    h = x
    for number in range(10_000):
        h = h * 1.0001 if number % 2 else -h
    seen = see((h + x.exp()).sum(), names={"x": x}, gradients=True)
    assert seen.labels() == ["x", "10,000 ops", "exp", "add", "sum"]
    assert seen.kind("10,000 ops") == "chain"
    assert seen.named("10,000 ops")[:2] == ["neg, mul", "2 · float32"]
    assert "10,000 ops are drawn as 1 chain." in seen.remarks
    assert seen.arrows[0] == "x goes to 10,000 ops"
    assert "10,000 ops is a of add" in seen.arrows


def test_a_chain_is_drawn_with_the_leaves_that_it_alone_uses() -> None:
    shared = minigen.ones(2, requires_grad=True)
    h = minigen.ones(2, requires_grad=True)
    for _ in range(30):
        h = (h * minigen.ones(2, requires_grad=True)).tanh() * shared
    seen = see((h + shared.exp()).sum(), names={"shared": shared}, limit=10)
    assert seen.named("90 ops")[:2] == ["mul, tanh", "with 31 leaves"]
    assert seen.labels().count("shared") == 1


def test_in_a_large_graph_without_chains_the_oldest_ops_are_left_out() -> None:
    x, w = minigen.ones(2, requires_grad=True), minigen.ones(2, requires_grad=True)
    h = x
    for _ in range(500):
        h = (h * w).tanh() + h
    seen = see(h.sum(), names={"w": w, "x": x}, limit=20)
    assert len(seen.symbols) <= 20
    (summary,) = [label for label in seen.labels() if "older" in label]
    older = int(re.sub(r"\D", "", summary))
    ops = sum(label in {"mul", "tanh", "add", "sum"} for label in seen.labels())
    assert older + ops == 1501
    assert f"The oldest ops, {older:,} of them, are not drawn" in seen.remarks
    assert "w" in seen.labels()
    assert "x" not in seen.labels()
    assert seen.labels()[-1] == "sum"


def test_ops_in_chains_that_are_left_out_are_counted_one_by_one() -> None:
    w = minigen.ones(2, requires_grad=True)
    h = minigen.ones(2)
    for _ in range(30):
        h = w.exp().sin().cos().sin().cos() * h  # a chain of five beside the spine of products
    seen = see(h.sum(), names={"w": w}, limit=12)
    (rest,) = [label for label in seen.labels() if "older" in label]
    chains = [label for label in seen.labels() if label == "5 ops"]
    ops = [label for label in seen.labels() if label in {"mul", "sum"}]
    assert int(rest.split()[0]) + 5 * len(chains) + len(ops) == 181
    assert f"{5 * len(chains)} ops are drawn as {len(chains)} chains." in seen.remarks
    assert seen.kind(rest) == "rest"


def test_a_graph_within_the_limit_is_drawn_whole() -> None:
    x = minigen.ones(2, requires_grad=True)
    h = x
    for _ in range(50):
        h = -h
    assert see(h, limit=51).labels().count("neg") == 50
    assert "50 ops" not in see(h, limit=51).labels()


# --- links --------------------------------------------------------------------------------------


def test_ops_link_to_their_derivations() -> None:
    _, _, _, loss = small_model()
    seen = see(loss)
    assert seen.links == [
        "derivations/dense.html#linear",
        "derivations/elementwise.html#tanh",
        "derivations/dense.html#linear",
        "derivations/elementwise.html#exp",
        "derivations/reductions.html#sum",
    ]
    there = see(loss, derivations="https://example.org/d/").links
    assert there[0] == "https://example.org/d/dense.html#linear"
    assert see(loss, derivations=None).links == []


def test_every_op_with_a_gradient_rule_links_to_a_result_that_is_on_the_page() -> None:
    linked = set()
    for op in registry.values():
        if op.rule is not None:
            found = place_of(op)
            assert found is not None, op.name
            page, identifier = found
            text = (DERIVATIONS / f"{page}.md").read_text(encoding="utf-8")
            assert f":::{{derivation}} {identifier}\n" in text, (op.name, page)
            linked.add(identifier)
    assert linked <= page_of().keys()


def test_a_learners_op_of_the_same_name_as_a_librarys_does_not_link_to_its_derivation() -> None:
    @minigen.op
    def exp(x: Any) -> Any:
        return x

    assert place_of(exp) is None
    assert place_of(F.eq) is None  # it has no gradient


# --- how it looks -------------------------------------------------------------------------------


def outline(symbol: ET.Element) -> tuple[float, float, float, float]:
    """Return the left, right, upper and lower edge of a symbol."""
    polygon = symbol.find(f"{NAMESPACE}polygon")
    if polygon is not None:
        points = [tuple(map(float, p.split(","))) for p in str(polygon.get("points")).split()]
        xs, ys = zip(*points, strict=True)
    else:
        boxes = [
            [float(rect.get(name, "")) for name in ("x", "y", "width", "height")]
            for rect in symbol.iter(f"{NAMESPACE}rect")
        ]
        xs = tuple(edge for x, _, width, _ in boxes for edge in (x, x + width))
        ys = tuple(edge for _, y, _, height in boxes for edge in (y, y + height))
    return min(xs), max(xs), min(ys), max(ys)


def pictures() -> dict[str, viz.GraphPicture]:
    """Return pictures of a dense layer's loss, of a convolutional network, and of VAEs."""
    layer = nn.Dense(784, 10)
    dense = losses.mse_loss(F.sigmoid(layer(minigen.rand(64, 784))), minigen.rand(64, 10))
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)
    )
    convolution = F.logsumexp(network(minigen.rand(2, 1, 8, 8)), axis=1).mean()
    vae = models.VAE((1, 8, 8), hidden=(16,), latent=4)
    x = minigen.rand(3, 1, 8, 8)
    return {
        "dense": viz.graph(dense, module=layer, gradients=True),
        "convolution": viz.graph(convolution, module=network),
        "vae": viz.graph(vae.loss(x), module=vae, names={"x": x}, gradients=True),
        "pruned": viz.graph(vae.loss(x), module=vae, names={"输入": x}, limit=12),
    }


@pytest.mark.parametrize("name", ["dense", "convolution", "vae", "pruned"])
def test_no_symbols_overlap_and_all_text_is_inside(name: str) -> None:
    seen = Seen(pictures()[name])
    boxes = [outline(symbol) for symbol in seen.symbols]
    for a, b in itertools.combinations(boxes, 2):
        assert a[1] < b[0] or b[1] < a[0] or a[3] < b[2] or b[3] < a[2]
    for symbol, (left, right, top, bottom) in zip(seen.symbols, boxes, strict=True):
        for text in symbol.iter(f"{NAMESPACE}text"):
            x, y, size = (float(text.get(key, "")) for key in ("x", "y", "font-size"))
            half = text_width(str(text.text), size) / 2
            assert left + 5 < x - half
            assert x + half < right - 5
            assert top + 2 < y - 0.75 * size
            assert y + 0.25 * size < bottom - 1


@pytest.mark.parametrize("name", ["dense", "convolution", "vae", "pruned"])
def test_no_arrow_crosses_a_symbol(name: str) -> None:
    seen = Seen(pictures()[name])
    boxes = [outline(symbol) for symbol in seen.symbols]
    (arrows,) = [g for g in seen.root.iter(f"{NAMESPACE}g") if g.get("class") == "arrows"]
    for path in arrows:
        x = y = 0.0
        for command, numbers in re.findall(r"([MCV])([^MCV]*)", str(path.get("d"))):
            values = [float(number) for number in numbers.split()]
            if command == "V":
                crossed = [
                    box
                    for box in boxes
                    if box[0] < x < box[1] and y + 0.2 < box[3] and values[0] - 0.2 > box[2]
                ]
                assert crossed == []
                y = values[0]
            else:
                if command == "C":  # beside it there must be no symbol at all
                    low, high = y + 0.2, values[-1] - 0.2
                    assert not [
                        box for box in boxes if max(low, box[2] + 4) < min(high, box[3] - 0.1)
                    ]
                x, y = values[-2:]


def test_outlines_tell_kinds_apart_without_colour() -> None:
    x = minigen.ones(2)
    w = minigen.ones(2, requires_grad=True)
    seen = see((x * w).exp().sum())
    shapes = {}
    for symbol in seen.symbols:
        rects = list(symbol.iter(f"{NAMESPACE}rect"))
        dashed = any(rect.get("stroke-dasharray") for rect in rects)
        shapes[str(symbol.get("class"))] = (len(rects), dashed)
    assert len(set(shapes.values())) == len(shapes) == 4
    assert seen.legend == ["op", "output", "parameter", "constant"]


def test_dark_pages_are_styled_and_every_coloured_class_has_a_dark_colour() -> None:
    seen = see((minigen.ones(2) * minigen.ones(2, requires_grad=True)).exp().sum())
    style = str(seen.root.findtext(f"{NAMESPACE}style"))
    dark = style.partition("@media (prefers-color-scheme: dark)")[2]
    for name in ("paper", "label", "text", "tip", "arrows", *(f"{k} .outline" for k in KINDS)):
        assert f".minigen-graph .{name} {{" in dark
    assert style.count("{") == style.count("}")


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_what_it_stands_on(theme: str) -> None:
    from minigen.viz.graphs import drawing

    colours = drawing.COLOURS if theme == "light" else drawing._DARK
    grounds = [colours.paper, *(fill for fill, _ in colours.kinds.values())]
    for ink, ground in itertools.product((colours.ink, colours.quiet), grounds):
        high, low = sorted([luminance(ink), luminance(ground)], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG's AA for text
    for line in (colours.arrow, *(stroke for _, stroke in colours.kinds.values())):
        high, low = sorted([luminance(line), luminance(colours.paper)], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3  # and for graphics


def test_the_picture_in_the_documentation_is_what_its_code_draws() -> None:
    docs = DERIVATIONS.parent
    blocks = re.findall(r"```pycon\n(.*?)```", (docs / "engine.md").read_text("utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "viz.graph(" in block]
    names: dict[str, Any] = {"minigen": minigen, "F": F}
    exec("\n".join(line[4:] for line in code.splitlines()), names)
    assert (docs / "images" / "graph.svg").read_text("utf-8") == names["picture"].svg


# --- words, files, notebooks --------------------------------------------------------------------


def test_who_does_not_see_the_picture_is_told_the_whole_graph() -> None:
    network, x, _, loss = small_model()
    seen = see(loss, module=network, names={"x": x})
    assert seen.title == "Recorded graph: 5 ops, 4 parameters, 1 input or constant"
    first, second, *_, last = seen.words.splitlines()[1:]
    assert first == "1. linear(x = x, weight = 0.weight, bias = 0.bias): 5 × 3 · float32."
    assert second == "2. tanh(x = the result of 1): 5 × 3 · float32."
    assert last == "5. sum(x = the result of 4): scalar · float32."
    identifiers = {element.get("id") for element in seen.root.iter() if element.get("id")}
    assert seen.root.get("aria-labelledby") in identifiers
    assert seen.root.get("aria-describedby") in identifiers
    assert see(loss, title="A loss").title == "A loss"


def test_of_a_large_graph_a_hundred_ops_are_told() -> None:
    x = minigen.ones(2, requires_grad=True)
    h = x
    for _ in range(150):
        h = -h
    words = see(h, limit=500).words.splitlines()
    assert words[-2].startswith("100. ")
    assert words[-1] == "And 50 ops more."


def test_two_pictures_on_a_page_do_not_share_identifiers_and_one_graph_gives_one_picture() -> None:
    x = minigen.ones(2, requires_grad=True)
    first, again, second = viz.graph(x.exp()), viz.graph(x.exp()), viz.graph(x.sin())
    assert first.svg == again.svg
    keys = [set(re.findall(r'id="([^"]+)"', picture.svg)) for picture in (first, second)]
    assert keys[0].isdisjoint(keys[1])
    assert all(f"url(#{key})" in first.svg for key in keys[0] if key.endswith("tip"))


def test_names_may_hold_what_xml_may_not() -> None:
    x = minigen.ones(2, requires_grad=True)
    seen = see(x.exp(), names={"<&\"'\x00> 权重": x})
    assert seen.labels()[0] == "<&\"'\ufffd> 权重"


def test_ideographs_get_the_room_of_two_characters() -> None:
    assert text_width("权重") == text_width("abcd")


def test_notebooks_show_it_and_save_writes_a_file(tmp_path: Path) -> None:
    picture = viz.graph(minigen.ones(2, requires_grad=True).exp())
    assert picture._repr_svg_() == picture._repr_html_() == picture.svg
    picture.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == picture.svg
    assert [file.name for file in tmp_path.iterdir()] == ["graph.svg"]
    with pytest.raises(OSError, match="missing"):
        picture.save(tmp_path / "missing" / "graph.svg")


def test_a_second_order_graph_is_drawn() -> None:
    x = minigen.tensor(2.0, requires_grad=True)
    (slope,) = minigen.grad((x * 3).exp(), x, create_graph=True)
    assert slope is not None
    seen = see(slope, names={"x": x}, gradients=True)
    assert seen.norm("x") == pytest.approx(9 * np.exp(6), rel=5e-3)


@pytest.mark.usefixtures("cupy")
def test_a_graph_on_a_gpu_is_drawn_and_its_norms_are_read() -> None:
    x, w = minigen.ones(2, 3, device="cuda"), minigen.ones(3, device="cuda", requires_grad=True)
    seen = see((x * w).to("cpu").exp().sum(), names={"x": x, "w": w}, gradients=True)
    assert seen.named("x") == ["2 × 3 · float32"]
    assert seen.norm("w") == pytest.approx(2 * np.sqrt(3) * np.e, rel=5e-3)
