"""The inventory: sources and their annual mass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Faults, did_you_mean
from aqcore.species import pollutants
from emissions.source_classes import source_classes

TEXT_COLUMNS = (
    "kind",
    "district",
    "source_class",
    "sector",
    "name",
    "grade",
    "enterprise",
    "park",
    "industry_code",
    "credit_code",
    "level1",
    "level2",
    "level3",
    "level4",
    "flag",
    "note",
    "filled",
    "source",
    "file",
)
"""Text attributes of a source; empty where the table states none."""

NUMBER_COLUMNS = (
    "lon",
    "lat",
    "stack_height_m",
    "stack_diameter_m",
    "exit_temp_K",
    "exit_velocity_m_s",
    "row",
)
"""Numeric attributes of a source: degrees (WGS84), m, m, K, m s-1, line of the file; NaN where none is stated."""

STATED = ("PM10", "PM25", "BC", "OC")
"""Pollutants of which speciation must know whether the inventory states them (column `states_<pollutant>`)."""


@dataclass(frozen=True)
class Inventory:
    """Sources and their annual mass.

    `sources` is indexed by `source_id` and has `TEXT_COLUMNS`, `NUMBER_COLUMNS` and the boolean
    columns `states_PM10`, `states_PM25`, `states_BC`, `states_OC` (an empty cell states nothing and counts 0 t/a).
    `mass` is (source, pollutant) in t/a, float64, finite and not negative; NOx as NO2 mass, VOC as
    NMVOC mass, BC and OC (carbon) inside PM25, PM25 inside PM10.
    """

    sources: pd.DataFrame
    mass: xr.DataArray

    def __post_init__(self) -> None:
        if list(self.sources.index) != self.mass["source"].to_numpy().tolist():
            raise ValueError("sources and mass name different sources, or in another order")
        if not np.isfinite(self.mass.to_numpy()).all() or (self.mass.to_numpy() < 0.0).any():
            raise ValueError("the mass of an inventory is finite and not negative")

    @property
    def pollutants(self) -> tuple[str, ...]:
        """Names of the pollutants, in the order of the table of pollutants."""
        return tuple(str(name) for name in self.mass["pollutant"].to_numpy())

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sectors that have sources, in the order of their first source."""
        return tuple(dict.fromkeys(self.sources["sector"]))

    @property
    def districts(self) -> tuple[str, ...]:
        """Districts that have sources, sorted."""
        return tuple(sorted(set(self.sources["district"])))

    def table(self) -> pd.DataFrame:
        """Return one row a source: its attributes and one column a pollutant (t/a)."""
        mass = pd.DataFrame(self.mass.to_numpy(), self.sources.index, list(self.pollutants))
        return self.sources.join(mass)

    def long(self) -> pd.DataFrame:
        """Return one row for each (source, pollutant): attributes, `pollutant`, `mass_t` (t/a)."""
        mass = self.mass.to_series().rename("mass_t").reset_index("pollutant")
        return self.sources.join(mass)

    def total(self, by: Sequence[str] = ("sector", "pollutant")) -> pd.DataFrame:
        """Return the mass (column `mass_t`, t/a) summed over all but `by`, as a flat table.

        `by` holds columns of `sources` and/or `pollutant`; keys keep the order of first appearance.
        """
        return self.long().groupby(list(by), sort=False)["mass_t"].sum().reset_index()

    def scaled(self, factors: xr.DataArray) -> "Inventory":
        """Return the inventory with each mass times its factor.

        `factors` is (source, pollutant), or any part of these dimensions, dimensionless; what it
        does not name keeps its mass. Each acts on the whole mass of its pollutant (that of PM10 on
        the PM25 inside it as well), so the factors of nested particles must go together: speciation
        refuses an inventory whose PM25 outgrows PM10, or whose carbon outgrows PM25.
        A factor of an unknown source or pollutant is a `ValueError`.
        """
        for dim in factors.dims:
            unknown = set(factors[dim].to_numpy().tolist()) - set(self.mass[dim].to_numpy().tolist())
            if unknown:
                raise ValueError(f"factors name an unknown {dim}: {sorted(unknown)[:5]}")
        own = {dim: self.mass[dim] for dim in factors.dims}
        scaled = self.mass * factors.reindex(own, fill_value=1.0)
        return Inventory(self.sources, scaled.transpose("source", "pollutant").assign_attrs(self.mass.attrs))

    def select(self, chosen: pd.Series) -> "Inventory":
        """Return the sources for which the boolean series `chosen` (indexed like `sources`) is true."""
        kept = self.sources[chosen]
        return Inventory(kept, self.mass.sel(source=kept.index.to_numpy()))


def place(row: pd.Series) -> str:
    """Return where a source stands, `file:row` or its id, for the message of a fault."""
    return f"{row['file']}:{int(row['row'])}" if row["file"] and not np.isnan(row["row"]) else f"source {row.name}"


def inventory_of(rows: Iterable[Mapping[str, Any]]) -> Inventory:
    """Build an inventory in memory.

    Each row names `district` and `source_class`, any attribute of a source, and the pollutants
    that it emits in t/a; `source_id` defaults to `district:source_class`, `kind` to `area`
    (`point` when `lon` is given). Raises `InputError` for an unknown source class or column and
    for a source that appears twice.
    """
    records = [dict(row) for row in rows]
    _check(records)
    ids = [_source_id(record) for record in records]
    names = [name for name in pollutants() if any(name in record for record in records)]
    mass = np.array([[_mass(record.get(name)) for name in names] for record in records], dtype=float)
    sources = pd.DataFrame([_attributes(record) for record in records], index=pd.Index(ids, name="source_id"))
    coords = {"source": np.array(ids, dtype=object), "pollutant": np.array(names, dtype=object)}
    array = xr.DataArray(mass.reshape(len(ids), len(names)), coords, ("source", "pollutant"), "mass", {"units": "t/a"})
    return Inventory(sources, array)


def joined(parts: Sequence[Inventory]) -> Inventory:
    """Return the sources of several inventories as one; a pollutant that one does not state is 0 t/a there.

    Raises `InputError` for each source that stands in two of them.
    """
    if len(parts) == 1:
        return parts[0]
    sources = pd.concat([one.sources for one in parts])
    faults = Faults()
    for name, row in sources[sources.index.duplicated()].iterrows():
        faults.add(place(row), f"source {name!r} stands in two tables", "give it its own source_id, or delete one")
    faults.raise_if_any()
    found = {name for one in parts for name in one.pollutants}
    names = [name for name in pollutants() if name in found]
    mass = [one.mass.reindex(pollutant=names, fill_value=0.0) for one in parts]
    return Inventory(sources, xr.concat(mass, "source"))


def _check(records: Sequence[Mapping[str, Any]]) -> None:
    faults = Faults()
    allowed = {"source_id", *TEXT_COLUMNS, *NUMBER_COLUMNS, *pollutants()}
    seen: dict[str, int] = {}
    for number, record in enumerate(records, start=1):
        place = f"inventory row {number}"
        for key in record.keys() - allowed:
            faults.add(place, f"unknown key {key!r}", did_you_mean(key, sorted(allowed)))
        name = str(record.get("source_class", ""))
        if name not in source_classes():
            faults.add(place, f"unknown source class {name!r}", did_you_mean(name, source_classes()))
        first = seen.setdefault(_source_id(record), number)
        if first != number:
            faults.add(
                place, f"source {_source_id(record)!r} stands already in row {first}", "give it its own source_id"
            )
    faults.raise_if_any()


def _source_id(record: Mapping[str, Any]) -> str:
    return str(record.get("source_id") or f"{record.get('district')}:{record.get('source_class')}")


def _attributes(record: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: str(record.get(name) or "") for name in TEXT_COLUMNS}
    values |= {name: _attribute_number(record.get(name)) for name in NUMBER_COLUMNS}
    values |= {f"states_{name}": _is_stated(record.get(name)) for name in STATED}
    values["sector"] = source_classes()[values["source_class"]].sector
    values["kind"] = values["kind"] or ("area" if np.isnan(values["lon"]) else "point")
    return values


def _is_stated(value: Any) -> bool:
    return value is not None and not np.isnan(float(value))


def _mass(value: Any) -> float:
    return float(value) if _is_stated(value) else 0.0


def _attribute_number(value: Any) -> float:
    return float(value) if value is not None else float("nan")
