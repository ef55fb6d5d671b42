"""Which simulated endpoints sit at a terminal, and which of their actions the gateway can take."""

import json
from collections import Counter

from hub.demo.staffing import staffing
from hub.simulation import Message


def feedback(number: int, endpoint: str, *tags: str, raw_key: str | None = None) -> Message:
    fields = {"feedbackId": f"FB-{number}", "dispatchId": f"DP-{number}", "endpointId": endpoint, "action": "sign"}
    payload = json.dumps(fields).encode()
    return Message("endpoint", payload, "application/json", 0, ("accepted",), (), tags, raw_key, "hotline:HL1")


def test_the_busiest_endpoints_are_chosen_with_all_that_they_do():
    """Two of three, a resend with its action; other sources have no terminals."""
    messages = [
        feedback(1, "EP-1"),
        *(feedback(number, "EP-2") for number in (2, 3, 4)),
        *(feedback(number, "EP-3") for number in (5, 6)),
        feedback(6, "EP-3", "resend"),
        Message("hotline", b"{}", "application/json", 0, ("accepted",)),
    ]

    found = staffing(messages, most=2)

    assert found.endpoints == ("EP-2", "EP-3")
    assert found.actions == {"FB-2", "FB-3", "FB-4", "FB-5", "FB-6"}


def test_an_action_with_a_correction_or_a_wrong_key_goes_another_way_whole():
    """A key of the gateway stands for one wording; bad feedback names nobody's action."""
    messages = [
        *(feedback(number, "EP-1") for number in (1, 2, 3)),
        feedback(2, "EP-1", "revision"),
        feedback(3, "EP-1", "wrong_key"),
        Message("endpoint", b"no JSON", "application/json", 0, ("dead",), ("malformed_json",), ("bad",)),
    ]

    assert staffing(messages).actions == {"FB-1"}


def test_two_hundred_endpoints_of_a_day_do_a_good_part_of_it(simulated):
    """Of 400 cases in four days; each action belongs to one of the chosen."""
    found = staffing(simulated)
    said = Counter(
        json.loads(one.payload)["endpointId"]
        for one in simulated
        if one.source == "endpoint" and "bad" not in one.tags
    )

    assert len(found.endpoints) == 200
    assert sum(said[endpoint] for endpoint in found.endpoints) > 0.5 * said.total()
    assert len(found.actions) <= sum(said[endpoint] for endpoint in found.endpoints)
