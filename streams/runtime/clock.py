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
        """How many milliseconds of this clock have passed in so many real seconds up to now."""
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

    From `until_ms` on, if there is such an end, it goes on at the machine's pace. Processes that are given the same
    numbers agree on the time.
    """

    def __init__(
        self, start_ms: int, speed: float, began_ms: int | None = None, until_ms: int | None = None
    ) -> None:
        self._start_ms = start_ms
        self._speed = speed
        self._began = time.time() if began_ms is None else began_ms / 1000
        self._until_ms = until_ms

    @classmethod
    def parse(cls, text: str) -> "FastClock":
        """From `START/BEGAN/SPEED` or `START/BEGAN/SPEED/UNTIL`, as `str` writes it; raises `ValueError`."""
        start, began, speed, *until = text.split("/")
        if float(speed) <= 0:
            raise ValueError("a clock runs forward")
        if len(until) > 1:
            raise ValueError("a clock has at most four parts")
        return cls(int(start), float(speed), int(began), int(until[0]) if until else None)

    def __str__(self) -> str:
        until = "" if self._until_ms is None else f"/{self._until_ms}"
        return f"{self._start_ms}/{round(self._began * 1000)}/{self._speed}{until}"

    def now_ms(self) -> int:
        return self._shown(time.time())

    def seconds_until(self, instant_ms: int) -> float:
        fast_until = instant_ms if self._until_ms is None else min(instant_ms, self._until_ms)
        real = self._began + (fast_until - self._start_ms) / 1000 / self._speed + (instant_ms - fast_until) / 1000
        return real - time.time()

    def span_ms(self, seconds: float) -> int:
        now = time.time()
        return self._shown(now) - self._shown(now - seconds)

    def _shown(self, real: float) -> int:
        shown = self._start_ms + int((real - self._began) * 1000 * self._speed)
        if self._until_ms is None or shown <= self._until_ms:
            return shown
        return self._until_ms + int((shown - self._until_ms) / self._speed)


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
