"""The result of a call-back that comes before what it is about: it waits, and is never lost."""

from typing import Any

A, B = "a" * 32, "b" * 32


def test_a_visit_before_the_completion_waits_for_it(life: Any) -> None:
    """The hotline's topic was quicker than the endpoint's: parked, and taken in the event that ends the work."""
    life.on("REPORTED", "2026-11-10 08:00")
    early = life.called("2026-11-10 16:00")
    assert (early["outcome"], early["reason"], early["to_status"]) == ("PARKED", "not_done", "DISPATCHED")
    assert len(life.now["parked"]) == 1

    life.by_lead("DONE", "2026-11-10 15:00")

    assert (life.now["status"], life.results(), life.now["parked"]) == ("CLOSED", ["SATISFIED"], [])
    assert [(one["kind"], one["outcome"], one["reason"]) for one in life.now["decisions"]] == [
        ("REPORTED", "APPLIED", ""),
        ("DONE", "APPLIED", ""),
        ("VISITED", "APPLIED", "satisfied"),
    ]


def test_a_waiting_dissatisfied_caller_brings_the_case_back_at_once(life: Any) -> None:
    """Done and reworked by one event; the rework counts from the caller's own instant."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.called("2026-11-10 16:00", "DISSATISFIED")

    life.by_lead("DONE", "2026-11-10 15:00")

    assert (life.now["status"], life.now["cycle"]) == ("DISPATCHED", 2)
    assert life.due_of("handle", 2) == "2026-11-17 16:00"


def test_a_visit_older_than_the_completion_it_waited_for_is_late(life: Any) -> None:
    """It was about something else: the caller was asked before the work was done, and is still owed a call."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.called("2026-11-10 14:00", "DISSATISFIED")

    life.by_lead("DONE", "2026-11-10 15:00")

    assert (life.now["status"], life.now["cycle"], life.results()) == ("DONE", 1, [None])
    assert life.now["decisions"][-1]["reason"] == "late"


def test_a_visit_older_than_the_end_is_late_when_it_comes_after_it(life: Any) -> None:
    """In whichever order the two arrive."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("DONE", "2026-11-10 15:00")

    entry = life.called("2026-11-10 14:00", "DISSATISFIED")

    assert (entry["outcome"], entry["reason"], life.now["cycle"]) == ("RECORDED", "late", 1)


def test_a_visit_of_an_unknown_case_waits_for_its_report_and_its_end(life: Any) -> None:
    """Parked twice: first because nothing is known, then because nothing is done; it keeps its place in the log."""
    assert life.called("2026-11-10 16:00")["reason"] == "early"
    assert life.now["status"] == "AWAITED"

    life.on("REPORTED", "2026-11-10 08:00")
    waiting = life.now["decisions"][-1]
    assert (waiting["kind"], waiting["outcome"], waiting["reason"]) == ("VISITED", "PARKED", "not_done")
    assert (life.now["status"], waiting["event_offset"]) == ("DISPATCHED", 0)

    life.by_lead("DONE", "2026-11-10 15:00")

    assert (life.now["status"], life.results()) == ("CLOSED", ["SATISFIED"])
    assert life.now["decisions"][-1]["event_offset"] == 0


def test_waiting_visits_are_taken_in_the_order_in_which_they_were_made(life: Any) -> None:
    """The second caller's complaint waits for the next end; it is older than that and then late."""
    life.on("REPORTED", "2026-11-10 08:00", token=A)
    life.on("SUPPLEMENTED", "2026-11-10 08:30", token=B)
    life.called("2026-11-10 17:00", "SATISFIED", token=B)
    life.called("2026-11-10 16:00", "DISSATISFIED", token=A)

    life.by_lead("DONE", "2026-11-10 15:00")
    assert (life.now["cycle"], life.results()) == (2, ["DISSATISFIED", "REWORKED"])
    assert [one["kind"] for one in life.now["parked"]] == ["VISITED"]

    life.by_lead("DONE", "2026-11-11 15:00")
    assert (life.now["status"], life.results(2), life.now["parked"]) == ("DONE", [None, None], [])


def test_a_visit_that_still_waits_when_the_case_is_withdrawn_is_recorded(life: Any) -> None:
    """It changes nothing any more, and is not left behind."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.called("2026-11-10 16:00")

    life.on("WITHDRAWN", "2026-11-10 17:00")

    assert (life.now["status"], life.now["parked"]) == ("WITHDRAWN", [])
    assert life.now["decisions"][-1]["reason"] == "closed"


def test_versions_of_the_decisions_only_grow_though_one_was_taken_twice(life: Any) -> None:
    """The first taking leaves a gap: every decision has a version of its own, the last one the case's."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.called("2026-11-10 16:00")
    life.by_lead("DONE", "2026-11-10 15:00")

    versions = [one["version"] for one in life.now["decisions"]]
    assert versions == [1, 3, 4]
    assert life.now["version"] == 4
