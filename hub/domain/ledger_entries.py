"""What one case counts in: every figure of the ledger it stands in, as it stood at the period's end."""

from collections.abc import Iterator
from typing import Final

from hub.domain.case import CallBack, CaseState, ClockRecord
from hub.domain.case_history import History, Standing
from hub.domain.ledger_terms import ANSWERED_RESULTS, RESULT_FIGURES, SATISFIED_ANSWERS
from hub.domain.period import Period

_WORK_CLOCKS: Final = frozenset({"handle", "total"})


def entries_of(case: CaseState, period: Period) -> Iterator[tuple[str, str]]:
    """Every figure that a case counts in, with what it counts there: itself, or a part of it."""
    case_id = case["case_id"]
    if case["status"] == "AWAITED":
        if any(entry["at"] < period.end for entry in case["decisions"]):
            yield "awaited", case_id
        return
    for name in _case_figures(case, period):
        yield name, case_id
    yield from _signatures(case, period)
    yield from _rework(case, period)
    yield from _call_backs(case, period)
    yield from _supervision(case, period)


def _case_figures(case: CaseState, period: Period) -> Iterator[str]:
    history = History(case)
    if not history.is_explained:
        yield "unexplained"
    until = history.before(period.end)
    if until is None:
        return
    if not until.is_ended:
        yield "carried_forward"
    since = history.before(period.start)
    if since is not None and since.is_ended:
        if history.is_opened(since, until):
            yield "reopened"
            yield "reopened_ended" if until.is_ended else "reopened_open"
        return
    yield "new" if since is None else "carried_over"
    yield "received"
    name = _class_of(until)
    yield name
    if name == "dispatched":
        yield from _timeliness(case, until, period)


def _class_of(standing: Standing) -> str:
    if standing.status == "WITHDRAWN":
        return "rejected" if standing.by == "STATE_CHANGED" else "withdrawn"
    if standing.status == "MERGED":
        return "withdrawn"
    if standing.has_unit:
        return "dispatched"
    return "answered_directly" if standing.is_ended else "open"


def _timeliness(case: CaseState, standing: Standing, period: Period) -> Iterator[str]:
    breached = [
        clock
        for clock in case["clocks"]
        if clock["name"] in _WORK_CLOCKS
        and clock["breached"]
        and clock["due_at"] is not None
        and clock["due_at"] < period.end
    ]
    if standing.is_ended:
        yield "done_late" if breached else "done_in_time"
        if breached and all(_is_excused(clock, period) for clock in breached):
            yield "done_late_excused"
    else:
        yield "open_late" if breached else "open_in_time"
    if any(_came_due(clock, period) for clock in case["clocks"]):
        yield "due"


def _is_excused(clock: ClockRecord, period: Period) -> bool:
    return clock["appeal"] == "EXCUSED" and (clock["appeal_at"] is None or clock["appeal_at"] < period.as_of)


def _came_due(clock: ClockRecord, period: Period) -> bool:
    due_at, ended_at = clock["due_at"], clock["ended_at"]
    if clock["name"] != "handle" or due_at is None or not period.holds(due_at):
        return False
    return clock["end"] not in ("LEG", "STOPPED") or ended_at is None or ended_at > due_at


def _signatures(case: CaseState, period: Period) -> Iterator[tuple[str, str]]:
    """A sign clock that ended unsigned and unbreached was neither kept nor missed: its leg was over."""
    number = 0
    for clock in case["clocks"]:
        if clock["name"] != "sign":
            continue
        number += 1
        if clock["ended_at"] is None or not period.holds(clock["ended_at"]):
            continue
        if clock["end"] == "MET" or clock["breached"]:
            yield "signed_late" if clock["breached"] else "signed_in_time", f"{case['case_id']}#sign{number}"


def _rework(case: CaseState, period: Period) -> Iterator[tuple[str, str]]:
    times = [past["cycle"] for past in case["cycles"] if period.holds(past["reworked_at"])]
    if times:
        yield "rework", case["case_id"]
    for cycle in times:
        yield "rework_times", f"{case['case_id']}#{cycle}"


def _call_backs(case: CaseState, period: Period) -> Iterator[tuple[str, str]]:
    numbers: dict[int, int] = {}
    for one in case["call_backs"]:
        cycle = one["cycle"]
        number = numbers[cycle] = numbers.get(cycle, 0) + 1
        for name in _call_back_figures(one, period):
            yield name, f"{case['case_id']}#{cycle}/{number}"


def _call_back_figures(one: CallBack, period: Period) -> Iterator[str]:
    result = one["result"]
    # An obligation cannot be met before it is there, whatever two clocks say.
    settled_at = None if result is None else max(one["settled_at"] or one["opened_at"], one["opened_at"])
    if one["opened_at"] >= period.end or (settled_at is not None and settled_at < period.start):
        return
    yield "call_backs_owed"
    yield "call_backs_opened" if one["opened_at"] >= period.start else "call_backs_carried"
    if result is None or settled_at is None or settled_at >= period.end:
        yield "call_backs_open"
        return
    yield "call_backs_settled"
    if result in RESULT_FIGURES:
        yield RESULT_FIGURES[result]
    if result in ANSWERED_RESULTS or (result == "REFUSED" and one["solved"] is not None):
        yield "call_backs_answered"
        yield _satisfaction(one)
        yield "answers_solved" if one["solved"] == "SOLVED" else "answers_not_solved"


def _satisfaction(one: CallBack) -> str:
    """By the caller's answer about satisfaction; by the result where the source knows no such answer."""
    said = one["result"] if one["satisfaction"] is None else one["satisfaction"]
    if said in SATISFIED_ANSWERS:
        return "answers_satisfied"
    if said == "DISSATISFIED" or one["solved"] != "SOLVED":
        return "answers_not_satisfied"
    return "answers_not_rated"


def _supervision(case: CaseState, period: Period) -> Iterator[tuple[str, str]]:
    for entry in case["supervision"]:
        opened_at, removed_at = entry["opened_at"], entry["removed_at"]
        if removed_at is not None:
            removed_at = max(removed_at, opened_at)
        if opened_at >= period.end or (removed_at is not None and removed_at < period.start):
            continue
        stands_for = f"{case['case_id']}#{entry['entry_id']}"
        yield "supervision_listed", stands_for
        yield "supervision_opened" if opened_at >= period.start else "supervision_carried", stands_for
        is_removed = removed_at is not None and removed_at < period.end
        yield "supervision_removed" if is_removed else "supervision_open", stands_for
