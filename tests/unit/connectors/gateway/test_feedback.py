"""Actions as the source's native message: one id a key, the same answer from the request and from the raw topic."""

import pytest

from connectors.gateway import feedback
from connectors.gateway.feedback import Action
from connectors.gateway.judging import read_event
from hub.domain.errors import Rejected

NOW = 1_794_280_000_123
ACTIONS = {
    "SIGNED": {"action": "sign"},
    "RETURNED": {"action": "return", "reason": "不属本单位职责"},
    "WHISTLED": {"action": "whistle", "reason": "需供热单位到场", "level": "重点哨", "targets": ["LS-GR", "LS-CG"]},
    "EXTENDED": {"action": "extend", "reason": "等待配件", "until": "2027-11-13T17:00:00+08:00"},
    "SUSPENDED": {"action": "suspend", "reason": "等待住户回家"},
    "RESUMED": {"action": "resume"},
    "DONE": {"action": "done", "note": "已维修", "evidence": ["https://files.invalid/1.jpg"]},
    "NOTED": {"action": "note", "note": "已联系住户"},
}


def message(body, key="k1", dispatch="DP-0549f0eb00117565169c"):
    return feedback.native(
        Action(**body),
        feedback_id=feedback.feedback_id("EP-230202-0312", key),
        endpoint_id="EP-230202-0312",
        dispatch_id=dispatch,
        case_id="hotline:HL2026111000017",
        now_ms=NOW,
    )


@pytest.mark.parametrize("kind", ACTIONS)
def test_every_action_becomes_the_event_of_its_kind(kind):
    """As unify will read it, with the endpoint, the dispatch and the id of the action."""
    event = read_event(feedback.to_payload(message(ACTIONS[kind])), NOW)

    assert event["kind"] == kind
    assert event["case_id"] == "hotline:HL2026111000017"
    assert event["occurred_at"] == NOW
    assert event["source_event_id"] == feedback.feedback_id("EP-230202-0312", "k1")
    assert event["attributes"]["dispatch_id"] == "DP-0549f0eb00117565169c"
    assert event["attributes"]["endpoint_id"] == "EP-230202-0312"


def test_what_the_contract_requires_is_required_here_too():
    """A return without its reason is refused with the field, before anything is sent."""
    with pytest.raises(Rejected) as wrong:
        read_event(feedback.to_payload(message({"action": "return"})), NOW)

    assert (wrong.value.reason, wrong.value.field) == ("missing_field", "reason")


def test_the_same_key_is_the_same_action_of_that_endpoint_alone():
    """Two endpoints may use the same key."""
    one = feedback.feedback_id("EP-230202-0312", "k1")

    assert one == feedback.feedback_id("EP-230202-0312", "k1")
    assert (
        len({one, feedback.feedback_id("EP-230202-0313", "k1"), feedback.feedback_id("EP-230202-0312", "k2")}) == 3
    )


def test_the_raw_record_tells_what_was_asked_and_answered():
    """So a gateway that has not seen the request answers its repetition alike."""
    told = message(ACTIONS["DONE"])
    found = feedback.read_accepted(feedback.to_payload(told), NOW)

    assert found is not None
    assert found.feedback_id == told["feedbackId"]
    assert found.digest == feedback.digest("DP-0549f0eb00117565169c", Action(**ACTIONS["DONE"]))
    assert found.answer == feedback.answer_of(told)
    assert "已维修" not in found.answer


def test_another_body_or_dispatch_under_a_key_has_another_digest():
    """Whether `at` was said is part of what was said."""
    digests = {
        feedback.digest("DP-1", Action(action="note", note="a")),
        feedback.digest("DP-1", Action(action="note", note="b")),
        feedback.digest("DP-2", Action(action="note", note="a")),
        feedback.digest("DP-1", Action(action="note", note="a", at="2026-11-10T10:35:00+08:00")),
    }

    assert len(digests) == 4


@pytest.mark.parametrize(
    "payload",
    [
        b'{"feedbackId": "FB-20261110-1", "action": "sign"}',
        b"FB- requestDigest",
        b'["FB-", "requestDigest"]',
        b'{"feedbackId": "FB-1", "requestDigest": 7}',
        b'{"feedbackId": "FB-1", "requestDigest": "x"}',
    ],
)
def test_feedback_of_legacy_terminals_is_no_action_of_a_gateway(payload):
    """It stands in the same topic."""
    assert feedback.read_accepted(payload, NOW) is None
