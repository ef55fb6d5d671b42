"""Every pair of status and kind through the rules themselves: what the table promises is what happens."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from hub.domain.case import ENDED, STATUSES
from hub.domain.event import Kind
from hub.domain.transitions import Step, step_of

KINDS = get_args(Kind)
AT = "2026-11-12 12:00"
ACTIONS = ("SIGNED", "RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED", "RESUMED", "DONE", "NOTED")
SAID_BY_THE_DESK = ("EXTENDED", "SUSPENDED", "RESUMED", "DONE")

# Where the word's own rule says more than the table: what a lead's request, a state, a satisfied caller, an appeal
# and a recalculation come to in the life that `bring_to` leads. Written down on its own, pair by pair.
OPEN = ("REGISTERED", "DISPATCHED", "SIGNED", "SUSPENDED")
FURTHER: dict[tuple[str, str], Step] = {
    ("REGISTERED", "EXTENDED"): Step("REFUSED", None, "no_handle_clock"),
    ("DISPATCHED", "EXTENDED"): Step("RECORDED", None, "extension_requested"),
    ("SIGNED", "EXTENDED"): Step("RECORDED", None, "extension_requested"),
    ("SUSPENDED", "EXTENDED"): Step("RECORDED", None, "extension_requested"),
    ("DONE", "VISITED"): Step("APPLIED", "CLOSED", "satisfied"),
    ("ANSWERED", "VISITED"): Step("APPLIED", "CLOSED", "satisfied"),
    ("CLOSED", "VISITED"): Step("RECORDED", None, "no_call_back_owed"),
    ("DISPATCHED", "APPEALED"): Step("APPLIED", None, "appeal_filed"),
    **{(status, "STATE_CHANGED"): Step("RECORDED") for status in OPEN},
    **{
        (status, "APPEALED"): Step("REFUSED", None, "no_breach")
        for status in STATUSES
        if status not in ("AWAITED", "DISPATCHED")
    },
    **{(status, "RECALCULATED"): Step("RECORDED", None, "nothing_moved") for status in (*OPEN, "DONE", "ANSWERED")},
}


def bring_to(life: Any, status: str) -> None:
    """A case in that status, by the shortest way; its caller can be called back."""
    if status == "AWAITED":
        life.on("NOTED", "2026-11-10 07:00")
        return
    direct = {"handle_mode": "DIRECT"} if status == "REGISTERED" else {}
    life.on("REPORTED", "2026-11-10 08:00", attributes=direct)
    if status == "SIGNED":
        life.by_lead("SIGNED", "2026-11-10 09:00")
    elif status == "SUSPENDED":
        life.by_lead("SUSPENDED", "2026-11-10 09:00", reason="结冰")
    elif status in ("DONE", "CLOSED"):
        life.by_lead("DONE", "2026-11-10 09:00")
    elif status in ("ANSWERED", "WITHDRAWN", "MERGED"):
        life.on(status, "2026-11-10 09:00")
    if status == "CLOSED":
        life.called("2026-11-10 10:00")
    assert life.now["status"] == status


def say(life: Any, kind: str) -> Any:
    """The kind's event, by the lead where there is one."""
    if kind == "VISITED":
        return life.called(AT)
    if kind == "APPEALED":
        return life.by_desk(kind, AT, appeal="FILED", clock="sign", reason="系统故障")
    if kind not in ACTIONS:
        # Said of a case that needs no dispatch; one that now needs it is told in test_stories.
        return life.on(kind, AT, attributes={"handle_mode": "DIRECT"} if life.now["status"] == "REGISTERED" else {})
    asked = {"reason": "不在职责范围", "whistle_level": "ordinary"}
    if life.now["lead"] is None:
        by = "desk" if kind in SAID_BY_THE_DESK else "endpoint"
        return life.on(kind, AT, source=by, attributes={"dispatch_id": "DP-1", "endpoint_id": "EP-1", **asked})
    return life.by_lead(kind, AT, **asked)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_outcome_is_the_tables(new_life: Callable[[], Any], status: str, kind: str) -> None:
    """A fresh event of whoever holds the case has the outcome, the new status and the reason of the table."""
    life = new_life()
    bring_to(life, status)
    step = FURTHER.get((status, kind), step_of(status, kind))  # type: ignore[arg-type]

    entry = say(life, kind)

    assert (entry["outcome"], entry["to_status"]) == (step.outcome, step.status or status)
    assert entry["reason"] == step.reason
    assert life.now["status"] == entry["to_status"]


def test_a_word_s_own_rule_says_more_only_where_the_table_lets_it() -> None:
    """What the table records, refuses or parks, no rule of a word applies after all."""
    assert {step_of(status, kind).outcome for status, kind in FURTHER} == {"APPLIED"}  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [kind for kind in ACTIONS if kind != "NOTED"])
def test_an_endpoint_is_refused_where_nobody_holds_the_case(life: Any, kind: str) -> None:
    """The table lets the command centre suspend or finish a registered case: an endpoint has no part in it."""
    bring_to(life, "REGISTERED")

    entry = life.on(kind, AT, attributes={"dispatch_id": "DP-1", "endpoint_id": "EP-1", "reason": "x"})

    expected = "no_handle_clock" if kind == "EXTENDED" else "not_dispatched"
    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("REFUSED", expected, "REGISTERED")


@pytest.mark.parametrize("status", sorted(ENDED))
@pytest.mark.parametrize("kind", KINDS)
def test_an_ended_case_sends_nothing_to_endpoints(new_life: Callable[[], Any], status: str, kind: str) -> None:
    """Whatever is said after the end, but for a caller who is not satisfied, gives no endpoint work or news."""
    life = new_life()
    bring_to(life, status)
    before = len(life.dispatches)

    say(life, kind)

    assert life.sent(before) == []


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_event_twice_changes_nothing(
    new_life: Callable[[], Any], make_event: Callable[..., Any], status: str, kind: str
) -> None:
    """The same event id again is no event: no new state, nothing told, no entry."""
    life = new_life()
    bring_to(life, status)
    event = make_event(kind, AT, attributes={"dispatch_id": "DP-1", "endpoint_id": "EP-1", "reason": "x"})
    life.take(event)

    again = life.take(event)

    assert (again.case, again.dispatches, again.entries) == (None, [], [])
    assert (again.events, again.notices, again.letters) == ([], [], [])


def test_nobody_but_the_holder_gets_a_refusal_out_of_the_state(life: Any) -> None:
    """A refused event leaves all but the record of it as it was."""
    bring_to(life, "DONE")
    before = dict(life.now)

    entry = life.by_lead("SUSPENDED", "2026-11-10 09:30", reason="x")

    assert entry["outcome"] == "REFUSED"
    changed = {name for name, value in life.now.items() if value != before[name]}
    assert changed == {"version", "seen", "decisions"}
