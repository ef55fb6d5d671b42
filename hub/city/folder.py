"""A city folder as read: every table and document, before it is checked across files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hub.city.documents import Lines, read_json, read_yaml
from hub.city.models import (
    CalendarDocument,
    CategoryRow,
    CityDocument,
    CommunityRow,
    EndpointRow,
    LevelDocument,
    LimitCsvRow,
    PolicyDocument,
    RoutingCsvRow,
    StreetRow,
    UnitRow,
)
from hub.city.problems import Problems
from hub.city.tables import Table, read_table


@dataclass(slots=True, frozen=True)
class Folder:
    """The contents of a folder. A document is None where it could not be read (and that is a problem)."""

    city: CityDocument | None
    city_lines: Lines
    policy: PolicyDocument | None
    policy_lines: Lines
    levels: LevelDocument | None
    level_lines: Lines
    calendars: dict[str, CalendarDocument]
    calendar_version: str
    streets: Table[StreetRow]
    communities: Table[CommunityRow]
    units: Table[UnitRow]
    endpoints: Table[EndpointRow]
    categories: Table[CategoryRow]
    routing: Table[RoutingCsvRow]
    limits: Table[LimitCsvRow]


def read(path: Path, problems: Problems) -> Folder:
    """Reads every file of the folder; what cannot be read becomes a problem."""
    city, city_lines = read_yaml(path, "city.yaml", CityDocument, problems)
    policy, policy_lines = read_yaml(path, "policy.yaml", PolicyDocument, problems)
    levels, level_lines = read_yaml(path, "level_rules.yaml", LevelDocument, problems)
    calendars, calendar_version = _calendars(path, problems)
    return Folder(
        city=city,
        city_lines=city_lines,
        policy=policy,
        policy_lines=policy_lines,
        levels=levels,
        level_lines=level_lines,
        calendars=calendars,
        calendar_version=calendar_version,
        streets=read_table(path, "streets.csv", StreetRow, problems),
        communities=read_table(path, "communities.csv", CommunityRow, problems),
        units=read_table(path, "units.csv", UnitRow, problems),
        endpoints=read_table(path, "endpoints.csv", EndpointRow, problems),
        categories=read_table(path, "categories.csv", CategoryRow, problems),
        routing=read_table(path, "routing.csv", RoutingCsvRow, problems),
        limits=read_table(path, "limits.csv", LimitCsvRow, problems),
    )


def _calendars(path: Path, problems: Problems) -> tuple[dict[str, CalendarDocument], str]:
    """The calendar files by name, and a version that any changed byte changes."""
    found: dict[str, CalendarDocument] = {}
    digest = hashlib.blake2b(digest_size=4)
    files = sorted((path / "calendar").glob("*.json"))
    if not files:
        problems.add("calendar", None, "holds no <year>.json")
    for file in files:
        name = f"calendar/{file.name}"
        document = read_json(path, name, CalendarDocument, problems)
        digest.update(file.read_bytes())
        if document is not None:
            found[name] = document
    return found, f"{'+'.join(file.stem for file in files)}.{digest.hexdigest()}"
