"""Does the air meet the standard? Values against the limits of the edition that judges their year."""

import numpy as np
import pandas as pd

from aqcore.errors import InputError, gathering
from evaluation.standards import edition_of_year, limit, rounding_decimals, statistic

COLUMNS = (
    "year", "pollutant", "statistic", "value", "unit", "limit", "attained", "margin", "margin_pct", "edition", "grade"
)  # fmt: skip


def attainment(values: pd.DataFrame, *, grade: int = 2, edition: str | None = None) -> pd.DataFrame:
    """Return each annual statistic beside its limit.

    `values` has the columns year, statistic (`statistics()`), value (ug/m3; CO mg/m3; gases at the reference state of
    the edition). A year is judged by the edition in force on its last day, or by `edition`. Columns of the result:
    year, pollutant, statistic, value, unit, limit, attained (of the value rounded as HJ 663 reports it), margin
    (limit - value, negative = exceeded), margin_pct (of the limit), edition, grade.

    Raises
    ------
    InputError
        listing every unknown statistic or missing value.
    """
    with gathering() as faults:
        rows = []
        for row in values.to_dict("records"):
            try:
                rows.append(_judged(int(row["year"]), str(row["statistic"]), float(row["value"]), grade, edition))
            except InputError as error:
                faults.extend(error.faults)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _judged(year: int, name: str, value: float, grade: int, edition: str | None) -> dict[str, object]:
    its = statistic(name)
    judge = edition or edition_of_year(year)
    bound = limit(judge, its.pollutant, its.period, grade=grade)
    reported = np.round(value, rounding_decimals(judge, its.pollutant))
    return {
        "year": year,
        "pollutant": its.pollutant,
        "statistic": name,
        "value": value,
        "unit": its.unit,
        "limit": bound,
        "attained": bool(reported <= bound),
        "margin": bound - value,
        "margin_pct": 100.0 * (bound - value) / bound,
        "edition": judge,
        "grade": grade,
    }


def attained_pollutants(table: pd.DataFrame) -> pd.DataFrame:
    """Return (year, edition, pollutant, attained): a pollutant attains only when all its statistics do (HJ 663)."""
    return table.groupby(["year", "edition", "pollutant"], sort=False)["attained"].all().reset_index()
