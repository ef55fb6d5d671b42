"""What the table cannot see: who says it, and whether the word is older than what it would change."""

from typing import Final

from hub.domain.case import CaseState, Party
from hub.domain.city import City
from hub.domain.dispatch import is_own_id
from hub.domain.event import CaseEvent, Kind
from hub.domain.transitions import LATE, Step

_ACTIONS: Final[frozenset[Kind]] = frozenset(
    {"SIGNED", "RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED", "RESUMED", "DONE"}
)
_LEG_BOUND: Final[frozenset[Kind]] = _ACTIONS - {"EXTENDED"}
# They speak about deadlines of any cycle, not about what the case is now.
_TIMELESS: Final[frozenset[Kind]] = frozenset({"APPEALED", "RECALCULATED"})
# Said before a rework, they belong to the cycle that it ended.
_CYCLE_BOUND: Final[frozenset[Kind]] = _ACTIONS | {"ANSWERED", "WITHDRAWN", "MERGED", "VISITED"}
_PAUSES: Final[frozenset[Kind]] = frozenset({"SUSPENDED", "RESUMED"})

NOT_DISPATCHED: Final = Step("REFUSED", None, "not_dispatched")
FOREIGN: Final = "foreign_dispatch"


def co_handler_of(case: CaseState, event: CaseEvent) -> Party | None:
    """The co-handler whose own dispatch the event names, None when it is no action of a co-handler."""
    if event["source"] != "endpoint" or event["kind"] not in _ACTIONS:
        return None
    attributes = event["attributes"]
    for party in case["co_handlers"]:
        if party["dispatch_id"] == attributes.get("dispatch_id"):
            return party if party["endpoint_id"] == attributes.get("endpoint_id") else None
    return None


def guard(case: CaseState, event: CaseEvent, word: Kind, step: Step, city: City) -> Step:
    """The table's step, or a lesser one with its reason."""
    occurred_at = event["occurred_at"]
    closed_at = case["closed_at"]
    lead = case["lead"]
    is_lead_itself = False
    if word in _TIMELESS:
        return step
    if case["cycles"] and word in _CYCLE_BOUND and occurred_at < case["cycles"][-1]["reworked_at"]:
        return LATE
    if word in _ACTIONS and event["source"] == "endpoint" and not is_approving_desk(case, event, city):
        if lead is None:
            # Of a case that waits for a dispatch decision the clock stands still: more time may be asked for it.
            return step if word == "EXTENDED" else NOT_DISPATCHED
        named = event["attributes"].get("dispatch_id", "")
        is_lead_itself = named == lead["dispatch_id"]
        refusal = _refusal(case, lead, event, named, city)
        if refusal:
            return Step("REFUSED", None, refusal)
        if not is_lead_itself and step.outcome == "APPLIED":
            step = step._replace(reason=FOREIGN)
    if step.outcome == "REFUSED":
        is_old = closed_at is not None and occurred_at < closed_at
        return LATE if is_old else step
    if word == "RETURNED":
        if not event["attributes"].get("reason"):
            return Step("REFUSED", None, "no_reason")
        if lead is not None and lead["unit"] == city.desks[city.code].code:
            return Step("REFUSED", None, "last_desk")
    if closed_at is not None:
        # Of two words of the same instant an answer holds over a completion, a withdrawal over both.
        is_old = occurred_at < closed_at or (occurred_at == closed_at and word == "DONE")
        return LATE if is_old and step.outcome == "APPLIED" else step
    return LATE if _is_late(case, word, occurred_at, is_lead_itself, event["source"]) else step


def is_approving_desk(case: CaseState, event: CaseEvent, city: City) -> bool:
    """Whether a duty desk above the holder speaks of an extension: the second of its two approvals."""
    endpoint = city.endpoints.get(event["attributes"].get("endpoint_id", ""))
    if event["kind"] != "EXTENDED" or endpoint is None or city.units[endpoint.unit].kind != "duty_desk":
        return False
    lead, desk = case["lead"], city.units[endpoint.unit]
    if lead is None or lead["unit"] == desk.code:
        return False
    unit = city.units[lead["unit"]]
    return desk.division in (None, unit.division) and desk.street in (None, unit.street)


def _refusal(case: CaseState, lead: Party, event: CaseEvent, named: str, city: City) -> str:
    """Why this endpoint may not act on the case; empty when it may."""
    endpoint_id = event["attributes"].get("endpoint_id", "")
    if named == lead["dispatch_id"]:
        return "" if endpoint_id == lead["endpoint_id"] else "not_holder"
    if any(named == party["dispatch_id"] for party in case["co_handlers"]):
        return "not_holder"
    if is_own_id(named):
        return "not_current"
    return "" if _may_stand_in(case, endpoint_id, city) else "not_holder"


def _may_stand_in(case: CaseState, endpoint_id: str, city: City) -> bool:
    """Whether an endpoint that works by another system's numbering may act: it must not be of another division."""
    endpoint = city.endpoints.get(endpoint_id)
    location = case["location"]
    if endpoint is None or location is None or location["division"] is None:
        return True
    own = city.units[endpoint.unit].division
    return own is None or own == location["division"]


def _is_late(case: CaseState, word: Kind, occurred_at: int, is_lead_itself: bool, source: str) -> bool:
    """Whether the word is older than the leg, the pause or the signature that it would change.

    The lead's own dispatch belongs to the current leg whatever the clocks of two endpoints say.
    """
    lead = case["lead"]
    if (
        word == "RETURNED"
        and lead is not None
        and lead["signed_at"] is not None
        and occurred_at < lead["signed_at"]
    ):
        return True
    if word in _PAUSES and case["pause_at"] is not None and occurred_at < case["pause_at"]:
        return True
    if word not in _LEG_BOUND or is_lead_itself or source != "endpoint":
        return False
    return case["leg"] > 1 and occurred_at < case["leg_at"]
