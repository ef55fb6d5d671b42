"""Working time: when a limit is due, how much of it has run, how much is left. Rules: docs/clocks.md.

All four units are reckoned the same way, on a line of counted seconds: a unit's position says how many seconds it
has counted up to an instant, and the reverse gives the earliest instant of a position. For the two work units the
line is the office time of the working days, for the other two the clock itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Final, NamedTuple

from hub.domain.calendar import WorkCalendar
from hub.domain.errors import Refused
from hub.domain.instants import at_second, local, second_of
from hub.domain.limits import Limit, LimitUnit
from hub.domain.office import DEFAULT_OFFICE_HOURS, OfficeHours
from hub.domain.pauses import Pause, gaps
from hub.domain.workdays import WorkDays

WORK_UNITS: Final[frozenset[LimitUnit]] = frozenset({"work_hour", "work_day"})
_HOUR: Final = 3_600
_DAY: Final = 86_400


class Due(NamedTuple):
    """A due instant, None where an open-ended pause keeps it away.

    Provisional: the due, or a part of the way to it, lies in a year without a calendar file.
    """

    at: datetime | None
    is_provisional: bool


@dataclass(slots=True, frozen=True)
class WorkTime:
    """The city's working time by one version of its calendar. Build it with `WorkTime.of`."""

    calendar: WorkCalendar
    days: WorkDays
    office: OfficeHours

    @classmethod
    def of(cls, calendar: WorkCalendar, hours: Iterable[Iterable[str]] = DEFAULT_OFFICE_HOURS) -> "WorkTime":
        """From a calendar and office hours."""
        return cls(calendar, WorkDays.of(calendar.days), OfficeHours.of(hours))

    def due(self, start: datetime, limit: Limit, pauses: Sequence[Pause] = ()) -> Due:
        """When the limit, counted from the start, has run out."""
        return self.after(start, self.length(limit), limit.unit, pauses)

    def after(self, start: datetime, length: timedelta, unit: LimitUnit, pauses: Sequence[Pause] = ()) -> Due:
        """When so much counted time has passed since the start."""
        begin = second_of(start)
        end = self._end(begin, length.days * _DAY + length.seconds, unit, pauses)
        if end is None:
            return Due(None, False)
        if unit == "work_day":
            day, second = divmod(end, _DAY)
            end = day * _DAY + self.office.reopened(second)
        try:
            due = at_second(end)
        except OverflowError:
            raise Refused("due_beyond_9999") from None
        return Due(due, unit in WORK_UNITS and self._misses_a_year(local(start).year, due.year))

    def elapsed(self, start: datetime, at: datetime, unit: LimitUnit, pauses: Sequence[Pause] = ()) -> timedelta:
        """The time counted from the start to an instant; nothing before the start."""
        begin, end = second_of(start), second_of(at)
        counted = 0
        for paused, resumed in gaps(pauses, begin):
            if paused >= end:
                break
            counted += self._position(paused, unit) - self._position(begin, unit)
            if resumed is None or resumed >= end:
                return timedelta(seconds=counted)
            begin = resumed
        if begin < end:
            counted += self._position(end, unit) - self._position(begin, unit)
        return timedelta(seconds=counted)

    def remaining(self, start: datetime, at: datetime, limit: Limit, pauses: Sequence[Pause] = ()) -> timedelta:
        """The counted time that is left of the limit at an instant; none once it has run out."""
        return max(self.length(limit) - self.elapsed(start, at, limit.unit, pauses), timedelta())

    def length(self, limit: Limit, share: float = 1, added: Sequence[Limit] = ()) -> timedelta:
        """A limit, or a share of it, as counted time. `added` is in the limit's unit.

        Values are taken as the decimals that were written (0.1 is a tenth). A part of a second counts as a whole
        one: the count ends when nothing is left.
        """
        values = (limit.value, *(one.value for one in added)) if added else (limit.value,)
        try:
            return _length(values, share, self.unit_seconds(limit.unit))
        except OverflowError:
            raise Refused("due_beyond_9999") from None

    def unit_seconds(self, unit: LimitUnit) -> int:
        """The counted seconds of one unit."""
        if unit == "work_day":
            return self.office.length
        return _DAY if unit == "natural_day" else _HOUR

    def _end(self, begin: int, length: int, unit: LimitUnit, pauses: Sequence[Pause]) -> int | None:
        """The earliest second at which nothing is left; None where an open-ended pause begins before."""
        end = self._position(begin, unit) + length
        if pauses:
            for paused, resumed in gaps(pauses, begin):
                stands = self._position(paused, unit)
                if end <= stands:
                    break
                if resumed is None:
                    return None
                # What the unit counts while the clock stands still is counted again behind it.
                end += self._position(resumed, unit) - stands
        return self._earliest(end, unit)

    def _position(self, second: int, unit: LimitUnit) -> int:
        """How many seconds the unit has counted up to an instant, since the first day."""
        if unit not in WORK_UNITS:
            return second
        day, within = divmod(second, _DAY)
        before, is_worked = self.days.counted(day + 1)
        counted = before * self.office.length
        return counted + self.office.until(within) if is_worked else counted

    def _earliest(self, position: int, unit: LimitUnit) -> int:
        """The earliest instant of a position: where it ends with a session that is the closing."""
        if unit not in WORK_UNITS:
            return position
        number, rest = divmod(position - 1, self.office.length)
        return (self.days.numbered(number) - 1) * _DAY + self.office.reached(rest + 1)

    def _misses_a_year(self, first: int, last: int) -> bool:
        if first == last:
            return first not in self.calendar.years
        return any(year not in self.calendar.years for year in range(first, last + 1))


@lru_cache(maxsize=4096)
def _length(values: tuple[float, ...], share: float, unit_seconds: int) -> timedelta:
    value = sum(map(_exact, values)) * _exact(share)
    if value <= 0:
        raise ValueError("a limit must be greater than 0")
    return timedelta(seconds=ceil(value * unit_seconds))


def _exact(value: float) -> Fraction:
    """The decimal that was written: of all that a float may stand for, its shortest text."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))
