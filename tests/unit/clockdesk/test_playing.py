"""Stories go through casework itself; what comes of them is what the ladder's own functions say."""

from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clockdesk.calendars import read_calendar
from hub.clockdesk.playing import play
from hub.clockdesk.stories import Outage, Story, StoryEvent, StoryPolicy
from hub.domain.clock import Terms
from hub.domain.clock_events import (
    CalledBack,
    Closed,
    Dispatched,
    Done,
    ExtensionGranted,
    ExtensionRequested,
    Registered,
    Resumed,
    Returned,
    Suspended,
    Urged,
)
from hub.domain.instants import SHANGHAI
from hub.domain.ladder import CaseClocks, NextLevel, apply, fire
from hub.domain.limits import LIMIT_UNITS, Limit
from hub.domain.worktime import WorkTime

CALENDAR = read_calendar(Path(__file__).parents[2] / "data" / "calendar")
CITY = WorkTime.of(CALENDAR)
START = datetime(2026, 9, 28, 8, tzinfo=SHANGHAI)
END = START + timedelta(days=60)

values = st.sampled_from([0.5, 1, 2, 3.7, 5])
limits = st.builds(Limit, values, st.sampled_from(LIMIT_UNITS))
waits = st.one_of(
    st.sampled_from([timedelta(), timedelta(hours=1), timedelta(hours=4), timedelta(days=1)]),
    st.integers(0, 400_000).map(lambda seconds: timedelta(seconds=seconds)),
)
TYPES = (
    *("dispatched", "done", "callback", "extension_requested", "extension_granted", "suspended", "resumed"),
    *("urged", "urged", "dispatched", "returned", "returned"),
)


@st.composite
def stories(draw) -> Story:
    """A case that is registered, dispatched, and then has a life; only who has a case returns it."""
    unit = draw(st.sampled_from(LIMIT_UNITS))
    policy = StoryPolicy(
        at_risk_fraction=draw(st.sampled_from([0.5, 0.8])),
        second_grace=draw(limits),
        level="ordinary",
        limit=Limit(draw(values), unit),
        total_limit=draw(st.none() | limits),
        next_level=draw(st.none() | st.tuples(st.just("key"), limits)),
    )
    at = START
    events = [StoryEvent("registered", at), StoryEvent("dispatched", at + draw(waits), unit="A")]
    at = events[-1].at
    for _ in range(draw(st.integers(1, 12))):
        at += draw(waits)
        kind = draw(st.sampled_from(TYPES))
        add = (
            Limit(draw(values), draw(st.sampled_from([unit, "urgent_hour"])))
            if kind == "extension_granted"
            else None
        )
        is_satisfied = draw(st.booleans()) if kind == "callback" else None
        events.append(StoryEvent(kind, at, draw(st.sampled_from("AB")), is_satisfied, add))
    if draw(st.booleans()):
        events.append(StoryEvent(draw(st.sampled_from(["withdrawn", "merged"])), at))
    return Story("S", "", policy, tuple(enumerate(events)), (), END, (), (), "")


def by_the_ladder(story: Story) -> tuple[list, list[int], str]:
    """The story through `hub.domain.ladder` alone: outcomes, refused indexes, level."""
    policy = story.policy
    clocks = CaseClocks(
        Terms(policy.at_risk_fraction, policy.second_grace),
        policy.level,
        policy.limit,
        policy.total_limit,
        NextLevel(*policy.next_level) if policy.next_level else None,
    )
    outcomes, refused = [], []
    for index, event in story.events:
        step = apply(clocks, _event(event), CITY)
        clocks = step.clocks
        outcomes += step.outcomes
        if step.refused:
            refused.append(index)
    last = fire(clocks, story.until)
    return [*outcomes, *last.outcomes], refused, last.clocks.level


def _event(event: StoryEvent):
    at = event.at
    return {
        "registered": lambda: Registered(at),
        "dispatched": lambda: Dispatched(at, event.unit),
        "done": lambda: Done(at, event.unit),
        "callback": lambda: CalledBack(at, event.is_satisfied),
        "extension_requested": lambda: ExtensionRequested(at),
        "extension_granted": lambda: ExtensionGranted(at, event.add),
        "suspended": lambda: Suspended(at),
        "resumed": lambda: Resumed(at),
        "returned": lambda: Returned(at),
        "urged": lambda: Urged(at),
        "withdrawn": lambda: Closed(at),
        "merged": lambda: Closed(at),
    }[event.type]()


def facts(outcomes) -> list[tuple]:
    """What an outcome is, however it was come by; in a fixed order."""
    return sorted(
        (one.outcome, one.clock, one.cycle, one.leg, one.due, getattr(one, "provisional", None)) for one in outcomes
    )


@settings(max_examples=400, deadline=None)
@given(stories())
def test_casework_tells_what_the_ladder_says(story: Story) -> None:
    """The case's own state machine, with its statuses, guards and dispatches, changes nothing about the clocks."""
    expected, refused, level = by_the_ladder(story)

    ending = play(story, CALENDAR)

    assert [one[:5] for one in facts(ending.outcomes)] == [one[:5] for one in facts(expected)]
    assert list(ending.refused) == refused
    assert ending.level == level


@settings(max_examples=150, deadline=None)
@given(stories(), st.integers(0, 5_000_000), st.integers(1, 3_000_000))
def test_an_outage_changes_when_outcomes_are_told_and_nothing_else(story: Story, down: int, length: int) -> None:
    """Same outcomes, same dues; those within it come at its end, late, the others at their instants."""
    outage = Outage(START + timedelta(seconds=down), START + timedelta(seconds=down + length))
    until = END + timedelta(days=60)
    whole = Story("S", "", story.policy, story.events, (), until, (), (), "")
    interrupted = Story("S", "", story.policy, story.events, (outage,), until, (), (), "")

    plain, late = play(whole, CALENDAR), play(interrupted, CALENDAR)

    assert facts(plain.outcomes) == facts(late.outcomes)
    assert plain.refused == late.refused
    assert all(one.at == outage.up for one in late.outcomes if one.late)
    assert not any(outage.down <= one.at < outage.up for one in late.outcomes)
    assert {one.late for one in plain.outcomes} <= {False}
