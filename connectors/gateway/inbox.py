"""The gateway's file: what the topics say about endpoints, with the positions they were read to. SQLite.

Everything in it follows from the topics. A file that is lost, damaged, or of another cluster is built anew.
"""

import fcntl
import heapq
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from connectors.feed import Position
from connectors.gateway.cursor import Cursor, Place
from connectors.gateway.tokens import TokenRecord
from hub.domain.errors import Unavailable
from hub.domain.tiers import TIERS, Tier

log = logging.getLogger(__name__)

_FORM: Final = "1"
_BUSY_SECONDS = 20.0
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dispatches (
    endpoint TEXT NOT NULL, tier INTEGER NOT NULL, offset INTEGER NOT NULL, partition INTEGER NOT NULL,
    at INTEGER NOT NULL, action TEXT NOT NULL, dispatch TEXT NOT NULL, case_id TEXT NOT NULL,
    case_version INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS inbox ON dispatches (endpoint, tier, offset);
CREATE INDEX IF NOT EXISTS numbers ON dispatches (dispatch, endpoint);
CREATE INDEX IF NOT EXISTS ages ON dispatches (at);
CREATE TABLE IF NOT EXISTS cases (
    case_id TEXT PRIMARY KEY, at INTEGER NOT NULL, state BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resting ON cases (at) WHERE state IS NOT NULL;
CREATE TABLE IF NOT EXISTS feedback (
    feedback TEXT PRIMARY KEY, digest TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS said ON feedback (at);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


class Delivery(NamedTuple):
    """A dispatch for an endpoint. `at` is its record's timestamp (epoch ms), `body` its JSON without the id."""

    endpoint_id: str
    place: Place
    at: int
    action: str
    dispatch_id: str
    case_id: str
    case_version: int
    body: bytes


class Accepted(NamedTuple):
    """An action that Kafka has: the digest of what was asked, and the answer that it got. `at` is epoch ms."""

    feedback_id: str
    digest: str
    answer: str
    at: int


class Batch(NamedTuple):
    """What some records of the topics come to, in their order. A state or token of None is gone."""

    deliveries: list[Delivery]
    cases: list[tuple[str, bytes | None, int]]
    accepted: list[Accepted]
    tokens: list[tuple[str, TokenRecord | None]]


class Inbox:
    """One gateway's file. Two connections: one thread writes with `writer`, the event loop reads.

    `about` names what the file was built from (the cluster): another one begins with an empty file.
    """

    def __init__(self, file: Path, about: Mapping[str, str]) -> None:
        """Raises `Unavailable`: the file cannot be made, or another process has it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._lock = _hold(file)
        wanted = {**about, "form": _FORM}
        try:
            if not _is_sound(file, wanted):
                _remove(file)
            file.touch(mode=0o600)
            self._writer = _connect(file)
            self._writer.executescript(_TABLES)
            self._writer.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", wanted.items())
            self._reader = _connect(file)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"the gateway's file {file} cannot be opened ({error})") from error

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()
        self._writer.close()
        self._lock.close()

    # What comes in: one thread

    def positions(self) -> dict[Position, int]:
        """Where each partition is to be read on."""
        rows = self._writer.execute("SELECT topic, partition, next_offset FROM positions")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def take(self, batch: Batch, positions: Mapping[Position, int]) -> None:
        """Keep a batch and the positions after its records, in one transaction.

        Raises:
            Unavailable: it is not kept; the positions stand where they stood.
        """
        base = self._writer
        try:
            base.execute("BEGIN IMMEDIATE")
            base.executemany(
                "INSERT OR IGNORE INTO dispatches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(one) for one in batch.deliveries),
            )
            base.executemany(
                "INSERT INTO cases VALUES (?, ?, ?)"
                " ON CONFLICT (case_id) DO UPDATE SET at = excluded.at, state = excluded.state",
                ((case_id, at, state) for case_id, state, at in batch.cases),
            )
            # The first record of an action is the one that was answered.
            base.executemany("INSERT OR IGNORE INTO feedback VALUES (?, ?, ?, ?)", batch.accepted)
            for token_id, record in batch.tokens:
                base.execute("DELETE FROM tokens WHERE token = ?", (token_id,))
                if record is not None:
                    base.execute("INSERT INTO tokens VALUES (?, ?)", (token_id, record.model_dump_json()))
            base.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
                ((topic, partition, offset) for (topic, partition), offset in positions.items()),
            )
            base.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if base.in_transaction:
                base.execute("ROLLBACK")
            raise Unavailable(
                f"the gateway's file {self._file} is not written ({error}); is the disk full?"
            ) from error
        except sqlite3.DatabaseError:
            # Damaged: the process ends, and the next one builds the file anew.
            _remove(self._file)
            raise

    def forget_dispatches(self, before: int, most: int) -> int:
        """Drop the oldest dispatches from before an instant (epoch ms); returns how many."""
        return self._forget("dispatches", "rowid", before, most)

    def forget_feedback(self, before: int, most: int) -> int:
        """Drop the oldest answers from before an instant (epoch ms); returns how many."""
        return self._forget("feedback", "feedback", before, most)

    def resting(self, before: int, after_case: tuple[int, str], most: int) -> list[tuple[int, str, bytes]]:
        """Cases whose state has not changed since before an instant: (when, case id, state), those after one."""
        rows = self._writer.execute(
            "SELECT at, case_id, state FROM cases WHERE state IS NOT NULL AND at < ? AND (at, case_id) > (?, ?)"
            " ORDER BY at, case_id LIMIT ?",
            (before, *after_case, most),
        )
        return rows.fetchall()

    def put_to_rest(self, case_ids: Iterable[str]) -> None:
        """Keep of these cases only that they were."""
        self._writer.executemany("UPDATE cases SET state = NULL WHERE case_id = ?", ((one,) for one in case_ids))

    def _forget(self, table: str, key: str, before: int, most: int) -> int:
        chosen = f"SELECT {key} FROM {table} WHERE at < ? ORDER BY at LIMIT ?"
        return self._writer.execute(f"DELETE FROM {table} WHERE {key} IN ({chosen})", (before, most)).rowcount

    # What is asked: the event loop

    def after(self, endpoint_id: str, cursor: Cursor, most: int) -> list[Delivery]:
        """The next dispatches of an endpoint behind a cursor, in the order of their topic."""
        parts = [self._of_tier(endpoint_id, tier, cursor[number], most) for number, tier in enumerate(TIERS)]
        filled = [part for part in parts if part]
        if len(filled) == 1:
            return filled[0]
        return list(heapq.merge(*filled, key=lambda one: one.at))[:most]

    def newest(self, endpoint_id: str, dispatch_id: str) -> tuple[str, int] | None:
        """Case id of an endpoint's dispatch, and the case's version when the endpoint last heard of the case."""
        case_id, version = self._reader.execute(
            "SELECT case_id, max(case_version) FROM dispatches WHERE dispatch = ? AND endpoint = ?",
            (dispatch_id, endpoint_id),
        ).fetchone()
        return None if case_id is None else (case_id, version)

    def is_anyones(self, dispatch_id: str) -> bool:
        """Whether any endpoint has that dispatch."""
        row = self._reader.execute("SELECT 1 FROM dispatches WHERE dispatch = ? LIMIT 1", (dispatch_id,)).fetchone()
        return row is not None

    def case(self, case_id: str) -> tuple[bytes | None] | None:
        """The last state of a case in Avro, in a tuple; (None,) for one at rest; None for one not known."""
        found: tuple[bytes | None] | None = self._reader.execute(
            "SELECT state FROM cases WHERE case_id = ?", (case_id,)
        ).fetchone()
        return found

    def accepted(self, feedback_id: str) -> Accepted | None:
        """An action that Kafka has, by its feedback id."""
        row = self._reader.execute("SELECT * FROM feedback WHERE feedback = ?", (feedback_id,)).fetchone()
        return None if row is None else Accepted(*row)

    def tokens(self) -> list[TokenRecord]:
        """Every token that is known."""
        rows = self._reader.execute("SELECT record FROM tokens")
        return [TokenRecord.model_validate_json(record) for (record,) in rows]

    def _of_tier(self, endpoint_id: str, tier: Tier, offset: int, most: int) -> list[Delivery]:
        rows = self._reader.execute(
            "SELECT partition, offset, at, action, dispatch, case_id, case_version, body FROM dispatches"
            " WHERE endpoint = ? AND tier = ? AND offset > ? ORDER BY offset LIMIT ?",
            (endpoint_id, TIERS.index(tier), offset, most),
        )
        return [Delivery(endpoint_id, Place(tier, row[0], row[1]), *row[2:]) for row in rows]


def _row(one: Delivery) -> tuple[object, ...]:
    place = one.place
    return (one.endpoint_id, TIERS.index(place.tier), place.offset, place.partition, *one[2:])


def _connect(file: Path) -> sqlite3.Connection:
    base = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA journal_mode = WAL")
    # A commit lost with the power takes its positions with it: those records are read again.
    base.execute("PRAGMA synchronous = NORMAL")
    return base


def _hold(file: Path) -> TextIO:
    lock = file.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Unavailable(f"another gateway works with {file}; give each a data folder of its own") from None
    return lock


def _is_sound(file: Path, wanted: Mapping[str, str]) -> bool:
    """Whether the file can be gone on with."""
    if not file.exists():
        return True
    try:
        base = sqlite3.connect(file)
        try:
            has_tables = base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'about'").fetchone()[0]
            found = dict(base.execute("SELECT name, value FROM about")) if has_tables else {}
        finally:
            base.close()
    except sqlite3.DatabaseError as error:
        log.warning("the gateway's file is damaged (%s) and is built anew from the topics", error)
        return False
    if not found or found == wanted:
        return True
    log.warning("the gateway's file is of another cluster or release and is built anew from the topics")
    return False


def _remove(file: Path) -> None:
    for part in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        part.unlink(missing_ok=True)
