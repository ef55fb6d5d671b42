"""Knows which endpoint has a case in hand, so that simulated feedback comes from the one that would send it."""

from connectors.sources import SOURCES
from hub.domain.case import CaseState, Position
from hub.domain.city import City
from hub.domain.decide import decide
from hub.domain.identity import complete
from hub.simulation.draft import Draft
from hub.simulation.package import payload_of

# Tokens do not matter here: nothing of the desk leaves it but endpoint and dispatch ids.
_KEY = b"a key for the simulation alone"
_NOWHERE = Position(0, 0)


class Desk:
    """A case as the rules see it after the records given to it."""

    def __init__(self, city: City, report: Draft) -> None:
        self._city = city
        self._case: CaseState | None = None
        self.take(report)

    def take(self, draft: Draft) -> None:
        """Let the rules decide on one more record of the case."""
        source = SOURCES[draft.source]
        payload, content_type = payload_of(draft)
        (record,) = source.split(payload, {"content-type": content_type})
        event = complete(source.map(record), _KEY)
        event["received_at"] = draft.at_ms
        self._case = decide(event, self._case, self._city, _NOWHERE).case or self._case

    @property
    def holder(self) -> tuple[str, str] | None:
        """Endpoint and dispatch of the unit that leads the open case; None without one."""
        if self._case is None or self._case["lead"] is None or self._case["closed_at"] is not None:
            return None
        lead = self._case["lead"]
        return lead["endpoint_id"], lead["dispatch_id"]
