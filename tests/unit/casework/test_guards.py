"""Who may act on a case, and when a word is too old to change it."""

from typing import Any

import pytest

ACTIONS = ("SIGNED", "RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED", "RESUMED", "DONE")
FOREIGN = {"dispatch_id": "DP-20261110-000087", "reason": "x"}


def report(life: Any) -> dict[str, str]:
    """A dispatched case, and the ids by which its first lead acts."""
    life.on("REPORTED", "2026-11-10 08:00")
    lead = life.now["lead"]
    return {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}


@pytest.mark.parametrize("kind", ACTIONS)
def test_an_action_under_a_dispatch_that_is_over_is_refused(life: Any, kind: str) -> None:
    """Who returned the case no longer holds it, whatever it then does with the old dispatch."""
    first = report(life)
    life.by_lead("RETURNED", "2026-11-10 09:00", reason="不在职责范围")

    entry = life.on(kind, "2026-11-10 10:00", attributes=first | {"reason": "x"})

    assert (entry["outcome"], entry["reason"]) == ("REFUSED", "not_current")
    assert life.now["lead"]["unit"] == "230202003-WG"


@pytest.mark.parametrize("kind", ACTIONS)
def test_an_action_under_anothers_dispatch_is_refused(life: Any, kind: str) -> None:
    """The dispatch is the lead's, the endpoint is not."""
    own = report(life)

    entry = life.on(kind, "2026-11-10 10:00", attributes=own | {"endpoint_id": "EP-230202-0601", "reason": "x"})

    assert (entry["outcome"], entry["reason"]) == ("REFUSED", "not_holder")


def test_a_dispatch_numbered_by_a_legacy_system_is_taken_and_marked(life: Any) -> None:
    """Endpoints that still work by another system's numbers are heard; the record says on what ground."""
    report(life)

    entry = life.on("SIGNED", "2026-11-10 08:31", attributes=FOREIGN | {"endpoint_id": "EP-230202-9999"})

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", "foreign_dispatch", "SIGNED")


def test_a_legacy_number_does_not_let_another_division_act(life: Any) -> None:
    """An endpoint known to belong to Jianhua has no say in a case of Longsha."""
    report(life)

    entry = life.on("DONE", "2026-11-10 08:31", attributes=FOREIGN | {"endpoint_id": "EP-230203-0001"})

    assert (entry["outcome"], entry["reason"]) == ("REFUSED", "not_holder")


def test_done_under_a_legacy_number_calls_the_holder_off(life: Any) -> None:
    """The hub's own dispatch is still in an inbox: its endpoint must not work for nothing."""
    report(life)

    life.on("DONE", "2026-11-10 15:00", attributes=FOREIGN | {"endpoint_id": "EP-230202-9999"})

    assert life.sent(1) == [("RECALL", "LEAD", "230202003-JD")]


def test_a_return_without_a_reason_is_refused(life: Any) -> None:
    """退单 must say why."""
    report(life)

    entry = life.by_lead("RETURNED", "2026-11-10 09:00")

    assert (entry["outcome"], entry["reason"]) == ("REFUSED", "no_reason")
    assert life.now["returned"] == 0


def test_a_signature_older_than_the_end_is_noted_and_the_end_stands(life: Any) -> None:
    """The answer overtook the signature: the case stays answered, the lead is known to have signed in time."""
    own = report(life)
    life.on("ANSWERED", "2026-11-10 16:00")

    entry = life.on("SIGNED", "2026-11-10 08:31", attributes=own)

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("RECORDED", "late", "ANSWERED")
    assert life.now["lead"]["signed_at"] == entry["at"]


def test_a_completion_older_than_the_answer_leaves_the_answer(life: Any) -> None:
    """Of completion and answer the later word holds, in whichever order they arrive."""
    own = report(life)
    life.on("ANSWERED", "2026-11-10 16:00")

    entry = life.on("DONE", "2026-11-10 15:00", attributes=own)

    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("RECORDED", "late", "ANSWERED")


def test_a_withdrawal_older_than_the_completion_is_recorded(life: Any) -> None:
    """What was done while rightly held stays done."""
    report(life)
    life.by_lead("DONE", "2026-11-10 15:00")

    entry = life.on("WITHDRAWN", "2026-11-10 14:00")

    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("RECORDED", "late", "DONE")


def test_a_suspension_older_than_the_resumption_does_not_pause_the_case_again(life: Any) -> None:
    """The resumption came first: the suspension it ended changes nothing."""
    report(life)
    life.by_lead("RESUMED", "2026-11-18 09:00")

    entry = life.by_lead("SUSPENDED", "2026-11-11 09:00", reason="结冰")

    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("RECORDED", "late", "DISPATCHED")


def test_a_legacy_signature_from_before_the_return_does_not_sign_for_the_next_unit(life: Any) -> None:
    """A word about an earlier leg stays with that leg."""
    report(life)
    life.by_lead("RETURNED", "2026-11-10 10:00", reason="不在职责范围")

    entry = life.on("SIGNED", "2026-11-10 09:00", attributes=FOREIGN | {"endpoint_id": "EP-230202-9999"})

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "late")
    assert life.now["lead"]["signed_at"] is None


def test_the_new_lead_may_sign_although_its_clock_is_behind(life: Any) -> None:
    """A dispatch id of the current leg proves the leg: two endpoints' clocks need not agree."""
    report(life)
    life.by_lead("RETURNED", "2026-11-10 10:00", reason="不在职责范围")

    entry = life.by_lead("SIGNED", "2026-11-10 09:58")

    assert (entry["outcome"], life.now["status"]) == ("APPLIED", "SIGNED")


def test_a_whistle_that_arrives_after_a_later_suspension_lifts_the_case_and_leaves_it_suspended(life: Any) -> None:
    """The two words are about different things: who leads, and whether work pauses."""
    report(life)
    life.on("SUSPENDED", "2026-11-11 09:00", attributes=FOREIGN | {"endpoint_id": "EP-230202-9999"})

    entry = life.on(
        "WHISTLED", "2026-11-10 13:30", attributes=FOREIGN | {"endpoint_id": "EP-1", "whistle_level": "key"}
    )

    assert (entry["outcome"], entry["to_status"], life.now["tier"]) == ("APPLIED", "SUSPENDED", "county")


def test_an_urge_from_before_the_end_counts_for_the_level_though_it_comes_after(life: Any) -> None:
    """Level figures do not depend on which topic was quicker; nobody is dispatched for it."""
    report(life)
    life.on("URGED", "2026-11-10 09:00")
    life.by_lead("DONE", "2026-11-10 15:00")
    before = len(life.dispatches)

    life.on("URGED", "2026-11-10 12:00")

    assert (life.now["level"], life.now["urged"], life.now["status"]) == ("key", 2, "DONE")
    assert life.sent(before) == []


def test_an_urge_after_the_end_raises_the_level_of_a_case_that_can_come_back(life: Any) -> None:
    """Who urges a finished case is heard: rework will run by the raised level. Nobody is dispatched for it."""
    report(life)
    life.on("URGED", "2026-11-10 09:00")
    life.by_lead("DONE", "2026-11-10 15:00")
    before = len(life.dispatches)

    entry = life.on("URGED", "2026-11-10 16:00")

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "closed")
    assert (life.now["level"], life.now["urged"], life.now["status"]) == ("key", 2, "DONE")
    assert life.sent(before) == []


@pytest.mark.parametrize("kind", ["WITHDRAWN", "MERGED"])
def test_an_urge_after_a_withdrawal_or_merger_is_counted_and_raises_nothing(life: Any, kind: str) -> None:
    """Nothing can come of the case any more."""
    report(life)
    life.on("URGED", "2026-11-10 09:00")
    life.on(kind, "2026-11-10 15:00")

    life.on("URGED", "2026-11-10 16:00")

    assert (life.now["level"], life.now["urged"]) == ("ordinary", 2)


@pytest.mark.parametrize("kind", ["WITHDRAWN", "MERGED"])
def test_an_urge_from_before_a_withdrawal_or_merger_counts_for_the_level(life: Any, kind: str) -> None:
    """It was said while the case was alive; only its topic was slow."""
    report(life)
    life.on("URGED", "2026-11-10 09:00")
    life.on(kind, "2026-11-10 15:00")

    life.on("URGED", "2026-11-10 12:00")

    assert (life.now["level"], life.now["status"]) == ("key", kind)
