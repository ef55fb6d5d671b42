"""What `hub bench clocks` measures with: due instants that are chosen, lateness that is counted once."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from hub.bench.clock_city import HANDLE, write_city
from hub.bench.clock_evening import Lived, Plan, Traffic, evening, traffic
from hub.bench.clock_store import cases_for
from hub.bench.clocks import Sizes, figures_of, measure
from hub.bench.due_rate import sums
from hub.bench.figures import Report
from hub.bench.lateness import Told, lateness
from hub.bench.load import case_events, case_id_of, hotline_orders
from hub.bench.readers import Seen
from hub.bench.tables import show
from hub.bench.traffic import told_now
from hub.city import load_city
from hub.domain.case import Position
from hub.domain.deadlines import Telling
from hub.domain.decide import decide, pass_time
from hub.domain.errors import Misconfigured
from hub.domain.instants import SHANGHAI, to_epoch_ms
from hub.domain.limits import LIMIT_UNITS
from hub.settings import load
from schemas.codec import codec

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=SHANGHAI)


def test_lateness_is_from_the_due_instant_to_the_reader_and_to_the_record():
    """Two cases due at 100 and 200: their outcomes arrive 0.3 and 0.5 s later, written 0.1 and 0.2 s later."""
    found = lateness({"a": 100.0, "b": 200.0}, [Told("a", 100.3, 100.1), Told("b", 200.5, 200.2)])

    assert found.figures() == {
        "first_s": 0.3,
        "p50_s": 0.3,
        "p99_s": 0.5,
        "last_s": 0.5,
        "early": 0,
        "doubled": 0,
        "missing": 0,
    }
    assert found.written_figures() == {"first_s": 0.1, "p50_s": 0.1, "p99_s": 0.2, "last_s": 0.2}


def test_a_second_outcome_of_a_case_is_doubled_and_does_not_hide_that_another_is_missing():
    """Two expected, two came, both of one case; the first of them counts for the lateness."""
    found = lateness({"a": 100.0, "b": 100.0}, [Told("a", 100.3, 100.1), Told("a", 109.0, 108.9)])

    assert (found.doubled, found.missing, found.late) == (1, 1, [pytest.approx(0.3)])


@pytest.mark.parametrize("told", [Told("a", 99.9, 99.8), Told("a", 100.2, 99.999)])
def test_an_outcome_that_arrives_or_was_written_before_its_due_is_early(told):
    """A record written before the instant was decided before it, whenever it became visible."""
    assert lateness({"a": 100.0}, [told]).early == 1


def test_outcomes_of_cases_that_nobody_waits_for_do_not_count():
    """The normal traffic's own clocks are none of this measurement's."""
    found = lateness({"a": 100.0}, [Told("other", 1.0, 1.0)])

    assert found.figures() == {"early": 0, "doubled": 0, "missing": 1}


def test_an_evening_ends_with_the_many_in_the_last_second_of_the_day_before():
    """Three a second for four seconds, then ten at 23:59:59; cases are numbered from the first free number on."""
    ahead = evening(Plan(due=10, timers=3, seconds=4, rate=344, workers=2), 100, NOON)

    midnight = datetime(2026, 11, 25, tzinfo=SHANGHAI).timestamp()
    assert set(ahead.burst.values()) == {midnight - 1}
    assert sorted(ahead.steady.values()) == [midnight - 15 + second for second in range(4) for _ in range(3)]
    assert list(ahead.cases) == [case_id_of(100 + number) for number in range(22)]
    assert ahead.first == midnight - 15
    assert ahead.last == midnight - 1


def test_an_evening_may_have_the_many_alone():
    """`--only burst` leaves the stream out."""
    ahead = evening(Plan(due=2, timers=20, seconds=0, rate=344, workers=2), 0, NOON)

    assert ahead.steady == {}
    assert ahead.first == ahead.last


def test_the_traffic_of_a_span_is_that_published_within_it():
    """Messages before and after the burst would only flatter its percentiles."""
    sent = {"before": 9.0, "a": 10.0, "b": 11.0, "after": 12.1}
    seen = [Seen(9.01, "before"), Seen(10.02, "a"), Seen(11.5, "b"), Seen(12.2, "after")]

    assert traffic(sent, seen, 10.0, 12.0) == Traffic(2, 20.0, 500.0, 500.0)
    assert traffic(sent, seen, 20.0, 21.0) is None


def test_normal_messages_speak_of_the_instant_they_are_sent_at():
    """Else the deadlines of every one of them would have passed when it comes."""
    order = told_now(hotline_orders(), lambda: to_epoch_ms(NOON))("HL1", 1)

    assert order["eventTime"] == order["callTime"] == "2026-11-25 12:00:00"


def test_a_case_of_the_bench_city_is_due_once_at_the_instant_that_was_chosen(tmp_path):
    """Reported ten days before: first the warning, then the handle clock's breach; the sign clock goes on."""
    city = load_city(write_city(load().city, tmp_path / "city"))
    due = NOON - timedelta(seconds=1)
    (message,) = case_events(7, 8, lambda _: to_epoch_ms(due - HANDLE))
    event = codec().decode(message.value, "CaseEvent")

    reported = decide(event, None, city, Position(0, 0))
    warned = pass_time(reported.case, city, reported.next_timer, Telling(0))
    breached = pass_time(warned.case, city, warned.next_timer, Telling(0))

    assert len([clock for clock in reported.case["clocks"] if clock["end"] is None]) == 2
    assert cases_for(5) == 3
    assert [fact["outcome"] for fact in warned.events] == ["AT_RISK"]
    assert warned.next_timer == to_epoch_ms(due)
    assert [(fact["outcome"], fact["clock"]) for fact in breached.events] == [("FIRST_TIMEOUT", "handle")]


def test_due_instants_are_reckoned_for_limits_of_all_units_and_with_pauses_only_where_asked():
    """Up to thirty work days of eight hours; starts in 2025 and 2026."""
    plain, paused = sums(500, 0), sums(500, 3)

    assert {one.limit.unit for one in plain} == set(LIMIT_UNITS)
    assert max(one.limit.value for one in plain if one.limit.unit == "work_day") <= 30
    assert {one.start.year for one in plain} == {2025, 2026}
    assert not any(one.pauses for one in plain)
    assert {len(one.pauses) for one in paused} == {1, 2, 3}


def test_the_figures_of_an_evening_name_its_part():
    """Where a part was left out there is no figure of it; undispatched messages are told when there are any."""
    late = lateness({"a": 100.0}, [Told("a", 100.3, 100.1)])
    found = figures_of(Lived(None, late, None, Traffic(5, 10.0, 20.0, 30.0), undispatched=1))

    assert found["burst_last_s"] == 0.3
    assert found["burst_traffic_p99_ms"] == 20.0
    assert found["undispatched"] == 1
    assert not any(name.startswith("steady") for name in found)


def test_a_part_that_does_not_exist_is_a_usage_error():
    """The message names those that do."""
    with pytest.raises(Misconfigured, match="the parts are store, burst, steady, due"):
        measure(load(), None, 1, Sizes(), ["night"], lambda _: None)


def test_a_target_may_be_a_floor_or_a_ceiling():
    """A rate has to be reached, a lateness must not be passed; a figure without a target says nothing."""
    report = Report(
        bench="clocks",
        unit="units in the names",
        ours={"due_per_s": 99_999, "burst_last_s": 5.0, "store_rss_mib": 1.0},
        rounds=1,
        machine={"cores": 2, "cpu": "any", "load_1m": 0.1},
        target={"due_per_s": 100_000, "burst_last_s": 5.0},
        at_least=["due_per_s"],
    )
    out = StringIO()
    show(report, Console(file=out, width=120))

    assert [report.is_reached(name) for name in report.ours] == [False, True, None]
    assert "≥ 100,000 not reached" in out.getvalue()
    assert "≤ 5 reached" in out.getvalue()
    assert report.as_json()["at_least"] == ["due_per_s"]
