"""When people of the city do something: within office hours, or after a share of a deadline."""

from datetime import timedelta
from random import Random

from hub.domain.case import ClockRecord
from hub.domain.city import City
from hub.domain.clock_data import pause_of
from hub.domain.instants import from_epoch_ms, to_epoch_ms
from hub.domain.limits import Limit, LimitUnit


class Pace:
    """Draws instants (epoch ms, whole seconds) that lie after a given one."""

    def __init__(self, random: Random, city: City) -> None:
        self._random = random
        self._worktime = city.worktime_of(city.policy.version, city.calendar.version)

    def office(self, at_ms: int, least: float, most: float) -> int:
        """After so many minutes of office time."""
        seconds = round(self._random.uniform(least, most) * 60)
        return self._after(at_ms, timedelta(seconds=seconds), "work_hour")

    def soon(self, at_ms: int, least: float, most: float) -> int:
        """After so many minutes of day and night."""
        return at_ms + 1000 * round(self._random.uniform(least, most) * 60)

    def part(self, clock: ClockRecord, share: float) -> int:
        """When that share of the clock's limit, extensions included, has run."""
        limit = Limit(clock["limit_value"], clock["limit_unit"])
        length = self._worktime.length(limit, 1, [Limit(value, limit.unit) for value in clock["added"]])
        pauses = [pause_of(one) for one in clock["pauses"] if one["end_at"] is not None]
        due = self._worktime.after(from_epoch_ms(clock["started_at"]), length * share, limit.unit, pauses)
        return clock["started_at"] if due.at is None else to_epoch_ms(due.at)

    def beyond(self, at_ms: int, value: float, unit: LimitUnit) -> int:
        """So much of a unit after an instant."""
        length = self._worktime.length(Limit(value, unit))
        return self._after(at_ms, length, unit)

    def _after(self, at_ms: int, length: timedelta, unit: LimitUnit) -> int:
        due = self._worktime.after(from_epoch_ms(at_ms), max(length, timedelta(seconds=1)), unit)
        return at_ms if due.at is None else to_epoch_ms(due.at)
