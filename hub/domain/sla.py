"""What the world is told about deadlines, as Avro records: outcomes, notices, letters to be numbered."""

from typing import Literal, TypedDict

from hub.domain.limits import ClockName
from hub.domain.tiers import Tier, WhistleLevel

SlaKind = Literal[
    "AT_RISK",
    "FIRST_TIMEOUT",
    "SECOND_TIMEOUT",
    "MET",
    "EXTENSION_REQUESTED",
    "EXTENDED",
    "EXTENSION_REFUSED",
    "AUTO_RESUMED",
    "DUE_CHANGED",
    "APPEALED",
    "EXCUSED",
    "APPEAL_REJECTED",
    "CALL_BACKS_OPENED",
    "REWORK",
    "SIGNED_OFF",
    "STRUCK_OFF",
]
"""The first four are a clock's outcomes (calendar/README.md); the others tell what moved, excused or ended one."""

NoticeKind = Literal[
    "SMS", "LETTER", "LEADER_FORWARD", "SUPERVISION_ENTRY", "SUPERVISION_REMOVAL", "CALL_BACK_TASK"
]
RecipientRole = Literal["endpoint", "unit", "leader", "supervision", "call_back"]


class SlaEvent(TypedDict):
    """One fact about a clock (`hub.v1.SlaEvent`).

    `due_at` is the instant it belongs to, `happened_at` when it came about, `at` when the hub said so; `late` where
    an outage of the hub put that off. `event_id` names the event that brought it about, None: the clock itself.
    """

    sla_event_id: str
    case_id: str
    case_version: int
    outcome: SlaKind
    clock: ClockName
    cycle: int
    leg: int
    due_at: int | None
    at: int
    late: bool
    provisional: bool
    tier: Tier | None
    level: WhistleLevel | None
    division: str | None
    unit: str | None
    endpoint_id: str | None
    policy: str
    event_id: str | None
    happened_at: int | None
    category: str | None
    reason: str | None
    details: dict[str, str]


class Notice(TypedDict):
    """One message to one recipient (`hub.v1.Notice`), in the words that it is sent with. Nothing of a citizen."""

    notice_id: str
    kind: NoticeKind
    case_id: str
    case_version: int
    cycle: int
    recipient: str
    recipient_role: RecipientRole
    number: str | None
    division: str | None
    unit: str | None
    due_at: int | None
    at: int
    late: bool
    text: str
    attributes: dict[str, str]


class LetterRequest(TypedDict):
    """Asks for a numbered letter and its supervision entry, or for the entry's removal (`hub.v1.LetterRequest`)."""

    entry_id: str
    kind: Literal["ISSUE", "REMOVE"]
    case_id: str
    case_version: int
    cycle: int
    leg: int
    clock: ClockName
    division: str
    tier: Tier | None
    unit: str | None
    unit_name: str | None
    endpoint_id: str | None
    leader: str
    leader_title: str
    subject: str
    due_at: int | None
    second_due_at: int | None
    at: int
    late: bool
    reason: str | None
