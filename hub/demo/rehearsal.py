"""The time of a demo: a Monday and the days after it, lived faster than they pass."""

import re
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from hub.domain.instants import SHANGHAI, to_epoch_ms
from streams.runtime.clock import FastClock

_DAY_SECONDS: Final = 86_400
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHORTEST: Final = 1.0


@dataclass(slots=True, frozen=True)
class Rehearsal:
    """`days` from the first moment of `day` on, each passing in `day_in` seconds."""

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

    @property
    def speed(self) -> float:
        """How many times as fast as the machine's clock."""
        return _DAY_SECONDS / self.day_in

    def clock(self, lead: float) -> FastClock:
        """A clock that shows the start in `lead` seconds, and from the end on goes at the machine's pace."""
        began_ms = round((time.time() + lead) * 1000)
        return FastClock(self.start_ms, round(self.speed, 6), began_ms, self.end_ms)


def seconds_of(text: str) -> float:
    """The seconds of a duration as `60s`, `2m` or `1.5h`; raises `ValueError` that says what to mend."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is no duration; write it as 20s, 2m or 1h')
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not _SHORTEST <= seconds <= _DAY_SECONDS:
        raise ValueError(f"a day takes between {_SHORTEST:.0f} second and a day, not {text}")
    return seconds
