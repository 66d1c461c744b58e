"""A period looked back on: the modelled change by emissions beside the official change and its published shares."""

import numpy as np
import pandas as pd

from evaluation.official import official_value
from evaluation.standards import statistics

ORIGIN = "origin"
"""Kind of the published rows that split a decrease into local, regional and meteorology, in % of it."""

SHARES = ("local", "regional", "meteorology")

NORMALISED = "weather_normalised"
"""Kind of the published rows that give a change with the weather taken out, in %."""


def period_change(official: pd.DataFrame, modelled: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return the official and the modelled change of each statistic from `first` to `last` year.

    `official` is `read_official`; `modelled` has rows of `future_statistics` (statistic, rrf, rrf_low, rrf_high): the
    model's response from the emissions of the first to those of the last year, weather and region as given to it.
    Columns: statistic, unit, official_first, official_last, official_change, official_change_pct, modelled_change,
    modelled_change_pct, its low and high, explained_pct (modelled/official; NaN where the official change is zero).
    Gases are compared at the reference state of the first year. A statistic that was not published in both years is
    listed with NaN.
    """
    rows = [_change_row(official, row, first, last) for row in modelled.to_dict("records")]
    return pd.DataFrame(rows)


def _change_row(official: pd.DataFrame, modelled: dict[object, object], first: int, last: int) -> dict[str, object]:
    name = str(modelled["statistic"])
    its = official[(official["year"] == first) & (official["statistic"] == name)]["reference_state_K"]
    state = None if its.empty or np.isnan(its.iloc[0]) else float(its.iloc[0])
    before, after = (official_value(official, year, name, reference_state_K=state) for year in (first, last))
    change = after - before
    percent = {key: 100.0 * (float(str(modelled[key])) - 1.0) for key in ("rrf", "rrf_low", "rrf_high")}
    by_model = before * percent["rrf"] / 100.0
    return {
        "statistic": name,
        "unit": statistics()[name].unit,
        "official_first": before,
        "official_last": after,
        "official_change": change,
        "official_change_pct": 100.0 * change / before,
        "modelled_change": by_model,
        "modelled_change_pct": percent["rrf"],
        "modelled_change_pct_low": percent["rrf_low"],
        "modelled_change_pct_high": percent["rrf_high"],
        "explained_pct": 100.0 * by_model / change if change else float("nan"),
    }


def published_shares(contributions: pd.DataFrame, change: pd.DataFrame, name: str, period: str) -> pd.DataFrame:
    """Return the published split of a statistic's official change, a row a study and origin.

    `contributions` is `read_contributions`, `change` is `period_change`. Columns: study, key (local, regional,
    meteorology), name_zh, name_en, share_pct, official_part (share x official change, unit of the statistic),
    modelled_pct (what the model explains, beside `local`, since only local emissions change in it; NaN elsewhere),
    source, flag.
    """
    its = contributions[(contributions["kind"] == ORIGIN) & (contributions["period"] == period)]
    total = {str(row["statistic"]): row for row in change.to_dict("records")}[name]
    share = its["value"].astype(float)
    return pd.DataFrame(
        {
            **{column: its[column] for column in ("study", "key", "name_zh", "name_en")},
            "share_pct": share,
            "official_part": share / 100.0 * float(total["official_change"]),
            "modelled_pct": np.where(its["key"] == "local", float(total["explained_pct"]), np.nan),
            "source": its["source"],
            "flag": its["flag"],
        }
    ).reset_index(drop=True)


def normalised_changes(contributions: pd.DataFrame, change: pd.DataFrame, period: str) -> pd.DataFrame:
    """Return the published weather-normalised changes (%) beside the official and the modelled ones, a row a pollutant.

    Columns: study, pollutant, statistic, published_pct, official_change_pct, modelled_change_pct, source, flag. Only
    annual means are comparable; a pollutant without one is left with NaN.
    """
    its = contributions[(contributions["kind"] == NORMALISED) & (contributions["period"] == period)]
    table = change.set_index("statistic")
    names = [f"{key}_mean" for key in its["key"]]
    columns = {
        column: [float(table[column].get(name, np.nan)) for name in names]
        for column in ("official_change_pct", "modelled_change_pct")
    }
    return pd.DataFrame(
        {
            "study": its["study"].to_numpy(),
            "pollutant": its["key"].to_numpy(),
            "statistic": names,
            "published_pct": its["value"].to_numpy(),
            **columns,
            "source": its["source"].to_numpy(),
            "flag": its["flag"].to_numpy(),
        }
    )
