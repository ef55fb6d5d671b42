"""Every pair of status and kind through the rules themselves: what the table promises is what happens."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from hub.domain.case import ENDED, STATUSES
from hub.domain.event import Kind
from hub.domain.transitions import step_of

KINDS = get_args(Kind)
AT = "2026-11-12 12:00"
ACTIONS = ("SIGNED", "RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED", "RESUMED", "DONE", "NOTED")


def bring_to(life: Any, status: str) -> None:
    """A case in that status, by the shortest way."""
    if status == "AWAITED":
        life.on("NOTED", "2026-11-10 07:00")
        return
    direct = {"handle_mode": "DIRECT"} if status == "REGISTERED" else {}
    life.on("REPORTED", "2026-11-10 08:00", attributes=direct)
    if status == "SIGNED":
        life.by_lead("SIGNED", "2026-11-10 09:00")
    elif status == "SUSPENDED":
        life.by_lead("SUSPENDED", "2026-11-10 09:00", reason="结冰")
    elif status == "DONE":
        life.by_lead("DONE", "2026-11-10 09:00")
    elif status in ("ANSWERED", "WITHDRAWN"):
        life.on(status, "2026-11-10 09:00")
    assert life.now["status"] == status


def say(life: Any, kind: str) -> Any:
    """The kind's event, by the lead where there is one."""
    if kind not in ACTIONS:
        # Said of a case that needs no dispatch; one that now needs it is told in test_stories.
        return life.on(kind, AT, attributes={"handle_mode": "DIRECT"} if life.now["status"] == "REGISTERED" else {})
    asked = {"reason": "不在职责范围", "whistle_level": "ordinary"}
    if life.now["lead"] is None:
        return life.on(kind, AT, attributes={"dispatch_id": "DP-1", "endpoint_id": "EP-1", **asked})
    return life.by_lead(kind, AT, **asked)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_outcome_is_the_tables(new_life: Callable[[], Any], status: str, kind: str) -> None:
    """A fresh event of whoever holds the case has the outcome, the new status and the reason of the table."""
    life = new_life()
    bring_to(life, status)
    step = step_of(status, kind)  # type: ignore[arg-type]

    entry = say(life, kind)

    assert (entry["outcome"], entry["to_status"]) == (step.outcome, step.status or status)
    assert entry["reason"] == step.reason
    assert life.now["status"] == entry["to_status"]


@pytest.mark.parametrize("status", sorted(ENDED))
@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_case_sends_nothing_to_endpoints(new_life: Callable[[], Any], status: str, kind: str) -> None:
    """Whatever is said after the end, no endpoint is given work or news of a closed case."""
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
    """The same event id again is no event: no new state, no dispatch, no entry."""
    life = new_life()
    bring_to(life, status)
    event = make_event(kind, AT, attributes={"dispatch_id": "DP-1", "endpoint_id": "EP-1", "reason": "x"})
    life.take(event)

    again = life.take(event)

    assert (again.case, again.dispatches, again.entries) == (None, [], [])


def test_nobody_but_the_holder_gets_a_refusal_out_of_the_state(life: Any) -> None:
    """A refused event leaves all but the record of it as it was."""
    bring_to(life, "DONE")
    before = dict(life.now)

    entry = life.by_lead("SUSPENDED", AT, reason="x")

    assert entry["outcome"] == "REFUSED"
    changed = {name for name, value in life.now.items() if value != before[name]}
    assert changed == {"version", "seen", "decisions"}
