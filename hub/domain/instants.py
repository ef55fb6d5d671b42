"""Instants of the city: aware datetimes in Asia/Shanghai (fixed UTC+8), in whole seconds."""

from datetime import datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8))
_FIRST: Final = datetime(1, 1, 1, tzinfo=SHANGHAI)
_UNIX: Final = datetime(1970, 1, 1, tzinfo=SHANGHAI)
_UNIX_OFFSET_MS: Final = 8 * 3_600_000
_DAY: Final = 86_400


def parse_instant(text: str) -> datetime:
    """The instant of an ISO 8601 text with a zone; raises `ValueError` that says what to mend."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is not an ISO 8601 instant as 2026-07-06T10:20:00+08:00') from None
    if found.tzinfo is None:
        raise ValueError(f'"{text}" has no zone; write it as 2026-07-06T10:20:00+08:00 or …Z')
    return local(found)


def local(instant: datetime) -> datetime:
    """The same instant on the city's clock. A part of a second is dropped: 12:00:00.9 is in the second 12:00:00."""
    if instant.tzinfo is SHANGHAI and not instant.microsecond:
        return instant
    return at_second(second_of(instant))


def second_of(instant: datetime) -> int:
    """Seconds on the city's clock since the first day of the calendar; for reckoning inside a module only."""
    if instant.tzinfo is None:
        raise ValueError("an instant without zone cannot be reckoned with; give it one")
    since = instant - _FIRST
    return since.days * _DAY + since.seconds


def at_second(second: int) -> datetime:
    """The instant of a number of `second_of`. Raises `OverflowError` beyond the year 9999."""
    return _FIRST + timedelta(seconds=second)


def from_epoch_ms(milliseconds: int) -> datetime:
    """The instant of an event's or a state's epoch milliseconds."""
    return datetime.fromtimestamp(milliseconds // 1000, SHANGHAI)


def to_epoch_ms(instant: datetime) -> int:
    """The instant as events and states keep it."""
    since = instant - _UNIX
    return (since.days * _DAY + since.seconds) * 1000 - _UNIX_OFFSET_MS
