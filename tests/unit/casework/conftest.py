"""A small city and the life of one case, told event by event."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.domain.case import CaseState, Entry, Position
from hub.domain.city import Area, City, Division, Endpoint, Policy, RoutingRow, Street, Unit, WorkCalendar
from hub.domain.decide import Decision, decide
from hub.domain.dispatch import Dispatch
from hub.domain.event import CaseEvent
from hub.domain.identity import event_id
from hub.domain.level import LevelRule, LevelRules
from hub.domain.limits import Limit, LimitRow, Limits
from schemas.codec import Codec

CASE = "hotline:HL2026111000017"
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


def row(name: str, tier: str, unit: str, category: str = "*", priority: int = 1, place: str = "*") -> RoutingRow:
    """A routing row of Longsha for hotline categories."""
    scheme = "*" if category == "*" else "12345"
    return RoutingRow(name, DAY_ONE, None, "230202", place, scheme, category, tier, unit, priority)  # type: ignore[arg-type]


def small_city() -> City:
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
    return City.of(
        code="2302",
        name="齐齐哈尔市",
        utc_offset_hours=8,
        divisions=[Division("230202", "龙沙区"), Division("230203", "建华区")],
        streets=[Street("230202003", "正阳街道", "230202")],
        communities={},
        units=units,
        endpoints=staff,
        categories={("12345", "040201"): "公共服务->供热->室温不达标"},
        routing=[
            row("s1", "street", "230202003-JD", place="230202003"),
            row("s2", "street", "230202003-WG", priority=2, place="230202003"),
            row("c1", "county", "LS-GR", "0402"),
            row("c2", "county", "LS-GA", priority=2),
            row("z1", "city", "QQHR-ZJ"),
        ],
        level_rules=LevelRules("2026-11", rules),
        limits=Limits.of("v1", LIMITS),
        policy=Policy(
            "v1", 0.8, Limit(1, "work_day"), (("08:00", "18:00"),), Limit(10, "natural_day"), 3, same_place_days=7
        ),
        area=Area((122.0, 127.0), (45.5, 49.2)),
        calendar=WorkCalendar("v1", frozenset({2026}), {}),
    )


def an_event(kind: str, at: str = "2026-11-10 08:00", **changes: Any) -> CaseEvent:
    """An event of the hotline's heating case; keywords replace fields, `token` and `secret` the reporter's."""
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
            "token": changes.pop("token", None),
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
    """One case living through events, by the rules alone: no Kafka, no bytes."""

    city: City
    case: CaseState | None = None
    dispatches: list[Dispatch] = field(default_factory=list)
    offset: int = 0

    def take(self, event: CaseEvent) -> Decision:
        """Let the case take an event; its arguments must come out of it unchanged."""
        before = deepcopy((event, self.case))
        decision = decide(event, self.case, self.city, Position(2, self.offset))
        assert (event, self.case) == before, "decide changed its arguments"
        assert decision == decide(event, self.case, self.city, Position(2, self.offset))
        self.offset += 1
        self.case = decision.case or self.case
        self.dispatches += decision.dispatches
        return decision

    def on(self, kind: str, at: str, **changes: Any) -> Entry:
        """Build an event, let the case take it, give back what is on record about it."""
        event = an_event(kind, at, **changes)
        self.take(event)
        return next(entry for entry in self.now["decisions"] if entry["event_id"] == event["event_id"])

    def by_lead(self, kind: str, at: str, **attributes: str) -> Entry:
        """An action of the endpoint that holds the case, under the hub's own dispatch id."""
        lead = self.now["lead"]
        assert lead is not None
        own = {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}
        return self.on(kind, at, attributes=own | attributes)

    @property
    def now(self) -> CaseState:
        """The case as it stands."""
        assert self.case is not None
        return self.case

    def sent(self, since: int = 0) -> list[tuple[str, str, str]]:
        """Action, role and unit of every dispatch, from the given one on."""
        return [(one["action"], one["role"], one["unit"]) for one in self.dispatches[since:]]


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
def make_event() -> Callable[..., CaseEvent]:
    """Makes events of the heating case."""
    return an_event


@pytest.fixture(scope="session")
def codec() -> Codec:
    """The hub's codec with the ids of the lock file."""
    return Codec()
