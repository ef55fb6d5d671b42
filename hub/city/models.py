"""The shapes of a city folder's tables and documents, for pydantic; docs/city-folder.md describes them."""

from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

# pydantic needs this one (its own dependency) below Python 3.12.
from typing_extensions import TypedDict

from hub.domain.city import UnitKind
from hub.domain.event import Urgency
from hub.domain.limits import LimitUnit
from hub.domain.tiers import Tier, WhistleLevel


@lru_cache(maxsize=1024)
def _iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date as 2026-07-01") from None


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
Positive = Annotated[float, Field(gt=0, lt=10_000)]
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
    """limits.csv"""

    row: Name
    scheme: Name
    category: CategoryCode | Wildcard
    level: WhistleLevel | Wildcard
    urgency: Urgency | Wildcard
    sign_value: Positive
    sign_unit: LimitUnit
    handle_value: Positive
    handle_unit: LimitUnit
    call_back_value: Positive
    call_back_unit: LimitUnit
    total_value: Annotated[Positive | None, BeforeValidator(_optional)]
    total_unit: Annotated[LimitUnit | None, BeforeValidator(_optional)]
    version: Name


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


class PolicyDocument(Document):
    """policy.yaml"""

    version: Name
    at_risk_fraction: Annotated[float, Field(gt=0, lt=1)]
    second_grace: Span
    office_hours: Annotated[list[Annotated[list[Hour], Field(min_length=2, max_length=2)]], Field(min_length=1)]
    max_suspension: Span
    call_back_attempts: Annotated[int, Field(ge=1)]
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
