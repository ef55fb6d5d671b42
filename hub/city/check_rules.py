"""Checks routing, limits, level rules, policy and calendar of a city folder against the rest of it."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import get_args

from hub.city.check import Known, known_divisions
from hub.city.folder import Folder
from hub.city.models import RoutingCsvRow, UnitRow
from hub.city.problems import Problems
from hub.domain.categories import ANY, prefixes
from hub.domain.event import Urgency
from hub.domain.tiers import LEVELS


def check_routing(folder: Folder, problems: Problems) -> None:
    """Routing: unit, place and category exist and fit, dates in order, no two rows for one thing at one time."""
    table, file = folder.routing, folder.routing.file
    units = {unit["code"]: unit for unit in folder.units.rows}
    known_units, streets = Known(folder.units, "code"), Known(folder.streets, "code", 9)
    categories, divisions = _categories(folder), known_divisions(folder)
    ids: dict[str, int] = {}
    same: dict[tuple[object, ...], list[tuple[date, date, int]]] = {}
    for line, row in table.numbered():
        first = ids.setdefault(row["row"], line)
        if first != line:
            problems.add(file, line, f'row "{row["row"]}" stands in line {first} already')
        if row["unit"] not in known_units:
            problems.add(file, line, f'unit "{row["unit"]}" is not in units.csv')
        elif row["unit"] in units:
            for message in _misfits(row, units[row["unit"]]):
                problems.add(file, line, message)
        if row["division"] != ANY and divisions is not None and row["division"] not in divisions:
            problems.add(file, line, f'division "{row["division"]}" is not in city.yaml')
        if row["street"] != ANY and row["street"] not in streets:
            problems.add(file, line, f'street "{row["street"]}" is not in streets.csv')
        elif row["street"] != ANY and row["street"][:6] != row["division"]:
            problems.add(file, line, f'street "{row["street"]}" is not in division "{row["division"]}"')
        _check_category(file, line, row["scheme"], row["category"], categories, problems)
        until = row["valid_to"] or date.max
        if until < row["valid_from"]:
            problems.add(file, line, f"valid to {until} is before valid from {row['valid_from']}")
            continue
        place = (row["division"], row["street"])
        key = (*place, row["scheme"], row["category"], row["tier"], row["priority"])
        same.setdefault(key, []).append((row["valid_from"], until, line))
    for spans in same.values():
        last, holder = date.min, 0
        for since, until, line in sorted(spans):
            if holder and since <= last:
                problems.add(
                    file, line, f"holds at the same time for the same as line {holder}; set dates or priority"
                )
            if until >= last:
                last, holder = until, line


def check_limits(folder: Folder, problems: Problems) -> None:
    """Limits: categories exist, one version, no two rows for one thing, nothing without a limit."""
    table, file = folder.limits, folder.limits.file
    categories = _categories(folder)
    ids: dict[str, int] = {}
    keys: dict[tuple[str, str, str, str], int] = {}
    version = table.rows[0]["version"] if table.rows else ""
    for line, row in table.numbered():
        first = ids.setdefault(row["row"], line)
        if first != line:
            problems.add(file, line, f'row "{row["row"]}" stands in line {first} already')
        key = (row["scheme"], row["category"], row["level"], row["urgency"])
        first = keys.setdefault(key, line)
        if first != line:
            problems.add(file, line, f"is for the same category, level and urgency as line {first}")
        _check_category(file, line, row["scheme"], row["category"], categories, problems)
        if (row["total_value"] is None) != (row["total_unit"] is None):
            problems.add(file, line, "total needs value and unit, or neither")
        if row["version"] != version:
            problems.add(file, line, f'version "{row["version"]}" differs from "{version}" of the first row')
    if table.refused == []:
        for missing in _uncovered(set(keys), categories or set()):
            problems.add(file, None, f"no row for {missing}")


def check_levels(folder: Folder, problems: Problems) -> None:
    """Level rules: ids once, categories and divisions exist."""
    if folder.levels is None:
        return
    categories, divisions = _categories(folder), known_divisions(folder)
    ids: set[str] = set()
    for number, rule in enumerate(folder.levels.rules):
        line = folder.level_lines.of(("rules", number))
        if rule.id in ids:
            problems.add("level_rules.yaml", line, f'rule id "{rule.id}" stands twice')
        ids.add(rule.id)
        line = folder.level_lines.of(("rules", number, "when", "category"))
        for prefix in rule.when.category:
            if categories is not None and tuple(prefix.split(":", 1)) not in categories:
                problems.add("level_rules.yaml", line, f'category "{prefix}" is not in categories.csv')
        line = folder.level_lines.of(("rules", number, "when", "division"))
        for division in rule.when.division:
            if divisions is not None and division not in divisions:
                problems.add("level_rules.yaml", line, f'division "{division}" is not in city.yaml')


def check_policy(folder: Folder, problems: Problems) -> None:
    """Policy: office hours in order and apart."""
    if folder.policy is None:
        return
    hours = [hour for pair in folder.policy.office_hours for hour in pair]
    if any(later <= earlier for earlier, later in pairwise(hours)):
        line = folder.policy_lines.of(("office_hours",))
        problems.add(
            "policy.yaml", line, "office_hours must be pairs [opening, closing] in order, apart from each other"
        )


def check_calendar(folder: Folder, problems: Problems) -> None:
    """Calendar: the file's name is its year, a date says one thing only."""
    said: dict[date, tuple[bool, str]] = {}
    for file, document in folder.calendars.items():
        if file != f"calendar/{document.year}.json":
            problems.add(file, None, f"year {document.year} is not the file's name")
        for day in document.days:
            off, first = said.setdefault(day.date, (day.isOffDay, file))
            if off != day.isOffDay:
                problems.add(file, None, f"{day.date} is a day off and a workday (see {first})")


def _misfits(row: RoutingCsvRow, unit: UnitRow) -> Iterator[str]:
    """Where the unit of a row is not one for its tier and place."""
    if unit["tier"] != row["tier"]:
        yield f'unit "{unit["code"]}" is of tier {unit["tier"]}, the row of tier {row["tier"]}'
    if unit["division"] not in (None, row["division"]):
        yield f'unit "{unit["code"]}" is of division "{unit["division"]}", the row of "{row["division"]}"'
    elif unit["street"] not in (None, row["street"]):
        yield f'unit "{unit["code"]}" is of street "{unit["street"]}", the row of "{row["street"]}"'


def _categories(folder: Folder) -> set[tuple[str, str]] | None:
    table = folder.categories
    if table.refused is None:
        return None
    good = {(row["scheme"], row["code"]) for row in table.rows}
    return good | {(cells["scheme"], cells["code"]) for cells in table.refused}


def _check_category(
    file: str, line: int, scheme: str, category: str, categories: set[tuple[str, str]] | None, problems: Problems
) -> None:
    if scheme == ANY or category == ANY:
        if scheme == ANY and category != ANY:
            problems.add(file, line, f'category "{category}" needs its scheme')
        elif scheme != ANY and categories is not None and all(known[0] != scheme for known in categories):
            problems.add(file, line, f'scheme "{scheme}" is not in categories.csv')
    elif categories is not None and (scheme, category) not in categories:
        problems.add(file, line, f'category "{scheme}:{category}" is not in categories.csv')


def _uncovered(keys: set[tuple[str, str, str, str]], categories: set[tuple[str, str]]) -> Iterator[str]:
    """What no row gives a limit for: first a case without a category, then each category."""
    for level in LEVELS:
        for urgency in get_args(Urgency):
            cells = [(one, other) for one in (level, ANY) for other in (urgency, ANY)]
            if any((ANY, ANY, *cell) in keys for cell in cells):
                continue
            yield f"a case without category, level {level}, urgency {urgency}; add a row *, *"
            for scheme, code in sorted(categories):
                tried = ((named, prefix) for prefix in prefixes(code) for named in (scheme, ANY))
                if not any((*place, *cell) in keys for place in tried for cell in cells):
                    yield f'category "{scheme}:{code}", level {level}, urgency {urgency}'
