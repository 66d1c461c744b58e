"""The entry point: limits what must be limited before numpy is loaded, then hands over to the command line."""

import os
import sys

THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Threads of the linear algebra library cost more than they give on small matrices; processes do the parallel work."""


def main() -> None:
    """Run the command line."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")
    from yice.cli import app

    sys.exit(app())
