"""What a poll keeps on disk: a SQLite file below the data folder that one process at a time may hold."""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from connectors.polls.errors import Away, Reason
from connectors.status import Done
from hub.domain.errors import Misconfigured

_TOLD = 20
_SCHEMA = """
create table if not exists about (name text primary key, value) without rowid;
create table if not exists done
    (number integer primary key, command text not null unique, outcome text not null, detail text not null);
"""


def journal_file(data_dir: Path, source: str, transport: str) -> Path:
    """Where the journal of a source's poll stands."""
    return data_dir / "polls" / f"{source}.{transport}.sqlite"


class Journal:
    """The part that both kinds of poll share: the file, its lock, single values, and the commands that are done.

    A lost file loses no record: reading begins at the start again, and unify drops what it knows. To be used by the
    thread that made it.
    """

    def __init__(self, file: Path, schema: str, about: str) -> None:
        """Open or make the file.

        Raises:
            Away: another process holds it, or the disk does not take it.
            Misconfigured: it was made for another table (`about` differs).
        """
        self._file = file
        self._lock = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._lock = file.with_suffix(".lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._unlock()
            raise Away(Reason.JOURNAL, f"another process polls by {file}; stop it") from None
        except OSError as error:
            raise Away(Reason.JOURNAL, f"{file}: {error.strerror}") from None
        try:
            with self._telling():
                self._db = sqlite3.connect(file, isolation_level=None)
                # A commit that a power cut takes back is made again: its records are resent, and unify drops them.
                self._db.executescript("pragma journal_mode=wal; pragma synchronous=normal;")
                self._db.executescript(_SCHEMA + schema)
            self._hold_to(about)
        except (Away, Misconfigured):
            self._unlock()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
        self._unlock()

    def __contains__(self, command: object) -> bool:
        """Whether the command of that id has been carried out."""
        return bool(self._rows("select 1 from done where command = ?", command))

    def outcomes(self) -> dict[str, Done]:
        """What came of the last commands, by id."""
        rows = self._rows("select command, outcome, detail from done order by number desc limit ?", _TOLD)
        return {str(row[0]): Done(outcome=str(row[1]), detail=str(row[2])) for row in reversed(rows)}

    def finish(self, command: str, done: Done) -> None:
        """Remember what came of a command that changes nothing else in the journal."""
        with self._writing():
            self._set_done(command, done)

    def _set_done(self, command: str, done: Done) -> None:
        row = (command, done.outcome, done.detail)
        self._db.execute("insert or ignore into done (command, outcome, detail) values (?, ?, ?)", row)

    def _get(self, name: str) -> int | None:
        rows = self._rows("select value from about where name = ?", name)
        return None if not rows or rows[0][0] is None else int(str(rows[0][0]))

    def _put(self, name: str, value: int | str | None) -> None:
        self._db.execute("insert or replace into about values (?, ?)", (name, value))

    def _rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self._telling():
            return self._db.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing, whatever is killed."""
        with self._telling():
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("rollback")
                raise

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = "is the disk full? If the file is damaged, remove it: reading then begins at the start again"
            raise Away(Reason.JOURNAL, f"{self._file}: {error}; {hint}") from error

    def _hold_to(self, about: str) -> None:
        rows = self._rows("select value from about where name = 'about'")
        if not rows:
            with self._writing():
                self._put("about", about)
        elif rows[0][0] != about:
            raise Misconfigured(
                [
                    f"{self._file} holds positions of {rows[0][0]}, the settings name {about}: "
                    "set it back, or remove the file to begin at the start"
                ]
            )

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
