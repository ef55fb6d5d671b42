"""What holds for the ladder of every case, whatever happens to it and whenever the hub looks."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clockdesk.calendars import read_calendar
from hub.domain.clock import Terms, next_rung
from hub.domain.clock_data import clock_of, record_of, rung_at
from hub.domain.clock_events import (
    CalledBack,
    Closed,
    Dispatched,
    Done,
    ExtensionGranted,
    ExtensionRequested,
    LevelRaised,
    Registered,
    Resumed,
    Returned,
    Suspended,
    Urged,
)
from hub.domain.instants import SHANGHAI, to_epoch_ms
from hub.domain.ladder import CaseClocks, NextLevel, apply, fire, next_due, recalculated
from hub.domain.limits import LIMIT_UNITS, Limit
from hub.domain.worktime import WorkTime

CITY = WorkTime.of(read_calendar(Path(__file__).parents[2] / "data" / "calendar"))
START = datetime(2026, 9, 28, 8, tzinfo=SHANGHAI)
END = START + timedelta(days=120)

limits = st.builds(Limit, st.sampled_from([0.5, 1, 2, 3.7, 5]), st.sampled_from(LIMIT_UNITS))
units = st.sampled_from(["A", "B"])
KINDS = [
    lambda at, draw: Registered(at),
    lambda at, draw: Dispatched(at, draw(units)),
    lambda at, draw: Dispatched(at, draw(units)),
    lambda at, draw: Done(at, draw(units)),
    lambda at, draw: CalledBack(at, draw(st.booleans())),
    lambda at, draw: ExtensionRequested(at),
    lambda at, draw: ExtensionGranted(at, draw(limits)),
    lambda at, draw: Suspended(at),
    lambda at, draw: Suspended(at, at + timedelta(hours=draw(st.integers(0, 90)))),
    lambda at, draw: Resumed(at),
    lambda at, draw: Returned(at),
    lambda at, draw: Urged(at),
    lambda at, draw: LevelRaised(at, "difficult", draw(limits)),
]


@st.composite
def cases(draw) -> CaseClocks:
    """A case of which nothing has happened yet."""
    return CaseClocks(
        Terms(draw(st.sampled_from([0.5, 0.8, 0.9])), draw(limits)),
        "ordinary",
        draw(limits),
        draw(st.none() | limits),
        draw(st.none() | st.builds(NextLevel, st.just("key"), limits)),
    )


@st.composite
def histories(draw, closing: bool = True):
    """Events in order of time, many at the same instant or at an hour's border."""
    events = []
    at = START
    for _ in range(draw(st.integers(1, 14))):
        at += draw(
            st.one_of(
                st.sampled_from([timedelta(), timedelta(hours=1), timedelta(hours=4), timedelta(days=1)]),
                st.integers(0, 400_000).map(lambda s: timedelta(seconds=s)),
            )
        )
        events.append(draw(st.sampled_from(KINDS))(at, draw))
    if closing and draw(st.booleans()):
        events.append(Closed(at))
    return events


def written_and_read(clocks):
    """The running clocks as the state of a case keeps them."""
    running = tuple(clock_of(json.loads(json.dumps(record_of(clock)))) for clock in clocks.running)
    assert running == clocks.running
    for clock in clocks.running:
        rung = next_rung(clock)
        assert rung_at(record_of(clock)) == (to_epoch_ms(rung[0]) if rung else None)
    return clocks._replace(running=running)


def live(clocks, events, looks=()):
    """The outcomes as the hub makes them: woken at instants of its own, its state written and read each time."""
    outcomes, refused = [], []
    waits = sorted(looks)
    for index, event in enumerate(events):
        while waits and waits[0] < event.at:
            step = fire(clocks, waits.pop(0))
            outcomes += step.outcomes
            clocks = written_and_read(step.clocks)
        step = apply(clocks, event, CITY)
        outcomes += step.outcomes
        clocks = step.clocks
        if step.refused:
            refused.append(index)
    last = fire(clocks, END)
    return [*outcomes, *last.outcomes], refused, last.clocks


@settings(max_examples=300, deadline=None)
@given(cases(), histories())
def test_each_outcome_comes_once(clocks, events):
    """(clock, cycle, leg, outcome, due) is unique, and no clock is both MET and breached."""
    outcomes, _, _ = live(clocks, events)
    keys = [(one.clock, one.cycle, one.leg, one.outcome, one.due) for one in outcomes]
    met = {(one.clock, one.cycle, one.leg) for one in outcomes if one.outcome == "MET"}
    breached = {(one.clock, one.cycle, one.leg) for one in outcomes if one.outcome == "FIRST_TIMEOUT"}
    second = {(one.clock, one.cycle, one.leg) for one in outcomes if one.outcome == "SECOND_TIMEOUT"}

    assert len(keys) == len(set(keys))
    assert not met & breached
    assert second <= breached
    for name in ("FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET"):
        once = [key[:3] for key in keys if key[3] == name]
        assert len(once) == len(set(once))


@settings(max_examples=300, deadline=None)
@given(cases(), histories(), st.lists(st.integers(0, 10_000_000), max_size=8))
def test_when_the_hub_looks_makes_no_difference(clocks, events, looks):
    """Woken seldom, often or never between events, its state kept as data: the same outcomes and the same end."""
    seldom = live(clocks, events)
    often = live(clocks, events, [START + timedelta(seconds=look) for look in looks])

    assert often == seldom
    assert [one.happened_at for one in seldom[0]] == sorted(one.happened_at for one in seldom[0])


@settings(max_examples=200, deadline=None)
@given(cases(), histories())
def test_next_due_is_the_instant_of_the_next_outcome(clocks, events):
    """A second before it nothing fires; at it something does, and the same calendar moves nothing."""
    for event in events:
        clocks = apply(clocks, event, CITY).clocks
        assert recalculated(clocks, CITY) == clocks
        due = next_due(clocks)
        if due is not None:
            assert not fire(clocks, due - timedelta(seconds=1)).outcomes or due <= event.at
            assert fire(clocks, due).outcomes[0].happened_at == due


@settings(max_examples=100, deadline=None)
@given(cases(), histories(closing=False))
def test_a_closed_case_is_silent(clocks, events):
    """After a withdrawal nothing fires and extensions are refused."""
    for event in events:
        clocks = apply(clocks, event, CITY).clocks
    closed = apply(clocks, Closed(events[-1].at), CITY).clocks

    assert next_due(closed) is None
    assert not fire(closed, END).outcomes
    assert apply(closed, ExtensionGranted(END, Limit(1, "work_day")), CITY).refused == "no_handle_clock"
    assert apply(closed, Dispatched(END, "B"), CITY).clocks == closed
