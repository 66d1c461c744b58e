"""The reader of china_sites files: columns that change, labels that end the hour, one reference state."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqcore.errors import InputError
from observations.cnemc import daily_files, read_cnemc

TYPES = ("AQI", "PM2.5", "PM2.5_24h", "PM10", "SO2", "NO2", "O3", "O3_8h_24h", "CO")


def sites(*codes: str) -> pd.DataFrame:
    table = {"name": codes, "lon": 110.3, "lat": 20.0, "district": "", "is_control": False}
    return pd.DataFrame(table, index=pd.Index(codes, name="code"))


def write(folder: Path, date: str, codes: tuple[str, ...], offset: float = 0.0) -> Path:
    """A day's file: the value of code i, type j, hour h is offset + 100 i + h (CO a tenth of the hour)."""
    lines = [",".join(("date", "hour", "type", *codes))]
    for hour in range(24):
        for kind in TYPES:
            values = [f"{hour / 10 if kind == 'CO' else offset + 100 * i + hour:g}" for i in range(len(codes))]
            lines.append(",".join((date, str(hour), kind, *values)))
    path = folder / f"china_sites_{date}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_stations_are_aligned_by_name_although_columns_change(tmp_path: Path) -> None:
    write(tmp_path, "20230121", ("1001A", "1002A", "9999A"))
    write(tmp_path, "20230120", ("9999A", "1002A"))
    whole = read_cnemc(daily_files(tmp_path), sites("1001A", "1002A"))
    assert whole.data["site"].to_numpy().tolist() == ["1001A", "1002A"]
    first, second = slice("2023-01-19T15:00", "2023-01-20T14:00"), slice("2023-01-20T15:00", "2023-01-21T14:00")
    assert np.isnan(whole.data["O3"].sel(site="1001A", time=first)).all()
    np.testing.assert_array_equal(whole.data["O3"].sel(site="1002A", time=first), 100.0 + np.arange(24))
    np.testing.assert_array_equal(whole.data["O3"].sel(site="1001A", time=second), np.arange(24.0))
    assert whole.coverage().loc["1001A", "O3"] == 0.5


def test_units_types_and_reference_state(tmp_path: Path) -> None:
    whole = read_cnemc([write(tmp_path, "20230120", ("1001A",))], sites("1001A"))
    assert set(whole.pollutants) == {"O3", "NO2", "SO2", "PM25", "PM10", "CO"}
    assert float(whole.data["CO"].sel(time="2023-01-20T00:00", site="1001A")) == pytest.approx(0.9)  # label 09:00
    assert whole.reference_state_K == 298.15


def test_gases_before_the_change_are_brought_to_the_state_of_the_last_day(tmp_path: Path) -> None:
    paths = [write(tmp_path, date, ("1001A",), 100.0) for date in ("20180830", "20180831", "20180901", "20180902")]
    whole = read_cnemc(paths, sites("1001A"))
    before, after = (whole.data.sel(time=time, site="1001A") for time in ("2018-08-30T03:00", "2018-09-01T03:00"))
    assert float(before["O3"]) == pytest.approx(112.0 * 273.15 / 298.15)
    assert float(after["O3"]) == pytest.approx(112.0)
    assert float(before["PM25"]) == float(after["PM25"]) == 112.0
    old = read_cnemc(paths, sites("1001A"), reference_state_K=273.15).data.sel(time="2018-08-30T03:00", site="1001A")
    assert float(old["O3"]) == pytest.approx(112.0)


@pytest.mark.parametrize("mark", ["—", "", "-", "NA"])
def test_missing_marks(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path, "20230120", ("1001A",))
    path.write_text(path.read_text("utf-8").replace("20230120,5,O3,5", f"20230120,5,O3,{mark}"), encoding="utf-8")
    o3 = read_cnemc([path], sites("1001A")).data["O3"].to_numpy()[:, 0]
    assert np.flatnonzero(np.isnan(o3)).tolist() == [5]


def test_every_fault_is_listed_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "20230120", ("1001A",))
    text = (
        path.read_text("utf-8")
        .replace("20230120,0,PM2.5,0", "20230120,0,PM2.5,low")
        .replace("20230120,0,PM10,", "20230120,x,PM10,")
    )
    path.write_text(text, encoding="utf-8")
    other = tmp_path / "china_sites_20230121.csv"
    other.write_text("day,hour,type\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_cnemc([path, other], sites("1001A", "7777A"))
    message = str(error.value)
    assert "china_sites_20230120.csv:5: date '20230120', hour 'x'" in message
    assert "china_sites_20230120.csv:3:1001A: 'low' is no number" in message
    assert "columns ['date'] are missing" in message
    assert "site 7777A: occurs in none of 2 files" in message


def test_a_day_given_twice_and_an_empty_folder(tmp_path: Path) -> None:
    path = write(tmp_path, "20230120", ("1001A",))
    with pytest.raises(InputError, match="repeated hours"):
        read_cnemc([path, path], sites("1001A"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file china_sites"):
        daily_files(tmp_path / "empty")
