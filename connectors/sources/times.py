"""Reads times into epoch milliseconds: local time of the sources, and ISO 8601 with a zone."""

import re
from datetime import date
from functools import lru_cache

from connectors.sources.values import code
from hub.domain.errors import Rejected

_EIGHT_HOURS_S = 8 * 3600
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DATE = "([0-9]{4}(?:-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2})"
_LOCAL = re.compile(_DATE + " +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_ZONED = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)


def local_time(text: str | None, field: str, flags: set[str] | None = None) -> int | None:
    """An instant in UTC+8, which these sources keep all year; `flags` is for the time of the event itself."""
    given = code(text)
    if given is None:
        return None
    match = _LOCAL.fullmatch(given)
    if match is None:
        raise _bad(field, "YYYY-M-D H:mm[:ss] or YYYY/M/D H:mm[:ss]")
    day, hour, minute, second = match.groups()
    if second is None and flags is not None:
        flags.add("time_no_seconds")
    return (_seconds(day, hour, minute, second or "0", field) - _EIGHT_HOURS_S) * 1000


def zoned_time(text: str | None, field: str) -> int | None:
    """An instant in ISO 8601 with its zone, cut to milliseconds."""
    given = code(text)
    if given is None:
        return None
    match = _ZONED.fullmatch(given)
    if match is None:
        raise _bad(field, "YYYY-MM-DDTHH:mm:ss[.fraction] with Z or ±hh:mm")
    day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    seconds = _seconds(day, hour, minute, second, field)
    if sign:
        offset = int(zone_hours) * 3600 + int(zone_minutes) * 60
        if int(zone_minutes) > 59 or offset > 14 * 3600:
            raise _bad(field, "a zone of at most 14 hours")
        seconds -= offset if sign == "+" else -offset
    return seconds * 1000 + int((fraction or "0")[:3].ljust(3, "0"))


def _seconds(day: str, hour: str, minute: str, second: str, field: str) -> int:
    start = _day_start(day)
    hours, minutes, seconds = int(hour), int(minute), int(second)
    if start is None or hours > 23 or minutes > 59 or seconds > 59:
        raise _bad(field, "a date that exists and a time from 00:00:00 to 23:59:59")
    return start + hours * 3600 + minutes * 60 + seconds


@lru_cache(maxsize=1024)
def _day_start(day: str) -> int | None:
    """Seconds from the epoch to the start of the day in UTC; None for a day that does not exist."""
    year, month, number = map(int, day.replace("/", "-").split("-"))
    try:
        return (date(year, month, number).toordinal() - _EPOCH_ORDINAL) * 86400
    except ValueError:
        return None


def _bad(field: str, expected: str) -> Rejected:
    return Rejected("bad_time", field, f"expected {expected}")
