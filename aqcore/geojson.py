"""District boundaries from a GeoJSON file (RFC 7946)."""

import json
from pathlib import Path
from typing import Any

from aqcore.errors import Fault, Faults, InputError
from aqcore.polygon import Polygon, closed_ring

CODE_KEYS = ("adcode", "code", "district", "district_code", "PAC", "行政区代码", "区县代码", "id", "gb")
"""Properties in which a district's code is looked for, in this order."""
NAME_KEYS = ("name", "name_zh", "NAME", "名称", "区县", "行政区")
"""Properties in which a district's name is looked for, in this order."""
DIGITS = 6
"""Length of an administrative code; GB/T 2260 codes with prefix 156 are cut to it."""

Row = tuple[str, str, tuple[Polygon, ...]]


def read_geojson(path: Path) -> list[Row]:
    """Return (code, name, polygons) of each feature, in the file's own datum.

    Raises `InputError` with all faults: no JSON, no FeatureCollection, a feature without code or
    polygon, coordinates that are no degrees.
    """
    features = _features(path)
    faults = Faults()
    rows = [row for number, feature in enumerate(features, 1) if (row := _row(path, number, feature, faults))]
    faults.raise_if_any()
    return rows


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError([Fault(str(path), "no such file", "give the path of the boundary file")]) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError([Fault(str(path), f"not JSON in UTF-8: {error}", "export it again as GeoJSON")]) from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not features:
        remedy = "give a FeatureCollection with one feature a district"
        raise InputError([Fault(str(path), "no features in the file", remedy)])
    return features


def _row(path: Path, number: int, feature: dict[str, Any], faults: Faults) -> Row | None:
    place = f"{path}:feature {number}"
    properties = feature.get("properties") or {}
    code = district_code(properties)
    if not code:
        faults.add(place, "no district code", f"give each feature one of the properties {', '.join(CODE_KEYS)}")
    name = next((str(properties[key]) for key in NAME_KEYS if properties.get(key)), code)
    try:
        polygons = _polygons(feature.get("geometry") or {})
    except (ValueError, TypeError) as error:
        faults.add(place, str(error), "give a Polygon or MultiPolygon in degrees of longitude and latitude")
        return None
    return (code, name, polygons) if code else None


def district_code(properties: dict[str, Any]) -> str:
    """Return the six-digit code among the properties of a feature, empty when there is none."""
    for key in CODE_KEYS:
        text = str(properties.get(key) or "").strip().removesuffix(".0")
        if text.isdecimal() and len(text) >= DIGITS:
            return text.removeprefix("156")[:DIGITS] if len(text) > DIGITS else text
    return ""


def _polygons(geometry: dict[str, Any]) -> tuple[Polygon, ...]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        return (_polygon(coordinates),)
    if kind == "MultiPolygon" and coordinates:
        return tuple(_polygon(part) for part in coordinates)
    raise ValueError(f"geometry {kind!r} is no polygon")


def _polygon(rings: Any) -> Polygon:
    exterior, *holes = (closed_ring(ring) for ring in rings)
    return Polygon(exterior, tuple(holes))
