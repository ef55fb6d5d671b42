"""unify, on the in-memory driver: once per source event, batches sent back, everything counted."""

import csv
import gzip

import pytest

from connectors.contacts.keyring import Keyring
from connectors.sources.limits import unpack
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.identity import contact_token
from hub.domain.source import Guarantees, Mapped, RawRecord, Source
from schemas.codec import codec
from streams.runtime.driver import TestDriver
from streams.unify import Unify, Vault
from streams.unify.processor import DAY_MS

RAW = "raw.memo"
NOW = 1_794_000_000_000


def split_lines(payload, headers):
    """A made-up source: one line a record, `case;sequence;text`, perhaps `;phone`."""
    if headers.get("record"):
        yield RawRecord(int(headers["record"]), _key(payload), payload, {"record": headers["record"]})
        return
    for number, line in enumerate(payload.splitlines(), 1):
        yield RawRecord(number, _key(line), line, {"record": str(number)})


def _key(line):
    return line.decode().split(";")[0] or None


def map_line(record):
    (cells,) = csv.reader([record.value.decode()], delimiter=";")
    if not cells[0]:
        raise Rejected("missing_field", "case", "empty; write the case number")
    case, sequence, text, *phone = cells
    event = CaseEvent(
        event_id="",
        case_id=f"memo:{case}",
        kind="NOTED",
        source="memo",
        channel="other",
        source_case_id=case,
        source_event_id=f"{case}/{sequence}",
        occurred_at=NOW - 1000,
        received_at=0,
        reporter={"token": None, "has_contact": False, "secret": False},
        location=None,
        category=None,
        urgency=None,
        title=None,
        text=text,
        attachments=[],
        attributes={"quality": "channel_unknown,code_bad"} if text.startswith("?") else {},
        raw={"topic": "", "partition": 0, "offset": 0},
    )
    return Mapped(event, phone[0] or None if phone else None)


@pytest.fixture
def driver():
    return driver_with(None)


@pytest.fixture
def vaulted():
    """A driver with a vault, and the ring of keys that opens it."""
    ring = Keyring({"k2": b"2" * 32, "k1": b"1" * 32})
    return driver_with(Vault("contacts.vault", ring.seal)), ring


def driver_with(vault):
    memo = Source(
        "memo",
        ("text/plain",),
        Guarantees("per case", "same source event id"),
        split_lines,
        map_line,
        ignores=lambda record: "weather" if record.value.endswith(b";weather") else None,
    )
    unify = Unify(
        {RAW: memo},
        events_topic="case.events",
        changelog="unify.memory",
        encode=codec().encode,
        unpack=unpack,
        token_key=b"k" * 32,
        vault=vault,
        memory_days=90,
    )
    return TestDriver(unify, clock_ms=NOW)


def send(driver, line, key="A1", number=1, **headers):
    pairs = [
        ("record", str(number).encode()),
        *((name.replace("_", "-"), v.encode()) for name, v in headers.items()),
    ]
    driver.pipe_input(RAW, key.encode() if key else None, line.encode(), pairs, timestamp=NOW)


def events(driver):
    return [codec().decode(output.value) for output in driver.read_outputs("case.events")]


def test_a_record_becomes_one_event_with_its_coordinates(driver):
    """The event stands under its case id and tells where its raw record is and when the hub received it."""
    send(driver, "A1;1;lamp broken", received_at=str(NOW - 5))

    output = driver.read_output("case.events")
    event = codec().decode(output.value)
    assert output.key == b"memo:A1"
    assert event["raw"] == {"topic": RAW, "partition": 0, "offset": 0}
    assert event["received_at"] == NOW - 5
    assert dict(output.headers)["ce_id"] == event["event_id"].encode()


def test_without_a_receipt_header_the_record_s_own_time_is_the_receipt(driver):
    """A legacy system that publishes to Kafka itself sets no such header; nonsense in it is not believed."""
    send(driver, "A1;1;lamp")
    send(driver, "A1;2;lamp", received_at="yesterday")

    assert [event["received_at"] for event in events(driver)] == [NOW, NOW]


def test_a_resend_is_counted_and_dropped(driver):
    """Same source event id, same content: the event is passed on once."""
    send(driver, "A1;1;lamp")
    send(driver, "A1;1;lamp")

    assert len(events(driver)) == 1
    assert driver.tallies["accepted.memo"] == 1
    assert driver.tallies["duplicate.memo"] == 1


def test_a_resend_within_one_batch_is_dropped_too(driver):
    """Records of one transaction see what those before them did."""
    records = [driver.record(RAW, b"A1", b"A1;1;lamp", [("record", b"1")], NOW) for _ in range(3)]
    driver.pipe_batch(records)

    assert len(events(driver)) == 1
    assert driver.tallies["duplicate.memo"] == 2


def test_the_same_id_with_other_content_is_passed_on(driver):
    """A revision is one more event of the same source event id: nothing is lost."""
    send(driver, "A1;1;lamp")
    send(driver, "A1;1;lamp and pole")

    passed = events(driver)
    assert [event["source_event_id"] for event in passed] == ["A1/1", "A1/1"]
    assert passed[0]["event_id"] != passed[1]["event_id"]


def test_an_event_is_remembered_for_ninety_days_and_then_forgotten(driver):
    """One day before the memory ends a resend is dropped; the day after it would pass as new."""
    send(driver, "A1;1;lamp")
    driver.advance_clock(89 * DAY_MS)
    send(driver, "A1;1;lamp")
    assert len(events(driver)) == 1

    driver.advance_clock(2 * DAY_MS)
    assert driver.rows == {}
    assert driver.tallies["forgotten"] == 1


def test_a_batch_goes_back_as_single_rightly_keyed_records(driver):
    """A legacy system may publish a whole batch; its records come out as if the edge had split it."""
    driver.pipe_input(RAW, b"batch-7", b"A1;1;lamp\nB2;1;drain\nA1;2;lamp again", timestamp=NOW)

    assert [event["source_event_id"] for event in events(driver)] == ["A1/1", "B2/1", "A1/2"]
    assert driver.tallies["resplit.memo"] == 1
    assert driver.tallies["resplit_records.memo"] == 3


def test_a_wrong_key_is_put_right(driver):
    """The same record under another key would escape its case's partition, and its resends with it."""
    send(driver, "A1;1;lamp", key="WRONG")
    send(driver, "A1;1;lamp", key="A1")

    assert len(events(driver)) == 1
    assert driver.tallies["resplit.memo"] == 1
    assert driver.tallies["duplicate.memo"] == 1


def test_a_record_without_a_key_is_put_right(driver):
    """A null key is a wrong key like any other."""
    send(driver, "A1;1;lamp", key=None)

    assert len(events(driver)) == 1


def test_the_receipt_stays_the_first_one_when_a_batch_is_sent_back(driver):
    """The hub received the record when the batch came, not when it was split."""
    driver.pipe_input(RAW, b"x", b"A1;1;lamp", [("connector", b"legacy")], timestamp=NOW - 60_000)

    assert [event["received_at"] for event in events(driver)] == [NOW - 60_000]


def test_one_bad_record_of_a_batch_is_one_dead_letter(driver):
    """The good ones pass; the bad one is kept with its reason."""
    driver.pipe_input(RAW, b"batch", b"A1;1;lamp\n;1;nobody\nB2;1;drain", timestamp=NOW)

    assert [event["source_case_id"] for event in events(driver)] == ["A1", "B2"]
    (letter,) = driver.dead_letters
    assert dict(letter.headers)["reason"] == b"missing_field"
    assert letter.value == b";1;nobody"


def test_a_record_without_a_value_is_a_dead_letter(driver):
    """A null value holds nothing that could be read."""
    driver.pipe_input(RAW, b"A1", None, timestamp=NOW)

    assert [dict(letter.headers)["reason"] for letter in driver.dead_letters] == [b"empty_payload"]


def test_a_compressed_record_is_unpacked(driver):
    """Transport compression is undone before the record is read."""
    driver.pipe_input(
        RAW, b"A1", gzip.compress(b"A1;1;lamp"), [("record", b"1"), ("content-encoding", b"gzip")], timestamp=NOW
    )

    assert len(events(driver)) == 1


def test_an_empty_batch_is_nothing_and_no_fault(driver):
    """A drop without rows is valid: no event, no letter."""
    driver.pipe_input(RAW, b"x", b"", timestamp=NOW)

    assert events(driver) == []
    assert driver.dead_letters == []


def test_a_contact_goes_into_the_vault_with_its_event_and_nowhere_else(vaulted):
    """Encrypted, under its token; the event has the token alone. Another spelling of nothing, no record."""
    driver, ring = vaulted
    send(driver, "A1;1;lamp;13000001234", received_at=str(NOW - 5))
    send(driver, "A1;2;lamp again;")

    (sealed,) = driver.read_outputs("contacts.vault")
    with_contact, without = events(driver)
    record = codec().decode(sealed.value, "VaultedContact")
    token = with_contact["reporter"]["token"]
    assert sealed.key == token.encode() == contact_token(b"k" * 32, "13000001234").encode()
    assert (record["token"], record["received_at"]) == (token, NOW - 5)
    assert ring.open(token, record["key_id"], record["nonce"], record["sealed"]) == "13000001234"
    assert b"13000001234" not in sealed.value
    assert without["reporter"]["token"] is None


def test_a_record_read_again_after_a_crash_gives_the_same_bytes(vaulted):
    """Nothing random goes in: the transaction that is tried again says what the one before it would have said."""
    driver, _ = vaulted
    record = driver.record(RAW, b"A1", b"A1;1;lamp;13000001234", [("record", b"1")], NOW)
    prepared = driver.processor.prepare(record)
    nothing_yet = dict.fromkeys(prepared.keys)

    first = driver.processor.process(record, prepared, nothing_yet, NOW)
    second = driver.processor.process(record, driver.processor.prepare(record), nothing_yet, NOW + 60_000)

    assert first.outputs == second.outputs
    assert [output.topic for output in first.outputs] == ["case.events", "contacts.vault"]


def test_a_resend_writes_no_contact(vaulted):
    """Else a resend of an old message would bring a deleted person back."""
    driver, _ = vaulted
    for _ in range(2):
        send(driver, "A1;1;lamp;13000001234")

    assert len(driver.read_outputs("contacts.vault")) == 1


def test_marks_of_quality_are_counted_by_source(driver):
    """So an unknown code is seen in the figures of its source, once an event, not once a resend."""
    send(driver, "A1;1;?lamp")
    send(driver, "A1;1;?lamp")
    send(driver, "A1;2;pole")

    flags = {name: count for name, count in driver.tallies.items() if name.startswith("flag.")}
    assert flags == {"flag.memo.channel_unknown": 1, "flag.memo.code_bad": 1}


def test_a_record_that_the_city_leaves_out_is_counted_and_becomes_nothing(driver):
    """No event, no dead letter, by its word."""
    send(driver, "A1;1;weather")

    assert events(driver) == []
    assert driver.dead_letters == []
    assert driver.tallies["ignored.memo.weather"] == 1
