"""Checks the calendar files of a city folder: those of one edition against each other, the folder against them."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from hub.city.calendar import EDITIONS, Edition
from hub.city.folder import Folder
from hub.city.models import CalendarDocument
from hub.city.problems import Problems


def check_calendar(folder: Folder, problems: Problems) -> None:
    """Calendar: a file's name is its year, a date says one thing only, no file is out of force."""
    told: set[tuple[str, str]] = set()
    for edition in folder.editions:
        for name, message in (*misnamed(edition.documents), *contradictions(edition.documents)):
            place = (f"calendar/{edition.files[name]}", message)
            if place not in told:
                told.add(place)
                problems.add(place[0], None, message)
    if folder.editions and (folder.path / EDITIONS).exists():
        for name in _astray(folder, folder.editions[-1]):
            problems.add(f"calendar/{name}", None, f"is in no edition of {EDITIONS}; install it or delete it")


def misnamed(documents: Mapping[str, CalendarDocument]) -> Iterator[tuple[str, str]]:
    """The files that are for another year than their name says."""
    for name, document in documents.items():
        if name != f"{document.year}.json":
            yield name, f"year {document.year} is not the file's name"


def contradictions(documents: Mapping[str, CalendarDocument]) -> Iterator[tuple[str, str]]:
    """The dates that are off in one place and worked in another, by the file that says so last."""
    said: dict[date, tuple[bool, str]] = {}
    for name, document in documents.items():
        for day in document.days:
            off, first = said.setdefault(day.date, (day.isOffDay, name))
            if off != day.isOffDay:
                yield name, f"{day.date} is a day off and a workday (see calendar/{first})"


def _astray(folder: Folder, newest: Edition) -> Iterator[str]:
    """The files beside `editions.json` that are not what the newest edition has by their name."""
    calendar = folder.path / "calendar"
    for file in sorted(calendar.glob("*.json")):
        kept = newest.files.get(file.name)
        if file != folder.path / EDITIONS and (kept is None or not _same(file, calendar / kept)):
            yield file.name


def _same(file: Path, kept: Path) -> bool:
    return file == kept or (kept.is_file() and file.read_bytes() == kept.read_bytes())
