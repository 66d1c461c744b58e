"""The tables that evaluation ships: standards, breakpoints, statistics, benchmarks."""

from functools import cache
from importlib.resources import files
from io import StringIO

import pandas as pd


@cache
def shipped_table(name: str) -> pd.DataFrame:
    """Return `evaluation/data/<name>.csv`; an empty cell is missing. Callers copy before they change it."""
    text = files("evaluation").joinpath(f"data/{name}.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text))
