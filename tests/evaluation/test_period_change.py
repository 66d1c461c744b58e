"""Published statistics and attributions, and the modelled change beside them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from evaluation.official import official_value, read_contributions, read_official
from evaluation.period_change import normalised_changes, period_change, published_shares

OFFICIAL = """year,statistic,value,unit,reference_state_K,source,flag
2013,PM25_mean,90,ug/m3,,bulletin,read
2017,PM25_mean,60,ug/m3,,bulletin,read
2013,NO2_mean,56,ug/m3,273.15,bulletin,read
2020,NO2_mean,29,ug/m3,298.15,bulletin,read
2013,good_days,176,d,,bulletin,read
"""
CONTRIBUTIONS = """study,kind,period,key,name_zh,name_en,value,unit,source,flag
Study A,origin,2013-2017,local,本地,local,65,% of the decrease,paper,read
Study A,origin,2013-2017,regional,区域,regional,23,% of the decrease,paper,read
Study A,origin,2013-2017,meteorology,气象,meteorology,12,% of the decrease,paper,read
Study A,origin,2008-2012,local,本地,local,1,% of the decrease,paper,read
Study B,weather_normalised,2013-2017,PM25,归一化,normalised,-34,%,paper,read
Study B,weather_normalised,2013-2017,CO,归一化,normalised,-33,%,paper,read
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def official(tmp_path: Path) -> pd.DataFrame:
    return read_official(write(tmp_path, "official.csv", OFFICIAL))


@pytest.fixture
def contributions(tmp_path: Path) -> pd.DataFrame:
    return read_contributions(write(tmp_path, "contributions.csv", CONTRIBUTIONS))


def modelled(name: str, rrf: float) -> dict[str, object]:
    return {"statistic": name, "rrf": rrf, "rrf_low": rrf - 0.05, "rrf_high": rrf + 0.05}


def test_the_modelled_change_beside_the_official_one(official: pd.DataFrame) -> None:
    change = period_change(official, pd.DataFrame([modelled("PM25_mean", 0.8)]), 2013, 2017).iloc[0]
    assert change["official_change"] == -30.0
    assert change["official_change_pct"] == pytest.approx(-100.0 / 3.0)
    assert change["modelled_change"] == pytest.approx(-18.0)
    assert change["modelled_change_pct"] == pytest.approx(-20.0)
    assert (change["modelled_change_pct_low"], change["modelled_change_pct_high"]) == pytest.approx((-25.0, -15.0))
    assert change["explained_pct"] == pytest.approx(60.0)
    assert change["unit"] == "ug/m3"


def test_gases_across_2018_are_compared_at_one_reference_state(official: pd.DataFrame) -> None:
    change = period_change(official, pd.DataFrame([modelled("NO2_mean", 0.6)]), 2013, 2020).iloc[0]
    assert change["official_last"] == pytest.approx(29.0 * 298.15 / 273.15)
    assert official_value(official, 2020, "NO2_mean") == 29.0


def test_what_was_not_published_is_listed_without_a_number(official: pd.DataFrame) -> None:
    change = period_change(official, pd.DataFrame([modelled("SO2_mean", 0.5)]), 2013, 2017).iloc[0]
    assert np.isnan(change["official_change"])
    assert np.isnan(change["explained_pct"])
    assert change["modelled_change_pct"] == pytest.approx(-50.0)


def test_published_shares_are_parts_of_the_official_change(official: pd.DataFrame, contributions: pd.DataFrame) -> None:
    change = period_change(official, pd.DataFrame([modelled("PM25_mean", 0.8)]), 2013, 2017)
    shares = published_shares(contributions, change, "PM25_mean", "2013-2017").set_index("key")
    assert shares["official_part"].sum() == pytest.approx(-30.0)
    assert shares.loc["local", "official_part"] == pytest.approx(-19.5)
    assert shares.loc["local", "modelled_pct"] == pytest.approx(60.0)
    assert np.isnan(shares.loc["meteorology", "modelled_pct"])
    assert shares["flag"].unique().tolist() == ["read"]


def test_weather_normalised_changes(official: pd.DataFrame, contributions: pd.DataFrame) -> None:
    change = period_change(official, pd.DataFrame([modelled("PM25_mean", 0.8)]), 2013, 2017)
    table = normalised_changes(contributions, change, "2013-2017").set_index("pollutant")
    assert table.loc["PM25", "published_pct"] == -34.0
    assert table.loc["PM25", "modelled_change_pct"] == pytest.approx(-20.0)
    assert np.isnan(table.loc["CO", "official_change_pct"])


def test_every_fault_of_the_official_table_is_listed(tmp_path: Path) -> None:
    text = (
        OFFICIAL + "2017,PM25_mean,58,ug/m3,,b,read\n2017,PM2.5_mean,58,ug/m3,,b,read\n2016,CO_p95,3.2,ug/m3,,b,guess\n"
    )
    with pytest.raises(InputError) as error:
        read_official(write(tmp_path, "official.csv", text + "2015,SO2_mean,-1,ug/m3,,b,read\n"))
    places = {fault.where.rsplit("/", 1)[-1] for fault in error.value.faults}
    assert places >= {
        "official.csv:7:statistic",
        "official.csv:8:statistic",
        "official.csv:9:unit",
        "official.csv:9:flag",
        "official.csv:10:value",
    }


def test_a_gas_needs_its_reference_state(tmp_path: Path) -> None:
    text = OFFICIAL + "2016,SO2_mean,10,ug/m3,,b,read\n"
    with pytest.raises(InputError, match=r"official.csv:7:reference_state_K: is empty"):
        read_official(write(tmp_path, "official.csv", text))


def test_contributions_that_are_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"contributions.csv:2:value"):
        read_contributions(write(tmp_path, "contributions.csv", CONTRIBUTIONS.replace(",65,", ",most,")))
