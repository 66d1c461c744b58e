"""The road: projected statistics against the limits of each milestone, and the emission cuts that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.attainment import attainment

CUT_POLLUTANTS = ("NOx", "VOC", "PM25", "SO2", "NH3")
"""Pollutants whose cuts the road states."""


@dataclass(frozen=True)
class Milestone:
    """A year of the road: the scenario that reaches it, and the edition of GB 3095 that judges it."""

    year: int
    scenario: str
    edition: str


def road_table(projection: pd.DataFrame, milestones: Sequence[Milestone]) -> pd.DataFrame:
    """Return each statistic at each milestone beside its limit.

    `projection` has the columns scenario, statistic and those of `evaluation.design_value.DesignValue` (from the start
    of the road). Columns of the result: year, scenario, statistic, unit, start, rrf, value, value_absolute, low, high,
    limit, attained, attained_surely (the whole interval meets the limit), margin_pct, edition, n_high, n_days, n_zones.
    """
    parts = [_at(projection[projection["scenario"] == stone.scenario], stone) for stone in milestones]
    return pd.concat(parts, ignore_index=True)


def _at(rows: pd.DataFrame, stone: Milestone) -> pd.DataFrame:
    values = rows.assign(year=stone.year)
    judged = attainment(values, edition=stone.edition)
    upper = attainment(values.assign(value=values["high"]), edition=stone.edition)
    return pd.DataFrame(
        {
            "year": stone.year,
            "scenario": stone.scenario,
            "statistic": judged["statistic"].to_numpy(),
            "unit": judged["unit"].to_numpy(),
            "start": rows["observed"].to_numpy(),
            "rrf": rows["rrf"].to_numpy(),
            "value": rows["value"].to_numpy(),
            "value_absolute": rows["value_absolute"].to_numpy(),
            "low": rows["low"].to_numpy(),
            "high": rows["high"].to_numpy(),
            "limit": judged["limit"].to_numpy(),
            "attained": judged["attained"].to_numpy(),
            "attained_surely": upper["attained"].to_numpy(),
            "margin_pct": judged["margin_pct"].to_numpy(),
            "edition": stone.edition,
            "n_high": rows["n_high"].to_numpy(),
            "n_days": rows["n_days"].to_numpy(),
            "n_zones": rows["n_zones"].to_numpy(),
        }
    )


def cuts(totals: pd.DataFrame, start: str, milestones: Sequence[Milestone]) -> pd.DataFrame:
    """Return the cut of each pollutant (%) from the start scenario to each milestone, and VOC:NOx.

    `totals` has the columns scenario, pollutant, mass_t. Columns: year, scenario, a `<pollutant>_cut_pct` each,
    `voc_nox_ratio` (percent of VOC for a percent of NOx; NaN where NOx is not cut).
    """
    city = totals.pivot_table(index="scenario", columns="pollutant", values="mass_t", aggfunc="sum")
    rows = []
    for stone in milestones:
        change = 100.0 * (1.0 - city.loc[stone.scenario] / city.loc[start])
        cut = dict(zip(map(str, city.columns), change.to_numpy(float).tolist(), strict=True))
        ratio = cut["VOC"] / cut["NOx"] if cut["NOx"] > 0 else np.nan
        named = {f"{name}_cut_pct": cut[name] for name in CUT_POLLUTANTS if name in cut}
        rows.append({"year": stone.year, "scenario": stone.scenario, **named, "voc_nox_ratio": ratio})
    return pd.DataFrame(rows)


def with_cuts(road: pd.DataFrame, cut: pd.DataFrame) -> pd.DataFrame:
    """Return the road with the cuts of its milestone beside every statistic."""
    return road.merge(cut, on=["year", "scenario"], how="left", validate="many_to_one")
