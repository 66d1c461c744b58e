"""The same totals whichever way a scenario goes: boxes, rules of DESID with their masks, or rewritten streams.

One scenario is followed through three rooms: the box model asks the streams for the emission of the zones under the
factors of each hour; CMAQ's driver writes rules and masks where these are true; and, told to, files of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from aqcore.calendar import to_local, utc_steps
from drivers.box_model.scenario_inputs import hourly_emission, local_hours
from drivers.cmaq.desid_arithmetic import effective_factor
from drivers.cmaq.driver import CmaqDriver
from drivers.cmaq.manifest import read_manifest
from drivers.cmaq.namelists import read_rules
from drivers.cmaq.streams import Stream, streams_of
from drivers.cmaq.versions import version
from scenarios.control_table import ControlTable
from scenarios.measure import Effect, Measure
from scenarios.resolution import resolve
from scenarios.scenario import BASE, DirectFactor, Scenario
from scenarios.target import Target
from scenarios.window import Window, read_hours, read_span
from scenarios.window_plan import Shift, WindowPlan

SINGLE = 2e-6
"""Relative: sums of float32 cells and float32 masks."""
SHARED = 1e-4
"""Relative: rules of districts may miss a total by the driver's own tolerance (`total_tolerance`)."""
DAY, ZONE = date(2017, 7, 1), "Asia/Shanghai"
WEST, EAST = "110101", "110102"
HOURS = utc_steps("2017-07-01", 24)

Sums = dict[str, np.ndarray]


def windowed(name: str, **more: Any) -> Scenario:
    window = Window("w", (read_span("07-01/07-01"),), more.pop("hours", frozenset(range(24))))
    return Scenario(name, windows=(WindowPlan(window, **more),))


SCENARIOS = (
    Scenario("half", factors=(DirectFactor(Target(), "NOx", 0.5), DirectFactor(Target(), "VOC", 0.5))),
    Scenario("measures", measures=("cars", "stoves"), growth={"ONROAD": 1.2}),
    Scenario("west", factors=(DirectFactor(Target(districts=(WEST,)), "PM25", 0.6),)),
    Scenario("plant", factors=(DirectFactor(Target(enterprises=("plant",)), "NOx", 0.1),)),
    windowed("alert", factors=(DirectFactor(Target(), "NOx", 0.4),)),
    windowed("noon", hours=read_hours("10-18"), factors=(DirectFactor(Target(), "NOx", 0.4),)),
    windowed("night", shifts=(Shift(Target(sectors=("ONROAD",)), read_hours("10-18"), read_hours("20-6"), 0.5),)),
)
MEASURES = (
    Measure("cars", "cars", "cars", Target(sectors=("ONROAD",)),
            {"NOx": Effect(0.8, 0.1, 0.6), "VOC": Effect(0.5, 0.0, 0.4)}),
    Measure("stoves", "stoves", "stoves", Target(sectors=("RESIDENTIAL",)), {"PM25": Effect(0.9, 0.0, 0.5)}),
)  # fmt: skip


@pytest.fixture(scope="module")
def own_table(streams: Any) -> ControlTable:
    return resolve(SCENARIOS, MEASURES, streams.inventory)


def boxes(streams: Any, table: ControlTable, scenario: str) -> Sums:
    """Return the hourly emission of all zones as the box model makes it, by species, mol or g per second."""
    days = xr.Dataset({"date": ("day", np.array(["2017-07-01", "2017-07-02"], dtype="datetime64[ns]"))})
    model_days: Any = SimpleNamespace(data=days, previous=None, zones=(WEST, EAST))
    hours = table.factors_at(scenario, local_hours(model_days))
    emission = hourly_emission(streams, model_days, hours, ZONE).isel(which=0).sum("zone")
    wanted = np.isin(local_hours(model_days).ravel(), to_local(HOURS, ZONE).astype("datetime64[h]"))
    flat = emission.transpose("species", "day", "hour").to_numpy().reshape(emission.sizes["species"], -1)
    return dict(zip(map(str, emission["species"].to_numpy()), flat[:, wanted], strict=True))


def by_hour(path: Path, factor: Any = 1.0, names: Sequence[str] = ()) -> Sums:
    """Return the hourly sums of a file, each cell times a factor."""
    with xr.open_dataset(path, engine="ioapi") as file:
        return {str(name): (file[name].astype("f8") * factor).to_numpy()[:24].reshape(24, -1).sum(axis=1)
                for name in names or file.data_vars}  # fmt: skip


def with_rules(stream: Stream, path: Path, folder: Path, masks: dict[str, np.ndarray]) -> Sums:
    """Return the hourly sums of a stream of the base under the rules of a scenario."""
    rules = [rule for rule in read_rules(folder / "20170701" / "desid_rules.nml", version("5.5")) if rule.op == "m"]
    found = by_hour(path)
    for name, sums in found.items():
        own = [(rule.region, rule.factor) for rule in rules if (rule.stream, rule.variable) == (stream.label, name)]
        if stream.inline:
            assert {region for region, _ in own} <= {"EVERYWHERE"}
            found[name] = sums * np.prod([factor for _, factor in own])
        elif own:
            found[name] = by_hour(path, effective_factor(own, masks), (name,))[name]
    return found


def files(driver: CmaqDriver, streams: Any, inputs: Path, root: Path, scenario: str) -> tuple[Sums, set[str]]:
    """Return the hourly sums of all streams as CMAQ would read them, and the methods that were used."""
    run = {run.scenario: run for run in driver.prepare(root)}[scenario]
    methods = read_manifest(run.folder).methods
    with xr.open_dataset(root / "regions.nc", engine="ioapi") as file:
        masks = {str(name): file[name].to_numpy()[0] for name in file.data_vars}
    total: Sums = {}
    for stream in streams_of(streams, inline_points=True):
        if methods[stream.label] == "file":
            sums = by_hour(stream.file(run.folder / "emissions", DAY))
        else:
            sums = with_rules(stream, stream.file(inputs / "emissions", DAY), run.folder, masks)
        for name, values in sums.items():
            total[name] = total.get(name, 0.0) + values
    return total, set(methods.values())


@pytest.mark.parametrize(
    ("scenario", "ways"),
    [
        (BASE, {"base"}), ("half", {"base", "desid"}), ("measures", {"base", "desid"}), ("west", {"base", "desid"}),
        ("plant", {"base", "file"}), ("alert", {"base", "file"}), ("noon", {"base", "file"}),
        ("night", {"base", "file"}),
    ],
)  # fmt: skip
def test_three_ways_give_the_same_emission(
    driver: CmaqDriver, streams: Any, inputs: Path, own_table: ControlTable, tmp_path: Path, scenario: str,
    ways: set[str],
) -> None:  # fmt: skip
    """A local day of an alert begins within a day of CMAQ (UTC), so an alert of a day is a matter of hours there."""
    expected = boxes(streams, own_table, scenario)
    only = resolve([one for one in SCENARIOS if one.name == scenario], MEASURES, streams.inventory)
    auto = replace(driver, table=only, settings=replace(driver.settings, dates=(DAY,)))
    mixed, methods = files(auto, streams, inputs, tmp_path / "auto", scenario)
    always = replace(auto, settings=replace(auto.settings, method="file"))
    rewritten, _ = files(always, streams, inputs, tmp_path / "file", scenario)
    assert methods == ways
    assert set(mixed) == set(rewritten)
    for name, values in rewritten.items():
        assert values == pytest.approx(expected[name], rel=SINGLE), name
        if scenario == "west":  # by district: the day's total of each stream is kept, not that of the hour
            assert mixed[name].sum() == pytest.approx(expected[name].sum(), rel=SHARED), name
        else:
            assert mixed[name] == pytest.approx(expected[name], rel=SINGLE), name
    silent = {name for name, values in expected.items() if values.any()} - set(mixed)
    assert not silent


def test_what_is_moved_to_other_hours_is_moved_not_lost(streams: Any, own_table: ControlTable) -> None:
    base, night = (boxes(streams, own_table, name)["PAR"] for name in (BASE, "night"))
    local = to_local(HOURS, ZONE).astype("datetime64[h]").astype(int) % 24
    first = np.flatnonzero(local == 0)[0]  # from the second local midnight on, the window's day is over
    assert night[:first][(local[:first] >= 10) & (local[:first] < 18)].sum() < base[:first].sum()
    np.testing.assert_allclose(night[first:], base[first:], rtol=SINGLE)
