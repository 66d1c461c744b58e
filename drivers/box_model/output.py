"""The box model's output in the common schema: (time, zone), gases ppb, aerosol ug m-3, 24 local hours of each day."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

Array = npt.NDArray[np.float64]

INPUT, RUN, OUTPUT, DONE = "input.nc", "run.json", "output.nc", "done.json"
"""Files of a run directory."""
CHEMICAL = {
    "O3": "ozone",
    "NO": "nitric oxide",
    "NO2": "nitrogen dioxide",
    "NOx": "nitrogen oxides (NO + NO2)",
    "CO": "carbon monoxide",
    "SO2": "sulfur dioxide",
    "HNO3": "nitric acid",
    "NH3": "ammonia",
    "HONO": "nitrous acid",
    "H2O2": "hydrogen peroxide",
    "PAN": "peroxyacetyl nitrate",
    "FORM": "formaldehyde",
    "ISOP": "isoprene",
    "TOL": "toluene and other monoalkyl aromatics",
    "OH": "hydroxyl radical",
    "HO2": "hydroperoxyl radical",
}
AEROSOL = {
    "PM25": "fine particles",
    "PM25_SO4": "sulfate in fine particles",
    "PM25_NO3": "nitrate in fine particles",
    "PM25_NH4": "ammonium in fine particles",
    "PM25_OC": "organic carbon in fine particles",
    "PM25_EC": "elemental carbon in fine particles",
    "PM25_OM": "organic matter in fine particles",
    "PM25_SOA": "secondary part of the organic matter",
    "PM25_OTHER": "mineral and unspecified matter in fine particles",
    "PM10": "particles up to 10 um",
}
MET = {"T": ("K", "air temperature"), "P": ("Pa", "air pressure"), "PBLH": ("m", "height of the mixed layer")}
NANOSECONDS = "datetime64[ns]"


def output_dataset(inputs: xr.Dataset, values: Mapping[str, Array], *, scenario: str, history: str) -> xr.Dataset:
    """Return the common schema from variables (day, hour, zone) of one run.

    `time` is the UTC start of each hour with `time_bounds`; `day`, `hour` (local) and `label` tell which modelled day
    an hour belongs to, because days need not adjoin and typical days may share a date.
    """
    days, hours, zones = next(iter(values.values())).shape
    midnight = inputs["midnight_utc"].isel(which=-1).to_numpy().astype(NANOSECONDS)
    offsets = np.arange(hours).astype("timedelta64[h]").astype("timedelta64[ns]")
    time = (midnight[:, None] + offsets).ravel()
    hour = np.timedelta64(1, "h").astype("timedelta64[ns]")
    coords = {
        "time": ("time", time, {"standard_name": "time", "bounds": "time_bounds"}),
        "zone": ("zone", [str(zone) for zone in inputs["zone"].to_numpy()], {"long_name": "district code"}),
        "day": ("time", np.repeat(np.arange(days), hours), {"long_name": "number of the modelled day"}),
        "hour": ("time", np.tile(np.arange(hours), days), {"long_name": "local hour, start", "units": "h"}),
        "label": ("time", np.repeat([str(x) for x in inputs["day_label"].to_numpy()], hours)),
        "season": ("time", np.repeat([str(x) for x in inputs["day_season"].to_numpy()], hours)),
        "weight": ("time", np.repeat(inputs["day_weight"].to_numpy().astype(np.float64), hours), {"units": "days"}),
    }
    attributes = {name: {"units": "ppb", "long_name": text} for name, text in CHEMICAL.items()}
    attributes |= {name: {"units": "ug m-3", "long_name": text} for name, text in AEROSOL.items()}
    attributes |= {name: {"units": unit, "long_name": text} for name, (unit, text) in MET.items()}
    variables = {
        name: (("time", "zone"), values[name].reshape(days * hours, zones).astype(np.float32), its)
        for name, its in attributes.items()
    }
    bounds = xr.DataArray(np.stack([time, time + hour], 1), dims=("time", "bound"))
    about = {
        "Conventions": "CF-1.11",
        "title": f"Box model, scenario {scenario}",
        "source": "drivers.box_model",
        "scenario": scenario,
        "history": history,
        "cell_methods": "time: mean",
    }
    return xr.Dataset({**variables, "time_bounds": bounds}, coords, about)


def write_output(folder: Path, dataset: xr.Dataset) -> None:
    """Write `output.nc` so that a reader sees the whole file or none."""
    part = folder / f".{OUTPUT}.part"
    compressed: dict[str, dict[str, Any]] = {str(name): {"zlib": True, "complevel": 1} for name in dataset.data_vars}
    for name in ("time", "time_bounds"):
        compressed.setdefault(name, {})["units"] = "hours since 2000-01-01 00:00:00"
        compressed[name]["dtype"] = "int64"
    dataset.to_netcdf(part, encoding=compressed)
    part.replace(folder / OUTPUT)


def read_output(folder: Path) -> xr.Dataset:
    """Return the output of a run directory, lazily."""
    return xr.open_dataset(folder / OUTPUT)


def daily(dataset: xr.Dataset, variable: str) -> xr.DataArray:
    """Return a variable of an output as (day, hour, zone), the local hours of each modelled day."""
    hours = len(np.unique(dataset["hour"].to_numpy()))
    values = dataset[variable].transpose("time", "zone").to_numpy()
    days = values.shape[0] // hours
    coords = {"day": np.arange(days), "hour": np.arange(hours), "zone": dataset["zone"].to_numpy()}
    return xr.DataArray(values.reshape(days, hours, -1), coords, ("day", "hour", "zone"), variable)
