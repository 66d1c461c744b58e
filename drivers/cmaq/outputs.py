"""Outputs of CCTM in the common schema, lazily over the days of a scenario."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import xarray as xr

from aqcore.errors import Fault, InputError
from drivers.cmaq.manifest import Manifest
from drivers.cmaq.outcome import require_done
from drivers.cmaq.products import PPB_PER_PPM, attributes, has_product, open_product, with_bounds
from drivers.cmaq.species_definitions import Definitions, read_definitions
from drivers.cmaq.versions import version

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

DEFINED = {
    "O3": ("O3",), "NO": ("NO",), "NO2": ("NO2",), "NOx": ("NOX",), "CO": ("CO",), "SO2": ("SO2",), "HNO3": ("HNO3",),
    "NH3": ("NH3",), "PM25": ("PM25_TOT", "PM25"), "PM10": ("PM10",), "PM25_SO4": ("PM25_SO4",),
    "PM25_NO3": ("PM25_NO3",), "PM25_NH4": ("PM25_NH4",), "PM25_OC": ("PM25_OC",), "PM25_EC": ("PM25_EC",),
}  # fmt: skip
"""Common name -> what species definition files call it; the first that a file defines."""


def open_outputs(folder: Path, definitions: Path | None = None) -> xr.Dataset:
    """Return the surface concentrations of a finished scenario, (time, y, x), dask-backed.

    Hourly means labelled by the START of the hour in UTC, as CCTM stamps ACONC; gases in ppb, aerosol in ug m-3, `T` K,
    `P` Pa. With `definitions` (a SpecDef file) concentrations are made by its expressions. Days of spin-up are left
    out. Raises RunFailed when a day is not finished or its emissions are not as meant.
    """
    manifest = require_done(folder)
    means = open_product(folder, manifest, "A_CONC_1")
    data = (
        _by_definition(folder, manifest, read_definitions(definitions))
        if definitions
        else _plain(folder, manifest, means)
    )
    data |= {name: means[own].assign_attrs(units=unit) for name, (own, unit) in STATE.items() if own in means}
    dataset = xr.Dataset({name: _described(name, array) for name, array in data.items()})
    dataset.attrs = attributes(manifest)
    return with_bounds(dataset)


def _plain(folder: Path, manifest: Manifest, means: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return gases of ACONC (`means`) and particles of the aggregates."""
    logical = version(manifest.version).item("aggregates")
    gases = {name: means[name] * PPB_PER_PPM for name in GASES if name in means}
    if {"NO", "NO2"} <= gases.keys():
        gases["NOx"] = gases["NO"] + gases["NO2"]
    data = {name: array.assign_attrs(units="ppb") for name, array in gases.items()}
    if has_product(folder, manifest, logical):
        parts = open_product(folder, manifest, logical)
        data |= {name: parts[own].assign_attrs(units="ug m-3") for name, own in AGGREGATES.items() if own in parts}
    return data


def _by_definition(folder: Path, manifest: Manifest, definitions: Definitions) -> dict[str, xr.DataArray]:
    names = {common: next((own for own in defined if own in definitions.names), "")
             for common, defined in DEFINED.items()}  # fmt: skip
    wanted = {common: own for common, own in names.items() if own}
    values = open_defined(folder, definitions, list(wanted.values()), manifest)
    units = {"ppbV": "ppb", "ug m-3": "ug m-3", "ugC m-3": "ug m-3"}
    found = {}
    for common, own in wanted.items():
        unit = values[own].attrs["units"]
        if unit not in units:
            what = f"unit {unit!r} is none of {', '.join(units)}"
            raise InputError([Fault(f"{definitions.path}:{own}", what, "define it in one of these")])
        found[common] = values[own].assign_attrs(units=units[unit])
    return found


def open_defined(
    folder: Path, definitions: Definitions, names: Iterable[str], manifest: Manifest | None = None
) -> xr.Dataset:
    """Return variables of a species definition file computed on a finished scenario's outputs, lazily, (time, y, x).

    Inputs of met are those of the run at the start of each hour. Raises RunFailed for an unfinished run, InputError for
    variables that the file or the outputs do not have.
    """
    wanted = list(names)
    manifest = manifest or require_done(folder)
    used = {name.file for name in definitions.needed(wanted)}
    files = {
        number: open_product(folder, manifest, logical)
        for number, logical in definitions.files.items()
        if number in used and has_product(folder, manifest, logical)
    }
    return xr.Dataset(definitions.compute(wanted, files))


def _described(name: str, array: xr.DataArray) -> xr.DataArray:
    kept = {key: value for key, value in array.attrs.items() if key in {"units", "grid_mapping"}}
    array.attrs = kept | ({"standard_name": STANDARD_NAMES[name]} if name in STANDARD_NAMES else {})
    array.attrs["cell_methods"] = "time: mean"
    return array.astype(np.float32)
