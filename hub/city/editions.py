"""Puts a calendar file of a city in force from an instant on; what was in force before stays readable."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hub.city.calendar import EDITIONS, Edition, calendar_version, content_digest, read_editions
from hub.city.check_calendar import contradictions
from hub.city.documents import json_lines, read_json
from hub.city.models import CalendarDocument
from hub.city.problems import Problems
from hub.domain.errors import Misconfigured
from hub.domain.instants import from_epoch_ms, local, to_epoch_ms

_SATURDAY: Final = 5
_YEARS: Final = range(2000, 2100)


@dataclass(slots=True, frozen=True)
class Installed:
    """What came of it: the file's year, the calendar's version before and after. `since` None: nothing changed."""

    changed: bool
    year: int
    before: str
    after: str
    since: datetime | None


def install_calendar(city_folder: Path, file: Path, since: datetime) -> Installed:
    """Puts the file in force for all that is received from `since` on (a part of a second counts as a whole one).

    The file's name is irrelevant, its year counts. What is in force already is left alone, so a second call does
    nothing. Raises `Misconfigured` where file, folder or instant is wrong; then nothing was written.
    """
    problems = Problems()
    document = _read_new(file, problems)
    before = Problems()
    editions = read_editions(city_folder, before)
    if before.found or problems.found or document is None:
        raise Misconfigured([*problems.found, *(f"{city_folder}: {problem}" for problem in before.found)])
    newest = editions[-1]
    name = f"{document.year}.json"
    version = newest.in_force().calendar.version
    kept = newest.documents.get(name)
    if kept is not None and _said(kept) == _said(document):
        _restore(city_folder, newest, name)
        return Installed(False, document.year, version, version, None)
    start = _whole_second(since)
    for at, message in contradictions({**newest.documents, name: document}):
        problems.add(file.name, None, message if at == name else f"contradicts calendar/{at}: {message}")
    if to_epoch_ms(start) <= newest.since:
        last = from_epoch_ms(newest.since).isoformat()
        problems.add(file.name, None, f"since must be later than {last}, when the calendar changed last")
    if problems.found:
        raise Misconfigured(problems.found)
    after = _Install(city_folder, editions).put(name, file.read_bytes(), start)
    return Installed(True, document.year, version, after, start)


class _Install:
    """Writes the new file and its edition. After each step a second call can go on from there.

    1. the content that is in force so far is copied among the superseded ones
    2. editions.json says where the present editions have their content; nothing else changes by it
    3. the new file takes its place; until the next step it is no edition's, which `hub city check` tells
    4. editions.json gets the new edition: from here on it is in force
    """

    def __init__(self, city_folder: Path, editions: list[Edition]) -> None:
        self._folder = city_folder
        self._calendar = city_folder / "calendar"
        self._editions = editions

    def put(self, name: str, content: bytes, since: datetime) -> str:
        """All four steps; gives the new version."""
        moved = None
        if any(edition.files.get(name) == name for edition in self._editions):
            old = (self._calendar / name).read_bytes()
            moved = f"superseded/{Path(name).stem}-{content_digest(old)}.json"
            (self._calendar / "superseded").mkdir(exist_ok=True)
            _place(self._calendar / moved, old)  # 1
        entries = [
            _entry(edition, {at: moved if moved and path == name else path for at, path in edition.files.items()})
            for edition in self._editions
        ]
        self._write(entries)  # 2
        _place(self._calendar / name, content)  # 3
        files = dict(sorted((entries[-1]["files"] | {name: name}).items()))
        version = calendar_version({at: (self._calendar / path).read_bytes() for at, path in files.items()})
        self._write([*entries, {"since": since.isoformat(), "version": version, "files": files}])  # 4
        return version

    def _write(self, entries: list[dict[str, Any]]) -> None:
        text = json.dumps(entries, ensure_ascii=False, indent=2) + "\n"
        _place(self._folder / EDITIONS, text.encode())


def _entry(edition: Edition, files: dict[str, str]) -> dict[str, Any]:
    since = from_epoch_ms(edition.since).isoformat() if edition.since else None
    return {"since": since, "version": edition.version, "files": files}


def _place(path: Path, content: bytes) -> None:
    """The content under its name in one step: a crash leaves the old content or the new."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _restore(city_folder: Path, newest: Edition, name: str) -> None:
    """Takes away what an install that broke off after step 3 left under the name."""
    calendar = city_folder / "calendar"
    in_force = (calendar / newest.files[name]).read_bytes()
    if not (calendar / name).is_file() or (calendar / name).read_bytes() != in_force:
        _place(calendar / name, in_force)


def _whole_second(since: datetime) -> datetime:
    if since.tzinfo is None:
        raise Misconfigured([f"since {since.isoformat()} has no zone; write it as 2026-11-26T10:00:00+08:00"])
    start = local(since)
    return start if start == since else start + timedelta(seconds=1)


def _said(document: CalendarDocument) -> tuple[object, ...]:
    """What a file says, however it is laid out."""
    return (
        document.year,
        sorted(document.papers),
        sorted((day.date, day.isOffDay, day.name) for day in document.days),
    )


def _read_new(file: Path, problems: Problems) -> CalendarDocument | None:
    document = read_json(file.parent, file.name, CalendarDocument, problems)
    for path, message in _implausible(document) if document is not None else ():
        problems.add(file.name, json_lines(file.parent, file.name).of(path), message)
    return document


def _implausible(document: CalendarDocument) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """What no published calendar says, with its place in the file."""
    year = document.year
    if year not in _YEARS:
        yield ("year",), f"year {year} is not one from {_YEARS.start} to {_YEARS.stop - 1}"
        return
    if not document.papers:
        yield ("papers",), f"has no papers: the calendar of {year} is not published yet"
    if not document.days:
        yield ("days",), "has no days"
    counts = Counter(day.date for day in document.days)
    # New Year's days off may begin in December; a make-up workday may lie in the January after.
    first, last = date(year - 1, 12, 1), date(year + 1, 1, 31)
    for number, day in enumerate(document.days):
        place = ("days", number, "date")
        if not first <= day.date <= last:
            yield place, f"{day.date} is not in {year}"
        if not day.isOffDay and day.date.weekday() < _SATURDAY:
            yield place, f"{day.date} is a {day.date:%A}: a make-up workday lies on a Saturday or Sunday"
        if counts[day.date] > 1:
            yield place, f"{day.date} stands {counts[day.date]} times"
