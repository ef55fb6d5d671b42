"""挂起: it belongs to the case, is no longer than the policy allows, and ends by itself."""

from typing import Any

import pytest

from hub.topics import catalogue
from schemas.codec import Codec
from streams.casework import Casework
from streams.casework.rows import read_row
from streams.runtime.driver import TestDriver

KEY = b"hotline:HL2026111000017"


@pytest.fixture
def held(life: Any) -> Any:
    """A signed case; handling is due on 2026-11-16 18:00, five work days of ten hours."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 08:30")
    return life


def test_all_running_clocks_stand_still_until_the_end(held: Any, at: Any) -> None:
    """Two office days of suspension put the due two work days off."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰", until=str(at("2026-11-13 08:00")))

    assert held.due_of("handle") == "2026-11-18 18:00"
    assert held.now["suspension"] == {
        "begin_at": at("2026-11-11 08:00"),
        "end_at": at("2026-11-13 08:00"),
        "reason": "suspension",
    }


def test_it_is_no_longer_than_the_policy_allows(held: Any, at: Any) -> None:
    """Ten days, though thirty were asked for; the record says that it was cut."""
    entry = held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰", until=str(at("2026-12-11 08:00")))

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", "suspension_capped")
    assert held.now["suspension"]["end_at"] == at("2026-11-21 08:00")


def test_one_without_an_end_gets_the_policy_s(held: Any, at: Any) -> None:
    """Nothing was cut off; it ends all the same."""
    entry = held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰")

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", "")
    assert held.now["suspension"]["end_at"] == at("2026-11-21 08:00")


def test_a_policy_may_leave_it_open_ended(life_under: Any) -> None:
    """max_suspension null: no end, no due, and nothing to wait for."""
    life = life_under(max_suspension=None)
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SUSPENDED", "2026-11-10 09:00", reason="结冰")

    assert (life.now["suspension"]["end_at"], life.due_of("handle"), life.due) == (None, None, None)


def test_a_silent_case_resumes_by_itself_at_the_end(held: Any, at: Any) -> None:
    """No event comes: the timer ends the suspension, to the second, and says so."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰", until=str(at("2026-11-13 08:00")))
    version = held.now["version"]

    held.live_until("2026-11-13 07:59")
    assert held.now["status"] == "SUSPENDED"
    held.live_until("2026-11-13 08:00")

    assert (held.now["status"], held.now["suspension"], held.now["version"]) == ("SIGNED", None, version + 1)
    fact = held.fact("AUTO_RESUMED")
    assert (fact["happened_at"], fact["event_id"], fact["clock"]) == (at("2026-11-13 08:00"), None, "handle")
    assert held.due_of("handle") == "2026-11-18 18:00"


def test_a_silent_case_resumes_in_the_stage_as_well(city: Any, make_event: Any, codec: Codec, at: Any) -> None:
    """Bytes in, a timer in the row, a fact out: an unsigned case goes on as dispatched."""
    topics = catalogue()
    driver = TestDriver(Casework(city, topics, codec), clock_ms=at("2026-11-10 08:00"))
    for event in (
        make_event("REPORTED", "2026-11-10 08:00"),
        make_event(
            "SUSPENDED", "2026-11-10 09:00", source="desk", attributes={"until": str(at("2026-11-13 08:00"))}
        ),
    ):
        driver.run_until(event["received_at"])
        driver.pipe_input(topics.case_events, KEY, codec.encode("CaseEvent", event))
    assert driver.rows[KEY].due == at("2026-11-13 08:00")

    driver.run_until(at("2026-11-13 08:00"))

    facts = [codec.decode(one.value or b"") for one in driver.read_outputs(topics.sla_events)]
    assert [(one["outcome"], one["at"], one["late"]) for one in facts] == [
        ("AUTO_RESUMED", at("2026-11-13 08:00"), False)
    ]
    assert read_row(codec, driver.rows[KEY])["status"] == "DISPATCHED"


def test_after_an_outage_the_next_event_finds_the_case_resumed(held: Any, at: Any) -> None:
    """The timer had no chance: the completion is of a resumed case, whose due it keeps."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰", until=str(at("2026-11-13 08:00")))

    entry = held.by_lead("DONE", "2026-11-18 18:00")

    assert (entry["outcome"], entry["from_status"], entry["to_status"]) == ("APPLIED", "SIGNED", "DONE")
    assert held.fact("AUTO_RESUMED")["happened_at"] == at("2026-11-13 08:00")
    assert held.told("MET")[-1] == ("MET", "handle", 1, 1, "2026-11-18 18:00")


def test_an_event_at_the_very_end_still_finds_it_suspended(held: Any, at: Any) -> None:
    """An event at an instant is taken before a timer of that instant: the resumption is the event's."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰", until=str(at("2026-11-13 08:00")))

    entry = held.by_lead("RESUMED", "2026-11-13 08:00")
    held.live_until("2026-11-13 08:00")

    assert (entry["outcome"], entry["from_status"], entry["to_status"]) == ("APPLIED", "SUSPENDED", "SIGNED")
    assert held.told("AUTO_RESUMED") == []


def test_resumed_early_it_does_not_end_again(held: Any, at: Any) -> None:
    """The rest of the suspension is void; the due comes back by as much."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰", until=str(at("2026-11-13 08:00")))
    held.by_lead("RESUMED", "2026-11-12 08:00")
    held.live_until("2026-11-13 18:00")

    assert held.due_of("handle") == "2026-11-17 18:00"
    assert held.told("AUTO_RESUMED") == []


def test_one_that_had_ended_before_it_began_changes_nothing(held: Any, at: Any) -> None:
    """Until an instant that is not after its own: recorded."""
    entry = held.by_desk("SUSPENDED", "2026-11-11 08:00", reason="x", until=str(at("2026-11-11 08:00")))

    assert (entry["outcome"], entry["reason"], held.now["status"]) == ("RECORDED", "suspension_over", "SIGNED")


@pytest.mark.parametrize(
    ("kind", "attributes", "unit"),
    [
        ("RETURNED", {"reason": "不在职责范围"}, "230202003-WG"),
        ("WHISTLED", {"reason": "无执法权", "whistle_level": "key"}, "LS-GR"),
    ],
)
def test_a_return_or_a_whistle_leaves_it_in_force(held: Any, kind: str, attributes: Any, unit: str) -> None:
    """Another unit gets a suspended case, and its clocks begin suspended."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰")

    entry = held.by_lead(kind, "2026-11-11 09:00", **attributes)

    assert (entry["outcome"], entry["to_status"], held.now["lead"]["unit"]) == ("APPLIED", "SUSPENDED", unit)
    assert held.clock("handle", leg=2)["pauses"] == [held.now["suspension"]]
    assert held.clock("sign", leg=2)["pauses"] == [held.now["suspension"]]

    held.live_until("2026-11-21 08:00")
    assert held.now["status"] == "DISPATCHED"


def test_a_raised_level_leaves_it_in_force(held: Any) -> None:
    """The county gets the case suspended."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰")
    for hour in (9, 10):
        held.on("URGED", f"2026-11-11 {hour:02}:00")

    assert (held.now["status"], held.now["lead"]["unit"]) == ("SUSPENDED", "LS-GR")


def test_a_signature_within_it_is_a_signature(held: Any) -> None:
    """The new unit signs while work pauses, and goes on as signed."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰")
    held.by_lead("RETURNED", "2026-11-11 09:00", reason="不在职责范围")
    held.by_lead("SIGNED", "2026-11-11 10:00")
    assert held.now["status"] == "SUSPENDED"

    held.by_lead("RESUMED", "2026-11-12 08:00")

    assert held.now["status"] == "SIGNED"


def test_what_nobody_holds_can_be_suspended_and_goes_on_registered(life: Any) -> None:
    """直接办理 pauses as well, by a word of the command centre."""
    life.on("REPORTED", "2026-11-10 08:00", attributes={"handle_mode": "DIRECT"})
    life.by_desk("SUSPENDED", "2026-11-10 09:00", reason="待上级答复")
    assert life.now["status"] == "SUSPENDED"

    life.live_until("2026-11-20 09:00")

    assert life.now["status"] == "REGISTERED"


def test_rework_is_not_suspended(held: Any) -> None:
    """Done while suspended: the next cycle begins at full speed."""
    held.by_lead("SUSPENDED", "2026-11-11 08:00", reason="结冰")
    held.by_lead("DONE", "2026-11-12 08:00")
    held.called("2026-11-12 09:00", "DISSATISFIED")

    assert (held.now["status"], held.now["suspension"]) == ("DISPATCHED", None)
    assert held.clock("handle", 2)["pauses"] == []
