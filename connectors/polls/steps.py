"""The numbered steps of taking, and the clock of a poll; docs/polls.md says what a crash after each step does."""

from enum import IntEnum
from typing import Protocol


class Step(IntEnum):
    """In the order that is the guarantee."""

    READ = 1
    ACKNOWLEDGED = 2
    NOTED = 3
    MARKED = 4
    MARKS_NOTED = 5
    SETTLED = 6


class Clock(Protocol):
    """The hub's clock, as far as a poll needs it."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        ...

    def span_ms(self, seconds: float) -> int:
        """How many milliseconds of this clock pass in so many real seconds."""
        ...
