"""The processor: bytes in, rows, dispatches and exact counts out; what it cannot read becomes a dead letter."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.city import load_city
from hub.domain.dead_letter import Cause
from hub.domain.errors import Rejected, Unavailable
from hub.domain.identity import event_id
from hub.settings import Settings
from hub.topics import Catalogue, catalogue
from schemas.codec import Codec
from streams.casework import Casework
from streams.casework.rows import read_row, write_row
from streams.runtime.api import Row
from streams.runtime.driver import TestDriver

Make = Callable[..., Any]
KEY = b"hotline:HL2026111000017"


@pytest.fixture(scope="module")
def topics() -> Catalogue:
    """The catalogue of the repository."""
    return catalogue()


@pytest.fixture
def driver(city: Any, topics: Catalogue, codec: Codec) -> TestDriver:
    """Casework over the small city, in memory."""
    return TestDriver(Casework(city, topics, codec))


@pytest.fixture
def send(driver: TestDriver, topics: Catalogue, codec: Codec) -> Callable[[Any], None]:
    """Puts an event into the unified topic, as unify would."""

    def put(event: Any) -> None:
        driver.pipe_input(topics.case_events, event["case_id"].encode(), codec.encode("CaseEvent", event))

    return put


def heating(make: Make) -> list[Any]:
    """A life with an early word, a level that rises, a revision and an end."""
    return [
        make("SUPPLEMENTED", "2026-11-10 10:05", text="测温员已上门", token="b" * 32),
        make("REPORTED", "2026-11-10 07:42", token="a" * 32),
        make("URGED", "2026-11-12 08:30", text="仍未升温", urgency="CRITICAL", source_event_id="HL/3"),
        make("URGED", "2026-11-12 08:30", text="仍未升温！", urgency="CRITICAL", source_event_id="HL/3"),
        make("WITHDRAWN", "2026-11-14 08:30"),
    ]


def test_a_report_becomes_a_row_and_a_dispatch_to_the_tier_s_topic(
    driver: TestDriver, send: Any, make_event: Make, codec: Codec, topics: Catalogue
) -> None:
    """The dispatch is keyed by its endpoint; the row by its case."""
    send(make_event("REPORTED", token="a" * 32))

    output = driver.read_output(topics.dispatch("street"))
    assert output is not None
    dispatch = codec.decode(output.value or b"", "Dispatch")
    assert output.key == dispatch["endpoint_id"].encode()
    assert (dispatch["action"], dispatch["unit"], dispatch["unit_name"]) == ("ASSIGN", "230202003-JD", "正阳街道")
    assert b"a" * 32 not in (output.value or b"")

    headers = dict(output.headers)
    assert headers["ce_id"].decode() == f"{dispatch['dispatch_id']}.1.ASSIGN"
    assert headers["ce_type"] == b"hub.v1.Dispatch.ASSIGN"
    assert headers["ce_subject"] == KEY
    assert read_row(codec, driver.rows[KEY])["lead"]["dispatch_id"] == dispatch["dispatch_id"]  # type: ignore[index]


def test_a_key_whistle_goes_to_the_county_s_topic(
    driver: TestDriver, send: Any, make_event: Make, topics: Catalogue
) -> None:
    """重点哨 → 县区."""
    send(make_event("REPORTED", urgency="CRITICAL"))

    assert driver.read_output(topics.dispatch("county")) is not None
    assert driver.read_output(topics.dispatch("street")) is None


def test_the_source_s_topic_is_keyed_by_its_own_case_id(
    driver: TestDriver, send: Any, make_event: Make, codec: Codec, topics: Catalogue
) -> None:
    """So that the updates of a case stand in one partition, in order; the id is also that of the message."""
    send(make_event("REPORTED", token="a" * 32))

    output = driver.read_output(topics.writeback("hotline"))
    assert output is not None
    update = codec.decode(output.value or b"", "StatusUpdate")
    assert output.key == b"HL2026111000017"
    assert dict(output.headers)["ce_id"].decode() == update["update_id"]
    assert dict(output.headers)["ce_type"] == b"hub.v1.StatusUpdate.DISPATCHED"
    assert b"a" * 32 not in (output.value or b"")


def test_when_the_hub_says_it_enters_messages_and_no_row(
    city: Any, topics: Catalogue, codec: Codec, make_event: Make
) -> None:
    """Two hubs, a month apart, read the same log: same rows, dispatches and counts; facts differ in when alone."""
    runs = []
    for clock_ms in (1_785_000_000_000, 1_790_000_000_000):
        driver = TestDriver(Casework(city, topics, codec), clock_ms=clock_ms)
        for event in heating(make_event):
            driver.pipe_input(topics.case_events, KEY, codec.encode("CaseEvent", event))
        facts = [codec.decode(one.value or b"") for one in driver.read_outputs(topics.sla_events)]
        assert {fact.pop("at") for fact in facts} == {clock_ms}
        dispatches = [driver.read_outputs(topic) for topic in topics.dispatches]
        runs.append((driver.rows, dispatches, driver.tallies, facts))

    assert runs[0] == runs[1]


def test_counts_are_exact(driver: TestDriver, send: Any, make_event: Make, topics: Catalogue) -> None:
    """What is published as a number comes from here: a known life gives known counts.

    Nobody signs or handles: the clocks of two legs, signature and handling, are warned of, breached and breached
    again, but for the handling of the first leg.
    """
    for event in heating(make_event):
        send(event)

    assert driver.tallies == {
        f"received.{topics.case_events}": 5,
        "events.SUPPLEMENTED": 1,
        "events.REPORTED": 1,
        "events.URGED": 2,
        "events.WITHDRAWN": 1,
        "outcome.PARKED": 1,
        "outcome.APPLIED": 4,
        "outcome.RECORDED": 1,
        "by_source.hotline": 1,
        "by_level.ordinary": 1,
        "by_tier.street": 1,
        "by_division.230202": 1,
        "by_status.DISPATCHED": 1,
        "dispatched.street": 1,
        "dispatched.county": 1,
        "updated.street": 1,
        "updated.county": 1,
        "recalled.street": 1,
        "recalled.county": 1,
        "sla.AT_RISK": 3,
        "sla.FIRST_TIMEOUT": 3,
        "sla.SECOND_TIMEOUT": 3,
        "sla.STRUCK_OFF": 1,
        "notices.SMS": 6,
        "letters.ISSUE": 3,
        "letters.REMOVE": 3,
        "updates.DISPATCHED": 2,
        "updates.TIMED_OUT": 1,
    }


def test_a_row_keeps_early_events_whole(codec: Codec, driver: TestDriver, send: Any, make_event: Make) -> None:
    """A parked event comes out of the row as it went in."""
    event = make_event("SUPPLEMENTED", text="早到的补充", attributes={"order_num": "1"})
    send(event)

    case = read_row(codec, driver.rows[KEY])

    assert (case["status"], case["parked"]) == ("AWAITED", [event])
    assert write_row(codec, case, driver.rows[KEY].due) == driver.rows[KEY]


def test_both_forms_of_a_row_hold_the_same_case(
    codec: Codec, driver: TestDriver, send: Any, make_event: Make
) -> None:
    """What a rebuild reads from the changelog is what the store had; written again it is the same bytes."""
    for event in [*heating(make_event)[:4], make_event("VISITED", "2026-11-12 09:00")]:
        send(event)
    row = driver.rows[KEY]

    from_the_changelog = read_row(codec, Row(row.value, row.due))

    assert from_the_changelog == read_row(codec, row)
    assert write_row(codec, from_the_changelog, row.due).value == row.value


def test_the_same_event_again_changes_neither_row_nor_inbox(
    driver: TestDriver, send: Any, make_event: Make, topics: Catalogue
) -> None:
    """Unify lets no event pass twice; if one did, casework would only count it."""
    send(make_event("REPORTED"))
    row = driver.rows[KEY]
    driver.read_outputs(topics.dispatch("street"))

    send(make_event("REPORTED"))

    assert driver.rows[KEY] == row
    assert driver.read_output(topics.dispatch("street")) is None
    assert driver.tallies["repeated"] == 1


BAD = {
    "null_value": lambda good: (KEY, None),
    "null_key": lambda good: (None, good),
    "wrong_key": lambda good: (b"hotline:HL2026111000018", good),
    "unknown_schema": lambda good: (KEY, b"\x00\x00\x0f\x42\x3f" + good[5:]),
    "truncated_avro": lambda good: (KEY, good[:-7]),
    "not_avro": lambda good: (KEY, b"{}    "),
}


@pytest.mark.parametrize("reason", BAD)
def test_what_cannot_be_read_is_a_dead_letter_and_disturbs_nothing(
    driver: TestDriver, send: Any, make_event: Make, codec: Codec, topics: Catalogue, reason: str
) -> None:
    """The letter has the reason; the next event of the case is taken as if nothing had been."""
    key, value = BAD[reason](codec.encode("CaseEvent", make_event("REPORTED")))
    driver.pipe_input(topics.case_events, key, value)
    assert [Cause.read(list(one.headers)).reason for one in driver.dead_letters] == [reason]
    assert driver.rows == {}

    send(make_event("REPORTED"))
    assert set(driver.rows) == {KEY}


def test_another_record_of_the_hub_in_the_unified_topic_is_a_dead_letter(
    driver: TestDriver, send: Any, make_event: Make, topics: Catalogue
) -> None:
    """A CaseState has a known schema, and yet it is no event."""
    send(make_event("REPORTED"))
    driver.pipe_input(topics.case_events, KEY, driver.rows[KEY].value)

    assert [Cause.read(list(one.headers)).reason for one in driver.dead_letters] == ["unknown_schema"]


def test_a_case_that_outgrows_its_row_is_refused_before_the_changelog_would_break(
    driver: TestDriver, send: Any, make_event: Make
) -> None:
    """Four long early words fit, the one too many is a dead letter; the case itself goes on."""
    for minute in range(5):
        send(make_event("SUPPLEMENTED", f"2026-11-10 08:{minute:02}", text="长" * 80_000))
    assert [Cause.read(list(one.headers)).reason for one in driver.dead_letters] == ["case_too_large"]

    send(make_event("NOTED", "2026-11-10 09:00"))
    assert len(driver.dead_letters) == 1


@pytest.mark.parametrize("row", [Row(b"\x00\x00\x0f\x42\x3f"), Row(b"", None, b"\xc1")])
def test_a_row_that_cannot_be_read_stops_the_batch(codec: Codec, row: Row) -> None:
    """Skipping the events of a case whose state a newer hub wrote, or a disk damaged, would lose them."""
    with pytest.raises(Unavailable, match="cannot be read"):
        read_row(codec, row)


def test_a_timer_with_nothing_to_tell_leaves_the_case_and_waits_on(
    city: Any, topics: Catalogue, codec: Codec, driver: TestDriver, send: Any, make_event: Make
) -> None:
    """One that fired for an instant that has moved away changes no byte and is set for the next instant."""
    send(make_event("REPORTED"))
    row = driver.rows[KEY]
    assert row.due is not None

    result = Casework(city, topics, codec).fire(KEY, row.due - 1000, row, row.due)

    assert (result.outputs, result.puts, result.counts) == ([], {KEY: row}, {})


def test_a_rejection_is_raised_before_anything_is_read_from_the_store(
    city: Any, topics: Catalogue, codec: Codec, driver: TestDriver
) -> None:
    """`prepare` alone tells what can never be read."""
    with pytest.raises(Rejected, match="null_key"):
        Casework(city, topics, codec).prepare(driver.record(topics.case_events, None, b"x"))


def sample_events() -> list[Any]:
    """The unified events of all samples, resends left out, as unify would pass them on."""
    folder = next(parent for parent in Path(__file__).parents if parent.name == "tests") / "data" / "samples"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    events = []
    for number, listed in enumerate(one for file in expected["files"].values() for one in file["records"]):
        if (listed.get("resend") or {}).get("content") == "same":
            continue
        event = listed["event"] | {"received_at": 1_795_000_000_000 + number, "event_id": ""}
        event["raw"] = {"topic": "raw.samples", "partition": 0, "offset": number}
        event["reporter"] = event["reporter"] | {"token": "c" * 32 if event["reporter"]["has_contact"] else None}
        if isinstance(event["text"], dict):
            event["text"] = event["text"]["starts"]
        event["event_id"] = event_id(event)
        events.append(event)
    return events


def test_the_samples_live_their_lives_in_the_city_of_qiqihar(topics: Catalogue, codec: Codec) -> None:
    """All sample events through the real city folder: 50 cases, none refused, each where its words leave it."""
    driver = TestDriver(Casework(load_city(Settings().city), topics, codec))
    events = sample_events()
    for event in events:
        driver.pipe_input(topics.case_events, event["case_id"].encode(), codec.encode("CaseEvent", event))
    cases = {key.decode(): read_row(codec, row) for key, row in driver.rows.items()}

    assert driver.dead_letters == []
    assert len(cases) == 50
    assert sum(len(case["decisions"]) for case in cases.values()) == len(events)
    assert not any(name.startswith("refused.") for name in driver.tallies)
    ends = {
        "hotline:HL2026111000017": "DISPATCHED",
        "hotline:HL2026111100203": "WITHDRAWN",
        "hotline:HL2026111300041": "CLOSED",
        "hotline:HL2026111500009": "DISPATCHED",
        "hotline:HL2026111600002": "DONE",
        "citymgmt:CG2302022611090001": "CLOSED",
        "citymgmt:CG2302032611090002": "WITHDRAWN",
        "citymgmt:CG2302042611090003": "DISPATCHED",
        "grid:WG202611090001": "CLOSED",
        "grid:WG202611100010": "DISPATCHED",
    }
    assert {case_id: cases[case_id]["status"] for case_id in ends} == ends
    reworked = cases["hotline:HL2026111000017"]
    assert [(one["cycle"], one["result"]) for one in reworked["call_backs"]] == [(1, "PARTLY_SOLVED")]
    assert (reworked["cycle"], len(reworked["cycles"]), reworked["answer"]) == (2, 1, None)
    assert reworked["cycles"][0]["answer"]
    whistled = cases["grid:WG202611100010"]
    assert (whistled["level"], whistled["tier"], len(whistled["co_handlers"])) == ("difficult", "city", 3)
    assert cases["hotline:HL2026111500009"]["secret"] is True
