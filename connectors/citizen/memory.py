"""What citizen channels remember: which reports were begun and filed, what a WeChat user sent before the words."""

import contextlib
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from connectors.renewable import open_or_renew
from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

KEEP_MS = 48 * 3_600_000
"""Longer than a form may stay open, and than WeChat sends a message again."""

PENDING_MS = 30 * 60_000
"""Photos and a position wait so long for the words that go with them."""

_MOST_PENDING = 4
_FORGOTTEN_AT_ONCE = 5000
_TABLES = """
CREATE TABLE IF NOT EXISTS reports (
    key BLOB PRIMARY KEY, at INTEGER NOT NULL, is_filed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reports_at ON reports (at);
CREATE TABLE IF NOT EXISTS pending (
    message BLOB PRIMARY KEY, person BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending_person ON pending (person, at);
"""


@dataclass(slots=True, frozen=True)
class Begun:
    """A report: when it came first, and whether Kafka has it."""

    at_ms: int
    is_filed: bool


class Memory:
    """A SQLite file that survives kill -9. For one thread. People stand in it by a keyed hash alone.

    A lost or damaged file is begun anew: a report sent again then goes to Kafka again, under the same number.
    """

    def __init__(self, file: Path) -> None:
        self._database = open_or_renew(file, _TABLES, "a report sent again goes to Kafka again")

    def begin(self, key: bytes, now_ms: int) -> Begun:
        """The report of that key, begun now if it was not; that it was stands on the disk when this returns.

        Raises:
            Unavailable: the file takes nothing.
        """
        try:
            self._database.execute("INSERT OR IGNORE INTO reports (key, at) VALUES (?, ?)", (key, now_ms))
            row = self._database.execute("SELECT at, is_filed FROM reports WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"the memory of reports cannot be written ({error})") from error
        return Begun(row[0], bool(row[1]))

    def is_filed(self, key: bytes) -> bool:
        """True when Kafka has the report of that key."""
        row = self._database.execute("SELECT is_filed FROM reports WHERE key = ?", (key,)).fetchone()
        return row is not None and bool(row[0])

    def filed(self, key: bytes, person: bytes | None = None) -> None:
        """Kafka has it; what waited for it is used up. A full disk does not undo that: it is told in the log."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("UPDATE reports SET is_filed = 1 WHERE key = ?", (key,))
            if person is not None:
                self._database.execute("DELETE FROM pending WHERE person = ?", (person,))
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            log.error("a filed report is not remembered (%s); one sent again is left to unify", error)

    def wait(self, message: bytes, person: bytes, kind: str, value: str, now_ms: int) -> int:
        """Keep a photo or position until the words come; how many wait for that person now.

        Raises:
            Unavailable: the file takes nothing.
        """
        try:
            self._database.execute(
                "INSERT OR IGNORE INTO pending VALUES (?, ?, ?, ?, ?)", (message, person, now_ms, kind, value)
            )
            self._database.execute(
                "DELETE FROM pending WHERE person = ? AND message NOT IN"
                " (SELECT message FROM pending WHERE person = ? ORDER BY at DESC, message LIMIT ?)",
                (person, person, _MOST_PENDING),
            )
        except sqlite3.Error as error:
            raise Unavailable(f"the memory of reports cannot be written ({error})") from error
        return len(self.waiting(person, now_ms))

    def waiting(self, person: bytes, now_ms: int) -> list[tuple[str, str]]:
        """(kind, value) of what waits for that person's words, oldest first."""
        rows = self._database.execute(
            "SELECT kind, value FROM pending WHERE person = ? AND at >= ? ORDER BY at, message",
            (person, now_ms - PENDING_MS),
        )
        return [(kind, value) for kind, value in rows]

    def forget(self, now_ms: int) -> None:
        """Drop some of what has run out; called again and again."""
        oldest = "SELECT key FROM reports WHERE at < ? ORDER BY at LIMIT ?"
        with contextlib.suppress(sqlite3.OperationalError):
            self._database.execute(
                f"DELETE FROM reports WHERE key IN ({oldest})", (now_ms - KEEP_MS, _FORGOTTEN_AT_ONCE)
            )
            self._database.execute("DELETE FROM pending WHERE at < ?", (now_ms - PENDING_MS,))

    def close(self) -> None:
        """Leave the file."""
        self._database.close()
