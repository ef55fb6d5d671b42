"""The calendar files of a city folder, and which of them were in force when."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.city.documents import json_lines, read_json
from hub.city.models import CalendarDocument, EditionEntry, EditionsDocument
from hub.city.problems import Problems
from hub.domain.calendar import CalendarEdition, WorkCalendar
from hub.domain.instants import to_epoch_ms

EDITIONS = "calendar/editions.json"


@dataclass(slots=True, frozen=True)
class Edition:
    """The calendar files in force from an instant on (epoch milliseconds; 0: from ever).

    `files` says for each name as `2026.json` where in `calendar/` the content lies: at that very name, or among the
    superseded ones. `documents` holds by name what could be read; `version` is None unless all of it could.
    """

    since: int
    files: Mapping[str, str]
    documents: Mapping[str, CalendarDocument]
    version: str | None

    def in_force(self) -> CalendarEdition:
        """The same for the domain."""
        if self.version is None:
            raise ValueError("an edition that could not be read is no calendar")
        return CalendarEdition(self.since, work_calendar(self.documents.values(), self.version))


def work_calendar(documents: Iterable[CalendarDocument], version: str) -> WorkCalendar:
    """The calendar of all files. A file without papers means the same as no file."""
    published = [document for document in documents if document.papers]
    return WorkCalendar(
        version=version,
        years=frozenset(document.year for document in published),
        days={day.date: day.isOffDay for document in published for day in document.days},
        names={day.date: day.name for document in published for day in document.days},
    )


def calendar_version(contents: Mapping[str, bytes]) -> str:
    """The version of files by their names as `2026.json`: the years, and a digest that any changed byte changes."""
    names = sorted(contents)
    return f"{'+'.join(Path(name).stem for name in names)}.{content_digest(*(contents[name] for name in names))}"


def content_digest(*contents: bytes) -> str:
    """Eight hex digits for some content, one piece after the other."""
    return hashlib.blake2b(b"".join(contents), digest_size=4).hexdigest()


def read_editions(folder: Path, problems: Problems) -> list[Edition]:
    """The editions of a city folder, oldest first; without `editions.json` one that holds from ever.

    Each says in its entry which version its files make: where they make another, somebody changed one by hand.
    """
    read = _Files(folder, problems)
    if not (folder / EDITIONS).exists():
        names = sorted(file.name for file in (folder / "calendar").glob("*.json"))
        if not names:
            problems.add("calendar", None, "holds no <year>.json")
        return [read.edition(0, {name: name for name in names})]
    document = read_json(folder, EDITIONS, EditionsDocument, problems)
    if document is None:
        return []
    if not document.root:
        problems.add(EDITIONS, None, "is empty; the first edition has since null")
    editions: list[Edition] = []
    for number, entry in enumerate(document.root):
        since = to_epoch_ms(entry.since) if entry.since is not None else 0
        edition = read.edition(since, entry.files)
        wrong = _misfit(entry, edition, editions)
        if wrong is not None:
            key, message = wrong
            problems.add(EDITIONS, json_lines(folder, EDITIONS).of((number, key)), message)
        editions.append(edition)
    return editions


class _Files:
    """Reads each calendar file once, however many editions have it."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems
        self._read: dict[str, CalendarDocument | None] = {}

    def edition(self, since: int, files: Mapping[str, str]) -> Edition:
        found = {name: self._document(path) for name, path in sorted(files.items())}
        documents = {name: document for name, document in found.items() if document is not None}
        version = None
        if len(documents) == len(files):
            folder = self._folder / "calendar"
            version = calendar_version({name: (folder / path).read_bytes() for name, path in files.items()})
        return Edition(since, dict(files), documents, version)

    def _document(self, path: str) -> CalendarDocument | None:
        if path not in self._read:
            self._read[path] = read_json(self._folder, f"calendar/{path}", CalendarDocument, self._problems)
        return self._read[path]


def _misfit(entry: EditionEntry, edition: Edition, before: list[Edition]) -> tuple[str, str] | None:
    """What is wrong with an edition and under which key it stands."""
    if not before and entry.since is not None:
        return "since", "since of the first edition must be null: it holds from ever"
    if before and edition.since <= before[-1].since:
        return "since", "since must be later than that of the edition before; add an edition, insert none"
    if edition.version not in (None, entry.version):
        message = f'version "{entry.version}" is not what its files make, {edition.version}'
        return "version", f"{message}: put the file that was changed back as it was, and install the new one"
    return None
