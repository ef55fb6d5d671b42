"""The memory of messages that were accepted, so that a resend is answered like the first."""

import contextlib
import hashlib
import logging
import sqlite3
from pathlib import Path

from connectors.renewable import open_or_renew

log = logging.getLogger(__name__)

KEEP_MS = 48 * 3_600_000
"""Far longer than the ten minutes in which a signed message can be played again, and than most senders try."""

_FORGOTTEN_AT_ONCE = 5000
_TABLE = """
CREATE TABLE IF NOT EXISTS seen (key BLOB PRIMARY KEY, at INTEGER NOT NULL, answer BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
"""


def key_of(source: str, message_id: str, body: bytes) -> bytes:
    """Names a message: another body under the same id is another message, which must not be lost."""
    digest = hashlib.sha256(body).digest()
    return hashlib.blake2b(b"\0".join((source.encode(), message_id.encode(), digest)), digest_size=16).digest()


class Seen:
    """A SQLite file that survives kill -9. For one thread.

    A lost or damaged file is begun anew: then a resend is published again, and unify drops it by its event id.
    """

    def __init__(self, file: Path) -> None:
        self._database = open_or_renew(file, _TABLE, "resends from before are left to unify")

    def answer(self, key: bytes) -> bytes | None:
        """What the first one was answered; None when there was none."""
        row = self._database.execute("SELECT answer FROM seen WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def remember(self, key: bytes, answer: bytes, now_ms: int) -> None:
        """Keep an answer. A full disk does not undo that the message is in Kafka: it is told and passed over."""
        try:
            self._database.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (key, now_ms, answer))
        except sqlite3.OperationalError as error:
            log.error("a message's id is not remembered (%s); a resend of it is left to unify", error)

    def forget(self, now_ms: int) -> None:
        """Drop some of what is older than it has to be; called again and again."""
        oldest = "SELECT key FROM seen WHERE at < ? ORDER BY at LIMIT ?"
        with contextlib.suppress(sqlite3.OperationalError):
            self._database.execute(
                f"DELETE FROM seen WHERE key IN ({oldest})", (now_ms - KEEP_MS, _FORGOTTEN_AT_ONCE)
            )

    def close(self) -> None:
        """Leave the file."""
        self._database.close()
