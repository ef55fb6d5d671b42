"""Checks routing and level rules of a city folder against the rest of it."""

from collections.abc import Iterator
from datetime import date

from hub.city.check import Known, check_category, known_categories, known_divisions
from hub.city.folder import Folder
from hub.city.models import RoutingCsvRow, UnitRow
from hub.city.problems import Problems
from hub.domain.categories import ANY


def check_routing(folder: Folder, problems: Problems) -> None:
    """Routing: unit, place and category exist and fit, dates in order, no two rows for one thing at one time."""
    table, file = folder.routing, folder.routing.file
    units = {unit["code"]: unit for unit in folder.units.rows}
    known_units, streets = Known(folder.units, "code"), Known(folder.streets, "code", 9)
    categories, divisions = known_categories(folder), known_divisions(folder)
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
        check_category(file, line, row["scheme"], row["category"], categories, problems)
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


def check_levels(folder: Folder, problems: Problems) -> None:
    """Level rules: ids once, categories and divisions exist."""
    if folder.levels is None:
        return
    categories, divisions = known_categories(folder), known_divisions(folder)
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


def _misfits(row: RoutingCsvRow, unit: UnitRow) -> Iterator[str]:
    """Where the unit of a row is not one for its tier and place."""
    if unit["tier"] != row["tier"]:
        yield f'unit "{unit["code"]}" is of tier {unit["tier"]}, the row of tier {row["tier"]}'
    if unit["division"] not in (None, row["division"]):
        yield f'unit "{unit["code"]}" is of division "{unit["division"]}", the row of "{row["division"]}"'
    elif unit["street"] not in (None, row["street"]):
        yield f'unit "{unit["code"]}" is of street "{unit["street"]}", the row of "{row["street"]}"'
