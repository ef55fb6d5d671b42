"""The shapes of a city folder's tables and documents, for pydantic; docs/city-folder.md describes them."""

from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StringConstraints

# pydantic needs this one (its own dependency) below Python 3.12.
from typing_extensions import TypedDict

from hub.domain.city import UnitKind
from hub.domain.event import Urgency
from hub.domain.instants import parse_instant
from hub.domain.limits import LimitUnit
from hub.domain.policy import OnReturn, ReworkTo
from hub.domain.tiers import Tier, WhistleLevel


def _iso_date(value: object) -> date:
    """YAML makes a date of an unquoted one by itself."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = _date_of(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("is not a date as 2026-07-01")
    return found


@lru_cache(maxsize=1024)
def _date_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instant(value: object) -> datetime:
    try:
        return parse_instant(str(value))
    except ValueError:
        raise ValueError("is not an instant with its zone as 2026-11-26T10:00:00+08:00") from None


def _optional(text: object) -> object:
    return None if text == "" else text


def _digits(length: int) -> StringConstraints:
    return StringConstraints(pattern=rf"^[0-9]{{{length}}}$")


Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Day = Annotated[date, BeforeValidator(_iso_date)]
OptionalDay = Annotated[Day | None, BeforeValidator(_optional)]
DivisionCode = Annotated[str, _digits(6)]
StreetCode = Annotated[str, _digits(9)]
CommunityCode = Annotated[str, _digits(12)]
StatisticalStreetCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}000$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)+$")]
EndpointId = Annotated[str, StringConstraints(pattern=r"^EP-[0-9]{6}-[0-9]{4,5}$")]
CategoryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(-[0-9]+)*$")]
OptionalSpanUnit = Annotated[LimitUnit | None, BeforeValidator(_optional)]
Positive = Annotated[float, Field(gt=0, lt=10_000)]
OptionalSpanValue = Annotated[Positive | None, BeforeValidator(_optional)]
Wildcard = Literal["*"]
Channel = Literal[
    "phone",
    "wechat",
    "web",
    "app",
    "province",
    "qr",
    "patrol",
    "party_visit",
    "supervisor",
    "video",
    "letter",
    "other",
]


class StreetRow(TypedDict):
    """streets.csv: the 12 digits of the statistical table; the hub's own code is the first 9."""

    code: StatisticalStreetCode
    name: Name


class CommunityRow(TypedDict):
    """communities.csv"""

    code: CommunityCode
    name: Name


class UnitRow(TypedDict):
    """units.csv"""

    code: UnitCode
    name: Name
    tier: Tier
    division: Annotated[DivisionCode | None, BeforeValidator(_optional)]
    street: Annotated[StreetCode | None, BeforeValidator(_optional)]
    kind: UnitKind


class EndpointRow(TypedDict):
    """endpoints.csv"""

    endpoint: EndpointId
    unit: UnitCode
    name: Name
    active_from: Day
    active_to: OptionalDay


class CategoryRow(TypedDict):
    """categories.csv: every level of a scheme's tree is a row."""

    scheme: Name
    code: CategoryCode
    path: Name


class RoutingCsvRow(TypedDict):
    """routing.csv"""

    row: Name
    valid_from: Day
    valid_to: OptionalDay
    division: DivisionCode | Wildcard
    street: StreetCode | Wildcard
    scheme: Name
    category: CategoryCode | Wildcard
    tier: Tier
    unit: UnitCode
    priority: Annotated[int, Field(ge=0)]


class LimitCsvRow(TypedDict):
    """limits.csv: value and unit of a clock are both empty where the case does not have it."""

    row: Name
    scheme: Name
    category: CategoryCode | Wildcard
    level: WhistleLevel | Wildcard
    urgency: Urgency | Wildcard
    sign_value: OptionalSpanValue
    sign_unit: OptionalSpanUnit
    handle_value: Positive
    handle_unit: LimitUnit
    call_back_value: OptionalSpanValue
    call_back_unit: OptionalSpanUnit
    total_value: OptionalSpanValue
    total_unit: OptionalSpanUnit
    version: Name
    valid_from: NotRequired[OptionalDay]


class StepCsvRow(TypedDict):
    """steps.csv"""

    version: Name
    scheme: Name
    category: CategoryCode | Wildcard
    step: Annotated[int, Field(ge=1)]
    title: Name
    handle_value: Positive
    handle_unit: LimitUnit


class Document(BaseModel):
    """A YAML or JSON document: no unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True)


class DivisionEntry(Document):
    """A county-level division in city.yaml."""

    code: DivisionCode
    name: Name


class AreaEntry(Document):
    """The box that holds the city, in degrees: smallest and largest."""

    lon: Annotated[list[float], Field(min_length=2, max_length=2)]
    lat: Annotated[list[float], Field(min_length=2, max_length=2)]


class CityDocument(Document):
    """city.yaml"""

    code: Annotated[str, _digits(4)]
    name: Name
    utc_offset_hours: Annotated[int, Field(ge=-12, le=14)]
    area: AreaEntry
    divisions: Annotated[list[DivisionEntry], Field(min_length=1)]


class Span(Document):
    """A length of time as a value and its unit."""

    value: Positive
    unit: LimitUnit


Hour = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ExtensionEntry(Document):
    """How far a unit's time can be extended."""

    share: Annotated[float, Field(gt=0, le=10)] | None = None
    times: Annotated[int, Field(ge=0)] | None = None
    approval: bool | None = None


class LeadersEntry(Document):
    """Who answers for the units of a tier: a post, never a person."""

    street: Name
    county: Name
    city: Name


class PolicyDocument(Document):
    """policy.yaml, policy-*.yaml: a key that is absent or null leaves the domain's default."""

    version: Name
    valid_from: Day | None = None
    at_risk_fraction: Annotated[float, Field(gt=0, lt=1)]
    second_grace: Span
    office_hours: Annotated[list[Annotated[list[Hour], Field(min_length=2, max_length=2)]], Field(min_length=1)]
    extension: ExtensionEntry = ExtensionEntry()
    max_suspension: Span | None = None
    on_return: OnReturn | None = None
    rework_to: ReworkTo | None = None
    staff_channels: list[Channel] | None = None
    call_back_attempts: Annotated[int, Field(ge=1)]
    call_back_unit: UnitCode | None = None
    letter_number: Name | None = None
    leaders: LeadersEntry | None = None
    same_place_days: Annotated[int, Field(ge=1)]


MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
SchemedPrefix = Annotated[str, StringConstraints(pattern=r"^[^:]+:[A-Z0-9-]+$")]


class SeasonEntry(Document):
    """A season of every year, month and day, both included."""

    first: Annotated[MonthDay, Field(alias="from")]
    last: Annotated[MonthDay, Field(alias="to")]


class Conditions(Document):
    """What a level rule asks for; all that is stated must hold."""

    source: list[Name] = []
    channel: list[Channel] = []
    category: list[SchemedPrefix] = []
    urgency: list[Urgency] = []
    division: list[DivisionCode] = []
    whistle_level: list[WhistleLevel] = []
    attributes: dict[str, list[str]] = {}
    urged: Annotated[int, Field(ge=1)] | None = None
    returned: Annotated[int, Field(ge=1)] | None = None
    callers: Annotated[int, Field(ge=2)] | None = None
    secret: bool | None = None
    season: SeasonEntry | None = None


class RuleEntry(Document):
    """One level rule."""

    id: Name
    title: Name
    when: Conditions
    level: WhistleLevel
    tier: Tier | None = None


class LevelDocument(Document):
    """level_rules.yaml"""

    version: Name
    rules: list[RuleEntry]


class CalendarDay(BaseModel):
    """A day off or a make-up workday."""

    model_config = ConfigDict(strict=True)

    name: Name
    date: Day
    isOffDay: bool  # noqa: N815 - the field's name in the published data


class CalendarDocument(BaseModel):
    """calendar/<year>.json, as NateScarlet/holiday-cn publishes it (which may have further keys)."""

    model_config = ConfigDict(strict=True)

    year: int
    papers: list[str]
    days: list[CalendarDay]


YearFile = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.json$")]
KeptFile = Annotated[str, StringConstraints(pattern=r"^([0-9]{4}|superseded/[0-9]{4}-[0-9a-f]{8})\.json$")]


class EditionEntry(Document):
    """The calendar files in force from an instant on: by their name, where in `calendar/` each one lies."""

    since: Annotated[datetime, BeforeValidator(_instant)] | None
    version: Name
    files: Annotated[dict[YearFile, KeptFile], Field(min_length=1)]


class EditionsDocument(RootModel[list[EditionEntry]]):
    """calendar/editions.json"""
