"""What the source of a case is told about it, and what it is not told because it has said it itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.status_updates import has_id_form, update_id, version_of

CITYMGMT = "citymgmt:CG2302022611090001"


def told(life: Any, since: int = 0) -> list[tuple[str, str | None]]:
    """Status and unit of every update, from the given one on."""
    return [(one["status"], one["unit"]) for one in life.updates[since:]]


def test_the_hotline_hears_of_each_step_of_the_work_once(life: Any, at: Any) -> None:
    """Dispatch, signature, completion with its answer, and the end; each under the version that it came with."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 08:30")
    life.on("DONE", "2026-11-10 16:00", attributes=lead_of(life), text="阀门已更换")
    life.called("2026-11-11 09:00", source="desk")

    jd = "230202003-JD"
    assert told(life) == [("DISPATCHED", jd), ("SIGNED", jd), ("DONE", jd), ("CALLED_BACK", jd)]
    assert [one["case_version"] for one in life.updates] == [1, 2, 3, 4]
    dispatched, signed, done, called = life.updates
    assert signed["at"] == at("2026-11-10 08:30")
    assert (dispatched["text"], done["text"]) == (None, "阀门已更换")
    assert dispatched["attributes"]["unit_name"] == "正阳街道"
    assert dispatched["attributes"]["due_at"] == str(life.clock("handle")["due_at"])
    assert called["attributes"]["result"] == "SATISFIED"
    assert called["attributes"]["closed"] == "true"
    assert "closed" not in done["attributes"]


def test_what_the_hotline_said_itself_is_no_news_to_it(life: Any) -> None:
    """Its answer and its call-back are not told back; that the hub closed the case after them is."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("ANSWERED", "2026-11-10 16:00", text="已答复")
    life.called("2026-11-11 09:00")

    assert told(life) == [("DISPATCHED", "230202003-JD"), ("CLOSED", "230202003-JD")]
    assert life.updates[-1]["text"] is None


def test_a_withdrawal_goes_to_the_hotline_only_if_the_desk_made_it(new_life: Any) -> None:
    """撤单 of the citizen came from the hotline; that of the command centre did not."""
    own, desk = new_life(), new_life()
    for life in (own, desk):
        life.on("REPORTED", "2026-11-10 08:00")
    own.on("WITHDRAWN", "2026-11-10 09:00", text="不需要了")
    desk.on("WITHDRAWN", "2026-11-10 09:00", source="desk", text="重复件")

    assert told(own, 1) == []
    assert told(desk, 1) == [("WITHDRAWN", "230202003-JD")]
    assert desk.updates[-1]["text"] == "重复件"


def test_rework_after_a_call_of_the_hotline_is_news(life: Any) -> None:
    """It said that the caller is not satisfied; that the case is dispatched again it cannot know."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("DONE", "2026-11-10 16:00")
    life.called("2026-11-11 09:00", solved="UNSOLVED")

    assert told(life, 2) == [("REWORK", "230202003-JD")]
    assert life.updates[-1]["attributes"] | {"cycle": "2", "result": "UNSOLVED"} == life.updates[-1]["attributes"]


def test_a_call_that_nobody_answered_is_told_as_its_result_only(life: Any) -> None:
    """Attempts are the caller's affair; that the citizen is unreachable is a result."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("DONE", "2026-11-10 16:00")
    for hour in ("09", "11", "15"):
        life.not_reached(f"2026-11-11 {hour}:00", source="desk")

    assert [one[0] for one in told(life, 2)] == ["CALLED_BACK"]
    assert life.updates[-1]["attributes"]["result"] == "UNREACHABLE"


def test_a_return_says_why_who_had_it_and_who_has_it(life: Any) -> None:
    """退单 is told with its reason, and names both units."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("RETURNED", "2026-11-10 09:00", reason="不属本单位职责")

    update = life.updates[-1]
    assert (update["status"], update["unit"], update["text"]) == ("RETURNED", "230202003-WG", "不属本单位职责")
    assert update["attributes"]["from_unit"] == "230202003-JD"


def test_a_whistle_says_the_level_and_the_tier(life: Any) -> None:
    """吹哨 takes the case up."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("WHISTLED", "2026-11-10 09:00", reason="需区里协调", whistle_level="key")

    attributes = life.updates[-1]["attributes"]
    assert life.updates[-1]["status"] == "WHISTLED"
    assert (attributes["level"], attributes["tier"]) == ("key", "county")


def test_an_urge_that_raises_the_level_tells_of_the_new_unit_and_another_urge_tells_nothing(life: Any) -> None:
    """The source hears of what follows from its word, where anything does."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("URGED", "2026-11-10 09:00")
    assert told(life, 1) == []
    life.on("URGED", "2026-11-10 10:00")

    assert told(life, 1) == [("DISPATCHED", "LS-GR")]


def test_a_granted_extension_is_told_with_the_new_due(life: Any) -> None:
    """A request is not told; the grant is."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("EXTENDED", "2026-11-11 09:00", reason="等待配件")
    assert told(life, 1) == []
    life.by_desk("EXTENDED", "2026-11-11 10:00", extension_value="1", extension_unit="work_day")

    assert told(life, 1) == [("EXTENDED", "230202003-JD")]
    assert life.updates[-1]["attributes"]["due_at"] == str(life.clock("handle")["due_at"])


def test_a_suspension_is_told_when_it_begins_and_when_it_ends_by_itself(life: Any, at: Any) -> None:
    """挂起 until an instant; at it the timer fires, and the source hears that work goes on."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SUSPENDED", "2026-11-10 09:00", reason="停电", until=str(at("2026-11-11 09:00")))
    life.live_until("2026-11-11 09:00")

    assert [one[0] for one in told(life, 1)] == ["SUSPENDED", "RESUMED"]
    suspended, resumed = life.updates[1:]
    assert suspended["attributes"]["until"] == str(at("2026-11-11 09:00"))
    assert (resumed["at"], resumed["event_id"]) == (
        at("2026-11-11 09:00"),
        life.fact("AUTO_RESUMED")["sla_event_id"],
    )


def test_the_first_timeout_of_the_handling_is_told_and_no_other_rung(life: Any) -> None:
    """Warnings, the signature's clock and formal letters are the city's own affair."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.live_until("2026-12-30 08:00")

    assert [one[0] for one in told(life, 1)] == ["TIMED_OUT"]
    assert life.updates[-1]["at"] == life.clock("handle")["due_at"]
    assert len(life.facts) > 3


def test_a_timeout_found_out_by_an_event_goes_with_what_the_event_tells(life: Any) -> None:
    """One update a version: the completion that came after the due says so itself."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("DONE", "2026-11-20 09:00")

    assert [one[0] for one in told(life, 1)] == ["DONE"]
    assert life.updates[-1]["attributes"]["timed_out_at"] == str(life.clock("handle")["due_at"])


def test_nothing_is_told_of_what_is_refused_parked_recorded_or_said_again(life: Any) -> None:
    """An early word, a note, a signature by another, a second signature."""
    life.on("SIGNED", "2026-11-10 07:00", attributes={"dispatch_id": "DP-1", "endpoint_id": "EP-230203-0001"})
    assert life.updates == []
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("NOTED", "2026-11-10 08:10", text="已联系")
    life.on("SIGNED", "2026-11-10 08:20", attributes={"dispatch_id": "DP-2", "endpoint_id": "EP-230203-0001"})
    life.by_lead("SIGNED", "2026-11-10 08:30")
    life.by_lead("SIGNED", "2026-11-10 08:40")

    assert [one[0] for one in told(life)] == ["DISPATCHED", "SIGNED"]


def test_early_words_are_told_one_by_one_once_the_report_is_there(life: Any) -> None:
    """A completion that overtook its report: both are told, in the order of the versions."""
    life.on("DONE", "2026-11-10 09:00", attributes={"dispatch_id": "DP-7", "endpoint_id": "X"}, text="已处理")
    life.on("REPORTED", "2026-11-10 08:00")

    assert [one["status"] for one in life.updates] == ["DISPATCHED", "DONE"]
    assert life.updates[0]["case_version"] < life.updates[1]["case_version"]


def test_what_the_hotline_handles_itself_is_told_as_received(life: Any) -> None:
    """直接办理: nobody holds it."""
    life.on("REPORTED", "2026-11-10 08:00", attributes={"handle_mode": "DIRECT"})

    assert told(life) == [("RECEIVED", None)]


def test_what_the_grid_worker_handled_himself_is_told_as_closed_alone(life: Any) -> None:
    """自行处置: that it is done he has said; that nobody is to be called is the hub's finding."""
    life.on("REPORTED", "2026-11-10 08:00", case_id="grid:G1", token=None, attributes={"self_handled": "true"})

    assert told(life) == [("CLOSED", None)]


def test_citymgmt_s_own_states_are_not_told_back(life: Any) -> None:
    """派遣 to a unit, 处置 and 结案 came from it."""
    life.on("REPORTED", "2026-11-10 08:00", case_id=CITYMGMT)
    for hour, state in (("09", "DISPATCHED"), ("10", "HANDLED"), ("11", "CLOSED")):
        life.on("STATE_CHANGED", f"2026-11-10 {hour}:00", attributes={"state": state, "dept_code": "LS-GA"})

    assert told(life) == [("DISPATCHED", "230202003-JD")]
    assert life.now["status"] == "CLOSED"


@pytest.mark.parametrize("by_id", [True, False])
def test_a_late_echo_of_an_earlier_dispatch_does_not_take_the_case_back(life: Any, by_id: bool) -> None:
    """The hub dispatched, then dispatched elsewhere; citymgmt gives back the first as its own 派遣.

    Known by the update's id, whatever time it carries, or by state, unit and second.
    """
    life.on("REPORTED", "2026-11-10 08:00", case_id=CITYMGMT)
    life.by_desk("STATE_CHANGED", "2026-11-10 09:00", state="DISPATCHED", dept_code="LS-GA")
    first = life.updates[-1]
    life.by_desk("STATE_CHANGED", "2026-11-10 10:00", state="DISPATCHED", dept_code="LS-GR")
    said = {"state": "DISPATCHED", "dept_code": "LS-GA"} | ({"update_id": first["update_id"]} if by_id else {})
    time = "2026-11-10 11:00" if by_id else "2026-11-10 09:00"
    before = (life.now["lead"], len(life.updates), len(life.dispatches))
    entry = life.on("STATE_CHANGED", time, attributes=said, source_event_id="CG/3")

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "echo")
    assert (life.now["lead"], len(life.updates), len(life.dispatches)) == before


def test_a_late_echo_of_the_first_completion_does_not_end_the_second_cycle(life: Any) -> None:
    """处置 given back after the rework began, under its update's id."""
    life.on("REPORTED", "2026-11-10 08:00", case_id=CITYMGMT)
    life.by_lead("DONE", "2026-11-10 09:00")
    done = life.updates[-1]["update_id"]
    life.called("2026-11-10 15:00", solved="UNSOLVED", source="desk")
    life.on("STATE_CHANGED", "2026-11-10 16:00", attributes={"state": "HANDLED", "update_id": done})

    assert life.now["status"] == "DISPATCHED"
    assert life.now["cycle"] == 2


def test_an_echo_takes_no_number_away_from_a_word_of_the_source_s_own(life: Any) -> None:
    """The hub numbered its change 3, and so does citymgmt its next one: that one is no revision of the echo."""
    life.on("REPORTED", "2026-11-10 08:00", case_id=CITYMGMT)
    life.by_lead("SIGNED", "2026-11-10 09:00")
    echo = {"state": "CHECKED", "update_id": life.updates[-1]["update_id"]}
    life.on("STATE_CHANGED", "2026-11-10 09:00", attributes=echo, source_event_id="CG/3")
    life.on("STATE_CHANGED", "2026-11-10 11:00", attributes={"state": "HANDLED"}, source_event_id="CG/3")

    assert life.now["status"] in ("DONE", "CLOSED")


def test_news_of_the_source_is_no_echo(life: Any) -> None:
    """The same state at another second, of another unit, or under another case's update id, is taken."""
    life.on("REPORTED", "2026-11-10 08:00", case_id=CITYMGMT)
    life.by_desk("STATE_CHANGED", "2026-11-10 09:00", state="DISPATCHED", dept_code="LS-GA")
    foreign = {"state": "DISPATCHED", "dept_code": "LS-GR", "update_id": update_id("citymgmt:CG9", 1)}
    entry = life.on("STATE_CHANGED", "2026-11-10 09:00", attributes=foreign, source_event_id="CG/3")
    assert entry["reason"] == "dispatched"
    again = {"state": "DISPATCHED", "dept_code": "LS-GA"}
    entry = life.on("STATE_CHANGED", "2026-11-10 10:00", attributes=again, source_event_id="CG/4")
    assert entry["reason"] == "dispatched"


def test_an_id_that_is_not_given_yet_is_no_echo(life: Any) -> None:
    """A source cannot repeat what it has not been told."""
    life.on("REPORTED", "2026-11-10 08:00", case_id=CITYMGMT)
    said = {"state": "HANDLED", "update_id": update_id(CITYMGMT, 2)}
    life.on("STATE_CHANGED", "2026-11-10 10:00", attributes=said)

    assert life.now["status"] in ("DONE", "CLOSED")


@given(case_id=st.text(min_size=1), version=st.integers(1, 999_999_999), other=st.text(min_size=1))
def test_an_update_id_tells_its_case_and_version_and_no_other(case_id: str, version: int, other: str) -> None:
    """Plain ASCII without a full stop, so that it may stand in a header and in a signature."""
    found = update_id(case_id, version)

    assert has_id_form(found)
    assert found.isascii()
    assert "." not in found
    assert version_of(found, case_id) == version
    assert other == case_id or version_of(found, other) is None


def lead_of(life: Any) -> dict[str, str]:
    """What the lead's endpoint names in an action."""
    lead = life.now["lead"]
    return {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}
