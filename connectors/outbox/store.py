"""The file of an outbox: messages, positions of the feed, halted targets. SQLite, every commit on the disk."""

import fcntl
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, TextIO

from connectors.feed import Position
from connectors.outbox.model import LONGEST_ANSWER, Kept, Outgoing, State
from hub.domain.errors import Unavailable

_BUSY_SECONDS = 20.0
_ANY_NUMBER = 2**63 - 1
_KEPT: Final = "id, target, lane, state, attempts, next_at, answer, reference, settled_at"
# Written the same everywhere: SQLite uses a partial index only for the very words of its condition.
_OPEN: Final = "state IN ('waiting', 'parked')"
_SETTLED: Final = "state IN ('delivered', 'skipped') AND is_receipted = 0"
# `next_at` is set for the first open message of a lane alone: what is due is found without walking any lane.
_TABLES: Final = f"""
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    lane TEXT NOT NULL,
    payload BLOB NOT NULL,
    rank INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,
    answer TEXT,
    reference TEXT,
    settled_at INTEGER,
    is_receipted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS due ON messages (target, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS heads ON messages (target, lane) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS open ON messages (target, lane, rank, number) WHERE {_OPEN};
CREATE INDEX IF NOT EXISTS unreceipted ON messages (number) WHERE {_SETTLED};
CREATE INDEX IF NOT EXISTS receipted ON messages (settled_at) WHERE is_receipted = 1;
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) STRICT;
CREATE TABLE IF NOT EXISTS targets (name TEXT PRIMARY KEY, halted TEXT, halted_at INTEGER) STRICT;
"""


class Outbox:
    """The messages of one edge, from the record that asked for them to the receiver's answer.

    Several processes may open the file (an operator's command beside the edge); one at a time works on it: the one
    that `hold`s it. With `parked_holds_lane` those behind a parked message wait until it is replayed or skipped;
    without, they pass it. Of an instant, `now` is epoch ms by the machine's clock, `at` by the hub's.
    """

    def __init__(self, file: Path, *, parked_holds_lane: bool = True) -> None:
        self._file = file
        self._blocking = _OPEN if parked_holds_lane else f"{_OPEN} AND state = 'waiting'"
        self._lock: TextIO | None = None
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._base = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.executescript(_TABLES)
        except sqlite3.Error as error:
            raise Unavailable(f"outbox {file} cannot be opened ({error})") from error

    def hold(self) -> None:
        """Be the one process that delivers from this file, until it ends.

        Raises:
            Unavailable: another one does already, or the disk takes nothing.
        """
        self._lock = self._file.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unavailable(f"another process delivers from {self._file}; stop it first") from None
        # A write: nothing is sent where its answer could not be noted.
        with self.transaction():
            starts = int(self._base.execute("PRAGMA user_version").fetchone()[0])
            self._base.execute(f"PRAGMA user_version = {starts + 1}")

    def close(self) -> None:
        """Let go of file and lock."""
        self._base.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is called inside; on the disk when it is left. May be nested."""
        if self._base.in_transaction:
            yield
            return
        try:
            self._base.execute("BEGIN IMMEDIATE")
            yield
            self._base.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            raise Unavailable(f"outbox {self._file} cannot be written ({error}); is the disk full?") from error
        except BaseException:
            self._roll_back()
            raise

    # What comes in

    def positions(self) -> dict[Position, int]:
        """Where each partition is to be read on."""
        rows = self._base.execute("SELECT topic, partition, next_offset FROM positions")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def take(self, messages: Iterable[Outgoing], positions: Mapping[Position, int], now: int) -> int:
        """Keep messages and the positions after their records in one transaction; returns how many are new.

        An id that is known already, delivered or not, is not taken again.
        """
        new = 0
        with self.transaction():
            for message in messages:
                inserted = self._base.execute(
                    "INSERT OR IGNORE INTO messages (id, target, lane, payload, rank, state)"
                    " VALUES (?, ?, ?, ?, ?, 'waiting')",
                    (message.id, message.target, message.lane, message.payload, message.rank),
                )
                if inserted.rowcount:
                    new += 1
                    self._base.execute("INSERT OR IGNORE INTO targets (name) VALUES (?)", (message.target,))
                    self._set_head(message.target, message.lane, now)
            self.move(positions)
        return new

    def move(self, positions: Mapping[Position, int]) -> None:
        """Where to read on, without anything taken."""
        with self.transaction():
            self._base.executemany(
                "INSERT INTO positions VALUES (?, ?, ?)"
                " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset",
                [(topic, partition, offset) for (topic, partition), offset in positions.items()],
            )

    # What goes out

    def last(self) -> int:
        """The number of the message taken last; numbers go up."""
        return int(self._base.execute("SELECT coalesce(max(number), 0) FROM messages").fetchone()[0])

    def due(
        self, now: int, most: int, busy: Collection[tuple[str, str]] = (), up_to: int = _ANY_NUMBER
    ) -> list[Outgoing]:
        """The first open message of each lane whose time has come, targets by turns, at most `most` of a target.

        `busy` are lanes (target, lane) that are being delivered now; messages after the number `up_to` and those of
        halted targets are left out.
        """
        columns = []
        for (target,) in self._base.execute(
            "SELECT name FROM targets WHERE halted IS NULL ORDER BY name"
        ).fetchall():
            taken = {lane for busy_target, lane in busy if busy_target == target}
            rows = self._base.execute(
                "SELECT id, target, lane, payload, rank, attempts FROM messages"
                " WHERE target = ? AND next_at IS NOT NULL AND next_at <= ? AND number <= ?"
                " ORDER BY next_at, number LIMIT ?",
                (target, now, up_to, most + len(taken)),
            )
            columns.append([Outgoing(*row) for row in rows if row[2] not in taken][:most])
        return [one for turn in zip_longest(*columns) for one in turn if one is not None]

    def delivered(self, id: str, answer: str, at: int, now: int, reference: str | None = None) -> None:
        """The receiver has it; the payload is forgotten, and the next of the lane may go."""
        self._settle(id, State.DELIVERED, answer, at, now, reference)

    def skip(self, ids: Collection[str], at: int, now: int) -> list[str]:
        """An operator gives up open messages; returns those that were."""
        with self.transaction():
            found = [one.id for one in self.kept(ids=ids) if one.state in (State.WAITING, State.PARKED)]
            for id in found:
                self._settle(id, State.SKIPPED, "given up by an operator", at, now, None)
        return found

    def failed(self, id: str, answer: str, next_at: int) -> None:
        """One attempt more; where it is still first of its lane it waits until `next_at`."""
        with self.transaction():
            self._base.execute(
                "UPDATE messages SET attempts = attempts + 1, answer = ?, next_at = iif(next_at IS NULL, NULL, ?)"
                " WHERE id = ? AND state = 'waiting'",
                (answer[:LONGEST_ANSWER], next_at, id),
            )

    def parked(self, id: str, answer: str, now: int) -> None:
        """Not to be tried any more before an operator says so."""
        with self.transaction():
            row = self._base.execute(
                "UPDATE messages SET state = 'parked', attempts = attempts + 1, answer = ?, next_at = NULL"
                " WHERE id = ? AND state = 'waiting' RETURNING target, lane",
                (answer[:LONGEST_ANSWER], id),
            ).fetchone()
            if row is not None:
                self._set_head(row[0], row[1], now)

    # What an operator does

    def halt(self, target: str, reason: str, at: int) -> None:
        """Deliver nothing to a target; what comes is kept."""
        with self.transaction():
            self._base.execute(
                "INSERT INTO targets VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET halted = excluded.halted, halted_at = excluded.halted_at"
                " WHERE halted IS NULL",
                (target, reason[:LONGEST_ANSWER], at),
            )

    def resume(self, target: str, now: int) -> bool:
        """Deliver to a halted target again, at once; False where it was not halted."""
        with self.transaction():
            changed = self._base.execute(
                "UPDATE targets SET halted = NULL, halted_at = NULL WHERE name = ? AND halted IS NOT NULL",
                (target,),
            )
            if changed.rowcount:
                self._base.execute(
                    "UPDATE messages SET next_at = ? WHERE target = ? AND next_at IS NOT NULL", (now, target)
                )
            return changed.rowcount > 0

    def halted(self) -> dict[str, tuple[str, int]]:
        """Halted targets: why, and since when (epoch ms)."""
        rows = self._base.execute("SELECT name, halted, halted_at FROM targets WHERE halted IS NOT NULL")
        return {name: (reason, at) for name, reason, at in rows}

    def replay(self, now: int, *, ids: Collection[str] | None = None, target: str | None = None) -> list[str]:
        """Parked messages (some, those of a target, or all) may be tried again, in their old place of the lane."""
        with self.transaction():
            found = self.kept(ids=ids, target=target, state=State.PARKED)
            for one in found:
                self._base.execute("UPDATE messages SET state = 'waiting', attempts = 0 WHERE id = ?", (one.id,))
            for where, lane in {(one.target, one.lane) for one in found}:
                self._set_head(where, lane, now)
        return [one.id for one in found]

    def kept(
        self,
        *,
        ids: Collection[str] | None = None,
        target: str | None = None,
        state: State | None = None,
        most: int = 1_000_000,
    ) -> Sequence[Kept]:
        """Messages in the order in which they were taken."""
        wanted = [("target = ?", target), ("state = ?", state)]
        conditions = [condition for condition, value in wanted if value is not None]
        values: list[object] = [value for _, value in wanted if value is not None]
        if ids is not None:
            conditions.append(f"id IN ({', '.join('?' * len(ids))})")
            values += ids
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._base.execute(f"SELECT {_KEPT} FROM messages{where} ORDER BY number LIMIT ?", (*values, most))
        return [_kept(row) for row in rows]

    def newest(self, most: int, *, target: str | None = None, state: State | None = None) -> Sequence[Kept]:
        """The last messages, oldest of them first."""
        conditions = " AND ".join(
            f"{name} = ?" for name, value in (("target", target), ("state", state)) if value is not None
        )
        rows = self._base.execute(
            f"SELECT {_KEPT} FROM messages WHERE {conditions or 'true'} ORDER BY number DESC LIMIT ?",
            (*(value for value in (target, state) if value is not None), most),
        ).fetchall()
        return [_kept(row) for row in reversed(rows)]

    def counts(self) -> dict[tuple[str, State], int]:
        """Open messages of each target by state."""
        found = {
            (name, state): 0
            for (name,) in self._base.execute("SELECT name FROM targets")
            for state in (State.WAITING, State.PARKED)
        }
        rows = self._base.execute(
            f"SELECT target, state, count(*) FROM messages WHERE {_OPEN} GROUP BY target, state"
        )
        return found | {(target, State(state)): number for target, state, number in rows}

    # Receipts

    def unreceipted(self, most: int) -> Sequence[Kept]:
        """Settled messages whose receipt Kafka has not acknowledged."""
        rows = self._base.execute(
            f"SELECT {_KEPT} FROM messages WHERE {_SETTLED} ORDER BY number LIMIT ?",
            (most,),
        )
        return [_kept(row) for row in rows]

    def receipted(self, ids: Collection[str]) -> None:
        """Kafka has their receipts."""
        with self.transaction():
            self._base.executemany("UPDATE messages SET is_receipted = 1 WHERE id = ?", [(id,) for id in ids])

    def know(self, receipt: Kept, now: int) -> None:
        """A receipt read from Kafka: whatever this file says, that message is settled."""
        with self.transaction():
            self._base.execute(
                "INSERT OR IGNORE INTO messages (id, target, lane, payload, state, attempts)"
                " VALUES (?, ?, ?, x'', 'waiting', ?)",
                (receipt.id, receipt.target, receipt.lane, max(0, receipt.attempts - 1)),
            )
            self._settle(
                receipt.id, receipt.state, receipt.answer or "", receipt.settled_at or 0, now, receipt.reference
            )
            self.receipted([receipt.id])

    def forget(self, before: int, most: int = 1000) -> list[str]:
        """Remove messages whose receipt is older than that instant of the hub's clock; returns their ids."""
        with self.transaction():
            rows = self._base.execute(
                "DELETE FROM messages WHERE number IN (SELECT number FROM messages"
                " WHERE is_receipted = 1 AND settled_at < ? ORDER BY settled_at LIMIT ?) RETURNING id",
                (before, most),
            )
            return [id for (id,) in rows.fetchall()]

    # Inside

    def _settle(self, id: str, state: State, answer: str, at: int, now: int, reference: str | None) -> None:
        with self.transaction():
            row = self._base.execute(
                "UPDATE messages SET state = ?, attempts = attempts + (state = 'waiting'), answer = ?,"
                " next_at = NULL, payload = x'', settled_at = ?, reference = ?, is_receipted = 0"
                " WHERE id = ? AND state IN ('waiting', 'parked') RETURNING target, lane",
                (state, answer[:LONGEST_ANSWER], at, reference, id),
            ).fetchone()
            if row is not None:
                self._set_head(row[0], row[1], now)

    def _set_head(self, target: str, lane: str, now: int) -> None:
        """Only the first open message of the lane has an instant; one that comes to the front may go at once."""
        head = self._base.execute(
            f"SELECT number, state, next_at FROM messages WHERE target = ? AND lane = ? AND {self._blocking}"
            " ORDER BY rank, number LIMIT 1",
            (target, lane),
        ).fetchone()
        if head is None:
            return
        number, state, next_at = head
        if state == State.WAITING and next_at is None:
            self._base.execute(
                "UPDATE messages INDEXED BY heads SET next_at = NULL"
                " WHERE target = ? AND lane = ? AND next_at IS NOT NULL",
                (target, lane),
            )
            self._base.execute("UPDATE messages SET next_at = ? WHERE number = ?", (now, number))

    def _roll_back(self) -> None:
        if self._base.in_transaction:
            self._base.execute("ROLLBACK")


def _kept(row: tuple[Any, ...]) -> Kept:
    return Kept(row[0], row[1], row[2], State(row[3]), *row[4:])
