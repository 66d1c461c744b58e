"""MEIC: a folder of monthly grids `YYYY_MM_sector_SPECIES.asc` (or .nc, or with double underscores).

t a cell and month, NOx as NO2; VOC also as species of a mechanism (`CB05_PAR`), 10^6 mol a cell and month.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from aqcore.species import pollutants
from emissions.gridded import GriddedInventory, MonthLayer, Nesting, gridded_inventory, windowed
from emissions.meic_grids import read_grid
from emissions.source_cells import LonLatCells
from emissions.stated_species import stated_mechanisms, stated_names

SECTORS = {
    "agriculture": "meic_agriculture",
    "industry": "meic_industry",
    "power": "meic_power",
    "residential": "meic_residential",
    "transportation": "meic_transportation",
}
"""Source class of each sector of MEIC."""

FILE_NAME = re.compile(
    r"(?P<year>\d{4})_(?P<month>\d{2})__?(?P<sector>[A-Za-z]+)__?(?P<species>.+)\.(asc|nc)", re.IGNORECASE
)

MECHANISM_SPECIES = re.compile(r"(CB\w*?|SAPRC\w*?|RADM\w*?|RACM\w*?|MOZART\w*?)_(\w+)", re.IGNORECASE)

COARSE = "PMCOARSE"
"""MEIC's name of PM10 - PM2.5."""

Voc = Literal["mass", "CB05"]
"""Which VOC is taken: the mass, speciated by our profiles, or the species that the inventory states."""


@dataclass(frozen=True)
class _File:
    path: Path
    month: int
    source_class: str
    pollutant: str

    @property
    def layer(self) -> tuple[str, str, int]:
        return self.source_class, self.pollutant, self.month


def read_meic(
    folder: Path,
    *,
    year: int | None = None,
    voc: Voc = "mass",
    box: tuple[float, float, float, float] | None = None,
    nesting: Nesting = "refuse",
) -> GriddedInventory:
    """Read a tree of MEIC.

    Parameters
    ----------
    folder
        Holds the files, also in folders below it.
    year
        Which year, when there are several.
    voc
        `mass` speciates the mass of VOC by our profiles; `CB05` takes the species that MEIC states and maps them by
        `data/stated_species.csv`. What is not taken stands in `unused`, with the reason.
    box
        West, south, east, north (degrees): cells beyond are only summed (they are booked as outside the domain).
    nesting
        What becomes of cells where BC + OC exceed PM25, or PM10 is less than PM25: `refuse` or `fit`.

    Raises
    ------
    InputError
        With all faults: no file, names that are none of MEIC's, broken grids, missing months, values below zero.

    """
    if voc not in ("mass", *stated_mechanisms()):
        remedy = f"allowed: mass, {', '.join(stated_mechanisms())} (data/stated_species.csv has a map for these)"
        raise InputError([Fault("voc", f"no map from {voc!r} to the model's species", remedy)])
    found, unused = _listed(Path(folder), year)
    used, left = _chosen(found, voc)
    cells, window = _cells(used[0].path, box)
    layers = _layers(used, cells, window)
    read = used[0].path.name[:4]
    return gridded_inventory(f"MEIC {read}", int(read), cells[1], layers, nesting=nesting, unused=[*unused, *left])


def _listed(folder: Path, year: int | None) -> tuple[list[_File], list[tuple[str, str]]]:
    """Return the files of the year and those that are none of MEIC's."""
    faults, files, others = Faults(), [], []
    years: set[int] = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            others.append((str(path), "its name is none of MEIC's (YYYY_MM_sector_SPECIES.asc or .nc)"))
            continue
        years.add(int(match["year"]))
        if year in (None, int(match["year"])):
            one = _named(path, match, faults)
            files.extend([one] if one else [])
    if year is None and len(years) > 1:
        faults.add(str(folder), f"files of the years {', '.join(map(str, sorted(years)))}", "say which: year = ...")
    if not files and not len(faults):
        what = f"no file of MEIC{'' if year is None else f' of {year}'} in this folder"
        faults.add(str(folder), what, "names are YYYY_MM_sector_SPECIES.asc or .nc, such as 2020_01_power_NOx.asc")
    faults.raise_if_any()
    return files, others


def _named(path: Path, match: re.Match[str], faults: Faults) -> _File | None:
    sector, month = match["sector"].lower(), int(match["month"])
    pollutant = _pollutant(match["species"])
    if sector not in SECTORS:
        faults.add(str(path), f"unknown sector {match['sector']!r}", did_you_mean(sector, SECTORS))
    if pollutant is None:
        remedy = did_you_mean(match["species"], [*pollutants(), "PMcoarse", "CB05_PAR"])
        faults.add(str(path), f"unknown species {match['species']!r}", remedy)
    if not 1 <= month <= 12:
        faults.add(str(path), f"month {match['month']}", "months are 01 to 12")
    return None if pollutant is None or sector not in SECTORS else _File(path, month, SECTORS[sector], pollutant)


def _pollutant(text: str) -> str | None:
    """Return our name of a species of MEIC: case and dots do not count (PM2.5, pm25)."""
    plain = text.replace(".", "").upper()
    names = {name.upper(): name for name in pollutants()} | {COARSE: COARSE, "VOCS": "VOC", "NMVOC": "VOC"}
    match = MECHANISM_SPECIES.fullmatch(plain)
    if match is None:
        return names.get(plain)
    return plain if match[1] not in stated_mechanisms() or plain in stated_names() else None


def _chosen(files: list[_File], voc: Voc) -> tuple[list[_File], list[tuple[str, str]]]:
    """Return the files to read and those that say the same twice, with the reason."""
    used, left = [], []
    whole = {(one.source_class, one.month) for one in files if one.pollutant == "PM10"}
    for one in files:
        is_species = MECHANISM_SPECIES.fullmatch(one.pollutant) is not None
        if is_species and (voc == "mass" or not one.pollutant.startswith(f"{voc}_")):
            left.append((str(one.path), f"VOC is taken by {voc}"))
        elif one.pollutant == "VOC" and voc != "mass":
            left.append((str(one.path), f"VOC is taken as species of {voc}"))
        elif one.pollutant == COARSE and (one.source_class, one.month) in whole:
            left.append((str(one.path), "PM10 is stated"))
        else:
            used.append(one)
    faults = Faults()
    without = _without_species(files, voc)
    for source_class in without:
        faults.add(source_class, f"VOC is stated, but no species of {voc}", "take voc = mass, or add the files")
    faults.raise_if_any()
    return used, left


def _without_species(files: list[_File], voc: Voc) -> list[str]:
    if voc == "mass":
        return []
    has = {one.source_class for one in files if one.pollutant.startswith(f"{voc}_")}
    return sorted({one.source_class for one in files if one.pollutant == "VOC"} - has)


def _cells(
    path: Path, box: tuple[float, float, float, float] | None
) -> tuple[tuple[LonLatCells, LonLatCells], tuple[slice, slice]]:
    """Return the cells of the tree, whole and in the box, and where the box lies."""
    whole = read_grid(path).cells
    part, window = windowed(whole, box, str(path))
    return (whole, part), window


def _layers(
    files: list[_File], cells: tuple[LonLatCells, LonLatCells], window: tuple[slice, slice]
) -> Iterator[MonthLayer]:
    """Yield the layers; all faults of unreadable files are raised when the last one has been tried."""
    faults = Faults()
    fine = {(one.source_class, one.month): one for one in files if one.pollutant == "PM25"}
    for one in files:
        try:
            values = _values(one.path, cells[0])
            if one.pollutant == COARSE:
                values = values + _values(_beside(one, fine).path, cells[0])
        except InputError as error:
            faults.extend(error.faults)
            continue
        inside = values[window]
        pollutant = "PM10" if one.pollutant == COARSE else one.pollutant
        beyond = float(values.sum() - inside.sum()) if inside.size < values.size else 0.0
        _check_beyond(one.path, values, faults)
        yield MonthLayer(one.source_class, pollutant, one.month, inside.ravel(), beyond, str(one.path))
    faults.raise_if_any()


def _check_beyond(path: Path, values: np.ndarray, faults: Faults) -> None:
    if not np.isfinite(values).all():
        faults.add(str(path), "values that are not finite", "get the file again")


def _beside(one: _File, fine: dict[tuple[str, int], _File]) -> _File:
    if (one.source_class, one.month) not in fine:
        raise InputError([Fault(str(one.path), "PMcoarse without PM2.5", "add the file of PM2.5, or that of PM10")])
    return fine[one.source_class, one.month]


def _values(path: Path, cells: LonLatCells) -> np.ndarray:
    read = read_grid(path)
    same = read.cells.shape == cells.shape and np.allclose(read.cells.lon_edges, cells.lon_edges)
    if not same or not np.allclose(read.cells.lat_edges, cells.lat_edges):
        what = f"another grid than the other files ({read.cells.shape[1]} x {read.cells.shape[0]} cells)"
        raise InputError([Fault(str(path), what, "read files of one grid at a time")])
    return read.values
