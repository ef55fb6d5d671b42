"""A dead letter as an operator sees it: its id, its cause, never its bytes."""

import json

from hub.dead_letters import Letter
from hub.domain.dead_letter import Cause, kept_headers, original_headers, quarantine_headers
from hub.reading import Stored

CAUSE = Cause("bad_time", "unify", "eventTime", "not a date", "raw.hotline", 3, 42, attempts=2)


def letter(cause: Cause = CAUSE, value: bytes | None = b"13000001901", headers=()) -> Letter:
    stored = Stored("dead.letters", 1, 7, b"HL1", value, [*cause.headers(), *headers], 1_800_000_000_000)
    return Letter(stored, Cause.read(stored.headers))


def test_a_letter_is_named_by_its_place():
    """The id is what `hub dead show` takes."""
    assert letter().id == "1:7"


def test_a_cause_comes_back_from_its_headers():
    """Every field, and the defaults where nothing is known."""
    assert letter().cause == CAUSE
    assert Cause.read([]) == Cause("unknown", "")
    before_kafka = Cause("oversized", "edge")
    assert Cause.read(before_kafka.headers()) == before_kafka


def test_a_header_of_the_record_is_no_cause():
    """A record may have a header `reason` of its own: it is kept apart and comes back as it was."""
    own = [("reason", b"mine"), ("content-type", b"text/csv")]
    headers = [*CAUSE.headers(), *kept_headers(own)]

    assert Cause.read(headers) == CAUSE
    assert original_headers(headers) == own


def test_the_summary_tells_the_cause_and_no_byte_of_the_record():
    """Reason, field, place, size; the value may hold personal data."""
    summary = letter().summary()

    assert (summary["reason"], summary["field"], summary["attempts"]) == ("bad_time", "eventTime", 2)
    assert (summary["topic"], summary["partition"], summary["offset"]) == ("raw.hotline", 3, 42)
    assert summary["bytes"] == 11
    assert "13000001901" not in json.dumps(summary)


def test_a_letter_from_before_kafka_has_no_place():
    """Refused at the edge: no topic, partition or offset, but a quarantine file."""
    summary = letter(Cause("oversized", "edge"), b"", quarantine_headers("ab" * 32, 20_000_000)).summary()

    assert (summary["topic"], summary["partition"], summary["offset"]) == (None, None, None)
    assert summary["quarantine_file"] == "ab" * 32
