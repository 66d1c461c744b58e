"""Placing: which share of each source lies in which cell of the grid, and which outside the domain.

Sources that spread alike share a *place*: area sources of one district and surrogate have one, each point source
has its own. What lies outside the grid is kept as a share, so that it can be booked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
import shapely.geometry.base as shapes

from aqcore.errors import Faults, InputError, did_you_mean
from aqcore.grid import Grid
from aqcore.projection import EARTH_RADIUS_M
from emissions.surrogates import AREA, Spread, Surrogate, Surrogates, even_spread, spread_by

POINT_TOLERANCE_KM = 2.0
"""How far a point may lie outside its stated district: generalised borders and coordinates in GCJ-02 are 0.3-0.6 km
off; more is a wrong coordinate or a wrong district."""

M_PER_KM = 1000.0

REPORT_COLUMNS = ("district", "surrogate", "used", "why", "sources", "outside")


@dataclass(frozen=True)
class Placement:
    """Shares of sources in cells.

    `weights` (place, cell): share of what is emitted at a place in each cell of the grid (row-major), a row sums to
    1 - `outside`; `outside` (place,); `place` (source,) the place of each source; `report` says for each district
    and surrogate what was used and why (columns `REPORT_COLUMNS`).
    """

    weights: sp.csr_array
    outside: np.ndarray
    place: np.ndarray
    report: pd.DataFrame

    @property
    def inside(self) -> np.ndarray:
        """Share of each source inside the grid, (source,)."""
        return np.asarray(1.0 - self.outside[self.place])

    def per_source(self) -> sp.csr_array:
        """Return the shares as (source, cell)."""
        return self.weights[self.place]


def place_sources(
    sources: pd.DataFrame,
    surrogate_of: Mapping[str, str],
    geometries: Mapping[str, shapes.BaseGeometry],
    covered: tuple[np.ndarray, np.ndarray],
    grid: Grid,
    *,
    surrogates: Surrogates,
    tolerance_km: float = POINT_TOLERANCE_KM,
) -> Placement:
    """Place the sources of an inventory on the grid.

    `sources` as in `Inventory.sources`; `surrogate_of` names the surrogate of each source class; `geometries` are
    the lon-lat polygons by district and `covered` their `district_coverage`. A surrogate that `surrogates` does not
    hold is replaced by `area`, and the report says so. Raises `InputError` with all faults: unknown districts,
    points outside their district by more than `tolerance_km`, surrogates that are zero in a district that emits.
    """
    faults = Faults()
    _known_districts(sources, geometries, faults)
    faults.raise_if_any()
    is_point = (sources["kind"] == "point").to_numpy()
    faults.extend(_points_outside(sources[is_point], geometries, tolerance_km))
    points = _point_spreads(sources[is_point], grid)
    keys = _area_keys(sources[~is_point], surrogate_of)
    spreads, report = _area_spreads(keys, geometries, covered, grid, surrogates, faults)
    faults.raise_if_any()
    place = np.empty(len(sources), dtype=np.int64)
    place[is_point] = np.arange(len(points))
    order = {key: len(points) + number for number, key in enumerate(spreads)}
    place[~is_point] = [order[key] for key in keys]
    every = [*points, *spreads.values()]
    outside = np.array([spread.outside for spread in every])
    return Placement(_matrix(every, grid), outside, place, pd.DataFrame(report, columns=list(REPORT_COLUMNS)))


def _matrix(spreads: list[Spread], grid: Grid) -> sp.csr_array:
    starts = np.cumsum([0, *(len(spread.cells) for spread in spreads)])
    cells = np.concatenate([np.empty(0, dtype=np.int64), *(spread.cells for spread in spreads)])
    shares = np.concatenate([np.empty(0), *(spread.shares for spread in spreads)])
    return sp.csr_array((shares, cells, starts), shape=(len(spreads), grid.nrows * grid.ncols))


def _known_districts(sources: pd.DataFrame, known: Mapping[str, object], faults: Faults) -> None:
    for code, rows in sources[~sources["district"].isin(list(known))].groupby("district"):
        what = f"district {code} has no polygon ({len(rows)} sources, the first is {rows.index[0]})"
        faults.add(_where(rows.iloc[0]), what, did_you_mean(str(code), known))


def _where(source: pd.Series) -> str:
    """Return the file and row of a source, its id when it came from no file."""
    row = source.get("row")
    if source.get("file") and row is not None and not pd.isna(row):
        return f"{source['file']}:{int(row)}"
    return str(source.name)


def _point_spreads(points: pd.DataFrame, grid: Grid) -> list[Spread]:
    row, column = grid.cell_of(points["lon"].to_numpy(dtype=float), points["lat"].to_numpy(dtype=float))
    empty = np.empty(0, dtype=np.int64)
    return [
        Spread(np.array([j * grid.ncols + i]), np.ones(1), 0.0) if j >= 0 else Spread(empty, np.empty(0), 1.0)
        for j, i in zip(row, column, strict=True)
    ]


def _points_outside(points: pd.DataFrame, geometries: Mapping[str, shapes.BaseGeometry], tolerance_km: float) -> Faults:
    faults = Faults()
    for code, group in points.groupby("district"):
        lon, lat = group["lon"].to_numpy(dtype=float), group["lat"].to_numpy(dtype=float)
        for number in np.flatnonzero(~shapely.contains_xy(geometries[str(code)], lon, lat)):
            distance = distance_km(geometries[str(code)], lon[number], lat[number])
            if distance > tolerance_km:
                _far_off(group.iloc[number], geometries, distance, tolerance_km, faults)
    return faults


def _far_off(
    source: pd.Series, geometries: Mapping[str, shapes.BaseGeometry], distance: float, tolerance: float, faults: Faults
) -> None:
    lon, lat = float(source["lon"]), float(source["lat"])
    holding = [code for code, geometry in geometries.items() if shapely.contains_xy(geometry, lon, lat)]
    there = f"it lies in {holding[0]}" if holding else "it lies in no district"
    what = (f"{source['name'] or source.name} ({lon:g}, {lat:g}) is {distance:.1f} km outside its district "
            f"{source['district']} (tolerance {tolerance:g} km); {there}")  # fmt: skip
    faults.add(
        _where(source), what, "correct lon, lat or district (exchanged columns? GCJ-02?), or raise the tolerance"
    )


def distance_km(geometry: shapes.BaseGeometry, lon: float, lat: float) -> float:
    """Return the distance (km) of a point (degrees) to a lon-lat polygon, 0 inside it.

    On the plane that touches the sphere at the point's latitude; good to 1 % within some 100 km.
    """
    metres = np.radians(EARTH_RADIUS_M)
    scale = np.array([metres * np.cos(np.radians(lat)), metres])
    local = shapely.transform(geometry, lambda corners: (corners - [lon, lat]) * scale)
    return float(shapely.distance(local, shapely.Point(0.0, 0.0))) / M_PER_KM


def _area_keys(sources: pd.DataFrame, surrogate_of: Mapping[str, str]) -> list[tuple[str, str]]:
    names = sources["source_class"].map(dict(surrogate_of)).fillna(AREA).replace("", AREA)
    return list(zip(sources["district"].astype(str), names, strict=True))


def _area_spreads(
    keys: Iterable[tuple[str, str]],
    geometries: Mapping[str, shapes.BaseGeometry],
    covered: tuple[np.ndarray, np.ndarray],
    grid: Grid,
    surrogates: Surrogates,
    faults: Faults,
) -> tuple[dict[tuple[str, str], Spread], list[tuple[object, ...]]]:
    codes = list(geometries)
    spreads: dict[tuple[str, str], Spread] = {}
    report: list[tuple[object, ...]] = []
    for (code, name), sources in Counter(keys).items():
        zone = codes.index(code)
        even = even_spread(covered[0][zone], float(covered[1][zone]))
        try:
            spread, used, why = _choose(name, surrogates.get(name), geometries[code], grid, even)
        except InputError as error:
            faults.extend(error.faults)
            continue
        if spread is None:
            what = f"it is zero all over district {code}, where {sources} sources need it"
            faults.add(f"surrogate {name}", what, "complete it there, or let it fall back: or_area = true")
            continue
        spreads[code, name] = spread
        report.append((code, name, used, why, sources, spread.outside))
    return spreads, report


def _choose(
    name: str, surrogate: Surrogate | None, geometry: shapes.BaseGeometry, grid: Grid, even: Spread
) -> tuple[Spread | None, str, str]:
    """Return the spread of a district, the surrogate that was used and the reason."""
    if name == AREA:
        return even, AREA, "the class asks for it"
    if surrogate is None:
        return even, AREA, f"no data for {name} were given"
    spread = spread_by(surrogate.data, geometry, grid)
    if spread is not None:
        return spread, name, surrogate.source or "the class asks for it"
    return (even if surrogate.or_area else None), AREA, f"{name} is zero here and allows area"
