"""Due times, pauses and intervals in words, and back."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from hub.domain.instants import parse_instant
from hub.domain.intervals import Interval, IntervalReason
from hub.domain.limits import Limit
from hub.domain.pauses import Pause
from hub.domain.worktime import Due

_REASONS: Final[dict[IntervalReason, str]] = {
    "clock": "",
    "office": "",
    "make_up_day": "make-up day",
    "lunch": "lunch",
    "night": "night",
    "weekend": "weekend",
    "holiday": "holiday",
    "pause": "pause",
}


def parse_pause(text: str) -> Pause:
    """A pause written FROM/TO; FROM/ is open-ended. Raises `ValueError` that says what to mend."""
    begin, slash, end = text.partition("/")
    if not slash:
        raise ValueError(f'"{text}" is not a pause as FROM/TO, or FROM/ for an open end')
    return Pause(parse_instant(begin.strip()), parse_instant(end.strip()) if end.strip() else None)


def due_line(due: Due) -> str:
    """A due time as one line."""
    if due.at is None:
        return "no due: an open-ended pause begins before the count has ended"
    provisional = "  provisional: a calendar year on the way is not published" if due.is_provisional else ""
    return f"{due.at.isoformat()}{provisional}"


def interval_lines(found: Iterable[Interval]) -> list[str]:
    """One line an interval, as `hub explain` prints them."""
    lines = []
    for one in found:
        end = f"{one.end:%H:%M}" if one.begin.date() == one.end.date() else f"{one.end:%m-%d %H:%M}"
        end += f":{one.end:%S}" if one.end.second else ""
        begin = f"{one.begin:%m-%d %H:%M}" + (f":{one.begin:%S}" if one.begin.second else "")
        why = " ".join(part for part in (_REASONS[one.reason], one.name) if part)
        length = in_words(one.end - one.begin) if one.is_counted else ""
        lines.append(
            f"{'counted' if one.is_counted else 'not':<9} {f'{begin}–{end}':<32} {length:<16} {why}".rstrip()
        )
    return lines


def in_words(length: timedelta) -> str:
    """A counted time as `1 h 40 min`."""
    minutes, seconds = divmod(length.days * 86_400 + length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "0 s"


def limit_in_words(limit: Limit) -> str:
    """A limit as `3 work days`."""
    value = f"{limit.value:g}"
    return f"{value} {limit.unit.replace('_', ' ')}{'' if value == '1' else 's'}"


def interval_data(found: Iterable[Interval]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "from": one.begin.isoformat(),
            "to": one.end.isoformat(),
            "counted": one.is_counted,
            "reason": one.reason,
            "name": one.name,
        }
        for one in found
    ]
