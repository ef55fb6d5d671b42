"""Checks the versions of limits and handling steps of a city folder."""

from collections.abc import Iterator
from datetime import date
from typing import get_args

from hub.city.check import Known, check_category, known_categories
from hub.city.folder import Folder
from hub.city.models import LimitCsvRow
from hub.city.problems import Problems
from hub.domain.categories import ANY
from hub.domain.event import Urgency
from hub.domain.tiers import LEVELS

Key = tuple[str, str, str, str]


def check_limits(folder: Folder, problems: Problems) -> None:
    """Limits: categories exist; in each version no two rows for one thing and nothing without a limit."""
    table, file = folder.limits, folder.limits.file
    categories = known_categories(folder)
    ids: dict[tuple[str, str], int] = {}
    keys: dict[str, dict[Key, int]] = {}
    for line, row in table.numbered():
        first = ids.setdefault((row["version"], row["row"]), line)
        if first != line:
            problems.add(file, line, f'row "{row["row"]}" stands in line {first} already')
        of_version = keys.setdefault(row["version"], {})
        first = of_version.setdefault((row["scheme"], row["category"], row["level"], row["urgency"]), line)
        if first != line:
            problems.add(file, line, f"is for the same category, level and urgency as line {first}")
        check_category(file, line, row["scheme"], row["category"], categories, problems)
        for message in _halves(row):
            problems.add(file, line, message)
    _check_days(folder, problems)
    if table.refused == []:
        for version, known in keys.items():
            missing = ", ".join(_uncovered(set(known)))
            if missing:
                message = f'version "{version}" has no row for a case without category, {missing}; add a row *, *'
                problems.add(file, None, message)
        if not keys:
            problems.add(file, None, "has no row")


def check_steps(folder: Folder, problems: Problems) -> None:
    """Steps: version and category exist, numbered 1, 2, … without a gap."""
    table, file = folder.steps, folder.steps.file
    categories, versions = known_categories(folder), Known(folder.limits, "version")
    numbers: dict[tuple[str, str, str], dict[int, int]] = {}
    for line, row in table.numbered():
        if row["version"] not in versions:
            problems.add(file, line, f'version "{row["version"]}" is not in limits.csv')
        check_category(file, line, row["scheme"], row["category"], categories, problems)
        lines = numbers.setdefault((row["version"], row["scheme"], row["category"]), {})
        first = lines.setdefault(row["step"], line)
        if first != line:
            problems.add(file, line, f"step {row['step']} stands in line {first} already")
    if table.refused == []:
        for lines in numbers.values():
            for expected, step in enumerate(sorted(lines), start=1):
                if step != expected:
                    problems.add(file, lines[step], f"step {step} comes where step {expected} is missing")
                    break


def _halves(row: LimitCsvRow) -> Iterator[str]:
    for clock, has_value, has_unit in (
        ("sign", row["sign_value"] is not None, row["sign_unit"] is not None),
        ("call_back", row["call_back_value"] is not None, row["call_back_unit"] is not None),
        ("total", row["total_value"] is not None, row["total_unit"] is not None),
    ):
        if has_value != has_unit:
            yield f"{clock} needs value and unit, or neither"


def _check_days(folder: Folder, problems: Problems) -> None:
    """One first day a version, and no two versions with the same."""
    table = folder.limits
    days: dict[str, tuple[date | None, int]] = {}
    for line, row in table.numbered():
        day = row.get("valid_from")
        said, first = days.setdefault(row["version"], (day, line))
        if day != said:
            message = f'valid_from {_shown(day)} differs from {_shown(said)} of version "{row["version"]}"'
            problems.add(table.file, line, f"{message} in line {first}")
    holders: dict[date | None, str] = {}
    for version, (day, line) in days.items():
        other = holders.setdefault(day, version)
        if other != version:
            message = f'version "{version}" holds from the same day as version "{other}" ({_shown(day)})'
            problems.add(table.file, line, f"{message}; give the newer one a valid_from of its own")


def _shown(day: date | None) -> str:
    return str(day) if day is not None else "none"


def _uncovered(keys: set[Key]) -> Iterator[str]:
    """For which level and urgency a version has no row without category, on which all others can fall back."""
    for level in LEVELS:
        for urgency in get_args(Urgency):
            cells = ((one, other) for one in (level, ANY) for other in (urgency, ANY))
            if not any((ANY, ANY, *cell) in keys for cell in cells):
                yield f"level {level}, urgency {urgency}"
