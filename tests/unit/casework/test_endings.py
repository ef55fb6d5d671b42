"""How a case ends: closed at once where there is nobody to call, verified, withdrawn or merged."""

from typing import Any

import pytest

B = "b" * 32
CITYMGMT = "citymgmt:CG2302022611090001"


@pytest.mark.parametrize("channel", ["patrol", "supervisor", "video"])
def test_what_staff_reported_is_closed_in_the_event_that_ended_it(life: Any, channel: str) -> None:
    """Nobody is owed a call; the record says that none was possible, and why."""
    life.on("REPORTED", "2026-11-10 08:00", channel=channel)

    entry = life.by_lead("DONE", "2026-11-10 15:00")

    assert (entry["outcome"], entry["to_status"]) == ("APPLIED", "CLOSED")
    (owed,) = life.now["call_backs"]
    assert (owed["token"], owed["result"], owed["reason"]) == (None, "IMPOSSIBLE", "staff_report")
    assert (life.now["closed_at"], life.now["signed_off_at"]) == (entry["at"], entry["at"])


def test_a_caller_without_a_contact_cannot_be_called(life: Any) -> None:
    """no_contact: closed with the end of the work; no clock of call-backs, no task."""
    life.on("REPORTED", "2026-11-10 08:00", token=None)

    life.by_lead("DONE", "2026-11-10 15:00")

    assert life.now["status"] == "CLOSED"
    assert [one["reason"] for one in life.now["call_backs"]] == ["no_contact"]
    assert not any(one["name"] == "call_back" for one in life.now["clocks"])
    assert life.told("CALL_BACKS_OPENED") == []


def test_who_asked_for_secrecy_is_not_called(life: Any) -> None:
    """保密: each caller has an entry of his own, all impossible."""
    life.on("REPORTED", "2026-11-10 08:00", secret=True)
    life.on("SUPPLEMENTED", "2026-11-10 08:30", token=B)

    life.by_lead("DONE", "2026-11-10 15:00")

    callers = [(one["token"], one["reason"]) for one in life.now["call_backs"]]
    assert callers == [("a" * 32, "secret"), (B, "secret")]
    assert life.now["status"] == "CLOSED"


def test_an_answer_of_the_hotline_itself_closes_a_case_without_contact(life: Any) -> None:
    """直接办理: registered, answered and closed in two events."""
    life.on("REPORTED", "2026-11-10 08:00", token=None, attributes={"handle_mode": "DIRECT"})

    entry = life.on("ANSWERED", "2026-11-10 08:10", text="截止2月28日")

    assert (entry["outcome"], entry["from_status"], entry["to_status"]) == ("APPLIED", "REGISTERED", "CLOSED")
    assert life.now["answer"] == "截止2月28日"


def test_a_policy_names_the_channels_of_staff(life_under: Any) -> None:
    """A city that calls its patrols back as well says so."""
    life = life_under(staff_channels=frozenset())
    life.on("REPORTED", "2026-11-10 08:00", channel="patrol")

    life.by_lead("DONE", "2026-11-10 15:00")

    assert (life.now["status"], life.results()) == ("DONE", [None])


def test_a_caller_who_was_not_to_be_called_may_still_speak_up(life: Any) -> None:
    """The case was closed without a call; a caller who is not satisfied after all brings it back."""
    life.on("REPORTED", "2026-11-10 08:00", secret=True)
    life.by_lead("DONE", "2026-11-10 15:00")

    entry = life.called("2026-11-11 09:00", "DISSATISFIED", token="a" * 32)

    assert (entry["from_status"], entry["to_status"], life.now["cycle"]) == ("CLOSED", "DISPATCHED", 2)
    assert life.results() == ["DISSATISFIED"]


def test_citymgmt_verifies_and_closes_what_is_done(life: Any) -> None:
    """核查结案: the reporting system has looked itself; who is still owed a call is not called any more."""
    life.on("REPORTED", "2026-11-09 08:00", case_id=CITYMGMT)
    life.on("SUPPLEMENTED", "2026-11-09 08:30", token=B)
    life.on("STATE_CHANGED", "2026-11-09 11:00", attributes={"state": "HANDLED"})
    life.called("2026-11-09 12:00", token=B)

    entry = life.on("STATE_CHANGED", "2026-11-09 13:00", attributes={"state": "CLOSED"})

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", "verified", "CLOSED")
    assert life.results() == ["VERIFIED", "SATISFIED"]


def test_a_closing_that_overtakes_the_completion_ends_both(life: Any) -> None:
    """结案 before 处置: done, verified and closed at once; the completion that comes after is old news."""
    life.on("REPORTED", "2026-11-09 08:00", case_id=CITYMGMT)
    closing = life.on("STATE_CHANGED", "2026-11-09 13:00", attributes={"state": "CLOSED"})
    late = life.on("STATE_CHANGED", "2026-11-09 11:00", attributes={"state": "HANDLED"})

    assert (closing["outcome"], closing["reason"], closing["to_status"]) == ("APPLIED", "state_closed", "CLOSED")
    assert (late["outcome"], late["reason"], life.now["status"]) == ("RECORDED", "already_closed", "CLOSED")
    assert life.results() == ["VERIFIED"]


@pytest.mark.parametrize("kind", ["WITHDRAWN", "MERGED"])
def test_withdrawn_or_merged_the_case_is_over_for_everybody(life: Any, kind: str) -> None:
    """Holders are recalled, clocks stop without an outcome, no caller is owed a call."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("DONE", "2026-11-10 09:00")
    life.on(kind, "2026-11-10 15:00", attributes={"merged_into": "hotline:HL2026111000018"})

    assert (life.now["status"], life.due) == (kind, None)
    assert life.results() == ["IMPOSSIBLE"]
    assert life.now["call_backs"][0]["reason"] == kind.lower()
    assert life.clock("call_back")["end"] == "STOPPED"


def test_a_merged_case_says_where_it_goes_on(life: Any) -> None:
    """并单: who held this one may stop; the other case's id is kept."""
    life.on("REPORTED", "2026-11-10 08:00")
    entry = life.by_desk("MERGED", "2026-11-10 09:00", merged_into="hotline:HL2026111000018")

    assert (entry["outcome"], entry["to_status"]) == ("APPLIED", "MERGED")
    assert life.now["merged_into"] == "hotline:HL2026111000018"
    assert life.sent(1) == [("RECALL", "LEAD", "230202003-JD")]
    assert life.dispatches[-1]["reason"] == "merged"


def test_a_merger_older_than_the_withdrawal_is_recorded(life: Any) -> None:
    """The first of the two that ends the case for good holds."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("WITHDRAWN", "2026-11-10 10:00")

    assert life.by_desk("MERGED", "2026-11-10 11:00")["reason"] == "closed"
    assert (life.now["status"], life.now["merged_into"]) == ("WITHDRAWN", None)


@pytest.mark.parametrize("kind", ["WITHDRAWN", "MERGED"])
def test_a_closed_case_may_be_withdrawn_or_merged(life: Any, kind: str) -> None:
    """销号 is no obstacle to the citizen's last word."""
    life.on("REPORTED", "2026-11-10 08:00", token=None)
    life.by_lead("DONE", "2026-11-10 09:00")

    entry = life.on(kind, "2026-11-10 15:00")

    assert (entry["outcome"], entry["from_status"], entry["to_status"]) == ("APPLIED", "CLOSED", kind)


def test_the_own_system_may_finish_what_nobody_holds(life: Any) -> None:
    """A direct case that the reporting system says is done: the caller is owed a call like any other."""
    life.on("REPORTED", "2026-11-10 08:00", attributes={"handle_mode": "DIRECT"})

    entry = life.on("DONE", "2026-11-10 09:00", source="hotline")

    assert (entry["outcome"], entry["to_status"], life.results()) == ("APPLIED", "DONE", [None])


def test_an_answered_case_is_not_handed_over_when_it_is_reported_again(life: Any) -> None:
    """The hotline has answered, closed or not: a further report is a second report."""
    life.on("REPORTED", "2026-11-10 08:00", token=None, attributes={"handle_mode": "DIRECT"})
    life.on("ANSWERED", "2026-11-10 08:10", text="截止2月28日")
    assert life.now["status"] == "CLOSED"

    entry = life.on("REPORTED", "2026-11-10 09:00", token=None, attributes={"handle_mode": "FORWARD"})

    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("RECORDED", "second_report", "CLOSED")


def test_what_was_not_handled_after_all_owes_no_call_back_yet(life: Any) -> None:
    """自行处置 corrected: the call-backs and their clock go, and come anew when the unit is done."""
    grid = "grid:WG1"
    life.on("REPORTED", "2026-11-10 08:00", case_id=grid, attributes={"self_handled": "true"})
    assert (life.now["status"], life.results()) == ("DONE", [None])

    entry = life.on("REPORTED", "2026-11-10 10:00", attributes={"self_handled": "false"})
    assert (entry["reason"], entry["to_status"], life.now["call_backs"]) == ("handed_over", "DISPATCHED", [])
    assert life.clock("call_back")["end"] == "STOPPED"

    life.live_until("2026-11-13 18:00")
    life.by_lead("DONE", "2026-11-14 09:00")
    assert life.results() == [None]
    assert [one[1] for one in life.told("FIRST_TIMEOUT")] == ["sign"]
