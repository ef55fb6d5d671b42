"""How many requests a source may make: a token bucket."""

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Bucket:
    """Holds up to `burst` tokens and gains `per_second`; `tokens` of them at `at` (seconds of any steady clock)."""

    per_second: float
    burst: int
    tokens: float
    at: float

    @classmethod
    def full(cls, per_second: float, burst: int, now: float) -> "Bucket":
        """A bucket of which nothing has been taken."""
        return cls(per_second, burst, burst, now)

    def take(self, now: float) -> tuple["Bucket", float]:
        """The bucket without one token, and 0; or unchanged, and the seconds until there is one."""
        tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.per_second)
        if tokens >= 1:
            return Bucket(self.per_second, self.burst, tokens - 1, now), 0.0
        return self, (1 - tokens) / self.per_second
