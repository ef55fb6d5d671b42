"""A small city and the life of one case, told event by event."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.domain.case import CaseState, ClockRecord, Entry, Position
from hub.domain.city import Area, City, Division, Endpoint, Policy, RoutingRow, Street, Unit, WorkCalendar
from hub.domain.deadlines import Telling
from hub.domain.decide import Decision, decide, pass_time
from hub.domain.dispatch import Dispatch
from hub.domain.event import CaseEvent
from hub.domain.identity import event_id
from hub.domain.level import LevelRule, LevelRules
from hub.domain.limits import Limit, LimitRow, Limits
from hub.domain.sla import LetterRequest, Notice, SlaEvent
from hub.domain.status_updates import StatusUpdate
from schemas.codec import Codec

CASE = "hotline:HL2026111000017"
CALLER = "a" * 32
DAY_ONE = date(2026, 1, 1)


def limit_row(row: str, level: str, urgency: str, sign: Limit, handle: Limit, total: Limit | None) -> LimitRow:
    """A limits row of any category; call-backs have two work days."""
    return LimitRow(row, "*", "*", level, urgency, sign, handle, Limit(2, "work_day"), total)


LIMITS = (
    limit_row("L1", "ordinary", "*", Limit(4, "work_hour"), Limit(5, "work_day"), None),
    limit_row("L2", "key", "*", Limit(2, "work_hour"), Limit(3, "work_day"), None),
    limit_row("L3", "key", "CRITICAL", Limit(0.5, "urgent_hour"), Limit(3, "urgent_hour"), None),
    limit_row("L4", "difficult", "*", Limit(4, "work_hour"), Limit(15, "work_day"), Limit(60, "natural_day")),
)


def ms(text: str) -> int:
    """An instant written in Qiqihar's time, as epoch milliseconds."""
    naive = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return int(naive.timestamp() * 1000) - 8 * 3_600_000


def text_of(instant: int | None) -> str | None:
    """Epoch milliseconds written in Qiqihar's time, as `ms` reads them."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant / 1000 + 8 * 3600, UTC).strftime("%Y-%m-%d %H:%M")


def policy_of(**changes: Any) -> Policy:
    """The small city's policy: office hours without lunch, suspensions of ten days, three calls."""
    policy = Policy(
        "v1", 0.8, Limit(1, "work_day"), (("08:00", "18:00"),), Limit(10, "natural_day"), 3, same_place_days=7
    )
    return replace(policy, **changes)


def row(name: str, tier: str, unit: str, category: str = "*", priority: int = 1, place: str = "*") -> RoutingRow:
    """A routing row of Longsha for hotline categories."""
    scheme = "*" if category == "*" else "12345"
    return RoutingRow(name, DAY_ONE, None, "230202", place, scheme, category, tier, unit, priority)  # type: ignore[arg-type]


def small_city(**changes: Any) -> City:
    """Longsha with one street: two units below, two at the county, one at the city, a duty desk at each tier."""
    units = [
        Unit("QQHR-ZHZX", "市指挥中心", "city", None, None, "duty_desk"),
        Unit("QQHR-ZJ", "市住建局", "city", None, None, "department"),
        Unit("QQHR-HB", "市生态环境局", "city", None, None, "department"),
        Unit("LS-ZHZX", "龙沙区指挥中心", "county", "230202", None, "duty_desk"),
        Unit("LS-GR", "龙沙区供热管理站", "county", "230202", None, "department"),
        Unit("LS-GA", "龙沙区公安分局", "county", "230202", None, "department"),
        Unit("230202003-ZB", "正阳街道值班", "street", "230202", "230202003", "duty_desk"),
        Unit("230202003-JD", "正阳街道", "street", "230202", "230202003", "street_office"),
        Unit("230202003-WG", "正阳街道网格队", "street", "230202", "230202003", "squad"),
    ]
    staff = [
        Endpoint(f"EP-{(unit.division or '230200')}-{number:02}{seat:02}", unit.code, f"岗{seat}", DAY_ONE, None)
        for number, unit in enumerate(units, 1)
        for seat in (1, 2, 3)
    ]
    staff.append(Endpoint("EP-230203-0001", "JH-ZHZX", "岗1", DAY_ONE, None))
    units.append(Unit("JH-ZHZX", "建华区指挥中心", "county", "230203", None, "duty_desk"))
    rules = (
        LevelRule(rule_id="whistle-difficult", level="difficult", whistle_levels=frozenset({"difficult"})),
        LevelRule(rule_id="whistle-key", level="key", whistle_levels=frozenset({"key"})),
        LevelRule(rule_id="returned-thrice", level="difficult", min_returned=3),
        LevelRule(
            rule_id="heating-critical",
            level="key",
            categories=(("12345", "0402"),),
            urgencies=frozenset({"CRITICAL"}),
        ),
        LevelRule(rule_id="urged-twice", level="key", min_urged=2),
        LevelRule(rule_id="returned-twice", level="key", min_returned=2),
        LevelRule(rule_id="several-callers", level="key", min_callers=3),
    )
    parts: dict[str, Any] = {
        "code": "2302",
        "name": "齐齐哈尔市",
        "utc_offset_hours": 8,
        "divisions": [Division("230202", "龙沙区"), Division("230203", "建华区")],
        "streets": [Street("230202003", "正阳街道", "230202")],
        "communities": {},
        "units": units,
        "endpoints": staff,
        "categories": {("12345", "040201"): "公共服务->供热->室温不达标"},
        "routing": [
            row("s1", "street", "230202003-JD", place="230202003"),
            row("s2", "street", "230202003-WG", priority=2, place="230202003"),
            row("c1", "county", "LS-GR", "0402"),
            row("c2", "county", "LS-GA", priority=2),
            row("z1", "city", "QQHR-ZJ"),
        ],
        "level_rules": LevelRules("2026-11", rules),
        "limits": Limits.of("v1", LIMITS),
        "policy": policy_of(),
        "area": Area((122.0, 127.0), (45.5, 49.2)),
        "calendar": WorkCalendar("v1", frozenset({2026}), {}),
    }
    return City.of(**parts | changes)


def an_event(kind: str, at: str = "2026-11-10 08:00", **changes: Any) -> CaseEvent:
    """An event of the hotline's heating case; keywords replace fields, `token` and `secret` the reporter's.

    A report names its caller unless it says otherwise.
    """
    is_action = kind in ("SIGNED", "RETURNED", "WHISTLED", "EXTENDED", "SUSPENDED", "RESUMED", "DONE", "NOTED")
    occurred_at = ms(at)
    case_id = changes.pop("case_id", CASE)
    source = changes.pop("source", "endpoint" if is_action else case_id.partition(":")[0])
    event: dict[str, Any] = {
        "event_id": "",
        "case_id": case_id,
        "kind": kind,
        "source": source,
        "channel": "phone" if kind == "REPORTED" else "other",
        "source_case_id": case_id.partition(":")[2],
        "source_event_id": f"{kind}/{occurred_at}",
        "occurred_at": occurred_at,
        "received_at": occurred_at + 1500,
        "reporter": {
            "token": changes.pop("token", CALLER if kind == "REPORTED" else None),
            "has_contact": False,
            "secret": changes.pop("secret", False),
        },
        "location": None,
        "category": None,
        "urgency": None,
        "title": None,
        "text": None,
        "attachments": [],
        "attributes": {},
        "raw": {"topic": "raw.hotline", "partition": 3, "offset": 41},
    }
    event["reporter"]["has_contact"] = event["reporter"]["token"] is not None
    if kind == "REPORTED":
        event |= {
            "location": {
                "division": "230202",
                "street": "230202003",
                "community": "230202003005",
                "grid": None,
                "address": "松涛小区6号楼",
                "lon": 123.95713,
                "lat": 47.31745,
                "crs": "GCJ02",
            },
            "category": {"scheme": "12345", "code": "040201", "path": "公共服务->供热->室温不达标"},
            "urgency": "URGENT",
            "title": "室温不达标",
            "text": "室内只有14度",
        }
    event |= changes
    event["event_id"] = event_id(event)  # type: ignore[arg-type]
    return event  # type: ignore[return-value]


@dataclass
class Life:
    """One case living through events and time, by the rules alone: no Kafka, no bytes."""

    city: City
    case: CaseState | None = None
    dispatches: list[Dispatch] = field(default_factory=list)
    facts: list[SlaEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    letters: list[LetterRequest] = field(default_factory=list)
    updates: list[StatusUpdate] = field(default_factory=list)
    due: int | None = None
    offset: int = 0

    def take(self, event: CaseEvent, told_at: int | None = None) -> Decision:
        """Let the case take an event; its arguments must come out of it unchanged."""
        telling = Telling(told_at) if told_at is not None else None
        before = deepcopy((event, self.case))
        decision = decide(event, self.case, self.city, Position(2, self.offset), telling)
        assert (event, self.case) == before, "decide changed its arguments"
        assert decision == decide(event, self.case, self.city, Position(2, self.offset), telling)
        self.offset += 1
        self._keep(decision)
        return decision

    def live_until(self, at: str, told_at: int | None = None) -> None:
        """Time passes: each timer up to and including an instant fires for its own, told then unless said later."""
        while self.due is not None and self.due <= ms(at):
            before = deepcopy(self.case)
            decision = pass_time(self.now, self.city, self.due, Telling(told_at or self.due))
            assert self.case == before, "pass_time changed its argument"
            assert decision.next_timer is None or decision.next_timer > self.due
            self.due = decision.next_timer
            self._keep(decision)

    def _keep(self, decision: Decision) -> None:
        if decision.case is None:
            return
        self.case, self.due = decision.case, decision.next_timer
        self.dispatches += decision.dispatches
        self.facts += decision.events
        self.notices += decision.notices
        self.letters += decision.letters
        self.updates += decision.updates

    def on(self, kind: str, at: str, **changes: Any) -> Entry:
        """Build an event of the case, let the case take it, give back what is on record about it."""
        if self.case is not None:
            changes.setdefault("case_id", self.case["case_id"])
        event = an_event(kind, at, **changes)
        self.take(event)
        return next(entry for entry in self.now["decisions"] if entry["event_id"] == event["event_id"])

    def by_lead(self, kind: str, at: str, **attributes: str) -> Entry:
        """An action of the endpoint that holds the case, under the hub's own dispatch id."""
        lead = self.now["lead"]
        assert lead is not None
        own = {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}
        return self.on(kind, at, attributes=own | attributes)

    def by_desk(self, kind: str, at: str, **attributes: str) -> Entry:
        """A decision of the command centre."""
        return self.on(kind, at, source="desk", attributes=attributes)

    def called(self, at: str, satisfaction: str = "SATISFIED", solved: str = "SOLVED", **changes: Any) -> Entry:
        """A call-back that was connected, with the caller's two answers."""
        answers = {"visit_connected": "true", "visit_solved": solved, "visit_satisfaction": satisfaction}
        return self.on("VISITED", at, attributes=answers, **changes)

    def not_reached(self, at: str, **changes: Any) -> Entry:
        """A call-back that was not connected."""
        return self.on("VISITED", at, attributes={"visit_connected": "false"}, **changes)

    @property
    def now(self) -> CaseState:
        """The case as it stands."""
        assert self.case is not None
        return self.case

    def sent(self, since: int = 0) -> list[tuple[str, str, str]]:
        """Action, role and unit of every dispatch, from the given one on."""
        return [(one["action"], one["role"], one["unit"]) for one in self.dispatches[since:]]

    def told(self, *kinds: str) -> list[tuple[str, str, int, int, str | None]]:
        """Outcome, clock, cycle, leg and due of every fact, or of the facts of some kinds."""
        return [
            (one["outcome"], one["clock"], one["cycle"], one["leg"], text_of(one["due_at"]))
            for one in self.facts
            if not kinds or one["outcome"] in kinds
        ]

    def fact(self, kind: str) -> SlaEvent:
        """The only fact of a kind."""
        (found,) = [one for one in self.facts if one["outcome"] == kind]
        return found

    def clock(self, name: str, cycle: int = 1, leg: int = 1) -> ClockRecord:
        """The last clock of that name, cycle and leg."""
        place = (name, cycle, leg)
        return [one for one in self.now["clocks"] if (one["name"], one["cycle"], one["leg"]) == place][-1]

    def due_of(self, name: str, cycle: int = 1, leg: int = 1) -> str | None:
        """When that clock is due."""
        return text_of(self.clock(name, cycle, leg)["due_at"])

    def results(self, cycle: int = 1) -> list[str | None]:
        """What became of the call-backs of a cycle."""
        return [one["result"] for one in self.now["call_backs"] if one["cycle"] == cycle]


@pytest.fixture(scope="session")
def city() -> City:
    """The small city."""
    return small_city()


@pytest.fixture
def life(city: City) -> Life:
    """A case of which nothing has arrived yet."""
    return Life(city)


@pytest.fixture
def new_life(city: City) -> Callable[[], Life]:
    """Makes lives, where a test needs several."""
    return lambda: Life(city)


@pytest.fixture(scope="session")
def life_under() -> Callable[..., Life]:
    """`life_under(on_return="desk")`: a life by the small city's policy with what differs."""
    return lambda **changes: Life(small_city(policy=policy_of(**changes)))


@pytest.fixture(scope="session")
def life_in() -> Callable[..., Life]:
    """`life_in(limits=…)`: a life in the small city with what differs."""
    return lambda **changes: Life(small_city(**changes))


@pytest.fixture(scope="session")
def make_policy() -> Callable[..., Policy]:
    """`make_policy(version="v2")`: the small city's policy with what differs."""
    return policy_of


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    """`at("2026-11-10 08:00")` in Qiqihar's time, as epoch milliseconds."""
    return ms


@pytest.fixture(scope="session")
def make_event() -> Callable[..., CaseEvent]:
    """Makes events of the heating case."""
    return an_event


@pytest.fixture(scope="session")
def codec() -> Codec:
    """The hub's codec with the ids of the lock file."""
    return Codec()
