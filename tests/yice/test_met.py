"""Met files in the city file: WRF and MCIP days of a synthetic city, with what was observed, and bad input."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from aqcore.errors import InputError
from observations.observations import Observations
from observations.observed_days import with_observed
from yice.city import read_city
from yice.cli import app
from yice.options import Options
from yice.workspace import Workspace

CITY = Path(__file__).parent / "tiny_city"


@pytest.fixture
def city(tmp_path, met_files):
    """The tiny city with two local days of MCIP and of WRF (synthetic), and lines to put into `[days]`."""
    folder = tmp_path / "city"
    shutil.copytree(CITY, folder)
    grid = met_files.met_grid()
    (folder / "met").mkdir()
    met_files.mcip(folder / "met" / "METCRO2D_201907", grid)
    met_files.wrfout(grid).to_netcdf(folder / "met" / "wrfout_d01_2019-07-02")

    def with_days(*lines):
        text = (CITY / "city.toml").read_text("utf-8")
        (folder / "city.toml").write_text(text.replace("[days]\n", "\n".join(["[days]", *lines, ""])), "utf-8")
        return folder

    return with_days


def space(folder, **options):
    return Workspace(Options(folder, folder / "work", **options))


@pytest.mark.parametrize("line", ['mcip = ["met/METCRO2D_*"]', 'wrf = ["met/wrfout_d01_*"]'])
def test_days_of_a_met_model(city, line):
    own = space(city(line))
    days = own.days
    assert [str(label) for label in days.data["label"].to_numpy()] == ["2019-07-02", "2019-07-03"]
    assert days.zones == own.districts.codes
    assert days.zone_weather("T").to_numpy()[0, 0] == pytest.approx([290.05] * len(days.zones))
    assert days.zone_weather("pblh").to_numpy() == pytest.approx(800.0)
    assert days.previous is not None


def test_start_and_end_and_absolute_patterns(city, tmp_path):
    folder = city(f'wrf = ["{tmp_path}/city/met/wrf*"]', "start = 2019-07-03")
    assert read_city(folder).days.start == date(2019, 7, 3)
    assert [str(label) for label in space(folder).days.data["label"].to_numpy()] == ["2019-07-03"]


def test_typical_days_on_request(city):
    assert space(city('wrf = ["met/wrf*"]'), typical=True).days.kind == "typical"


def observations():
    """Two days at one site in the first district: O3 of 200 by day, PM2.5 of 60; other hours of July absent."""
    times = np.datetime64("2019-07-01T16:00") + np.arange(24) * np.timedelta64(1, "h")
    local = (np.arange(24) >= 8) & (np.arange(24) < 20)
    fields = {"O3": np.where(local, 200.0, 50.0), "PM25": np.full(24, 60.0)}
    data = xr.Dataset({n: (("time", "site"), v[:, None]) for n, v in fields.items()}, {"time": times, "site": ["s"]})
    sites = pd.DataFrame({"district": ["990101"], "is_control": [False]}, index=["s"])
    return data, sites


def test_what_was_observed_joins_the_met_days(city):
    days = space(city('wrf = ["met/wrf*"]')).days
    data, sites = observations()
    own = Observations(data, sites, 298.15, "synthetic monitors", "Asia/Shanghai")
    joined = with_observed(days, own)
    ozone = joined.data["obs_O3"].transpose("day", "hour", "zone").to_numpy()
    assert ozone[0, 12] == pytest.approx(200.0)
    assert np.isnan(ozone[1]).all()
    assert joined.cases == ("summer_O3_episode", "summer")
    assert joined.source.endswith("synthetic monitors")
    late = days.data.assign_coords(date=days.data["date"] + np.timedelta64(400, "D"))
    with pytest.raises(InputError, match="none of the 2 days"):
        with_observed(type(days)(late, 298.15, "observed", "later"), own)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (('wrf = ["met/none*"]',), "no file matches"),
        (('wrf = ["met/wrf*"]', 'mcip = ["met/MET*"]'), "mcip and wrf are both given"),
        (('mcip_aloft = ["met/MET*"]',), "mcip_aloft is given without mcip"),
        (('wrf = ["met/wrf*"]', "start = 2020-01-01"), "none of it from 2020-01-01"),
        (('wrf = ["met/METCRO2D*"]',), "name a wrfout file"),
    ],
)
def test_bad_met_ends_with_status_2(city, tmp_path, lines, found):
    result = CliRunner().invoke(app, ["box", "run", str(city(*lines)), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 2, result.output
    assert found in result.stdout.replace("\n", " ")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_boxes_run_on_wrf_days(city, tmp_path):
    arguments = ["box", "run", str(city('wrf = ["met/wrf*"]')), "--out", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "out" / "hourly.csv")
    assert sorted(set(table["day"])) == ["2019-07-02", "2019-07-03"]
    assert np.isfinite(table["O3"]).all()
    assert table["PBLH"].to_numpy() == pytest.approx(800.0, rel=1e-3)
