"""The ledger of cases as casework really leaves them: simulated days, taken event by event and timer by timer."""

import heapq
from collections.abc import Iterator
from datetime import date

import pytest

from connectors.sources import SOURCES
from hub.domain.case import CaseState, Position
from hub.domain.deadlines import Telling
from hub.domain.decide import decide, pass_time
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.identity import complete
from hub.domain.ledger import draw
from hub.domain.ledger_terms import RESULT_FIGURES
from hub.domain.period import Period
from hub.simulation import Message, simulate

DAY = date(2026, 11, 10)
A_MONTH_LATER = Period.of(date(2026, 12, 10), None, 2**60).start


def events_of(message: Message) -> Iterator[CaseEvent]:
    """The good records of a message, heard of when it was sent."""
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
        yield event | {"received_at": message.at_ms}  # type: ignore[misc]


@pytest.fixture(scope="module")
def cases(qiqihar) -> list[CaseState]:
    """600 cases of a day, lived for four, a month after they were reported."""
    held: dict[str, CaseState] = {}
    due: dict[str, int | None] = {}
    timers: list[tuple[int, str]] = []

    def keep(case_id, decision) -> None:
        if decision.case is not None:
            held[case_id] = decision.case
        due[case_id] = decision.next_timer
        if decision.next_timer is not None:
            heapq.heappush(timers, (decision.next_timer, case_id))

    def fire(until) -> None:
        while timers and timers[0][0] <= until:
            instant, case_id = heapq.heappop(timers)
            if due[case_id] == instant:
                keep(case_id, pass_time(held[case_id], qiqihar, instant, Telling(instant)))

    events = [event for message in simulate(600, 7, DAY, qiqihar, days=4) for event in events_of(message)]
    for offset, event in enumerate(sorted(events, key=lambda one: one["received_at"])):
        fire(event["received_at"])
        decision = decide(event, held.get(event["case_id"]), qiqihar, Position(0, offset))
        if decision.case is not None:
            keep(event["case_id"], decision)
    fire(A_MONTH_LATER)
    return list(held.values())


@pytest.mark.parametrize(
    ("first", "to"), [(None, None), (DAY, date(2026, 11, 11)), (date(2026, 11, 11), date(2026, 12, 1))]
)
def test_a_simulated_day_adds_up(cases, first, to):
    """Whatever part of the month is asked for."""
    assert draw(cases, Period.of(first, to, A_MONTH_LATER)).check() == []


def test_a_simulated_day_fills_most_of_the_ledger(cases):
    """So that adding up means something."""
    drawn = draw(cases, Period.of(None, None, A_MONTH_LATER))

    assert drawn.count("received") == sum(case["status"] != "AWAITED" for case in cases)
    for name in (
        "answered_directly",
        "withdrawn",
        "done_in_time",
        "open_late",
        "due",
        "rework",
        "supervision_open",
    ):
        assert drawn.count(name), name
    assert sum(drawn.count(figure) > 0 for figure in RESULT_FIGURES.values()) >= 5


def test_in_the_end_each_case_stands_where_its_state_says(cases):
    """The reading of the past, carried up to now, is the present."""
    drawn = draw(cases, Period.of(None, None, 2**60))
    by_id = {case["case_id"]: case for case in cases}

    assert {by_id[one]["status"] for one in drawn.ids("done_in_time")} <= {"DONE", "ANSWERED", "CLOSED"}
    assert {by_id[one]["status"] for one in drawn.ids("open_late")} <= {"DISPATCHED", "SIGNED", "SUSPENDED"}
    assert {by_id[one]["status"] for one in drawn.ids("open")} <= {"REGISTERED"}
    assert all(by_id[one]["first_unit"] is not None for one in drawn.ids("dispatched"))
    assert all(by_id[one]["first_unit"] is None for one in drawn.ids("answered_directly"))
