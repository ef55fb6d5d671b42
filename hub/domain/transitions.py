"""The table of allowed transitions: what a word about a case does in each status. docs/case-life.md gives reasons.

A word is an event's kind, except for citymgmt's own states: HANDLED and CLOSED say DONE, VOIDED says WITHDRAWN.
The table is the plain answer; three things that a table cannot see may lessen it in `hub.domain.guards`: an update
older than what it would change, an endpoint that does not hold the case, a return without a reason.
"""

from typing import Final, NamedTuple

from hub.domain.case import STATUSES, Outcome, Status
from hub.domain.event import CaseEvent, Kind


class Step(NamedTuple):
    """The outcome, the status after it (None: unchanged) and a reason code, empty where it is plainly applied."""

    outcome: Outcome
    status: Status | None = None
    reason: str = ""


LATE: Final = Step("RECORDED", None, "late")
"""Older than what it would change."""

_PARK: Final = Step("PARKED", "AWAITED", "early")
_TAKE: Final = Step("APPLIED")
_NOTE: Final = Step("RECORDED")
_CLOSED_NOTE: Final = Step("RECORDED", None, "closed")
_CLOSED: Final = Step("REFUSED", None, "closed")
_NOT_DISPATCHED: Final = Step("REFUSED", None, "not_dispatched")
_SECOND: Final = Step("RECORDED", None, "second_report")
_TO_DISPATCHED: Final = Step("APPLIED", "DISPATCHED")
_TO_SIGNED: Final = Step("APPLIED", "SIGNED")
_TO_SUSPENDED: Final = Step("APPLIED", "SUSPENDED")
_TO_DONE: Final = Step("APPLIED", "DONE")
_TO_ANSWERED: Final = Step("APPLIED", "ANSWERED")
_TO_WITHDRAWN: Final = Step("APPLIED", "WITHDRAWN")
_TO_MERGED: Final = Step("APPLIED", "MERGED")


def _already(status: str) -> Step:
    return Step("RECORDED", None, f"already_{status}")


_NOT_SUSPENDED: Final = Step("RECORDED", None, "not_suspended")

# One row a word, one column a status, in the order of STATUSES:
#  AWAITED, REGISTERED, DISPATCHED, SIGNED, SUSPENDED, DONE, ANSWERED, WITHDRAWN, MERGED, CLOSED
_Row = tuple[Step, Step, Step, Step, Step, Step, Step, Step, Step, Step]


def _row(waiting: Step, registered: Step, held: tuple[Step, Step, Step], ended: tuple[Step, ...]) -> _Row:
    """AWAITED; REGISTERED; DISPATCHED, SIGNED, SUSPENDED; DONE, ANSWERED, WITHDRAWN, MERGED, CLOSED."""
    done, answered, withdrawn, merged, closed = ended
    return (waiting, registered, *held, done, answered, withdrawn, merged, closed)


def _all(step: Step) -> tuple[Step, Step, Step]:
    return (step, step, step)


_NOTED: Final = (_CLOSED_NOTE,) * 5
_REFUSED: Final = (_CLOSED,) * 5
_NOT_DONE: Final = Step("PARKED", None, "not_done")

_ROWS: Final[dict[Kind, _Row]] = {
    "REPORTED": _row(_TO_DISPATCHED, _SECOND, _all(_SECOND), (_SECOND,) * 5),
    "SUPPLEMENTED": _row(_PARK, _TAKE, _all(_TAKE), _NOTED),
    "URGED": _row(_PARK, _TAKE, _all(_TAKE), _NOTED),
    "WITHDRAWN": _row(
        _PARK,
        _TO_WITHDRAWN,
        _all(_TO_WITHDRAWN),
        (_TO_WITHDRAWN, _TO_WITHDRAWN, _already("withdrawn"), _CLOSED_NOTE, _TO_WITHDRAWN),
    ),
    "ANSWERED": _row(
        _PARK,
        _TO_ANSWERED,
        _all(_TO_ANSWERED),
        (_TO_ANSWERED, _already("answered"), _CLOSED_NOTE, _CLOSED_NOTE, _CLOSED_NOTE),
    ),
    "SIGNED": _row(_PARK, _NOT_DISPATCHED, (_TO_SIGNED, _already("signed"), _TAKE), _REFUSED),
    "RETURNED": _row(_PARK, _NOT_DISPATCHED, (_TO_DISPATCHED, _TO_DISPATCHED, _TAKE), _REFUSED),
    "WHISTLED": _row(_PARK, _NOT_DISPATCHED, (_TO_DISPATCHED, _TO_DISPATCHED, _TAKE), _REFUSED),
    "EXTENDED": _row(_PARK, _TAKE, _all(_TAKE), _REFUSED),
    "SUSPENDED": _row(_PARK, _TO_SUSPENDED, (_TO_SUSPENDED, _TO_SUSPENDED, _already("suspended")), _REFUSED),
    "RESUMED": _row(_PARK, _NOT_SUSPENDED, (_NOT_SUSPENDED, _NOT_SUSPENDED, _TO_DISPATCHED), _REFUSED),
    "DONE": _row(
        _PARK,
        _TO_DONE,
        _all(_TO_DONE),
        (_already("done"), _TO_DONE, _CLOSED, _CLOSED, _already("closed")),
    ),
    "VISITED": _row(_PARK, _NOT_DONE, _all(_NOT_DONE), (_TAKE, _TAKE, _CLOSED_NOTE, _CLOSED_NOTE, _TAKE)),
    "NOTED": _row(_PARK, _NOTE, _all(_NOTE), (_NOTE,) * 5),
    "STATE_CHANGED": _row(_PARK, _TAKE, _all(_TAKE), (_NOTE,) * 5),
    "MERGED": _row(
        _PARK, _TO_MERGED, _all(_TO_MERGED), (_TO_MERGED, _TO_MERGED, _CLOSED_NOTE, _already("merged"), _TO_MERGED)
    ),
    "APPEALED": _row(_PARK, _TAKE, _all(_TAKE), (_TAKE,) * 5),
    "RECALCULATED": _row(_PARK, _TAKE, _all(_TAKE), (_TAKE, _TAKE, _CLOSED_NOTE, _CLOSED_NOTE, _CLOSED_NOTE)),
}

TRANSITIONS: Final[dict[tuple[Status, Kind], Step]] = {
    (status, kind): step for kind, row in _ROWS.items() for status, step in zip(STATUSES, row, strict=True)
}

_STATE_WORDS: Final[dict[str, Kind]] = {"HANDLED": "DONE", "CLOSED": "DONE", "VOIDED": "WITHDRAWN"}
_UNKNOWN_WORD: Final = Step("RECORDED", None, "unknown_kind")


def word_of(event: CaseEvent) -> Kind:
    """What the event says about the case."""
    if event["kind"] == "STATE_CHANGED":
        return _STATE_WORDS.get(event["attributes"].get("state", ""), "STATE_CHANGED")
    return event["kind"]


def step_of(status: Status, word: Kind) -> Step:
    """The table's answer. A kind newer than this program (read as UNKNOWN) is recorded, or parked with the rest."""
    step = TRANSITIONS.get((status, word))
    if step is not None:
        return step
    return _PARK if status == "AWAITED" else _UNKNOWN_WORD
