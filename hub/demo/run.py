"""The demo's course: hub up, samples and a simulated day in, wait until all is worked off, then the result."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from connectors.sources import SOURCES
from hub import lifecycle
from hub.city import load_city
from hub.demo.result import Account, Cases, account_of, cases_of
from hub.demo.traffic import Published, Traffic, sample_files
from hub.domain.errors import Misconfigured, Unavailable
from hub.sending import open_publisher
from hub.settings import Settings
from hub.simulation import simulate
from hub.tallies import read_tallies
from hub.topics import Catalogue, catalogue
from schemas.codec import codec

_POLL_SECONDS = 0.3
# Without one more record worked off in this time the demo stops waiting and says what is missing.
_STALLED_SECONDS = 60.0


@dataclass(slots=True, frozen=True)
class Plan:
    """What to run: how many cases, how many records a second (0: as fast as they go), which seed and day."""

    cases: int
    rate: float
    seed: int
    day: date


@dataclass(slots=True, frozen=True)
class Outcome:
    """What came of it. `seconds` from the first record published to the last worked off."""

    account: Account
    cases: Cases
    seconds: float
    bootstrap: str
    embedded: bool

    def as_data(self) -> dict[str, Any]:
        """For `--json`: the four counts stand at the top."""
        account = asdict(self.account)
        return {
            "published": account.pop("published"),
            "accepted": account.pop("accepted"),
            "duplicate": account.pop("duplicate"),
            "dead": account.pop("dead"),
            "unaccounted": self.account.unaccounted,
            **account,
            "cases": self.cases.as_data(),
            "seconds": round(self.seconds, 3),
            "bootstrap": self.bootstrap,
            "embedded": self.embedded,
        }


class Watcher:
    """What the demo tells while it runs."""

    def __init__(self, stage: Callable[[str], None], published: Callable[[int], None], done: Callable[[int], None]):
        self.stage = stage
        self.published = published
        self.done = done


def run(settings: Settings, plan: Plan, watch: Watcher) -> Outcome:
    """Run the plan on the hub that is up, or that this brings up.

    Raises:
        Misconfigured: there are no samples to publish; nothing was started.
    """
    if not any(sample_files(settings.samples)):
        raise Misconfigured([f"HUB_SAMPLES: {settings.samples} holds no sample files; name the folder that does"])
    found = lifecycle.up(settings, watch.stage)
    settings = settings.model_copy(update={"bootstrap": found.bootstrap})
    topics = catalogue()
    city = load_city(settings.city)
    before = read_tallies(found.bootstrap, topics)
    publisher = open_publisher(settings, connector="hub-demo")
    traffic = Traffic(publisher, topics.dead_letters, watch.published)
    started = time.monotonic()
    files = traffic.samples(settings.samples)
    watch.stage(f"published {files} sample files, good and bad; now a day with {plan.cases} cases")
    traffic.day(simulate(plan.cases, plan.seed, plan.day, city), plan.rate)
    publisher.close()
    account = _wait(found.bootstrap, topics, traffic.published, before, watch)
    seconds = time.monotonic() - started
    cases = cases_of(found.bootstrap, topics, codec(settings.registry_url), city)
    return Outcome(account, cases, seconds, found.bootstrap, found.embedded)


def _wait(
    bootstrap: str,
    topics: Catalogue,
    published: Published,
    before: dict[str, dict[str, int]],
    watch: Watcher,
) -> Account:
    """Until unify has settled every record and casework has taken every event."""
    sources = {topics.raw(name): name for name in SOURCES}
    progress, since = -1, time.monotonic()
    while True:
        after = read_tallies(bootstrap, topics)
        account = account_of(published, before["unify"], after["unify"], sources)
        taken = _taken(after["casework"]) - _taken(before["casework"])
        settled = account.accepted + account.duplicate + account.dead
        watch.done(settled)
        if account.unaccounted == 0 and taken == account.accepted:
            return account
        if settled + taken > progress:
            progress, since = settled + taken, time.monotonic()
        elif time.monotonic() - since > _STALLED_SECONDS:
            if account.unaccounted == 0:
                raise Unavailable(
                    f"casework took {taken} of {account.accepted} events and then nothing for "
                    f"{_STALLED_SECONDS:.0f} s; see: hub status, and casework's log"
                )
            return account
        time.sleep(_POLL_SECONDS)


def _taken(tallies: dict[str, int]) -> int:
    return sum(count for name, count in tallies.items() if name.startswith("received."))
