"""The time of a demo: a Monday and the days after it, lived faster than they pass."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from hub.domain.instants import SHANGHAI, to_epoch_ms
from hub.simulation import Message
from streams.runtime.clock import FastClock, Stretch

_DAY_SECONDS: Final = 86_400
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHORTEST: Final = 1.0
_HOUR_MS: Final = 3_600_000
# Of all seconds so many are given to every hour alike, whatever happens in it.
_EVEN_SHARE: Final = 0.15


@dataclass(slots=True, frozen=True)
class Rehearsal:
    """`days` from the first moment of `day` on, each passing in `day_in` seconds on the average.

    Quiet hours pass quicker than busy ones: what happens in them is spread over the seconds as evenly as can be.
    """

    day: date
    days: int
    day_in: float

    @property
    def start_ms(self) -> int:
        """The first moment of the first day."""
        return to_epoch_ms(datetime(self.day.year, self.day.month, self.day.day, tzinfo=SHANGHAI))

    @property
    def end_ms(self) -> int:
        """The last moment of the last day."""
        return self.start_ms + timedelta(days=self.days) // timedelta(milliseconds=1)

    def clock(self, lead: float, messages: Iterable[Message]) -> FastClock:
        """A clock that shows the start in `lead` seconds, and from the end on goes at the machine's pace."""
        began_ms = round((time.time() + lead) * 1000)
        stretches = self.stretches(messages)
        return FastClock(self.start_ms, stretches[0].speed, began_ms, stretches)

    def stretches(self, messages: Iterable[Message]) -> list[Stretch]:
        """The hours: each gets a share of all seconds as its records ask for, and none passes in no time."""
        hours = range(24 * self.days)
        records = Counter[int]()
        for message in messages:
            records[(message.at_ms - 1 - self.start_ms) // _HOUR_MS] += message.records
        least = _EVEN_SHARE / (1 - _EVEN_SHARE) * max(1, records.total()) / len(hours)
        weights = [records[hour] + least for hour in hours]
        seconds = [self.days * self.day_in * weight / sum(weights) for weight in weights]
        return [
            Stretch(round(3600 / each, 6), self.start_ms + (hour + 1) * _HOUR_MS)
            for hour, each in zip(hours, seconds, strict=True)
        ]


def seconds_of(text: str) -> float:
    """The seconds of a duration as `60s`, `2m` or `1.5h`; raises `ValueError` that says what to mend."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is no duration; write it as 20s, 2m or 1h')
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not _SHORTEST <= seconds <= _DAY_SECONDS:
        raise ValueError(f"a day takes between {_SHORTEST:.0f} second and a day, not {text}")
    return seconds
