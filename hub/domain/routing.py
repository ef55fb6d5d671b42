"""Who gets a case: the responsible unit from the routing table, the endpoint within it by rendezvous hashing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final

from hub.domain.categories import ANY, prefixes
from hub.domain.city import City, Endpoint, RoutingRow, Unit
from hub.domain.event import Category
from hub.domain.tiers import TIERS, Tier

DUTY_DESK: Final = "duty_desk"
NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(slots=True, frozen=True)
class Route:
    """The unit, whether no row named it (then it is a duty desk), and the row's id or `duty_desk`.

    The dispatch goes to the topic of `unit.tier`, which may be above the tier that was asked for: a duty desk
    higher up stands in, or no street is known.
    """

    unit: Unit
    no_route: bool
    row: str


def route(
    city: City,
    division: str | None,
    street: str | None,
    category: Category | None,
    tier: Tier,
    on: date,
    excluding: frozenset[str] = NOBODY,
) -> Route:
    """The unit responsible for a place and a category at a tier on a date.

    Rows are tried from specific to general: street, division, any place; within each the longest category prefix.
    `excluding` names units that already returned the case: the next row's unit gets it. Without a row it goes
    to the duty desk of the tier; a desk that is excluded or missing passes it to the desk one tier up, and the
    city's desk takes what nobody else does.
    """
    if division is not None and division in city.divisions:
        # Without a known street the table one tier up is asked: the county knows whose the matter is.
        at_tier = "county" if tier == "street" and street not in city.streets else tier
        for row in _candidates(city, division, street, category, at_tier):
            if row.unit not in excluding and row.is_valid(on):
                return Route(city.units[row.unit], no_route=False, row=row.row)
        return Route(_desk(city, division, street, tier, excluding), no_route=True, row=DUTY_DESK)
    return Route(city.desks[city.code], no_route=True, row=DUTY_DESK)


def endpoint_for(city: City, unit_code: str, case_id: str, on: date) -> Endpoint:
    """The endpoint of a unit that a case belongs to: the highest hash among those active on that day.

    A case keeps its endpoint as long as that one is active, whatever joins or leaves beside it. A unit with no
    active endpoint is stood in for by its duty desk, that one by the desk above.
    """
    unit = city.units[unit_code]
    case = case_id.encode()
    for code in (unit.code, *_desks_upward(city, unit.division, unit.street, unit.tier)):
        best = _heaviest(city, code, case, on)
        if best is not None:
            return best
    # On a day before the city's first endpoint its desk takes the case all the same: no case is without one.
    return max(city.staff[city.desks[city.code].code], key=lambda entry: weight(entry[0], case))[1]


def weight(endpoint_id: bytes, case_id: bytes) -> bytes:
    """The rendezvous weight of an endpoint for a case; the endpoint with the highest one has it."""
    return blake2b(endpoint_id + b"\0" + case_id, digest_size=8).digest() + endpoint_id


def _candidates(
    city: City, division: str, street: str | None, category: Category | None, tier: Tier
) -> Iterator[RoutingRow]:
    rows = city.rows
    scheme = category["scheme"] if category is not None else ANY
    schemes = (scheme, ANY) if scheme != ANY else (ANY,)
    codes = prefixes(city.category_code(category))
    for place in (street, division, ANY):
        if place is None:
            continue
        for code in codes:
            for named in schemes:
                found = rows.get((tier, place, named, code))
                if found is not None:
                    yield from found


def _desk(city: City, division: str, street: str | None, tier: Tier, excluding: frozenset[str]) -> Unit:
    for code in _desks_upward(city, division, street, tier):
        if code not in excluding:
            return city.units[code]
    return city.desks[city.code]


def _desks_upward(city: City, division: str | None, street: str | None, tier: Tier) -> Iterator[str]:
    """The duty desks from the tier upward; a place without one (an unknown street) is passed over."""
    for at_tier, place in zip(TIERS, (street, division, city.code), strict=True):
        if TIERS.index(at_tier) >= TIERS.index(tier) and place is not None:
            desk = city.desks.get(place)
            if desk is not None:
                yield desk.code


def _heaviest(city: City, unit_code: str, case: bytes, on: date) -> Endpoint | None:
    best: Endpoint | None = None
    heaviest = b""
    for endpoint_id, endpoint in city.staff.get(unit_code, ()):
        if endpoint.is_active(on):
            # The id behind the weight: of equal weights one wins whatever the order of the file.
            candidate = weight(endpoint_id, case)
            if candidate > heaviest:
                best, heaviest = endpoint, candidate
    return best
