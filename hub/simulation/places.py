"""Where things happen: divisions, streets, communities, and addresses in them."""

from dataclasses import dataclass
from random import Random

from hub.domain.city import City

# Divisions by code: weight of their share of cases, and the centre of the built-up area (GCJ-02).
_KNOWN: dict[str, tuple[int, float | None, float | None]] = {
    "230202": (18, 123.957, 47.317),
    "230203": (17, 123.955, 47.354),
    "230204": (16, 123.979, 47.340),
    "230205": (5, 123.822, 47.155),
    "230206": (9, 123.629, 47.208),
    "230207": (3, 122.887, 47.517),
    "230208": (4, 123.753, 47.309),
    "230221": (5, 123.205, 47.338),
    "230223": (4, 125.306, 47.893),
    "230224": (3, 123.416, 46.393),
    "230225": (4, 123.507, 47.922),
    "230227": (3, 124.473, 47.774),
    "230229": (4, 125.875, 48.037),
    "230230": (3, 126.248, 48.042),
    "230231": (4, 126.100, 47.595),
    "230281": (8, 124.884, 48.466),
}
_OTHER: tuple[int, float | None, float | None] = (3, None, None)
_ROADS = (
    "松涛路",
    "文昌路",
    "向阳街",
    "建设大街",
    "铁西路",
    "华丰路",
    "道北街",
    "江岸路",
    "鹤鸣路",
    "平安街",
    "学府路",
)
_ESTATES = (
    "松涛小区",
    "光荣里",
    "鹤城家园",
    "江畔新村",
    "育才小区",
    "百合园",
    "工农社区",
    "锦绣苑",
    "银河小区",
    "福安里",
)


@dataclass(slots=True, frozen=True)
class Street:
    """A street or town with its communities (codes of 9 and 12 digits)."""

    code: str
    name: str
    communities: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Division:
    """A county-level division with its streets."""

    code: str
    name: str
    streets: tuple[Street, ...]


@dataclass(slots=True, frozen=True)
class Place:
    """A spot in the city; codes of 6, 9, 12 and 15 digits."""

    division: str
    division_name: str
    street: str
    community: str
    grid: str
    estate: str
    address: str
    lon: float | None
    lat: float | None


class Gazetteer:
    """Draws places from the divisions of a city, busier divisions more often."""

    def __init__(self, divisions: list[Division]) -> None:
        self.divisions = divisions
        self._weights = [_KNOWN.get(division.code, _OTHER)[0] for division in divisions]
        self._by_code = {division.code: division for division in divisions}

    @classmethod
    def of(cls, city: City) -> "Gazetteer":
        """The divisions of a city folder that have a street with a community."""
        communities: dict[str, list[str]] = {}
        for code in city.communities:
            communities.setdefault(code[:9], []).append(code)
        streets: dict[str, list[Street]] = {}
        for code, street in city.streets.items():
            if code[:9] in communities:
                found = Street(code[:9], street.name, tuple(communities[code[:9]]))
                streets.setdefault(street.division, []).append(found)
        return cls(
            [
                Division(division.code, division.name, tuple(streets[division.code]))
                for division in city.divisions.values()
                if division.code in streets
            ]
        )

    def place(self, random: Random, within: tuple[str, ...] = ()) -> Place:
        """A random spot, of one of the divisions `within` where some are given."""
        if within:
            division = self._by_code[random.choice(within)]
        else:
            division = random.choices(self.divisions, self._weights)[0]
        street = random.choice(division.streets)
        community = random.choice(street.communities)
        estate = random.choice(_ESTATES)
        _, lon, lat = _KNOWN.get(division.code, _OTHER)
        return Place(
            division.code,
            division.name,
            street.code,
            community,
            f"{community}{random.randrange(1, 30):03d}",
            estate,
            f"{division.name}{street.name}{random.choice(_ROADS)}{random.randrange(1, 300)}号",
            None if lon is None else round(lon + random.uniform(-0.04, 0.04), 6),
            None if lat is None else round(lat + random.uniform(-0.03, 0.03), 6),
        )

    def busiest(self, count: int) -> tuple[str, ...]:
        """Codes of the divisions with most cases."""
        ordered = sorted(zip(self._weights, self._by_code, strict=True), key=lambda pair: -pair[0])
        return tuple(code for _, code in ordered[:count])
