"""The weather and the ground that natural sources feel, from MCIP's METCRO2D and GRIDCRO2D.

Values are those of the instants that MCIP states (the hours), so that the emission of a step is that of its instant, as
CMAQ takes it. Days may be given in any number of files; what precedes the modelled day feeds the means of past days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from aqcore.grid import Grid
from aqcore.ioapi_backend import grid_of
from emissions.natural.plants import LandUse, land_use_categories
from emissions.natural.soil_no import HALF_WET, soil_temperature
from emissions.shipped_tables import numbers, shipped_table

Array = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

NEEDED = ("TEMP2", "RGRND")
"""Variables of METCRO2D without which nothing can be said; LAI, SOIT1, SOIM1 with SLTYP are used where they exist."""

HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, eq=False)
class NaturalMet:
    """Hourly weather, all (time, y, x) but the times.

    `times` UTC, hour by hour; `temperature` K at 2 m; `radiation` global, W m-2; `leaf_area` index; `soil_temperature`
    K; `wetness` of the soil, 0 dry to 1 saturated. `assumed` says what was not in the files.
    """

    grid: Grid
    times: Times
    temperature: Array
    radiation: Array
    leaf_area: Array
    soil_temperature: Array
    wetness: Array
    assumed: tuple[str, ...] = ()

    def rows(self, times: Times) -> npt.NDArray[np.int64]:
        """Return the index of each time; raises `InputError` naming the hours that the met does not hold."""
        hours = np.asarray(times, dtype="datetime64[h]")
        own = self.times.astype("datetime64[h]")
        missing = [str(hour) for hour in hours if hour not in own]
        if missing:
            what = f"no met for {len(missing)} hours, the first is {missing[0]}"
            remedy = f"give METCRO2D files that hold them (now {own[0]} to {own[-1]})"
            raise InputError([Fault("natural met", what, remedy)])
        return np.searchsorted(own, hours)


def read_natural_met(metcro2d: Sequence[Path], *, leaf_area: float | None = None) -> NaturalMet:
    """Read the met of natural sources from METCRO2D files.

    Files may overlap (hour 24 of a day is hour 0 of the next): the first that holds an hour gives it. `leaf_area` is
    the leaf area index of the covered ground where the files have no LAI. Raises `InputError` with all faults: missing
    files and variables, grids that differ, hours that are not consecutive.
    """
    datasets = _opened(metcro2d)
    grid = grid_of(datasets[0])
    _check(datasets, grid, leaf_area)
    parts = [one.isel(layer=0) for one in datasets]
    joined = xr.concat(parts, "time", coords="minimal", compat="override", join="override", data_vars="all")
    times = joined["time"].to_numpy()
    order = np.unique(times, return_index=True)[1]
    times = times[order]
    if len(times) > 1 and (np.diff(times) != HOUR).any():
        gap = times[:-1][np.diff(times) != HOUR][0]
        raise InputError([Fault("natural met", f"the hours after {gap} are missing", "give the files of all days")])
    values = {name: joined[name].to_numpy()[order].astype(np.float64) for name in _wanted(joined)}
    return _met(grid, times, values, leaf_area)


def _opened(paths: Sequence[Path]) -> list[xr.Dataset]:
    faults = Faults()
    for path in paths:
        if not Path(path).is_file():
            faults.add(str(path), "no such file", "give METCRO2D files of MCIP")
    if not paths:
        faults.add("natural met", "no METCRO2D file", "give at least one")
    faults.raise_if_any()
    return [xr.open_dataset(path, engine="ioapi") for path in paths]


def _wanted(dataset: xr.Dataset) -> list[str]:
    return [name for name in (*NEEDED, "LAI", "SOIT1", "SOIM1", "SLTYP") if name in dataset]


def _check(datasets: Sequence[xr.Dataset], grid: Grid, leaf_area: float | None) -> None:
    faults = Faults()
    for one in datasets:
        place = str(one.encoding.get("source", "METCRO2D"))
        for name in NEEDED:
            if name not in one:
                faults.add(f"{place}:{name}", "variable is missing", "give a METCRO2D file of MCIP")
        if "LAI" not in one and leaf_area is None:
            faults.add(f"{place}:LAI", "variable is missing", "state the leaf area index (leaf_area)")
        for difference in grid.differences(grid_of(one)):
            faults.add(place, f"another grid than the first file: {difference}", "give files of one domain")
    faults.raise_if_any()


def _met(grid: Grid, times: Times, values: dict[str, Array], leaf_area: float | None) -> NaturalMet:
    assumed = []
    temperature = values["TEMP2"]
    if "LAI" not in values:
        assumed.append(f"leaf area index {leaf_area:g}")
    if "SOIT1" not in values:
        assumed.append("soil temperature from that of the air")
    wetness = _wetness(values)
    if wetness is None:
        assumed.append(f"soil wetness {HALF_WET:g}")
        wetness = np.full(temperature.shape, HALF_WET)
    leaves = values["LAI"] if "LAI" in values else np.full(temperature.shape, leaf_area or 0.0)
    soil = values["SOIT1"] if "SOIT1" in values else soil_temperature(temperature)
    radiation = np.maximum(values["RGRND"], 0.0)
    return NaturalMet(grid, times, temperature, radiation, leaves, soil, wetness, tuple(assumed))


def _wetness(values: dict[str, Array]) -> Array | None:
    """Return the share of its pores that the water of the top soil fills; a type without pores (rock, ice) half."""
    if "SOIM1" not in values or "SLTYP" not in values:
        return None
    table = numbers(shipped_table("soil_types.csv"), ("number", "saturation_m3_m3"))
    full = np.full(int(table["number"].max()) + 1, np.nan)
    full[table["number"].astype(int)] = table["saturation_m3_m3"]
    kinds = np.where((values["SLTYP"] > 0) & (values["SLTYP"] < len(full)), values["SLTYP"], 0).astype(np.int64)
    share = values["SOIM1"] / full[kinds]
    return np.clip(np.where(np.isfinite(share), share, HALF_WET), 0.0, 1.0)


def read_land_use(gridcro2d: Path) -> LandUse:
    """Read the land use of cells from a GRIDCRO2D file: the shares LUFRAC_01.., else the dominant category DLUSE.

    The description of the variables names classification and category (`USGS24: Urban Land`). Raises `InputError` when
    the file has neither, or another classification than those of `land_use_plants.csv`.
    """
    dataset = _opened([gridcro2d])[0].isel(layer=0, time=0, missing_dims="ignore")  # some files repeat it by hour
    names = sorted(name for name in map(str, dataset.data_vars) if name.startswith("LUFRAC_"))
    latitude = grid_of(dataset).centres()[1]
    if names:
        described = [str(dataset[name].attrs["var_desc"]).split(":", 1) for name in names]
        shares = np.stack([dataset[name].to_numpy().astype(np.float64) for name in names])
        return LandUse(described[0][0].strip(), tuple(text[-1].strip() for text in described), shares, latitude)
    if "DLUSE" not in dataset:
        what = "neither LUFRAC_01 nor DLUSE in the file"
        raise InputError([Fault(str(gridcro2d), what, "let MCIP write the land use (LUVBFL, or MCIP 4.2 and later)")])
    return _dominant(gridcro2d, dataset["DLUSE"], latitude)


def _dominant(path: Path, category: xr.DataArray, latitude: Array) -> LandUse:
    text = str(category.attrs.get("var_desc", ""))
    named = [name for name in land_use_categories() if text.rstrip().endswith(name)]
    if not named:
        remedy = did_you_mean(text.rsplit("classification", 1)[-1].strip(), land_use_categories())
        raise InputError([Fault(f"{path}:DLUSE", f"no known classification in {text!r}", remedy)])
    categories = land_use_categories()[named[0]]
    number = np.rint(category.to_numpy()).astype(np.int64)
    shares = (number[None] == np.arange(1, len(categories) + 1)[:, None, None]).astype(np.float64)
    return LandUse(named[0], categories, shares, latitude)
