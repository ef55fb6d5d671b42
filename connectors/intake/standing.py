"""How a source's intake stands, for `hub sources list`: its last message, and how many requests were refused."""

from collections import Counter
from collections.abc import Callable

from connectors.intake.metrics import Outcome
from hub.domain.instants import from_epoch_ms

_TAKEN = (Outcome.ACCEPTED, Outcome.RESENT)
# The sender will have to come again; nothing is wrong with what it sent.
_PUT_OFF = (Outcome.LIMITED, Outcome.PAUSED, Outcome.UNAVAILABLE)


class IntakeStandings:
    """Counts since the edge began, of known sources alone. For one event loop."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._began = now_ms()
        self._last: dict[str, int] = {}
        self._outcomes: dict[str, Counter[Outcome]] = {}

    def answered(self, source: str, outcome: Outcome) -> None:
        """A request of the source has been answered."""
        self._outcomes.setdefault(source, Counter())[outcome] += 1
        if outcome in _TAKEN:
            self._last[source] = self._now_ms()

    def position(self, source: str) -> str:
        """For a person: last message; since the edge began, how many taken and refused."""
        outcomes = self._outcomes.get(source, Counter())
        taken = sum(outcomes[one] for one in _TAKEN)
        put_off = sum(outcomes[one] for one in _PUT_OFF)
        refused = outcomes.total() - taken - put_off
        share = f" ({refused / (taken + refused):.2%})" if taken + refused else ""
        last = "no message" if source not in self._last else _instant(self._last[source])
        later = f", {put_off} told to come again" if put_off else ""
        return f"{last}; since {_instant(self._began)} {taken} taken, {refused} refused{share}{later}"


def _instant(epoch_ms: int) -> str:
    return from_epoch_ms(epoch_ms).isoformat(timespec="seconds")
