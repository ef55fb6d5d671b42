"""Reads coordinates as they are given, never converted, with the name of their reference system."""

import math
import re
from typing import NamedTuple

from connectors.sources.values import code

_SYSTEMS = {
    "GCJ02": "GCJ02",
    "火星坐标": "GCJ02",
    "WGS84": "WGS84",
    "GPS": "WGS84",
    "CGCS2000": "CGCS2000",
    "国家2000": "CGCS2000",
    "BD09": "BD09",
    "百度": "BD09",
    "LOCAL": "LOCAL",
    "城建坐标": "LOCAL",
    "地方坐标": "LOCAL",
}
_SEPARATORS = str.maketrans("", "", "-_ ")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class Point(NamedTuple):
    """A point in degrees of the system named, or, for a local grid, its two values as sent."""

    lon: float | None
    lat: float | None
    crs: str | None
    x: str | None = None
    y: str | None = None


NO_POINT = Point(None, None, None)


def point(east: str | None, north: str | None, system: str | None, flags: set[str]) -> Point:
    """The point of two values and the name of a reference system, flagged where they cannot be relied on."""
    east, north, system = code(east), code(north), code(system)
    if east is None and north is None:
        return NO_POINT
    crs = None if system is None else _SYSTEMS.get(system.upper().translate(_SEPARATORS), "UNKNOWN")
    if crs == "LOCAL":
        return Point(None, None, crs, east, north)
    lon, lat = _decimal(east), _decimal(north)
    if lon is None or lat is None:
        flags.add("coord_bad")
        return NO_POINT
    if lon == 0 and lat == 0:
        flags.add("coord_zero")
        return NO_POINT
    if not _is_inside(lon, lat):
        if not _is_inside(lat, lon):
            flags.add("coord_out_of_area")
            return NO_POINT
        flags.add("coord_swapped")
        lon, lat = lat, lon
    if crs is None:
        flags.add("crs_missing")
    elif crs == "UNKNOWN":
        flags.add("crs_unknown")
    return Point(lon, lat, crs or "UNKNOWN")


def point_of_pair(pair: str | None, system: str, flags: set[str]) -> Point:
    """The point of one value `lng,lat`."""
    given = code(pair)
    if given is None:
        return NO_POINT
    east, comma, north = given.partition(",")
    if not comma or "," in north:
        flags.add("coord_bad")
        return NO_POINT
    return point(east.strip(), north.strip(), system, flags)


def _decimal(text: str | None) -> float | None:
    if text is None or not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _is_inside(lon: float, lat: float) -> bool:
    """Whether the point lies in the rectangle around the city."""
    return 122.0 <= lon <= 127.0 and 45.5 <= lat <= 49.2
