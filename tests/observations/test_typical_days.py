"""Typical days: units at the border, groups of districts, and every fault of a table at once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from observations.typical_days import district_groups, typical_days

EXACT = 1e-12  # conversions of one multiplication or addition


def table(**changes: object) -> pd.DataFrame:
    """Two cases x two groups x 24 hours with hand-picked values; columns may be changed."""
    rows = [
        {
            "case": case,
            "season": season,
            "date": date,
            "weight": weight,
            "group": group,
            "hour": hour,
            "T_C": 20.0 + hour,
            "RH_pct": 50.0,
            "P_hPa": 1000.0,
            "wind_m_s": 2.0 if group == "urban" else 3.0,
            "O3": 100.0 + hour,
            "NO2": 40.0,
            "SO2": "",
            "PM25": 60.0,
            "PM10": 90.0,
            "CO": 1.5,
        }
        for case, season, date, weight in (("ozone", "summer", "2013-07-10", 63), ("haze", "winter", "2013-01-16", 33))
        for group in ("urban", "rural")
        for hour in range(24)
    ]
    return pd.DataFrame(rows).assign(**changes)


def write(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "typical.csv"
    frame.to_csv(path, index=False)
    return path


GROUPS = {"110101": "urban", "110117": "rural", "110102": "urban"}


def test_the_table_becomes_days_by_zone_in_the_units_of_the_schema(tmp_path: Path) -> None:
    days = typical_days(write(tmp_path, table()), GROUPS)
    data = days.data
    assert dict(data.sizes) == {"day": 2, "hour": 24, "zone": 3}
    assert days.zones == ("110101", "110117", "110102")
    assert data["T"].to_numpy()[0, 5, 0] == pytest.approx(298.15, rel=EXACT)
    assert data["RH"].to_numpy()[0, 0, 0] == pytest.approx(0.5, rel=EXACT)
    assert data["P"].to_numpy()[0, 0, 0] == pytest.approx(100000.0, rel=EXACT)
    assert data["wind"].to_numpy()[0, 0].tolist() == [2.0, 3.0, 2.0]
    assert data["obs_O3"].to_numpy()[1, 7, 2] == 107.0
    assert data["obs_CO"].attrs["units"] == "mg m-3"
    assert np.isnan(data["obs_SO2"].to_numpy()).all()


def test_days_keep_their_order_season_weight_and_case(tmp_path: Path) -> None:
    days = typical_days(write(tmp_path, table()), GROUPS)
    assert days.data["label"].to_numpy().tolist() == ["ozone", "haze"]
    assert days.cases == ("ozone", "haze")
    assert days.seasons == ("summer", "winter")
    assert days.data["weight"].to_numpy().tolist() == [63.0, 33.0]
    assert days.kind == "typical"
    assert days.previous is None


def test_hours_may_stand_in_any_order(tmp_path: Path) -> None:
    mixed = table().sample(frac=1.0, random_state=3).sort_values("case", kind="stable", ascending=False)
    days = typical_days(write(tmp_path, mixed), GROUPS)
    np.testing.assert_array_equal(days.data["obs_O3"].sel(day=0, zone="110101"), 100.0 + np.arange(24))


@pytest.mark.parametrize(("date", "state"), [("2013-07-10", 273.15), ("2020-07-10", 298.15)])
def test_the_reference_state_follows_the_date(tmp_path: Path, date: str, state: float) -> None:
    assert typical_days(write(tmp_path, table(date=date)), GROUPS).reference_state_K == state


def test_dates_of_two_reference_states_need_a_decision(tmp_path: Path) -> None:
    frame = table()
    frame.loc[frame["case"] == "haze", "date"] = "2020-01-16"
    path = write(tmp_path, frame)
    with pytest.raises(InputError, match="2 reference states"):
        typical_days(path, GROUPS)
    assert typical_days(path, GROUPS, reference_state_K=273.15).reference_state_K == 273.15


@pytest.mark.parametrize("names", [{"O3": "O3 (ug/m3)", "CO": "CO (mg/m3)"}, {"O3": "O3_ug_m3", "CO": "CO_mg_m3"}])
def test_units_may_stand_in_the_header(tmp_path: Path, names: dict[str, str]) -> None:
    days = typical_days(write(tmp_path, table().rename(columns=names)), GROUPS)
    assert days.data["obs_CO"].to_numpy()[0, 0, 0] == 1.5


def test_a_wrong_unit_in_the_header_is_refused(tmp_path: Path) -> None:
    renamed = table().rename(columns={"CO": "CO (ug/m3)", "O3": "O3_mg_m3"})
    with pytest.raises(InputError) as error:
        typical_days(write(tmp_path, renamed), GROUPS)
    assert [fault.remedy for fault in error.value.faults] == ["convert it to ug/m3", "convert it to mg/m3"]


def test_mixing_height_and_flags_come_along(tmp_path: Path) -> None:
    frame = table(pblh_m=350.0, pblh_flag="constructed", flag="derived", source="composites")
    days = typical_days(write(tmp_path, frame), GROUPS)
    assert days.data["pblh"].to_numpy()[0, 0, 0] == 350.0
    assert days.data["pblh"].attrs["flag"] == "constructed"
    assert days.data["T"].attrs["flag"] == "derived"
    assert days.source == "composites"


def test_every_fault_is_listed_with_its_line(tmp_path: Path) -> None:
    frame = table().astype(object)
    frame.loc[0, "RH_pct"] = 150
    frame.loc[1, "T_C"] = "warm"
    frame.loc[2, "O3"] = -1
    frame.loc[3, "wind_m_s"] = ""
    frame.loc[4, "date"] = "10.7.2013"
    frame.loc[5, "season"] = "winter"
    frame.loc[30, "hour"] = 5
    with pytest.raises(InputError) as error:
        typical_days(write(tmp_path, frame), GROUPS)
    text = str(error.value)
    for place in (":2:RH_pct", ":3:T_C", ":4:O3", ":5:wind_m_s", ":6:date"):
        assert f"typical.csv{place}" in text
    assert "case 'ozone' has 2 values of season" in text
    assert "case 'ozone', group 'rural': [6]" in text


def test_a_group_without_rows_is_named_with_its_districts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no rows of group 'suburb' \(districts 110112\)") as error:
        typical_days(write(tmp_path, table()), {**GROUPS, "110112": "suburb"})
    assert len(error.value.faults) == 2  # once a case


def test_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        typical_days(write(tmp_path, table().drop(columns=["T_C", "weight"])), GROUPS)
    assert [fault.what for fault in error.value.faults] == ["column 'weight' is missing", "column 'T_C' is missing"]


def test_groups_of_districts(tmp_path: Path) -> None:
    path = tmp_path / "districts.csv"
    path.write_text("district,name_zh,group\n110101,东城区,urban\n110117,平谷区,rural\n", encoding="utf-8")
    assert district_groups(path) == {"110101": "urban", "110117": "rural"}
    path.write_text("code,group\n110101,urban\n110101,\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        district_groups(path)
    assert [fault.where.rsplit("/", 1)[-1] for fault in error.value.faults] == [
        "districts.csv:3:code",
        "districts.csv:3:group",
    ]
