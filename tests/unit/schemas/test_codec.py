"""The wire format: what is written can be read, and what cannot be read is rejected with its reason."""

import pytest

from hub.domain.errors import Rejected
from schemas.codec import Codec
from schemas.golden import golden_file, read_golden
from schemas.released import Released, released


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec()


@pytest.fixture(scope="module")
def samples():
    return {one.record: read_golden(golden_file(one))[0] for one in released()}


@pytest.fixture(scope="module")
def event(codec: Codec, samples) -> bytes:
    return codec.encode("CaseEvent", samples["CaseEvent"])


@pytest.mark.parametrize("one", released(), ids=lambda one: f"{one.record}-v{one.version}")
def test_a_record_is_read_as_it_was_written(codec: Codec, samples, one: Released):
    """Every record of the hub, with every field filled."""
    data = codec.encode(one.record, samples[one.record])

    assert codec.decode(data) == samples[one.record]
    assert codec.name_of(data) == one.record


def test_the_value_begins_with_magic_byte_and_schema_id(codec: Codec, event: bytes):
    """Confluent's wire format: 0, then the id as four bytes, big-endian."""
    assert event[0] == 0
    assert int.from_bytes(event[1:5]) == codec.ids["CaseEvent", 2]


def test_fields_with_a_default_may_be_left_out(codec: Codec, samples):
    """What a datum does not say is its default."""
    datum = {name: value for name, value in samples["CaseEvent"].items() if name not in ("attachments", "title")}

    assert codec.decode(codec.encode("CaseEvent", datum)) == {**datum, "attachments": [], "title": None}


@pytest.mark.parametrize("length", range(5))
def test_less_than_a_header_is_truncated(codec: Codec, event: bytes, length: int):
    """Not even the schema id is whole."""
    with pytest.raises(Rejected) as caught:
        codec.decode(event[:length])
    assert caught.value.reason == "truncated_avro"


def test_every_cut_is_noticed(codec: Codec, event: bytes):
    """A value cut anywhere is truncated_avro, never a shorter record."""
    for length in range(5, len(event)):
        with pytest.raises(Rejected) as caught:
            codec.decode(event[:length])
        assert caught.value.reason == "truncated_avro", length


@pytest.mark.parametrize("garbage", [b"\0", b"!", b"\0" * 4096], ids=["zero", "byte", "page"])
def test_bytes_after_the_end_are_no_avro(codec: Codec, event: bytes, garbage: bytes):
    """What follows the last field belongs to no field."""
    with pytest.raises(Rejected) as caught:
        codec.decode(event + garbage)
    assert caught.value.reason == "not_avro"
    assert "after the end" in caught.value.detail


@pytest.mark.parametrize("value", [b'{"eventType": "create"}', b"<CaseList/>", b"\x01\0\0\0\x02rest"])
def test_another_format_is_no_avro(codec: Codec, value: bytes):
    """JSON or XML in an Avro topic is told by its first byte."""
    with pytest.raises(Rejected) as caught:
        codec.decode(value)
    assert caught.value.reason == "not_avro"


def test_no_value_is_no_avro(codec: Codec):
    """A tombstone where a record belongs."""
    with pytest.raises(Rejected) as caught:
        codec.decode(None)  # type: ignore[arg-type]
    assert caught.value.reason == "not_avro"


def test_an_id_of_nobody_is_an_unknown_schema(codec: Codec, event: bytes):
    """The id stands in the message, so that the reader can look it up."""
    with pytest.raises(Rejected, match="987654") as caught:
        codec.decode(b"\0" + (987654).to_bytes(4) + event[5:])
    assert caught.value.reason == "unknown_schema"


def test_another_record_than_expected_is_refused(codec: Codec, event: bytes):
    """A CaseEvent in a dispatch topic does not pass for a Dispatch."""
    with pytest.raises(Rejected, match="CaseEvent stands where a Dispatch belongs"):
        codec.decode(event, "Dispatch")
    assert codec.decode(event, "CaseEvent")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "EXPLODED"),
        ("title", 12345),
        ("occurred_at", 2**63),
        ("occurred_at", "1794267738000"),
        ("reporter", None),
        ("attributes", {"handle_days": 3}),
    ],
)
def test_a_misfit_is_named_by_its_field_and_not_by_its_value(codec: Codec, samples, field: str, value: object):
    """A bug of a processor is found by the message, and no caller's data stands in it."""
    with pytest.raises(ValueError, match=field) as caught:
        codec.encode("CaseEvent", {**samples["CaseEvent"], field: value})
    assert str(value) not in str(caught.value) or value is None


def test_a_record_that_is_none_of_the_hubs_is_named(codec: Codec):
    """The message lists the records there are."""
    with pytest.raises(ValueError, match="no record Nobody; there are AuditRecord"):
        codec.encode("Nobody", {})


V1 = Released(
    "Sample",
    1,
    1,
    '{"type":"record","name":"Sample","namespace":"hub.v1","fields":['
    '{"name":"id","type":"string"},'
    '{"name":"level","type":{"type":"enum","name":"Level","symbols":["unknown","low"],"default":"unknown"}}]}',
)
V2 = Released(
    "Sample",
    2,
    2,
    '{"type":"record","name":"Sample","namespace":"hub.v1","fields":['
    '{"name":"note","type":["null","string"],"default":null},'
    '{"name":"id","type":"string"},'
    '{"name":"level","type":{"type":"enum","name":"Level","symbols":["unknown","low","high"],"default":"unknown"}}]}',
)


def test_an_older_version_is_seen_as_the_newest():
    """A new field has its default in records written before it was added."""
    data = Codec([V1]).encode("Sample", {"id": "a", "level": "low"})

    assert Codec([V1, V2]).decode(data) == {"note": None, "id": "a", "level": "low"}


def test_an_older_version_that_is_cut_or_too_long_is_rejected_too():
    """Resolution between versions checks the end as well."""
    data = Codec([V1]).encode("Sample", {"id": "abc", "level": "low"})
    both = Codec([V1, V2])

    for bytes_, reason in ((data[:-1], "truncated_avro"), (data + b"!", "not_avro")):
        with pytest.raises(Rejected) as caught:
            both.decode(bytes_)
        assert caught.value.reason == reason


def test_the_newest_version_is_the_one_that_is_written():
    """Encoding needs no version: the newest one is meant."""
    data = Codec([V1, V2]).encode("Sample", {"id": "a", "level": "high"})

    assert data[:5] == b"\0\0\0\0\x02"


def test_ids_of_a_registry_replace_those_of_the_lock():
    """The same codec, other ids: what the lock's ids wrote is unknown then."""
    ours, theirs = Codec([V1]), Codec([V1], ids={("Sample", 1): 70001})
    data = theirs.encode("Sample", {"id": "a", "level": "low"})

    assert int.from_bytes(data[1:5]) == 70001
    with pytest.raises(Rejected, match="unknown_schema"):
        ours.decode(data)
