"""minigen's speed and memory beside those of other libraries: ``python -m benchmarks``.

`workloads` and `ops` say what is measured; `libraries` does it with minigen, PyTorch, DeZero and
JAX; a `worker` is a process that runs one of them, and a `contest` lets several take turns.
`docs/performance.md` explains the method.
"""
