"""Limits and policy change while cases are open: each case keeps those of the day it was reported."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub.domain.limits import Limit, Limits

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def changing(life_in: Any, make_policy: Any) -> Any:
    """Makes lives in a city whose handling takes two days instead of five, with new rules, from December on."""
    rows = life_in().city.limits.rows
    shorter = [replace(one, handle=Limit(2, "work_day")) for one in rows]
    versions = (Limits.of("v1", rows), Limits.of("v2", shorter, valid_from=DECEMBER))
    later = {"version": "v2", "valid_from": DECEMBER, "at_risk_fraction": 0.5, "call_back_attempts": 1}
    policies = (
        make_policy(),
        make_policy(**later, office_hours=(("09:00", "17:00"),), on_return="desk", rework_to="route"),
    )
    return lambda: life_in(limits_versions=versions, policies=policies)


def test_a_case_keeps_the_versions_of_the_day_it_was_reported(changing: Any) -> None:
    """Reported on the last of November and on the first of December; received that day by the city's clock."""
    old, new = changing(), changing()
    old.on("REPORTED", "2026-11-30 23:59")
    new.on("REPORTED", "2026-12-01 00:00")

    assert (old.now["limits_version"], old.now["policy_version"]) == ("v1", "v1")
    assert (new.now["limits_version"], new.now["policy_version"]) == ("v2", "v2")
    assert (old.due_of("handle"), new.due_of("handle")) == ("2026-12-07 18:00", "2026-12-02 17:00")
    assert old.facts == new.facts == []


def test_a_new_leg_in_december_has_november_s_limit(changing: Any) -> None:
    """The case is handled by one set of rules from its report to its end."""
    life = changing()
    life.on("REPORTED", "2026-11-30 09:00")

    life.by_lead("RETURNED", "2026-12-02 09:00", reason="不在职责范围")

    assert (life.now["lead"]["unit"], life.due_of("handle", leg=2)) == ("230202003-WG", "2026-12-09 09:00")
    clock = life.clock("handle", leg=2)
    assert (clock["limits_version"], clock["policy_version"], clock["at_risk_fraction"]) == ("v1", "v1", 0.8)


def test_the_policy_of_december_is_not_applied_to_a_november_case(changing: Any) -> None:
    """Three calls before a caller is unreachable, and rework to the same unit."""
    life = changing()
    life.on("REPORTED", "2026-11-30 09:00")
    life.by_lead("DONE", "2026-12-01 09:00")

    assert life.not_reached("2026-12-01 10:00")["reason"] == "not_reached"
    life.called("2026-12-01 11:00", "DISSATISFIED")

    assert life.now["lead"]["unit"] == "230202003-JD"
    assert life.due_of("handle", 2) == "2026-12-08 11:00"


def test_the_policy_of_december_is_applied_to_its_own_cases(changing: Any) -> None:
    """One call, and a returned case waits at the desk."""
    life, other = changing(), changing()
    life.on("REPORTED", "2026-12-01 09:00")
    life.by_lead("DONE", "2026-12-01 10:00")
    other.on("REPORTED", "2026-12-01 09:00")

    assert life.not_reached("2026-12-01 11:00")["reason"] == "unreachable"
    assert other.by_lead("RETURNED", "2026-12-01 10:00", reason="x")["to_status"] == "REGISTERED"


def test_a_fact_says_by_which_versions(changing: Any) -> None:
    """In the words of the clock: what the limit was, and why."""
    life = changing()
    life.on("REPORTED", "2026-11-30 09:00")
    life.by_lead("SIGNED", "2026-12-01 09:00")

    assert life.told("FIRST_TIMEOUT") != []
    assert {one["policy"] for one in life.facts} == {"limits v1, policy v1"}


def test_words_parked_before_the_report_do_not_choose_the_version(changing: Any, at: Any) -> None:
    """Heard in November, reported in December: the report decides."""
    life = changing()
    life.on("SUPPLEMENTED", "2026-11-30 09:00")

    life.on("REPORTED", "2026-11-30 08:00", received_at=at("2026-12-01 08:00"))

    assert life.now["policy_version"] == "v2"
