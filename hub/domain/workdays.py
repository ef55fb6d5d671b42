"""Which days are worked: Monday to Friday, but for the days off and make-up workdays of the calendar files.

Days are the ordinals of `date.toordinal`. Counting goes by arithmetic and one search among the exceptions, so a day
thousands of years ahead costs what tomorrow does.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate


@dataclass(slots=True, frozen=True)
class WorkDays:
    """The working days of all time, numbered. Build it with `WorkDays.of`.

    `exceptions` are the days that differ from Monday to Friday, in order; `shifts[i]` is by how much the first i of
    them change the count, `counts[i]` how many working days there are up to and including exception i.
    """

    exceptions: tuple[int, ...]
    shifts: tuple[int, ...]
    counts: tuple[int, ...]
    differs: frozenset[int]

    @classmethod
    def of(cls, days: Mapping[date, bool]) -> "WorkDays":
        """From the calendar's dates, True where a date is off."""
        changed = sorted(day.toordinal() for day, is_off in days.items() if is_off == _is_weekday(day.toordinal()))
        shifts = (0, *accumulate(-1 if _is_weekday(day) else 1 for day in changed))
        counts = tuple(_weekdays_before(day + 1) + shifts[i + 1] for i, day in enumerate(changed))
        return cls(tuple(changed), shifts, counts, frozenset(changed))

    def is_worked(self, day: int) -> bool:
        """Whether the day is a working day."""
        return _is_weekday(day) != (day in self.differs)

    def before(self, day: int) -> int:
        """How many working days there are before the day; the number of the day itself if it is one."""
        return self.counted(day)[0]

    def counted(self, day: int) -> tuple[int, bool]:
        """`before` and `is_worked` in one, for half the price: most of what is reckoned asks for both."""
        weeks, rest = divmod(day - 1, 7)
        is_weekday = rest < 5
        before = weeks * 5 + (rest if is_weekday else 5)
        return before + self.shifts[bisect_left(self.exceptions, day)], is_weekday != (day in self.differs)

    def numbered(self, number: int) -> int:
        """The working day before which there are so many."""
        passed = bisect_right(self.counts, number)
        if passed < len(self.exceptions):
            day = self.exceptions[passed]
            if not _is_weekday(day) and self.counts[passed] == number + 1:
                return day
        weeks, rest = divmod(number - self.shifts[passed], 5)
        return weeks * 7 + rest + 1


def _is_weekday(day: int) -> bool:
    return (day - 1) % 7 < 5


def _weekdays_before(day: int) -> int:
    weeks, rest = divmod(day - 1, 7)
    return weeks * 5 + min(rest, 5)
