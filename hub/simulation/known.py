"""What the hub knows of a simulated case by its own rules, so that each actor does what its real one would."""

from connectors.sources import SOURCES
from hub.domain.case import ENDED, CaseState, ClockRecord, Party, Position
from hub.domain.city import City
from hub.domain.deadlines import Telling
from hub.domain.decide import Decision, decide, pass_time
from hub.domain.identity import complete
from hub.domain.limits import ClockName
from hub.simulation.draft import Draft
from hub.simulation.package import payload_of

# Tokens do not matter here: nothing leaves but endpoint and dispatch ids.
_KEY = b"a key for the simulation alone"
_NOWHERE = Position(0, 0)


class Known:
    """One case as the rules see it after the records given to it and the time that has passed."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.case: CaseState | None = None
        self.next_timer: int | None = None

    def take(self, draft: Draft, at_ms: int) -> None:
        """Let the rules decide on one more record of the case, heard of at that instant."""
        source = SOURCES[draft.source]
        payload, content_type = payload_of(draft)
        (record,) = source.split(payload, {"content-type": content_type})
        event = complete(source.map(record), _KEY)
        event["received_at"] = at_ms
        self._keep(decide(event, self.case, self._city, _NOWHERE))

    def pass_time(self, at_ms: int) -> None:
        """Let every deadline up to that instant come."""
        while self.case is not None and self.next_timer is not None and self.next_timer <= at_ms:
            decision = pass_time(self.case, self._city, self.next_timer, Telling(self.next_timer))
            self.next_timer = decision.next_timer
            self.case = decision.case or self.case

    @property
    def is_open(self) -> bool:
        """Reported, and not ended."""
        return self.case is not None and self.case["status"] not in ENDED and self.case["status"] != "AWAITED"

    @property
    def is_suspended(self) -> bool:
        """Work pauses."""
        return self.case is not None and self.case["status"] == "SUSPENDED"

    @property
    def suspended_until(self) -> int | None:
        """When work goes on by itself."""
        suspension = self.case["suspension"] if self.case is not None else None
        return suspension["end_at"] if suspension is not None else None

    @property
    def lead(self) -> Party | None:
        """Who has the open case in hand."""
        return self.case["lead"] if self.case is not None and self.is_open else None

    @property
    def helpers(self) -> list[Party]:
        """Who was called in to help with the open case, and is not done."""
        if self.case is None or not self.is_open:
            return []
        return [party for party in self.case["co_handlers"] if party["done_at"] is None]

    @property
    def calls_owed(self) -> int:
        """How many callers are still to be called back after the present cycle."""
        case = self.case
        if case is None or case["status"] not in ("DONE", "ANSWERED"):
            return 0
        return sum(one["result"] is None and one["cycle"] == case["cycle"] for one in case["call_backs"])

    def clock(self, name: ClockName) -> ClockRecord | None:
        """The running clock of that name."""
        clocks = self.case["clocks"] if self.case is not None else []
        return next((one for one in clocks if one["name"] == name and one["end"] is None), None)

    def breached(self) -> list[ClockRecord]:
        """Every clock that was missed, running or ended."""
        return [one for one in self.case["clocks"] if one["breached"]] if self.case is not None else []

    def _keep(self, decision: Decision) -> None:
        if decision.case is not None:
            self.case, self.next_timer = decision.case, decision.next_timer
