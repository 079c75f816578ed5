"""The tests; where several processes share them, each does with one thread of its own.

NumPy's library of matrix products reads how many when it is loaded, and this is what is read first.
"""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
