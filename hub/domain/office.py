"""Office hours of a working day, in seconds after midnight."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DEFAULT_OFFICE_HOURS: Final = (("08:00", "12:00"), ("14:00", "18:00"))


@dataclass(slots=True, frozen=True)
class OfficeHours:
    """The sessions of a day as (opening, closing), half-open: the opening second is inside, the closing outside.

    `openings` has the opening of each, `worked` the office time before it; `length` is the office time of one day.
    """

    sessions: tuple[tuple[int, int], ...]
    openings: tuple[int, ...]
    worked: tuple[int, ...]
    length: int

    @classmethod
    def of(cls, hours: Iterable[Iterable[str]]) -> "OfficeHours":
        """From pairs as ("08:00", "12:00"); raises `ValueError` unless they are in order and apart."""
        sessions: list[tuple[int, int]] = []
        worked: list[int] = []
        length = 0
        for pair in hours:
            opening, closing = (_seconds(text) for text in pair)
            if closing <= opening or (sessions and opening < sessions[-1][1]):
                raise ValueError(
                    "office hours must be pairs [opening, closing], in order and apart from each other"
                )
            sessions.append((opening, closing))
            worked.append(length)
            length += closing - opening
        if not sessions:
            raise ValueError("office hours need at least one pair [opening, closing]")
        return cls(tuple(sessions), tuple(opening for opening, _ in sessions), tuple(worked), length)

    def until(self, second: int) -> int:
        """The office time of a working day up to that second of it."""
        session = bisect_right(self.openings, second) - 1
        if session < 0:
            return 0
        opening, closing = self.sessions[session]
        return self.worked[session] + (second if second < closing else closing) - opening

    def reached(self, office_time: int) -> int:
        """The earliest second of the day up to which there is so much office time (more than none)."""
        if office_time > self.length:
            raise ValueError("no working day has that much office time")
        session = bisect_left(self.worked, office_time) - 1
        return self.openings[session] + office_time - self.worked[session]

    def reopened(self, second: int) -> int:
        """The opening after a closing within the day; any other second, the last closing too, is itself."""
        for (_, closing), (opening, _) in zip(self.sessions, self.sessions[1:], strict=False):
            if second == closing:
                return opening
        return second


def _seconds(text: str) -> int:
    """The second of a time of day; 24:00 is the end of the day."""
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(len(part) == 2 and part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f'office hour "{text}" is not a time as 08:30')
    hour, minute, second = (int(part) for part in (*parts, "00")[:3])
    found = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or found > 86_400:
        raise ValueError(f'office hour "{text}" is not a time as 08:30')
    return found
