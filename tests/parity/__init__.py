"""Parity with PyTorch: the same values, gradients, second gradients and training trajectories.

`cases` declares, once for each op, how minigen and how PyTorch compute it and which arguments to
draw. The comparison runs live where PyTorch is installed, and everywhere against small files that
`python -m tests.parity.make_fixtures` wrote with PyTorch.
"""
