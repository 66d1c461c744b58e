"""Values against limits: the edition of the year, the margin, the rounding, the pollutant as a whole."""

import pandas as pd
import pytest

from aqcore.errors import InputError
from evaluation.attainment import attained_pollutants, attainment


def values(*rows: tuple[int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["year", "statistic", "value"])


def test_the_same_air_under_three_editions() -> None:
    """Beijing's 27.0 of 2025: attained under 2012 and the transition, not under the limit of 2031."""
    table = attainment(values((2025, "PM25_mean", 27.0), (2030, "PM25_mean", 27.0), (2031, "PM25_mean", 27.0)))
    assert table["limit"].tolist() == [35.0, 30.0, 25.0]
    assert table["attained"].tolist() == [True, True, False]
    assert table["margin"].tolist() == [8.0, 3.0, -2.0]
    assert table["margin_pct"].iloc[2] == pytest.approx(-8.0)
    assert table["edition"].tolist() == ["GB3095-2012", "GB3095-2026-transition", "GB3095-2026-final"]


def test_an_edition_and_grade_may_be_asked_for() -> None:
    table = attainment(values((2025, "PM25_mean", 27.0)), edition="GB3095-2026-final", grade=1)
    assert table.loc[0, "limit"] == 10.0
    assert table.loc[0, "grade"] == 1


@pytest.mark.parametrize(
    ("year", "name", "value", "attained"),
    [
        (2025, "PM25_mean", 35.4, True),  # reported as 35
        (2025, "PM25_mean", 35.6, False),
        (2031, "PM25_mean", 25.04, True),  # reported as 25.0
        (2031, "PM25_mean", 25.1, False),
        (2025, "CO_p95", 4.04, True),  # reported as 4.0
        (2025, "CO_p95", 4.06, False),
        (2025, "O3_MDA8_p90", 160.0, True),  # the limit itself is met
    ],
)
def test_the_value_is_judged_as_it_is_reported(year: int, name: str, value: float, attained: bool) -> None:
    assert attainment(values((year, name, value)))["attained"].tolist() == [attained]


def test_a_pollutant_attains_only_with_all_its_statistics() -> None:
    table = attainment(values((2025, "PM25_mean", 30.0), (2025, "PM25_p95", 90.0), (2025, "O3_MDA8_p90", 150.0)))
    whole = attained_pollutants(table).set_index("pollutant")["attained"]
    assert whole.to_dict() == {"PM25": False, "O3": True}


def test_every_unknown_statistic_is_listed() -> None:
    with pytest.raises(InputError) as error:
        attainment(values((2025, "PM2.5_mean", 30.0), (1990, "PM25_mean", 30.0), (2025, "PM25_mean", 30.0)))
    assert len(error.value.faults) == 2
