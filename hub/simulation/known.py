"""What the hub knows of a simulated case by its own rules, so that each actor does what its real one would."""

from connectors.sources import SOURCES
from hub.domain.call_backs import is_owed
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
    """One case after the records given to it, at the instant up to which time has passed."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.case: CaseState | None = None
        self.next_timer: int | None = None
