"""Messages no source should send, put straight into Kafka: each ends as a letter, and the next one is read."""

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def order(samples: Path) -> dict[str, Any]:
    """A good work order of the hotline."""
    return json.loads((samples / "hotline" / "01-heating-create.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def event_bytes(hub, order) -> bytes:
    """One unified event as it stands in the topic: the model for bad ones."""
    hub.produce("raw.hotline", b"HLMODEL1", as_sent(order, "HLMODEL1"))
    hub.settle()
    return next(one.value for one in hub.records(hub.topics.case_events) if one.key == b"hotline:HLMODEL1")


def as_sent(order: dict[str, Any], number: str) -> bytes:
    return json.dumps({**order, "orderId": number}, ensure_ascii=False).encode()


def letter_of(hub, topic: str, place: tuple[int, int]):
    """The dead letter of the record at that place, once everything is worked off."""
    hub.settle()
    found = [
        one for one in hub.letters() if (one.cause.topic, one.cause.partition, one.cause.offset) == (topic, *place)
    ]
    assert len(found) == 1, f"{len(found)} letters for {topic}/{place}"
    return found[0]


def case_ids(hub) -> Counter:
    """How many events of each case stand in the unified topic."""
    return Counter(one.key.decode() for one in hub.records(hub.topics.case_events) if one.key and one.value)


def spoiled(event: bytes) -> dict[str, tuple[bytes | None, bytes | None, str]]:
    """What can be wrong with a record of the unified topic: key, value, reason."""
    key = b"hotline:HLMODEL1"
    return {
        "an unknown schema id": (key, b"\0" + (999_999).to_bytes(4, "big") + event[5:], "unknown_schema"),
        "truncated Avro": (key, event[:-20], "truncated_avro"),
        "a prefix cut short": (key, event[:3], "truncated_avro"),
        "something that is not Avro": (key, b'{"case_id": "hotline:HLMODEL1"}', "not_avro"),
        "no value": (key, None, "null_value"),
        "no key": (None, event, "null_key"),
        "another case's key": (b"hotline:HLOTHER", event, "wrong_key"),
    }


def test_a_spoiled_event_is_a_letter_and_the_next_is_taken(hub, event_bytes, order):
    """Each kind of bad record in the unified topic is a letter of casework; a good one after them is decided."""
    placed = {
        name: (hub.produce(hub.topics.case_events, key, value), value, reason)
        for name, (key, value, reason) in spoiled(event_bytes).items()
    }
    hub.produce("raw.hotline", b"HLAFTER1", as_sent(order, "HLAFTER1"))

    for name, (place, value, reason) in placed.items():
        letter = letter_of(hub, hub.topics.case_events, place)
        assert (letter.cause.reason, letter.cause.stage) == (reason, "casework"), name
        assert letter.stored.value == value, name
        assert letter.cause.detail, name
    assert "hotline:HLAFTER1" in hub.run("trace", "hotline:HLAFTER1").stdout


def test_a_raw_record_without_a_value_is_a_letter(hub):
    """A tombstone in a raw topic is nothing a source can mean."""
    letter = letter_of(hub, "raw.hotline", hub.produce("raw.hotline", b"HLNULL", None))

    assert (letter.cause.reason, letter.stored.key, letter.stored.value) == ("empty_payload", b"HLNULL", None)


def test_a_raw_record_without_a_key_finds_its_partition(hub, order):
    """A legacy system that publishes without keys is understood: its record is sent back under its case id."""
    before = hub.tallies("unify").get("resplit.hotline", 0)

    hub.produce("raw.hotline", None, as_sent(order, "HLNOKEY"))
    hub.produce("raw.hotline", b"2302", as_sent(order, "HLWRONGKEY"))
    hub.settle()

    assert case_ids(hub)["hotline:HLNOKEY"] == case_ids(hub)["hotline:HLWRONGKEY"] == 1
    assert hub.tallies("unify")["resplit.hotline"] == before + 2


def test_a_batch_published_whole_becomes_its_records(hub, samples):
    """A whole XML list and a whole CSV drop in one message each: every record is an event, in its case's order."""
    xml = (samples / "citymgmt" / "CaseList_20261109-001.xml").read_bytes()
    rows = (samples / "grid" / "grid_20261109_01.csv").read_bytes()
    expected = json.loads((samples / "expected.json").read_text("utf-8"))["files"]
    before = case_ids(hub)

    hub.produce("raw.citymgmt", None, xml, {"content-type": b"application/xml"})
    hub.produce("raw.grid", b"drop-1", rows, {"content-type": b"text/csv"})
    hub.settle()

    records = [
        record["event"]["case_id"]
        for path in ("citymgmt/CaseList_20261109-001.xml", "grid/grid_20261109_01.csv")
        for record in expected[path]["records"]
    ]
    assert case_ids(hub) - before == Counter(records)


def test_a_message_of_two_megabytes_stays_in_quarantine(hub, order):
    """Its bytes are a file named by their digest; the letter carries name, length and digest."""
    value = as_sent({**order, "majorContent": "供热" * 350_000}, "HLLARGE")
    assert len(value) > 2_000_000

    letter = letter_of(hub, "raw.hotline", hub.produce("raw.hotline", b"HLLARGE", value))

    digest = hashlib.sha256(value).hexdigest()
    headers = dict(letter.stored.headers)
    assert letter.cause.reason == "oversized"
    assert not letter.stored.value
    assert (headers["quarantine-length"], headers["quarantine-sha256"]) == (b"%d" % len(value), digest.encode())
    assert (hub.data_dir / "quarantine" / letter.quarantined).read_bytes() == value
    assert letter.quarantined in hub.run("dead", "show", letter.id).stdout


def test_a_file_beyond_the_limit_is_refused_unread(hub, tmp_path):
    """17 MiB by `hub send`: one letter, the bytes in quarantine; a replay says why it cannot be."""
    file = tmp_path / "export.json"
    file.write_bytes(b"[" + b" " * (17 * 1024 * 1024 + 1))

    (place,) = hub.send("hotline", file)[str(file)]

    assert (place["topic"], place["reason"]) == (hub.topics.dead_letters, "oversized")
    letter_id = f"{place['partition']}:{place['offset']}"
    facts = hub.json("dead", "show", letter_id)
    assert (hub.data_dir / "quarantine" / facts["quarantine_file"]).stat().st_size == file.stat().st_size
    told = hub.run("dead", "replay", letter_id, "--reason", "test", code=1).stderr
    assert "split the file" in told


def test_a_message_with_megabytes_of_headers_does_not_stop_the_stage(hub, order):
    """The letter takes no more than its topic does: what is too long of the headers is left out."""
    place = hub.produce("raw.hotline", b"HLHEADERS", b"{", {"x-trace": os.urandom(3_000_000), "x-small": b"kept"})

    letter = letter_of(hub, "raw.hotline", place)

    assert letter.cause.reason == "malformed_json"
    assert dict(letter.stored.headers)["original.x-small"] == b"kept"


def test_headers_that_are_not_text_are_no_bug(hub, order):
    """A header without a value, with other bytes or with a nonsense instant changes nothing."""
    headers: dict[str, Any] = {"content-type": b"\xff\xfe", "received-at": b"yesterday", "connector": None}

    hub.produce("raw.hotline", b"HLODD", as_sent(order, "HLODD"), headers)
    letter = letter_of(hub, "raw.hotline", hub.produce("raw.hotline", b"HLODD2", b"{", headers))

    assert case_ids(hub)["hotline:HLODD"] == 1
    assert letter.cause.reason == "malformed_json"
    assert hub.run("dead", "show", letter.id).returncode == 0


@pytest.mark.parametrize(
    ("number", "at"), [("HLAHEAD", "2099-01-02 03:04:05"), ("HLBEHIND", "2009-01-02 03:04:05")]
)
def test_a_source_whose_clock_is_years_off_is_traced_all_the_same(hub, order, number, at):
    """Events are found by where they stand, not by when their source says they were."""
    hub.produce("raw.hotline", number.encode(), as_sent({**order, "eventTime": at}, number))
    hub.settle()

    (step,) = hub.json("trace", f"hotline:{number}")["steps"]

    assert (step["event"]["kind"], len(step["dispatches"])) == ("REPORTED", 1)
