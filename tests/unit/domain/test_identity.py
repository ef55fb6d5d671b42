"""Identities the hub gives: the same content, the same id; the least difference, another one."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.event import CaseEvent
from hub.domain.identity import contact_token, event_id


def an_event() -> CaseEvent:
    """A report with everything in it."""
    return CaseEvent(
        event_id="",
        case_id="hotline:HL1",
        kind="REPORTED",
        source="hotline",
        channel="phone",
        source_case_id="HL1",
        source_event_id="HL1/1",
        occurred_at=1_794_267_738_000,
        received_at=1,
        reporter={"token": "t", "has_contact": True, "secret": False},
        location={
            "division": "230202",
            "street": None,
            "community": None,
            "grid": None,
            "address": "松涛路",
            "lon": 123.9,
            "lat": 47.3,
            "crs": "GCJ02",
        },
        category={"scheme": "12345", "code": "040201", "path": "公共服务->供热"},
        urgency="URGENT",
        title="室温不达标",
        text="室温 14 度",
        attachments=[{"kind": "near", "uri": "https://a.invalid/1"}],
        attributes={"handle_days": "3", "order_num": "Q1"},
        raw={"topic": "raw.hotline", "partition": 0, "offset": 1},
    )


def changed(**fields):
    """The event with some fields changed."""
    event = copy.deepcopy(an_event())
    for name, value in fields.items():
        part, _, leaf = name.partition("__")
        if leaf:
            event[part][leaf] = value
        else:
            event[part] = value
    return event


def test_receipt_and_raw_place_do_not_enter():
    """A resend is received later and stands elsewhere, and is the same event."""
    other = changed(received_at=99, raw={"topic": "raw.hotline", "partition": 3, "offset": 7})

    assert event_id(other) == event_id(an_event())


def test_the_order_of_keys_does_not_enter():
    """Attributes and places are maps: their order says nothing."""
    other = an_event()
    other["attributes"] = dict(reversed(other["attributes"].items()))
    other["location"] = dict(reversed(other["location"].items()))

    assert event_id(other) == event_id(an_event())


@pytest.mark.parametrize(
    "difference",
    [
        {"case_id": "hotline:HL2"},
        {"kind": "SUPPLEMENTED"},
        {"channel": "wechat"},
        {"source_event_id": "HL1/2"},
        {"occurred_at": 1_794_267_739_000},
        {"reporter__token": "u"},
        {"reporter__secret": True},
        {"location__lon": 123.91},
        {"location__address": None},
        {"location": None},
        {"category__code": "040202"},
        {"category": None},
        {"urgency": None},
        {"title": None},
        {"text": "室温 15 度"},
        {"attachments": []},
        {"attachments": [{"kind": "far", "uri": "https://a.invalid/1"}]},
        {"attributes": {"handle_days": "3"}},
        {"attributes": {"handle_days": "3", "order_num": "Q2"}},
    ],
    ids=str,
)
def test_every_part_of_the_content_enters(difference):
    """A revision differs in one place and gets an id of its own."""
    assert event_id(changed(**difference)) != event_id(an_event())


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_values_cannot_run_into_each_other(title, text, other_title, other_text):
    """Where title and text differ as a pair, the ids differ, whatever stands in them."""
    one = event_id(changed(title=title, text=text))
    other = event_id(changed(title=other_title, text=other_text))

    assert (one == other) == ((title, text) == (other_title, other_text))


def test_a_token_depends_on_the_key():
    """Without the key a token cannot be recomputed from a number."""
    assert contact_token(b"a" * 32, "13000001001") != contact_token(b"b" * 32, "13000001001")
    assert contact_token(b"a" * 32, "13000001001") == contact_token(b"a" * 32, "13000001001")
