"""The state (temperature, pressure) at which the mass concentration of a gas is expressed.

Chinese monitors report gases at 273.15 K before 2018-09-01 and at 298.15 K from then on: the same air, 8.4 % less mass
a cubic metre.
"""

from functools import cache
from importlib.resources import files
from io import StringIO

import numpy as np
import numpy.typing as npt
import pandas as pd


@cache
def reference_states() -> pd.DataFrame:
    """Return the table of reference states: first_day, temperature_K, pressure_Pa, source, flag."""
    text = files("observations").joinpath("data/reference_states.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text), parse_dates=["first_day"])


def reference_temperature(local_days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the reference temperature (K) in force on each local day (datetime64)."""
    table = reference_states()
    first = table["first_day"].to_numpy().astype("datetime64[D]")
    days = np.asarray(local_days).astype("datetime64[D]")
    temperatures: npt.NDArray[np.float64] = np.asarray(table["temperature_K"], dtype=float)
    in_force: npt.NDArray[np.float64] = temperatures[np.searchsorted(first, days, side="right") - 1]
    return in_force


def to_reference(
    mass: npt.ArrayLike, from_temperature: npt.ArrayLike, to_temperature: float
) -> npt.NDArray[np.float64]:
    """Return a gas mass concentration at another reference temperature (K) and the same pressure.

    Ideal gas: the mass in a cubic metre is proportional to 1/T.
    """
    ratio: npt.NDArray[np.float64] = (
        np.asarray(from_temperature, dtype=float) / to_temperature
    )  # exactly 1 for one state
    return np.asarray(mass, dtype=float) * ratio
