"""Evidence as the topics would hold it after four simulated days, made without Kafka."""

import copy
import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.sources import SOURCES
from hub.demo.evidence import Evidence
from hub.domain.case import Position
from hub.domain.city import City
from hub.domain.deadlines import Telling
from hub.domain.decide import Decision, decide, pass_time
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.identity import complete
from hub.domain.sla import LetterRequest, Notice
from hub.simulation import Message, simulate

_MONDAY = datetime(2026, 11, 22, 16, tzinfo=UTC)


class Recorder:
    """The rules over simulated messages, with everything they tell; letters are numbered as their stage does it."""

    def __init__(self, city: City) -> None:
        self.evidence = Evidence()
        self._city = city
        self._agenda: list[tuple[int, str]] = []
        self._numbers: dict[str, int] = {}

    def take(self, event: CaseEvent, offset: int) -> None:
        self.fire(event["received_at"])
        if event["event_id"] in self.evidence.events:
            return
        self.evidence.events[event["event_id"]] = event
        case_id, now = event["case_id"], event["received_at"]
        case = self.evidence.cases.get(case_id)
        self._keep(case_id, decide(event, case, self._city, Position(0, offset), Telling(now)))

    def fire(self, until: int) -> None:
        while self._agenda and self._agenda[0][0] <= until:
            instant, case_id = heapq.heappop(self._agenda)
            if self.evidence.timers.get(case_id) == instant:
                telling = Telling(instant + 250)
                self._keep(case_id, pass_time(self.evidence.cases[case_id], self._city, instant, telling))

    def _keep(self, case_id: str, decision: Decision) -> None:
        found = self.evidence
        if decision.case is not None:
            found.cases[case_id] = decision.case
            found.timers.pop(case_id, None)
            if decision.next_timer is not None:
                found.timers[case_id] = decision.next_timer
                heapq.heappush(self._agenda, (decision.next_timer, case_id))
        found.facts += decision.events
        found.notices += decision.notices
        found.requests += decision.letters
        for request in decision.letters:
            if request["kind"] == "ISSUE":
                self._issue(request)

    def _issue(self, request: LetterRequest) -> None:
        division = request["division"]
        number = self._numbers[division] = self._numbers.get(division, 0) + 1
        text = self._city.policy.letter_number.format(year=2026, division=division, number=number)
        for kind in ("LETTER", "LEADER_FORWARD", "SUPERVISION_ENTRY"):
            notice: Notice = {  # type: ignore[typeddict-item]
                "kind": kind,
                "case_id": request["case_id"],
                "cycle": request["cycle"],
                "number": text,
                "division": division,
                "at": request["at"],
                "recipient_role": "unit",
                "due_at": request["due_at"],
                "attributes": {"entry_id": request["entry_id"]},
            }
            self.evidence.notices.append(notice)


def events_of(message: Message) -> Iterator[CaseEvent]:
    source = SOURCES[message.source]
    try:
        records = list(source.split(message.payload, message.headers))
    except Rejected:
        return
    for record in records:
        try:
            event = complete(source.map(record), b"a key of the tests")
        except Rejected:
            continue
        yield {**event, "received_at": message.at_ms}


@pytest.fixture(scope="session")
def end_ms() -> int:
    """The last moment of the four days."""
    return int((_MONDAY + timedelta(days=4)).timestamp() * 1000)


@pytest.fixture(scope="session")
def recorded(qiqihar: City, end_ms: int, simulated: list[Message]) -> Evidence:
    """400 cases and what became of them; not to be changed."""
    recorder = Recorder(qiqihar)
    for offset, message in enumerate(simulated):
        for event in events_of(message):
            recorder.take(event, offset)
    recorder.fire(end_ms)
    return recorder.evidence


@pytest.fixture
def evidence(recorded: Evidence) -> Evidence:
    """The same, to be spoiled."""
    return copy.deepcopy(recorded)


@pytest.fixture(scope="session")
def simulated(qiqihar: City) -> list[Message]:
    """What the same 400 cases send in four days."""
    return list(simulate(400, 3, date(2026, 11, 23), qiqihar, days=4))
