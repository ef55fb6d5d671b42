"""The pure rules of the polls: pauses, wishes of a server, instants to ask from, places and messages of rows."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.polls import since
from connectors.polls.errors import Away
from connectors.polls.metrics import Meters
from connectors.polls.pages import Page, Unit, Walk
from connectors.polls.places import Place, instant_ms, read_place
from connectors.polls.rows import as_json, as_stored
from connectors.polls.settings import Backoff, DatabaseSettings, HttpPollSettings, Since
from connectors.polls.timing import Pace, pause, retry_after

CHINA = timezone(timedelta(hours=8))
TABLE = {"url": "env:URL", "table": "outbox", "payload": "body"}


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_stays_between_half_the_first_and_the_longest(failures, chance):
    """However often it failed, and whatever chance says."""
    assert 0.5 <= pause(failures, Backoff(first_seconds=1, longest_seconds=60), chance) <= 60


def test_pauses_double():
    """Without chance: 1, 2, 4 … 60, 60."""
    found = [pause(failures, Backoff(first_seconds=1, longest_seconds=60), 0) for failures in range(1, 9)]
    assert found == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        (" 5 ", 5),
        ("Tue, 10 Nov 2026 08:01:00 GMT", 60),
        ("Tue, 10 Nov 2026 07:00:00 GMT", 0),
        ("99999999999999", 86_400),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_retry_after_in_seconds_or_as_a_date_of_the_servers_clock(value, seconds):
    """The hub's clock stands a year away and does not count; nonsense is no wish."""
    server = round(datetime(2026, 11, 10, 8, tzinfo=UTC).timestamp() * 1000)
    assert retry_after(value, server, now_ms=server - 365 * 86_400_000) == seconds


def test_a_pace_spaces_requests_evenly_and_saves_nothing_up():
    """Two a second; after a long rest the first goes at once and the second waits all the same."""
    pace = Pace(2)
    assert [pace.take(10.0), pace.take(10.0), pace.take(10.0)] == [0, 0.5, 1.0]
    assert [pace.take(99.0), pace.take(99.1)] == [0, pytest.approx(0.4)]


def test_the_mark_is_the_earlier_of_the_servers_clock_and_its_data():
    """And nothing moves before the first record."""
    assert since.mark_after(100, None, 7) == 7
    assert since.mark_after(100, 90, 7) == 90
    assert since.mark_after(100, 200, 7) == 100
    assert since.mark_after(None, 200, 7) == 200


@given(st.integers(0, 10**12), st.integers(0, 10**9), st.integers(0, 10**6))
def test_a_clock_that_runs_on_changes_nothing(mark, elapsed, overlap):
    """The server's clock moved as far as ours: asked as before."""
    asked = since.asked_from(mark, Since(overlap_seconds=overlap), CHINA)
    assert since.earlier_start(asked, mark + elapsed, elapsed, overlap) is None


def test_a_clock_that_was_turned_back_is_asked_from_an_earlier_instant():
    """An hour back, a minute after the last pass: from that pass on, in the new time, less the overlap."""
    hour = 3_600_000
    assert since.earlier_start(10 * hour, 9 * hour + 60_000, 60_000, 30) == 9 * hour - 30_000


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("local", "2026-11-10 08:00:00"),
        ("iso", "2026-11-10T00:00:00Z"),
        ("epoch_s", "1794268800"),
        ("epoch_ms", "1794268800999"),
    ],
)
def test_an_instant_is_written_as_the_server_takes_it(form, text):
    """Cut to the second, never rounded up: rounding up would leave records out."""
    assert since.written(1_794_268_800_999, Since(format=form), CHINA) == text


@pytest.mark.parametrize(
    "place",
    [
        Place(7, 7),
        Place("2026-11-10 08:00:00", "k/1"),
        Place(datetime(2026, 11, 10, 8, 0, 0, 123456), UUID(int=5)),
        Place(datetime(2026, 11, 10, tzinfo=UTC), Decimal("12.50")),
        Place(5),
    ],
)
def test_a_place_is_read_as_it_was_written(place):
    """Microseconds, zones and digits included."""
    assert read_place(place.write()) == place


@pytest.mark.parametrize("value", [None, True, b"x", 1 + 2j])
def test_a_value_that_tells_no_row_is_refused(value):
    """A null key would make two rows one."""
    with pytest.raises(Away):
        Place(value if value is not None else True, value).write()


def test_positions_of_time_are_read_as_instants():
    """Local without a zone; epoch seconds and milliseconds; what is no time is none."""
    eight = 1_794_268_800_000
    assert instant_ms("2026-11-10 08:00:00", CHINA) == eight
    assert instant_ms(datetime(2026, 11, 10, 0, tzinfo=UTC), CHINA) == eight
    assert instant_ms(eight, CHINA) == instant_ms(eight // 1000, CHINA) == eight
    assert instant_ms("yesterday", CHINA) is None


def test_columns_of_any_type_become_json_that_says_the_same_every_time():
    """Long numbers keep their digits, instants become local time, null is left out."""
    fields = ("id", "at", "day", "n", "x", "yes", "no")
    values = (
        Decimal("12345678901234567890"),
        datetime(2026, 11, 10, 0, 0, 5, 9, UTC),
        date(2026, 1, 2),
        3,
        None,
        True,
        "否",
    )
    made = as_json(fields, values, CHINA)
    assert json.loads(made) == {
        "id": 12345678901234567890,
        "at": "2026-11-10 08:00:05",
        "day": "2026-01-02",
        "n": 3,
        "yes": True,
        "no": "否",
    }
    assert made == as_json(fields, values, CHINA)


def test_a_payload_column_keeps_its_bytes():
    """Text, bytes, and nothing at all."""
    assert as_stored("{ 否 }") == "{ 否 }".encode()
    assert as_stored(memoryview(b"\xff\x00")) == b"\xff\x00"
    assert as_stored(None) == b""


def test_a_walk_ends_where_pages_say_nothing_new():
    """Two pages in turns are a loop too."""

    def page(*digests):
        return Page([Unit(digest, None, None) for digest in digests])

    walk = Walk(100)
    for _ in range(2):
        walk.meet(page(b"a"))
        walk.meet(page(b"b"))
    walk.meet(Page([]))
    with pytest.raises(Away):
        walk.meet(page(b"a"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"payload": None},
        {"columns": {"a": "b"}},
        {"payload": None, "columns": {}},
        {"position": {"column": "at", "kind": "time"}},
        {"acknowledge": {"column": "taken"}},
        {"acknowledge": {"column": "taken", "value": 1, "now": True}},
        {"table": "a.b.c"},
        {"url": "sqlite:////x"},
        {"batch": 0},
        {"unknown": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    """Before anything starts."""
    DatabaseSettings.model_validate(TABLE)
    with pytest.raises(ValidationError):
        DatabaseSettings.model_validate({**TABLE, **wrong})


@pytest.mark.parametrize("url", ["ftp://a/b", "http://a/b?c=d", "http://a/b#c", "a/b"])
def test_an_address_has_no_query_of_its_own(url):
    """Its parameters are named in the settings."""
    with pytest.raises(ValidationError):
        HttpPollSettings.model_validate({"url": url})


def test_metrics_have_no_label_but_source_transport_and_fixed_codes():
    """No id, no address: labels stay few."""
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry()
    one = Meters(registry).of("hotline", "database")
    one.passed("whole")
    one.failed("slow")
    one.requested("2xx")
    names = {label for family in registry.collect() for sample in family.samples for label in sample.labels}
    assert names == {"source", "transport", "outcome", "reason", "status"}
    assert all(family.name.startswith("hub_edge_poll_") for family in registry.collect())
