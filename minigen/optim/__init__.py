"""Optimisers, whose update formulas are PyTorch's, and learning-rate schedules.

>>> import minigen
>>> from minigen import nn, optim
>>> weight = nn.Parameter([3.0])
>>> optimizer = optim.Adam([weight], lr=0.1)
>>> for _ in range(200):
...     optimizer.zero_grad()
...     ((weight - 1) ** 2).sum().backward()
...     optimizer.step()
>>> round(weight.item(), 2)
1.0
"""

from minigen.optim import compiled as _compiled  # noqa: F401 - it declares itself
from minigen.optim import lr_scheduler
from minigen.optim import on_card as _on_card  # noqa: F401 - likewise
from minigen.optim.adam import Adam, AdamW
from minigen.optim.optimizer import Optimizer
from minigen.optim.rmsprop import RMSprop
from minigen.optim.sgd import SGD
from minigen.optim.state import flatten_state, unflatten_state

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "flatten_state",
    "lr_scheduler",
    "unflatten_state",
]
