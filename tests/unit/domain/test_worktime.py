"""Working time by the rules of the clock: the vectors, and every border of every rule."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from hub.clockdesk.calendars import read_calendar
from hub.domain.city import WorkCalendar
from hub.domain.errors import Refused
from hub.domain.instants import parse_instant
from hub.domain.limits import Limit
from hub.domain.office import DEFAULT_OFFICE_HOURS
from hub.domain.pauses import Pause
from hub.domain.worktime import WorkTime

FOLDER = Path(__file__).parents[2] / "data" / "calendar"
VECTORS = [
    vector
    for name in ("vectors.json", "vectors_office_hours.json")
    for vector in json.loads((FOLDER / name).read_text(encoding="utf-8"))
]
CALENDAR = read_calendar(FOLDER)
CITY = WorkTime.of(CALENDAR)
SEAT = (("09:00", "17:00"),)
THREE = (("08:00", "10:00"), ("10:30", "12:00"), ("14:00", "18:30"))


def at(text: str) -> datetime:
    """An instant on the city's clock."""
    return parse_instant(f"{text}+08:00")


def pause(begin: str, end: str | None) -> Pause:
    """A pause on the city's clock."""
    return Pause(at(begin), at(end) if end else None)


def reckoned(start, value, unit, *pauses, worktime=CITY):
    """The due time as text, and whether it is provisional."""
    due = worktime.due(at(start), Limit(value, unit), pauses)
    return due.at and due.at.strftime("%Y-%m-%d %H:%M:%S"), due.is_provisional


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_every_vector_holds(vector):
    """The published vectors, to the second."""
    worktime = WorkTime.of(CALENDAR, vector.get("office_hours", DEFAULT_OFFICE_HOURS))
    pauses = [Pause(parse_instant(p["from"]), p["to"] and parse_instant(p["to"])) for p in vector["pauses"]]
    due = worktime.due(parse_instant(vector["start"]), Limit(**vector["limit"]), pauses)

    assert due.at == (vector["due"] and parse_instant(vector["due"]))
    assert due.is_provisional is vector["provisional"]


@pytest.mark.parametrize(
    ("start", "value", "unit", "due"),
    [
        ("2026-07-06 07:30", 1, "work_day", "2026-07-06 18:00:00"),
        ("2026-07-06 08:00:01", 1, "work_day", "2026-07-07 08:00:01"),
        ("2026-07-06 12:30", 1, "work_day", "2026-07-07 14:00:00"),
        ("2026-07-06 18:00", 1, "work_day", "2026-07-07 18:00:00"),
        ("2026-07-06 08:00", 0.5, "work_day", "2026-07-06 14:00:00"),
        ("2026-07-06 08:00", 4, "work_hour", "2026-07-06 12:00:00"),
        ("2026-07-06 10:00", 6, "work_hour", "2026-07-06 18:00:00"),
        ("2026-07-06 12:00", 1, "work_hour", "2026-07-06 15:00:00"),
        ("2026-07-10 17:00", 1.5, "work_hour", "2026-07-13 08:30:00"),
        ("2026-05-08 17:00", 1.5, "work_hour", "2026-05-09 08:30:00"),
        ("2026-07-06 14:00", 8, "work_hour", "2026-07-07 12:00:00"),
        ("2026-07-06 14:00", 1, "work_day", "2026-07-07 14:00:00"),
        ("2026-07-06 11:59:59", 1, "work_day", "2026-07-07 11:59:59"),
        ("2026-07-06 12:00:00", 1, "work_day", "2026-07-07 14:00:00"),
        ("2026-07-06 14:00:01", 1, "work_day", "2026-07-07 14:00:01"),
        ("2026-07-06 17:59:59", 1, "work_day", "2026-07-07 17:59:59"),
        ("2026-07-06 08:00", 1.5, "work_day", "2026-07-07 14:00:00"),
        ("2026-07-06 14:00", 0.5, "work_day", "2026-07-06 18:00:00"),
        ("2026-07-06 14:00", 1.5, "work_day", "2026-07-07 18:00:00"),
        ("2026-07-06 10:00", 1.25, "work_day", "2026-07-07 14:00:00"),
        ("2026-07-06 09:00", 0.1, "work_day", "2026-07-06 09:48:00"),
        ("2026-07-06 11:12", 0.1, "work_day", "2026-07-06 14:00:00"),
        ("2026-07-06 09:00", 0.0001, "work_day", "2026-07-06 09:00:03"),
        ("2026-07-06 09:00", 0.3333, "urgent_hour", "2026-07-06 09:20:00"),
        ("2026-07-06 09:00", 0.00001, "urgent_hour", "2026-07-06 09:00:01"),
        ("2026-07-06 09:00", 0.5, "natural_day", "2026-07-06 21:00:00"),
        ("2026-07-11 12:30:07", 1.1, "natural_day", "2026-07-12 14:54:07"),
        ("2028-02-28 09:00", 1, "natural_day", "2028-02-29 09:00:00"),
        ("2025-12-31 23:59:59", 1, "natural_day", "2026-01-01 23:59:59"),
    ],
)
def test_the_border_of_each_rule(start, value, unit, due):
    """Opening, lunch and closing, both sides of each; fractions; a part of a second counts as one."""
    assert reckoned(start, value, unit) == (due, False)


@pytest.mark.parametrize(
    ("start", "value", "unit", "hours", "due"),
    [
        ("2026-07-06 08:30", 1, "work_day", SEAT, "2026-07-06 17:00:00"),
        ("2026-07-06 09:00", 0.5, "work_day", SEAT, "2026-07-06 13:00:00"),
        ("2026-07-06 10:15", 1, "work_day", THREE, "2026-07-07 10:30:00"),
        ("2026-07-06 10:15", 8, "work_hour", THREE, "2026-07-07 10:00:00"),
        ("2026-07-06 14:00", 1, "work_day", THREE, "2026-07-07 14:00:00"),
        ("2026-07-06 18:30", 1, "work_day", THREE, "2026-07-07 18:30:00"),
        ("2026-07-06 08:00", 0.4375, "work_day", THREE, "2026-07-06 14:00:00"),
        ("2026-07-06 00:00", 2, "work_day", (("00:00", "24:00"),), "2026-07-08 00:00:00"),
    ],
)
def test_office_hours_are_configuration(start, value, unit, hours, due):
    """Each inner closing plays the part of 12:00, the last one that of 18:00."""
    assert reckoned(start, value, unit, worktime=WorkTime.of(CALENDAR, hours)) == (due, False)


@pytest.mark.parametrize(
    ("start", "value", "unit", "pauses", "due"),
    [
        # The count ends at 12:00, the due by rule 5 is 14:00.
        ("2026-07-06 14:00", 1, "work_day", [("2026-07-07 12:00", None)], "2026-07-07 14:00:00"),
        ("2026-07-06 14:00", 1, "work_day", [("2026-07-07 13:00", "2026-07-07 15:00")], "2026-07-07 14:00:00"),
        ("2026-07-06 14:00", 1, "work_day", [("2026-07-07 11:59:59", "2026-07-07 14:00")], "2026-07-07 14:00:01"),
        ("2026-07-06 14:00", 1, "work_day", [("2026-07-07 11:59:59", None)], None),
        ("2026-07-06 08:00", 1, "work_day", [("2026-07-06 18:00", None)], "2026-07-06 18:00:00"),
        # Only the earlier pause moves the end past the beginning of the later one.
        (
            "2026-07-06 09:00",
            2,
            "work_hour",
            [("2026-07-06 11:30", "2026-07-06 11:45"), ("2026-07-06 10:00", "2026-07-06 11:00")],
            "2026-07-06 14:15:00",
        ),
        ("2026-07-06 09:00", 2, "work_hour", [("2026-07-06 11:00", None)], "2026-07-06 11:00:00"),
        # Before the start, over the start, and outside office time.
        ("2026-07-06 09:00", 2, "work_hour", [("2026-07-01 09:00", "2026-07-06 09:00")], "2026-07-06 11:00:00"),
        ("2026-07-06 07:00", 2, "work_hour", [("2026-07-01 09:00", "2026-07-06 09:00")], "2026-07-06 11:00:00"),
        ("2026-07-06 09:00", 2, "work_hour", [("2026-07-01 09:00", None)], None),
        ("2026-07-06 17:00", 2, "work_hour", [("2026-07-06 19:00", None)], None),
        ("2026-07-06 10:00", 3, "work_hour", [("2026-07-06 12:00", "2026-07-06 14:00")], "2026-07-06 15:00:00"),
        # A pause that ends in the night: the count goes on at the next opening.
        ("2026-07-06 17:00", 1, "work_day", [("2026-07-06 17:30", "2026-07-07 03:00")], "2026-07-07 17:30:00"),
        ("2026-07-06 12:30", 1, "work_day", [("2026-07-06 14:00", "2026-07-06 18:00")], "2026-07-07 18:00:00"),
        ("2026-07-10 20:00", 1, "natural_day", [("2026-07-11 00:00", "2026-07-12 00:00")], "2026-07-12 20:00:00"),
        ("2026-07-10 20:00", 1, "natural_day", [("2026-07-11 20:00", None)], "2026-07-11 20:00:00"),
        ("2026-07-10 20:00", 2, "urgent_hour", [("2026-07-10 21:00", "2026-07-10 21:00")], "2026-07-10 22:00:00"),
        ("2026-07-10 20:00", 2, "urgent_hour", [("2026-07-10 20:00", "2026-07-10 20:30")], "2026-07-10 22:30:00"),
        (
            "2026-07-10 20:00",
            2,
            "urgent_hour",
            [("2026-07-10 20:30", "2026-07-10 21:30"), ("2026-07-10 20:10", None)],
            None,
        ),
    ],
)
def test_what_a_pause_moves(start, value, unit, pauses, due):
    """Pauses at the end, after it, before the start, overlapping, empty, in the night, open-ended."""
    assert reckoned(start, value, unit, *(pause(*one) for one in pauses)) == (due, False)


@pytest.mark.parametrize(
    ("start", "value", "unit", "expected"),
    [
        ("2026-12-31 08:00", 1, "work_day", ("2026-12-31 18:00:00", False)),
        ("2026-12-31 18:00", 1, "work_hour", ("2027-01-01 09:00:00", True)),
        ("2026-12-31 14:00", 4, "work_hour", ("2026-12-31 18:00:00", False)),
        ("2026-12-31 17:00", 24, "urgent_hour", ("2027-01-01 17:00:00", False)),
        ("2027-06-01 08:00", 1, "work_day", ("2027-06-01 18:00:00", True)),
        # 2024 has no file: a way that begins there is as little known.
        ("2024-12-31 17:00", 2, "work_hour", ("2025-01-02 09:00:00", True)),
        ("2027-06-01 08:00", 1, "natural_day", ("2027-06-02 08:00:00", False)),
    ],
)
def test_a_year_without_a_file_is_provisional(start, value, unit, expected):
    """The due or any of the way to it; the two units of the clock never are."""
    assert reckoned(start, value, unit) == expected


def test_a_year_missing_in_the_middle_is_on_the_way():
    """2025 and 2027 are there, 2026 is not."""
    worktime = WorkTime.of(WorkCalendar("v", frozenset({2025, 2027}), {}))

    assert reckoned("2025-12-31 09:00", 270, "work_day", worktime=worktime)[1] is True


def test_no_due_is_not_provisional():
    """An open-ended pause far in a year without a file."""
    assert reckoned("2027-06-01 08:00", 1, "work_day", pause("2027-06-01 09:00", None)) == (None, False)


def test_a_file_names_days_of_the_december_before():
    """2022-12-31 stands in the paper for 2023: dates are looked up by date, over all files."""
    days = {date(2026, 12, 31): True, date(2027, 1, 1): True}
    worktime = WorkTime.of(WorkCalendar("v", frozenset({2026, 2027}), CALENDAR.days | days))

    assert reckoned("2026-12-30 17:00", 2, "work_hour", worktime=worktime) == ("2027-01-04 09:00:00", False)


def test_a_file_without_papers_is_no_file(tmp_path):
    """An announced year whose paper is not out yet."""
    (tmp_path / "2027.json").write_text(
        '{"year": 2027, "papers": [], "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}'
    )
    (tmp_path / "2026.json").write_bytes((FOLDER / "2026.json").read_bytes())
    worktime = WorkTime.of(read_calendar(tmp_path))

    assert reckoned("2026-12-31 17:00", 2, "work_hour", worktime=worktime) == ("2027-01-01 09:00:00", True)


def test_any_zone_comes_in_and_a_part_of_a_second_is_dropped():
    """02:00:00.9 in London's winter is 10:00:00 here."""
    due = CITY.due(parse_instant("2026-07-06T02:00:00.900+00:00"), Limit(1, "work_hour"))

    assert due.at == at("2026-07-06 11:00")


@pytest.mark.parametrize("text", ["2026-07-06T10:20:00", "2026-07-06", "tomorrow", ""])
def test_an_instant_without_zone_is_refused(text):
    """The message says how to write it."""
    with pytest.raises(ValueError, match=r"zone|ISO 8601"):
        parse_instant(text)


def test_a_naive_datetime_is_refused():
    """Nobody can guess its zone."""
    with pytest.raises(ValueError, match="zone"):
        CITY.due(datetime(2026, 7, 6), Limit(1, "work_hour"))


def test_a_far_limit_is_reckoned_and_one_beyond_all_years_refused():
    """By arithmetic, not day by day."""
    assert reckoned("2026-07-06 09:00", 1_000_000, "work_day")[0].startswith("58")
    with pytest.raises(Refused, match="due_beyond_9999"):
        CITY.due(at("2026-07-06 09:00"), Limit(1e7, "work_day"))
    with pytest.raises(Refused, match="due_beyond_9999"):
        CITY.due(at("2026-07-06 09:00"), Limit(1e300, "natural_day"))


def test_elapsed_and_remaining_stand_still_over_the_night():
    """Half a day before the lunch, the rest after it."""
    limit = Limit(1, "work_day")
    start = at("2026-07-06 10:00")

    assert CITY.elapsed(start, at("2026-07-06 22:00"), "work_day") == timedelta(hours=6)
    assert CITY.remaining(start, at("2026-07-07 07:00"), limit) == timedelta(hours=2)
    assert CITY.remaining(start, at("2026-08-07 07:00"), limit) == timedelta()
    assert CITY.elapsed(start, at("2026-07-06 09:00"), "work_day") == timedelta()
