"""Bearer tokens of named people and roles: shown once when they are issued, kept as hashes alone."""

import hmac
import re
import secrets
import sqlite3
import threading
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hub.domain.errors import Misconfigured, Unavailable

_TABLE = """CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, role TEXT NOT NULL, holder TEXT NOT NULL, digest BLOB NOT NULL,
    issued_at INTEGER NOT NULL, revoked_at INTEGER
) STRICT"""
_COLUMNS = "id, role, holder, issued_at, revoked_at"
_TOKEN = re.compile(r"(?P<id>[0-9a-f]{12})\.(?P<secret>[0-9A-Za-z_-]{43})")
_LONGEST_HOLDER = 100
_BUSY_SECONDS = 10.0


@dataclass(slots=True, frozen=True)
class Issued:
    """A token as the book knows it. Instants are epoch ms; `revoked_at` None while it is good."""

    id: str
    role: str
    holder: str
    issued_at: int
    revoked_at: int | None


class TokenBook:
    """The tokens of one hub, in a SQLite file that several processes may open; safe to call from several threads.

    A token is `id.secret`, the secret 256 random bits: a plain SHA-256 of it cannot be turned back.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Before SQLite makes its journal, which gets the same rights.
            file.touch(0o600)
            self._base = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute(_TABLE)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"tokens {file} cannot be opened ({error})") from error

    def issue(self, holder: str, role: str, now_ms: int) -> tuple[str, Issued]:
        """A new token of that person for that role; its text is told this once.

        Raises:
            Misconfigured: the holder is no name.
        """
        if not holder.strip() or len(holder) > _LONGEST_HOLDER or not holder.isprintable():
            raise Misconfigured([f"a token is issued to a named person, at most {_LONGEST_HOLDER} characters"])
        issued = Issued(secrets.token_hex(6), role, holder.strip(), now_ms, None)
        secret = secrets.token_urlsafe(32)
        self._run(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL)",
            (issued.id, role, issued.holder, _digest(secret), now_ms),
        )
        return f"{issued.id}.{secret}", issued

    def revoke(self, token_id: str, now_ms: int) -> Issued | None:
        """From now on the token is good for nothing; None when there is no such token."""
        self._run("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now_ms, token_id))
        found = self._run(f"SELECT {_COLUMNS} FROM tokens WHERE id = ?", (token_id,))
        return Issued(*found[0]) if found else None

    def find(self, token: str) -> Issued | None:
        """Whose token that is; None when it is unknown, altered or revoked."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        found = self._run(
            f"SELECT {_COLUMNS}, digest FROM tokens WHERE id = ? AND revoked_at IS NULL", (parts["id"],)
        )
        if not found or not hmac.compare_digest(found[0][-1], _digest(parts["secret"])):
            return None
        return Issued(*found[0][:-1])

    def every(self, role: str) -> list[Issued]:
        """All tokens of a role, revoked ones too, oldest first."""
        rows = self._run(f"SELECT {_COLUMNS} FROM tokens WHERE role = ? ORDER BY issued_at, id", (role,))
        return [Issued(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def _run(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._base.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"tokens {self._file} cannot be used ({error})") from error


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
