"""Where a record says something is: administrative codes made consistent, and the location of the event."""

import re
from functools import lru_cache
from typing import NamedTuple

from connectors.sources.coordinates import Point
from connectors.sources.values import code
from hub.domain.errors import Rejected
from hub.domain.event import Location

CITY = "2302"
_COUNTY_LEVEL = "02 03 04 05 06 07 08 21 23 24 25 27 29 30 31 81"
DIVISIONS = frozenset(CITY + number for number in _COUNTY_LEVEL.split())
_LONGEST_CACHED_PATH = 64
_DIGITS = re.compile("[0-9]+")


class Place(NamedTuple):
    """Administrative codes of 6, 9, 12 and 15 digits, each within the one above."""

    division: str | None
    street: str | None
    community: str | None
    grid: str | None


NOWHERE = Place(None, None, None, None)


def place(
    division: str | None,
    street: str | None,
    community: str | None,
    grid: str | None,
    flags: set[str],
    field: str,
) -> Place:
    """The codes that hold together: missing upper levels filled from below, then each checked from above.

    Raises:
        Rejected: `unknown_division` for a division that the city does not have.
    """
    division = _of_length(division, 6, flags)
    street = _of_length(street, 9, flags)
    community = _of_length(community, 12, flags)
    grid = _of_length(grid, 15, flags)
    if community is None and grid is not None:
        community = grid[:12]
    if street is None and community is not None:
        street = community[:9]
    if division is None and street is not None:
        division = street[:6]
    if division is None:
        return NOWHERE
    if division not in DIVISIONS:
        raise Rejected("unknown_division", field, "not one of the city's 16 divisions")
    street = _within(division, street, "street", flags)
    community = _within(street or division, community, "community", flags)
    grid = _within(community or street or division, grid, "grid", flags)
    return Place(division, street, community, grid)


def place_by_path(path: str | None, flags: set[str], field: str) -> Place:
    """The codes of `2302/230202/…`; the level is told by the length, blanks around the parts are allowed."""
    given = code(path)
    if given is None:
        return NOWHERE
    read = _read_path if len(given) <= _LONGEST_CACHED_PATH else _read_path.__wrapped__
    where, found = read(given, field)
    flags |= found
    return where


@lru_cache(maxsize=8192)  # a city has some thousand communities, and each is named again and again
def _read_path(given: str, field: str) -> tuple[Place, frozenset[str]]:
    flags: set[str] = set()
    by_length: dict[int, str] = {}
    for part in filter(None, map(str.strip, given.split("/"))):
        length = len(part)
        if length == len(CITY) and _DIGITS.fullmatch(part) and part != CITY:
            raise Rejected("unknown_division", field, f"a city other than {CITY}")
        if length not in (4, 6, 9, 12, 15) or not _DIGITS.fullmatch(part) or by_length.get(length, part) != part:
            flags.add("code_bad")
        else:
            by_length[length] = part
    levels = (by_length.get(6), by_length.get(9), by_length.get(12), by_length.get(15))
    return place(*levels, flags, field), frozenset(flags)


def location(where: Place, address: str | None, point: Point) -> Location | None:
    """The location of the event; None when the record says nothing about place."""
    if where is NOWHERE and address is None and point.crs is None:
        return None
    return {
        "division": where.division,
        "street": where.street,
        "community": where.community,
        "grid": where.grid,
        "address": address,
        "lon": point.lon,
        "lat": point.lat,
        "crs": point.crs,
    }


def _of_length(given: str | None, length: int, flags: set[str]) -> str | None:
    digits = code(given)
    if digits is None:
        return None
    if len(digits) != length or not _DIGITS.fullmatch(digits):
        flags.add("code_bad")
        return None
    return digits


def _within(above: str, given: str | None, level: str, flags: set[str]) -> str | None:
    if given is None or given.startswith(above):
        return given
    flags.add(f"{level}_mismatch")
    return None
