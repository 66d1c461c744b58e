"""The reader of UCI 501: labels that end the hour, units, packings, and the real file where it is."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from aqcore.errors import InputError
from observations.sites import read_sites
from observations.uci_prsa import SECTORS, read_uci_prsa, relative_humidity

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "observations"
SHARED = pytest.mark.skipif(not REAL.is_dir(), reason="the hourly observations (UCI 501) are not at hand")

HUMIDITY = 0.002  # the Magnus formula's own error against tables is below 0.4 % of the pressure


def table(stations: tuple[str, ...] = ("Dongsi", "Dingling"), hours: int = 30) -> pd.DataFrame:
    """Hour h of each station: O3 = h, CO = 1000 h ug m-3; other columns constant."""
    labels = pd.date_range("2013-03-01", periods=hours, freq="h")
    parts = [
        pd.DataFrame(
            {
                "No": np.arange(1, hours + 1),
                "year": labels.year,
                "month": labels.month,
                "day": labels.day,
                "hour": labels.hour,
                "PM2.5": 60.0,
                "PM10": 80.0,
                "SO2": 10.0,
                "NO2": 40.0,
                "CO": 1000.0 * np.arange(hours),
                "O3": np.arange(hours, dtype=float),
                "TEMP": 20.0,
                "PRES": 1013.25,
                "DEWP": 10.0,
                "RAIN": 0.0,
                "wd": "SW",
                "WSPM": 2.0,
                "station": station,
            }
        )
        for station in stations
    ]
    return pd.concat(parts, ignore_index=True)


def sites(names: tuple[str, ...] = ("Dongsi", "Dingling")) -> pd.DataFrame:
    columns = {
        "name": names,
        "lon": 116.4,
        "lat": 39.9,
        "district": "110101",
        "is_control": [n == "Dingling" for n in names],
    }
    return pd.DataFrame({**columns, "station": names}, index=pd.Index([n.upper() for n in names], name="code"))


def csv(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "prsa.csv"
    frame.to_csv(path, index=False, na_rep="NA")
    return path


def test_a_label_ends_its_hour_in_beijing_time(tmp_path: Path) -> None:
    data = read_uci_prsa(csv(tmp_path, table()), sites()).data
    assert data["time"].to_numpy()[0] == np.datetime64("2013-02-28T15:00")  # label 2013-03-01 00:00, UTC+8
    assert float(data["O3"].sel(time="2013-02-28T20:00", site="DONGSI")) == 5.0


def test_units_of_the_schema(tmp_path: Path) -> None:
    data = read_uci_prsa(csv(tmp_path, table()), sites()).data.isel(time=2, site=0)
    expected = {"CO": 2.0, "PM25": 60.0, "T": 293.15, "P": 101325.0, "wind_from": 225.0, "wind": 2.0}
    for name, value in expected.items():
        assert float(data[name]) == pytest.approx(value), name
    assert data["CO"].attrs["units"] == "mg m-3"


@pytest.mark.parametrize(("celsius", "dew", "percent"), [(20.0, 20.0, 100.0), (20.0, 9.3, 50.0), (30.0, 12.9, 35.0)])
def test_humidity_of_psychrometric_tables(celsius: float, dew: float, percent: float) -> None:
    value = float(relative_humidity(xr.DataArray(celsius), xr.DataArray(dew)))
    assert value == pytest.approx(percent / 100.0, rel=0.01)  # dew points of the tables are rounded to 0.1 K


def test_a_dew_point_above_the_temperature_is_saturation() -> None:
    assert float(relative_humidity(xr.DataArray(5.0), xr.DataArray(5.3))) == 1.0


def test_sixteen_wind_sectors() -> None:
    assert len(SECTORS) == 16
    assert [SECTORS.index(name) * 22.5 for name in ("N", "E", "S", "W", "SSW")] == [0.0, 90.0, 180.0, 270.0, 202.5]


def test_missing_values_and_calm_wind_stay_missing(tmp_path: Path) -> None:
    frame = table()
    frame.loc[4, ["O3", "wd"]] = [np.nan, None]
    data = read_uci_prsa(csv(tmp_path, frame), sites()).data.isel(time=4, site=0)
    assert np.isnan(float(data["O3"]))
    assert np.isnan(float(data["wind_from"]))
    assert float(data["PM25"]) == 60.0


def test_the_packings_of_the_set_are_read_alike(tmp_path: Path) -> None:
    frame = table()
    plain = read_uci_prsa(csv(tmp_path, frame), sites()).data
    packed = tmp_path / "prsa.csv.gz"
    packed.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    folder = tmp_path / "folder"
    folder.mkdir()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for station, part in frame.groupby("station"):
            name = f"PRSA_Data_{station}_20130301-20170228.csv"
            part.to_csv(folder / name, index=False)
            archive.writestr(f"PRSA_Data_20130301-20170228/{name}", part.to_csv(index=False))
    outer = tmp_path / "uci.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("PRSA2017_Data_20130301-20170228.zip", inner.getvalue())
        archive.writestr("data.csv", "not,one,of,them\n")
    for path in (packed, folder, outer):
        xr.testing.assert_identical(read_uci_prsa(path, sites()).data, plain)


def test_a_station_or_site_too_many_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_uci_prsa(csv(tmp_path, table(("Dongsi", "Dinglin"))), sites())
    assert "'Dinglin' is not in the site table" in str(error.value)
    assert "did you mean Dingling" in str(error.value)
    assert "station 'Dingling' has no rows" in str(error.value)


def test_repeated_hours_a_missing_column_and_a_missing_file(tmp_path: Path) -> None:
    frame = table()
    with pytest.raises(InputError, match="60 repeated hours"):
        read_uci_prsa(csv(tmp_path, pd.concat([frame, frame])), sites())
    with pytest.raises(InputError, match="column 'DEWP' is missing"):
        read_uci_prsa(csv(tmp_path, frame.drop(columns="DEWP")), sites())
    with pytest.raises(InputError, match="no such file"):
        read_uci_prsa(tmp_path / "nowhere.csv", sites())


@SHARED
def test_the_real_file_has_the_published_share_of_missing_values() -> None:
    beijing = read_sites(REAL / "beijing_prsa_stations.csv")
    whole = read_uci_prsa(REAL / "beijing_prsa_2013-2017_hourly.csv.gz", beijing)
    assert dict(whole.data.sizes) == {"time": 35064, "site": 12}
    assert whole.reference_state_K == 273.15
    assert len(whole.evaluation_sites) == 11
    missing = 100.0 * (1.0 - whole.coverage().mean())
    published = {"PM25": 2.1, "PM10": 1.5, "SO2": 2.1, "NO2": 2.9, "CO": 4.9, "O3": 3.2}
    for name, percent in published.items():
        assert missing[name] == pytest.approx(percent, abs=0.06), name  # published with one decimal
