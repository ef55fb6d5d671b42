"""The period that figures are drawn for: local days of the city, cut off at the instant they are drawn."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from hub.domain.instants import SHANGHAI, to_epoch_ms

_EVER: Final = -(2**63)


@dataclass(slots=True, frozen=True)
class Period:
    """From `start` up to but without `end` (epoch ms). An appeal excuses if it was accepted before `as_of`."""

    start: int
    end: int
    as_of: int

    @classmethod
    def of(cls, first: date | None, to: date | None, as_of: int) -> "Period":
        """From the first moment of one day up to that of another, which is not part of it; never beyond `as_of`.

        Without `first` it begins before all cases, without `to` it ends with `as_of`.
        Raises `ValueError` where nothing is left.
        """
        start = _EVER if first is None else _midnight(first)
        end = as_of if to is None else _midnight(to)
        if end <= start and to is not None:
            raise ValueError(f"the period {first} to {to} holds no day; the day it ends with is not part of it")
        end = min(end, as_of)
        if end <= start:
            raise ValueError(f"the period has not begun: {first} is still to come")
        return cls(start, end, as_of)

    @property
    def since(self) -> int | None:
        """Its beginning, None where it holds everything before its end."""
        return None if self.start == _EVER else self.start

    def holds(self, instant: int) -> bool:
        """Whether the instant lies in it."""
        return self.start <= instant < self.end


def _midnight(day: date) -> int:
    return to_epoch_ms(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))
