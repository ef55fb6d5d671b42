"""One log in whatever batches, heard in time or after an outage: the same case, and the same facts about it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.topics import catalogue
from schemas.codec import Codec
from streams.casework import Casework
from streams.casework.rows import read_row
from streams.runtime.driver import TestDriver

Make = Callable[..., Any]
KEY = b"hotline:HL2026111000017"
TOPICS = catalogue()
FOREIGN = {"dispatch_id": "DP-20261110-000087", "endpoint_id": "EP-230202-9999", "reason": "x"}
BAD = {"visit_connected": "true", "visit_solved": "UNSOLVED", "visit_satisfaction": "DISSATISFIED"}
GOOD = {"visit_connected": "true", "visit_solved": "SOLVED", "visit_satisfaction": "SATISFIED"}
ANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
EARLY = "2026-11-10 08:00"


@pytest.fixture(scope="module")
def life(make_event: Make) -> list[Any]:
    """Late work, a return, a suspension with an end, rework, an appeal and 销号, told in time order."""
    excuse = {"appeal": "EXCUSED", "clock": "sign"}
    until = {"until": str(1_794_974_400_000)}  # 2026-11-18 12:00
    grant = {"extension_value": "1", "extension_unit": "work_day"}
    return [
        make_event("REPORTED", "2026-11-10 08:00"),
        make_event("SIGNED", "2026-11-10 13:00", attributes=FOREIGN),
        make_event("RETURNED", "2026-11-11 09:00", attributes=FOREIGN),
        make_event("EXTENDED", "2026-11-12 09:00", source="desk", attributes=grant),
        make_event("SUSPENDED", "2026-11-16 09:00", attributes=FOREIGN | until),
        make_event("URGED", "2026-11-19 09:00"),
        make_event("DONE", "2026-11-23 09:00", attributes=FOREIGN, text="已更换阀门"),
        make_event("VISITED", "2026-11-24 09:00", attributes=BAD),
        make_event("APPEALED", "2026-11-25 09:00", source="desk", attributes=excuse),
        make_event("DONE", "2026-12-07 09:00", attributes=FOREIGN, text="已重新接管"),
        make_event("VISITED", "2026-12-08 09:00", attributes=GOOD),
    ]


@pytest.fixture
def driver_at(city: Any, codec: Codec, at: Any) -> Callable[[str], TestDriver]:
    """The stage in memory, its clock at an instant."""
    return lambda text: TestDriver(Casework(city, TOPICS, codec), clock_ms=at(text))


def pipe(driver: TestDriver, codec: Codec, events: list[Any]) -> None:
    """The events as one batch."""
    driver.pipe_batch([driver.record(TOPICS.case_events, KEY, codec.encode("CaseEvent", one)) for one in events])


def told(driver: TestDriver) -> dict[str, list[Any]]:
    """Everything that went out, by topic."""
    topics = (
        *TOPICS.dispatches,
        TOPICS.sla_events,
        TOPICS.notices,
        TOPICS.letter_requests,
        *TOPICS.writebacks.values(),
    )
    return {topic: driver.read_outputs(topic) for topic in topics}


@ANY
@given(cuts=st.sets(st.integers(1, 10)))
def test_the_batches_of_one_log_leave_no_trace(driver_at: Any, codec: Codec, life: Any, cuts: set[int]) -> None:
    """Split anywhere, also between the halves of a rework: rows, timers, messages and counts are the same."""
    whole, split = driver_at(EARLY), driver_at(EARLY)
    pipe(whole, codec, life)
    borders = [0, *sorted(cuts), len(life)]
    for begin, end in pairwise(borders):
        pipe(split, codec, life[begin:end])

    assert split.rows == whole.rows
    assert split.tallies == whole.tallies
    assert told(split) == told(whole)


def facts_of(driver: TestDriver, codec: Codec) -> list[tuple[Any, ...]]:
    """What came about and when, whenever it was told."""
    facts = [codec.decode(one.value or b"") for one in driver.read_outputs(TOPICS.sla_events)]
    names = ("outcome", "clock", "cycle", "leg", "due_at", "happened_at", "provisional", "reason", "unit")
    return sorted((tuple(fact[name] for name in names) for fact in facts), key=str)


@ANY
@given(away=st.integers(0, 10), back=st.integers(0, 10))
def test_an_outage_changes_when_facts_are_told_and_nothing_else(
    driver_at: Any, codec: Codec, life: Any, away: int, back: int
) -> None:
    """From one event on until after a later one the hub is away: it hears of all of them at once, and goes on."""
    steady, away_for = driver_at(EARLY), driver_at(EARLY)
    for event in life:
        steady.run_until(event["occurred_at"] - 1)
        pipe(steady, codec, [event])
    first, last = min(away, back), max(away, back)
    for event in life[:first]:
        away_for.run_until(event["occurred_at"] - 1)
        pipe(away_for, codec, [event])
    if first:
        away_for.run_until(life[first]["occurred_at"] - 1)
    away_for.clock.advance(max(life[last]["occurred_at"] - away_for.clock.now_ms(), 0))
    pipe(away_for, codec, life[first : last + 1])
    for event in life[last + 1 :]:
        away_for.run_until(event["occurred_at"] - 1)
        pipe(away_for, codec, [event])

    ends = [read_row(codec, driver.rows[KEY]) for driver in (steady, away_for)]
    assert ends[0]["status"] == ends[1]["status"] == "CLOSED"
    assert ends[0]["clocks"] == ends[1]["clocks"]
    assert ends[0]["supervision"] == ends[1]["supervision"]
    assert facts_of(steady, codec) == facts_of(away_for, codec)


def test_that_life_has_what_it_promises(driver_at: Any, codec: Codec, life: Any) -> None:
    """Breaches in two cycles, a suspension that ended by itself, an excuse, entries opened and removed."""
    driver = driver_at(EARLY)
    for event in life:
        driver.run_until(event["occurred_at"] - 1)
        pipe(driver, codec, [event])

    assert {name: number for name, number in driver.tallies.items() if name.startswith(("sla.", "letters."))} == {
        "sla.AT_RISK": 5,
        "sla.AUTO_RESUMED": 1,
        "sla.CALL_BACKS_OPENED": 2,
        "sla.EXCUSED": 1,
        "sla.EXTENDED": 1,
        "sla.FIRST_TIMEOUT": 4,
        "sla.MET": 3,
        "sla.REWORK": 1,
        "sla.SECOND_TIMEOUT": 3,
        "sla.SIGNED_OFF": 1,
        "sla.STRUCK_OFF": 1,
        "letters.ISSUE": 3,
        "letters.REMOVE": 3,
    }
