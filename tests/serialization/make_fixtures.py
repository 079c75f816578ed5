"""Write the committed file of PyTorch's: `python -m tests.serialization.make_fixtures`."""

from __future__ import annotations

import copy

from .optimizers import CASES, gradient, weights
from .pytorch_file import PATH


def main() -> None:
    import torch

    torch.manual_seed(0)
    x = torch.arange(12.0).reshape(3, 4)
    tensors = {
        "transposed": x.T,
        "strided": x[1:, ::2],
        "whole": x,
        "row of the same storage": x[1],
        "expanded": x[:1].expand(3, 4),
        "half": x.half(),
        "bfloat16": x.bfloat16() / 3,
        "double": x.double() / 3,
        "integers": torch.arange(3),
        "short": torch.arange(3).to(torch.uint16),
        "booleans": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(x[0].clone()),
    }
    layers = torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2)
    module = torch.nn.Sequential(*layers)
    module(x).sum().backward()
    optimizers = {}
    for name, (kind, options) in CASES.items():
        parameters = [torch.nn.Parameter(torch.from_numpy(each)) for each in weights()]
        optimizer = getattr(torch.optim, kind)(parameters, **options)
        found = {}
        for step in range(6):
            if step == 3:
                found = {
                    "parameters": [each.detach().clone() for each in parameters],
                    "state": copy.deepcopy(optimizer.state_dict()),
                }
            for each in parameters:
                each.grad = torch.from_numpy(gradient(each.detach().numpy(), step))
            optimizer.step()
        optimizers[name] = {**found, "after": [each.detach().clone() for each in parameters]}
    everything = {
        "torch": torch.__version__.partition("+")[0],
        "tensors": tensors,
        "module": module.state_dict(),
        "x": x,
        "output": module.eval()(x).detach(),
        "optimizers": optimizers,
    }
    torch.save(everything, PATH)
    print(f"{PATH.name}: {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
