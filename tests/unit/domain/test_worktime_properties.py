"""Due, elapsed and remaining are inverses of each other, whatever the instants, limits and pauses."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.clockdesk.calendars import read_calendar
from hub.domain.instants import SHANGHAI
from hub.domain.intervals import intervals
from hub.domain.limits import LIMIT_UNITS, Limit
from hub.domain.pauses import Pause
from hub.domain.worktime import WorkTime

SECOND = timedelta(seconds=1)
CITY = WorkTime.of(read_calendar(Path(__file__).parents[2] / "data" / "calendar"))
HOURS = st.sampled_from([(("08:00", "12:00"), ("14:00", "18:00")), (("09:00", "17:00"),)])
BORDERS = [timedelta(hours=hour) for hour in (0, 8, 12, 13, 14, 18)]

instants = st.one_of(
    st.integers(0, 800 * 86_400).map(lambda s: datetime(2025, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=s)),
    st.builds(
        lambda day, border, off: datetime(2026, 1, 1, tzinfo=SHANGHAI) + timedelta(day, off) + border,
        st.integers(0, 400),
        st.sampled_from(BORDERS),
        st.integers(-1, 1),
    ),
)
limits = st.builds(
    Limit,
    st.one_of(
        st.integers(1, 40),
        st.sampled_from([0.1, 0.5, 0.25, 1.5, 2.7]),
        st.floats(0.0003, 50).map(lambda f: round(f, 4)),
    ),
    st.sampled_from(LIMIT_UNITS),
)
lengths = st.one_of(st.integers(0, 400_000), st.sampled_from([0, 3_600, 7_200, 86_400])).map(
    lambda s: timedelta(seconds=s)
)


@st.composite
def pauses_near(draw, start: datetime) -> list[Pause]:
    """Closed pauses around the way of a clock, overlapping and not."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        begin = start + timedelta(seconds=draw(st.integers(-100_000, 900_000)))
        found.append(Pause(begin, begin + draw(lengths)))
    return found


@settings(max_examples=300, deadline=None)
@given(st.data(), instants, limits)
def test_what_has_elapsed_at_the_due_is_the_limit(data, start, limit):
    """And a second before the count ends something is still left."""
    pauses = data.draw(pauses_near(start))
    due = CITY.due(start, limit, pauses).at

    assert CITY.elapsed(start, due, limit.unit, pauses) == CITY.length(limit)
    assert CITY.remaining(start, due, limit, pauses) == timedelta()
    counted = [one for one in intervals(CITY, start, due, limit.unit, pauses) if one.is_counted]
    assert CITY.remaining(start, counted[-1].end - SECOND, limit, pauses) == SECOND


@settings(max_examples=300, deadline=None)
@given(st.data(), instants, instants, limits)
def test_elapsed_and_remaining_add_up_to_the_limit(data, start, at, limit):
    """At every instant before the due; the remaining time counted from there ends at the due."""
    pauses = data.draw(pauses_near(start))
    due = CITY.due(start, limit, pauses).at
    left = CITY.remaining(start, at, limit, pauses)
    if at < start or not left:
        return

    assert CITY.elapsed(start, at, limit.unit, pauses) + left == CITY.length(limit)
    assert CITY.after(at, left, limit.unit, pauses).at == due


@settings(max_examples=200, deadline=None)
@given(st.data(), instants, limits)
def test_pauses_count_once_in_any_order(data, start, limit):
    """Doubled, turned round and cut in two they pause the same."""
    pauses = data.draw(pauses_near(start))
    cut = [
        part
        for one in pauses
        for part in (Pause(one.begin, one.begin + (one.end - one.begin) // 2), Pause(one.begin, one.end))
    ]

    assert CITY.due(start, limit, pauses) == CITY.due(start, limit, [*reversed(pauses), *cut])


@settings(max_examples=200, deadline=None)
@given(st.data(), instants, limits)
def test_a_pause_never_brings_the_due_forward(data, start, limit):
    """One that begins at the due or later has no effect, an open-ended one neither."""
    pauses = data.draw(pauses_near(start))
    free = CITY.due(start, limit).at
    due = CITY.due(start, limit, pauses).at

    assert due >= free
    assert CITY.due(start, limit, [*pauses, Pause(due, None)]).at == due


@settings(max_examples=200, deadline=None)
@given(st.data(), instants, limits)
def test_the_intervals_have_no_hole_and_add_up(data, start, limit):
    """The counted ones are the limit; each neighbour begins where the last ends."""
    pauses = data.draw(pauses_near(start))
    due = CITY.due(start, limit, pauses).at
    found = intervals(CITY, start, due, limit.unit, pauses)

    assert found[0].begin == start
    assert found[-1].end == due
    assert all(one.end == other.begin for one, other in pairwise(found))
    assert sum((one.end - one.begin for one in found if one.is_counted), timedelta()) == CITY.length(limit)


def plain_due(worktime: WorkTime, start: datetime, minutes: int, pauses: list[Pause]) -> datetime:
    """The same by a walk over the minutes: where the count of office minutes is full."""
    days = worktime.calendar.days
    at = start
    while True:
        second = at.hour * 3600 + at.minute * 60
        worked = not days[at.date()] if at.date() in days else at.weekday() < 5
        is_open = worked and any(opening <= second < closing for opening, closing in worktime.office.sessions)
        if is_open and not any(one.begin <= at < one.end for one in pauses):
            minutes -= 1
            if not minutes:
                return at + timedelta(minutes=1)
        at += timedelta(minutes=1)


@settings(max_examples=60, deadline=None)
@given(st.data(), HOURS, st.dates(date(2025, 1, 1), date(2026, 12, 20)), st.integers(0, 1439), st.integers(1, 900))
def test_the_arithmetic_agrees_with_a_walk(data, hours, day, minute, minutes):
    """An independent count, minute by minute, over holidays and make-up days."""
    worktime = WorkTime.of(CITY.calendar, hours)
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(minutes=minute)
    pauses = [
        Pause(start + timedelta(minutes=begin), start + timedelta(minutes=begin + length))
        for begin, length in data.draw(
            st.lists(st.tuples(st.integers(-300, 3000), st.integers(0, 900)), max_size=3)
        )
    ]

    due = worktime.after(start, timedelta(minutes=minutes), "work_hour", pauses)

    assert due.at == plain_due(worktime, start, minutes, pauses)
