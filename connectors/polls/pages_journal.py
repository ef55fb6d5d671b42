"""The journal of an HTTP poll: its mark, the records it knows, and the ETags of pages that it has taken."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from connectors.polls.journal import Journal
from connectors.status import Done

_SCHEMA = """
create table if not exists pages
    (id integer primary key, address text not null unique, etag text, records integer not null, next text,
     seen_at integer not null);
create table if not exists known
    (digest blob primary key, page integer not null, seen_at integer not null) without rowid;
create index if not exists known_page on known (page);
create index if not exists known_seen on known (seen_at);
"""
_LOOKED_UP = 500


class KnownPage(NamedTuple):
    """What a page said when it was taken: needed when the server says that it has not changed."""

    etag: str | None
    records: int
    next: str | None


class PagesJournal(Journal):
    """`mark` is the server's instant up to which everything is taken; instants are epoch milliseconds."""

    def __init__(self, file: Path, about: str) -> None:
        super().__init__(file, _SCHEMA, about)

    def mark(self) -> int | None:
        """Up to which instant of the server's clock a whole pass has taken everything."""
        return self._get("mark")

    def newest(self) -> int | None:
        """The newest time of all records taken."""
        return self._get("newest")

    def passed_at(self) -> int | None:
        """When the last whole pass began, by the hub's clock."""
        return self._get("passed_at")

    def page(self, address: str) -> KnownPage | None:
        """The page of that address as it was taken."""
        rows = self._rows("select etag, records, next from pages where address = ?", address)
        if not rows:
            return None
        etag, records, following = rows[0]
        return KnownPage(_text(etag), int(str(records)), _text(following))

    def unknown(self, digests: Sequence[bytes]) -> set[bytes]:
        """Those that have not been taken."""
        found = set(digests)
        for start in range(0, len(digests), _LOOKED_UP):
            some = digests[start : start + _LOOKED_UP]
            asked = ",".join("?" * len(some))
            rows = self._rows(f"select digest from known where digest in ({asked})", *some)
            found -= {row[0] for row in rows if isinstance(row[0], bytes)}
        return found

    def known_records(self) -> int:
        """How many records are remembered."""
        (row,) = self._rows("select count(*) from known")
        return int(str(row[0]))

    def take(
        self, address: str, page: KnownPage, digests: Sequence[bytes], newest_ms: int | None, now_ms: int
    ) -> None:
        """Step 3: Kafka has every record of this page. The ETag is noted with them, never before."""
        with self._writing():
            self._db.execute(
                "insert into pages (address, etag, records, next, seen_at) values (?, ?, ?, ?, ?) on conflict "
                "(address) do update set etag = excluded.etag, records = excluded.records, next = excluded.next, "
                "seen_at = excluded.seen_at",
                (address, *page, now_ms),
            )
            number = self._db.execute("select id from pages where address = ?", (address,)).fetchone()[0]
            self._db.executemany(
                "insert or replace into known values (?, ?, ?)", [(digest, number, now_ms) for digest in digests]
            )
            if newest_ms is not None:
                self._put("newest", max(newest_ms, self._get("newest") or newest_ms))

    def see(self, address: str, now_ms: int) -> None:
        """The server says that the page has not changed: its records are still there."""
        with self._writing():
            self._db.execute("update pages set seen_at = ? where address = ?", (now_ms, address))
            self._db.execute(
                "update known set seen_at = ? where page = (select id from pages where address = ?)",
                (now_ms, address),
            )

    def settle(self, mark_ms: int | None, began_ms: int, forget_before_ms: int) -> None:
        """Step 6: a pass saw every page; what the server has not shown for long is forgotten."""
        with self._writing():
            self._put("mark", mark_ms)
            self._put("passed_at", began_ms)
            self._db.execute("delete from known where seen_at < ?", (forget_before_ms,))
            self._db.execute("delete from pages where seen_at < ?", (forget_before_ms,))

    def rewind(self, mark_ms: int | None, command: str, done: Done) -> None:
        """Ask from that instant on and send everything again; None: from the start."""
        with self._writing():
            self._put("mark", mark_ms)
            self._put("newest", mark_ms)
            self._put("passed_at", None)
            self._db.execute("delete from known")
            self._db.execute("delete from pages")
            self._set_done(command, done)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
