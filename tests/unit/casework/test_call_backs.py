"""Call-backs: who is owed one, what each answer comes to, and when the case is closed (销号)."""

from typing import Any

import pytest

A, B, C = "a" * 32, "b" * 32, "c" * 32


def done(life: Any, *callers: str, at: str = "2026-11-10 15:00", **report: Any) -> None:
    """A case of these callers, reported at 08:00 and done by its lead."""
    first, *others = callers or (A,)
    life.on("REPORTED", "2026-11-10 08:00", token=first, **report)
    for minute, other in enumerate(others, 1):
        life.on("SUPPLEMENTED", f"2026-11-10 08:0{minute}", token=other)
    life.by_lead("SIGNED", "2026-11-10 09:00")
    life.by_lead("DONE", at)


def test_each_caller_is_owed_a_call_back_when_the_work_is_done(life: Any) -> None:
    """Two callers, two obligations, due by the row of the limits: two work days after the end."""
    done(life, A, B)

    owed = [(one["token"], one["result"], one["cycle"], one["due_at"]) for one in life.now["call_backs"]]
    due_at = life.clock("call_back")["due_at"]
    assert owed == [(A, None, 1, due_at), (B, None, 1, due_at)]
    assert life.due_of("call_back") == "2026-11-12 15:00"
    assert life.now["status"] == "DONE"


def test_a_task_for_each_caller_names_nobody(life: Any) -> None:
    """Who calls back learns that there are two callers, and looks up whom in the system of the hotline."""
    done(life, A, B)

    tasks = [one for one in life.notices if one["kind"] == "CALL_BACK_TASK"]
    assert [one["attributes"] for one in tasks] == [{"caller": "1"}, {"caller": "2"}]
    assert {one["recipient"] for one in tasks} == {"QQHR-ZHZX"}
    assert A not in str(life.notices + life.facts)
    assert B not in str(life.notices + life.facts)
    assert life.told("CALL_BACKS_OPENED") == [("CALL_BACKS_OPENED", "call_back", 1, 1, "2026-11-12 15:00")]


@pytest.mark.parametrize(
    ("solved", "satisfaction", "result"),
    [
        ("SOLVED", "SATISFIED", "SATISFIED"),
        ("SOLVED", "BASICALLY_SATISFIED", "BASICALLY_SATISFIED"),
        ("SOLVED", "REFUSED", "REFUSED"),
        ("SOLVED", "NOT_RATED", "REFUSED"),
    ],
)
def test_a_caller_who_wants_nothing_more_settles_the_call_back(
    life: Any, solved: str, satisfaction: str, result: str
) -> None:
    """满意, 基本满意, 拒访, 未评价: the case is closed in the very event, both answers kept as they were given."""
    done(life)

    entry = life.called("2026-11-11 09:00", satisfaction, solved)

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", result.lower(), "CLOSED")
    (call_back,) = life.now["call_backs"]
    assert (call_back["result"], call_back["attempts"], call_back["settled_at"]) == (result, 1, entry["at"])
    assert (call_back["solved"], call_back["satisfaction"]) == (solved, satisfaction)
    assert life.now["signed_off_at"] == entry["at"]


@pytest.mark.parametrize(
    ("solved", "satisfaction", "result"),
    [
        ("UNSOLVED", "DISSATISFIED", "UNSOLVED"),
        ("UNSOLVED", "SATISFIED", "UNSOLVED"),
        ("PARTLY_SOLVED", "SATISFIED", "PARTLY_SOLVED"),
        ("SOLVED", "DISSATISFIED", "DISSATISFIED"),
    ],
)
def test_a_caller_who_wants_more_brings_the_case_back(
    life: Any, solved: str, satisfaction: str, result: str
) -> None:
    """未解决, 部分解决, 不满意: friendly words about an unsolved matter do not solve it."""
    done(life)

    entry = life.called("2026-11-11 09:00", satisfaction, solved)

    assert (entry["outcome"], entry["reason"]) == ("APPLIED", f"rework_{result.lower()}")
    assert (entry["to_status"], life.now["cycle"]) == ("DISPATCHED", 2)
    assert life.results() == [result]


def test_a_call_that_was_not_connected_only_counts(life: Any) -> None:
    """The caller is still owed one, and the case stays done."""
    done(life)

    entry = life.not_reached("2026-11-11 09:00")

    assert (entry["outcome"], entry["reason"], entry["to_status"]) == ("APPLIED", "not_reached", "DONE")
    assert [(one["attempts"], one["result"]) for one in life.now["call_backs"]] == [(1, None)]


def test_a_caller_who_answers_none_of_three_calls_is_unreachable(life: Any) -> None:
    """Settled, and never satisfied: the policy says how often to try."""
    done(life)
    reasons = [life.not_reached(f"2026-11-11 {hour:02}:00")["reason"] for hour in (9, 10, 11)]

    assert reasons == ["not_reached", "not_reached", "unreachable"]
    assert (life.results(), life.now["status"]) == (["UNREACHABLE"], "CLOSED")


def test_the_policy_says_how_many_calls_make_unreachable(life_under: Any) -> None:
    """A city that tries once calls it a day after one."""
    life = life_under(call_back_attempts=1)
    done(life)

    life.not_reached("2026-11-11 09:00")

    assert (life.results(), life.now["status"]) == (["UNREACHABLE"], "CLOSED")


def test_an_answer_after_all_takes_the_place_of_unreachable(life: Any) -> None:
    """The caller rings back: the case was closed, is closed, and its closing is told once."""
    done(life)
    for hour in (9, 10, 11):
        life.not_reached(f"2026-11-11 {hour:02}:00")
    signed_off_at = life.now["signed_off_at"]

    entry = life.called("2026-11-11 16:00")

    assert (entry["outcome"], entry["reason"], life.now["status"]) == ("APPLIED", "satisfied", "CLOSED")
    assert life.results() == ["SATISFIED"]
    assert life.now["signed_off_at"] == signed_off_at
    assert len(life.told("SIGNED_OFF")) == 1


def test_the_case_closes_only_when_all_are_settled(life: Any) -> None:
    """Three callers: satisfied, unreachable, and at last one who refuses to talk."""
    done(life, A, B, C)
    life.called("2026-11-11 09:00", token=B)
    for hour in (10, 11, 12):
        life.not_reached(f"2026-11-11 {hour}:00", token=C)
    assert (life.results(), life.now["status"]) == ([None, "SATISFIED", "UNREACHABLE"], "DONE")
    assert life.told("SIGNED_OFF") == []

    entry = life.called("2026-11-11 14:00", "REFUSED", token=A)

    assert (entry["to_status"], life.results()) == ("CLOSED", ["REFUSED", "SATISFIED", "UNREACHABLE"])
    assert len(life.told("SIGNED_OFF")) == 1


def test_a_call_that_names_nobody_is_taken_for_the_first_who_is_owed_one(life: Any) -> None:
    """Systems that tell only the case's number are heard as well: two calls settle two callers."""
    done(life, A, B)

    life.called("2026-11-11 09:00")
    assert life.results() == ["SATISFIED", None]
    life.called("2026-11-11 10:00")

    assert (life.results(), life.now["status"]) == (["SATISFIED", "SATISFIED"], "CLOSED")


def test_the_clock_of_call_backs_is_kept_with_the_last_of_them(life: Any) -> None:
    """One clock a cycle, whatever the number of callers: MET comes when nobody is owed a call any more."""
    kept = ("MET", "call_back", 1, 1, "2026-11-12 15:00")
    done(life, A, B)
    life.called("2026-11-11 09:00", token=A)
    assert kept not in life.told()

    life.called("2026-11-11 10:00", token=B)

    assert life.told("MET")[-1] == kept


def test_call_backs_that_are_not_made_in_time_are_the_callers_unit_s_timeout(life_under: Any) -> None:
    """The unit that calls back is reminded, not the one that did the work; the breach stays after the call."""
    life = life_under(call_back_unit="LS-GA")
    done(life)

    life.live_until("2026-11-12 15:00")
    life.called("2026-11-12 15:30")

    breach = life.fact("FIRST_TIMEOUT")
    assert (breach["clock"], breach["unit"], breach["event_id"]) == ("call_back", "LS-GA", None)
    reminders = [one["recipient"] for one in life.notices if one["kind"] == "SMS"]
    assert reminders == [breach["endpoint_id"], "LS-GA"]
    assert ("MET", "call_back", 1, 1, "2026-11-12 15:00") not in life.told()
    assert (life.clock("call_back")["end"], life.now["status"]) == ("LATE", "CLOSED")
