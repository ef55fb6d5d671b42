"""The compiled encoder and decoder do byte for byte what fastavro does."""

from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.compiled import TrailingBytes, Uncompilable, compile_decoder, compile_encoder
from schemas.released import released

RECORDS = {one.record: one.schema for one in released()}
LONGS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 10_000), st.integers(2**34, 2**42))
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(["a" * 63, "a" * 64, "齐" * 3000, "a" * 8191, "a" * 8192]))


def data_of(schema: Any, types: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any datum of a schema."""
    if isinstance(schema, list):
        return st.one_of(*(data_of(branch, types) for branch in schema))
    if isinstance(schema, str) and schema in types:
        return data_of(types[schema], types)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind in ("record", "enum"):
        types[schema["name"]] = types[f"hub.v1.{schema['name']}"] = schema
    if kind == "record":
        return st.fixed_dictionaries({field["name"]: data_of(field["type"], types) for field in schema["fields"]})
    if kind == "enum":
        return st.sampled_from(schema["symbols"])
    if kind == "array":
        return st.lists(data_of(schema["items"], types), max_size=3)
    if kind == "map":
        return st.dictionaries(TEXTS, data_of(schema["values"], types), max_size=3)
    return {
        "null": st.none(),
        "string": TEXTS,
        "bytes": st.binary(max_size=200),
        "boolean": st.booleans(),
        "int": st.integers(-(2**31), 2**31 - 1),
        "long": LONGS,
        "double": st.floats(allow_nan=False),
    }[kind]


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_the_same_bytes_and_the_same_records_as_fastavro(name: str):
    """Over random data of every record of the hub."""
    schema = RECORDS[name]
    parsed = parse_schema(schema)
    encode, decode = compile_encoder(schema, b"\0\0\0\0\1"), compile_decoder(schema)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(data_of(schema, {}))
    def holds(datum: Any) -> None:
        out = BytesIO()
        schemaless_writer(out, parsed, datum)

        assert encode(datum) == b"\0\0\0\0\1" + out.getvalue()
        assert decode(out.getvalue(), 0) == schemaless_reader(BytesIO(out.getvalue()), parsed, None) == datum

    holds()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=120))
def test_random_bytes_never_pass_for_more_than_they_are(data: bytes):
    """Whatever stands in a topic: a record with nothing left over, or one of the errors that are told apart."""
    import struct

    decode = compile_decoder(RECORDS["StatusUpdate"])
    try:
        datum = decode(data, 0)
    except (ValueError, KeyError, IndexError, struct.error):
        return
    assert set(datum) == {field["name"] for field in RECORDS["StatusUpdate"]["fields"]}


@pytest.mark.parametrize(
    "number", [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2**31, 2**35, 2**42, 2**63 - 1, -(2**63)]
)
def test_numbers_at_the_edges_of_their_length(number: int):
    """Each length of a variable-length number, and both ends of a long."""
    schema = {"type": "record", "name": "N", "fields": [{"name": "n", "type": "long"}]}
    out = BytesIO()
    schemaless_writer(out, parse_schema(schema), {"n": number})

    assert compile_encoder(schema, b"")({"n": number}) == out.getvalue()
    assert compile_decoder(schema)(out.getvalue(), 0) == {"n": number}


@pytest.mark.parametrize(("kind", "number"), [("long", 2**63), ("long", -(2**63) - 1), ("int", 2**31)])
def test_a_number_that_does_not_fit_is_refused(kind: str, number: int):
    """It is never cut to its lower bits."""
    with pytest.raises(ValueError, match="out of range"):
        compile_encoder({"type": "record", "name": "N", "fields": [{"name": "n", "type": kind}]}, b"")(
            {"n": number}
        )


def test_a_number_without_end_is_refused():
    """Ten bytes are the longest a long can be."""
    decode = compile_decoder({"type": "record", "name": "N", "fields": [{"name": "n", "type": "long"}]})

    with pytest.raises(ValueError, match="64 bits"):
        decode(b"\xff" * 20, 0)


def test_blocks_with_their_size_are_read():
    """Other writers may put a block's size before it, marked by a negative count."""
    schema = {
        "type": "record",
        "name": "N",
        "fields": [{"name": "n", "type": {"type": "array", "items": "long"}}],
    }
    # count -2, size 2, the items 1 and 2; count 1, the item 3; end
    assert compile_decoder(schema)(bytes([3, 4, 2, 4, 2, 6, 0]), 0) == {"n": [1, 2, 3]}


def test_left_over_bytes_are_told_from_missing_ones():
    """One is another format, the other a cut."""
    decode = compile_decoder({"type": "record", "name": "N", "fields": [{"name": "n", "type": "string"}]})

    with pytest.raises(TrailingBytes):
        decode(b"\x02ab", 0)
    with pytest.raises(IndexError):
        decode(b"\x06ab", 0)


def test_shapes_that_are_not_compiled_say_so():
    """The codec falls back to fastavro for those."""
    schema = {"type": "record", "name": "N", "fields": [{"name": "n", "type": ["int", "string"]}]}

    with pytest.raises(Uncompilable):
        compile_encoder(schema, b"")
    with pytest.raises(Uncompilable):
        compile_decoder(schema)
