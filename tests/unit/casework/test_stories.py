"""Whole lives of cases, as a city would tell them."""

from typing import Any


def test_a_heating_case_is_reported_signed_supplemented_done_answered_and_closed(life: Any) -> None:
    """供热: the office signs, the citizen urges, the office is done, the hotline answers and calls."""
    life.on("REPORTED", "2026-11-10 07:42", token="a" * 32)
    life.by_lead("SIGNED", "2026-11-10 08:31")
    life.on("SUPPLEMENTED", "2026-11-10 10:05", text="测温员已上门")
    life.on("URGED", "2026-11-12 08:30", text="仍未升温")
    life.by_lead("EXTENDED", "2026-11-12 17:05", reason="等配件", until="1794996000000")
    life.by_lead("DONE", "2026-11-13 15:48")
    life.on("ANSWERED", "2026-11-13 16:20", text="已更换阀门")
    life.not_reached("2026-11-14 09:12")
    life.called("2026-11-14 15:35")

    assert [(one["kind"], one["outcome"], one["to_status"]) for one in life.now["decisions"]] == [
        ("REPORTED", "APPLIED", "DISPATCHED"),
        ("SIGNED", "APPLIED", "SIGNED"),
        ("SUPPLEMENTED", "APPLIED", "SIGNED"),
        ("URGED", "APPLIED", "SIGNED"),
        ("EXTENDED", "RECORDED", "SIGNED"),
        ("DONE", "APPLIED", "DONE"),
        ("ANSWERED", "APPLIED", "ANSWERED"),
        ("VISITED", "APPLIED", "ANSWERED"),
        ("VISITED", "APPLIED", "CLOSED"),
    ]
    assert life.sent() == [
        ("ASSIGN", "LEAD", "230202003-JD"),
        ("UPDATE", "LEAD", "230202003-JD"),
        ("UPDATE", "LEAD", "230202003-JD"),
    ]
    assert life.now["text"] == "室内只有14度\n测温员已上门\n仍未升温"
    assert (life.now["urged"], life.now["answer"]) == (1, "已更换阀门")
    assert life.now["version"] == 9
    assert [(one[0], one[1]) for one in life.told()] == [
        ("MET", "sign"),
        ("EXTENSION_REQUESTED", "handle"),
        ("MET", "handle"),
        ("CALL_BACKS_OPENED", "call_back"),
        ("MET", "call_back"),
        ("SIGNED_OFF", "total"),
    ]


def test_a_lamp_case_is_withdrawn_and_its_holder_is_called_off(life: Any) -> None:
    """路灯: the citizen sees light again and takes the report back."""
    life.on("REPORTED", "2026-11-11 19:20")
    life.on("SUPPLEMENTED", "2026-11-11 19:58", text="西侧也有2盏")
    life.on("WITHDRAWN", "2026-11-12 07:15", text="已恢复")

    assert life.now["status"] == "WITHDRAWN"
    assert [one[0] for one in life.sent()] == ["ASSIGN", "UPDATE", "RECALL"]
    recall = life.dispatches[-1]
    assert (recall["reason"], recall["note"], recall["text"]) == ("withdrawn", "已恢复", None)


def test_a_consultation_answered_by_the_hotline_itself_is_never_dispatched(life: Any) -> None:
    """直接办理: registered, answered (直接办结), called back; no endpoint hears of it."""
    life.on("REPORTED", "2026-11-13 09:02", attributes={"handle_mode": "DIRECT"})
    assert life.now["status"] == "REGISTERED"
    assert life.now["decisions"][0]["reason"] == "direct"

    life.on("ANSWERED", "2026-11-13 09:06", text="截止2月28日")
    assert life.now["status"] == "ANSWERED"
    life.called("2026-11-14 10:21")

    assert life.now["status"] == "CLOSED"
    assert life.now["lead"] is None
    assert life.now["first_unit"] is None
    assert life.dispatches == []


def test_a_direct_case_that_is_reported_again_for_forwarding_gets_its_first_dispatch(life: Any) -> None:
    """The hotline could not answer after all (转办): what was never dispatched now is."""
    life.on("REPORTED", "2026-11-13 09:02", attributes={"handle_mode": "DIRECT"})
    entry = life.on("REPORTED", "2026-11-13 11:00", attributes={"handle_mode": "FORWARD"}, text="需现场查看")

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", "handed_over", "DISPATCHED")
    assert life.sent() == [("ASSIGN", "LEAD", "230202003-JD")]
    assert life.now["text"] == "室内只有14度\n需现场查看"


def test_a_grid_worker_who_handled_it_leaves_a_finished_case(life: Any) -> None:
    """自行处置: registered with its level and closed in one, without dispatch and with nobody to call."""
    own = {"case_id": "grid:WG1", "channel": "patrol", "token": None}
    entry = life.on("REPORTED", "2026-11-09 08:00", attributes={"self_handled": "true"}, **own)

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", "self_handled", "CLOSED")
    assert life.now["level"] == "ordinary"
    assert life.now["closed_at"] == life.now["reported_at"]
    assert life.now["answer"] is None
    assert life.dispatches == []


def test_a_whistle_lifts_the_case_a_tier_and_calls_departments_in(life: Any) -> None:
    """吹哨: a county lead at least, co-handlers from the targets, unknown codes kept; done when the lead is."""
    life.on("REPORTED", "2026-11-10 11:00")
    whistled = life.by_lead(
        "WHISTLED",
        "2026-11-10 13:30",
        reason="无执法权",
        whistle_level="key",
        targets="LS-GA,NH-STHJ,QQHR-HB",
    )

    assert (whistled["outcome"], whistled["from_status"], whistled["to_status"]) == (
        "APPLIED",
        "DISPATCHED",
        "DISPATCHED",
    )
    assert life.sent(1) == [
        ("RECALL", "LEAD", "230202003-JD"),
        ("ASSIGN", "LEAD", "LS-GR"),
        ("ASSIGN", "CO_HANDLER", "LS-GA"),
        ("ASSIGN", "CO_HANDLER", "QQHR-HB"),
    ]
    assert [one["tier"] for one in life.dispatches[1:]] == ["street", "county", "county", "city"]
    assert life.now["unknown_targets"] == ["NH-STHJ"]
    assert (life.now["level"], life.now["tier"], life.now["leg"]) == ("key", "county", 2)

    police = life.now["co_handlers"][0]
    own = {"dispatch_id": police["dispatch_id"], "endpoint_id": police["endpoint_id"]}
    done = life.on("DONE", "2026-11-10 15:00", attributes=own)
    assert (done["outcome"], done["reason"], life.now["status"]) == ("RECORDED", "co_handler", "DISPATCHED")
    assert life.now["co_handlers"][0]["done_at"] == done["at"]

    before = len(life.dispatches)
    life.by_lead("DONE", "2026-11-11 09:00")
    assert life.now["status"] == "DONE"
    assert life.sent(before) == [("RECALL", "CO_HANDLER", "QQHR-HB")]


def test_a_difficult_whistle_goes_to_the_city_and_a_further_one_keeps_the_lead(life: Any) -> None:
    """疑难哨 goes to the city at once; above the city there is no tier, so only help is called."""
    life.on("REPORTED", "2026-11-10 11:00")
    life.by_lead("WHISTLED", "2026-11-10 13:30", reason="多部门", whistle_level="difficult")
    assert (life.now["level"], life.now["tier"], life.now["lead"]["unit"]) == ("difficult", "city", "QQHR-ZJ")

    entry = life.by_lead("WHISTLED", "2026-11-10 14:00", reason="再请支援", whistle_level="key", targets="LS-GA")
    assert entry["reason"] == "same_lead"
    assert life.now["leg"] == 2
    assert life.sent(3) == [("UPDATE", "LEAD", "QQHR-ZJ"), ("ASSIGN", "CO_HANDLER", "LS-GA")]


def test_a_returned_case_goes_to_the_next_unit_then_to_the_desks_and_at_last_stays(life: Any) -> None:
    """退单: the next candidate, a tier up at the second and third time; the city's desk must keep it."""
    life.on("REPORTED", "2026-11-10 08:00")
    leads = []
    for hour in range(9, 15):
        leads.append((life.now["lead"]["unit"], life.now["level"]))
        last = life.by_lead("RETURNED", f"2026-11-10 {hour:02}:00", reason="不在职责范围")

    assert leads == [
        ("230202003-JD", "ordinary"),
        ("230202003-WG", "ordinary"),
        ("LS-GR", "key"),
        ("QQHR-ZJ", "difficult"),
        ("QQHR-ZHZX", "difficult"),
        ("QQHR-ZHZX", "difficult"),
    ]
    assert (last["outcome"], last["reason"]) == ("REFUSED", "last_desk")
    assert life.now["past_units"] == ["230202003-JD", "230202003-WG", "LS-GR", "QQHR-ZJ"]
    assert life.now["first_unit"] == "230202003-JD"
    assert life.now["rule"]["rule_id"] == "returned-thrice"


def test_a_suspended_case_goes_on_where_it_stood(life: Any) -> None:
    """挂起 and back: signed before, signed after."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 08:30")
    life.by_lead("SUSPENDED", "2026-11-11 09:00", reason="结冰")
    assert life.now["status"] == "SUSPENDED"

    life.by_lead("RESUMED", "2026-11-18 09:15")
    assert life.now["status"] == "SIGNED"


def test_urged_twice_the_case_moves_to_the_county(life: Any) -> None:
    """The rule raises the level; the new tier's unit gets all that was said, the street is called off."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("URGED", "2026-11-11 08:00", text="第一次催")
    life.on("URGED", "2026-11-12 08:00", text="第二次催")

    assert (life.now["level"], life.now["tier"], life.now["rule"]["rule_id"]) == ("key", "county", "urged-twice")
    assert life.sent() == [
        ("ASSIGN", "LEAD", "230202003-JD"),
        ("UPDATE", "LEAD", "230202003-JD"),
        ("RECALL", "LEAD", "230202003-JD"),
        ("ASSIGN", "LEAD", "LS-GR"),
    ]
    assert life.dispatches[-1]["text"] == "室内只有14度\n第一次催\n第二次催"
    assert life.dispatches[-1]["reason"] == "level_raised"


def test_citymgmt_closes_its_case_by_its_own_states(life: Any) -> None:
    """立案, 派遣 are news; 处置 finishes the case and calls the holder off; 核查 is news, 结案 closes it."""
    case_id = "citymgmt:CG2302022611090001"
    life.on("REPORTED", "2026-11-09 08:05", case_id=case_id)
    for hour, state in enumerate(("FILED", "DISPATCHED", "HANDLED", "CHECKED", "CLOSED"), 9):
        life.on("STATE_CHANGED", f"2026-11-09 {hour:02}:00", case_id=case_id, attributes={"state": state})

    assert [(one["outcome"], one["reason"]) for one in life.now["decisions"][1:]] == [
        ("RECORDED", ""),
        ("RECORDED", ""),
        ("APPLIED", "state_handled"),
        ("RECORDED", ""),
        ("APPLIED", "verified"),
    ]
    assert life.now["status"] == "CLOSED"
    assert life.sent() == [("ASSIGN", "LEAD", "230202003-JD"), ("RECALL", "LEAD", "230202003-JD")]


def test_a_voided_case_is_withdrawn(life: Any) -> None:
    """作废: a duplicate in citymgmt's books is no work for anyone."""
    case_id = "citymgmt:CG2302032611090002"
    life.on("REPORTED", "2026-11-09 08:11", case_id=case_id)
    entry = life.on("STATE_CHANGED", "2026-11-12 09:40", case_id=case_id, attributes={"state": "VOIDED"})

    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("APPLIED", "state_voided", "WITHDRAWN")
