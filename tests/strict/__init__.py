"""A stand-in for CuPy that is stricter than CuPy, for proving the library without a GPU.

Its arrays hold NumPy's, and behave as if the two could not meet. See docs/gpu.md.
"""
