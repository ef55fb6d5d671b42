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


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def seconds_until(self, instant_ms: int) -> float:
        return instant_ms / 1000 - time.time()


class FastClock:
    """Starts at an instant and runs `speed` times as fast as the machine's clock."""

    def __init__(self, start_ms: int, speed: float) -> None:
        self._start_ms = start_ms
        self._speed = speed
        self._began = time.monotonic()

    def now_ms(self) -> int:
        return self._start_ms + int((time.monotonic() - self._began) * 1000 * self._speed)

    def seconds_until(self, instant_ms: int) -> float:
        return (instant_ms - self.now_ms()) / 1000 / self._speed


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def seconds_until(self, instant_ms: int) -> float:
        return (instant_ms - self._now_ms) / 1000

    def advance(self, milliseconds: int) -> None:
        """Time only goes forward."""
        if milliseconds < 0:
            raise ValueError("a clock is never turned back")
        self._now_ms += milliseconds
