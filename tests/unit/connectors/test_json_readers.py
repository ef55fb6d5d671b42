"""The quick reader of JSON messages and the careful one give the same answer."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sources import json_message
from connectors.sources.desk import mapping as desk
from connectors.sources.endpoint import mapping as endpoint
from connectors.sources.hotline import mapping as hotline
from hub.domain.errors import Rejected
from hub.domain.identity import complete
from hub.domain.source import RawRecord

HOTLINE_FIELDS = json_message.known_fields(hotline.FORMAT)
ENDPOINT_FIELDS = json_message.known_fields(endpoint._FORMAT)
DESK_FIELDS = json_message.known_fields(desk._FORMAT)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="0123456789-+.eE /:,—１２３\ufeff\r\n\u3000\x07\\", max_size=25),
    st.sampled_from(
        ["create", "visit", "answer", "2026-11-10 07:42:18", "2302/230202", "123.9,47.3", "1", "0", "是", "电话",
         "13000001001", "sign", "extend", "hotline:HL1", "2026-11-10T08:31:05Z", "NULL", "", " ", "解决", "满意"]
    ),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.floats(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=4,
)


def _messages(names):
    return st.dictionaries(st.one_of(st.sampled_from(names), st.text(max_size=3)), VALUES, max_size=20)


def _read(form, mapping, payload, reader):
    """The event or the reason with its scope, by one of the readers."""
    quick = json_message._read_quickly
    try:
        json_message._read_quickly = reader
        try:
            parsed = json_message._read(payload, form)
        except Rejected as rejected:
            return (None, rejected.reason, rejected.field)
    finally:
        json_message._read_quickly = quick
    try:
        return complete(mapping(RawRecord(1, None, payload, {}, parsed)), b"k" * 32)
    except Rejected as rejected:
        return (1, rejected.reason, rejected.field)


def _never(*_):
    raise ValueError


def _agree(form, mapping, payload):
    assert _read(form, mapping, payload, json_message._read_quickly) == _read(form, mapping, payload, _never)


@settings(max_examples=400, deadline=None)
@given(message=_messages(HOTLINE_FIELDS), ensure_ascii=st.booleans())
def test_hotline_messages_read_the_same(message, ensure_ascii):
    """Whatever the values, the event or the rejection is the same by both readers."""
    _agree(hotline.FORMAT, hotline.to_case_event, _bytes(message, ensure_ascii))


@settings(max_examples=400, deadline=None)
@given(message=_messages(ENDPOINT_FIELDS), ensure_ascii=st.booleans())
def test_endpoint_messages_read_the_same(message, ensure_ascii):
    """Arrays too."""
    _agree(endpoint._FORMAT, endpoint.to_case_event, _bytes(message, ensure_ascii))


@settings(max_examples=400, deadline=None)
@given(message=_messages(DESK_FIELDS), ensure_ascii=st.booleans())
def test_desk_messages_read_the_same(message, ensure_ascii):
    """Numbers with a fraction and booleans where words are expected too."""
    _agree(desk._FORMAT, desk.to_case_event, _bytes(message, ensure_ascii))


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(alphabet='{}[]",:\\u0123456789dabcntrf \t\n-+.eE"a\x00é\ufeff', max_size=60),
    start=st.sampled_from(["", '{"orderId":', '{"title":"', '{"a":1,"a":']),
)
def test_texts_of_any_kind_read_the_same(text, start):
    """What is hardly JSON as well."""
    _agree(hotline.FORMAT, hotline.to_case_event, (start + text).encode())


@pytest.mark.parametrize("payload", [b'{"orderId":"1"}', b'{"a":[1,{"b":null}]}'])
def test_ordinary_messages_take_the_quick_way(payload):
    """The careful reader is for what is unusual."""
    json_message._read_quickly(payload, payload.decode(), hotline.FORMAT)


def _bytes(message, ensure_ascii):
    return json.dumps(message, ensure_ascii=ensure_ascii).encode("utf-8", "surrogatepass")
