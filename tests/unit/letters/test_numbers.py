"""Numbers of letters: 1, 2, 3, … for each division and year, whatever comes in whatever order."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.errors import Unavailable
from hub.topics import catalogue
from schemas.codec import codec
from streams.letters import Letters
from streams.runtime.api import Row

DIVISIONS = ("230202", "230203", "2302")
YEARS = {"2026-12-31 23:59": 2026, "2027-01-01 00:00": 2027}


def encoded(request):
    return request["division"].encode(), codec().encode("LetterRequest", request)


def number(count, division="230203", year=2026):
    return f"吹哨督办〔{year}〕{division}-{count:04d}号"


def test_letters_of_a_division_are_numbered_from_one(desk, make_request):
    """In the order of the topic."""
    desk.send(*(make_request(f"SE-{n}") for n in range(3)))

    assert desk.numbers() == [number(1), number(2), number(3)]
    assert desk.counts() == {"issued.230203": 3}


def test_requests_of_one_batch_see_each_other(desk, make_request):
    """A second transaction goes on where the first ended."""
    desk.send_together(make_request("SE-1"), make_request("SE-2"))
    desk.send_together(make_request("SE-3"))

    assert desk.numbers() == [number(1), number(2), number(3)]


def test_each_division_has_numbers_of_its_own(desk, make_request):
    """Divisions take turns in one partition; cases without one count with the city."""
    turns = ["230203", "230202", "2302", "230203", "230202"]
    desk.send(*(make_request(f"SE-{n}", division=division) for n, division in enumerate(turns)))

    counts = [1, 1, 1, 2, 2]
    assert desk.numbers() == [number(n, division) for n, division in zip(counts, turns, strict=True)]


def test_a_year_begins_at_local_midnight(desk, make_request, at):
    """16:00 UTC of 31 December is the new year here; what was due in the old one counts where it is written."""
    due = {"due_at": at("2026-12-30 10:00"), "second_due_at": at("2026-12-31 10:00")}
    desk.send(
        make_request("SE-1", at=at("2026-12-31 23:59"), **due),
        make_request("SE-2", at=at("2027-01-01 00:00"), late=True, **due),
        make_request("SE-3", at=at("2027-01-01 08:00"), **due),
    )

    notices = [notice for notice in desk.notices() if notice["kind"] == "LETTER"]
    assert [notice["number"] for notice in notices] == [number(1), number(1, year=2027), number(2, year=2027)]
    assert [notice["attributes"]["letter_date"] for notice in notices] == ["2026-12-31", "2027-01-01", "2027-01-01"]


def test_a_letter_of_the_old_year_heard_of_in_the_new_one_goes_on_with_the_old_numbers(desk, make_request, at):
    """The year is the request's, not that of whoever reads it."""
    for entry, instant in (
        ("SE-1", "2026-12-31 09:00"),
        ("SE-2", "2027-01-01 09:00"),
        ("SE-3", "2026-12-31 10:00"),
    ):
        desk.send(make_request(entry, at=at(instant)))

    assert desk.numbers() == [number(1), number(1, year=2027), number(2)]


def test_a_repeat_takes_no_number_and_tells_nobody(desk, make_request):
    """The same entry twice, also within one batch, and after its removal."""
    desk.send_together(make_request("SE-1"), make_request("SE-1"))
    desk.send(make_request("SE-1", kind="REMOVE"), make_request("SE-1"), make_request("SE-2"))

    assert desk.numbers() == [number(1), number(2)]
    assert desk.counts() == {"issued.230203": 2, "repeated": 2, "removed": 1}


def test_what_cannot_be_sent_takes_no_number(desk, make_request):
    """A notice that is too large for Kafka is a dead letter; the next letter leaves no gap."""
    desk.send(make_request("SE-1", subject="供" * 400_000), make_request("SE-2"))

    assert desk.numbers() == [number(1)]
    assert len(desk.driver.dead_letters) == 1


def test_another_format_goes_on_counting_and_keeps_what_was_written(desk, make_request):
    """The city changes its template; the removal still names the number that stands on the letter."""
    desk.send(make_request("SE-1"))
    desk.driver.processor = Letters(catalogue(), codec(), number_format="{division}字{year}第{number}号")
    desk.send(make_request("SE-1", kind="REMOVE"), make_request("SE-2"))

    assert [notice["number"] for notice in desk.notices()][3:5] == [number(1), "230203字2026第2号"]


def test_a_row_that_cannot_be_read_stops_the_batch(desk, make_request):
    """To count from one again would give numbers twice."""
    letters = desk.driver.processor
    record = desk.driver.record(catalogue().letter_requests, *encoded(make_request()))
    prepared = letters.prepare(record)
    entry, counter = prepared.keys

    with pytest.raises(Unavailable):
        letters.process(record, prepared, {entry: None, counter: Row(b"{")}, 0)


asked = st.lists(
    st.tuples(
        st.sampled_from(["ISSUE", "ISSUE", "REMOVE"]),
        st.integers(0, 11),
        st.sampled_from(DIVISIONS),
        st.sampled_from(sorted(YEARS)),
    ),
    max_size=40,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=asked, cuts=st.sets(st.integers(0, 40)))
def test_numbers_are_one_to_n_in_order_of_arrival(new_desk, make_request, at, asked, cuts):
    """Random issues, removals and repeats, cut into random batches: every request is counted as one thing."""
    desk = new_desk()
    requests = [
        make_request(f"SE-{division}-{entry}", kind=kind, division=division, at=at(instant))
        for kind, entry, division, instant in asked
    ]
    edges = [0, *sorted(cut for cut in cuts if cut < len(requests)), len(requests)]
    for begin, end in pairwise(edges):
        desk.send_together(*requests[begin:end])
    notices = desk.notices()

    found = defaultdict(list)
    for notice in notices:
        if notice["kind"] == "LETTER":
            year = int(notice["attributes"]["letter_date"][:4])
            found[notice["division"], year].append(notice["number"])
    for (division, year), numbers in found.items():
        assert numbers == [number(n, division, year) for n in range(1, len(numbers) + 1)]
    letters = [notice["number"] for notice in notices if notice["kind"] == "LETTER"]
    assert len(set(letters)) == len(letters)
    assert len({notice["notice_id"] for notice in notices}) == len(notices)
    assert sum(desk.counts().values()) == len(requests)
    first = {request["entry_id"]: request["kind"] for request in reversed(requests)}
    assert len(letters) == sum(kind == "ISSUE" for kind in first.values())
    assert not desk.driver.dead_letters
