"""The runtime's clocks: the system's, a faster one for rehearsals, and one that tests move by hand."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

_MACHINES_PACE: Final = 1.0


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


class Stretch(NamedTuple):
    """How many times as fast as the machine's a clock runs, and up to which instant (epoch ms) of its own."""

    speed: float
    until_ms: int


class FastClock:
    """Shows `start_ms` when the machine's clock shows `began_ms`, and runs `speed` times as fast from there.

    With `stretches` it runs at the pace of each up to its end, and after the last one at the machine's. Processes
    that are given the same numbers agree on the time.
    """

    def __init__(
        self, start_ms: int, speed: float, began_ms: int | None = None, stretches: Sequence[Stretch] = ()
    ) -> None:
        if any(each <= 0 for each in (speed, *(stretch.speed for stretch in stretches))):
            raise ValueError("a clock runs forward")
        began = time.time() if began_ms is None else began_ms / 1000
        # From the instant of the same index on, shown and real, it runs at that speed.
        self._shown, self._real, self._speeds = [start_ms], [began], [speed]
        if stretches:
            self._speeds = [*(stretch.speed for stretch in stretches), _MACHINES_PACE]
        for stretch in stretches:
            if stretch.until_ms <= self._shown[-1]:
                raise ValueError("each stretch of a clock ends after the one before")
            took = (stretch.until_ms - self._shown[-1]) / 1000 / stretch.speed
            self._real.append(self._real[-1] + took)
            self._shown.append(stretch.until_ms)

    @classmethod
    def parse(cls, text: str) -> "FastClock":
        """From `START/BEGAN/SPEED`, or `START/BEGAN/SPEED/UNTIL/SPEED/UNTIL…`, as `str` writes it.

        Raises `ValueError`.
        """
        start, began, speed, *more = text.split("/")
        if len(more) == 0:
            return cls(int(start), float(speed), int(began))
        paces, ends = (speed, *more[1::2]), more[0::2]
        stretches = [Stretch(float(pace), int(end)) for pace, end in zip(paces, ends, strict=True)]
        return cls(int(start), float(speed), int(began), stretches)

    def __str__(self) -> str:
        head = f"{self._shown[0]}/{round(self._real[0] * 1000)}"
        ends = [*(f"/{end}" for end in self._shown[1:]), ""]
        paces = self._speeds[:-1] if len(self._speeds) > 1 else self._speeds
        return head + "".join(f"/{pace}{end}" for pace, end in zip(paces, ends, strict=False))

    def now_ms(self) -> int:
        return self._at(time.time())

    def seconds_until(self, instant_ms: int) -> float:
        at = max(bisect_right(self._shown, instant_ms) - 1, 0)
        real = self._real[at] + (instant_ms - self._shown[at]) / 1000 / self._speeds[at]
        return real - time.time()

    def span_ms(self, seconds: float) -> int:
        now = time.time()
        return self._at(now) - self._at(now - seconds)

    def _at(self, real: float) -> int:
        at = max(bisect_right(self._real, real) - 1, 0)
        return self._shown[at] + int((real - self._real[at]) * 1000 * self._speeds[at])


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
