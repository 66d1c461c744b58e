"""District boundaries from a shapefile (ESRI 1998 technical description; dBASE III attributes)."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from aqcore.errors import Fault, Faults, InputError
from aqcore.geojson import CODE_KEYS, NAME_KEYS, Row, district_code
from aqcore.polygon import closed_ring, polygons_of_rings

FILE_CODE = 9994
"""First word (big endian) of a .shp file."""
HEADER_BYTES = 100
"""Length of the header of a .shp file."""
POLYGON_TYPES = (5, 15, 25)
"""Shape types that hold polygons: plain, with Z, with M (Z and M stand behind the points)."""
POINTS_START = 44
"""Offset of the part table in a polygon record: type, box and two counts stand before it."""
DBF_FIELD_BYTES = 32
"""Length of the head of a dBASE file, and of each entry of its field table."""
DBF_DELETED = 0x2A
"""First byte of a deleted dBASE row."""
DBF_END = 0x0D
"""Byte that ends the dBASE field table."""


def read_shapefile(path: Path) -> list[Row]:
    """Return (code, name, polygons) of each record in degrees, in the file's own datum.

    A projected file is brought to degrees by its .prj. Attributes are read as the .cpg says, else
    as UTF-8, else as GBK. Raises `InputError` with all faults.
    """
    shapes = _shapes(path)
    attributes = _attributes(path.with_suffix(".dbf"))
    if len(shapes) != len(attributes):
        what = f"{len(shapes)} shapes but {len(attributes)} rows of attributes"
        raise InputError([Fault(str(path), what, "export .shp and .dbf together again")])
    to_degrees = _to_degrees(path.with_suffix(".prj"))
    faults = Faults()
    rows: list[Row] = []
    for number, (rings, values) in enumerate(zip(shapes, attributes, strict=True), 1):
        code = district_code(values)
        if not code:
            faults.add(f"{path}:record {number}", "no district code", f"add one of the fields {', '.join(CODE_KEYS)}")
        try:
            polygons = polygons_of_rings([closed_ring(to_degrees(ring)) for ring in rings])
        except ValueError as error:
            faults.add(f"{path}:record {number}", str(error), "give its .prj file, or export it in WGS84 degrees")
            continue
        rows.append((code, next((values[key] for key in NAME_KEYS if values.get(key)), code), polygons))
    faults.raise_if_any()
    return rows


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError([Fault(str(path), "no such file", "keep .shp and .dbf side by side")]) from None


def _shapes(path: Path) -> list[list[NDArray[np.float64]]]:
    data = _bytes(path)
    if len(data) < HEADER_BYTES or struct.unpack(">i", data[:4])[0] != FILE_CODE:
        raise InputError([Fault(str(path), "not a shapefile", "export it again as ESRI shapefile")])
    kind = struct.unpack("<i", data[32:36])[0]
    if kind not in POLYGON_TYPES:
        raise InputError([Fault(str(path), f"shapes of type {kind}", "districts are polygons (type 5, 15 or 25)")])
    try:
        return [_rings(record) for record in _records(data)]
    except (struct.error, ValueError):
        raise InputError([Fault(str(path), "the file is cut off", "copy or export it again")]) from None


def _records(data: bytes) -> Iterator[bytes]:
    """Yield the content of each record: a header of two big-endian words (number, length in 16 bits) stands before."""
    offset = HEADER_BYTES
    while offset < len(data):
        length = 2 * struct.unpack(">i", data[offset + 4 : offset + 8])[0]
        yield data[offset + 8 : offset + 8 + length]
        offset += 8 + length


def _rings(record: bytes) -> list[NDArray[np.float64]]:
    if struct.unpack("<i", record[:4])[0] == 0:
        return []
    count, total = struct.unpack("<2i", record[36:POINTS_START])
    starts = np.frombuffer(record, "<i4", count, POINTS_START)
    points = np.frombuffer(record, "<f8", 2 * total, POINTS_START + 4 * count).reshape(-1, 2)
    return [points[start:end] for start, end in zip(starts, [*starts[1:], total], strict=True)]


def _attributes(path: Path) -> list[dict[str, Any]]:
    data = _bytes(path)
    try:
        rows, header, width = struct.unpack("<I2H", data[4:12])
        fields = _fields(data)
    except (struct.error, IndexError):
        raise InputError([Fault(str(path), "not a dBASE table", "export .shp and .dbf together again")]) from None
    if len(data) < header + rows * width:
        raise InputError([Fault(str(path), "the table is cut off", "copy or export it again")])
    encoding = _encoding(path, data[header:])
    records = (data[header + row * width : header + (row + 1) * width] for row in range(rows))
    return [_values(record[1:], fields, encoding) for record in records if record[0] != DBF_DELETED]


def _fields(data: bytes) -> list[tuple[bytes, int]]:
    """Return name and width of each field of a dBASE table; raises `IndexError` when its list has no end."""
    fields, offset = [], DBF_FIELD_BYTES
    while data[offset] != DBF_END:
        fields.append((data[offset : offset + 11].split(b"\0")[0], data[offset + 16]))
        offset += DBF_FIELD_BYTES
    return fields


def _values(record: bytes, fields: list[tuple[bytes, int]], encoding: str) -> dict[str, Any]:
    values, start = {}, 0
    for name, width in fields:
        values[name.decode(encoding)] = record[start : start + width].decode(encoding).strip()
        start += width
    return values


def _encoding(path: Path, text: bytes) -> str:
    cpg = path.with_suffix(".cpg")
    if cpg.exists():
        return cpg.read_text(encoding="ascii").strip()
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "gbk"
    return "utf-8"


def _to_degrees(path: Path) -> Any:
    if not path.exists():
        return lambda ring: ring
    crs = pyproj.CRS.from_wkt(path.read_text(encoding="utf-8"))
    if crs.is_geographic:
        return lambda ring: ring
    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    return lambda ring: np.column_stack(transformer.transform(ring[:, 0], ring[:, 1]))
