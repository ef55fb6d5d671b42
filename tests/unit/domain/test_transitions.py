"""The table of transitions, pair by pair, against an expectation written down a second time."""

from typing import get_args

import pytest

from hub.domain.case import STATUSES, Status
from hub.domain.event import CaseEvent, Kind
from hub.domain.transitions import TRANSITIONS, Step, step_of, word_of

KINDS: tuple[Kind, ...] = get_args(Kind)

# Written on its own, by status, in the words of docs/case-life.md: who changes the table changes both on purpose.
# A=APPLIED, R=RECORDED, X=REFUSED, P=PARKED; after the colon the new status (= unchanged), then the reason.
EXPECTED = {
    "AWAITED": """
        REPORTED A:DISPATCHED
        SUPPLEMENTED P:AWAITED early     URGED P:AWAITED early         WITHDRAWN P:AWAITED early
        ANSWERED P:AWAITED early         SIGNED P:AWAITED early        RETURNED P:AWAITED early
        WHISTLED P:AWAITED early         EXTENDED P:AWAITED early      SUSPENDED P:AWAITED early
        RESUMED P:AWAITED early          DONE P:AWAITED early          VISITED P:AWAITED early
        NOTED P:AWAITED early            STATE_CHANGED P:AWAITED early MERGED P:AWAITED early
        APPEALED P:AWAITED early         RECALCULATED P:AWAITED early""",
    "REGISTERED": """
        REPORTED R:= second_report
        SUPPLEMENTED A:=                 URGED A:=                     WITHDRAWN A:WITHDRAWN
        ANSWERED A:ANSWERED              SIGNED X:= not_dispatched     RETURNED X:= not_dispatched
        WHISTLED X:= not_dispatched      EXTENDED A:=                  SUSPENDED A:SUSPENDED
        RESUMED R:= not_suspended        DONE A:DONE                   VISITED P:= not_done
        NOTED R:=                        STATE_CHANGED A:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED A:=""",
    "DISPATCHED": """
        REPORTED R:= second_report
        SUPPLEMENTED A:=                 URGED A:=                     WITHDRAWN A:WITHDRAWN
        ANSWERED A:ANSWERED              SIGNED A:SIGNED               RETURNED A:DISPATCHED
        WHISTLED A:DISPATCHED            EXTENDED A:=                  SUSPENDED A:SUSPENDED
        RESUMED R:= not_suspended        DONE A:DONE                   VISITED P:= not_done
        NOTED R:=                        STATE_CHANGED A:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED A:=""",
    "SIGNED": """
        REPORTED R:= second_report
        SUPPLEMENTED A:=                 URGED A:=                     WITHDRAWN A:WITHDRAWN
        ANSWERED A:ANSWERED              SIGNED R:= already_signed     RETURNED A:DISPATCHED
        WHISTLED A:DISPATCHED            EXTENDED A:=                  SUSPENDED A:SUSPENDED
        RESUMED R:= not_suspended        DONE A:DONE                   VISITED P:= not_done
        NOTED R:=                        STATE_CHANGED A:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED A:=""",
    "SUSPENDED": """
        REPORTED R:= second_report
        SUPPLEMENTED A:=                 URGED A:=                     WITHDRAWN A:WITHDRAWN
        ANSWERED A:ANSWERED              SIGNED A:=                    RETURNED A:=
        WHISTLED A:=                     EXTENDED A:=                  SUSPENDED R:= already_suspended
        RESUMED A:DISPATCHED             DONE A:DONE                   VISITED P:= not_done
        NOTED R:=                        STATE_CHANGED A:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED A:=""",
    "DONE": """
        REPORTED R:= second_report
        SUPPLEMENTED R:= closed          URGED R:= closed              WITHDRAWN A:WITHDRAWN
        ANSWERED A:ANSWERED              SIGNED X:= closed             RETURNED X:= closed
        WHISTLED X:= closed              EXTENDED X:= closed           SUSPENDED X:= closed
        RESUMED X:= closed               DONE R:= already_done         VISITED A:=
        NOTED R:=                        STATE_CHANGED R:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED A:=""",
    "ANSWERED": """
        REPORTED R:= second_report
        SUPPLEMENTED R:= closed          URGED R:= closed              WITHDRAWN A:WITHDRAWN
        ANSWERED R:= already_answered    SIGNED X:= closed             RETURNED X:= closed
        WHISTLED X:= closed              EXTENDED X:= closed           SUSPENDED X:= closed
        RESUMED X:= closed               DONE A:DONE                   VISITED A:=
        NOTED R:=                        STATE_CHANGED R:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED A:=""",
    "WITHDRAWN": """
        REPORTED R:= second_report
        SUPPLEMENTED R:= closed          URGED R:= closed              WITHDRAWN R:= already_withdrawn
        ANSWERED R:= closed              SIGNED X:= closed             RETURNED X:= closed
        WHISTLED X:= closed              EXTENDED X:= closed           SUSPENDED X:= closed
        RESUMED X:= closed               DONE X:= closed               VISITED R:= closed
        NOTED R:=                        STATE_CHANGED R:=             MERGED R:= closed
        APPEALED A:=                     RECALCULATED R:= closed""",
    "MERGED": """
        REPORTED R:= second_report
        SUPPLEMENTED R:= closed          URGED R:= closed              WITHDRAWN R:= closed
        ANSWERED R:= closed              SIGNED X:= closed             RETURNED X:= closed
        WHISTLED X:= closed              EXTENDED X:= closed           SUSPENDED X:= closed
        RESUMED X:= closed               DONE X:= closed               VISITED R:= closed
        NOTED R:=                        STATE_CHANGED R:=             MERGED R:= already_merged
        APPEALED A:=                     RECALCULATED R:= closed""",
    "CLOSED": """
        REPORTED R:= second_report
        SUPPLEMENTED R:= closed          URGED R:= closed              WITHDRAWN A:WITHDRAWN
        ANSWERED R:= closed              SIGNED X:= closed             RETURNED X:= closed
        WHISTLED X:= closed              EXTENDED X:= closed           SUSPENDED X:= closed
        RESUMED X:= closed               DONE R:= already_closed       VISITED A:=
        NOTED R:=                        STATE_CHANGED R:=             MERGED A:MERGED
        APPEALED A:=                     RECALCULATED R:= closed""",
}
LETTERS = {"A": "APPLIED", "R": "RECORDED", "X": "REFUSED", "P": "PARKED"}


def expectation(text: str) -> dict[str, Step]:
    """The words of one status: `KIND letter:status reason`, the reason left out where there is none."""
    found: dict[str, Step] = {}
    kind = ""
    for word in text.split():
        if word in KINDS:
            kind = word
        elif ":" in word:
            letter, status = word.split(":")
            found[kind] = Step(LETTERS[letter], None if status == "=" else status)
        else:
            found[kind] = found[kind]._replace(reason=word)
    return found


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_pair_of_status_and_kind_has_the_expected_step(status: Status, kind: Kind) -> None:
    """Every pair is allowed, recorded, refused or parked on purpose, with its new status and its reason."""
    assert step_of(status, kind) == expectation(EXPECTED[status])[kind]


def test_the_table_is_complete_and_holds_nothing_else() -> None:
    """Ten statuses times eighteen kinds: no pair is left to chance."""
    assert set(TRANSITIONS) == {(status, kind) for status in STATUSES for kind in KINDS}


def test_a_step_into_a_status_that_does_not_exist_is_impossible() -> None:
    """New statuses are statuses of the schema."""
    assert {step.status for step in TRANSITIONS.values()} <= {None, *STATUSES}


def test_what_is_not_plainly_applied_says_why_or_is_a_mere_note() -> None:
    """Every refusal and parking carries a reason code that a reader can look up."""
    assert all(step.reason for step in TRANSITIONS.values() if step.outcome in ("REFUSED", "PARKED"))


@pytest.mark.parametrize("status", STATUSES)
def test_a_kind_newer_than_the_hub_is_kept_and_changes_nothing(status: Status) -> None:
    """A schema may grow a kind: an older hub reads it as UNKNOWN and records it, or parks it with the rest."""
    step = step_of(status, "UNKNOWN")  # type: ignore[arg-type]

    assert step.outcome == ("PARKED" if status == "AWAITED" else "RECORDED")
    assert step.status in (None, status)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("FILED", "STATE_CHANGED"),
        ("DISPATCHED", "STATE_CHANGED"),
        ("HANDLED", "DONE"),
        ("CHECKED", "STATE_CHANGED"),
        ("CLOSED", "DONE"),
        ("VOIDED", "WITHDRAWN"),
        (None, "STATE_CHANGED"),
    ],
)
def test_citymgmt_states_speak_the_words_of_the_table(state: str | None, word: Kind) -> None:
    """处置 and 结案 say that the work is done, 作废 that there is none to do; the others are news only."""
    attributes = {"state": state} if state else {}
    event: CaseEvent = {"kind": "STATE_CHANGED", "attributes": attributes}  # type: ignore[typeddict-item]

    assert word_of(event) == word
