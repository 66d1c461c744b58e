"""The preflight of a scenario's runs: every fault that would make CCTM fail, or worse, be silently wrong.

Numbers in comments are the pitfalls of the run-time contract with CCTM that each check answers.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc
from drivers.cmaq.environment import OUTPUT_FOLDER, VOLATILE
from drivers.cmaq.file_facts import FileFacts, file_facts
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.preflight_met import LAND_USE, has_land_use, met_faults
from drivers.cmaq.preflight_rules import rule_faults
from drivers.cmaq.segments import HOURS
from drivers.cmaq.settings import MET_FILES

EMISSION_UNITS = ("moles/s", "g/s")
"""Units that every version reads rightly (5.5 inverts other denominators)."""

DOT_FILES = ("GRID_DOT_2D", "MET_DOT_3D")
BOUNDARY_FILES = ("MET_BDY_3D", "BNDY_CONC_1")
CONCENTRATION_FILES = ("INIT_CONC_1", "BNDY_CONC_1")

LEVEL_TOLERANCE = 1e-5
"""Difference of two sigma levels in single precision."""

OUTPUT_SPECIES = 221
"""Variables of ACONC with all species (cb6r5_ae7); CGRID has about as many in every layer."""

BYTES = 4


def check(folder: Path) -> list[Fault]:
    """Return every fault of a scenario's runs (`folder` holds `run.json`); a fault shared by days is told once."""
    try:
        manifest = read_manifest(folder)
        grid = _run_grid(folder, manifest)
    except InputError as error:
        return list(error.faults)
    faults = [fault for part in manifest.runs for fault in _segment_faults(folder, manifest, part, grid)]
    faults += _rank_faults(folder, manifest)
    return list(dict.fromkeys(faults))


def _run_grid(folder: Path, manifest: Manifest) -> Grid:
    first = manifest.runs[0]
    path = resolved(folder, manifest, first, first.environment["GRIDDESC"])
    try:
        grids = read_griddesc(path)
    except OSError as error:
        raise InputError([Fault(str(path), f"cannot be read ({error})", "write the runs again")]) from error
    if manifest.grid not in grids:
        raise InputError([Fault(str(path), f"no grid {manifest.grid!r}", f"it holds {', '.join(grids)}")])
    return grids[manifest.grid]


def resolved(folder: Path, manifest: Manifest, part: SegmentRun, value: str) -> Path:
    """Return the path that a variable's value means for a run."""
    return (manifest.folder(folder, part) / value.removesuffix(VOLATILE)).resolve()


def _segment_faults(folder: Path, manifest: Manifest, part: SegmentRun, grid: Grid) -> Iterator[Fault]:
    place = partial(resolved, folder, manifest, part)
    inputs = _inputs(part)
    facts: dict[str, FileFacts] = {}
    for name, value in inputs.items():
        if _is_gridded(name) and place(value).exists():
            try:
                facts[name] = file_facts(place(value))
            except InputError as error:
                yield from error.faults
    if has_land_use(facts):
        inputs.pop(LAND_USE, None)
    yield from _path_faults(place, part, inputs)
    yield from met_faults(facts)
    yield from _time_faults(part, facts)
    yield from _grid_faults(facts, grid)
    yield from _unit_faults(facts)
    yield from _layer_faults(facts)
    yield from rule_faults(folder, manifest, part, facts)
    yield from _stale_faults(manifest.folder(folder, part))
    yield from _disk_faults(folder, facts, len(manifest.runs))


def _inputs(part: SegmentRun) -> dict[str, str]:
    """Return the variables that name input files which must be there."""
    keep = {*MET_FILES, *CONCENTRATION_FILES, "GRIDDESC", "OMI", "OPTICS_DATA", "CSQY_DATA", "OCEAN_1"}
    chosen = {
        name: value
        for name, value in part.environment.items()
        if name in keep or name.startswith("GR_EMIS_") or name.endswith(("_nml", "_NML"))
    }
    chosen = {name: value for name, value in chosen.items() if not name.startswith("GR_EMIS_LAB_")}
    if part.previous:  # the end of the day before is written by that run itself
        chosen.pop("INIT_CONC_1", None)
    return chosen


def _is_gridded(name: str) -> bool:
    return name in {*MET_FILES, *CONCENTRATION_FILES, "OCEAN_1"} or name.startswith("GR_EMIS_")


def _path_faults(place: Callable[[str], Path], part: SegmentRun, inputs: Mapping[str, str]) -> Iterator[Fault]:
    for name in ("OMI", "OPTICS_DATA", "CSQY_DATA"):
        if name not in part.environment:
            yield Fault(f"cmaq.inputs.{name}", "is not given", "name the file of the user's CMAQ installation")
    for name, value in inputs.items():
        if not place(value).exists():
            yield Fault(f"{name}={place(value)}", "the file is not there", "write it, or correct its path in city.toml")
        elif " " in value:
            # I/O API takes what follows a blank for a mark such as -v
            yield Fault(f"{name}={value!r}", "the path holds a blank", "move the file to a path without blanks")


def _time_faults(part: SegmentRun, facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 1: every file must reach the end of the run, the 25th hour of a day included."""
    start = datetime.fromisoformat(part.day)
    end = start + timedelta(hours=HOURS)
    for name, fact in facts.items():
        if fact.times is None:
            continue
        last = start if name == "INIT_CONC_1" else end
        if fact.times[0] > start or fact.times[1] < last:
            yield Fault(
                f"{name}={fact.path}",
                f"covers {fact.times[0]} to {fact.times[1]}, the run needs {start} to {last} UTC",
                "write hourly steps up to 00 UTC of the next day",
            )


def _grid_faults(facts: Mapping[str, FileFacts], grid: Grid) -> Iterator[Fault]:
    """Pitfall 3: CCTM does not compare the projection of emissions and masks at all."""
    for name, fact in facts.items():
        expected = grid.dot() if name in DOT_FILES else grid
        for difference in fact.grid.differences(expected):
            yield Fault(f"{name}={fact.path}", f"is not on the run grid: {difference}", "make it on the run grid")
        if fact.boundary != (name in BOUNDARY_FILES):
            kind = "a boundary" if fact.boundary else "no boundary"
            yield Fault(f"{name}={fact.path}", f"is {kind} file", "exchange the paths in city.toml")


def _unit_faults(facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 2: denominators other than s are inverted in 5.5; unpadded units abort 5.3."""
    for name, fact in facts.items():
        if not name.startswith("GR_EMIS_"):
            continue
        for variable, units in fact.units.items():
            if units not in EMISSION_UNITS:
                yield Fault(f"{fact.path}:{variable}", f"units {units!r}", f"write {' or '.join(EMISSION_UNITS)}")
        for variable in fact.unpadded:
            yield Fault(f"{fact.path}:{variable}", "units are not padded with blanks to 16 characters", "pad them")


def _layer_faults(facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 8: layers and levels of concentrations are those of the met, emissions have no more."""
    met = facts.get("MET_CRO_3D")
    if met is None:
        return
    for name, fact in facts.items():
        where = f"{name}={fact.path}"
        if name in CONCENTRATION_FILES and fact.nlays != met.nlays:
            yield Fault(where, f"{fact.nlays} layers, the met has {met.nlays}", "make it for these met files")
        if name.startswith("GR_EMIS_") and fact.nlays > met.nlays:
            yield Fault(where, f"{fact.nlays} layers, the met has {met.nlays}", "write at most as many")
        levelled = name in CONCENTRATION_FILES or (name.startswith("GR_EMIS_") and fact.nlays > 1)
        pairs = zip(fact.vglvls, met.vglvls, strict=False)
        if levelled and any(abs(one - two) > LEVEL_TOLERANCE for one, two in pairs):
            yield Fault(where, "its sigma levels are not those of the met", "make it with the levels of MET_CRO_3D")


def _stale_faults(folder: Path) -> Iterator[Fault]:
    """Pitfall 10: CCTM updates outputs that exist, and stops at logs that exist."""
    # a finished run is no fault; the runner skips it
    if (folder / OUTPUT_FOLDER).exists() and not (folder / "exit_status").exists():
        yield Fault(str(folder), "holds the outputs of a run that did not end", "remove output/ and CTM_LOG_* there")


def _rank_faults(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    """Pitfall 10: a wrong number of ranks aborts; pitfall 7: the executable."""
    executable = Path(manifest.command[-1])
    if not executable.exists():
        yield Fault(f"cmaq.executable={executable}", "is not there", "name the CCTM executable")
    for part in manifest.runs:
        columns, rows = (int(number) for number in part.environment["NPCOL_NPROW"].split())
        if columns * rows != manifest.ranks:
            what = f"NPCOL_NPROW {columns} x {rows} is not {manifest.ranks} ranks"
            yield Fault(str(manifest.folder(folder, part)), what, "set cmaq.processors")


def _disk_faults(folder: Path, facts: Mapping[str, FileFacts], days: int) -> Iterator[Fault]:
    met = facts.get("MET_CRO_3D")
    if met is None:
        return
    cells = met.grid.nrows * met.grid.ncols
    needed = days * cells * OUTPUT_SPECIES * BYTES * (HOURS + met.nlays)
    free = shutil.disk_usage(folder).free
    if needed > free:
        yield Fault(str(folder), f"needs about {needed / 1e9:.1f} GB, free are {free / 1e9:.1f} GB",
                    "free space, or list fewer species in cmaq.environment.AVG_CONC_SPCS")  # fmt: skip
