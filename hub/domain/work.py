"""One event being taken: the working copy of its case, and what is to be told of it."""

from dataclasses import dataclass, field
from datetime import datetime

from hub.domain.case import ENDED, CaseState, Party
from hub.domain.city import City
from hub.domain.deadlines import Deadlines
from hub.domain.dispatch import Action, Dispatch, to_party
from hub.domain.event import CaseEvent
from hub.domain.instants import from_epoch_ms
from hub.domain.policy import Policy


@dataclass(slots=True)
class Work:
    """The working copy of the case, the city, the hub's instant (epoch ms), the clocks, the dispatches so far."""

    case: CaseState
    event: CaseEvent
    city: City
    now: int
    deadlines: Deadlines
    was_parked: bool = False
    dispatches: list[Dispatch] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """The instant the clocks take the event at: the source's, or the hub's where that is earlier."""
        return from_epoch_ms(clock_instant(self.event))

    @property
    def policy(self) -> Policy:
        """The policy of the day the case was reported."""
        return self.city.policy_of(self.case["policy_version"])

    def send(self, action: Action, reason: str, to: Party, note: str | None = None) -> None:
        """One message to one party, showing the case as it stands now."""
        dispatch = to_party(action, reason, to, self.case, self.event, self.city, note)
        if action != "RECALL":
            dispatch["sign_due_at"] = self.deadlines.due_at("sign")
            dispatch["handle_due_at"] = self.deadlines.due_at("handle")
        self.dispatches.append(dispatch)

    def tell_holders(self, reason: str, note: str | None) -> None:
        """An UPDATE to everyone who still works on the case."""
        for holder in holders(self.case):
            self.send("UPDATE", reason, holder, note)

    def recall_holders(self, reason: str, note: str | None) -> None:
        """A RECALL to everyone who still works on the case."""
        for holder in holders(self.case):
            self.send("RECALL", reason, holder, note)


def clock_instant(event: CaseEvent) -> int:
    """When an event happened as far as clocks are concerned: never after the hub heard of it (epoch ms)."""
    return min(event["occurred_at"], event["received_at"])


def holders(case: CaseState) -> list[Party]:
    """Lead and co-handlers of an open case, without those who are done."""
    if case["status"] in ENDED:
        return []
    lead = [case["lead"]] if case["lead"] is not None else []
    return [one for one in (*lead, *case["co_handlers"]) if one["done_at"] is None]
