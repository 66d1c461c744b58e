"""Gridded inventories (MEIC, EDGAR, HTAP, CEDS, CAMS): mass by source class, pollutant and month in cells.

The month is the inventory's own where it states months: a month emits exactly its mass, whatever days it has. Mass is
held sparse, as one row for each (class, pollutant, month).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering
from aqcore.species import pollutants
from emissions.gridded_nesting import PARTICLES, misfits
from emissions.source_cells import Cells, LonLatCells
from emissions.source_classes import source_classes
from emissions.stated_species import stated_names

WHOLE_YEAR = 0
"""In place of a month: the mass of a year, which the profile of the class spreads over its months."""

MONTHS = tuple(range(1, 13))

ROW_COLUMNS = ("source_class", "pollutant", "month", "beyond", "file")
"""Columns of `GriddedInventory.rows`."""

FIT_REMEDY = "correct the files, or say nesting = fit: it is fitted to PM25 and listed"

Nesting = Literal["refuse", "fit"]
"""What becomes of cells where a part exceeds its whole: refused, or the part reduced to the whole and listed."""


@dataclass(frozen=True)
class MonthLayer:
    """What one file gives: class, pollutant, month (0 the year), `mass` (cell,) t, and t beyond the window."""

    source_class: str
    pollutant: str
    month: int
    mass: np.ndarray
    beyond: float
    file: str


@dataclass(frozen=True, eq=False)
class GriddedInventory:
    """Mass of an inventory in cells.

    `rows` has `ROW_COLUMNS`: the class, the pollutant, the month (1 to 12, `WHOLE_YEAR` for a year), t outside the
    window that was read, and the file. `mass` is sparse (row, cell): t of the month, 10^6 mol for species that are
    stated in moles (`CB05_PAR`); NOx as NO2. `adjusted` lists what was fitted to the PM25 of its cell, `unused` the
    files that were not taken, and why.
    """

    name: str
    year: int
    cells: Cells
    rows: pd.DataFrame
    mass: sp.csr_array
    adjusted: pd.DataFrame
    unused: pd.DataFrame

    @property
    def classes(self) -> tuple[str, ...]:
        """Source classes, in the order of the rows."""
        return tuple(dict.fromkeys(self.rows["source_class"]))

    @property
    def pollutants(self) -> tuple[str, ...]:
        """Pollutants in the order of the table of pollutants, stated species last."""
        found = set(self.rows["pollutant"])
        return tuple(name for name in (*pollutants(), *stated_names()) if name in found)

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sectors of the classes, in their order."""
        return tuple(dict.fromkeys(source_classes()[name].sector for name in self.classes))

    def total(self, by: Sequence[str] = ("source_class", "pollutant")) -> pd.DataFrame:
        """Return t/a (10^6 mol/a of stated species) in the column `mass_t`, summed over all but `by`.

        `by` holds columns of `rows`; what lies beyond the window is counted.
        """
        mass = self.mass.sum(axis=1) + self.rows["beyond"].to_numpy(dtype=float)
        return self.rows.assign(mass_t=mass).groupby(list(by), sort=False)["mass_t"].sum().reset_index()


def gridded_inventory(
    name: str,
    year: int,
    cells: Cells,
    layers: Iterable[MonthLayer],
    *,
    nesting: Nesting = "refuse",
    unused: Iterable[tuple[str, str]] = (),
) -> GriddedInventory:
    """Gather the layers of an inventory and check them.

    Raises `InputError` with all faults: unknown classes or pollutants, layers that stand twice, months missing,
    values that are no emission, and (unless `nesting` is `fit`) cells where BC + OC exceed PM25 or PM25 exceeds PM10.
    """
    rows: list[tuple[str, str, int, float, str]] = []
    parts: list[sp.csr_array] = []
    with gathering() as faults:
        for layer in layers:
            noted = len(faults)
            _check_layer(layer, cells, faults)
            if len(faults) == noted:
                rows.append((layer.source_class, layer.pollutant, layer.month, layer.beyond, layer.file))
                parts.append(sp.csr_array(layer.mass.reshape(1, -1)))
        if not rows and not len(faults):
            faults.add(name, "no layer of any pollutant", "check the folder and the table of fields")
    table = pd.DataFrame(rows, columns=list(ROW_COLUMNS))
    _check_rows(table, name, faults)
    faults.raise_if_any()
    mass, adjusted = _nested(table, sp.csr_array(sp.vstack(parts)), cells, nesting, faults)
    faults.raise_if_any()
    return GriddedInventory(
        name, year, cells, table, mass, adjusted, pd.DataFrame(list(unused), columns=["file", "why"])
    )


def _check_layer(layer: MonthLayer, cells: Cells, faults: Faults) -> None:
    if layer.source_class not in source_classes():
        faults.add(layer.file, f"unknown source class {layer.source_class!r}",
                   did_you_mean(layer.source_class, source_classes()))  # fmt: skip
    known = (*pollutants(), *stated_names())
    if layer.pollutant not in known:
        faults.add(layer.file, f"unknown pollutant {layer.pollutant!r}", did_you_mean(layer.pollutant, known))
    if layer.month not in (WHOLE_YEAR, *MONTHS):
        faults.add(layer.file, f"month {layer.month}", "months are 1 to 12, 0 for a whole year")
    bad = np.flatnonzero(~(np.isfinite(layer.mass) & (layer.mass >= 0.0)))
    if len(bad):
        lon, lat = cells.centre(int(bad[0]))
        what = f"{len(bad)} cells hold no emission; the first is {layer.mass[bad[0]]:g} at {lon:g} E, {lat:g} N"
        faults.add(layer.file, what, "values are finite and 0 or more; say which value means none")


def _check_rows(rows: pd.DataFrame, name: str, faults: Faults) -> None:
    keys = ["source_class", "pollutant"]
    for _, row in rows[rows.duplicated([*keys, "month"])].iterrows():
        what = f"{row['pollutant']} of {row['source_class']}, month {row['month']}, stands twice"
        faults.add(row["file"], what, "keep one of the files")
    for (source_class, pollutant), group in rows.groupby(keys, sort=False):
        months = set(group["month"])
        missing = sorted(set(MONTHS) - months)
        if WHOLE_YEAR in months and len(months) > 1:
            faults.add(f"{name}: {source_class} {pollutant}", "a whole year and months beside it", "keep one of them")
        elif WHOLE_YEAR not in months and missing:
            what = f"months {', '.join(map(str, missing))} are missing"
            faults.add(f"{name}: {source_class} {pollutant}", what, "complete the year, or state it as a whole (0)")
    whole = rows.groupby("source_class")["month"].agg(lambda months: set(months) == {WHOLE_YEAR})
    for source_class, group in rows.groupby("source_class", sort=False):
        if not whole[str(source_class)] and WHOLE_YEAR in set(group["month"]):
            remedy = "state all pollutants of a class by month, or all by year"
            faults.add(f"{name}: {source_class!s}", "some pollutants by month, others by year", remedy)


def _nested(
    rows: pd.DataFrame, mass: sp.csr_array, cells: Cells, nesting: Nesting, faults: Faults
) -> tuple[sp.csr_array, pd.DataFrame]:
    """Return the mass with parts within their wholes, and a table of what was fitted for it."""
    at = {key: number for number, key in enumerate(zip(*(rows[c] for c in ROW_COLUMNS[:3]), strict=True))}
    fitted: dict[int, np.ndarray] = {}
    listed: list[tuple[str, str, int, int, float]] = []
    for source_class, month in dict.fromkeys(zip(rows["source_class"], rows["month"], strict=True)):
        here = {name: at[source_class, name, month] for name in PARTICLES if (source_class, name, month) in at}
        if "PM25" not in here and here:
            first = rows.iloc[next(iter(here.values()))]
            what = f"{first['pollutant']} of {source_class} without PM25"
            faults.add(first["file"], what, "add the layer of PM25, or leave this one out")
            continue
        for misfit in misfits({name: mass[[number]].toarray()[0] for name, number in here.items()}):
            if misfit.is_rounding or nesting == "fit":
                fitted |= {here[name]: values for name, values in misfit.fitted.items()}
            else:
                faults.add(rows["file"].iloc[here[misfit.part]], misfit.described(cells), FIT_REMEDY)
            if not misfit.is_rounding:
                changed = int((misfit.amount > 0.0).sum())
                listed.append((source_class, misfit.what, month, changed, float(misfit.amount.sum())))
    columns = ["source_class", "what", "month", "cells", "amount_t"]
    return _replaced(mass, fitted), pd.DataFrame(listed, columns=columns)


def _replaced(mass: sp.csr_array, rows: dict[int, np.ndarray]) -> sp.csr_array:
    if not rows:
        return mass
    parts = [sp.csr_array(rows[k].reshape(1, -1)) if k in rows else mass[[k]] for k in range(mass.shape[0])]
    return sp.csr_array(sp.vstack(parts))


def windowed(
    cells: LonLatCells, box: tuple[float, float, float, float] | None, where: str
) -> tuple[LonLatCells, tuple[slice, slice]]:
    """Return the cells that touch a box of (west, south, east, north) degrees, and their rows and columns.

    None takes all. A box that touches no cell raises `InputError`.
    """
    if box is None:
        return cells, (slice(0, cells.shape[0]), slice(0, cells.shape[1]))
    rows, columns = cells.window(*box)
    if rows.stop == rows.start or columns.stop == columns.start:
        what = (f"the box {box} touches none of the cells {cells.lon_edges[0]:g}..{cells.lon_edges[-1]:g} E, "
                f"{cells.lat_edges[0]:g}..{cells.lat_edges[-1]:g} N")  # fmt: skip
        raise InputError([Fault(where, what, "give the box of your grid, with the longitudes of the inventory")])
    return cells.part(rows, columns), (rows, columns)
