"""Waits until the hub has worked off all that was published, and no deadline is overdue."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.sources import SOURCES
from hub import processes
from hub.demo.result import Account, account_of
from hub.demo.traffic import Published
from hub.domain.errors import Unavailable
from hub.tallies import read_tallies
from hub.timing import next_timer
from hub.topics import Catalogue
from streams.runtime.clock import Clock

_POLL_SECONDS = 0.3
# Workers tell of their next timer every two seconds.
_TOLD_EVERY_SECONDS = 2.5
_JUST_NOW_MS = 1_000
# Without one more record worked off in this time the demo stops waiting and says what is missing.
_STALLED_SECONDS = 60.0


@dataclass(slots=True, frozen=True)
class Hub:
    """The hub under the demo: where it is, what it had counted before, and the clock it goes by."""

    bootstrap: str
    topics: Catalogue
    data_dir: Path
    before: dict[str, dict[str, int]]
    clock: Clock

    def account(self, published: Published) -> Account:
        """Where the records published so far went."""
        return self._account(published, read_tallies(self.bootstrap, self.topics))

    def standing(self, published: Published) -> "Standing":
        """All that tells whether there is still something to do."""
        after = read_tallies(self.bootstrap, self.topics)
        asked = sum(_starting(after["casework"], "letters.").values())
        done = sum(_starting(after["letters"], "issued.").values())
        done += sum(after["letters"].get(name, 0) for name in ("removed", "removed_unknown", "repeated"))
        taken = _taken(after["casework"]) - _taken(self.before["casework"])
        return Standing(self._account(published, after), taken, asked, done)

    def has_overdue_timers(self) -> bool:
        """Whether casework still has deadlines to tell; one that does not answer counts as having some."""
        workers = [one for one in processes.known(self.data_dir) if one.name.startswith("casework")]
        now = (self.clock.now_ms() - _JUST_NOW_MS) / 1000
        return any(
            (at := next_timer(worker.metrics_port)) is None or at < now
            for worker in workers
            if worker.metrics_port is not None and worker.is_alive()
        )

    def _account(self, published: Published, after: dict[str, dict[str, int]]) -> Account:
        sources = {self.topics.raw(name): name for name in SOURCES}
        return account_of(published, self.before["unify"], after["unify"], sources)


@dataclass(slots=True, frozen=True)
class Standing:
    """The account of the records, the events that casework took, and the letters asked for and seen to."""

    account: Account
    taken: int
    letters_asked: int
    letters_done: int

    @property
    def is_quiet(self) -> bool:
        """Nothing is on its way from one stage to the next."""
        return self._is_settled and self.letters_done >= self.letters_asked

    @property
    def progress(self) -> int:
        """Grows with everything that is done."""
        return self.account.settled + self.taken + self.letters_done

    @property
    def _is_settled(self) -> bool:
        return self.account.unaccounted == 0 and self.taken == self.account.accepted

    def complaint(self) -> str | None:
        """What is missing in a later stage; None where it is the account itself that tells."""
        if self.account.unaccounted:
            return None
        if self.taken != self.account.accepted:
            return f"casework took {self.taken} of {self.account.accepted} events"
        return f"letters saw to {self.letters_done} of {self.letters_asked} requests"


def wait(hub: Hub, published: Published, done: Callable[[int], None]) -> Account:
    """Until every record is settled, every event taken, no deadline overdue, and every letter written.

    Raises:
        Unavailable: a later stage does not go on. An account that does not come out is returned as it is.
    """
    progress, since = -1, time.monotonic()
    while True:
        standing = hub.standing(published)
        done(standing.account.settled)
        if standing.is_quiet:
            time.sleep(_TOLD_EVERY_SECONDS)
            if not hub.has_overdue_timers() and (after := hub.standing(published)).is_quiet:
                return after.account
        if standing.progress > progress:
            progress, since = standing.progress, time.monotonic()
        elif time.monotonic() - since > _STALLED_SECONDS:
            if standing.is_quiet:
                # Deadlines that never come are for the check to tell.
                return standing.account
            if complaint := standing.complaint():
                raise Unavailable(
                    f"{complaint}, then nothing for {_STALLED_SECONDS:.0f} s; see: hub status, its log"
                )
            return standing.account
        time.sleep(_POLL_SECONDS)


def _taken(tallies: dict[str, int]) -> int:
    return sum(_starting(tallies, "received.").values())


def _starting(tallies: dict[str, int], prefix: str) -> dict[str, int]:
    return {name: count for name, count in tallies.items() if name.startswith(prefix)}
