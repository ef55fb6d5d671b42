"""When to ask again: pauses after failures, the server's own wish, and the pace of requests. Pure."""

from email.utils import parsedate_to_datetime

from connectors.polls.settings import Backoff

_MOST_DOUBLINGS = 30
LONGEST_WISH_SECONDS = 86_400.0


def pause(failures: int, backoff: Backoff, chance: float) -> float:
    """Seconds to wait after so many failures in a row (1 or more).

    They double up to the longest; `chance` (0 to 1) takes up to half off, so that pollers that failed together do
    not come back together.
    """
    doubled = backoff.first_seconds * 2.0 ** min(max(failures, 1) - 1, _MOST_DOUBLINGS)
    return min(doubled, backoff.longest_seconds) * (1.0 - chance / 2)


def retry_after(value: str | None, server_now_ms: int | None, now_ms: int) -> float:
    """Seconds that a Retry-After header asks for; 0 without one or when it cannot be read.

    A date in it is one of the server's clock, so it is measured from the server's own Date where there is one. A
    wish beyond a day counts as a day.
    """
    text = (value or "").strip()
    if text.isdecimal():
        return min(float(text[:9]), LONGEST_WISH_SECONDS)
    wished = http_date_ms(text)
    if wished is None:
        return 0.0
    since = now_ms if server_now_ms is None else server_now_ms
    return min(max((wished - since) / 1000, 0.0), LONGEST_WISH_SECONDS)


def http_date_ms(value: str | None) -> int | None:
    """A Date header as epoch milliseconds; None where it is no date."""
    if not value:
        return None
    try:
        return round(parsedate_to_datetime(value).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


class Pace:
    """Spaces requests evenly: at most so many a second."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._next = float("-inf")

    def take(self, now: float) -> float:
        """Reserve the next place; the seconds to wait for it."""
        at = max(now, self._next)
        self._next = at + self._gap
        return at - now
