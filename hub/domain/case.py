"""A case as the hub keeps it: the state (`hub.v1.CaseState`) and what one event did to it.

Like the event these are the Avro records seen from Python: plain dictionaries, typed here.
"""

from typing import Final, Literal, NamedTuple, TypedDict, get_args

from hub.domain.clock import Appeal
from hub.domain.event import Attachment, CaseEvent, Category, Kind, Location, Urgency
from hub.domain.limits import ClockName, LimitUnit
from hub.domain.pauses import PauseReason
from hub.domain.tiers import Tier, WhistleLevel

Status = Literal[
    "AWAITED",
    "REGISTERED",
    "DISPATCHED",
    "SIGNED",
    "SUSPENDED",
    "DONE",
    "ANSWERED",
    "WITHDRAWN",
    "MERGED",
    "CLOSED",
]
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
    "MERGED",
    "CLOSED",
)
ENDED: Final[frozenset[Status]] = frozenset({"DONE", "ANSWERED", "WITHDRAWN", "MERGED", "CLOSED"})
"""Nobody works on the case any more; a done or answered one may come back as rework until it is CLOSED (销号)."""

CallBackResult = Literal[
    "SATISFIED",
    "BASICALLY_SATISFIED",
    "DISSATISFIED",
    "PARTLY_SOLVED",
    "UNSOLVED",
    "UNREACHABLE",
    "REFUSED",
    "IMPOSSIBLE",
    "VERIFIED",
    "REWORKED",
]
CALL_BACK_RESULTS: Final[tuple[CallBackResult, ...]] = get_args(CallBackResult)


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


class PauseRecord(TypedDict):
    """A pause; `end_at` None is open-ended."""

    begin_at: int
    end_at: int | None
    reason: PauseReason


class ClockRecord(TypedDict):
    """One deadline (Avro `Clock`), running where `end` is None. `added` are extensions in the limit's unit.

    `policy` and `outcomes` say in short what the fields behind them say in full: the versions, and what has come.
    """

    name: ClockName
    cycle: int
    leg: int
    started_at: int
    due_at: int | None
    policy: str
    outcomes: list[str]
    limit_value: float
    limit_unit: LimitUnit
    added: list[float]
    at_risk_fraction: float
    grace_value: float
    grace_unit: LimitUnit
    limits_version: str
    policy_version: str
    calendar_version: str
    provisional: bool
    warning_at: int | None
    warning_ahead: bool
    warning_provisional: bool
    warned_at: list[int]
    second_at: int | None
    second_provisional: bool
    breached: bool
    second_passed: bool
    pauses: list[PauseRecord]
    end: str | None
    ended_at: int | None
    appeal: Appeal | None
    appeal_at: int | None


class CallBack(TypedDict):
    """A call-back owed to one caller after one cycle; `result` is None while it is owed.

    `token` is None where there is nobody to call. `solved` and `satisfaction` are the caller's two answers.
    """

    token: str | None
    due_at: int | None
    result: CallBackResult | None
    attempts: int
    cycle: int
    opened_at: int
    settled_at: int | None
    solved: str | None
    satisfaction: str | None
    reason: str | None
    text: str | None


class PastCycle(TypedDict):
    """A cycle that ended in rework, as it was."""

    cycle: int
    lead: Party | None
    co_handlers: list[Party]
    done_at: int | None
    answer: str | None
    reworked_at: int


class Extension(TypedDict):
    """More time asked for. `value` is in the unit of the limit, known once granted; `granted_by` approved it."""

    cycle: int
    leg: int
    asked_by: str
    asked_at: int
    until_at: int | None
    value: float | None
    granted_by: str | None
    granted_at: int | None
    refusal: str | None


class Supervision(TypedDict):
    """An entry on the supervision list of a division; the stage `letters` numbers it."""

    entry_id: str
    clock: ClockName
    cycle: int
    leg: int
    opened_at: int
    removed_at: int | None
    division: str


class CaseState(TypedDict):
    """Where a case stands. Instants are epoch milliseconds by the source's clock, never after the hub heard of it.

    `Party.dispatched_at` is the hub's own, `Entry.at` the source's as it was sent.

    `parked` holds the early events themselves; the row keeps them encoded (`streams.casework.rows`).
    `limits_version` and `policy_version` are those of the day it was reported. `closed_at` is the instant work
    ended, `signed_off_at` that of 销号.
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
    clocks: list[ClockRecord]
    call_backs: list[CallBack]
    limits_version: str
    policy_version: str
    suspension: PauseRecord | None
    urged_in_cycle: int
    step: int
    answer: str | None
    cycles: list[PastCycle]
    extensions: list[Extension]
    supervision: list[Supervision]
    merged_into: str | None
    signed_off_at: int | None


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
        "limits_version": "",
        "policy_version": "",
        "suspension": None,
        "urged_in_cycle": 0,
        "step": 0,
        "answer": None,
        "cycles": [],
        "extensions": [],
        "supervision": [],
        "merged_into": None,
        "signed_off_at": None,
    }
