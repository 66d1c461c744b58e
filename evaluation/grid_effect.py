"""Daily values of gridded runs where people judge them: at the stations and in the districts, block by block."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from aqcore.errors import Fault, InputError
from aqcore.grid import Grid
from aqcore.projection import EARTH_RADIUS_M, GridType
from evaluation.days import CHINA
from evaluation.effect import DailyPair, check_same, daily_fields, with_city
from evaluation.modelled_period import Runs, check_period, daily_blocks, hours_of

Neighbourhood = Literal["cell", "mean", "max"]

FINE_CELL_M = 4000.0
"""Grids up to this cell size look at 3 x 3 cells around a station, coarser ones at its own (METHODS 11)."""

OZONE_DAILY = "O3_MDA8"

KEPT = ("day", "zone", "y", "x")
"""Coordinates of daily values; others of the outputs are not carried along."""


def site_cells(sites: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Return the cell of each site (columns lon, lat; degrees): index of `sites`, columns row, col.

    Raises
    ------
    InputError
        listing every site outside the grid.
    """
    rows, columns = grid.cell_of(sites["lon"].to_numpy(float), sites["lat"].to_numpy(float))
    outside = [str(code) for code, row in zip(sites.index, rows, strict=True) if row < 0]
    if outside:
        remedy = f"correct its lon and lat, or leave it out (grid {grid.name})"
        raise InputError([Fault(f"site {code}", "lies outside the grid", remedy) for code in outside])
    return pd.DataFrame({"row": rows, "col": columns}, index=sites.index)


def patch_radius(grid: Grid) -> int:
    """Return how many cells around a station's own are looked at: 1 (3 x 3) on grids up to 4 km, else 0."""
    metres = np.radians(1.0) * EARTH_RADIUS_M if grid.gdtyp == GridType.LAT_LON else 1.0
    return int(max(grid.xcell, grid.ycell) * metres <= FINE_CELL_M)


def site_pair(
    base: xr.Dataset,
    control: xr.Dataset,
    days: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    radius: int,
    reference_state_K: float,
    timezone: str = CHINA,
    ozone: Neighbourhood = "max",
    others: Neighbourhood = "mean",
    zone_weights: Mapping[str, float] | None = None,
) -> DailyPair:
    """Return the daily values of two runs (time, y, x) at the stations, dims (day, zone), the city last.

    `cells` is `site_cells`, `days` is `period_days`. Daily values are taken cell by cell, then over the (2 radius +
    1)^2 cells around each station: `mean`, its own `cell`, or `max`: the cell where the base is highest, in both runs -
    for MDA8 as in the US guidance on RRF. Cells beyond the edge do not count. `zone_weights` weighs the stations in
    the city's mean (0 for control sites). Gases are mass at `reference_state_K`.

    Raises
    ------
    InputError
        when the two runs differ, or `days` are not their whole days.
    """
    rows, columns, inside = _patches(base, cells, radius)

    def over_patches(runs: Runs) -> Runs:
        how = {name: ozone if name == OZONE_DAILY else others for name in map(str, runs.base)}
        parts = {name: _over_patch(runs.base[name], runs.control[name], its, inside) for name, its in how.items()}
        return Runs(*(xr.Dataset({name: part[side] for name, part in parts.items()}) for side in (0, 1)))

    runs = Runs(*(run.isel(y=rows, x=columns) for run in checked(base, control, days, timezone)))
    before, after = _streamed(runs, days, reference_state_K, timezone, over_patches)
    return DailyPair(with_city(before, zone_weights), with_city(after, zone_weights), days, zone_weights)


def zone_pair(
    base: xr.Dataset,
    control: xr.Dataset,
    days: pd.DataFrame,
    mask: xr.DataArray,
    *,
    reference_state_K: float,
    timezone: str = CHINA,
    zone_weights: Mapping[str, float] | None = None,
) -> DailyPair:
    """Return the daily values of two runs (time, y, x) in districts, dims (day, zone), the city last.

    Daily values are taken cell by cell, then as the mean over the cells weighted by `mask` (zone, y, x), the share of
    the cell in the district (`EmissionStreams.zone_mask`). Gases are mass at `reference_state_K`.

    Raises
    ------
    InputError
        when the two runs differ, `days` are not their whole days, or a district has no cell.
    """
    share = mask.drop_vars(["y", "x"], errors="ignore").fillna(0.0)
    area = share.sum(["y", "x"])
    empty = [str(zone) for zone in area["zone"].to_numpy()[area.to_numpy() <= 0]]
    if empty:
        raise InputError([Fault(f"zone {zone}", "has no cell of the grid", "widen the grid") for zone in empty])

    def over_districts(runs: Runs) -> Runs:
        return Runs(*(_zone_means(run, share / area) for run in runs))

    runs = checked(base, control, days, timezone)
    before, after = _streamed(runs, days, reference_state_K, timezone, over_districts)
    return DailyPair(with_city(before, zone_weights), with_city(after, zone_weights), days, zone_weights)


def _zone_means(run: xr.Dataset, share: xr.DataArray) -> xr.Dataset:
    cells = run.drop_vars(["y", "x"], errors="ignore")
    means = {str(name): xr.dot(values, share, dim=["y", "x"]) for name, values in cells.items()}
    return xr.Dataset({name: mean.assign_attrs(run[name].attrs) for name, mean in means.items()})


def checked(base: xr.Dataset, control: xr.Dataset, days: pd.DataFrame, timezone: str = CHINA) -> Runs:
    """Return the gridded variables of two runs (time, y, x).

    Raises
    ------
    InputError
        when they differ in times, cells or variables, or `days` are not their whole days.
    """
    check_same(base, control, ("time", "y", "x"))
    check_period(base["time"].to_numpy(), days, timezone)
    names = [name for name in base.data_vars if {"time", "y", "x"} <= set(base[name].dims)]
    return Runs(base[names], control[names])


def _streamed(
    runs: Runs, days: pd.DataFrame, reference_state_K: float, timezone: str, reduce: Callable[[Runs], Runs]
) -> Runs:
    """Return what `reduce` makes of the daily values of two runs, (day, zone), block by block."""
    daily = Runs(*(on_days(run, days, reference_state_K, timezone) for run in runs))
    blocks = [reduce(block) for _, block in daily_blocks(daily)]
    return Runs(*(xr.concat([block[side] for block in blocks], "day") for side in (0, 1)))


def on_days(run: xr.Dataset, days: pd.DataFrame, reference_state_K: float, timezone: str = CHINA) -> xr.Dataset:
    """Return the daily values of a run (`daily_fields`) on whole days of a table, lazy when the run is."""
    whole = run.isel(time=hours_of(run["time"].to_numpy(), days, timezone))
    daily = daily_fields(whole, reference_state_K, timezone)
    return daily.drop_vars([name for name in daily.coords if str(name) not in KEPT])


def _patches(run: xr.Dataset, cells: pd.DataFrame, radius: int) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Return rows and columns (zone, cell) of the patches, clipped to the grid, and which of them lie inside."""
    steps = np.arange(-radius, radius + 1)
    down, right = (part.ravel() for part in np.meshgrid(steps, steps, indexing="ij"))
    rows, columns = cells["row"].to_numpy()[:, None] + down, cells["col"].to_numpy()[:, None] + right
    height, width = run.sizes["y"], run.sizes["x"]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    zones = {"zone": [str(code) for code in cells.index]}
    parts = (np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1), inside)
    lower, left, kept = (xr.DataArray(part, dims=("zone", "cell"), coords=zones) for part in parts)
    return lower, left, kept


def _over_patch(
    base: xr.DataArray, control: xr.DataArray, how: Neighbourhood, inside: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray]:
    """Return base and control (day, zone) of (day, zone, cell)."""
    if how == "mean":
        before, after = (run.where(inside).mean("cell", keep_attrs=True) for run in (base, control))
        return before, after
    own = base.sizes["cell"] // 2
    place = base.where(inside).fillna(-np.inf).argmax("cell") if how == "max" else xr.DataArray(own)
    return base.isel(cell=place), control.isel(cell=place)
