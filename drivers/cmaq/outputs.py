"""Outputs of CCTM in the common schema, lazily over the days of a scenario."""

from pathlib import Path

import numpy as np
import xarray as xr

from drivers.cmaq.environment import output_name
from drivers.cmaq.outcome import require_done
from drivers.cmaq.versions import version

PPB_PER_PPM = 1000.0

GASES = ("O3", "NO", "NO2", "CO", "SO2", "HNO3", "NH3")
"""Species of ACONC (ppmV) that the common schema has in ppb."""

AGGREGATES = {
    "PM25": "PM25", "PM10": "PM10", "PM25_SO4": "PM25_SO4", "PM25_NO3": "PM25_NO3", "PM25_NH4": "PM25_NH4",
    "PM25_OC": "PM25_OC", "PM25_EC": "PM25_EC",
}  # fmt: skip
"""Common name -> variable of the hourly aggregates (ug m-3, size-cut based)."""

STATE = {"T": ("TA", "K"), "P": ("PRES", "Pa")}

STANDARD_NAMES = {
    "O3": "mole_fraction_of_ozone_in_air", "NO": "mole_fraction_of_nitrogen_monoxide_in_air",
    "NO2": "mole_fraction_of_nitrogen_dioxide_in_air", "CO": "mole_fraction_of_carbon_monoxide_in_air",
    "SO2": "mole_fraction_of_sulfur_dioxide_in_air", "HNO3": "mole_fraction_of_nitric_acid_in_air",
    "NH3": "mole_fraction_of_ammonia_in_air", "PM25": "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
    "PM10": "mass_concentration_of_pm10_ambient_aerosol_particles_in_air", "T": "air_temperature", "P": "air_pressure",
}  # fmt: skip


def open_outputs(folder: Path) -> xr.Dataset:
    """Return the surface concentrations of a finished scenario, (time, y, x), dask-backed.

    Hourly means labelled by the START of the hour in UTC, as CCTM stamps ACONC; gases in ppb, aerosol in ug m-3, `T` K,
    `P` Pa. Raises RunFailed when a day is not finished.
    """
    manifest = require_done(folder)
    logical = version(manifest.version).item("aggregates")
    means = _opened([manifest.folder(folder, part) / output_name("A_CONC_1") for part in manifest.runs])
    data = {name: means[name] * PPB_PER_PPM for name in GASES if name in means}
    if {"NO", "NO2"} <= data.keys():
        data["NOx"] = data["NO"] + data["NO2"]
    data = {name: array.assign_attrs(units="ppb") for name, array in data.items()}
    data |= {name: means[own].assign_attrs(units=unit) for name, (own, unit) in STATE.items() if own in means}
    paths = [manifest.folder(folder, part) / output_name(logical) for part in manifest.runs]
    if all(path.exists() for path in paths):
        parts = _opened(paths)
        data |= {name: parts[own].assign_attrs(units="ug m-3") for name, own in AGGREGATES.items() if own in parts}
    dataset = xr.Dataset({name: _described(name, array) for name, array in data.items()})
    dataset.attrs = {"scenario": manifest.scenario, "driver": "cmaq", "identity": manifest.identity,
                     "source": f"CMAQ {manifest.version} {manifest.mechanism}", "Conventions": "CF-1.8"}  # fmt: skip
    return _with_bounds(dataset)


def _opened(paths: list[Path]) -> xr.Dataset:
    """Open daily files as one dataset of the lowest layer."""
    parts = [xr.open_dataset(path, engine="ioapi", chunks={}).isel(layer=0) for path in paths]
    return xr.concat(parts, "time", data_vars="all", coords="minimal", compat="override", join="override",
                     combine_attrs="override")  # fmt: skip


def _described(name: str, array: xr.DataArray) -> xr.DataArray:
    kept = {key: value for key, value in array.attrs.items() if key in {"units", "grid_mapping"}}
    array.attrs = kept | ({"standard_name": STANDARD_NAMES[name]} if name in STANDARD_NAMES else {})
    array.attrs["cell_methods"] = "time: mean"
    return array.astype(np.float32)


def _with_bounds(dataset: xr.Dataset) -> xr.Dataset:
    start = dataset["time"].to_numpy()
    bounds = np.column_stack([start, start + np.timedelta64(1, "h")])
    dataset["time"].attrs |= {"standard_name": "time", "bounds": "time_bounds"}
    return dataset.assign_coords(time_bounds=(("time", "bounds"), bounds))
