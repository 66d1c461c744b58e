"""Headers, maps, manifests and tables that the driver works on."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from aqcore.grid import Grid
from drivers.cmaq.desid_rules import EVERYWHERE, default_rules, scenario_rules
from drivers.cmaq.environment import CONTROL_FILES, OUTPUTS
from drivers.cmaq.execute import set_aside
from drivers.cmaq.file_facts import file_facts
from drivers.cmaq.fit import fit
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.outcome import failure
from drivers.cmaq.preflight_met import has_land_use, met_faults
from drivers.cmaq.region_factors import region_factors
from drivers.cmaq.regions import build_regions
from drivers.cmaq.settings import MET_FILES
from drivers.cmaq.streams import SectorMaps, stream_path
from drivers.cmaq.versions import default_environment, rows_of, versions

MCIP = Path(__file__).parents[3].parent / "shared" / "data" / "mcip_openmethane"
needs_mcip = pytest.mark.skipif(not MCIP.exists(), reason="the shared folder with real MCIP output is not here")

SUMMED = 1e-12
"""Relative: sums in double precision."""

MASKED = 1e-6
"""Relative: masks in single precision."""

DAY = date(2017, 7, 1)


# real met ----------------------------------------------------------------------------------------------------------


@needs_mcip
def test_real_met_has_all_that_cctm_needs() -> None:
    paths = {logical: MCIP / f"{name}_au-test_v1" for logical, name in MET_FILES.items()}
    facts = {logical: file_facts(path) for logical, path in paths.items() if path.exists()}
    assert set(facts) == set(MET_FILES) - {"LUFRAC_CRO"}
    assert list(met_faults(facts)) == []
    assert has_land_use(facts)


@needs_mcip
def test_facts_of_real_met() -> None:
    facts = file_facts(MCIP / "METCRO3D_au-test_v1")
    assert (facts.nlays, len(facts.vglvls), facts.boundary) == (32, 33, False)
    assert facts.times is not None
    assert [str(time) for time in facts.times] == ["2022-12-07 00:00:00", "2022-12-08 00:00:00"]
    assert facts.units["TA"] == "K"
    assert facts.unpadded == ()
    dots, cross = file_facts(MCIP / "GRIDDOT2D_au-test_v1"), file_facts(MCIP / "GRIDCRO2D_au-test_v1")
    assert dots.grid.differences(cross.grid.dot()) == []
    assert cross.times is None
    assert file_facts(MCIP / "METBDY3D_au-test_v1").boundary


def test_facts_follow_the_file(inputs: Path, tmp_path: Path) -> None:
    """A file that changes is read again."""
    path = tmp_path / "e.nc"
    path.write_bytes(stream_path(inputs / "emissions", "ONROAD", DAY).read_bytes())
    assert file_facts(path).units["NO"] == "moles/s"
    with netCDF4.Dataset(path, "a") as file:
        file["NO"].units = "g/s".ljust(16)
    assert file_facts(path).units["NO"] == "g/s"


# maps --------------------------------------------------------------------------------------------------------------


def test_maps_hold_what_the_sources_emit(streams: Any) -> None:
    amounts = streams.source_species()
    maps = SectorMaps.of(streams)(amounts)
    sector = streams.inventory.sources["sector"].to_numpy()
    for name in streams.sectors:
        expected = amounts.to_numpy()[sector == name].sum(axis=0)
        assert maps.sel(sector=name).sum(("y", "x")).to_numpy() == pytest.approx(expected, rel=SUMMED)


def test_maps_place_a_plant_in_its_cell(streams: Any, grid: Grid) -> None:
    amounts = streams.source_species()
    only = amounts.where(amounts["source"] == "plant", 0.0)
    field = SectorMaps.of(streams)(only).sel(sector="POWER", species="SO2").to_numpy()
    row, column = grid.cell_of(116.21, 40.01)
    assert np.argwhere(field > 0.0).tolist() == [[int(row), int(column)]]


def test_maps_are_those_of_the_files(streams: Any, inputs: Path) -> None:
    """The share of a cell in the year is that in the file, because all sources of the sector share one profile."""
    maps = SectorMaps.of(streams)(streams.source_species()).sel(sector="AGRICULTURE", species="NH3").to_numpy()
    with xr.open_dataset(stream_path(inputs / "emissions", "AGRICULTURE", DAY), engine="ioapi") as file:
        day = file["NH3"].astype("f8").sum(("time", "layer")).to_numpy()
    assert day / day.sum() == pytest.approx(maps / maps.sum(), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(3, 7))
def test_any_reduction_keeps_its_totals(seed: int, districts: int, side: int) -> None:
    """Districts with cells of their own and shared borders, and factors drawn for every cell."""
    generator = np.random.default_rng(seed)
    shares = np.zeros((districts, side, districts * 2))
    for number in range(districts):
        shares[number, :, 2 * number] = 1.0
        border = generator.uniform(0.0, 1.0, side)
        shares[number, :, 2 * number + 1] = border
        shares[(number + 1) % districts, :, 2 * number + 1] += 1.0 - border
    zones = xr.DataArray(shares, {"zone": [f"{i:06d}" for i in range(districts)]}, ("zone", "y", "x"))
    regions = build_regions(zones)
    coords = {"sector": ["P"], "species": ["NO"]}
    base = xr.DataArray(generator.gamma(1.0, size=(1, 1, side, 2 * districts)), coords, ("sector", "species", "y", "x"))
    controlled = base * generator.uniform(0.0, 1.2, size=base.shape)
    rules = scenario_rules(region_factors(base, controlled, regions.masks))
    told = fit(base, controlled, rules, regions)
    assert told["total_error"].abs().max() < MASKED
    assert all(0.0 <= rule.factor <= 1.2 for rule in rules)
    assert EVERYWHERE not in {rule.region for rule in rules}


# manifest ----------------------------------------------------------------------------------------------------------


def manifest(**changes: Any) -> Manifest:
    run = SegmentRun("2017-07-02", "2017-07-01", {"CTM_APPL": "a_20170702"})
    one = Manifest("减排 $(x)", "abc", "5.5", "cb6r5_ae7", "T09", 8, ("mpirun", "CCTM"), {"ONROAD": "desid"}, (run,))
    return replace(one, **changes)


def test_manifest_comes_back(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(manifest().text(), encoding="utf-8")
    assert read_manifest(tmp_path) == manifest()


def test_segment_of_a_run() -> None:
    run = manifest().runs[0]
    assert (run.segment.day, run.segment.previous, run.segment.name) == (date(2017, 7, 2), DAY, "20170702")
    assert replace(run, previous="").segment.previous is None
    assert manifest().folder(Path("/a"), run) == Path("/a/20170702")


@pytest.mark.parametrize("text", ["", "{}", '{"driver": "cmaq"}', '{"driver": "cmaq", "runs": [{"day": "x"}]}', "[1]"])
def test_what_is_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no manifest of a CMAQ run"):
        read_manifest(tmp_path)


# leftovers ---------------------------------------------------------------------------------------------------------


def test_leftovers_are_set_aside_with_a_number(tmp_path: Path) -> None:
    for attempt in (1, 2):
        (tmp_path / "output").mkdir()
        (tmp_path / "CTM_LOG_000.a").write_text(f"log {attempt}")
        (tmp_path / "exit_status").write_text("1")
        set_aside(tmp_path)
        assert (tmp_path / f"attempt-{attempt}" / "CTM_LOG_000.a").read_text() == f"log {attempt}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["attempt-1", "attempt-2"]


def test_nothing_left_is_nothing_done(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("")
    set_aside(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.sh"]


# tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows_of("messages.csv"), ids=lambda row: row["pattern"])
def test_every_known_message_is_named_with_its_remedy(tmp_path: Path, row: dict[str, str]) -> None:
    (tmp_path / "cctm.out").write_text(f"... {row['pattern']} ...\n")
    assert failure(tmp_path) == f"{row['reason']} -> {row['remedy']}"


@pytest.mark.parametrize("name", sorted(versions()))
def test_environment_names_are_valid_and_values_are_plain(name: str) -> None:
    rows = default_environment(name)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", row.variable) for row in rows)
    assert all(row.value and row.group for row in rows)
    assert len({row.variable for row in rows}) == len(rows)


def test_tables_say_where_their_facts_come_from() -> None:
    for name in (
        "versions.csv",
        "met_variables.csv",
        "messages.csv",
        "desid_rules_cb6r5_ae7.csv",
        "desid_rules_cb6r3_ae7.csv",
    ):
        assert all(row["source"] and row["flag"] in {"read", "knowledge", "derived"} for row in rows_of(name)), name


def test_logical_names_fit_the_library() -> None:
    assert all(len(name) <= 16 for name in (*OUTPUTS, *MET_FILES))
    assert set(MET_FILES) == {row["file"] for row in rows_of("met_variables.csv")} | {"LUFRAC_CRO"}


def test_control_files_of_every_version_are_written() -> None:
    assert {name for one in versions().values() for name in one.listed("control_files")} == set(CONTROL_FILES)


def test_mechanisms_differ_in_what_cmaq_says() -> None:
    old, new = (set(default_rules(name)) for name in ("cb6r3_ae7", "cb6r5_ae7"))
    assert old < new
    assert {(rule.stream, rule.variable) for rule in new - old} == {("ALL", "DMS"), ("PT_WILDFIRES", "ALL")}
