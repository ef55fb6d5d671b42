"""重算时限: a calendar that is published or corrected moves what is not a fact yet, and all concerned hear."""

from datetime import date
from typing import Any

import pytest

from hub.domain.calendar import CalendarEdition, WorkCalendar
from hub.topics import catalogue
from streams.casework import Casework
from streams.runtime.driver import TestDriver

KEY = b"hotline:HL2026111000017"
JD = "230202003-JD"
OLD = WorkCalendar("2026", frozenset({2026}), {})
NEW_YEAR = {date(2027, 1, 1): True, date(2027, 1, 4): True}
NEW = WorkCalendar("2026-2027", frozenset({2026, 2027}), NEW_YEAR)
CORRECTED = WorkCalendar("2026b", frozenset({2026}), {date(2026, 11, 13): True, date(2026, 11, 14): False})


@pytest.fixture
def year_end(life_in: Any, at: Any) -> Any:
    """A case of the last days of 2026 in a city where the calendar of 2027 is known from 2026-12-31 on."""
    editions = (CalendarEdition(0, OLD), CalendarEdition(at("2026-12-31 12:00"), NEW))
    life = life_in(editions=editions)
    life.on("REPORTED", "2026-12-30 08:00")
    life.by_lead("SIGNED", "2026-12-30 09:00")
    return life


def recalculate(life: Any, when: str, calendar: str = "2026-2027") -> Any:
    """The operator has put a calendar in force."""
    return life.by_desk("RECALCULATED", when, calendar=calendar)


def test_a_due_in_a_year_without_a_calendar_is_provisional(year_end: Any) -> None:
    """Counted Monday to Friday: Wednesday, Thursday, Friday, Monday, Tuesday."""
    assert year_end.due_of("handle") == "2027-01-05 18:00"
    assert year_end.clock("handle")["provisional"] is True


def test_the_published_year_moves_the_due_and_makes_it_certain(year_end: Any, at: Any) -> None:
    """New Year's Day and the Monday after are off: two days later, and told so."""
    entry = recalculate(year_end, "2026-12-31 12:00")

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", "recalculated")
    assert (year_end.due_of("handle"), year_end.clock("handle")["provisional"]) == ("2027-01-07 18:00", False)
    fact = year_end.fact("DUE_CHANGED")
    assert (fact["clock"], fact["due_at"], fact["provisional"]) == ("handle", at("2027-01-07 18:00"), False)
    assert fact["details"] == {"was_due_at": str(at("2027-01-05 18:00")), "calendar": "2026-2027"}
    assert year_end.clock("handle")["calendar_version"] == "2026-2027"


def test_the_holder_hears_of_the_new_due(year_end: Any, at: Any) -> None:
    """An UPDATE with the due that now holds."""
    before = len(year_end.dispatches)

    recalculate(year_end, "2026-12-31 12:00")

    assert year_end.sent(before) == [("UPDATE", "LEAD", JD)]
    update = year_end.dispatches[-1]
    assert (update["reason"], update["handle_due_at"]) == ("due_changed", at("2027-01-07 18:00"))


def test_without_a_new_calendar_nothing_moves(year_end: Any) -> None:
    """Asked for before it is in force: recorded, nobody disturbed."""
    before = len(year_end.dispatches)

    entry = recalculate(year_end, "2026-12-31 11:00")

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "nothing_moved")
    assert (year_end.sent(before), year_end.told("DUE_CHANGED")) == ([], [])


def test_a_second_recalculation_finds_nothing_left_to_move(year_end: Any) -> None:
    """Each change is announced once."""
    recalculate(year_end, "2026-12-31 12:00")

    assert recalculate(year_end, "2026-12-31 13:00")["reason"] == "nothing_moved"
    assert len(year_end.told("DUE_CHANGED")) == 1


def test_a_breach_is_not_moved_but_its_second_due_is(life_in: Any, at: Any) -> None:
    """Due on the last day of the year, and breached; the day of grace lies in the next one."""
    life = life_in(editions=(CalendarEdition(0, OLD), CalendarEdition(at("2026-12-31 18:30"), NEW)))
    life.on("REPORTED", "2026-12-25 08:00")
    life.by_lead("SIGNED", "2026-12-25 09:00")
    life.live_until("2026-12-31 18:00")
    assert (life.due_of("handle"), life.clock("handle")["second_at"]) == (
        "2026-12-31 18:00",
        at("2027-01-01 18:00"),
    )

    recalculate(life, "2026-12-31 18:30")

    assert (life.due_of("handle"), life.clock("handle")["second_at"]) == (
        "2026-12-31 18:00",
        at("2027-01-05 18:00"),
    )
    life.live_until("2027-01-05 17:59")
    assert life.told("SECOND_TIMEOUT") == []


def test_a_corrected_calendar_moves_a_due_within_the_year(life_in: Any, at: Any) -> None:
    """Friday is off after all and Saturday worked instead: what was due on the one is due on the other."""
    life = life_in(editions=(CalendarEdition(0, OLD), CalendarEdition(at("2026-11-11 12:00"), CORRECTED)))
    life.on("REPORTED", "2026-11-10 08:00", urgency="NORMAL")
    life.by_lead("WHISTLED", "2026-11-10 08:30", reason="x", whistle_level="key")
    life.by_lead("SIGNED", "2026-11-10 09:00")
    assert life.due_of("handle", leg=2) == "2026-11-13 08:30"

    recalculate(life, "2026-11-11 12:00", "2026b")

    assert life.due_of("handle", leg=2) == "2026-11-14 08:30"
    assert life.told("DUE_CHANGED") == [("DUE_CHANGED", "handle", 1, 2, "2026-11-14 08:30")]


def test_a_due_that_moves_into_the_past_is_told_by_the_next_timer(life_in: Any, at: Any) -> None:
    """A Saturday turned out to be worked: the breach it makes is a fact of that Saturday, learnt later or not."""
    worked = WorkCalendar("2026c", frozenset({2026}), {date(2026, 11, 14): False})
    life = life_in(editions=(CalendarEdition(0, OLD), CalendarEdition(at("2026-11-16 12:00"), worked)))
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 09:00")

    recalculate(life, "2026-11-16 12:00", "2026c")
    life.live_until("2026-11-16 12:00", told_at=at("2026-11-16 12:00"))

    breach = life.fact("FIRST_TIMEOUT")
    assert (breach["due_at"], breach["at"]) == (at("2026-11-14 18:00"), at("2026-11-16 12:00"))


def test_a_call_back_s_due_moves_as_well_and_no_endpoint_hears(life_in: Any, at: Any) -> None:
    """The case is done: nobody holds it."""
    life = life_in(editions=(CalendarEdition(0, OLD), CalendarEdition(at("2026-12-31 12:00"), NEW)))
    life.on("REPORTED", "2026-12-30 08:00")
    life.by_lead("DONE", "2026-12-31 09:00")
    before = len(life.dispatches)

    entry = recalculate(life, "2026-12-31 12:00")

    assert (entry["outcome"], life.due_of("call_back"), life.sent(before)) == ("APPLIED", "2027-01-06 09:00", [])


def test_the_tally_of_provisional_clocks_goes_down_to_nothing(
    life_in: Any, at: Any, make_event: Any, codec: Any
) -> None:
    """What an operator watches after a calendar was applied: how many dues may still move."""
    topics = catalogue()
    city = life_in(editions=(CalendarEdition(0, OLD), CalendarEdition(at("2026-12-31 12:00"), NEW))).city
    driver = TestDriver(Casework(city, topics, codec), clock_ms=at("2026-12-30 08:00"))

    def send(*told: Any, **changes: Any) -> int:
        event = make_event(*told, **changes)
        driver.pipe_input(topics.case_events, event["case_id"].encode(), codec.encode("CaseEvent", event))
        return driver.tallies.get("provisional", 0)

    assert send("REPORTED", "2026-12-30 08:00") == 1
    assert send("REPORTED", "2026-12-30 08:05", case_id="hotline:HL2") == 2
    assert send("WITHDRAWN", "2026-12-30 09:00", case_id="hotline:HL2") == 1
    assert send("RECALCULATED", "2026-12-31 12:00", source="desk", attributes={"calendar": "2026-2027"}) == 0
