"""Whether a case allows an action: the answer of casework's own rules, on the state as Kafka has it."""

import json
from pathlib import Path

import pytest

from connectors.gateway import feedback
from connectors.gateway.feedback import Action
from connectors.gateway.judging import WORDS, judge, read_case, read_event
from connectors.sources.hotline import HOTLINE
from hub.domain.case import Position
from hub.domain.decide import decide
from hub.domain.errors import Refused
from hub.domain.identity import complete
from schemas.codec import codec

SAMPLE = Path(__file__).parents[3] / "data" / "samples" / "hotline" / "01-heating-create.json"
NOW = 1_794_268_000_000


def stored(case):
    """As it stands in case.state."""
    parked = [codec().encode("CaseEvent", event) for event in case["parked"]]
    return codec().encode("CaseState", {**case, "parked": parked})


@pytest.fixture
def case(qiqihar):
    (record,) = HOTLINE.split(SAMPLE.read_bytes(), {})
    event = complete(HOTLINE.map(record), b"key")
    event["received_at"] = NOW
    decided = decide(event, None, qiqihar, Position(0, 0)).case
    return read_case(stored(decided), codec())


def said(case, body, *, key="k1", endpoint=None, dispatch=None, now=NOW + 60_000):
    message = feedback.native(
        Action(**body),
        feedback_id=feedback.feedback_id("EP", key),
        endpoint_id=endpoint or case["lead"]["endpoint_id"],
        dispatch_id=dispatch or case["lead"]["dispatch_id"],
        case_id=case["case_id"],
        now_ms=now,
    )
    return read_event(feedback.to_payload(message), now)


def test_the_holder_may_sign_return_and_finish(case, qiqihar):
    """What the table of transitions applies passes."""
    for body in ({"action": "sign"}, {"action": "return", "reason": "x"}, {"action": "done", "note": "x"}):
        judge(case, said(case, body), qiqihar)


def test_after_the_end_nothing_is_done_but_noted(case, qiqihar):
    """The reason is the one that would stand in the case's record."""
    done = decide(said(case, {"action": "done", "note": "x"}), case, qiqihar, Position(0, 1)).case
    ended = read_case(stored(done), codec())
    later, whistle = NOW + 120_000, {"action": "whistle", "reason": "x", "level": "重点哨"}

    with pytest.raises(Refused) as refused:
        judge(ended, said(ended, whistle, key="k2", now=later), qiqihar)
    assert refused.value.reason == "closed"
    judge(ended, said(ended, {"action": "note", "note": "x"}, key="k3", now=later), qiqihar)


def test_who_returned_the_case_holds_it_no_longer(case, qiqihar):
    """The next unit has it under another dispatch."""
    back = decide(said(case, {"action": "return", "reason": "x"}), case, qiqihar, Position(0, 1)).case

    with pytest.raises(Refused) as refused:
        judge(back, said(case, {"action": "sign"}, key="k2", now=NOW + 120_000), qiqihar)
    assert refused.value.reason == "not_current"


def test_an_extension_after_the_breach_is_refused(case, qiqihar):
    """The clocks are asked as well: a year later the time is over."""
    late = NOW + 365 * 86_400_000
    until = "2028-06-01T12:00:00+08:00"

    with pytest.raises(Refused) as refused:
        judge(case, said(case, {"action": "extend", "reason": "x", "until": until}, now=late), qiqihar)
    assert refused.value.reason == "breached"


def test_an_action_that_the_case_has_already_passes(case, qiqihar):
    """A repetition is no second action: casework drops it."""
    event = said(case, {"action": "done", "note": "x"})
    done = decide(event, case, qiqihar, Position(0, 1)).case

    judge(done, event, qiqihar)


def test_every_word_for_staff_is_chinese():
    """And no code stands in it."""
    assert json.dumps(WORDS, ensure_ascii=True) != json.dumps(WORDS, ensure_ascii=False)
    assert all(text and not any(char.isascii() and char.isalpha() for char in text) for text in WORDS.values())
