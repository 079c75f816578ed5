"""minigen's speed and memory beside those of other libraries: ``python -m benchmarks``.

`workloads` and `ops` say what is measured; `libraries` does it with minigen, PyTorch, NumPy by
hand, DeZero and JAX; a `worker` is a process that runs one of them, a `contest` lets several take
turns, and `runs` takes several contests together. `docs/performance.md` explains the method.
"""
