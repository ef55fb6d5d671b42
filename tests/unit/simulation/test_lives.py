"""Four simulated days hold every kind of life, in about the shares of a real city."""

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.sources import SOURCES
from hub.domain.case import CaseState, Position
from hub.domain.city import City
from hub.domain.deadlines import Telling
from hub.domain.decide import Decision, decide, pass_time
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.identity import complete
from hub.simulation import Message, expected_of, simulate

MONDAY = date(2026, 11, 23)
START_MS = int(datetime(2026, 11, 22, 16, tzinfo=UTC).timestamp() * 1000)
END_MS = START_MS + timedelta(days=4) // timedelta(milliseconds=1)


@dataclass
class Lived:
    """The cases as the rules of the hub have them after four days, with every entry and fact on the way."""

    city: City
    cases: dict[str, CaseState] = field(default_factory=dict)
    entries: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    facts: Counter[tuple[str, str]] = field(default_factory=Counter)
    letters: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _due: dict[str, int | None] = field(default_factory=dict)
    _timers: list[tuple[int, str]] = field(default_factory=list)

    def take(self, event: CaseEvent, offset: int) -> None:
        self.fire(event["received_at"])
        case_id = event["case_id"]
        self._keep(case_id, decide(event, self.cases.get(case_id), self.city, Position(0, offset)))

    def fire(self, until: int) -> None:
        while self._timers and self._timers[0][0] <= until:
            instant, case_id = heapq.heappop(self._timers)
            if self._due[case_id] == instant:
                self._keep(case_id, pass_time(self.cases[case_id], self.city, instant, Telling(instant)))

    def _keep(self, case_id: str, decision: Decision) -> None:
        if decision.case is not None:
            self.cases[case_id] = decision.case
            self._due[case_id] = decision.next_timer
            if decision.next_timer is not None:
                heapq.heappush(self._timers, (decision.next_timer, case_id))
        self.entries.update((one["kind"], one["outcome"], one["reason"]) for one in decision.entries)
        self.facts.update((fact["clock"], fact["outcome"]) for fact in decision.events)
        self.letters.update(letter["kind"] for letter in decision.letters)

    def count(self, holds: Callable[[CaseState], bool]) -> int:
        return sum(map(holds, self.cases.values()))


def read(message: Message) -> Iterator[CaseEvent | Rejected]:
    source = SOURCES[message.source]
    try:
        records = list(source.split(message.payload, message.headers))
    except Rejected as rejected:
        yield rejected
        return
    for record in records:
        try:
            yield complete(source.map(record), b"a key of the tests")
        except Rejected as rejected:
            yield rejected


@pytest.fixture(scope="module")
def lived(days, city) -> Lived:
    """All of it, event by event and timer by timer."""
    life, seen = Lived(city), set()
    for offset, message in enumerate(days):
        verdicts = []
        for result in read(message):
            if isinstance(result, Rejected):
                verdicts.append("dead")
            elif result["event_id"] in seen:
                verdicts.append("duplicate")
            else:
                seen.add(result["event_id"])
                verdicts.append("accepted")
                life.take({**result, "received_at": message.at_ms}, offset)
        if tuple(verdicts) != message.expected:
            life.wrong.append(f"{message.source} {message.tags}: {verdicts}")
    life.fire(END_MS)
    return life


def share(part: int, whole: int) -> float:
    return part / whole


def is_missed(case: CaseState, clock: str, rung: str = "breached") -> bool:
    return any(one["name"] == clock and one[rung] for one in case["clocks"])


def test_the_same_arguments_give_the_same_days(city):
    """Days to come are as repeatable as the first."""
    assert list(simulate(120, 5, MONDAY, city, days=3)) == list(simulate(120, 5, MONDAY, city, days=3))


def test_more_days_only_go_on_where_fewer_ended(city):
    """What somebody does today does not hang on how long the simulation looks on."""
    short, long = (
        {payload for message in simulate(120, 5, MONDAY, city, days=days) for payload in _feedback(message)}
        for days in (2, 4)
    )

    assert short
    assert short < long


def _feedback(message: Message) -> Iterator[str]:
    if message.source == "endpoint" and not message.tags:
        yield json.dumps(json.loads(message.payload), sort_keys=True)


def test_all_reports_are_of_the_first_day_and_nothing_is_after_the_last(days):
    """A batch that is due at the last midnight is the last message there may be."""
    reports = [m.at_ms for m in days if b'"create"' in m.payload and not {"bad", "disorder"} & set(m.tags)]

    assert max(reports) < START_MS + timedelta(hours=26) // timedelta(milliseconds=1)
    assert days[0].at_ms >= START_MS
    assert START_MS + 3 * 86_400_000 < days[-1].at_ms <= END_MS


def test_every_record_ends_with_its_verdict(lived, days):
    """Accepted, duplicate, dead: of every message of all days as it was built in."""
    assert lived.wrong == []
    assert expected_of(days).published == sum(message.records for message in days)


def test_deadlines_are_missed_in_the_shares_of_a_city(lived):
    """Of the dispatched cases some 12 % miss the first deadline of their work, 4 % the second too."""
    dispatched = [case for case in lived.cases.values() if case["first_unit"] is not None]

    def missed(*which: str) -> float:
        return share(sum(is_missed(case, *which) for case in dispatched), len(dispatched))

    assert missed("handle") == pytest.approx(0.12, abs=0.03)
    assert missed("handle", "second_passed") == pytest.approx(0.04, abs=0.015)
    assert missed("sign") == pytest.approx(0.055, abs=0.02)
    assert missed("call_back") == pytest.approx(0.03, abs=0.02)


def test_most_cases_come_to_their_end(lived):
    """Three in four are signed off within four days; some 6 % of the dispatched ones are sent back as rework."""
    dispatched = lived.count(lambda case: case["first_unit"] is not None)

    assert share(lived.count(lambda case: case["status"] == "CLOSED"), len(lived.cases)) > 0.7
    assert share(lived.count(lambda case: case["cycle"] > 1), dispatched) == pytest.approx(0.06, abs=0.02)
    assert lived.count(lambda case: len(case["cycles"]) > 0 and case["status"] == "CLOSED") > 20
    assert {case["status"] for case in lived.cases.values()} >= {
        "DISPATCHED",
        "SIGNED",
        "SUSPENDED",
        "DONE",
        "CLOSED",
        "WITHDRAWN",
        "MERGED",
    }


@pytest.mark.parametrize(
    "entry",
    [
        ("SIGNED", "APPLIED", ""),
        ("SIGNED", "RECORDED", "co_handler"),
        ("RETURNED", "APPLIED", ""),
        ("WHISTLED", "APPLIED", ""),
        ("EXTENDED", "RECORDED", "extension_requested"),
        ("EXTENDED", "APPLIED", "extended"),
        ("EXTENDED", "REFUSED", "breached"),
        ("SUSPENDED", "APPLIED", ""),
        ("RESUMED", "APPLIED", ""),
        ("DONE", "APPLIED", ""),
        ("DONE", "APPLIED", "step_done"),
        ("VISITED", "APPLIED", "satisfied"),
        ("VISITED", "APPLIED", "basically_satisfied"),
        ("VISITED", "APPLIED", "refused"),
        ("VISITED", "APPLIED", "not_reached"),
        ("VISITED", "APPLIED", "unreachable"),
        ("VISITED", "APPLIED", "rework_dissatisfied"),
        ("VISITED", "APPLIED", "rework_partly_solved"),
        ("VISITED", "APPLIED", "rework_unsolved"),
        ("VISITED", "PARKED", "not_done"),
        ("STATE_CHANGED", "APPLIED", "dispatched"),
        ("STATE_CHANGED", "APPLIED", "verified"),
        ("STATE_CHANGED", "APPLIED", "state_voided"),
        ("ANSWERED", "APPLIED", "was_parked"),
        ("URGED", "APPLIED", ""),
        ("WITHDRAWN", "APPLIED", ""),
        ("MERGED", "APPLIED", ""),
        ("APPEALED", "APPLIED", "appeal_filed"),
        ("APPEALED", "APPLIED", "appeal_excused"),
        ("APPEALED", "APPLIED", "appeal_rejected"),
        ("APPEALED", "REFUSED", "no_breach"),
    ],
    ids="-".join,
)
def test_every_kind_of_life_occurs(lived, entry):
    """What the rules provide for is shown, not only what goes well."""
    assert lived.entries[entry] > 0


@pytest.mark.parametrize("clock", ["sign", "handle", "call_back"])
@pytest.mark.parametrize("outcome", ["AT_RISK", "FIRST_TIMEOUT", "MET"])
def test_every_clock_comes_to_its_outcomes(lived, clock, outcome):
    """The whole ladder, on every clock that can run out in four days."""
    assert lived.facts[clock, outcome] > 0


def test_letters_and_suspensions_come_to_their_end(lived):
    """Letters are issued and entries removed; a suspension with an end is over by itself."""
    assert lived.letters["ISSUE"] > 20
    assert lived.letters["REMOVE"] > 5
    assert sum(count for (_, outcome), count in lived.facts.items() if outcome == "AUTO_RESUMED") > 0


def test_citizens_of_every_source_are_called_back(days):
    """By the hotline for its orders, by the command centre for what came through the city or the grid."""
    visits: Counter[str] = Counter()
    for message in days:
        if message.source == "hotline" and b'"visit"' in message.payload and not message.reasons:
            visits["hotline"] += 1
        elif message.source == "desk" and b'"visit"' in message.payload:
            visits[json.loads(message.payload)["caseId"].partition(":")[0]] += 1

    assert visits["hotline"] > 500
    assert visits["grid"] > 5
    assert visits["citymgmt"] > 0


def test_actors_know_where_a_case_stands(lived):
    """Nearly nothing that staff or the command centre do is refused, but for what is asked for too late."""
    refused = sum(count for (_, outcome, _), count in lived.entries.items() if outcome == "REFUSED")

    assert share(refused, lived.entries.total()) < 0.005
