"""Reductions, layers and losses with nothing in them do as PyTorch does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional, nn

torch: Any = pytest.importorskip("torch")

OURS: dict[str, Any] = {
    "zeros": minigen.zeros,
    "F": functional,
    "nn": nn,
    "Dense": nn.Dense,
    "cat": functional.cat,
    "stack": functional.stack,
    "einsum": functional.einsum,
    "where": functional.where,
}
THEIRS: dict[str, Any] = {
    "zeros": torch.zeros,
    "F": torch.nn.functional,
    "nn": torch.nn,
    "Dense": torch.nn.Linear,
    "cat": torch.cat,
    "stack": torch.stack,
    "einsum": torch.einsum,
    "where": torch.where,
}

PROGRAMS = [
    *(f"zeros(0, 3).{name}()" for name in ("sum", "mean", "var", "std")),
    *(f"zeros(0, 3).{name}(dim=0)" for name in ("sum", "mean", "var", "std", "logsumexp")),
    *(f"zeros(0, 3).{name}(dim=1)" for name in ("sum", "mean", "logsumexp", "amax", "argmin")),
    "zeros(0, 3).var(dim=0, unbiased=False)",
    "(zeros(0) > 0).all()",
    "(zeros(0) > 0).any()",
    "zeros(0, 3).max(dim=1).values",
    "zeros(0, 3).min(dim=1).indices",
    "zeros(0, 3).softmax(dim=0)",
    "zeros(0, 3).softmax(dim=1)",
    "zeros(0, 3).log_softmax(dim=0)",
    "zeros(0, 3).cumsum(dim=0)",
    "zeros(0, 3).sort(dim=0).values",
    "zeros(0, 3).argsort(dim=1)",
    "zeros(0, 3).topk(2).indices",
    "zeros(0, 3).topk(0, dim=0).values",
    "zeros(3, 2).gather(0, zeros(0, 2).long())",
    "zeros(3, 2).scatter_add(0, zeros(0, 2).long(), zeros(0, 2))",
    "zeros(0, 3).prod()",
    *(f"zeros(0, 3).{name}(dim=0)" for name in ("prod", "cumprod", "count_nonzero")),
    "zeros(0, 3).median()",
    "zeros(0, 3).median(dim=1).indices",
    "zeros(0).long().bincount()",
    "zeros(0).histc(4)",
    "zeros(0, 3).unique()",
    "zeros(0, 3).diagonal()",
    "zeros(0).diag()",
    "zeros(0, 0).trace()",
    "zeros(0, 3).tile(2)",
    "zeros(3, 2).index_add(0, zeros(0).long(), zeros(0, 2))",
    "zeros(3, 2).index_copy(0, zeros(0).long(), zeros(0, 2))",
    "zeros(3, 2).scatter(0, zeros(0, 2).long(), 1.0)",
    "zeros(3, 2).scatter(0, zeros(0, 2).long(), zeros(0, 2))",
    "zeros(0, 2).masked_select(zeros(0, 2) > 0)",
    "F.unfold(zeros(0, 2, 5, 5), 2)",
    *(f"F.{name}(zeros(0, 3))" for name in ("gelu", "selu", "mish", "relu6", "hardtanh")),
    "zeros(0, 3).nonzero()",
    "where(zeros(0) > 0)[0]",
    "zeros(2, 0) @ zeros(0, 3)",
    "einsum('ij,jk', zeros(2, 0), zeros(0, 3))",
    "cat([zeros(0, 3), zeros(2, 3)])",
    "stack([zeros(0, 3), zeros(0, 3)])",
    "zeros(0, 3).reshape(-1, 3)",
    "Dense(3, 2)(zeros(0, 3))",
    "nn.Conv2d(3, 2, 3)(zeros(0, 3, 5, 5))",
    "nn.ConvTranspose2d(3, 2, 3)(zeros(0, 3, 5, 5))",
    "nn.BatchNorm1d(3)(zeros(0, 3))",
    "nn.BatchNorm2d(3)(zeros(0, 3, 2, 2))",
    "nn.BatchNorm1d(3).eval()(zeros(0, 3))",
    "nn.LayerNorm(3)(zeros(0, 3))",
    "nn.InstanceNorm2d(3)(zeros(0, 3, 2, 2))",
    "nn.MaxPool2d(2)(zeros(0, 3, 4, 4))",
    "nn.AvgPool2d(2)(zeros(0, 3, 4, 4))",
    "F.adaptive_avg_pool2d(zeros(0, 3, 4, 4), 1)",
    "nn.Dropout()(zeros(0, 3))",
    "nn.Flatten()(zeros(0, 3, 2))",
    "F.embedding(zeros(0).long(), zeros(3, 2))",
    *(
        f"F.{loss}(zeros(0, 3), zeros(0, 3), reduction={reduction!r})"
        for loss in ("mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits")
        for reduction in ("mean", "sum", "none")
    ),
    "F.cross_entropy(zeros(0, 3), zeros(0).long(), reduction='mean')",
    "F.cross_entropy(zeros(0, 3), zeros(0).long(), reduction='sum')",
    "F.cross_entropy(zeros(0, 3), zeros(0, 3), reduction='sum')",
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.filterwarnings(
    "ignore:Mean of empty slice", "ignore:invalid value encountered", "ignore:.*degrees of freedom"
)
def test_what_has_no_elements_gives_what_pytorch_gives(program: str) -> None:
    actual, expected = eval(program, OURS).detach(), eval(program, THEIRS).detach()
    assert str(actual.dtype) == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_array_equal(actual.numpy(), expected.numpy())


@pytest.mark.parametrize(
    "program",
    [
        "zeros(0, 3).max()",
        "zeros(0, 3).max(dim=0)",
        "zeros(0, 3).amin(0)",
        "zeros(0, 3).argmax(dim=0)",
        "zeros(0, 3).topk(1, dim=0)",
        "zeros(0, 3).median(dim=0)",
        "zeros(0, 3).quantile(0.5)",
        "stack([])",
        "cat([])",
    ],
)
def test_what_has_no_answer_is_refused_as_by_pytorch(program: str) -> None:
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        eval(program, THEIRS)
    with pytest.raises(ValueError, match=r"zero-size|no elements|empty|k from 0 to 0|tensors"):
        eval(program, OURS)
