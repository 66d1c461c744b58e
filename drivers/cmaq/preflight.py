"""The preflight of a scenario's runs: every fault that would make CCTM fail, or worse, be silently wrong.

Numbers in the comments of the checks are the pitfalls of the run-time contract with CCTM that each of them answers.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from aqcore.griddesc import read_griddesc
from drivers.cmaq.environment import OUTPUT_FOLDER
from drivers.cmaq.file_facts import FileFacts, file_facts
from drivers.cmaq.logs import EXIT_STATUS
from drivers.cmaq.manifest import Manifest, SegmentRun, read_manifest
from drivers.cmaq.preflight_files import (
    grid_faults,
    input_variables,
    is_read,
    layer_faults,
    path_faults,
    resolved,
    stack_faults,
    time_faults,
    unit_faults,
)
from drivers.cmaq.preflight_machine import disk_faults, machine_faults
from drivers.cmaq.preflight_met import LAND_USE, has_land_use, met_faults
from drivers.cmaq.preflight_rules import rule_faults
from drivers.cmaq.preflight_script import script_faults, scripted
from drivers.cmaq.preflight_species import air_faults
from drivers.cmaq.preflight_values import value_faults


def check(folder: Path) -> list[Fault]:
    """Return every fault of a scenario's runs (`folder` holds `run.json`); a fault shared by days is told once."""
    try:
        manifest = read_manifest(folder)
        grid = _run_grid(folder, manifest)
    except InputError as error:
        return list(error.faults)
    faults = [fault for part in manifest.runs for fault in _segment_faults(folder, manifest, part, grid)]
    faults += machine_faults(folder, manifest, grid)
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


def _segment_faults(folder: Path, manifest: Manifest, written: SegmentRun, grid: Grid) -> Iterator[Fault]:
    part = scripted(manifest.folder(folder, written), written)
    yield from script_faults(manifest.folder(folder, written), written, part)
    place = partial(resolved, folder, manifest, part)
    inputs = input_variables(part)
    facts: dict[str, FileFacts] = {}
    for name, value in inputs.items():
        if is_read(name) and place(value).exists():
            try:
                facts[name] = file_facts(place(value))
            except InputError as error:
                yield from error.faults
    if has_land_use(facts):
        inputs.pop(LAND_USE, None)
    yield from path_faults(place, part, inputs)
    yield from met_faults(facts, manifest.mechanism)
    yield from time_faults(part, facts)
    yield from grid_faults(facts, grid)
    yield from stack_faults(facts, grid)
    yield from unit_faults(facts)
    yield from value_faults(facts, grid)
    yield from layer_faults(facts)
    yield from air_faults(manifest.folder(folder, part), part, facts)
    yield from rule_faults(folder, manifest, part, facts)
    yield from _stale_faults(manifest.folder(folder, part))
    yield from disk_faults(folder, manifest, facts)


def _stale_faults(folder: Path) -> Iterator[Fault]:
    """Pitfall 10: CCTM updates outputs that exist, and stops at logs that exist."""
    # a finished run is no fault; the runner skips it
    if (folder / OUTPUT_FOLDER).exists() and not (folder / EXIT_STATUS).exists():
        yield Fault(str(folder), "holds the outputs of a run that did not end", "remove output/ and CTM_LOG_* there")
