"""What a table must have to be polled, asked of the database itself."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError

from connectors.polls.places import Value
from connectors.polls.settings import DatabaseSettings

Columns = dict[str, Any]


class Newest(NamedTuple):
    """The last position of the table (None: no row), and how many rows have no position at all."""

    position: Value | None
    unplaced: int


def columns_of(connection: Connection, table: str, schema: str | None) -> Columns:
    """Column name → what the database says of it. Raises SQLAlchemy's `NoSuchTableError`."""
    found = sa.inspect(connection).get_columns(table, schema)
    if not found:
        raise NoSuchTableError(table)
    return {column["name"]: column for column in found}


def named_columns(settings: DatabaseSettings) -> list[str]:
    """The columns that the settings name, each once."""
    mark = settings.acknowledge.column if settings.acknowledge is not None else None
    named = [settings.position.column, settings.key_column, *(settings.columns or {}).values()]
    return list(dict.fromkeys([*named, *(name for name in (settings.payload, settings.case, mark) if name)]))


def missing(settings: DatabaseSettings, columns: Columns) -> list[str]:
    """A line for each column that the settings name and the table does not have."""
    there = ", ".join(sorted(columns))
    return [
        f"{settings.table}: there is no column {name}; there are {there}"
        for name in named_columns(settings)
        if name not in columns
    ]


def newest(connection: Connection, table: sa.TableClause, position: "sa.ColumnClause[Any]") -> Newest:
    """The end of the table."""
    last = connection.execute(sa.select(sa.func.max(position)).select_from(table)).scalar()
    unplaced = sa.select(sa.func.count()).select_from(table).where(position.is_(None))
    return Newest(last, int(connection.execute(unplaced).scalar() or 0))


def unplaced_rows(settings: DatabaseSettings, found: Newest) -> list[str]:
    """Rows without a position are found by no poll."""
    if not found.unplaced:
        return []
    what = f"{found.unplaced} rows have no {settings.position.column}, so no poll finds them"
    return [f"{settings.table}: {what}; make the column NOT NULL"]


def reused_numbers(connection: Connection, settings: DatabaseSettings, table: sa.TableClause) -> list[str]:
    """SQLite gives the numbers of removed rows again unless the table says AUTOINCREMENT."""
    if settings.position.kind != "number" or connection.dialect.name != "sqlite":
        return []
    statement = sa.text("select sql from sqlite_master where type = 'table' and name = :name")
    made = connection.execute(statement, {"name": table.name}).scalar()
    if made is None or "autoincrement" in str(made).lower():
        return []
    what = "without AUTOINCREMENT SQLite gives the numbers of removed rows again, and a poll does not see such rows"
    return [f"{settings.table}: {what}; add it, or never remove the last rows"]
