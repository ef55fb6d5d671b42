"""What a city's administrative codes are called."""

from collections.abc import Callable, Mapping
from pathlib import Path

from hub.city.documents import read_yaml
from hub.city.models import CityDocument, CommunityRow, StreetRow
from hub.city.problems import Problems
from hub.city.tables import read_table
from hub.domain.errors import Misconfigured

_LEVELS = (6, 9, 12)


def area_names(folder: Path) -> Mapping[str, str]:
    """Name by code: divisions (6 digits), streets (9), communities (12).

    Raises:
        Misconfigured: every problem of these three files.
    """
    problems = Problems()
    city, _ = read_yaml(folder, "city.yaml", CityDocument, problems)
    streets = read_table(folder, "streets.csv", StreetRow, problems)
    communities = read_table(folder, "communities.csv", CommunityRow, problems)
    if problems.found or city is None:
        raise Misconfigured([f"{folder}: {problem}" for problem in problems.found])
    names = {one.code: one.name for one in city.divisions}
    names |= {row["code"][:9]: row["name"] for row in streets.rows}
    names |= {row["code"]: row["name"] for row in communities.rows}
    return names


def full_name(names: Mapping[str, str]) -> Callable[[str], str]:
    """A function that names a community or grid from its division down, as far as the city has it."""

    def name(code: str) -> str:
        return "".join(names.get(code[:length], "") for length in _LEVELS if length <= len(code))

    return name
