"""Every engine and every round reads the same bytes."""

from itertools import islice

import pytest

from connectors.sources.hotline import HOTLINE
from hub.bench.load import casework_messages, hotline_messages, loop_messages
from hub.bench.processors import LIMIT_MS, ROW_BYTES, Loop, StorePath
from hub.bench.readers import Seen
from hub.bench.traffic import delays_ms
from hub.domain.errors import Rejected
from streams.runtime.api import Record


def record_of(message, offset=0):
    """The message as the runtime would hand it over."""
    return Record("in", 0, offset, message.key, message.value, (), 0)


@pytest.mark.parametrize("messages", [loop_messages, casework_messages, hotline_messages])
def test_the_input_is_the_same_each_time(messages):
    """Seeded: two runs of the generator give equal bytes."""
    assert list(messages(500)) == list(messages(500))


def test_the_hotline_input_holds_resends_and_bad_messages():
    """3 % exact resends and 0.5 % bad ones: dedupe and dead letters are part of the work."""
    messages = list(hotline_messages(4000))
    bad = 0
    for message in messages:
        (record,) = HOTLINE.split(message.value, {})
        try:
            HOTLINE.map(record)
        except Rejected:
            bad += 1

    resends = len(messages) - len(set(messages))
    assert 80 < resends < 160
    assert 5 < bad < 40


def test_the_loop_gives_one_record_of_seven_fields():
    """In the Confluent wire format: magic byte, schema id, then the fields."""
    processor = Loop("loop", "in", "out")
    (message,) = loop_messages(1)

    record = record_of(message)
    (output,) = processor.process(record, processor.prepare(record), {}, 0).outputs

    assert output.value.startswith(b"\0\0\0\0\1\x24HL2026111000000000")
    assert b"REPORTED" in output.value


def test_the_store_path_counts_versions_and_moves_the_due_time():
    """A row of 600 bytes; the second event of a case reads what the first one wrote."""
    processor = StorePath("casework", "in", "out", "changelog")
    first, second = islice(casework_messages(2, events_per_case=2), 2)
    assert first.key == second.key

    rows = {first.key: None}
    for number, message in enumerate((first, second), start=1):
        record = record_of(message, number)
        result = processor.process(record, processor.prepare(record), rows, 0)
        rows.update(result.puts)
        assert result.outputs[0].value[:4] == number.to_bytes(4)

    row = rows[first.key]
    assert len(row.value) == ROW_BYTES
    assert row.due == int.from_bytes(second.value[:8]) + LIMIT_MS


def test_a_delay_ends_with_the_first_dispatch_of_the_case():
    """Later dispatches of the same case, and other cases, say nothing about it."""
    sent = {"hotline:A": 10.0}
    seen = [Seen(9.0, "hotline:B"), Seen(10.012, "hotline:A"), Seen(11.0, "hotline:A")]

    assert delays_ms(sent, seen) == [pytest.approx(12.0)]
