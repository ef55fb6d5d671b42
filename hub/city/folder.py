"""A city folder as read: every table and document, before it is checked across files."""

from dataclasses import dataclass
from pathlib import Path

from hub.city.calendar import Edition, read_editions
from hub.city.documents import Lines, read_yaml
from hub.city.models import (
    CategoryRow,
    CityDocument,
    CommunityRow,
    EndpointRow,
    LevelDocument,
    LimitCsvRow,
    PolicyDocument,
    RoutingCsvRow,
    StepCsvRow,
    StreetRow,
    UnitRow,
)
from hub.city.problems import Problems
from hub.city.tables import Table, read_table


@dataclass(slots=True, frozen=True)
class PolicyFile:
    """One version of the policy; the document is None where it could not be read."""

    file: str
    document: PolicyDocument | None
    lines: Lines


@dataclass(slots=True, frozen=True)
class Folder:
    """The contents of a folder. A document is None where it could not be read (and that is a problem)."""

    path: Path
    city: CityDocument | None
    city_lines: Lines
    policies: list[PolicyFile]
    levels: LevelDocument | None
    level_lines: Lines
    editions: list[Edition]
    streets: Table[StreetRow]
    communities: Table[CommunityRow]
    units: Table[UnitRow]
    endpoints: Table[EndpointRow]
    categories: Table[CategoryRow]
    routing: Table[RoutingCsvRow]
    limits: Table[LimitCsvRow]
    steps: Table[StepCsvRow]


def read(path: Path, problems: Problems) -> Folder:
    """Reads every file of the folder; what cannot be read becomes a problem."""
    city, city_lines = read_yaml(path, "city.yaml", CityDocument, problems)
    policies = [_policy(path, file, problems) for file in _policy_files(path)]
    levels, level_lines = read_yaml(path, "level_rules.yaml", LevelDocument, problems)
    editions = read_editions(path, problems)
    return Folder(
        path=path,
        city=city,
        city_lines=city_lines,
        policies=policies,
        levels=levels,
        level_lines=level_lines,
        editions=editions,
        streets=read_table(path, "streets.csv", StreetRow, problems),
        communities=read_table(path, "communities.csv", CommunityRow, problems),
        units=read_table(path, "units.csv", UnitRow, problems),
        endpoints=read_table(path, "endpoints.csv", EndpointRow, problems),
        categories=read_table(path, "categories.csv", CategoryRow, problems),
        routing=read_table(path, "routing.csv", RoutingCsvRow, problems),
        limits=read_table(path, "limits.csv", LimitCsvRow, problems),
        steps=read_table(path, "steps.csv", StepCsvRow, problems, is_optional=True),
    )


def _policy_files(path: Path) -> list[str]:
    return ["policy.yaml", *sorted(file.name for file in path.glob("policy-*.yaml"))]


def _policy(path: Path, file: str, problems: Problems) -> PolicyFile:
    document, lines = read_yaml(path, file, PolicyDocument, problems)
    return PolicyFile(file, document, lines)
