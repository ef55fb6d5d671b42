"""One evening of the hub: timers that fall due in a stream, then very many in one instant, under normal traffic.

The hub goes by a clock of its own (`HUB_CLOCK`) at real speed, so that the evening begins when the cases are there:
they are taken an hour before, then casework is started again shortly before their instants.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub.bench.clock_city import HANDLE
from hub.bench.figures import percentile
from hub.bench.lateness import Lateness, Told, lateness
from hub.bench.load import case_events, case_id_of, hotline_orders, publish
from hub.bench.readers import Seen, TopicReader, dispatch_seen, dispatch_topics, text_headers
from hub.bench.stages import Stages
from hub.bench.traffic import Publisher, delays_ms, told_now
from hub.domain.errors import Unavailable
from hub.domain.instants import local
from hub.topics import Catalogue
from streams.runtime.clock import FastClock

_FIRST_TIMEOUT: Final = "FIRST_TIMEOUT"
_AT_RISK: Final = "AT_RISK"
_TAKEN_BEFORE: Final = 3600
"""Seconds before the end of the day at which the cases are taken: their warning has come, their due has not."""

_TRAFFIC_BEFORE: Final = 10.0
_GAP: Final = 10
_AFTER_SECONDS: Final = 3.0
"""Traffic and readers go on so long after the last outcome: a double would come then."""

_STILL_SECONDS: Final = 120.0
_LATEST_SECONDS: Final = 180.0

Echo = Callable[[str], None]


@dataclass(slots=True, frozen=True)
class Plan:
    """How many cases are due in one instant; how many a second, and for how long, before that."""

    due: int
    timers: int
    seconds: int
    rate: int
    workers: int


@dataclass(slots=True, frozen=True)
class Evening:
    """Case id → due instant (epoch seconds of the hub's clock): those in a stream, those at one instant."""

    steady: dict[str, int]
    burst: dict[str, int]

    @property
    def cases(self) -> dict[str, int]:
        """All of them, in the order of their numbers."""
        return {**self.steady, **self.burst}

    @property
    def first(self) -> int:
        """The first due instant."""
        return min(self.cases.values())

    @property
    def last(self) -> int:
        """The last due instant."""
        return max(self.cases.values())


def evening(plan: Plan, first_case: int, now: datetime) -> Evening:
    """Cases from a number on: the instant of the many is 23:59:59 of the last day that is over."""
    midnight = local(now).replace(hour=0, minute=0, second=0)
    burst_at = round((midnight - timedelta(seconds=1)).timestamp())
    steady_at = burst_at - _GAP - plan.seconds
    streamed = plan.timers * plan.seconds
    return Evening(
        steady={case_id_of(first_case + one): steady_at + one // plan.timers for one in range(streamed)},
        burst={case_id_of(first_case + streamed + one): burst_at for one in range(plan.due)},
    )


@dataclass(slots=True, frozen=True)
class Traffic:
    """What the normal messages of a span of time took to their dispatch, ms."""

    messages: int
    p50: float
    p99: float
    most: float


@dataclass(slots=True, frozen=True)
class Lived:
    """What was measured: the lateness of each kind, the traffic meanwhile; None where there were none."""

    steady: Lateness | None
    burst: Lateness | None
    steady_traffic: Traffic | None
    burst_traffic: Traffic | None
    undispatched: int


def traffic(sent: dict[str, float], seen: list[Seen], begin: float, end: float) -> Traffic | None:
    """The messages published between two instants (monotonic seconds)."""
    within = {case_id: at for case_id, at in sent.items() if begin <= at <= end}
    delays = sorted(delays_ms(within, seen))
    if not delays:
        return None
    return Traffic(
        len(delays),
        round(percentile(delays, 0.5), 1),
        round(percentile(delays, 0.99), 1),
        round(delays[-1], 1),
    )


class Evenings:
    """Lives evenings on a hub: each with new cases, in the same hour."""

    def __init__(self, stages: Stages, topics: Catalogue, plan: Plan, echo: Echo) -> None:
        self._stages = stages
        self._topics = topics
        self._plan = plan
        self._echo = echo
        self._seen: list[Seen] = []
        self._told: list[Told] = []
        self._breached: set[str] = set()
        self._warned: set[str] = set()

    def live(self, first_case: int) -> Lived:
        """Take the cases, wait for the evening, publish through it."""
        plan, stages, topics = self._plan, self._stages, self._topics
        ahead = evening(plan, first_case, datetime.now().astimezone())
        self._seen, self._told, self._breached, self._warned = [], [], set(), set()
        reader = TopicReader(
            stages.bootstrap, [*dispatch_topics(topics), topics.sla_events], topics.partitions, self._take
        )
        try:
            starting = self._take_cases(ahead, first_case)
            return self._evening(ahead, starting)
        finally:
            reader.close()
            stages.stop_all()

    def _take_cases(self, ahead: Evening, first_case: int) -> float:
        """The reports go through casework, all warnings come; the seconds that starting took."""
        stages, cases = self._stages, ahead.cases
        stages.stop_all()
        due = list(cases.values())
        self._echo(f"taking {len(cases)} cases that will be due")
        events = case_events(
            first_case,
            first_case + len(due),
            lambda number: (due[number - first_case] - round(HANDLE.total_seconds())) * 1000,
        )
        publish(stages.bootstrap, self._topics.case_events, events)
        _set_clock(stages, ahead.first - _TAKEN_BEFORE)
        begin = time.monotonic()
        self._start(("casework",))
        starting = time.monotonic() - begin
        self._wait_for_warnings(len(cases))
        self._echo(f"taken after {time.monotonic() - begin:.0f} s")
        stages.stop_all()
        return starting

    def _evening(self, ahead: Evening, starting: float) -> Lived:
        plan, stages = self._plan, self._stages
        # A loaded machine starts more slowly; whoever is ready earlier waits.
        lead = _TRAFFIC_BEFORE + 5.0 + 3 * starting
        clock = _set_clock(stages, ahead.first - lead)
        self._start(("unify", "casework"))
        slack = clock.seconds_until(round((ahead.first - _TRAFFIC_BEFORE) * 1000))
        if slack < 0:
            raise Unavailable(f"the stages were ready {-slack:.0f} s too late; is the machine busy?")
        time.sleep(slack)
        span = ahead.last - ahead.first + _TRAFFIC_BEFORE
        self._echo(f"{plan.rate} messages/s from now on; the last timers are due in {span:.0f} s")
        last_at = time.monotonic() + clock.seconds_until(ahead.last * 1000)
        publisher = Publisher(stages.bootstrap, self._topics.raw("hotline"))
        orders = told_now(hotline_orders(), clock.now_ms)
        longest = last_at + _LATEST_SECONDS - time.monotonic()
        sent = publisher.publish(orders, plan.rate, longest, self._until_over(len(ahead.cases)))
        undispatched = self._undispatched(sent)
        return self._lived(ahead, clock, sent, undispatched)

    def _lived(self, ahead: Evening, clock: FastClock, sent: dict[str, float], undispatched: set[str]) -> Lived:
        # The machine's own instants of what the hub's clock shows.
        shift = time.time() - clock.now_ms() / 1000
        to_monotonic = time.monotonic() - time.time()
        sent = {case_id: at for case_id, at in sent.items() if case_id not in undispatched}

        def measured(due: dict[str, int]) -> tuple[Lateness | None, Traffic | None]:
            if not due:
                return None, None
            found = lateness({case_id: at + shift for case_id, at in due.items()}, self._told)
            begin = min(due.values()) + shift + to_monotonic
            end = max(due.values()) + shift + to_monotonic + max(found.late, default=0.0)
            return found, traffic(sent, self._seen, begin, end)

        steady, steady_traffic = measured(ahead.steady)
        burst, burst_traffic = measured(ahead.burst)
        return Lived(steady, burst, steady_traffic, burst_traffic, len(undispatched))

    def _undispatched(self, sent: dict[str, float]) -> set[str]:
        """Messages whose dispatch has not come after a while."""
        deadline = time.monotonic() + _STILL_SECONDS
        while missing := sent.keys() - {one.case_id for one in list(self._seen)}:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return missing

    def _start(self, names: tuple[str, ...]) -> None:
        slots = [(name, slot) for name in names for slot in range(self._plan.workers if name == "casework" else 1)]
        for name, slot in slots:
            self._stages.start(name, slot, wait=False)
        for name, slot in slots:
            self._stages.wait_until_ready(name, slot)

    def _until_over(self, cases: int) -> Callable[[], bool]:
        """Tells when all outcomes have come and a while has passed."""
        over_at: float | None = None

        def is_over() -> bool:
            nonlocal over_at
            if over_at is None and len(self._breached) >= cases:
                over_at = time.monotonic() + _AFTER_SECONDS
            return over_at is not None and time.monotonic() > over_at

        return is_over

    def _wait_for_warnings(self, cases: int) -> None:
        last, since = -1, time.monotonic()
        while (found := len(self._warned)) < cases:
            if found > last:
                last, since = found, time.monotonic()
            elif time.monotonic() - since > _STILL_SECONDS:
                raise Unavailable(f"{found} of {cases} warnings came, then none for {_STILL_SECONDS:.0f} s")
            time.sleep(0.2)

    def _take(self, message: Any) -> None:
        """On the reader's thread."""
        if message.topic() != self._topics.sla_events:
            self._seen.append(dispatch_seen(message))
            return
        at = time.time()
        headers = text_headers(message)
        outcome, case_id = headers["ce_type"].rpartition(".")[2], headers["ce_subject"]
        if outcome == _FIRST_TIMEOUT:
            self._told.append(Told(case_id, at, message.timestamp()[1] / 1000))
            self._breached.add(case_id)
        elif outcome == _AT_RISK:
            self._warned.add(case_id)


def _set_clock(stages: Stages, hub_seconds: float) -> FastClock:
    """The clock of all processes started from now on: it shows that instant now and runs at real speed."""
    clock = FastClock(round(hub_seconds * 1000), 1, time.time_ns() // 1_000_000)
    stages.environment["HUB_CLOCK"] = str(clock)
    return clock
