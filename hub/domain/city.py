"""A city as data: its divisions, units, staff endpoints, categories and rules, indexed for lookups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from hub.domain.calendar import CalendarEdition as CalendarEdition
from hub.domain.calendar import WorkCalendar as WorkCalendar
from hub.domain.event import Category
from hub.domain.level import LevelRules
from hub.domain.limits import Limits
from hub.domain.policy import Policy as Policy
from hub.domain.tiers import Tier
from hub.domain.versions import by_date, in_force, named
from hub.domain.worktime import WorkTime

UnitKind = Literal["department", "street_office", "squad", "operator", "duty_desk"]
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(slots=True, frozen=True)
class Division:
    """A county-level division (区, 县, 市): 6 digits."""

    code: str
    name: str


@dataclass(slots=True, frozen=True)
class Street:
    """A street or town (街道, 镇, 乡): 9 digits, 12 in the statistical table (with `000` behind)."""

    code: str
    name: str
    division: str


@dataclass(slots=True, frozen=True)
class Unit:
    """A body that a case is dispatched to. `division` and `street` are None above their tier."""

    code: str
    name: str
    tier: Tier
    division: str | None
    street: str | None
    kind: UnitKind


@dataclass(slots=True, frozen=True)
class Endpoint:
    """A staff terminal of a unit. Active from `active_from` to `active_to`, both days included."""

    endpoint_id: str
    unit: str
    name: str
    active_from: date
    active_to: date | None

    def is_active(self, on: date) -> bool:
        """Whether dispatches may go to it on that day."""
        return self.active_from <= on and (self.active_to is None or on <= self.active_to)


@dataclass(slots=True, frozen=True)
class RoutingRow:
    """One line of the routing table; `*` stands for any. Valid on both end days; `valid_to` None: until further.

    `category` is a code or a prefix of whole levels; among rows equally specific the lower `priority` goes first.
    """

    row: str
    valid_from: date
    valid_to: date | None
    division: str
    street: str
    scheme: str
    category: str
    tier: Tier
    unit: str
    priority: int

    def is_valid(self, on: date) -> bool:
        """Whether the row holds on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(slots=True, frozen=True)
class Area:
    """The box of degrees that holds the city: smallest and largest longitude and latitude."""

    lon: tuple[float, float]
    lat: tuple[float, float]


RoutingKey = tuple[Tier, str, str, str]
"""Tier, place (street, division or `*`), scheme (or `*`), category prefix (or `*`)."""


@dataclass(slots=True, frozen=True)
class City:
    """Everything the rules need to know about one city. Build it with `City.of`, which makes the indexes.

    Limits, policy and calendar have versions: `limits`, `policy` and `calendar` are the newest; `…_at` gives what
    is in force for something new, `…_of` what an older case was given (the newest where the folder has lost it).
    """

    code: str
    name: str
    utc_offset_hours: int
    area: Area
    divisions: Mapping[str, Division]
    streets: Mapping[str, Street]
    communities: Mapping[str, str]
    units: Mapping[str, Unit]
    endpoints: Mapping[str, Endpoint]
    categories: Mapping[tuple[str, str], str]
    routing: tuple[RoutingRow, ...]
    level_rules: LevelRules
    limits: Limits
    policy: Policy
    calendar: WorkCalendar
    limits_versions: tuple[Limits, ...] = field(repr=False)
    policies: tuple[Policy, ...] = field(repr=False)
    editions: tuple[CalendarEdition, ...] = field(repr=False)
    rows: Mapping[RoutingKey, tuple[RoutingRow, ...]] = field(repr=False)
    desks: Mapping[str, Unit] = field(repr=False)
    staff: Mapping[str, tuple[tuple[bytes, Endpoint], ...]] = field(repr=False)
    category_codes: Mapping[tuple[str, str], str] = field(repr=False)
    worktimes: Mapping[tuple[str, str], WorkTime] = field(repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *,
        code: str,
        name: str,
        utc_offset_hours: int,
        area: Area,
        divisions: Iterable[Division],
        streets: Iterable[Street],
        communities: Mapping[str, str],
        units: Iterable[Unit],
        endpoints: Iterable[Endpoint],
        categories: dict[tuple[str, str], str],
        routing: Iterable[RoutingRow],
        level_rules: LevelRules,
        limits: Limits,
        policy: Policy,
        calendar: WorkCalendar,
        limits_versions: Iterable[Limits] = (),
        policies: Iterable[Policy] = (),
        editions: Iterable[CalendarEdition] = (),
    ) -> "City":
        """A city with its indexes. `categories` maps (scheme, code) to the path, inner levels included.

        Where there are several versions of limits, policy or calendar, all of them in any order; the newest takes
        the place of the single one.
        """
        limits_by_date = by_date(limits_versions) or (limits,)
        policies_by_date = by_date(policies) or (policy,)
        editions = tuple(sorted(editions, key=lambda edition: edition.since)) or (CalendarEdition(0, calendar),)
        units = tuple(units)
        endpoints = tuple(endpoints)
        routing = tuple(routing)
        return cls(
            code=code,
            name=name,
            utc_offset_hours=utc_offset_hours,
            area=area,
            divisions={division.code: division for division in divisions},
            streets={street.code: street for street in streets},
            communities=communities,
            units={unit.code: unit for unit in units},
            endpoints={endpoint.endpoint_id: endpoint for endpoint in endpoints},
            categories=categories,
            routing=routing,
            level_rules=level_rules,
            limits=limits_by_date[-1],
            policy=policies_by_date[-1],
            calendar=editions[-1].calendar,
            limits_versions=limits_by_date,
            policies=policies_by_date,
            editions=editions,
            rows=_index_rows(routing),
            desks={place_of(unit, code): unit for unit in units if unit.kind == "duty_desk"},
            staff=_index_staff(endpoints),
            category_codes={(scheme, path): code for (scheme, code), path in reversed(categories.items())},
            worktimes={
                (version.version, edition.calendar.version): WorkTime.of(edition.calendar, version.office_hours)
                for version in policies_by_date
                for edition in editions
            },
        )

    def limits_at(self, on: date) -> Limits:
        """The limits in force on a day; before the first version's day, the first."""
        return in_force(self.limits_versions, on)

    def limits_of(self, version: str) -> Limits:
        """The limits of a version."""
        return named(self.limits_versions, version)

    def policy_at(self, on: date) -> Policy:
        """The policy in force on a day; before the first version's day, the first."""
        return in_force(self.policies, on)

    def policy_of(self, version: str) -> Policy:
        """The policy of a version."""
        return named(self.policies, version)

    def calendar_at(self, received_at: int) -> WorkCalendar:
        """The calendar for what was received at an instant (epoch milliseconds)."""
        for edition in reversed(self.editions):
            if edition.since <= received_at:
                return edition.calendar
        return self.editions[0].calendar

    def calendar_of(self, version: str) -> WorkCalendar:
        """The calendar of a version."""
        for edition in self.editions:
            if edition.calendar.version == version:
                return edition.calendar
        return self.calendar

    def worktime_at(self, policy_version: str, received_at: int) -> WorkTime:
        """The working time by a policy's office hours, by the calendar for what was received at an instant."""
        return self.worktime_of(policy_version, self.calendar_at(received_at).version)

    def worktime_of(self, policy_version: str, calendar_version: str) -> WorkTime:
        """The working time by the office hours of a policy and a calendar, each by its version."""
        found = self.worktimes.get((policy_version, calendar_version))
        if found is not None:
            return found
        return self.worktimes[self.policy_of(policy_version).version, self.calendar_of(calendar_version).version]

    def local_date(self, instant: int) -> date:
        """The city's date at an instant (epoch milliseconds)."""
        return date.fromordinal(_EPOCH + (instant + self.utc_offset_hours * 3_600_000) // 86_400_000)

    def category_code(self, category: Category | None) -> str | None:
        """The code of an event's category; found by its path where the source gave no code."""
        if category is None:
            return None
        if category["code"] is not None or category["path"] is None:
            return category["code"]
        return self.category_codes.get((category["scheme"], category["path"]))

    def place_name(self, code: str | None) -> str:
        """The name of a division, street or community; the code itself where it is not in the tables."""
        if code is None:
            return ""
        division = self.divisions.get(code)
        street = self.streets.get(code)
        found = division or street
        return found.name if found else self.communities.get(code, code)


def place_of(unit: Unit, city_code: str) -> str:
    """The code of the place a unit answers for: its street, its division or the city."""
    return unit.street or unit.division or city_code


def _index_rows(routing: tuple[RoutingRow, ...]) -> dict[RoutingKey, tuple[RoutingRow, ...]]:
    index: dict[RoutingKey, list[RoutingRow]] = {}
    for row in routing:
        place = row.street if row.street != "*" else row.division
        index.setdefault((row.tier, place, row.scheme, row.category), []).append(row)
    return {key: tuple(sorted(rows, key=lambda row: (row.priority, row.row))) for key, rows in index.items()}


def _index_staff(endpoints: tuple[Endpoint, ...]) -> dict[str, tuple[tuple[bytes, Endpoint], ...]]:
    index: dict[str, list[tuple[bytes, Endpoint]]] = {}
    for endpoint in endpoints:
        index.setdefault(endpoint.unit, []).append((endpoint.endpoint_id.encode(), endpoint))
    return {unit: tuple(staff) for unit, staff in index.items()}
