"""The demo's course: hub up, samples and simulated days in, wait until all is worked off, then result and check."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hub import lifecycle, processes
from hub.demo.carried import Carried
from hub.demo.check import Check, check
from hub.demo.evidence import gather
from hub.demo.joining import Joined, join
from hub.demo.ladder import Ladder, ladder_of
from hub.demo.proving import Rebuilding
from hub.demo.rehearsal import Rehearsal
from hub.demo.result import Account, Cases, cases_of
from hub.demo.traffic import Published, Traffic, sample_files
from hub.demo.waiting import Hub, wait
from hub.demo.ways import Way, straight, through_the_edges
from hub.domain.city import City
from hub.domain.errors import Misconfigured
from hub.domain.instants import from_epoch_ms
from hub.domain.ledger import Ledger, draw
from hub.domain.period import Period
from hub.ledger import as_data
from hub.settings import Settings
from hub.simulation import Message, simulate
from hub.tallies import read_tallies
from hub.timing import clock_of
from hub.topics import catalogue
from schemas.codec import codec
from streams.runtime.clock import Clock

# From the setting of the clock to its first midnight: the workers start, and the samples go ahead of the day.
_LEAD_SECONDS = 4.0
_LEAD_PER_WORKER = 2.0
_LEAD_OF_TRANSPORTS = 4.0
_MOST_CONTENTION = 4.0
# By the machine's clock a deadline of this moment may still be on its way.
_TOLERANCE_SECONDS = 10.0


@dataclass(slots=True, frozen=True)
class Plan:
    """What to run: how many cases of which day, from which seed, and over how many days.

    `day_in` says how many seconds a day lasts. None: the machine's clock, `rate` records a second (0: as fast as
    they go). `direct`: straight to Kafka, not through the edges.
    """

    cases: int
    seed: int
    day: date
    days: int = 1
    day_in: float | None = None
    rate: float = 0
    direct: bool = False

    @property
    def rehearsal(self) -> Rehearsal | None:
        """The time that is lived faster, None where the machine's clock is taken."""
        return None if self.day_in is None else Rehearsal(self.day, self.days, self.day_in)


@dataclass(slots=True, frozen=True)
class Outcome:
    """What came of it. `seconds` from the first record published to the last worked off.

    `carried` is what the transports did; None where everything went straight to Kafka.
    """

    account: Account
    cases: Cases
    ladder: Ladder
    ledger: Ledger
    check: Check
    seconds: float
    now: datetime
    bootstrap: str
    embedded: bool
    carried: Carried | None = None

    @property
    def problems(self) -> list[str]:
        """What is wrong, a line each, cases named."""
        missing = self.account.unaccounted
        lost = [f"{missing} records are unaccounted for"] if missing else []
        return [*lost, *self.check.problems]

    @property
    def holds(self) -> bool:
        """Every record is accounted for, and no deadline went wrong."""
        return not self.problems

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
            "transports": self.carried and self.carried.as_data(),
            "cases": self.cases.as_data(),
            "ladder": self.ladder.as_data(),
            "ledger": as_data(self.ledger, self.check.identities),
            "check": self.check.as_data(),
            "seconds": round(self.seconds, 3),
            "now": self.now.isoformat(),
            "bootstrap": self.bootstrap,
            "embedded": self.embedded,
        }


class Watcher:
    """What the demo tells while it runs."""

    def __init__(
        self,
        stage: Callable[[str], None],
        published: Callable[[int], None],
        done: Callable[[int], None],
        clock: Callable[[str], None],
    ) -> None:
        self.stage = stage
        self.published = published
        self.done = done
        self.clock = clock


def run(settings: Settings, plan: Plan, watch: Watcher) -> Outcome:
    """Run the plan on the hub that is up, or that this brings up; with a clock of its own only on its own.

    Raises:
        Misconfigured: there are no samples to publish, a hub runs by another clock, or the edges that carry the
            demo are left out; nothing was started.
    """
    if not any(sample_files(settings.samples)):
        raise Misconfigured([f"HUB_SAMPLES: {settings.samples} holds no sample files; name the folder that does"])
    if plan.rehearsal is not None:
        _refuse_a_running_hub(settings)
    joined = None if plan.direct or _is_up(settings) else join(settings)
    if joined is not None:
        settings = joined.settings
    elif not plan.direct:
        watch.stage("the hub is up by its own sources.yaml: everything goes straight to Kafka")
    city = lifecycle.city_of(settings)
    simulation = _Simulation(plan, city)
    found, settings = _up(settings, plan, joined, simulation, watch)
    topics, records = catalogue(), codec(settings.registry_url)
    clock = clock_of(settings)
    before = read_tallies(found.bootstrap, topics)
    hub = Hub(found.bootstrap, topics, settings.data_dir, before, clock)
    with _way(joined, settings, simulation, watch) as way:
        started = time.monotonic()
        published = _publish(
            Traffic(way.carrier, watch.published), simulation.messages(), plan, settings.samples, hub, watch
        )
    account = wait(hub, published, watch.done)
    seconds = time.monotonic() - started
    watch.stage(f"all worked off after {seconds:.0f} s; now the check: every case again from its log")
    with Rebuilding(found.bootstrap, settings, topics) as rebuilding:
        evidence = gather(found.bootstrap, topics, records)
        rebuilt = rebuilding.result(records)
    states = evidence.cases.values()
    now_ms = clock.now_ms()
    ledger = draw(states, Period.of(None, None, now_ms))
    checked = check(evidence, rebuilt, ledger.check(), city, _until(plan, clock))
    return Outcome(
        account=account,
        cases=cases_of(states, city),
        ladder=ladder_of(evidence),
        ledger=ledger,
        check=checked,
        seconds=seconds,
        now=from_epoch_ms(now_ms),
        bootstrap=found.bootstrap,
        embedded=found.embedded,
        carried=way.carried,
    )


def _is_up(settings: Settings) -> bool:
    return any(one.name == processes.SUPERVISOR and one.is_alive() for one in processes.known(settings.data_dir))


def _way(
    joined: Joined | None, settings: Settings, simulation: "_Simulation", watch: Watcher
) -> AbstractContextManager[Way]:
    if joined is None:
        return straight(settings)
    return through_the_edges(joined, settings, simulation.messages(), watch.stage)


def _refuse_a_running_hub(settings: Settings) -> None:
    running = [process.name for process in processes.known(settings.data_dir) if process.is_alive()]
    if running:
        raise Misconfigured(
            [
                f"a hub is up already ({', '.join(running)}), and not by the demo's fast clock\n"
                "  fix: hub down, then hub demo; or hub demo --rate 500, which goes by the machine's clock"
            ]
        )


def _up(
    settings: Settings, plan: Plan, joined: Joined | None, simulation: "_Simulation", watch: Watcher
) -> tuple[lifecycle.Up, Settings]:
    """The hub, and the settings with the clock it goes by, which is set as late as can be: Kafka takes its time."""
    clock: str | None = None
    sources = None if joined is None else joined.settings.sources_file
    sources_of_its_own = {} if sources is None else {"HUB_SOURCES": str(sources)}

    def environment() -> dict[str, str]:
        nonlocal clock
        rehearsal = plan.rehearsal
        if rehearsal is None:
            return sources_of_its_own
        messages = simulation.messages()
        lead = _LEAD_SECONDS + _LEAD_PER_WORKER * settings.workers
        lead += 0 if sources is None else _LEAD_OF_TRANSPORTS
        clock = str(rehearsal.clock(lead * simulation.contention, messages))
        return {**sources_of_its_own, "HUB_CLOCK": clock}

    found = lifecycle.up(settings, watch.stage, environment)
    return found, settings.model_copy(update={"bootstrap": found.bootstrap, "clock": clock or settings.clock})


def _publish(
    traffic: Traffic, messages: list[Message], plan: Plan, samples: Path, hub: Hub, watch: Watcher
) -> Published:
    files = traffic.samples(samples)
    watch.stage(f"published {files} sample files, good and bad; now {_told(plan)}")
    rehearsal = plan.rehearsal
    if rehearsal is None:
        traffic.at_a_rate(messages, plan.rate)
        return traffic.published

    def in_a_lull() -> None:
        watch.clock(f"{from_epoch_ms(hub.clock.now_ms()):%a %m-%d %H:%M}")
        watch.done(hub.account(traffic.published).settled)

    if hub.clock.now_ms() > rehearsal.start_ms:
        watch.stage(f"the workers took long to start: it is {from_epoch_ms(hub.clock.now_ms()):%a %m-%d %H:%M}")
    traffic.by_the_clock(messages, hub.clock, in_a_lull)
    while (ahead := hub.clock.seconds_until(rehearsal.end_ms)) > 0:
        in_a_lull()
        traffic.settle()
        time.sleep(min(ahead, 0.2))
    traffic.finish()
    return traffic.published


def _told(plan: Plan) -> str:
    if plan.day_in is None:
        return f"a day with {plan.cases} cases"
    return f"{plan.cases} cases of {plan.day:%a %m-%d}, {plan.days} days in {plan.days * plan.day_in:g} s"


def _until(plan: Plan, clock: Clock) -> int:
    """Whatever was due up to then must have come."""
    if plan.rehearsal is not None:
        return plan.rehearsal.end_ms
    return clock.now_ms() - clock.span_ms(_TOLERANCE_SECONDS)


class _Simulation:
    """The messages of a plan, made while Kafka starts."""

    def __init__(self, plan: Plan, city: City) -> None:
        self._made: list[Message] = []
        self._error: Exception | None = None
        self.contention = 1.0
        """How much longer than alone this machine takes at present, as far as can be told."""
        self._thread = threading.Thread(target=self._make, args=(plan, city), name="simulation", daemon=True)
        self._thread.start()

    def messages(self) -> list[Message]:
        """All of them, as soon as they are made; what went wrong there is raised here."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._made

    def _make(self, plan: Plan, city: City) -> None:
        began, worked = time.monotonic(), time.thread_time()
        try:
            self._made = list(simulate(plan.cases, plan.seed, plan.day, city, plan.days))
        except Exception as error:  # noqa: BLE001 - carried over to the thread that joins
            self._error = error
        waited = (time.monotonic() - began) / max(time.thread_time() - worked, 0.001)
        self.contention = min(max(waited, 1.0), _MOST_CONTENTION)
