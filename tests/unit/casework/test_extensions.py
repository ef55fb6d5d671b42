"""延期: a unit asks, a desk above grants, before the due time only and within the policy."""

from typing import Any

import pytest

COUNTY_DESK, CITY_DESK, OTHER_DESK = "LS-ZHZX", "QQHR-ZHZX", "JH-ZHZX"


@pytest.fixture
def held(life: Any) -> Any:
    """A signed case; handling is due on 2026-11-16 18:00, five work days of ten hours."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 08:30")
    return life


def endpoint_of(life: Any, unit: str) -> dict[str, str]:
    """A terminal of a unit, and a number of its own books."""
    found = next(one for one in life.city.endpoints.values() if one.unit == unit)
    return {"endpoint_id": found.endpoint_id, "dispatch_id": "DP-20261110-000087"}


def grant(life: Any, when: str, days: str = "1", unit: str = "work_day") -> Any:
    """The command centre grants more time."""
    return life.by_desk("EXTENDED", when, extension_value=days, extension_unit=unit, operator=CITY_DESK)


def test_a_request_alone_moves_nothing(held: Any, at: Any) -> None:
    """It is on record, and the world knows that somebody asked."""
    until = at("2026-11-17 18:00")

    entry = held.by_lead("EXTENDED", "2026-11-12 09:00", reason="等配件", until=str(until))

    assert (entry["outcome"], entry["reason"]) == ("RECORDED", "extension_requested")
    assert held.due_of("handle") == "2026-11-16 18:00"
    (kept,) = held.now["extensions"]
    assert (kept["asked_by"], kept["until_at"]) == (held.now["lead"]["endpoint_id"], until)
    assert (kept["value"], kept["granted_by"], kept["refusal"]) == (None, None, None)
    assert held.told("EXTENSION_REQUESTED") == [("EXTENSION_REQUESTED", "handle", 1, 1, "2026-11-16 18:00")]


@pytest.mark.parametrize("desk", [COUNTY_DESK, CITY_DESK])
def test_a_duty_desk_above_grants_what_was_asked_for(held: Any, at: Any, desk: str) -> None:
    """二级审批: the due is the instant the unit asked for; the entry names who asked and who approved."""
    held.by_lead("EXTENDED", "2026-11-12 09:00", reason="等配件", until=str(at("2026-11-17 15:00")))

    entry = held.on("EXTENDED", "2026-11-12 10:00", attributes=endpoint_of(held, desk))

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", "extended")
    assert held.due_of("handle") == "2026-11-17 15:00"
    (kept,) = held.now["extensions"]
    asked_by, granted_by = held.now["lead"]["endpoint_id"], endpoint_of(held, desk)["endpoint_id"]
    assert (kept["asked_by"], kept["granted_by"], kept["granted_at"]) == (asked_by, granted_by, entry["at"])
    assert kept["value"] == 0.7


def test_the_holder_hears_of_its_new_due(held: Any) -> None:
    """An UPDATE that carries the due."""
    before = len(held.dispatches)

    grant(held, "2026-11-12 10:00")

    assert held.sent(before) == [("UPDATE", "LEAD", "230202003-JD")]
    assert held.dispatches[-1]["reason"] == "extended"
    assert held.dispatches[-1]["handle_due_at"] == held.clock("handle")["due_at"]


def test_the_command_centre_grants_so_much_of_the_limit_s_unit(held: Any) -> None:
    """Counted from the unchanged start; the warning follows the longer limit."""
    entry = grant(held, "2026-11-12 10:00", "1.5")

    assert (entry["outcome"], held.due_of("handle")) == ("APPLIED", "2026-11-18 13:00")
    assert held.told("EXTENDED") == [("EXTENDED", "handle", 1, 1, "2026-11-18 13:00")]
    held.live_until("2026-11-17 10:00")
    assert held.told("AT_RISK") == [("AT_RISK", "handle", 1, 1, "2026-11-17 10:00")]


def test_an_extension_granted_at_the_due_itself_is_in_time(held: Any) -> None:
    """An event at an instant is taken before a timer of that instant."""
    entry = grant(held, "2026-11-16 18:00")
    held.live_until("2026-11-16 18:00")

    assert (entry["outcome"], held.due_of("handle")) == ("APPLIED", "2026-11-17 18:00")
    assert held.told("FIRST_TIMEOUT") == []


def refusal_of(life: Any, entry: Any) -> tuple[str, str, str | None]:
    """Outcome and reason of a refusal, and what the last kept entry says of it; the fact says the same."""
    assert life.facts[-1]["outcome"] == "EXTENSION_REFUSED"
    assert (life.facts[-1]["reason"], life.facts[-1]["event_id"]) == (entry["reason"], entry["event_id"])
    return entry["outcome"], entry["reason"], life.now["extensions"][-1]["refusal"]


def test_after_the_due_time_it_is_refused(held: Any) -> None:
    """A breach is a fact: neither a grant nor a request comes in time, and the due stays."""
    held.live_until("2026-11-16 18:00")

    asked = held.by_lead("EXTENDED", "2026-11-16 18:01", reason="等配件", until="1795500000000")
    assert refusal_of(held, asked) == ("REFUSED", "breached", "breached")
    granted = grant(held, "2026-11-16 18:02")
    assert refusal_of(held, granted) == ("REFUSED", "breached", "breached")

    assert held.due_of("handle") == "2026-11-16 18:00"


def test_a_grant_after_the_due_of_a_request_before_it_is_refused(held: Any) -> None:
    """Asked in time, approved too late: the one entry says both."""
    held.by_lead("EXTENDED", "2026-11-16 17:00", reason="等配件", until="1795500000000")

    entry = held.on("EXTENDED", "2026-11-16 18:01", attributes=endpoint_of(held, COUNTY_DESK))

    assert refusal_of(held, entry) == ("REFUSED", "breached", "breached")
    assert len(held.now["extensions"]) == 1
    assert held.now["extensions"][0]["value"] is None


def test_without_a_handle_clock_there_is_nothing_to_extend(life: Any) -> None:
    """The hotline deals with the case itself."""
    life.on("REPORTED", "2026-11-10 08:00", attributes={"handle_mode": "DIRECT"})

    assert refusal_of(life, grant(life, "2026-11-10 09:00")) == ("REFUSED", "no_handle_clock", "no_handle_clock")


@pytest.mark.parametrize(
    ("days", "unit", "reason"),
    [("8", "work_hour", "other_unit"), ("8", "hours", "other_unit"), ("5.5", "work_day", "over_policy")],
)
def test_a_grant_must_be_in_the_limit_s_unit_and_within_its_share(
    held: Any, days: str, unit: str, reason: str
) -> None:
    """At most as much again as the limit itself."""
    assert refusal_of(held, grant(held, "2026-11-12 10:00", days, unit)) == ("REFUSED", reason, reason)
    assert held.due_of("handle") == "2026-11-16 18:00"


def test_all_extensions_of_a_clock_together_are_within_the_share(held: Any) -> None:
    """Three days and then three more are one too many; two more are not."""
    grant(held, "2026-11-12 10:00", "3")

    assert refusal_of(held, grant(held, "2026-11-12 11:00", "3")) == ("REFUSED", "over_policy", "over_policy")
    assert grant(held, "2026-11-12 12:00", "2")["outcome"] == "APPLIED"
    assert held.due_of("handle") == "2026-11-23 18:00"


def test_there_are_only_so_many_extensions_of_a_clock(held: Any) -> None:
    """Twice by the policy."""
    grant(held, "2026-11-12 10:00")
    grant(held, "2026-11-12 11:00")

    third = grant(held, "2026-11-12 12:00")

    assert refusal_of(held, third) == ("REFUSED", "too_many_extensions", "too_many_extensions")


def test_an_instant_that_is_no_later_than_the_due_is_no_extension(held: Any, at: Any) -> None:
    """Nor is one that lies between the due and the next office hour: it would count nothing."""
    for minute, until in enumerate(("2026-11-16 18:00", "2026-11-16 20:00")):
        entry = held.by_desk("EXTENDED", f"2026-11-12 10:0{minute}", until=str(at(until)))
        assert refusal_of(held, entry) == ("REFUSED", "not_later", "not_later")


def test_a_grant_that_names_nothing_needs_a_request(held: Any) -> None:
    """There is none to approve."""
    entry = held.on("EXTENDED", "2026-11-12 10:00", attributes=endpoint_of(held, COUNTY_DESK))

    assert refusal_of(held, entry) == ("REFUSED", "no_extension_asked", "no_extension_asked")


def test_up_to_an_instant_needs_a_due_to_count_from(life_under: Any, at: Any) -> None:
    """While the case waits at the desk its clock has no due: only so-and-so many days can be granted."""
    life = life_under(on_return="desk")
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("RETURNED", "2026-11-10 10:00", reason="不在职责范围")

    entry = life.by_desk("EXTENDED", "2026-11-12 10:00", until=str(at("2026-11-17 15:00")))

    assert refusal_of(life, entry) == ("REFUSED", "no_due", "no_due")


def test_a_desk_of_another_division_is_no_desk_above(held: Any) -> None:
    """Jianhua has no say in Longsha; its endpoint is refused like any that does not hold the case."""
    entry = held.on("EXTENDED", "2026-11-12 10:00", attributes=endpoint_of(held, OTHER_DESK))

    assert (entry["outcome"], entry["reason"]) == ("REFUSED", "not_holder")


def test_a_policy_may_let_the_unit_extend_by_itself(life_under: Any, at: Any) -> None:
    """extension_approval false: what the holder asks for it has."""
    life = life_under(extension_approval=False)
    life.on("REPORTED", "2026-11-10 08:00")

    entry = life.by_lead("EXTENDED", "2026-11-12 09:00", reason="等配件", until=str(at("2026-11-17 18:00")))

    assert (entry["outcome"], life.due_of("handle")) == ("APPLIED", "2026-11-17 18:00")


def test_a_new_leg_carries_no_extension_over(held: Any) -> None:
    """The next unit has the full limit and no more; the old request is not its own."""
    grant(held, "2026-11-12 10:00")

    held.by_lead("RETURNED", "2026-11-12 11:00", reason="不在职责范围")

    assert (held.clock("handle")["added"], held.clock("handle", leg=2)["added"]) == ([1.0], [])
    assert held.due_of("handle", leg=2) == "2026-11-19 11:00"
