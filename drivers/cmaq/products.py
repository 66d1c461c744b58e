"""The products of CCTM over the days of a scenario, lazily: means, sums, instants, sources, sensitivities."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from aqcore.errors import RunFailed
from drivers.cmaq.daily_files import HOUR, DayFile, open_daily
from drivers.cmaq.manifest import Manifest
from drivers.cmaq.outcome import require_done

PPB_PER_PPM = 1000.0

HOUR_ENDS = ("CTM_DRY_DEP_1", "CTM_WET_DEP_1")
"""Outputs stamped by the end of the hour over which they are summed."""


def open_product(folder: Path, manifest: Manifest, logical: str, names: Sequence[str] | None = None) -> xr.Dataset:
    """Return the lowest layer of one kind of file over the days of a scenario, lazily, (time, y, x).

    `logical` names an output (A_CONC_1, CTM_CONC_1, CTM_DRY_DEP_1, SA_ACONC_1, A_SENS_1, ...) or a met file. Times are
    the START of the hour: means as stamped, sums over the hour moved back to its start, and of instants those at the
    start of each hour. Raises RunFailed when a file is missing.
    """
    days, root = [], folder.resolve()
    for part in manifest.read_runs():
        path = root / part.segment.name / part.environment.get(logical, "none").split()[0]
        if not path.exists():
            raise RunFailed(f"{path} is missing: the run has no {logical}")
        first = np.datetime64(part.segment.start.replace(tzinfo=None), "h")
        days.append(DayFile(path, first + HOUR if logical in HOUR_ENDS else first, part.hours))
    dataset = open_daily(days, names)
    if logical in HOUR_ENDS:
        dataset = dataset.assign_coords(time=dataset["time"].to_numpy() - HOUR)
    return dataset


def has_product(folder: Path, manifest: Manifest, logical: str) -> bool:
    """Whether the first and the last day have a file."""
    parts = manifest.read_runs()
    return all(
        logical in part.environment and (manifest.folder(folder, part) / part.environment[logical].split()[0]).exists()
        for part in (parts[0], parts[-1])
    )


def open_apportionment(folder: Path) -> xr.Dataset:
    """Return the hourly means of a finished ISAM run by source, (tag, time, y, x), gases in ppb, aerosol in ug m-3.

    Tags are those of the settings, and ICO, BCO, OTH (and BID) that ISAM adds; together they make up the species.
    """
    manifest = require_done(folder)
    return _split(open_product(folder, manifest, "SA_ACONC_1"), manifest, "tag")


def open_sensitivities(folder: Path) -> xr.Dataset:
    """Return the hourly mean first-order sensitivities of a finished DDM-3D run, (parameter, time, y, x).

    What a species changes by for 100 % more of the parameter: gases in ppb, aerosol in ug m-3.
    """
    manifest = require_done(folder)
    return _split(open_product(folder, manifest, "A_SENS_1"), manifest, "parameter")


def _split(dataset: xr.Dataset, manifest: Manifest, dimension: str) -> xr.Dataset:
    """Return variables SPECIES_TAG as SPECIES with a dimension of tags."""
    species: dict[str, dict[str, xr.DataArray]] = {}
    for name in map(str, dataset.data_vars):
        own, _, tag = name.rpartition("_")
        species.setdefault(own, {})[tag] = _scaled(dataset[name])
    whole = {name: _joined(tags, dimension) for name, tags in species.items()}
    return with_bounds(xr.Dataset(whole, attrs=attributes(manifest)))


def _joined(tags: Mapping[str, xr.DataArray], dimension: str) -> xr.DataArray:
    names = xr.Variable(dimension, list(tags))
    return xr.concat(list(tags.values()), names, coords="minimal", compat="override", join="override",
                     combine_attrs="override")  # fmt: skip


def _scaled(array: xr.DataArray) -> xr.DataArray:
    """Return ppmV as ppb; other units stay."""
    if str(array.attrs.get("units", "")).strip().lower().startswith("ppm"):
        return (array * PPB_PER_PPM).assign_attrs(units="ppb")
    return array


def attributes(manifest: Manifest) -> dict[str, str]:
    """Return the attributes of a dataset of a scenario."""
    return {"scenario": manifest.scenario, "driver": "cmaq", "identity": manifest.identity,
            "source": f"CMAQ {manifest.version} {manifest.mechanism}", "Conventions": "CF-1.8"}  # fmt: skip


def with_bounds(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset whose hours have bounds."""
    start = dataset["time"].to_numpy()
    bounds = np.column_stack([start, start + np.timedelta64(1, "h")])
    dataset["time"].attrs |= {"standard_name": "time", "bounds": "time_bounds"}
    return dataset.assign_coords(time_bounds=(("time", "bounds"), bounds))
