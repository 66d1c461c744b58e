"""What scenarios take from the modelled days and from ended runs: daily values, costs, triggers on dates of CMAQ."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from aqcore.errors import InputError
from observations.model_days import ModelDays
from yice.day_values import day_values
from yice.options import Options
from yice.run_costs import BOX_CORE_SECONDS, run_costs
from yice.stages.cmaq_runs import cmaq_driver
from yice.workspace import Workspace

CITY = Path(__file__).parent / "tiny_city"
ZONES = ("110101", "110102")
CLOSE = 1e-6  # relative: means of a few single-precision numbers
TRIGGER = """
[[scenario]]
name = "haze"
[[scenario.windows]]
name = "bad"
trigger = {pollutant = "PM25", at_least = 60}
factors = [{sector = "ONROAD", pollutant = "NOx", factor = 0.5}]
"""


def days(ozone, fine):
    """Return two days with ozone (day, hour) in both zones and PM2.5 (day, zone), all hours alike."""
    shape = (2, 24, 2)
    met = {"T": 290.0, "P": 101000.0, "RH": 0.5, "wind": 2.0}
    variables = {name: (("day", "hour", "zone"), np.full(shape, value)) for name, value in met.items()}
    variables["obs_O3"] = (("day", "hour", "zone"), np.broadcast_to(np.asarray(ozone)[:, :, None], shape).copy())
    variables["obs_PM25"] = (("day", "hour", "zone"), np.broadcast_to(np.asarray(fine)[:, None, :], shape).copy())
    coords = {"hour": np.arange(24), "zone": list(ZONES),
              "date": ("day", np.array(["2013-07-10", "2013-01-16"], dtype="datetime64[ns]")),
              "season": ("day", ["summer", "winter"]), "weight": ("day", [180.0, 185.0]),
              "label": ("day", ["a", "b"])}  # fmt: skip
    return ModelDays(xr.Dataset(variables, coords), 273.15, "typical", "synthetic")


def test_fine_particles_are_the_mean_of_24_hours_and_ozone_the_mda8():
    """Ozone of 100 at night and 200 from 10:00 to 18:00: the best eight hours are exactly those."""
    hours = np.where((np.arange(24) >= 10) & (np.arange(24) < 18), 200.0, 100.0)
    values = day_values(days([hours, hours / 4], [[70.0, 90.0], [200.0, np.nan]]), "Asia/Shanghai")
    assert list(map(str, values.index.date)) == ["2013-07-10", "2013-01-16"]
    assert values["PM25"].tolist() == pytest.approx([80.0, 200.0], rel=CLOSE)
    assert values["O3"].tolist() == pytest.approx([200.0, 50.0], rel=CLOSE)
    assert "PM10" not in values


@pytest.fixture
def space(tmp_path):
    def make(scenarios="", dates="2013-07-10"):
        folder = tmp_path / "tiny"
        shutil.copytree(CITY, folder)
        with (folder / "scenarios.toml").open("a", encoding="utf-8") as file:
            file.write(scenarios)
        toml = (folder / "city.toml").read_text("utf-8").replace("dates = [2013-07-10]", f"dates = [{dates}]")
        (folder / "city.toml").write_text(toml, encoding="utf-8")
        return Workspace(Options(folder, folder / "work", typical=True, processes=2))

    return make


def test_before_any_run_the_cost_is_that_of_a_measured_district_and_day(space):
    own = space()
    box, cmaq = run_costs(own)
    assert (box.basis, cmaq.basis) == ("estimate", "unknown")
    assert box.plan.days == 2
    assert box.plan.core_seconds_per_day == pytest.approx(BOX_CORE_SECONDS * 2 * 2)  # two districts, a day of spin-up
    assert box.plan.hours == pytest.approx(box.plan.core_hours / 2)
    assert cmaq.plan.model_days == 3  # base, only_coal, cleaner on one date


def test_runs_that_ended_tell_what_a_day_takes(space):
    own = space()
    for number, seconds in enumerate((4.0, 2.0)):
        folder = own.work / "runs/box_model" / f"s{number}"
        folder.mkdir(parents=True)
        xr.Dataset({"O3": ("time", np.zeros(48))}).to_netcdf(folder / "output.nc")
        (folder / "done.json").write_text(json.dumps({"cpu_seconds": seconds}), encoding="utf-8")
    for name, reason in (("a", ""), ("b", "no end")):
        folder = own.work / "runs/cmaq" / name / "20130710"
        folder.mkdir(parents=True)
        (folder / "verdict.json").write_text(json.dumps({"reason": reason, "cpu_seconds": 7200.0}), encoding="utf-8")
    box, cmaq = run_costs(own)
    assert (box.basis, box.plan.core_seconds_per_day) == ("recorded", 1.5)
    assert (cmaq.basis, cmaq.plan.core_hours) == ("recorded", 6.0)


def test_a_trigger_is_not_judged_on_dates_whose_air_nobody_measured(space):
    with pytest.raises(InputError, match="the air of 2013-07-11, dates of CMAQ, is not known"):
        cmaq_driver(space(TRIGGER, "2013-07-11"))


def test_triggers_on_dates_of_modelled_days_are_judged(space):
    own = space(TRIGGER)
    assert cmaq_driver(own).table is own.named_table
    assert [str(span) for span in own.scenarios[-1].windows[0].window.dates] == ["2013-07-10", "2013-01-16"]
