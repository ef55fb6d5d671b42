"""How long to wait before the next attempt, and when to give up: pure, chance is passed in."""

from dataclasses import dataclass

_LARGEST_EXPONENT = 40


@dataclass(slots=True, frozen=True)
class Backoff:
    """Pauses double from `first_seconds` to `longest_seconds`; after `attempts` failed ones a message is parked."""

    first_seconds: float = 1.0
    longest_seconds: float = 900.0
    attempts: int = 20

    def pause(self, attempts: int, chance: float, at_least: float = 0.0) -> float:
        """Seconds until the next attempt after `attempts` failed ones (1, 2, …).

        `chance` in [0, 1) spreads it over the upper half of the pause, so that many that failed together do not
        come back together. What the receiver asked for (`at_least`) is kept, up to the longest pause.
        """
        whole = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempts - 1, _LARGEST_EXPONENT))
        return max(whole * (0.5 + chance / 2), min(at_least, self.longest_seconds))

    def is_over(self, attempts: int) -> bool:
        """Whether so many failed attempts are enough."""
        return attempts >= self.attempts
