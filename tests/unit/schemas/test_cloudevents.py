"""The headers that make a record a CloudEvent."""

import pytest

from schemas.cloudevents import headers, rfc3339


def test_a_record_carries_the_required_attributes_of_cloudevents():
    """Binary mode: the prefix ce_, version, id, type, source, time, subject, and the value's content type."""
    found = headers(
        "9f" * 16, "hub.v1.CaseEvent.REPORTED", "/sources/hotline", 1794267738123, "hotline:HL2026111000017"
    )

    assert dict(found) == {
        "ce_specversion": b"1.0",
        "ce_id": b"9f" * 16,
        "ce_type": b"hub.v1.CaseEvent.REPORTED",
        "ce_source": b"/sources/hotline",
        "ce_time": b"2026-11-09T23:42:18.123Z",
        "ce_subject": b"hotline:HL2026111000017",
        "content-type": b"application/vnd.confluent.avro",
    }
    assert len(found) == len(dict(found))


def test_a_subject_is_left_out_when_there_is_none():
    """An absent attribute is no header at all."""
    assert "ce_subject" not in dict(headers("a", "t", "/s", 0))


def test_text_beyond_ascii_is_utf8():
    """Kafka's headers are bytes; the specification says UTF-8."""
    assert dict(headers("a", "t", "/s", 0, "工单1"))["ce_subject"] == "工单1".encode()


@pytest.mark.parametrize(
    ("time_ms", "expected"),
    [
        (0, b"1970-01-01T00:00:00.000Z"),
        (59_999, b"1970-01-01T00:00:59.999Z"),
        (951_782_400_000, b"2000-02-29T00:00:00.000Z"),
        (1_798_761_599_001, b"2026-12-31T23:59:59.001Z"),
        (-1, b"1969-12-31T23:59:59.999Z"),
    ],
)
def test_time_is_rfc3339_in_utc_with_milliseconds(time_ms: int, expected: bytes):
    """Always the same length, so that it sorts as text."""
    assert rfc3339(time_ms) == expected
