"""Quality control of hourly observations: suspicious values are listed with their rule, never dropped.

Whoever wants them out says so: `observations.without(suspicious(observations))`. The thresholds are in
`data/pollutants.csv`; apart from the breakpoints of HJ 633 they are this project's choice.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from observations.observations import Observations, pollutants_table

STUCK_HOURS = 24
"""Hours of one unchanged value above `stuck_above` (detection limit) that make a monitor suspicious (our choice)."""

PM_EXCESS_SHARE, PM_EXCESS = 0.2, 20.0
"""PM2.5 may exceed PM10 by 20 % and 20 ug m-3 before the pair is suspicious: two instruments (our choice)."""

SPIKE_RATIO = 3.0
"""A spike is this many times both neighbouring hours, and `spike` of the table above the larger (our choice)."""

COLUMNS = ("time", "site", "variable", "value", "rule")

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def suspicious(observations: Observations) -> pd.DataFrame:
    """Return the suspicious values: time (UTC START), site, variable, value (unit of the schema), rule; sorted.

    Rules: `negative`, `above_range`, `at_instrument_cap`, `spike`, `stuck`, `pm25_above_pm10`.
    """
    found = [
        _rows(observations, name, mask, rule)
        for name in observations.pollutants
        for rule, mask in _rules(observations, name)
    ]
    table = pd.concat([pd.DataFrame(columns=COLUMNS), *(rows for rows in found if len(rows))], ignore_index=True)
    return table.sort_values(["time", "site", "variable", "rule"], ignore_index=True)


def _rules(observations: Observations, name: str) -> Iterator[tuple[str, Mask]]:
    values = _values(observations, name)
    limits = _limits(name)
    yield "negative", np.less(values, 0.0)
    yield "above_range", np.greater(values, limits["highest"])
    yield "at_instrument_cap", np.equal(values, limits["instrument_cap"])
    yield "spike", spikes(values, limits["spike"])
    yield "stuck", stuck(values) & np.greater(values, limits["stuck_above"])
    if name == "PM25" and "PM10" in observations.pollutants:
        coarse = _values(observations, "PM10")
        yield "pm25_above_pm10", values > coarse + np.maximum(PM_EXCESS, PM_EXCESS_SHARE * coarse)


def _limits(name: str) -> dict[str, float]:
    """Return the thresholds of a pollutant; NaN where the table has none, which no value equals or exceeds."""
    columns = ("highest", "instrument_cap", "spike", "stuck_above")
    return {column: float(pollutants_table()[column].to_dict()[name]) for column in columns}


def spikes(values: Values, step: float) -> Mask:
    """Return where a value (time, site) is `SPIKE_RATIO` times and `step` above both neighbouring hours."""
    neighbour = np.fmax(values[:-2], values[2:])
    middle = values[1:-1]
    known = np.isfinite(values[:-2]) & np.isfinite(values[2:])
    mask = np.zeros(values.shape, dtype=bool)
    mask[1:-1] = known & (middle > SPIKE_RATIO * neighbour) & (middle > neighbour + step)
    return mask


def stuck(values: Values, hours: int = STUCK_HOURS) -> Mask:
    """Return where a value (time, site) belongs to a run of at least `hours` equal values."""
    mask = np.zeros(values.shape, dtype=bool)
    for column in range(values.shape[1]):
        series = values[:, column]
        starts = np.flatnonzero(np.concatenate([[True], ~(series[1:] == series[:-1])]))
        lengths = np.diff(np.concatenate([starts, [series.size]]))
        mask[:, column] = np.repeat((lengths >= hours) & np.isfinite(series[starts]), lengths)
    return mask


def _values(observations: Observations, name: str) -> Values:
    return observations.data[name].transpose("time", "site").to_numpy().astype(np.float64)


def _rows(observations: Observations, name: str, mask: Mask, rule: str) -> pd.DataFrame:
    at_time, at_site = np.nonzero(mask)
    return pd.DataFrame(
        {
            "time": observations.data["time"].to_numpy()[at_time],
            "site": observations.data["site"].to_numpy()[at_site],
            "variable": name,
            "value": _values(observations, name)[at_time, at_site],
            "rule": rule,
        }
    )
