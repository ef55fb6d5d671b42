"""Due times, pauses and intervals in words, and back."""

from collections.abc import Iterable
from typing import Any, Final

from hub.domain.instants import parse_instant
from hub.domain.intervals import Interval, IntervalReason
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
        end = f"{one.end:%H:%M:%S}" if one.begin.date() == one.end.date() else f"{one.end:%m-%d %H:%M:%S}"
        why = " ".join(part for part in (_REASONS[one.reason], one.name) if part)
        length = f"{one.end - one.begin}" if one.is_counted else ""
        text = (
            f"{'counted' if one.is_counted else 'not':<9}  {one.begin:%m-%d %H:%M:%S}–{end:<15}  {length:<16} {why}"
        )
        lines.append(text.rstrip())
    return lines


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
