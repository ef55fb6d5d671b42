"""Where a case stood at an instant, read from the decisions that its state keeps."""

from dataclasses import dataclass
from typing import Final

from hub.domain.case import ENDED, CaseState, Entry, Status
from hub.domain.event import Kind

_WITH_UNIT: Final[frozenset[Status]] = frozenset({"DISPATCHED", "SIGNED", "SUSPENDED"})
_TAKEN_BACK: Final[frozenset[Status]] = frozenset({"WITHDRAWN", "MERGED"})


@dataclass(slots=True, frozen=True)
class Standing:
    """A case at an instant. `by` is the kind of the event that led to the status.

    `taken` counts the changes of status that had happened, `has_unit` says whether a unit had had the case by then.
    """

    status: Status
    by: Kind
    has_unit: bool
    taken: int

    @property
    def is_ended(self) -> bool:
        """Nobody worked on it."""
        return self.status in ENDED


class History:
    """The changes of status of one case, in the order in which the hub took them."""

    __slots__ = ("_changes", "_reported_at", "_status")

    def __init__(self, case: CaseState) -> None:
        self._reported_at = case["reported_at"]
        self._status = case["status"]
        self._changes: list[Entry] = [
            entry for entry in case["decisions"] if entry["from_status"] != entry["to_status"]
        ]

    def before(self, instant: int) -> Standing | None:
        """Where the case stood when the instant came; None: it was not reported yet.

        The last change whose own time lies before the instant holds: the order is the hub's, the time the source's.
        So of two changes whose times contradict their order the later one says when the earlier one was over.
        """
        if self._reported_at >= instant:
            return None
        for taken in range(len(self._changes), 0, -1):
            if self._changes[taken - 1]["at"] < instant:
                return self._standing(taken)
        return None

    def is_opened(self, since: Standing, until: Standing) -> bool:
        """Whether the case was open at any time after the one standing up to the other."""
        return any(change["to_status"] not in ENDED for change in self._changes[since.taken : until.taken])

    @property
    def is_explained(self) -> bool:
        """Whether the decisions lead to the status that the case has, as far as open or ended goes."""
        return bool(self._changes) and (self._changes[-1]["to_status"] in ENDED) == (self._status in ENDED)

    def _standing(self, taken: int) -> Standing:
        last = self._changes[taken - 1]
        if last["to_status"] == "CLOSED" and taken > 1 and self._changes[taken - 2]["to_status"] in _TAKEN_BACK:
            # Closed for good, a withdrawn case stays a withdrawn one.
            last = self._changes[taken - 2]
        has_unit = any(change["to_status"] in _WITH_UNIT for change in self._changes[:taken])
        return Standing(last["to_status"], last["kind"], has_unit, taken)
