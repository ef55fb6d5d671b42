"""The journal of a database poll: how far it read, what of the overlap window it took, which marks it owes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from connectors.polls.journal import Journal
from connectors.polls.places import Place, read_place
from connectors.status import Done

_SCHEMA = """
create table if not exists marks
    (seq integer primary key autoincrement, place text not null, reached_at integer not null);
create table if not exists taken (place text primary key, seq integer) without rowid;
create index if not exists taken_seq on taken (seq);
create table if not exists owed
    (number integer primary key autoincrement, place text not null unique);
"""
_THINNED_TO_MS = 600_000
_KEPT_MS = 100 * 86_400_000
_LOOKED_UP = 500


class TableJournal(Journal):
    """Positions are *marks*: a place and when (epoch milliseconds) it was reached.

    `high` is the last mark: forward reading goes on after it. `low` is the mark up to which nothing can appear any
    more: from it on the window is read again, and `taken` holds the rows of the window that Kafka has acknowledged.
    """

    def __init__(self, file: Path, about: str) -> None:
        super().__init__(file, _SCHEMA, about)

    def high(self) -> Place | None:
        """After which row forward reading goes on; None before the first one."""
        rows = self._rows("select place from marks order by seq desc limit 1")
        return _place(rows)

    def low(self) -> Place | None:
        """After which row the window begins; None: at the first row of the table."""
        return _place(self._rows("select place from marks where seq = ?", self._low()))

    def window_rows(self) -> int:
        """How many rows of the window are taken."""
        (row,) = self._rows("select count(*) from taken")
        return int(str(row[0]))

    def untaken(self, places: Sequence[Place]) -> list[Place]:
        """Those of the places that have not been taken, in the same order."""
        known: set[object] = set()
        written = [place.write() for place in places]
        for start in range(0, len(written), _LOOKED_UP):
            some = written[start : start + _LOOKED_UP]
            asked = ",".join("?" * len(some))
            known.update(row[0] for row in self._rows(f"select place from taken where place in ({asked})", *some))
        return [place for place, text in zip(places, written, strict=True) if text not in known]

    def take(
        self, places: Iterable[Place], high: Place | None, now_ms: int, *, owes_marks: bool, beyond: int = 0
    ) -> None:
        """Step 3: Kafka has these rows. `high` is the new last mark, None where it stays (rows that came late).

        The last `beyond` rows stand after the mark (their time lies in the future): they stay in `taken` for good,
        because forward reading meets them again.
        """
        with self._writing():
            if high is not None:
                mark = (high.write(), now_ms)
                self._db.execute("insert into marks (place, reached_at) values (?, ?)", mark)
            seq = self._db.execute("select max(seq) from marks").fetchone()[0]
            written = [place.write() for place in places]
            until = len(written) - beyond
            for number, text in enumerate(written):
                self._db.execute(
                    "insert or replace into taken values (?, ?)", (text, seq if number < until else None)
                )
                if owes_marks:
                    self._db.execute("insert or ignore into owed (place) values (?)", (text,))

    def owed(self, most: int) -> list[Place]:
        """The rows whose marks the source has not got yet, in the order in which they were taken."""
        return [
            read_place(str(row[0])) for row in self._rows("select place from owed order by number limit ?", most)
        ]

    def owed_rows(self) -> int:
        """How many marks are owed."""
        (row,) = self._rows("select count(*) from owed")
        return int(str(row[0]))

    def paid(self, places: Iterable[Place]) -> None:
        """Step 5: the source has these marks."""
        with self._writing():
            self._db.executemany("delete from owed where place = ?", [(place.write(),) for place in places])

    def settle(self, reached_until_ms: int) -> None:
        """Step 6: what was reached up to that instant is settled; the window begins after it."""
        found = self._rows(
            "select max(seq) from marks where reached_at <= ? and seq >= ?", reached_until_ms, self._low() or 0
        )
        seq = found[0][0]
        if seq is None or seq == self._low():
            return
        with self._writing():
            self._put("low", int(str(seq)))
            self._db.execute("delete from taken where seq <= ?", (seq,))
            # History for rewinds: the first mark of every ten minutes.
            self._db.execute(
                "delete from marks where seq < ? and (reached_at < ? or seq not in "
                "(select min(seq) from marks group by reached_at / ?))",
                (seq, reached_until_ms - _KEPT_MS, _THINNED_TO_MS),
            )

    def place_at(self, instant_ms: int) -> Place | None:
        """How far it had read at that instant; None: not begun, or not known any more, so from the start."""
        rows = self._rows("select place from marks where reached_at <= ? order by seq desc limit 1", instant_ms)
        return _place(rows)

    def rewind(self, to: Place | None, now_ms: int, command: str, done: Done) -> None:
        """Go back: every row after the place is read and sent again. One transaction with the command's end."""
        with self._writing():
            self._db.execute("delete from taken")
            if to is None:
                self._db.execute("delete from marks")
                self._put("low", None)
            else:
                mark = (to.write(), now_ms)
                cursor = self._db.execute("insert into marks (place, reached_at) values (?, ?)", mark)
                self._put("low", cursor.lastrowid)
            self._set_done(command, done)

    def _low(self) -> int | None:
        return self._get("low")


def _place(rows: Sequence[tuple[object, ...]]) -> Place | None:
    return read_place(str(rows[0][0])) if rows else None
