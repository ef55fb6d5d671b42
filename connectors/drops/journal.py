"""What a drop remembers: each file it took and how far it has come, and the identity of every row it passed on."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from connectors.drops.positions import Positions, decode_positions, encode_positions
from connectors.status import Done
from hub.domain.errors import Misconfigured, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name BLOB NOT NULL,
    step TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    sha256 TEXT,
    size INTEGER,
    mtime_ns INTEGER,
    since TEXT,
    sent INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    place BLOB,
    result TEXT
);
CREATE INDEX IF NOT EXISTS files_by_content ON files (sha256);
CREATE INDEX IF NOT EXISTS files_by_step ON files (step);
CREATE TABLE IF NOT EXISTS rows (
    event_id BLOB PRIMARY KEY,
    file INTEGER NOT NULL,
    number INTEGER NOT NULL,
    line INTEGER,
    source_case_id TEXT NOT NULL,
    source_event_id TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rows_by_case ON rows (source_case_id);
CREATE INDEX IF NOT EXISTS rows_by_source_event ON rows (source_event_id);
CREATE TABLE IF NOT EXISTS commands (
    id TEXT PRIMARY KEY,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
"""
_ASKED_AT_ONCE = 500


class Step(StrEnum):
    """How far a file has come; docs/drops.md says what a crash after each does."""

    NOTED = "noted"
    IDENTIFIED = "identified"
    SETTLED = "settled"
    FINISHED = "finished"
    GIVEN_BACK = "given back"
    GONE = "gone"


@dataclass(slots=True, frozen=True)
class FileRow:
    """A file as the journal knows it. `sent` counts its rows that Kafka has acknowledged."""

    id: int
    name: bytes
    step: Step
    taken_at: int
    sha256: str | None
    size: int | None
    mtime_ns: int | None
    since: Positions
    sent: int
    outcome: str | None
    place: bytes | None
    result: str | None


@dataclass(slots=True, frozen=True)
class RowPlace:
    """Where a row that was passed on stands: in which file, as which record, on which line."""

    file: int
    number: int
    line: int | None


@dataclass(slots=True, frozen=True)
class PassedOn:
    """A row that became an event."""

    event_id: bytes
    number: int
    line: int | None
    source_case_id: str
    source_event_id: str


class Journal:
    """The SQLite file of one source's drop. Every change is on the disk when its method returns.

    One process at a time: a second one is refused. Errors of the disk are `Unavailable`.
    """

    def __init__(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"the journal {file} cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise Misconfigured([f"another process takes the files of this drop ({file} is locked)"]) from None
        with _disk(file):
            self._file = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
            self._file.executescript(_SCHEMA)
        self._path = file

    def close(self) -> None:
        """Let another process have it."""
        self._file.close()
        os.close(self._lock)

    def note(self, name: bytes, now_ms: int) -> int:
        """A file is about to be taken; its number, by which files are ordered."""
        with self._change():
            added = self._file.execute(
                "INSERT INTO files (name, step, taken_at) VALUES (?, ?, ?)", (name, Step.NOTED, now_ms)
            )
            return int(added.lastrowid or 0)

    def identify(self, file: int, sha256: str, size: int, mtime_ns: int, since: Positions) -> None:
        """What was read, and where Kafka's topics ended before any of it was sent."""
        with self._change():
            self._file.execute(
                "UPDATE files SET step = ?, sha256 = ?, size = ?, mtime_ns = ?, since = ? WHERE id = ?",
                (Step.IDENTIFIED, sha256, size, mtime_ns, encode_positions(since), file),
            )

    def progress(self, file: int, sent: int) -> None:
        """So many of the file's rows are acknowledged."""
        with self._change():
            self._file.execute("UPDATE files SET sent = ? WHERE id = ?", (sent, file))

    def settle(
        self, file: int, outcome: str, place: bytes, result: str, passed_on: Iterable[PassedOn], now_ms: int
    ) -> None:
        """All is acknowledged: the rows' identities, the result and where the file goes, in one transaction."""
        with self._change():
            self._insert(file, passed_on, now_ms)
            self._file.execute(
                "UPDATE files SET step = ?, outcome = ?, place = ?, result = ? WHERE id = ?",
                (Step.SETTLED, outcome, place, result, file),
            )

    def remember(self, file: int, passed_on: Iterable[PassedOn], now_ms: int) -> None:
        """Rows of a finished file that were sent on later."""
        with self._change():
            self._insert(file, passed_on, now_ms)

    def end(self, file: int, step: Step) -> None:
        """Nothing more is to be done with the file."""
        with self._change():
            self._file.execute("UPDATE files SET step = ? WHERE id = ?", (step, file))

    def unfinished(self) -> list[FileRow]:
        """The files in hand, in the order in which they were taken."""
        return self._files("step IN (?, ?, ?) ORDER BY id", Step.NOTED, Step.IDENTIFIED, Step.SETTLED)

    def file(self, file: int) -> FileRow:
        """A file by its number."""
        return self._files("id = ?", file)[0]

    def earlier(self, file: int, sha256: str) -> FileRow | None:
        """The first file of the same content that was taken before."""
        found = self._files("sha256 = ? AND id < ? AND step = ? ORDER BY id LIMIT 1", sha256, file, Step.FINISHED)
        return found[0] if found else None

    def finished(self, *, after: int = 0, since_ms: int = 0, names: Iterable[bytes] = ()) -> list[FileRow]:
        """Files that were archived, in the order in which they were taken: after a number, since an instant, or of
        these names (of each name the last one).
        """
        if wanted := set(names):
            last = {row.name: row for row in self._finished(0, 0) if row.name in wanted}
            return sorted(last.values(), key=lambda row: row.id)
        return self._finished(after, since_ms)

    def last(self) -> FileRow | None:
        """The file taken last."""
        found = self._files("1 = 1 ORDER BY id DESC LIMIT 1")
        return found[0] if found else None

    def is_new(self) -> bool:
        """True when no file was ever taken."""
        return self.last() is None

    def known(self, event_ids: Iterable[bytes], since_ms: int) -> dict[bytes, RowPlace]:
        """Of these events those that a row has become since an instant, and which row it was."""
        ids = list(event_ids)
        found: dict[bytes, RowPlace] = {}
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            asked = ids[start : start + _ASKED_AT_ONCE]
            marks = ",".join("?" * len(asked))
            query = f"SELECT event_id, file, number, line FROM rows WHERE at >= ? AND event_id IN ({marks})"
            with _disk(self._path):
                for event_id, file, number, line in self._file.execute(query, (since_ms, *asked)):
                    found[event_id] = RowPlace(file, number, line)
        return found

    def rows_of(self, ids: Iterable[str]) -> dict[int, set[int]]:
        """File → numbers of its records with one of these source case ids or source event ids."""
        found: dict[int, set[int]] = {}
        query = "SELECT file, number FROM rows WHERE source_case_id = ?1 OR source_event_id = ?1"
        with _disk(self._path):
            for each in ids:
                for file, number in self._file.execute(query, (each,)):
                    found.setdefault(file, set()).add(number)
        return found

    def forget(self, before_ms: int) -> int:
        """Drop the identities from before an instant, as unify does; how many there were."""
        with self._change():
            return self._file.execute("DELETE FROM rows WHERE at < ?", (before_ms,)).rowcount

    def did(self, command: str, done: Done, now_ms: int) -> None:
        """A command was carried out, or cannot be."""
        with self._change():
            self._file.execute(
                "INSERT OR REPLACE INTO commands VALUES (?, ?, ?, ?)", (command, done.outcome, done.detail, now_ms)
            )

    def done(self) -> Mapping[str, Done]:
        """What came of the commands, the oldest first."""
        with _disk(self._path):
            found = self._file.execute("SELECT id, outcome, detail FROM commands ORDER BY at, id")
            return {each: Done(outcome=outcome, detail=detail) for each, outcome, detail in found}

    def _insert(self, file: int, passed_on: Iterable[PassedOn], now_ms: int) -> None:
        """An identity from before the memory's time begins anew with this row."""
        self._file.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (row.event_id, file, row.number, row.line, row.source_case_id, row.source_event_id, now_ms)
                for row in passed_on
            ),
        )

    def _finished(self, after: int, since_ms: int) -> list[FileRow]:
        return self._files("id > ? AND taken_at >= ? AND step = ? ORDER BY id", after, since_ms, Step.FINISHED)

    def _files(self, where: str, *values: object) -> list[FileRow]:
        columns = "id, name, step, taken_at, sha256, size, mtime_ns, since, sent, outcome, place, result"
        with _disk(self._path):
            return [
                _file_row(row) for row in self._file.execute(f"SELECT {columns} FROM files WHERE {where}", values)
            ]

    @contextmanager
    def _change(self) -> Iterator[None]:
        with _disk(self._path):
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")


def _file_row(row: tuple[Any, ...]) -> FileRow:
    number, name, step, taken_at, sha256, size, mtime_ns, since, *rest = row
    return FileRow(number, name, Step(step), taken_at, sha256, size, mtime_ns, decode_positions(since), *rest)


@contextmanager
def _disk(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable(f"the journal {file} cannot be read or written ({error}); is there room?") from error
