"""The preflight of input files: presence, hours, projection, units, layers, stacks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from aqcore.errors import Fault
from aqcore.grid import Grid
from drivers.cmaq.environment import CONTROL_FILES, VOLATILE
from drivers.cmaq.file_facts import FileFacts
from drivers.cmaq.manifest import Manifest, SegmentRun
from drivers.cmaq.settings import MET_FILES
from drivers.cmaq.stream_files import GRIDDED, STACKS, stack_cells

EMISSION_UNITS = ("moles/s", "g/s")
"""Units that every version reads rightly (5.5 inverts other denominators)."""

GROUPS = "STK_GRPS_"
DOT_FILES = ("GRID_DOT_2D", "MET_DOT_3D")
BOUNDARY_FILES = ("MET_BDY_3D", "BNDY_CONC_1")
CONCENTRATION_FILES = ("INIT_CONC_1", "BNDY_CONC_1")
OWN_DATA = ("OMI", "OPTICS_DATA", "CSQY_DATA")
CONTROLS = ("SA_IOLIST", "SEN_INPUT")

LEVEL_TOLERANCE = 1e-5
"""Difference of two sigma levels in single precision."""

STACK_VARIABLES = ("XLOCA", "YLOCA", "ISTACK", "STKDM", "STKHT", "STKTK", "STKVE")
"""What CCTM reads of a file of stacks."""


def resolved(folder: Path, manifest: Manifest, part: SegmentRun, value: str) -> Path:
    """Return the path that a variable's value means for a run."""
    return (manifest.folder(folder, part) / value.removesuffix(VOLATILE)).resolve()


def is_emission(name: str) -> bool:
    """Whether a variable names an emission file."""
    return name.startswith((GRIDDED, STACKS)) and "_LAB_" not in name


def is_read(name: str) -> bool:
    """Whether a variable names an I/O API file whose header is compared."""
    return name in {*MET_FILES, *CONCENTRATION_FILES, "OCEAN_1"} or is_emission(name) or name.startswith(GROUPS)


def input_variables(part: SegmentRun) -> dict[str, str]:
    """Return the variables that name input files which must be there."""
    chosen = {
        name: value
        for name, value in part.environment.items()
        if is_read(name) or name in {"GRIDDESC", *OWN_DATA, *CONTROLS} or name.endswith(("_nml", "_NML"))
    }
    for name in CONTROL_FILES:  # `rule_faults` reads them
        chosen.pop(name, None)
    if part.previous:  # the end of the day before is written by that run itself
        chosen.pop("INIT_CONC_1", None)
    return chosen


def path_faults(place: Callable[[str], Path], part: SegmentRun, inputs: Mapping[str, str]) -> Iterator[Fault]:
    """Yield files that are not given or not there, and paths that the I/O API would cut."""
    for name in OWN_DATA:
        if name not in part.environment:
            yield Fault(f"cmaq.inputs.{name}", "is not given", "name the file of the user's CMAQ installation")
    for name, value in inputs.items():
        if not place(value).exists():
            yield Fault(f"{name}={place(value)}", "the file is not there", "write it, or correct its path in city.toml")
        elif " " in value:
            # I/O API takes what follows a blank for a mark such as -v
            yield Fault(f"{name}={value!r}", "the path holds a blank", "move the file to a path without blanks")


def time_faults(part: SegmentRun, facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 1: every file must reach the end of the run, the 25th hour of a day included."""
    start, end = (moment.replace(tzinfo=None) for moment in (part.segment.start, part.segment.end))
    for name, fact in facts.items():
        if fact.disorder:
            yield Fault(f"{name}={fact.path}", fact.disorder, "rewrite the file with the tool that made it")
        if fact.times is None:
            if name.startswith("MET_") or is_emission(name):
                yield Fault(f"{name}={fact.path}", "is time-independent", "give a file with hourly steps")
            continue
        last = start if name == "INIT_CONC_1" else end
        if is_emission(name) and _symbolic(part, name):
            if fact.times[1] - fact.times[0] < end - start:
                yield Fault(f"{name}={fact.path}", "covers less than the run", "write 25 hourly steps")
            continue
        if fact.times[0] > start or fact.times[1] < last:
            yield Fault(
                f"{name}={fact.path}",
                f"covers {fact.times[0]} to {fact.times[1]}, the run needs {start} to {last} UTC",
                f"write hourly steps up to {last:%H} UTC of {last:%Y-%m-%d}",
            )


def _symbolic(part: SegmentRun, name: str) -> bool:
    """Whether a stream's file stands for other days on purpose (GR_EM_SYM_DATE, STK_EM_SYM_DATE)."""
    switch = name.replace(GRIDDED, "GR_EM_SYM_DATE_").replace(STACKS, "STK_EM_SYM_DATE_")
    return part.environment.get(switch, "F")[:1].upper() in "TY"


def grid_faults(facts: Mapping[str, FileFacts], grid: Grid) -> Iterator[Fault]:
    """Pitfall 3: CCTM does not compare the projection of emissions and masks at all."""
    for name, fact in facts.items():
        expected = grid.dot() if name in DOT_FILES else grid
        if name.startswith((STACKS, GROUPS)):  # one column, a row a stack
            expected = replace(grid, ncols=1, nrows=fact.grid.nrows)
        for difference in fact.grid.differences(expected):
            yield Fault(f"{name}={fact.path}", f"is not on the run grid: {difference}", "make it on the run grid")
        if fact.boundary != (name in BOUNDARY_FILES):
            kind = "a boundary" if fact.boundary else "no boundary"
            yield Fault(f"{name}={fact.path}", f"is {kind} file", "exchange the paths in city.toml")


def stack_faults(facts: Mapping[str, FileFacts], grid: Grid) -> Iterator[Fault]:
    """Yield stacks that differ in number from their emissions, lack data, or lie outside: CCTM drops those."""
    for name, fact in facts.items():
        if not name.startswith(GROUPS):
            continue
        where = f"{name}={fact.path}"
        missing = [variable for variable in STACK_VARIABLES if variable not in fact.units]
        if missing:
            yield Fault(where, f"lacks {', '.join(missing)}", "write the emissions again with inline points")
            continue
        emissions = facts.get(name.replace(GROUPS, STACKS))
        if emissions is not None and emissions.grid.nrows != fact.grid.nrows:
            what = f"{fact.grid.nrows} stacks, the emissions have {emissions.grid.nrows}"
            yield Fault(where, what, "write both again: they belong together row by row")
        outside = int(np.count_nonzero(stack_cells(fact.path, grid) < 0))
        if outside:
            yield Fault(
                where, f"{outside} stacks lie outside the grid: CCTM drops them", "leave them out, and book them"
            )


def unit_faults(facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 2: denominators other than s are inverted in 5.5; unpadded units abort 5.3."""
    for name, fact in facts.items():
        if not is_emission(name):
            continue
        for variable, units in fact.units.items():
            if units not in EMISSION_UNITS:
                yield Fault(f"{fact.path}:{variable}", f"units {units!r}", f"write {' or '.join(EMISSION_UNITS)}")
        for variable in fact.unpadded:
            yield Fault(f"{fact.path}:{variable}", "units are not padded with blanks to 16 characters", "pad them")


def layer_faults(facts: Mapping[str, FileFacts]) -> Iterator[Fault]:
    """Pitfall 8: layers and levels of concentrations are those of the met, emissions have no more."""
    met = facts.get("MET_CRO_3D")
    if met is None:
        return
    for name, fact in facts.items():
        where = f"{name}={fact.path}"
        if name in CONCENTRATION_FILES and fact.nlays != met.nlays:
            yield Fault(where, f"{fact.nlays} layers, the met has {met.nlays}", "make it for these met files")
        if name in {"MET_DOT_3D", "MET_BDY_3D"} and fact.nlays != met.nlays:
            yield Fault(where, f"{fact.nlays} layers, MET_CRO_3D has {met.nlays}", "take all from one run of MCIP")
        if is_emission(name) and fact.nlays > met.nlays:
            yield Fault(where, f"{fact.nlays} layers, the met has {met.nlays}", "write at most as many")
        levelled = name in CONCENTRATION_FILES or (is_emission(name) and fact.nlays > 1)
        pairs = zip(fact.vglvls, met.vglvls, strict=False)
        if levelled and any(abs(one - two) > LEVEL_TOLERANCE for one, two in pairs):
            yield Fault(where, "its sigma levels are not those of the met", "make it with the levels of MET_CRO_3D")
