"""One clock: its instants, a calendar correction, its explanation, its data."""

from datetime import date
from pathlib import Path

from hub.clockdesk.calendars import read_calendar
from hub.clockdesk.explain import explain_data, explain_lines
from hub.domain.city import WorkCalendar
from hub.domain.clock import Terms, climbed, next_rung, paused, reckoned, resumed, started
from hub.domain.clock_data import clock_of, record_of
from hub.domain.clock_events import Dispatched, Done, StepDone, Suspended
from hub.domain.instants import from_epoch_ms, parse_instant, to_epoch_ms
from hub.domain.ladder import (
    CaseClocks,
    apply,
    begin,
    clock_named,
    finish,
    fire,
    is_provisional,
    next_due,
    recalculated,
)
from hub.domain.limits import Limit
from hub.domain.pauses import Pause
from hub.domain.worktime import WorkTime

CALENDAR = read_calendar(Path(__file__).parents[2] / "data" / "calendar")
CITY = WorkTime.of(CALENDAR)
TERMS = Terms(0.8, Limit(1, "work_day"), "v4", "2026-11")
DAYS = Limit(3, "work_day")


def at(text: str):
    """An instant on the city's clock."""
    return parse_instant(f"2026-{text}+08:00")


def with_2027(*off: date) -> WorkTime:
    """The city's working time once the paper for 2027 is out."""
    days = CALENDAR.days | dict.fromkeys(off, True)
    return WorkTime.of(WorkCalendar("2027", CALENDAR.years | {2027}, days, CALENDAR.names))


def test_a_clock_keeps_the_versions_it_was_reckoned_by():
    """Limits and policy from its terms, the calendar from the working time."""
    clock = started("handle", 1, 1, at("11-10 16:20"), DAYS, TERMS, CITY)

    assert (clock.terms.limits_version, clock.terms.policy_version) == ("v4", "2026-11")
    assert clock.calendar == CALENDAR.version
    assert clock.due.at == at("11-13 16:20")
    assert next_rung(clock) == (at("11-13 09:32"), "AT_RISK")


def test_a_new_calendar_moves_what_is_not_a_fact_yet():
    """The provisional due moves over New Year and is firm then; a December date moves too."""
    clocks = apply(CaseClocks(TERMS, "key", DAYS), Dispatched(at("12-29 16:20"), "A"), CITY).clocks
    before = clock_named(clocks, "handle")
    after = clock_named(recalculated(clocks, with_2027(date(2026, 12, 31), date(2027, 1, 1))), "handle")

    assert (before.due.at, before.due.is_provisional) == (parse_instant("2027-01-01T16:20+08:00"), True)
    assert (after.due.at, after.due.is_provisional) == (parse_instant("2027-01-05T16:20+08:00"), False)
    assert after.calendar == "2027"
    assert is_provisional(clocks)
    assert not is_provisional(recalculated(clocks, with_2027(date(2027, 1, 1))))


def test_a_new_calendar_leaves_a_breach_where_it_was():
    """Only the second due is reckoned anew, from the same due."""
    clock = started("handle", 1, 1, at("12-29 16:20"), Limit(1, "work_day"), TERMS, CITY)
    warned, _ = climbed(clock, "AT_RISK")
    breached, _ = climbed(warned, "FIRST_TIMEOUT")
    after = reckoned(breached, with_2027(date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)))

    assert after.due == breached.due
    assert after.second.at == parse_instant("2027-01-04T18:00+08:00")


def test_a_pause_and_its_end():
    """Open-ended there is no due; resumed it is later by the paused office time."""
    clock = started("handle", 1, 1, at("11-10 10:00"), DAYS, TERMS, CITY)
    waiting = paused(clock, Pause(at("11-10 11:00"), None, "return"), CITY)
    twice = paused(waiting, Pause(at("11-10 11:30"), None, "return"), CITY)

    assert waiting.due.at is None
    assert next_rung(waiting) is None
    assert twice == waiting
    assert resumed(waiting, "return", at("11-10 15:00"), CITY).due.at == at("11-13 14:00")


def test_a_suspension_with_an_end_resumes_by_itself():
    """The due is known at once; resumed earlier, it comes back."""
    clocks = apply(CaseClocks(TERMS, "key", DAYS), Dispatched(at("11-09 10:00"), "A"), CITY).clocks
    suspended = apply(clocks, Suspended(at("11-09 14:00"), at("11-10 14:00")), CITY).clocks

    assert clock_named(suspended, "handle").due.at == at("11-13 10:00")


def test_sign_and_call_back_clocks_run_on_the_same_ladder():
    """Begun and finished by name; at one instant in the order of a case's life."""
    clocks = CaseClocks(TERMS, "key", DAYS)
    clocks = begin(clocks, "total", at("11-09 08:00"), Limit(2, "urgent_hour"), CITY)
    clocks = begin(clocks, "sign", at("11-09 08:00"), Limit(2, "urgent_hour"), CITY)
    warned = fire(clocks, next_due(clocks))
    signed = finish(warned.clocks, "sign", at("11-09 10:00"), CITY)

    assert [(one.outcome, one.clock) for one in warned.outcomes] == [("AT_RISK", "sign"), ("AT_RISK", "total")]
    assert [(one.outcome, one.clock) for one in signed.outcomes] == [("MET", "sign")]
    assert [one.name for one in signed.clocks.running] == ["total"]


def test_the_clocks_survive_as_plain_data():
    """Instants as epoch milliseconds."""
    (clock,) = apply(CaseClocks(TERMS, "key", DAYS, DAYS), Dispatched(at("11-09 10:00"), "A"), CITY).clocks.running

    assert clock_of(record_of(clock)) == clock
    assert record_of(clock)["started_at"] == 1_794_189_600_000
    assert from_epoch_ms(to_epoch_ms(at("11-09 10:00"))) == at("11-09 10:00")


def test_a_clock_explains_every_interval():
    """Night, make-up day, holiday and pause, with limit and versions."""
    clock = started("handle", 1, 1, at("09-30 16:00"), DAYS, TERMS, CITY)
    clock = paused(clock, Pause(at("10-08 09:00"), at("10-08 11:00"), "suspension"), CITY)
    lines = explain_lines(clock, CITY, at("10-01 00:00"))

    assert lines[0].startswith("handle  cycle 1 leg 1  limit 3 work days (limits v4, policy 2026-11, calendar ")
    assert lines[0].endswith("start 09-30 16:00:00  due 10-10 18:00:00")
    assert "  counted   09-30 16:00–18:00                2 h" in lines
    assert "  not       10-01 00:00–10-08 00:00                           holiday 国庆节" in lines
    assert "  not       10-08 09:00–11:00                                 pause" in lines
    assert "  counted   10-10 08:00–12:00                4 h              make-up day 国庆节" in lines
    data = explain_data(clock, CITY, at("10-01 00:00"))
    assert data["due"] == "2026-10-10T18:00:00+08:00"
    assert {one["reason"] for one in data["intervals"]} == {
        "office", "night", "lunch", "holiday", "pause", "make_up_day",
    }  # fmt: skip


def test_steps_of_one_handling_have_their_own_limits():
    """Fence in 3 urgent hours, repair in 8, road surface in 5 work days: three legs, each with its outcome."""
    clocks = CaseClocks(TERMS, "key", Limit(3, "urgent_hour"))
    found = []
    for event in (
        Dispatched(at("11-09 20:00"), "A"),
        StepDone(at("11-09 22:00"), Limit(8, "urgent_hour")),
        StepDone(at("11-10 07:00"), Limit(5, "work_day")),
        Done(at("11-13 10:00"), "A"),
    ):
        step = apply(clocks, event, CITY)
        clocks = step.clocks
        found += [f"{one.outcome} {one.leg} {one.due:%m-%d %H:%M}" for one in step.outcomes]

    assert found == [
        "MET 1 11-09 23:00",
        "AT_RISK 2 11-10 04:24",
        "FIRST_TIMEOUT 2 11-10 06:00",
        "MET 3 11-16 18:00",
    ]
