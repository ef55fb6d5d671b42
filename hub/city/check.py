"""Checks the places, units, endpoints and categories of a city folder against each other."""

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from hub.city.folder import Folder
from hub.city.problems import Problems
from hub.city.tables import Table
from hub.domain.categories import ANY


class Known:
    """The names a table gives to others; a table that could not be read is taken to hold every name."""

    def __init__(self, table: Table[Any], column: str, cut: int | None = None) -> None:
        self._all = table.refused is None
        rows = [*table.rows, *(table.refused or [])]
        self._names = {row[column][:cut] for row in rows}

    def __contains__(self, name: object) -> bool:
        return self._all or name in self._names


def check_places(folder: Folder, problems: Problems) -> None:
    """Divisions, streets and communities: codes within each other, none twice."""
    divisions = known_divisions(folder)
    streets = Known(folder.streets, "code", 9)
    _once(folder.streets, lambda row: row["code"], "code", problems)
    _once(folder.communities, lambda row: row["code"], "code", problems)
    if folder.city is not None:
        _check_city(folder, problems)
    for line, street in folder.streets.numbered():
        if divisions is not None and street["code"][:6] not in divisions:
            problems.add("streets.csv", line, f'code "{street["code"]}" begins with no division of city.yaml')
    for line, community in folder.communities.numbered():
        if community["code"][:9] not in streets:
            problems.add(
                "communities.csv", line, f'code "{community["code"]}" begins with no street of streets.csv'
            )


def known_divisions(folder: Folder) -> set[str] | None:
    """The codes of the divisions, None where city.yaml could not be read."""
    return {division.code for division in folder.city.divisions} if folder.city else None


def known_categories(folder: Folder) -> set[tuple[str, str]] | None:
    """Scheme and code of the categories, None where categories.csv could not be read."""
    table = folder.categories
    if table.refused is None:
        return None
    good = {(row["scheme"], row["code"]) for row in table.rows}
    return good | {(cells["scheme"], cells["code"]) for cells in table.refused}


def check_category(
    file: str, line: int, scheme: str, category: str, categories: set[tuple[str, str]] | None, problems: Problems
) -> None:
    """The category that a row of another table is for."""
    if scheme == ANY or category == ANY:
        if scheme == ANY and category != ANY:
            problems.add(file, line, f'category "{category}" needs its scheme')
        elif scheme != ANY and categories is not None and all(known[0] != scheme for known in categories):
            problems.add(file, line, f'scheme "{scheme}" is not in categories.csv')
    elif categories is not None and (scheme, category) not in categories:
        problems.add(file, line, f'category "{scheme}:{category}" is not in categories.csv')


def check_units(folder: Folder, problems: Problems) -> None:
    """Units: place fits the tier; every place has its one duty desk."""
    divisions = known_divisions(folder)
    streets = Known(folder.streets, "code", 9)
    _once(folder.units, lambda row: row["code"], "code", problems)
    desks: Counter[str | None] = Counter()
    for line, unit in folder.units.numbered():
        division, street = unit["division"], unit["street"]
        due = {"city": (False, False), "county": (True, False), "street": (True, True)}[unit["tier"]]
        if (division is not None, street is not None) != due:
            wanted = {"city": "neither division nor street", "county": "a division only", "street": "both"}
            problems.add(
                "units.csv", line, f"tier {unit['tier']} needs {wanted[unit['tier']]} of division and street"
            )
        if division is not None and divisions is not None and division not in divisions:
            problems.add("units.csv", line, f'division "{division}" is not in city.yaml')
        if street is not None and street not in streets:
            problems.add("units.csv", line, f'street "{street}" is not in streets.csv')
        elif street is not None and street[:6] != division:
            problems.add("units.csv", line, f'street "{street}" is not in division "{division}"')
        if unit["kind"] == "duty_desk":
            desks[street or division] += 1
    if folder.units.refused == []:
        _check_desks(folder, desks, problems)


def check_endpoints(folder: Folder, problems: Problems) -> None:
    """Endpoints: the unit exists, dates in order; every duty desk has one that stays."""
    units = Known(folder.units, "code")
    _once(folder.endpoints, lambda row: row["endpoint"], "endpoint", problems)
    lasting: set[str] = set()
    for line, endpoint in folder.endpoints.numbered():
        if endpoint["unit"] not in units:
            problems.add("endpoints.csv", line, f'unit "{endpoint["unit"]}" is not in units.csv')
        ends = endpoint["active_to"]
        if ends is None:
            lasting.add(endpoint["unit"])
        elif ends < endpoint["active_from"]:
            problems.add("endpoints.csv", line, f"active to {ends} is before active from {endpoint['active_from']}")
    if folder.endpoints.refused == []:
        for line, unit in folder.units.numbered():
            if unit["kind"] == "duty_desk" and unit["code"] not in lasting:
                message = f'duty desk "{unit["code"]}" has no endpoint without an end in endpoints.csv'
                problems.add("units.csv", line, message)


def check_categories(folder: Folder, problems: Problems) -> None:
    """Categories: the level above is a row as well; of two last levels no two have one path."""
    table = folder.categories
    _once(table, lambda row: (row["scheme"], row["code"]), "code", problems)
    nodes = {(row["scheme"], row["code"]): row["path"] for row in table.rows}
    for line, row in table.numbered():
        above = row["path"].rpartition("->")[0]
        code = row["code"]
        upper = any(nodes.get((row["scheme"], code[:n])) == above for n in range(1, len(code)))
        if above and not upper and table.refused == []:
            problems.add(
                table.file, line, f'path "{row["path"]}": no row above it, "{above}" with a code before {code}'
            )
    inner = {(row["scheme"], row["path"].rpartition("->")[0]) for row in table.rows}
    leaves = [(line, row) for line, row in table.numbered() if (row["scheme"], row["path"]) not in inner]
    seen: dict[tuple[str, str], int] = {}
    for line, row in leaves:
        first = seen.setdefault((row["scheme"], row["path"]), line)
        if first != line:
            problems.add(table.file, line, f'path "{row["path"]}" stands in line {first} already')


def _check_city(folder: Folder, problems: Problems) -> None:
    city = folder.city
    assert city is not None
    counts = Counter(division.code for division in city.divisions)
    for number, division in enumerate(city.divisions):
        line = folder.city_lines.of(("divisions", number))
        if not division.code.startswith(city.code):
            problems.add(
                "city.yaml", line, f'division "{division.code}" does not begin with the city\'s code {city.code}'
            )
        if counts[division.code] > 1:
            problems.add("city.yaml", line, f'division "{division.code}" stands {counts[division.code]} times')
    for name, (low, high) in (("lon", city.area.lon), ("lat", city.area.lat)):
        if low >= high:
            problems.add(
                "city.yaml", folder.city_lines.of(("area", name)), f"area.{name} must be [smallest, largest]"
            )


def _check_desks(folder: Folder, desks: Counter[str | None], problems: Problems) -> None:
    places: list[str | None] = [None]
    places += [division.code for division in folder.city.divisions] if folder.city else []
    places += [street["code"][:9] for street in folder.streets.rows]
    for place in places:
        if desks[place] != 1:
            where = f'"{place}"' if place else "the city"
            problems.add("units.csv", None, f"{where} has {desks[place]} units of kind duty_desk, needs 1")


def _once(table: Table[Any], key: Callable[[Any], Hashable], name: str, problems: Problems) -> None:
    first: dict[Hashable, int] = {}
    for line, row in table.numbered():
        at = first.setdefault(key(row), line)
        if at != line:
            problems.add(table.file, line, f'{name} "{row[name]}" stands in line {at} already')
