"""A local copy of the vault for look-ups by token: ciphertext only, and which tokens were deleted when."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.feed import Feed, Message, Position
from hub.domain.errors import Unavailable

DELETED = "contact.delete"
_SUBJECT = "contact/"
_TABLES = """
CREATE TABLE IF NOT EXISTS contacts (token TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deletions (token TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) STRICT;
"""
_HANDFUL = 2000
_LONGEST_READ = 60
_BUSY_SECONDS = 20.0


def subject_of(token: str) -> str:
    """What the audit log calls a contact."""
    return _SUBJECT + token


@dataclass(slots=True, frozen=True)
class Found:
    """What the vault holds of a token. `record` is the Avro `VaultedContact` as read, None without one.

    `is_deleted` is true of a token whose person was deleted after the hub received the report that gave the
    record, or of which there is no record any more.
    """

    record: dict[str, Any] | None
    is_deleted: bool


class VaultCopy:
    """Follows the vault and the audit log; the audit log is what remembers a deletion for ever.

    Positions and records stand in one SQLite file and move in one transaction. A lost file is built anew. Safe to
    call from several threads.
    """

    def __init__(
        self,
        file: Path,
        *,
        vault_topic: str,
        audit_topic: str,
        open_feed: Callable[[Mapping[Position, int]], Feed],
        decode: Callable[[bytes, str], dict[str, Any]],
    ) -> None:
        self._vault_topic = vault_topic
        self._audit_topic = audit_topic
        self._open_feed = open_feed
        self._decode = decode
        self._feed: Feed | None = None
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Before SQLite makes its journal, which gets the same rights.
            file.touch(0o600)
            self._base = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = WAL")
            # What was deleted is overwritten in the file too.
            self._base.execute("PRAGMA secure_delete = ON")
            self._base.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"the copy of the vault {file} cannot be opened ({error})") from error

    def catch_up(self, seconds: float = _LONGEST_READ) -> None:
        """Take everything that is committed by now.

        Raises:
            Unavailable: Kafka or the disk does not answer; what was taken before stands.
        """
        with self._lock:
            try:
                feed = self._feed or self._open_feed(self._positions())
                self._feed = feed
                while feed.behind(seconds) > 0:
                    self._take(*feed.poll(_HANDFUL, 0.2))
            except sqlite3.Error as error:
                self._let_go()
                raise Unavailable(f"the copy of the vault cannot be written ({error})") from error
            except BaseException:
                self._let_go()
                raise

    def find(self, token: str) -> Found:
        """What stands under the token by the last `catch_up`."""
        with self._lock:
            record = self._one("SELECT record FROM contacts WHERE token = ?", token)
            deleted_at = self._one("SELECT at FROM deletions WHERE token = ?", token)
        if record is None:
            return Found(None, deleted_at is not None)
        datum = self._decode(record, "VaultedContact")
        return Found(datum, deleted_at is not None and datum["received_at"] <= deleted_at)

    def tokens(self) -> list[str]:
        """All tokens that have a record, deleted people's late ones too."""
        with self._lock:
            return [token for (token,) in self._base.execute("SELECT token FROM contacts ORDER BY token")]

    def count(self) -> int:
        """How many contacts the copy holds."""
        with self._lock:
            return int(self._base.execute("SELECT count(*) FROM contacts").fetchone()[0])

    def close(self) -> None:
        """Let go of Kafka and of the file."""
        with self._lock:
            self._let_go()
            self._base.close()

    def _one(self, statement: str, token: str) -> Any:
        try:
            row = self._base.execute(statement, (token,)).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"the copy of the vault cannot be read ({error})") from error
        return None if row is None else row[0]

    def _let_go(self) -> None:
        """After a failure the feed may be ahead of the file: the next one starts where the file stands."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.close()

    def _positions(self) -> dict[Position, int]:
        rows = self._base.execute("SELECT topic, partition, next_offset FROM positions")
        return {(topic, partition): offset for topic, partition, offset in rows}

    def _take(self, messages: Iterable[Message], after: Mapping[Position, int]) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            for message in messages:
                if message.topic == self._vault_topic:
                    self._take_contact(message)
                elif message.value is not None:
                    self._take_audit(message.value)
            self._base.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
                [(topic, partition, offset) for (topic, partition), offset in after.items()],
            )
            self._base.execute("COMMIT")
        except BaseException:
            self._base.execute("ROLLBACK")
            raise

    def _take_contact(self, message: Message) -> None:
        token = (message.key or b"").decode("utf-8", "replace")
        if message.value is None:
            self._base.execute("DELETE FROM contacts WHERE token = ?", (token,))
        else:
            self._base.execute("INSERT OR REPLACE INTO contacts VALUES (?, ?)", (token, message.value))

    def _take_audit(self, value: bytes) -> None:
        record = self._decode(value, "AuditRecord")
        if record["action"] == DELETED and record["subject"].startswith(_SUBJECT):
            token = record["subject"].removeprefix(_SUBJECT)
            self._base.execute(
                "INSERT INTO deletions VALUES (?, ?) ON CONFLICT (token) DO UPDATE SET at = max(at, excluded.at)",
                (token, record["at"]),
            )
