"""申诉: an excuse beside a breach, which stays."""

from typing import Any

import pytest


@pytest.fixture
def breached(life: Any) -> Any:
    """A case that nobody signed in time: due on 2026-11-10 12:00."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.live_until("2026-11-10 12:00")
    return life


def appeal(life: Any, when: str, what: str, clock: str = "sign", **more: str) -> Any:
    """The command centre files or decides an appeal."""
    return life.by_desk("APPEALED", when, appeal=what, clock=clock, reason="终端故障", **more)


@pytest.mark.parametrize(("decision", "fact"), [("EXCUSED", "EXCUSED"), ("REJECTED", "APPEAL_REJECTED")])
def test_an_appeal_is_filed_and_decided_and_the_breach_stays(breached: Any, decision: str, fact: str) -> None:
    """Two facts about the clock; its due, its breach and what it brought are as before."""
    before = breached.clock("sign")

    filed = appeal(breached, "2026-11-10 13:00", "FILED")
    decided = appeal(breached, "2026-11-10 14:00", decision)

    assert [(one["outcome"], one["reason"]) for one in (filed, decided)] == [
        ("APPLIED", "appeal_filed"),
        ("APPLIED", f"appeal_{decision.lower()}"),
    ]
    assert breached.clock("sign") == before | {"appeal": decision, "appeal_at": decided["at"]}
    assert breached.told("APPEALED", fact) == [
        ("APPEALED", "sign", 1, 1, "2026-11-10 12:00"),
        (fact, "sign", 1, 1, "2026-11-10 12:00"),
    ]
    assert breached.fact(fact)["reason"] == "终端故障"


def test_against_no_breach_there_is_no_appeal(breached: Any) -> None:
    """The handle clock still runs; the clock of call-backs is none yet."""
    for minute, clock in enumerate(("handle", "call_back", "total")):
        entry = appeal(breached, f"2026-11-10 13:0{minute}", "FILED", clock)
        assert (entry["outcome"], entry["reason"]) == ("REFUSED", "no_breach")
    assert breached.told("APPEALED") == []


def test_what_is_no_appeal_is_refused(breached: Any) -> None:
    """A word newer than this hub."""
    assert appeal(breached, "2026-11-10 13:00", "PONDERED")["reason"] == "unknown_appeal"


@pytest.mark.parametrize("decision", ["EXCUSED", "REJECTED"])
def test_a_decided_appeal_is_not_decided_again(breached: Any, decision: str) -> None:
    """The first decision holds."""
    appeal(breached, "2026-11-10 13:00", decision)

    entry = appeal(breached, "2026-11-10 14:00", "EXCUSED")

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", f"already_{decision.lower()}")
    assert breached.clock("sign")["appeal"] == decision


def test_an_ended_clock_can_be_appealed_against_too(breached: Any) -> None:
    """Signed late, done, closed: the breach is on the books, and so is its excuse."""
    breached.by_lead("SIGNED", "2026-11-10 12:30")
    breached.by_lead("DONE", "2026-11-10 15:00")
    breached.called("2026-11-11 09:00")
    others = [one for one in breached.now["clocks"] if one["name"] != "sign"]

    entry = appeal(breached, "2026-11-12 09:00", "EXCUSED")

    assert (entry["outcome"], breached.now["status"]) == ("APPLIED", "CLOSED")
    assert (breached.clock("sign")["end"], breached.clock("sign")["appeal"]) == ("LATE", "EXCUSED")
    assert [one for one in breached.now["clocks"] if one["name"] != "sign"] == others


def test_cycle_and_leg_say_which_breach_is_meant(breached: Any) -> None:
    """Two units signed late: the appeal is the first one's."""
    breached.by_lead("RETURNED", "2026-11-10 13:00", reason="不在职责范围")
    breached.live_until("2026-11-10 17:00")

    appeal(breached, "2026-11-10 18:00", "EXCUSED", cycle="1", leg="1")
    assert [breached.clock("sign", leg=leg)["appeal"] for leg in (1, 2)] == ["EXCUSED", None]
    assert appeal(breached, "2026-11-10 18:01", "FILED", cycle="2")["reason"] == "no_breach"

    appeal(breached, "2026-11-10 18:02", "FILED")
    assert breached.clock("sign", leg=2)["appeal"] == "FILED"


def test_an_excused_breach_still_comes_to_its_second_timeout(breached: Any) -> None:
    """The work is not done by an excuse."""
    appeal(breached, "2026-11-10 13:00", "EXCUSED")

    breached.live_until("2026-11-11 12:00")

    assert breached.told("SECOND_TIMEOUT") == [("SECOND_TIMEOUT", "sign", 1, 1, "2026-11-11 12:00")]
    assert breached.clock("sign")["appeal"] == "EXCUSED"
