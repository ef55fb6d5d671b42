"""Working time from a folder of calendar files, or from the city folder."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from hub.city.calendar import calendar_version, work_calendar
from hub.city.documents import read_json, read_yaml
from hub.city.models import CalendarDocument, PolicyDocument
from hub.city.problems import Problems
from hub.domain.calendar import WorkCalendar
from hub.domain.errors import Misconfigured
from hub.domain.office import DEFAULT_OFFICE_HOURS

_YEAR_FILES = "[0-9][0-9][0-9][0-9].json"


def read_calendar(folder: Path) -> WorkCalendar:
    """The calendar of a folder's `<year>.json`; other files are none of its business."""
    problems = Problems()
    files = sorted(folder.glob(_YEAR_FILES)) if folder.is_dir() else []
    if not files:
        raise Misconfigured([f"{folder}: holds no <year>.json; give the folder of calendar files, as 2026.json"])
    documents = {file.name: read_json(folder, file.name, CalendarDocument, problems) for file in files}
    found = {name: document for name, document in documents.items() if document is not None}
    for name, document in found.items():
        if name != f"{document.year}.json":
            problems.add(name, None, f"year {document.year} is not the file's name")
    _check_agreement(found.items(), problems)
    if problems.found:
        raise Misconfigured([f"{folder}: {problem}" for problem in problems.found])
    return work_calendar(found.values(), calendar_version({file.name: file.read_bytes() for file in files}))


def read_office_hours(city_folder: Path) -> tuple[tuple[str, str], ...]:
    """The office hours of a city's policy."""
    problems = Problems()
    policy, _ = read_yaml(city_folder, "policy.yaml", PolicyDocument, problems)
    if policy is None:
        raise Misconfigured([f"{city_folder}: {problem}" for problem in problems.found])
    return tuple((pair[0], pair[1]) for pair in policy.office_hours) or DEFAULT_OFFICE_HOURS


def _check_agreement(documents: Iterable[tuple[str, CalendarDocument]], problems: Problems) -> None:
    said: dict[date, tuple[bool, str]] = {}
    for name, document in documents:
        for day in document.days if document.papers else ():
            off, first = said.setdefault(day.date, (day.isOffDay, name))
            if off != day.isOffDay:
                problems.add(name, None, f"{day.date} is a day off and a workday (see {first})")
