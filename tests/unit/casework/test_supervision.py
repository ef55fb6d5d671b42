"""What missed deadlines bring: two text messages at the first, a letter and a list entry at the second."""

from typing import Any

import pytest


@pytest.fixture
def silent(life: Any) -> Any:
    """A signed case of which nothing more is heard: handling is due five work days later."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 08:30")
    return life


def open_entries(life: Any) -> list[str]:
    """The case's entries that stand on a supervision list."""
    return [one["entry_id"] for one in life.now["supervision"] if one["removed_at"] is None]


def test_the_first_timeout_reminds_endpoint_and_unit_once_each(silent: Any) -> None:
    """Two text messages, of the breach alone; the clock itself brought it about."""
    silent.live_until("2026-11-14 18:00")
    assert silent.notices == []
    silent.live_until("2026-11-16 18:00")

    lead = silent.now["lead"]
    told = [(one["kind"], one["recipient_role"], one["recipient"]) for one in silent.notices]
    assert told == [("SMS", "endpoint", lead["endpoint_id"]), ("SMS", "unit", "230202003-JD")]
    fact = silent.fact("FIRST_TIMEOUT")
    assert (fact["clock"], fact["event_id"], fact["case_version"]) == ("handle", None, silent.now["version"])
    assert silent.letters == []


def test_the_second_timeout_asks_for_a_letter_and_opens_an_entry(silent: Any) -> None:
    """One work day of grace later: to the leader in charge of the unit's tier, on the list of the division."""
    silent.live_until("2026-11-17 18:00")

    (letter,) = silent.letters
    assert (letter["kind"], letter["division"], letter["unit"]) == ("ISSUE", "230202", "230202003-JD")
    assert (letter["leader"], letter["leader_title"]) == ("LD-230202003", "街道（镇）分管负责人")
    assert (letter["due_at"], letter["second_due_at"]) == (
        silent.clock("handle")["due_at"],
        silent.clock("handle")["second_at"],
    )
    (entry,) = silent.now["supervision"]
    assert (entry["entry_id"], entry["clock"], entry["cycle"], entry["leg"]) == (letter["entry_id"], "handle", 1, 1)
    assert (entry["opened_at"], entry["removed_at"]) == (letter["second_due_at"], None)


def test_the_entry_stays_when_the_work_is_done_and_goes_when_the_case_is_closed(silent: Any) -> None:
    """Done too late is not closed: the list is cleared with 销号, once."""
    silent.live_until("2026-11-17 18:00")
    silent.by_lead("DONE", "2026-11-18 09:00")
    assert len(open_entries(silent)) == 1
    assert [one["kind"] for one in silent.letters] == ["ISSUE"]

    closing = silent.called("2026-11-18 10:00")

    assert [one["kind"] for one in silent.letters] == ["ISSUE", "REMOVE"]
    issue, removal = silent.letters
    assert (removal["entry_id"], removal["reason"]) == (issue["entry_id"], "signed_off")
    assert open_entries(silent) == []
    assert silent.now["supervision"][0]["removed_at"] == closing["at"]
    assert silent.fact("STRUCK_OFF")["event_id"] == closing["event_id"]


@pytest.mark.parametrize("kind", ["WITHDRAWN", "MERGED"])
def test_a_withdrawal_or_merger_strikes_the_case_off(silent: Any, kind: str) -> None:
    """Nothing is left to supervise."""
    silent.live_until("2026-11-17 18:00")

    silent.on(kind, "2026-11-18 09:00")

    assert [(one["kind"], one["reason"]) for one in silent.letters] == [("ISSUE", None), ("REMOVE", kind.lower())]
    assert silent.fact("STRUCK_OFF")["reason"] == kind.lower()


def test_an_entry_outlives_rework_and_is_removed_once(silent: Any) -> None:
    """Opened in the first cycle, and a second one in the second: both go with the closing, and no earlier."""
    silent.live_until("2026-11-17 18:00")
    silent.by_lead("DONE", "2026-11-18 09:00")
    silent.called("2026-11-18 10:00", "DISSATISFIED")
    silent.by_lead("SIGNED", "2026-11-18 10:30")
    silent.live_until("2026-11-25 10:00")
    silent.by_lead("DONE", "2026-11-26 12:00")
    assert [one["kind"] for one in silent.letters] == ["ISSUE", "ISSUE"]

    silent.called("2026-11-27 09:00")

    ids = [one["entry_id"] for one in silent.now["supervision"]]
    assert [(one["kind"], one["entry_id"]) for one in silent.letters] == [
        ("ISSUE", ids[0]),
        ("ISSUE", ids[1]),
        ("REMOVE", ids[0]),
        ("REMOVE", ids[1]),
    ]
    assert [(one["cycle"], one["clock"]) for one in silent.now["supervision"]] == [(1, "handle"), (2, "handle")]
    assert len(silent.told("STRUCK_OFF")) == 1


def test_what_was_removed_is_not_removed_again_when_the_case_comes_back(silent: Any) -> None:
    """Closed, reworked from there and closed again: the second closing clears only what the second cycle opened."""
    silent.live_until("2026-11-17 18:00")
    silent.by_lead("DONE", "2026-11-18 09:00")
    silent.called("2026-11-18 10:00", token="a" * 32)
    silent.called("2026-11-19 10:00", "DISSATISFIED", token="a" * 32)
    silent.by_lead("DONE", "2026-11-19 12:00")

    silent.called("2026-11-20 10:00")

    assert [one["kind"] for one in silent.letters] == ["ISSUE", "REMOVE"]
    assert len(silent.told("STRUCK_OFF")) == 1
    assert len(silent.told("SIGNED_OFF")) == 2


def test_notices_and_letters_carry_nothing_of_a_citizen(silent: Any) -> None:
    """Neither token nor words; what the case is about is said in the words of its category."""
    silent.live_until("2026-11-17 18:00")
    silent.by_lead("DONE", "2026-11-18 09:00")

    told = str(silent.notices + silent.letters + silent.facts)
    assert "a" * 32 not in told
    assert "室内只有14度" not in told
    assert silent.letters[0]["subject"] == "公共服务->供热->室温不达标"
