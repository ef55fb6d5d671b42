"""Where a row stands: its position, and the key that tells rows of one position apart; and how that is written."""

import json
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from connectors.polls.errors import Away, Reason

Value = int | float | str | datetime | UUID | Decimal
_MILLISECONDS_FROM = 100_000_000_000


class Place(NamedTuple):
    """A position and a key. Without a key: before the first row of that position."""

    position: Value
    key: Value | None = None

    def write(self) -> str:
        """One text for one place, always the same."""
        values = [self.position] if self.key is None else [self.position, self.key]
        return json.dumps([_write(value) for value in values], ensure_ascii=False, separators=(",", ":"))


def read_place(text: str) -> Place:
    """The place that `write` wrote."""
    return Place(*(_read(kind, value) for kind, value in json.loads(text)))


def precedes(one: Any, other: Any) -> bool:
    """Whether a position stands before another of the same column. Raises `TypeError` for two kinds of value."""
    return bool(one < other)


def read_position(text: str, like: Value) -> Value:
    """A position that someone wrote, of the same kind as another. Raises `ValueError` or `ArithmeticError`."""
    if isinstance(like, datetime):
        return datetime.fromisoformat(text)
    return type(like)(text)


def instant_ms(position: Value, zone: tzinfo) -> int | None:
    """A position of kind time as epoch milliseconds; None where it cannot be read as an instant.

    Without a zone of its own it is local time of `zone`; numbers are epoch seconds or, from 10^11 on, milliseconds.
    """
    if isinstance(position, UUID):
        return None
    if isinstance(position, int | float | Decimal):
        return int(position) if position >= _MILLISECONDS_FROM else int(position * 1000)
    try:
        moment = datetime.fromisoformat(position.strip()) if isinstance(position, str) else position
        local = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return round(local.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _write(value: Value) -> tuple[str, object]:
    # bool is an int for Python and nothing that a row could be told by.
    if isinstance(value, bool) or not isinstance(value, Value):
        raise Away(Reason.TABLE, f"position and key must be numbers, texts or times, not {type(value).__name__}")
    if isinstance(value, datetime):
        return "time", value.isoformat()
    if isinstance(value, UUID):
        return "uuid", str(value)
    if isinstance(value, Decimal):
        return "decimal", str(value)
    return "plain", value


def _read(kind: str, value: object) -> Value:
    if kind == "time":
        return datetime.fromisoformat(str(value))
    if kind == "uuid":
        return UUID(str(value))
    if kind == "decimal":
        return Decimal(str(value))
    assert isinstance(value, int | float | str), "written by _write"
    return value
