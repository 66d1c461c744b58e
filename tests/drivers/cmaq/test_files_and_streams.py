"""Headers, maps, manifests and tables that the driver works on."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import scipy.sparse as sp
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from aqcore.errors import InputError
from aqcore.grid import Grid
from drivers.cmaq.desid_rules import EVERYWHERE, default_rules
from drivers.cmaq.environment import CONTROL_FILES, OUTPUTS
from drivers.cmaq.execute import set_aside
from drivers.cmaq.file_facts import file_facts
from drivers.cmaq.fit import Divided, fit_divided
from drivers.cmaq.logs import failure
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.planning import region_rules
from drivers.cmaq.preflight_met import has_land_use, met_faults
from drivers.cmaq.regions import Regions, build_regions
from drivers.cmaq.settings import MET_FILES
from drivers.cmaq.stream_maps import StreamMap, stream_maps
from drivers.cmaq.streams import Stream, streams_of
from drivers.cmaq.versions import default_environment, rows_of, versions
from emissions.writing import file_path

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
    assert list(met_faults(facts, "cb6r5_ae7")) == []
    assert {logical: fact.disorder for logical, fact in facts.items() if fact.disorder} == {}
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
    path.write_bytes(file_path(inputs / "emissions", "ONROAD", "2017-07-01").read_bytes())
    assert file_facts(path).units["NO"] == "moles/s"
    with netCDF4.Dataset(path, "a") as file:
        file["NO"].units = "g/s".ljust(16)
    assert file_facts(path).units["NO"] == "g/s"


# maps --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maps(streams: Any) -> dict[str, StreamMap]:
    regions = build_regions(streams.zone_mask())
    found = stream_maps(streams, streams_of(streams, inline_points=True), regions)
    return {one.stream.label: one for one in found}


def test_stacks_have_a_stream_of_their_own(maps: dict[str, StreamMap], streams: Any) -> None:
    assert list(maps) == ["ONROAD", "RESIDENTIAL", "AGRICULTURE", "POWER", "PT_POWER"]
    names = streams.inventory.sources.index
    assert [names[row] for row in maps["PT_POWER"].stream.rows] == ["plant", "third"]
    assert [names[row] for row in maps["POWER"].stream.rows] == ["other"]
    gridded = streams_of(streams, inline_points=False)
    assert [one.label for one in gridded] == ["ONROAD", "RESIDENTIAL", "AGRICULTURE", "POWER"]
    assert len(gridded[-1].rows) == 3


def test_maps_hold_what_the_sources_emit(maps: dict[str, StreamMap], streams: Any, grid: Grid) -> None:
    amounts = streams.source_species().to_numpy()
    for one in maps.values():
        expected = amounts[one.stream.rows].sum(axis=0)
        field = one.fields(amounts[one.stream.rows], grid.shape)
        assert field.sum(axis=(1, 2)) == pytest.approx(expected, rel=SUMMED)
        assert (one.regions @ amounts[one.stream.rows]).sum(axis=0) == pytest.approx(expected, rel=MASKED)
        assert one.inside == pytest.approx(1.0)


def test_maps_place_a_plant_in_its_cell(maps: dict[str, StreamMap], streams: Any, grid: Grid) -> None:
    amounts = streams.source_species().sel(species=["SO2"]).to_numpy()
    one = maps["PT_POWER"]
    amounts[streams.inventory.sources.index != "plant"] = 0.0
    field = one.fields(amounts[one.stream.rows], grid.shape)[0]
    row, column = grid.cell_of(116.21, 40.01)
    assert np.argwhere(field > 0.0).tolist() == [[int(row), int(column)]]


def test_maps_are_those_of_the_files(maps: dict[str, StreamMap], streams: Any, inputs: Path, grid: Grid) -> None:
    """The share of a cell in the year is that in the file, because all sources of the sector share one profile."""
    amounts = streams.source_species().sel(species=["NH3"]).to_numpy()
    year = maps["AGRICULTURE"].fields(amounts[maps["AGRICULTURE"].stream.rows], grid.shape)[0]
    path = maps["AGRICULTURE"].stream.file(inputs / "emissions", DAY)
    with xr.open_dataset(path, engine="ioapi") as file:
        day = file["NH3"].astype("f8").sum(("time", "layer")).to_numpy()
    assert day / day.sum() == pytest.approx(year / year.sum(), abs=1e-6)


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
    base = generator.gamma(1.0, size=side * 2 * districts)
    one = divided(regions, base, base * generator.uniform(0.0, 1.2, size=base.size))
    assert abs(fit_divided(one, regions.masks, (side, 2 * districts)).total_error) < MASKED
    rules = region_rules("P", "NO", dict(zip(regions.labels, one.factors.tolist(), strict=True)))
    assert all(0.0 <= rule.factor <= 1.2 for rule in rules)
    assert EVERYWHERE not in {rule.region for rule in rules}


def divided(regions: Regions, base: np.ndarray, controlled: np.ndarray) -> Divided:
    """Return one source a cell, scaled differently, with the factors that keep the totals of the regions."""
    count = len(base)
    masks = np.array([mask.ravel() for mask in regions.masks.values()], dtype=float)
    stream = StreamMap(Stream("P", "P", np.arange(count), inline=False), sp.csr_array(sp.identity(count)), masks)
    factors = (masks @ controlled) / (masks @ base)
    return Divided(stream, "NO", base, controlled, factors, np.ones((count, 24)) / 24.0)


# manifest ----------------------------------------------------------------------------------------------------------


def manifest(**changes: Any) -> Manifest:
    run = SegmentRun("2017-07-02", "20170701", {"CTM_APPL": "a_20170702"})
    one = Manifest("减排 $(x)", "abc", "5.5", "cb6r5_ae7", "T09", 8, ("mpirun", "CCTM"), {"ONROAD": "desid"}, (run,))
    return replace(one, **changes)


def test_manifest_comes_back(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(manifest().text(), encoding="utf-8")
    assert read_manifest(tmp_path) == manifest()


def test_segment_of_a_run() -> None:
    run = manifest().runs[0]
    assert (run.segment.day, run.segment.previous, run.segment.name) == (date(2017, 7, 2), "20170701", "20170702")
    assert replace(run, chunk="2017-07-03").segment.name == "20170703-spinup-20170702"
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
    head = "*** ERROR ABORT in subroutine X on PE 000\n" if row["place"] == "abort" else ""
    (tmp_path / "CTM_LOG_000.base").write_text(f"{head}... {row['pattern']} ...\n")
    told = failure(tmp_path)
    assert told.startswith(row["reason"])
    assert told.endswith(f" -> {row['remedy']}")


def test_a_warning_is_no_reason(tmp_path: Path) -> None:
    """The real CCTM warns of files that it could not open, and goes on; what counts is the abort."""
    abort = "*** ERROR ABORT in subroutine CKSUMMER on PE 000\nNaN or Infinity detected\n"
    (tmp_path / "CTM_LOG_000.base").write_text(f"WARNING: Could not open INIT_MEDC_1\n{abort}")
    (tmp_path / "cctm.out").write_text("[vm:1] [[1,0],0] ORTE_ERROR_LOG: Data unpack would read past end of buffer\n")
    assert failure(tmp_path).startswith("a field is not finite (*** ERROR ABORT in subroutine CKSUMMER")


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
    named = {row["file"] for row in rows_of("met_variables.csv")}
    assert named == set(MET_FILES) - {"LUFRAC_CRO"} | {"OCEAN_1"}


def test_control_files_of_every_version_are_written() -> None:
    assert {name for one in versions().values() for name in one.listed("control_files")} == set(CONTROL_FILES)


def test_mechanisms_differ_in_what_cmaq_says() -> None:
    old, new = (set(default_rules(name)) for name in ("cb6r3_ae7", "cb6r5_ae7"))
    assert old < new
    assert {(rule.stream, rule.variable) for rule in new - old} == {("ALL", "DMS"), ("PT_WILDFIRES", "ALL")}
