"""The runtime's clocks: the system's, a faster one for rehearsals, and one that tests move by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """What time it is for the rules, and how long an instant is away for a waiting loop."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        ...

    def seconds_until(self, instant_ms: int) -> float:
        """Real seconds until the instant; negative when it has passed."""
        ...

    def span_ms(self, seconds: float) -> int:
        """How many milliseconds of this clock pass in so many real seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def seconds_until(self, instant_ms: int) -> float:
        return instant_ms / 1000 - time.time()

    def span_ms(self, seconds: float) -> int:
        return round(seconds * 1000)


class FastClock:
    """Shows `start_ms` when the machine's clock shows `began_ms`, and runs `speed` times as fast from there.

    Processes that are given the same three numbers agree on the time.
    """

    def __init__(self, start_ms: int, speed: float, began_ms: int | None = None) -> None:
        self._start_ms = start_ms
        self._speed = speed
        self._began = time.time() if began_ms is None else began_ms / 1000

    @classmethod
    def parse(cls, text: str) -> "FastClock":
        """From `START/BEGAN/SPEED`, as `str` writes it; raises `ValueError`."""
        start, began, speed = text.split("/")
        if float(speed) <= 0:
            raise ValueError("a clock runs forward")
        return cls(int(start), float(speed), int(began))

    def __str__(self) -> str:
        return f"{self._start_ms}/{round(self._began * 1000)}/{self._speed}"

    def now_ms(self) -> int:
        return self._start_ms + int((time.time() - self._began) * 1000 * self._speed)

    def seconds_until(self, instant_ms: int) -> float:
        return (instant_ms - self.now_ms()) / 1000 / self._speed

    def span_ms(self, seconds: float) -> int:
        return round(seconds * 1000 * self._speed)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def seconds_until(self, instant_ms: int) -> float:
        return (instant_ms - self._now_ms) / 1000

    def span_ms(self, seconds: float) -> int:
        return round(seconds * 1000)

    def advance(self, milliseconds: int) -> None:
        """Time only goes forward."""
        if milliseconds < 0:
            raise ValueError("a clock is never turned back")
        self._now_ms += milliseconds
