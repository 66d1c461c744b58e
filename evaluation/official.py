"""What was published: a city's official annual statistics, and how studies attribute their change."""

from pathlib import Path

import numpy as np
import pandas as pd

from aqcore.errors import Faults, gathering
from evaluation.standards import statistics
from observations.observations import is_gas
from observations.reference_state import to_reference
from observations.tables import choices, numbers, place, read_table

DAY_COUNTS = ("good_days", "heavy_days")
"""Published counts of days (AQI up to 100, AQI above 200)."""

FLAGS = ("read", "derived", "knowledge", "constructed")
FIRST_YEAR, LAST_YEAR = 1990, 2100


def read_official(path: Path) -> pd.DataFrame:
    """Return the published statistics: year, statistic, value, unit, reference_state_K (gases), source, flag.

    Raises
    ------
    InputError
        listing every unknown statistic, wrong unit, repeated row, and gas without its reference state.
    """
    frame = read_table(path, ["year", "statistic", "value", "unit", "reference_state_K", "source", "flag"])
    with gathering() as faults:
        frame["year"] = numbers(path, frame, "year", faults, low=FIRST_YEAR, high=LAST_YEAR)
        frame["value"] = numbers(path, frame, "value", faults, low=0, high=1e5)
        states = numbers(path, frame, "reference_state_K", faults, low=200, high=350, optional=True)
        frame["reference_state_K"] = states
        choices(path, frame, "statistic", faults, [*statistics(), *DAY_COUNTS])
        choices(path, frame, "flag", faults, FLAGS)
        _check_rows(path, frame, faults)
    return frame.astype({"year": int})


def _check_rows(path: Path, frame: pd.DataFrame, faults: Faults) -> None:
    for again in np.flatnonzero(frame.duplicated(["year", "statistic"])):
        faults.add(place(path, frame, again, "statistic"), "repeats a year's statistic", "keep one row")
    for row, (name, state) in enumerate(zip(frame["statistic"], frame["reference_state_K"], strict=True)):
        if name in statistics() and is_gas(statistics()[name].pollutant) and np.isnan(state):
            remedy = "write 273.15 (before 2018-09) or 298.15"
            faults.add(place(path, frame, row, "reference_state_K"), f"is empty for the gas of {name}", remedy)
    for row, (name, unit) in enumerate(zip(frame["statistic"], frame["unit"], strict=True)):
        expected = statistics()[name].unit if name in statistics() else "d"
        if unit != expected:
            faults.add(place(path, frame, row, "unit"), f"{name} in {unit!r}", f"give it in {expected}")


def official_value(official: pd.DataFrame, year: int, name: str, *, reference_state_K: float | None = None) -> float:
    """Return one published statistic, gases at `reference_state_K` when that is given; NaN when it is not there."""
    rows = official[(official["year"] == year) & (official["statistic"] == name)]
    if rows.empty:
        return float("nan")
    value, state = float(rows["value"].iloc[0]), float(rows["reference_state_K"].iloc[0])
    if reference_state_K is None or np.isnan(state):
        return value
    return float(to_reference(value, state, reference_state_K))


def read_contributions(path: Path) -> pd.DataFrame:
    """Return published attributions: study, kind, period (`2013-2017`), key, names, value, unit, source, flag.

    Raises
    ------
    InputError
        listing every value that is no number and every unknown flag.
    """
    columns = ["study", "kind", "period", "key", "name_zh", "name_en", "value", "unit", "source", "flag"]
    frame = read_table(path, columns)
    with gathering() as faults:
        frame["value"] = numbers(path, frame, "value", faults, low=-1e4, high=1e4)
        choices(path, frame, "flag", faults, FLAGS)
    return frame
