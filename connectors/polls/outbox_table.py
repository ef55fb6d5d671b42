"""Reads, and only if told so marks, the outbox table of a source; SQLite and PostgreSQL by one code."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchTableError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.types import JSON

from connectors.polls.errors import Away, Reason
from connectors.polls.places import Place
from connectors.polls.rows import as_json, as_stored
from connectors.polls.settings import Acknowledge, DatabaseSettings
from connectors.polls.table_columns import (
    Columns,
    Newest,
    columns_of,
    missing,
    named_columns,
    newest,
    reused_numbers,
    unplaced_rows,
)

_PIECE = 2_000
_CONNECT_SECONDS = 10


class Row(NamedTuple):
    """A row of the outbox: where it stands, and its native message."""

    place: Place
    payload: bytes


def database_url(text: str) -> URL:
    """The address as SQLAlchemy takes it. Raises `ValueError`, which never quotes it: it holds a password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError(
            "is not an address such as sqlite:////path or postgresql://user:password@host/base"
        ) from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite")
    raise ValueError("is neither a file of SQLite (sqlite:////path) nor PostgreSQL (postgresql://…)")


class OutboxTable:
    """One table of a source's database. Every read is a short read-only transaction of its own.

    Raises `Away` whenever the database is; the next call connects anew.
    """

    def __init__(self, url: URL, settings: DatabaseSettings, zone: tzinfo) -> None:
        """`zone` is that of the times which the source writes."""
        self._zone = zone
        self._settings = settings
        self._is_postgres = url.get_backend_name() == "postgresql"
        self._reader = self._engine(url, can_write=False)
        # Without `acknowledge` there is no connection that could write.
        self._writer = self._engine(url, can_write=True) if settings.acknowledge is not None else None
        schema, _, name = settings.table.rpartition(".")
        self._table = sa.table(name, *map(sa.column, named_columns(settings)), schema=schema or None)
        self._position = self._column(settings.position.column)
        self._key = self._column(settings.key_column)
        self._content: list[sa.ColumnElement[Any]] | None = None

    def problems(self) -> list[str]:
        """What is wrong with the table for polling: columns that are missing, rows that would never be found."""
        with self._reading() as connection:
            found = missing(self._settings, self._columns(connection))
            if not found:
                found += unplaced_rows(self._settings, newest(connection, self._table, self._position))
            return found + reused_numbers(connection, self._settings, self._table)

    def newest(self) -> Newest:
        """The end of the table."""
        with self._reading() as connection:
            return newest(connection, self._table, self._position)

    def rows_after(self, place: Place | None, most: int) -> list[Row]:
        """The next rows in the order of position and key."""
        with self._reading() as connection:
            query = self._whole_rows(connection).order_by(self._position, self._key).limit(most)
            return self._read(connection, query if place is None else query.where(self._is_after(place)))

    def rows_at(self, places: Sequence[Place]) -> list[Row]:
        """The rows at these places that still stand there, in order."""
        with self._reading() as connection:
            query = self._whole_rows(connection).where(self._is_one_of(places))
            return self._read(connection, query.order_by(self._position, self._key))

    def rows_of_cases(self, cases: Sequence[str], place: Place | None, most: int) -> list[Row]:
        """As `rows_after`, of these source case ids alone; without a `case` column the rows of all."""
        with self._reading() as connection:
            query = self._whole_rows(connection).order_by(self._position, self._key).limit(most)
            if self._settings.case is not None:
                query = query.where(sa.cast(self._column(self._settings.case), sa.Text).in_(cases))
            return self._read(connection, query if place is None else query.where(self._is_after(place)))

    def places(self, low: Place | None, high: Place) -> Iterator[list[Place]]:
        """The places of all rows after `low` up to `high`, in order, piece by piece, each in a read of its own."""
        query = sa.select(self._position, self._key).select_from(self._table)
        query = query.where(sa.not_(self._is_after(high))).order_by(self._position, self._key).limit(_PIECE)
        while True:
            with self._reading() as connection:
                rows = connection.execute(query if low is None else query.where(self._is_after(low)))
                piece = [Place(*row) for row in rows]
            if piece:
                yield piece
            if len(piece) < _PIECE:
                return
            low = piece[-1]

    def mark(self, places: Sequence[Place], now: datetime) -> int:
        """Step 4: mark rows as taken, in this order, in one transaction; a row that has its mark is left alone."""
        how = self._settings.acknowledge
        assert how is not None, "asked for by the settings alone"
        assert self._writer is not None, "asked for by the settings alone"
        column = self._column(how.column)
        marked = 0
        with self._telling(), self._writer.begin() as connection:
            self._limit_time(connection)
            value = self._mark(connection, how, now)
            is_open = column.is_(None) if how.now else column.is_distinct_from(value)
            change = sa.update(self._table).values({how.column: value}).where(is_open)
            for place in places:
                marked += connection.execute(change.where(self._is_one_of([place]))).rowcount
        return marked

    def close(self) -> None:
        """Leave the database."""
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()

    def _engine(self, url: URL, *, can_write: bool) -> Engine:
        if self._is_postgres:
            # Without these a network that swallows everything would hang a read for a quarter of an hour.
            alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
            alive["tcp_user_timeout"] = round(self._settings.timeout_seconds * 2000)
            # Prepared statements would not survive a pooler between us and the server.
            options = {"connect_timeout": _CONNECT_SECONDS, "prepare_threshold": None, **alive}
            engine = sa.create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=options)
            return engine if can_write else engine.execution_options(postgresql_readonly=True)
        # A missing file is an error, not a new file; a reader cannot write at all.
        place = f"file:{quote(url.database or '')}?mode={'rw' if can_write else 'ro'}"
        connect = partial(sqlite3.connect, place, uri=True, timeout=self._settings.timeout_seconds)
        return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._reader.begin() as connection:
            self._limit_time(connection)
            yield connection

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Errors by what is to be done; a statement's values may be a caller's data and are never told."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            self._forget()
            raise Away(Reason.DATABASE, f"{self._settings.table}: {_first_line(error)}") from None
        except NoSuchTableError:
            self._forget()
            raise Away(Reason.TABLE, f"{self._settings.table}: there is no such table") from None
        except SQLAlchemyError as error:
            self._forget()
            kind = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
            hint = "try: hub sources check"
            raise Away(Reason.TABLE, f"{self._settings.table}: the database says {kind}; {hint}") from None

    def _forget(self) -> None:
        self._content = None
        self.close()

    def _limit_time(self, connection: Connection) -> None:
        if self._is_postgres:
            milliseconds = round(self._settings.timeout_seconds * 1000)
            connection.execute(sa.text(f"set local statement_timeout = {milliseconds}"))

    def _mark(self, connection: Connection, how: Acknowledge, now: datetime) -> Any:
        """The value of a mark; a time is local time where the column has no zone."""
        if not how.now:
            return how.value
        local = now.astimezone(self._zone)
        if not self._is_postgres:
            return local.strftime("%Y-%m-%d %H:%M:%S")
        has_zone = getattr(self._columns(connection)[how.column]["type"], "timezone", False)
        return local if has_zone else local.replace(tzinfo=None)

    def _column(self, name: str) -> sa.ColumnClause[Any]:
        return self._table.c[name]

    def _columns(self, connection: Connection) -> Columns:
        return columns_of(connection, self._table.name, self._table.schema)

    def _whole_rows(self, connection: Connection) -> "sa.Select[Any]":
        if self._content is None:
            columns = self._columns(connection)
            if problems := missing(self._settings, columns):
                raise Away(Reason.TABLE, "; ".join(problems))
            how = self._settings
            named = [how.payload] if how.payload is not None else list((how.columns or {}).values())
            self._content = [self._as_read(name, columns[name]["type"]) for name in named]
        return sa.select(self._position, self._key, *self._content).select_from(self._table)

    def _as_read(self, name: str, kind: Any) -> "sa.ColumnElement[Any]":
        # JSON columns as the text that stands there: read as objects, long numbers would lose digits.
        column = self._column(name)
        return sa.cast(column, sa.Text).label(name) if self._is_postgres and isinstance(kind, JSON) else column

    def _read(self, connection: Connection, query: "sa.Select[Any]") -> list[Row]:
        how = self._settings
        fields = list(how.columns or ())
        rows = []
        for position, key, *values in connection.execute(query):
            content = as_stored(values[0]) if how.payload is not None else as_json(fields, values, self._zone)
            rows.append(Row(Place(position, key), content))
        return rows

    def _is_after(self, place: Place) -> "sa.ColumnElement[bool]":
        if place.key is None:
            return self._position >= place.position
        if self._key.name == self._position.name:
            return self._position > place.position
        return sa.tuple_(self._position, self._key) > sa.tuple_(
            sa.bindparam(None, place.position), sa.bindparam(None, place.key)
        )

    def _is_one_of(self, places: Sequence[Place]) -> "sa.ColumnElement[bool]":
        if self._key.name == self._position.name:
            return self._position.in_([place.position for place in places])
        pairs = [sa.and_(self._position == place.position, self._key == place.key) for place in places]
        return sa.or_(*pairs)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n")[0][:200]
