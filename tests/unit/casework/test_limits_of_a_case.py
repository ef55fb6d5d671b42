"""Which limits run for a case: by its row, by what it became, and step by step."""

from typing import Any

import pytest

from hub.domain.limits import Limit, Limits, Step

JD = "230202003-JD"


def test_the_clocks_of_a_case_run_by_its_row(life: Any) -> None:
    """Ordinary: four work hours to sign, five work days to handle; no total clock. Dispatches carry both dues."""
    life.on("REPORTED", "2026-11-10 07:30")

    assert (life.due_of("sign"), life.due_of("handle")) == ("2026-11-10 12:00", "2026-11-16 18:00")
    assert {one["name"] for one in life.now["clocks"]} == {"sign", "handle"}
    assign = life.dispatches[0]
    assert assign["sign_due_at"] == life.clock("sign")["due_at"]
    assert assign["handle_due_at"] == life.clock("handle")["due_at"]


def test_signed_in_time_the_clock_of_signature_is_kept(life: Any) -> None:
    """MET with the due that was kept."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 12:00")

    assert life.told() == [("AT_RISK", "sign", 1, 1, "2026-11-10 11:12"), ("MET", "sign", 1, 1, "2026-11-10 12:00")]


def test_signed_late_the_breach_stays(life: Any) -> None:
    """The signature is noted, the clock is never MET."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.live_until("2026-11-10 12:00")
    life.by_lead("SIGNED", "2026-11-10 12:01")

    assert life.now["status"] == "SIGNED"
    assert [one[0] for one in life.told()] == ["AT_RISK", "FIRST_TIMEOUT"]
    assert life.clock("sign")["end"] == "LATE"


def test_a_raised_level_shortens_the_limit_where_the_unit_stays(life: Any) -> None:
    """At the city's desk, which stands in for every tier: three work days from the second urge on."""
    life.on("REPORTED", "2026-11-10 08:00", location=None)
    life.on("URGED", "2026-11-10 09:00")
    life.on("URGED", "2026-11-10 10:00")

    assert (life.now["level"], life.now["leg"]) == ("key", 1)
    assert life.due_of("handle") == "2026-11-13 10:00"
    assert life.dispatches[-1]["handle_due_at"] == life.clock("handle")["due_at"]


def test_a_raised_level_that_would_end_later_leaves_the_due(life: Any) -> None:
    """Of two dues the earlier one holds: urged on the last day, the due of five days stays."""
    life.on("REPORTED", "2026-11-10 08:00", location=None)
    life.on("URGED", "2026-11-16 09:00")
    life.on("URGED", "2026-11-16 10:00")

    assert (life.now["level"], life.due_of("handle")) == ("key", "2026-11-16 18:00")


def test_a_raised_urgency_counts_as_a_raised_level(life: Any) -> None:
    """危急: three hours by the clock, through the night."""
    life.on("REPORTED", "2026-11-10 08:00", location=None)
    life.on("SUPPLEMENTED", "2026-11-10 22:00", urgency="CRITICAL")

    assert life.due_of("handle") == "2026-11-11 01:00"


def test_a_breached_due_is_not_moved_by_a_raised_level(life: Any) -> None:
    """A breach is a fact."""
    life.on("REPORTED", "2026-11-10 08:00", location=None)
    life.live_until("2026-11-16 18:00")
    for minute in (1, 2):
        life.on("URGED", f"2026-11-16 18:0{minute}")

    assert (life.now["level"], life.due_of("handle")) == ("key", "2026-11-16 18:00")


def test_a_new_leg_has_the_full_limit_of_the_present_level(life: Any) -> None:
    """Raised by a whistle: the city's unit has fifteen work days, and half a day to sign as before."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("WHISTLED", "2026-11-10 10:00", reason="x", whistle_level="difficult")

    assert (life.due_of("sign", leg=2), life.due_of("handle", leg=2)) == ("2026-11-10 14:00", "2026-12-01 10:00")


@pytest.mark.parametrize("what", ["returned", "whistled", "urged"])
def test_a_leg_that_a_raised_level_ends_stays_on_record_as_it_ran(life: Any, what: str, at: Any) -> None:
    """Five work days from its beginning: the new level's limit is the next unit's, not the one's that leaves."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("RETURNED", "2026-11-10 09:00", reason="x")
    if what == "returned":
        life.by_lead("RETURNED", "2026-11-10 10:00", reason="x")
    elif what == "whistled":
        life.by_lead("WHISTLED", "2026-11-10 10:00", reason="x", whistle_level="key")
    else:
        life.on("URGED", "2026-11-10 09:30")
        life.on("URGED", "2026-11-10 10:00")

    left, taken = life.clock("handle", leg=2), life.clock("handle", leg=3)
    assert (left["started_at"], left["limit_value"], left["end"]) == (at("2026-11-10 09:00"), 5, "LEG")
    assert (taken["started_at"], taken["limit_value"]) == (at("2026-11-10 10:00"), 3)


FENCE, REPAIR, SURFACE = (
    Step("围挡警示", Limit(3, "urgent_hour")),
    Step("抢修", Limit(8, "work_hour")),
    Step("恢复路面", Limit(5, "work_day")),
)


@pytest.fixture
def manhole(life_in: Any) -> Any:
    """A broken manhole, handled in three steps: fence, repair, new surface."""
    rows = life_in().city.limits.rows
    life = life_in(limits=Limits.of("v1", rows, {("12345", "0402"): (FENCE, REPAIR, SURFACE)}))
    life.on("REPORTED", "2026-11-10 08:00")
    return life


def test_the_first_step_has_its_own_limit(manhole: Any) -> None:
    """Three hours for the fence, not five days for all of it."""
    assert manhole.due_of("handle") == "2026-11-10 11:00"


def test_each_completion_ends_a_step_and_the_last_one_the_case(manhole: Any) -> None:
    """Three legs at one unit, each with its own limit and dispatch, each kept by itself."""
    entries = []
    for when in ("2026-11-10 10:00", "2026-11-10 17:00"):
        entries.append(manhole.by_lead("DONE", when))
    assert [(one["outcome"], one["reason"], one["to_status"]) for one in entries] == [
        ("APPLIED", "step_done", "DISPATCHED"),
        ("APPLIED", "step_done", "DISPATCHED"),
    ]
    assert [(one["reason"], one["leg"], one["note"], one["unit"]) for one in manhole.dispatches[1:]] == [
        ("next_step", 2, "抢修", JD),
        ("next_step", 3, "恢复路面", JD),
    ]
    assert (manhole.now["step"], manhole.due_of("handle", leg=3)) == (2, "2026-11-17 17:00")

    last = manhole.by_lead("DONE", "2026-11-16 09:00")

    assert (last["reason"], last["to_status"]) == ("", "DONE")
    assert [one for one in manhole.told("MET") if one[1] == "handle"] == [
        ("MET", "handle", 1, 1, "2026-11-10 11:00"),
        ("MET", "handle", 1, 2, "2026-11-10 18:00"),
        ("MET", "handle", 1, 3, "2026-11-17 17:00"),
    ]
    assert manhole.results() == [None]


def test_a_step_that_was_late_stays_late_and_the_next_one_starts_whole(manhole: Any) -> None:
    """The breach belongs to the step."""
    manhole.live_until("2026-11-10 11:00")
    manhole.by_lead("DONE", "2026-11-10 12:00")

    assert (manhole.clock("handle")["end"], manhole.due_of("handle", leg=2)) == ("LATE", "2026-11-11 10:00")


def test_an_old_step_s_dispatch_finishes_nothing_more(manhole: Any) -> None:
    """Said twice under the number of the first step, the repair is not done by it."""
    lead = manhole.now["lead"]
    first = {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}
    manhole.by_lead("DONE", "2026-11-10 10:00")

    entry = manhole.on("DONE", "2026-11-10 10:30", attributes=first)

    assert (entry["outcome"], entry["reason"], manhole.now["step"]) == ("REFUSED", "not_current", 1)


def test_a_return_in_a_later_step_gives_the_next_unit_that_step(manhole: Any) -> None:
    """What is fenced is fenced: the next unit has eight hours for the repair."""
    manhole.by_lead("DONE", "2026-11-10 10:00")
    manhole.by_lead("RETURNED", "2026-11-10 11:00", reason="不在职责范围")

    assert (manhole.now["leg"], manhole.now["step"]) == (3, 1)
    assert manhole.due_of("handle", leg=3) == "2026-11-11 09:00"


def test_the_reporting_system_ends_all_steps_at_once(manhole: Any) -> None:
    """Its own word is about the case, not about a step."""
    entry = manhole.on("DONE", "2026-11-10 10:00", source="hotline")

    assert (entry["to_status"], manhole.now["step"]) == ("DONE", 0)


def test_rework_begins_with_the_first_step(manhole: Any) -> None:
    """The fence again."""
    for when in ("2026-11-10 10:00", "2026-11-10 17:00", "2026-11-16 09:00"):
        manhole.by_lead("DONE", when)

    manhole.called("2026-11-17 09:00", "DISSATISFIED")

    assert (manhole.now["step"], manhole.due_of("handle", 2)) == (0, "2026-11-17 12:00")
