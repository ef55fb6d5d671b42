"""How many due instants one core reckons in a second: the pure working time, no Kafka."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from hub.bench.load import SEED
from hub.domain.instants import SHANGHAI
from hub.domain.limits import LIMIT_UNITS, Limit, LimitUnit
from hub.domain.pauses import Pause
from hub.domain.worktime import WorkTime

_FIRST: Final = datetime(2025, 1, 1, tzinfo=SHANGHAI)
_SPAN_SECONDS: Final = 2 * 365 * 86_400
_SUMS: Final = 20_000
_AT_LEAST_SECONDS: Final = 1.0
# Thirty work days of eight hours in each unit; limits are written in halves.
_MOST: Final[dict[LimitUnit, int]] = {"urgent_hour": 240, "work_hour": 240, "work_day": 30, "natural_day": 30}


class Sum(NamedTuple):
    """One due instant to be reckoned, and an instant up to which the elapsed time is."""

    start: datetime
    limit: Limit
    pauses: tuple[Pause, ...]
    at: datetime


def sums(number: int, most_pauses: int) -> list[Sum]:
    """Random starts in 2025 and 2026, limits of all units up to 30 work days, up to so many pauses each."""
    choose = random.Random(SEED)
    found = []
    for _ in range(number):
        start = _FIRST + timedelta(seconds=choose.randrange(_SPAN_SECONDS))
        unit = choose.choice(LIMIT_UNITS)
        limit = Limit(choose.randrange(1, 2 * _MOST[unit] + 1) / 2, unit)
        pauses = tuple(_pause(choose, start) for _ in range(choose.randint(1, most_pauses) if most_pauses else 0))
        found.append(Sum(start, limit, pauses, start + timedelta(seconds=choose.randrange(40 * 86_400))))
    return found


def due_rates(worktime: WorkTime) -> dict[str, int]:
    """Due instants a second without pauses and with one to three, and elapsed times a second."""
    plain, paused = sums(_SUMS, 0), sums(_SUMS, 3)

    def due(several: Sequence[Sum]) -> None:
        reckon = worktime.due
        for start, limit, pauses, _ in several:
            reckon(start, limit, pauses)

    def elapsed(several: Sequence[Sum]) -> None:
        reckon = worktime.elapsed
        for start, limit, pauses, at in several:
            reckon(start, at, limit.unit, pauses)

    return {
        "due_per_s": _rate(due, plain),
        "due_paused_per_s": _rate(due, paused),
        "elapsed_per_s": _rate(elapsed, plain),
    }


def _rate(reckon: Callable[[Sequence[Sum]], None], several: Sequence[Sum]) -> int:
    """By the processor time of this thread: what others do on the machine does not count."""
    reckon(several)
    begin, done = time.thread_time(), 0
    while (spent := time.thread_time() - begin) < _AT_LEAST_SECONDS:
        reckon(several)
        done += len(several)
    return round(done / spent)


def _pause(choose: random.Random, start: datetime) -> Pause:
    begin = start + timedelta(seconds=choose.randrange(10 * 86_400))
    return Pause(begin, begin + timedelta(seconds=choose.randrange(1, 5 * 86_400)), "suspension")
