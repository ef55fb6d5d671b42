"""A SQLite file whose loss costs a repetition and no message: opened, or begun anew where it is damaged."""

import logging
import sqlite3
from pathlib import Path

log = logging.getLogger(__name__)


def open_or_renew(file: Path, tables: str, cost: str) -> sqlite3.Connection:
    """A connection to the file with its tables; `cost` says in the log what beginning anew means.

    It is readable by its owner alone.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open(file, tables)
    except sqlite3.DatabaseError as error:
        log.error("%s is damaged (%s) and begun anew; %s", file, error, cost)
        for part in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            part.unlink(missing_ok=True)
        return _open(file, tables)


def _open(file: Path, tables: str) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None)
    try:
        file.chmod(0o600)
        database.execute("PRAGMA journal_mode = WAL")
        # What a killed process wrote stays; the power alone can take the last second's, which unify then catches.
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(tables)
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
