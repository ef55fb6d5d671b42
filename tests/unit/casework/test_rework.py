"""Rework (督促整改): the next cycle, and that the one before stays as it was."""

from copy import deepcopy
from typing import Any

import pytest

from hub.domain.case import awaited

JD = "230202003-JD"


@pytest.fixture
def done(life: Any) -> Any:
    """A case that its street office signed and finished, late for nothing."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 08:30")
    life.on("DONE", "2026-11-10 15:00", attributes=own(life), text="已更换阀门")
    return life


def own(life: Any) -> dict[str, str]:
    """The ids by which the lead acts."""
    return {name: life.now["lead"][name] for name in ("dispatch_id", "endpoint_id")}


def test_the_same_unit_gets_the_case_again_and_is_told_why(done: Any) -> None:
    """A new dispatch of cycle 2, leg 1, with the reason rework and what the caller said."""
    before = len(done.dispatches)

    done.called("2026-11-11 09:00", "DISSATISFIED", "UNSOLVED", text="仍只有15度")

    assert done.sent(before) == [("ASSIGN", "LEAD", JD)]
    again = done.dispatches[-1]
    assert (again["reason"], again["cycle"], again["leg"], again["note"]) == ("rework", 2, 1, "仍只有15度")
    assert again["dispatch_id"] != done.dispatches[0]["dispatch_id"]
    assert (done.now["status"], done.now["lead"]["signed_at"], done.now["closed_at"]) == ("DISPATCHED", None, None)
    assert done.now["answer"] is None


def test_the_world_is_told_of_the_rework(done: Any) -> None:
    """One fact, of the new cycle's handle clock, with the result that brought it about."""
    entry = done.called("2026-11-11 09:00", "DISSATISFIED", "SOLVED")

    fact = done.fact("REWORK")
    assert (fact["clock"], fact["cycle"], fact["leg"], fact["reason"]) == ("handle", 2, 1, "dissatisfied")
    assert (fact["event_id"], fact["happened_at"]) == (entry["event_id"], entry["at"])


def test_the_new_cycle_s_clocks_start_with_the_full_limits(done: Any) -> None:
    """Signature four work hours, handling five work days, from the call on."""
    done.called("2026-11-11 09:00", "DISSATISFIED", "UNSOLVED")

    assert (done.due_of("sign", 2), done.due_of("handle", 2)) == ("2026-11-11 13:00", "2026-11-18 09:00")
    assert done.clock("call_back")["end"] == "MET"


def test_the_first_cycle_s_lead_answer_and_clocks_stay_byte_for_byte(done: Any, codec: Any) -> None:
    """Whatever the second cycle brings: a return, a timeout, an end of its own."""
    done.called("2026-11-11 09:00", "DISSATISFIED", "UNSOLVED")
    lead, answer = deepcopy(done.now["cycles"][0]["lead"]), done.now["cycles"][0]["answer"]
    clocks = deepcopy([one for one in done.now["clocks"] if one["cycle"] == 1])
    assert (lead["unit"], answer, len(clocks)) == (JD, "已更换阀门", 3)
    first = encoded(codec, done.now["cycles"][0], clocks)

    done.by_lead("RETURNED", "2026-11-11 10:00", reason="不在职责范围")
    done.live_until("2026-11-20 18:00")
    done.on("DONE", "2026-11-20 18:00", attributes=own(done), text="已重新接管")
    done.called("2026-11-21 09:00")

    clocks = [one for one in done.now["clocks"] if one["cycle"] == 1]
    assert encoded(codec, done.now["cycles"][0], clocks) == first
    assert (done.now["answer"], done.now["status"]) == ("已重新接管", "CLOSED")


def encoded(codec: Any, cycle: Any, clocks: Any) -> bytes:
    """A state that holds nothing but that cycle and those clocks, as the row has them."""
    return codec.encode("CaseState", {**awaited("hotline:HL1"), "cycles": [cycle], "clocks": clocks})


def test_two_reworks_are_three_cycles(done: Any) -> None:
    """Each with its own lead, call-backs and clocks; urges count anew in each."""
    done.on("URGED", "2026-11-10 16:00")
    done.called("2026-11-11 09:00", "DISSATISFIED", "UNSOLVED")
    assert (done.now["urged"], done.now["urged_in_cycle"]) == (1, 0)
    done.by_lead("DONE", "2026-11-11 15:00")
    done.called("2026-11-12 09:00", "SATISFIED", "PARTLY_SOLVED")
    done.by_lead("DONE", "2026-11-12 15:00")
    done.called("2026-11-13 09:00")

    assert [(one["cycle"], one["lead"]["unit"]) for one in done.now["cycles"]] == [(1, JD), (2, JD)]
    assert [done.results(cycle) for cycle in (1, 2, 3)] == [["UNSOLVED"], ["PARTLY_SOLVED"], ["SATISFIED"]]
    assert (done.now["cycle"], done.now["status"]) == (3, "CLOSED")
    assert [one[2] for one in done.told("MET") if one[1] == "handle"] == [1, 2, 3]
    assert len({one["dispatch_id"] for one in done.dispatches if one["action"] == "ASSIGN"}) == 3


def test_urges_of_an_earlier_cycle_do_not_raise_the_level_in_the_next(done: Any) -> None:
    """Once in each of two cycles is not twice in one."""
    done.on("URGED", "2026-11-10 12:00")
    done.called("2026-11-11 09:00", "DISSATISFIED", "UNSOLVED")

    done.on("URGED", "2026-11-11 12:00")
    assert (done.now["urged"], done.now["level"]) == (2, "ordinary")

    done.on("URGED", "2026-11-11 13:00")
    assert (done.now["urged_in_cycle"], done.now["level"]) == (2, "key")


def test_one_who_is_not_satisfied_settles_the_others_call_backs(life: Any) -> None:
    """The others are called when the work is done again."""
    life.on("REPORTED", "2026-11-10 08:00", token="a" * 32)
    life.on("SUPPLEMENTED", "2026-11-10 08:30", token="b" * 32)
    life.by_lead("DONE", "2026-11-10 15:00")

    life.called("2026-11-11 09:00", "DISSATISFIED", token="b" * 32)
    assert life.results() == ["REWORKED", "DISSATISFIED"]

    life.by_lead("DONE", "2026-11-11 15:00")
    assert life.results(2) == [None, None]


def test_a_closed_case_comes_back_as_well(done: Any) -> None:
    """A caller who was satisfied thinks better of it: 销号 is undone by the same rule."""
    done.called("2026-11-11 09:00", token="a" * 32)
    assert done.now["status"] == "CLOSED"

    entry = done.called("2026-11-12 09:00", "DISSATISFIED", token="a" * 32)

    assert (entry["from_status"], entry["to_status"], done.now["cycle"]) == ("CLOSED", "DISPATCHED", 2)
    assert done.now["signed_off_at"] is None
    assert done.due_of("handle", 2) == "2026-11-19 09:00"


def test_a_policy_may_have_rework_routed_anew(life_under: Any) -> None:
    """rework_to "route": the table is asked again, and the level has meanwhile risen to the county's."""
    life = life_under(rework_to="route")
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("DONE", "2026-11-10 15:00")
    for minute in (10, 20):
        life.on("URGED", f"2026-11-10 15:{minute}")

    life.called("2026-11-11 09:00", "DISSATISFIED")

    assert (life.now["lead"]["unit"], life.now["level"]) == ("LS-GR", "key")


def test_rework_runs_by_the_level_that_an_urge_after_the_end_raised(done: Any) -> None:
    """Three work days instead of five; the unit is the same one."""
    for minute in (10, 20):
        done.on("URGED", f"2026-11-10 15:{minute}")

    done.called("2026-11-11 09:00", "DISSATISFIED")

    assert (done.now["lead"]["unit"], done.due_of("handle", 2)) == (JD, "2026-11-16 09:00")


def test_co_handlers_of_the_first_cycle_are_kept_with_it(life: Any) -> None:
    """The next cycle begins with the lead alone."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("WHISTLED", "2026-11-10 09:00", reason="x", whistle_level="key", targets="LS-GA")
    life.by_lead("DONE", "2026-11-10 15:00")

    life.called("2026-11-11 09:00", "DISSATISFIED")

    assert [one["unit"] for one in life.now["cycles"][0]["co_handlers"]] == ["LS-GA"]
    assert life.now["co_handlers"] == []


def test_what_the_unit_said_before_the_rework_does_not_touch_the_next_cycle(done: Any) -> None:
    """A signature from the first cycle that comes now is late; an old dispatch id is no key any more."""
    first = own(done)
    done.called("2026-11-11 09:00", "DISSATISFIED")

    late = done.on("SIGNED", "2026-11-10 08:40", attributes=first)
    refused = done.on("DONE", "2026-11-11 10:00", attributes=first)

    assert (late["outcome"], late["reason"]) == ("RECORDED", "late")
    assert (refused["outcome"], refused["reason"]) == ("REFUSED", "not_current")
    assert done.now["lead"]["signed_at"] is None
