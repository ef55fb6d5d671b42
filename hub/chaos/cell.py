"""One chaos run: a Kafka and workers of its own, blows by schedule, and at the end the outside checker."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from connectors.publish import RawPublisher
from hub import lifecycle
from hub.chaos.checker import Stage, check
from hub.chaos.crew import Crew
from hub.chaos.drain import is_drained
from hub.chaos.findings import Findings
from hub.chaos.log import read_log
from hub.chaos.publishing import Publishing
from hub.chaos.schedule import BROKER, Blow, schedule
from hub.city import load_city
from hub.cluster import EmbeddedKafka
from hub.cluster.probe import free_port
from hub.domain.city import City
from hub.domain.errors import Unavailable
from hub.processes import WorkerSlot
from hub.settings import Settings, load
from hub.simulation import Expected, Message, expected_of, simulate
from hub.topics import Catalogue, apply, catalogue
from hub.workers import processor_of
from schemas.codec import Codec, codec

log = logging.getLogger(__name__)

DAY = date(2026, 11, 10)
_WORKERS = 2
_TICK_SECONDS = 0.05
# Messages are published during this share of the time, so that the last blows hit workers that catch up.
_PUBLISHING = 0.85
# A simulated case makes about 4.4 records in so many days.
_CASES_PER_MESSAGE = 0.25
_DAYS = 4
_LONGEST_DRAIN_SECONDS = 120.0

Echo = Callable[[str], None]


@dataclass(slots=True, frozen=True)
class Plan:
    """What to do to the hub. The same seed gives the same messages and the same blows.

    `messages` counts as Kafka does: one raw message is one record.
    """

    minutes: float
    seed: int
    messages: int = 50_000


@dataclass(slots=True)
class Outcome:
    """What was done and what the checker found. Seconds by phase."""

    plan: Plan
    findings: Findings
    expected: Expected
    kills: int
    broker_restarts: int
    crashes: list[str]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """True when nothing differs."""
        return self.findings.holds

    def as_data(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "seed": self.plan.seed,
            "minutes": self.plan.minutes,
            "messages": self.expected.published,
            "kills": self.kills,
            "broker_restarts": self.broker_restarts,
            "crashes": self.crashes,
            **self.findings.as_data(),
            "seconds": self.seconds,
        }


def run(plan: Plan, folder: Path, echo: Echo) -> Outcome:
    """Run the plan in an empty folder; everything started is ended, whatever happens."""
    watch = _Watch()
    port = free_port()
    settings = load(data_dir=folder, kafka_port=port, bootstrap=f"127.0.0.1:{port}")
    settings.token_key()
    topics = catalogue()
    messages = _messages(plan, load_city(settings.city))
    watch.note("simulate")
    broker = EmbeddedKafka(
        folder, port, settings.cache_dir, maven_url=settings.maven_url, heap=settings.kafka_heap, start_seconds=120
    )
    try:
        broker.start()
        apply(broker.bootstrap, topics)
        watch.note("start")
        crew = Crew(_slots(), folder / "logs", _environment(settings), echo)
        try:
            restarts = _work(plan, crew, broker, _publisher(settings, topics), messages, echo)
            watch.note("blows")
            _wait_until_drained(broker.bootstrap, topics, crew)
            watch.note("drain")
            crew.drain()
        finally:
            crew.end()
        stages = stages_of(settings)
        log = read_log(broker.bootstrap, [topic.name for topic in topics.topics])
        watch.note("read")
        expected = expected_of(messages)
        findings = check(log, stages, topics.dead_letters, expected)
        watch.note("check")
        return Outcome(plan, findings, expected, crew.kills, restarts, crew.crashes, watch.seconds)
    finally:
        broker.stop()


def _messages(plan: Plan, city: City) -> list[Message]:
    """The beginning of some simulated days, until it holds as many records as planned."""
    chosen: list[Message] = []
    records = 0
    for message in simulate(int(plan.messages * _CASES_PER_MESSAGE) + 50, plan.seed, DAY, city, _DAYS):
        chosen.append(message)
        records += message.records
        if records >= plan.messages:
            break
    return chosen


def _work(
    plan: Plan,
    crew: Crew,
    broker: EmbeddedKafka,
    publisher: RawPublisher,
    messages: list[Message],
    echo: Echo,
) -> int:
    """Publish and strike until the time is over. Returns how often the broker was restarted."""
    seconds = plan.minutes * 60
    blows = schedule(plan.seed, seconds, crew.names)
    restarts = sum(blow.victim == BROKER for blow in blows)
    publishing = Publishing(publisher, messages, seconds * _PUBLISHING)
    crew.tend()
    publishing.start()
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds or publishing.is_alive():
        if blows and now >= blows[0].after_seconds:
            struck = time.monotonic()
            _strike(blows.pop(0), crew, broker, publishing, echo)
            # The schedule stands still while the broker comes up, so that the next blows keep their distance.
            began += time.monotonic() - struck
        crew.tend()
        time.sleep(_TICK_SECONDS)
    publishing.join_or_raise()
    publisher.close()
    return restarts - sum(blow.victim == BROKER for blow in blows)


def _strike(blow: Blow, crew: Crew, broker: EmbeddedKafka, publishing: Publishing, echo: Echo) -> None:
    how = "stop" if blow.is_gentle else "kill -9"
    echo(f"{blow.after_seconds:6.1f} s  {how} {blow.victim}  ({publishing.sent} messages published)")
    if blow.victim != BROKER:
        crew.kill(blow.victim, blow.pause_seconds)
        return
    if blow.is_gentle:
        broker.stop()
    else:
        broker.kill()
    time.sleep(blow.pause_seconds)
    broker.start()


def _wait_until_drained(bootstrap: str, topics: Catalogue, crew: Crew) -> None:
    inputs = {"unify": topics.raws, "casework": (topics.case_events,), "letters": (topics.letter_requests,)}
    deadline = time.monotonic() + _LONGEST_DRAIN_SECONDS
    # The letters last: overdue timers of casework still ask for some.
    while not (_is_quiet(bootstrap, inputs) and not crew.has_overdue_timers() and _is_quiet(bootstrap, inputs)):
        if time.monotonic() > deadline:
            crew.tell_where()
            raise Unavailable(f"the workers did not finish within {_LONGEST_DRAIN_SECONDS:.0f} s; see their logs")
        crew.tend()
        time.sleep(0.3)


def _is_quiet(bootstrap: str, inputs: Mapping[str, Sequence[str]]) -> bool:
    try:
        return all(is_drained(bootstrap, stage, names) for stage, names in inputs.items())
    except Unavailable as error:
        # Right after its restart the broker may still be loading the groups' offsets.
        log.warning("cannot tell yet whether the workers are done: %s", error)
        return False


def _slots() -> list[WorkerSlot]:
    return [WorkerSlot(stage, slot, free_port()) for stage in lifecycle.STAGES for slot in range(_WORKERS)]


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "HUB_DATA_DIR": str(settings.data_dir),
        "HUB_BOOTSTRAP": settings.bootstrap or "",
        # A worker that hangs can be made to say where (Crew.tell_where).
        "PYTHONFAULTHANDLER": "1",
    }


def _publisher(settings: Settings, topics: Catalogue) -> RawPublisher:
    return RawPublisher(
        settings.bootstrap or "",
        raw_topic=topics.raw,
        dead_letters=topics.dead_letters,
        quarantine=settings.data_dir / "quarantine",
        now_ms=lambda: time.time_ns() // 1_000_000,
        connector="chaos",
    )


def stages_of(settings: Settings) -> list[Stage]:
    """All stages as the checker needs them, wired as the workers are."""
    topics = catalogue()
    stages = []
    for name in lifecycle.STAGES:
        processor = processor_of(name, settings, topics, codec())
        internal = (processor.changelog, topics.tallies(name), topics.dead_letters)
        mine = [topic for topic in topics.topics if name in topic.producers and topic.name not in internal]
        shared = frozenset(topic.name for topic in mine if len(topic.producers) > 1)
        writes = tuple(topic.name for topic in mine)
        if name == "casework":
            told = dict.fromkeys((topics.sla_events, topics.notices, topics.letter_requests), untold(codec()))
            memory = topics.tallies(name)
            stages.append(Stage(processor, writes, memory, topics.sla_events, codec(), told, shared))
        else:
            stages.append(Stage(processor, writes, topics.tallies(name), shared=shared))
    return stages


def untold(decoder: Codec) -> Callable[[bytes], bytes]:
    """A record without what depends on when it was told, as bytes that can be compared."""

    def plain(value: bytes) -> bytes:
        datum = decoder.decode(value)
        kept = {name: each for name, each in datum.items() if name not in ("at", "late", "text")}
        return repr(sorted(kept.items())).encode()

    return plain


class _Watch:
    """Seconds of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def note(self, phase: str) -> None:
        now = time.monotonic()
        self.seconds[phase] = round(now - self._last, 1)
        self._last = now
