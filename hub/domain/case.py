"""A case as the hub keeps it: the state (`hub.v1.CaseState`) and what one event did to it.

Like the event these are the Avro records seen from Python: plain dictionaries, typed here.
"""

from typing import Final, Literal, NamedTuple, TypedDict

from hub.domain.event import Attachment, CaseEvent, Category, Kind, Location, Urgency
from hub.domain.tiers import Tier, WhistleLevel

Status = Literal["AWAITED", "REGISTERED", "DISPATCHED", "SIGNED", "SUSPENDED", "DONE", "ANSWERED", "WITHDRAWN"]
Outcome = Literal["APPLIED", "RECORDED", "REFUSED", "PARKED"]
Role = Literal["LEAD", "CO_HANDLER"]

STATUSES: Final[tuple[Status, ...]] = (
    "AWAITED",
    "REGISTERED",
    "DISPATCHED",
    "SIGNED",
    "SUSPENDED",
    "DONE",
    "ANSWERED",
    "WITHDRAWN",
)
CLOSED: Final[frozenset[Status]] = frozenset({"DONE", "ANSWERED", "WITHDRAWN"})


class RuleRef(TypedDict):
    """The level rule that decided, and the values it matched."""

    rule_id: str
    version: str
    matched: dict[str, str]


class Party(TypedDict):
    """A unit, and the endpoint within it, that has the case. `dispatched_at` is the hub's clock."""

    dispatch_id: str
    role: Role
    tier: Tier
    unit: str
    endpoint_id: str
    no_route: bool
    dispatched_at: int
    signed_at: int | None
    done_at: int | None


class Entry(TypedDict):
    """What one event did to the case (Avro `Decision`); `at` is the event's `occurred_at`."""

    version: int
    event_id: str
    kind: Kind
    at: int
    outcome: Outcome
    reason: str
    from_status: Status | None
    to_status: Status
    event_partition: int
    event_offset: int
    dispatch_ids: list[str]


class CaseState(TypedDict):
    """Where a case stands. Instants are epoch milliseconds; all but `Party.dispatched_at` by the source's clock.

    `parked` holds the early events themselves; the row keeps them encoded (`streams.casework.rows`).
    `clocks` and `call_backs` stay empty until deadlines run.
    """

    case_id: str
    version: int
    status: Status
    source: str
    source_case_id: str
    channel: str
    level: WhistleLevel | None
    tier: Tier | None
    rule: RuleRef | None
    cycle: int
    leg: int
    leg_at: int
    pause_at: int | None
    lead: Party | None
    co_handlers: list[Party]
    unknown_targets: list[str]
    first_unit: str | None
    past_units: list[str]
    secret: bool
    reporters: list[str]
    location: Location | None
    category: Category | None
    urgency: Urgency | None
    title: str | None
    text: str | None
    attachments: list[Attachment]
    attributes: dict[str, str]
    reported_at: int
    last_at: int
    closed_at: int | None
    urged: int
    returned: int
    seen: list[str]
    parked: list[CaseEvent]
    decisions: list[Entry]
    clocks: list[object]
    call_backs: list[object]


class Position(NamedTuple):
    """Where an event stands in the unified topic."""

    partition: int
    offset: int


def awaited(case_id: str) -> CaseState:
    """A case of which nothing is known yet but its id."""
    source, _, source_case_id = case_id.partition(":")
    return {
        "case_id": case_id,
        "version": 0,
        "status": "AWAITED",
        "source": source,
        "source_case_id": source_case_id,
        "channel": "other",
        "level": None,
        "tier": None,
        "rule": None,
        "cycle": 1,
        "leg": 1,
        "leg_at": 0,
        "pause_at": None,
        "lead": None,
        "co_handlers": [],
        "unknown_targets": [],
        "first_unit": None,
        "past_units": [],
        "secret": False,
        "reporters": [],
        "location": None,
        "category": None,
        "urgency": None,
        "title": None,
        "text": None,
        "attachments": [],
        "attributes": {},
        "reported_at": 0,
        "last_at": 0,
        "closed_at": None,
        "urged": 0,
        "returned": 0,
        "seen": [],
        "parked": [],
        "decisions": [],
        "clocks": [],
        "call_backs": [],
    }
