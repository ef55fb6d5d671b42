"""派遣, 转派: the command centre gives a case to a unit; with on_return "desk" a returned case waits for that."""

from dataclasses import replace
from typing import Any

import pytest

from hub.domain.limits import Limit, Limits

JD, WG, GR = "230202003-JD", "230202003-WG", "LS-GR"


@pytest.fixture
def returned(life_under: Any) -> Any:
    """A case that its street office returned an hour after it got it, in a city whose desk decides what then."""
    life = life_under(on_return="desk")
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("RETURNED", "2026-11-10 10:00", reason="不在职责范围")
    return life


def give(life: Any, at: str, unit: str) -> Any:
    """A dispatch decision of the command centre."""
    return life.by_desk("STATE_CHANGED", at, state="DISPATCHED", dept_code=unit)


def test_a_returned_case_waits_at_the_desk(returned: Any) -> None:
    """Nobody holds it; the duty desk of the unit's division hears of it, the returning unit is recalled."""
    assert (returned.now["status"], returned.now["lead"], returned.now["leg"]) == ("REGISTERED", None, 1)
    assert returned.sent(1) == [("RECALL", "LEAD", JD), ("UPDATE", "LEAD", "LS-ZHZX")]
    assert returned.dispatches[-1]["reason"] == "waits_for_dispatch"


def test_while_it_waits_its_handle_clock_stands_still(returned: Any) -> None:
    """No due while nobody has it, and nothing fires."""
    assert returned.due_of("handle") is None

    returned.live_until("2026-12-31 18:00")

    assert returned.told("FIRST_TIMEOUT", "SECOND_TIMEOUT") == []


def test_the_unit_that_had_it_last_goes_on_with_its_leg(returned: Any) -> None:
    """Four hours of waiting do not count; the rest of the limit runs on, and there is something to sign again."""
    entry = give(returned, "2026-11-10 14:00", JD)

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", "dispatched", "DISPATCHED")
    assert (returned.now["leg"], returned.now["lead"]["unit"]) == (1, JD)
    assert returned.due_of("handle") == "2026-11-17 12:00"
    assert returned.due_of("sign") == "2026-11-10 18:00"


def test_another_unit_gets_a_leg_of_its_own(returned: Any) -> None:
    """With the full limit; the first leg ends without an outcome."""
    give(returned, "2026-11-10 14:00", WG)

    assert (returned.now["leg"], returned.now["lead"]["unit"]) == (2, WG)
    assert returned.due_of("handle", leg=2) == "2026-11-17 14:00"
    assert returned.clock("handle")["end"] == "LEG"
    assert returned.told("MET") == []


def test_the_first_unit_again_after_another_is_a_third_leg(returned: Any) -> None:
    """A, then B, then A; two returns have made it a key whistle, with three work days."""
    give(returned, "2026-11-10 14:00", WG)
    returned.by_lead("RETURNED", "2026-11-10 15:00", reason="x")

    give(returned, "2026-11-10 16:00", JD)

    assert (returned.now["leg"], returned.now["lead"]["unit"]) == (3, JD)
    assert returned.due_of("handle", leg=3) == "2026-11-13 16:00"


def test_a_case_may_be_given_to_another_unit_without_a_return(life: Any) -> None:
    """转派: the holder is recalled, the new one assigned, whatever the city does with returns."""
    life.on("REPORTED", "2026-11-10 08:00")

    entry = give(life, "2026-11-10 09:00", GR)

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", "dispatched")
    assert life.sent(1) == [("RECALL", "LEAD", JD), ("ASSIGN", "LEAD", GR)]
    assert [one["reason"] for one in life.dispatches[1:]] == ["redispatched", "dispatched"]


def test_who_has_the_case_is_not_given_it_again(life: Any) -> None:
    """Nothing to do, nobody disturbed."""
    life.on("REPORTED", "2026-11-10 08:00")

    entry = give(life, "2026-11-10 09:00", JD)

    assert (entry["outcome"], entry["reason"], life.sent(1)) == ("RECORDED", "same_unit", [])


def test_a_decision_older_than_the_present_leg_is_late(life: Any) -> None:
    """It was overtaken by a later one, and does not undo it."""
    life.on("REPORTED", "2026-11-10 08:00")
    give(life, "2026-11-10 10:00", GR)

    entry = give(life, "2026-11-10 09:00", WG)

    assert (entry["outcome"], entry["reason"], life.now["lead"]["unit"]) == ("RECORDED", "late", GR)


@pytest.mark.parametrize(
    "attributes", [{"state": "DISPATCHED", "dept_code": "XX-1"}, {"state": "CHECKED"}, {"state": "DISPATCHED"}, {}]
)
def test_other_states_are_only_recorded(life: Any, attributes: dict[str, str]) -> None:
    """A unit that the city does not know, another state, none at all."""
    life.on("REPORTED", "2026-11-10 08:00")

    entry = life.on("STATE_CHANGED", "2026-11-10 09:00", attributes=attributes)

    assert (entry["outcome"], entry["reason"], life.sent(1)) == ("RECORDED", "", [])


def test_a_case_that_the_hotline_kept_gets_its_first_dispatch(life: Any) -> None:
    """直接办理, then given away: leg 1 and its clocks begin with the decision."""
    life.on("REPORTED", "2026-11-10 08:00", attributes={"handle_mode": "DIRECT"})

    give(life, "2026-11-10 09:00", GR)

    assert (life.now["status"], life.now["leg"], life.now["first_unit"]) == ("DISPATCHED", 1, GR)
    assert life.due_of("handle") == "2026-11-17 09:00"


def test_a_suspended_case_stays_suspended_whoever_gets_it(life: Any) -> None:
    """The suspension belongs to the case."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SUSPENDED", "2026-11-10 09:00", reason="结冰")

    entry = give(life, "2026-11-10 10:00", GR)

    assert (entry["to_status"], life.now["lead"]["unit"]) == ("SUSPENDED", GR)
    assert life.clock("handle", leg=2)["pauses"] == [life.now["suspension"]]


def test_more_time_may_be_asked_for_what_waits_at_the_desk(returned: Any) -> None:
    """The clock stands still, and may still be extended."""
    entry = returned.by_desk(
        "EXTENDED", "2026-11-10 11:00", extension_value="1", extension_unit="work_day", operator="QQHR-ZHZX"
    )
    give(returned, "2026-11-10 14:00", JD)

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", "extended")
    assert returned.due_of("handle") == "2026-11-18 12:00"


def test_the_duty_desk_answers_for_the_total_clock_of_a_case_that_waits(life_in: Any, make_policy: Any) -> None:
    """The total clock is neither paused nor reset by a return; with nobody in charge the desk is reminded."""
    rows = [replace(one, total=Limit(2, "natural_day")) for one in life_in().city.limits.rows]
    life = life_in(limits=Limits.of("v1", rows), policy=make_policy(on_return="desk"))
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("RETURNED", "2026-11-10 10:00", reason="x")

    life.live_until("2026-11-12 08:00")

    breach = life.fact("FIRST_TIMEOUT")
    assert (breach["clock"], breach["leg"], breach["unit"]) == ("total", 1, "LS-ZHZX")
    assert [one["unit"] for one in life.notices] == ["LS-ZHZX", "LS-ZHZX"]
