"""Loads a city folder into the domain's `City`, or reports every problem of it at once."""

from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from hub.city import check, check_calendar, check_limits, check_policy, check_rules
from hub.city.folder import Folder, read
from hub.city.models import (
    Conditions,
    LevelDocument,
    LimitCsvRow,
    PolicyDocument,
    RuleEntry,
    SeasonEntry,
    Span,
    StepCsvRow,
)
from hub.city.problems import Problems
from hub.domain.city import (
    Area,
    City,
    Division,
    Endpoint,
    Policy,
    RoutingRow,
    Street,
    Unit,
)
from hub.domain.errors import Misconfigured
from hub.domain.level import LevelRule, LevelRules, Season
from hub.domain.limits import Limit, LimitRow, Limits, LimitUnit, Step, StepKey

CHECKS = (
    check.check_places,
    check.check_units,
    check.check_endpoints,
    check.check_categories,
    check_rules.check_routing,
    check_limits.check_limits,
    check_limits.check_steps,
    check_rules.check_levels,
    check_policy.check_policy,
    check_calendar.check_calendar,
)


def load_city(path: Path) -> City:
    """The city of a folder. Raises `Misconfigured` with all problems, each with its file and line."""
    problems = Problems()
    if not path.is_dir():
        raise Misconfigured([f"{path}: is not a folder; give the folder of a city, as deploy/cities/qiqihar"])
    folder = read_folder(path, problems)
    if problems.found:
        raise Misconfigured(problems.found)
    return build(folder)


def read_folder(path: Path, problems: Problems) -> Folder:
    """The folder as read and checked; what is wrong with it is added to the problems."""
    folder = read(path, problems)
    for examine in CHECKS:
        examine(folder, problems)
    return folder


def build(folder: Folder) -> City:
    """The domain's city of a folder without problems."""
    document, levels = folder.city, folder.levels
    if document is None or levels is None:
        raise ValueError("build takes a folder that was read without problems")
    limits = list(_limits(folder))
    policies = [_policy(policy.document) for policy in folder.policies if policy.document is not None]
    editions = [edition.in_force() for edition in folder.editions]
    return City.of(
        code=document.code,
        name=document.name,
        utc_offset_hours=document.utc_offset_hours,
        area=Area(_pair(document.area.lon), _pair(document.area.lat)),
        divisions=[Division(division.code, division.name) for division in document.divisions],
        streets=[Street(row["code"][:9], row["name"], row["code"][:6]) for row in folder.streets.rows],
        communities={row["code"]: row["name"] for row in folder.communities.rows},
        units=[Unit(**row) for row in folder.units.rows],
        endpoints=[
            Endpoint(row["endpoint"], row["unit"], row["name"], row["active_from"], row["active_to"])
            for row in folder.endpoints.rows
        ],
        categories={(row["scheme"], row["code"]): row["path"] for row in folder.categories.rows},
        routing=[RoutingRow(**row) for row in folder.routing.rows],
        level_rules=_level_rules(levels),
        limits=limits[-1],
        policy=policies[-1],
        calendar=editions[-1].calendar,
        limits_versions=limits,
        policies=policies,
        editions=editions,
    )


def _pair(values: list[float]) -> tuple[float, float]:
    return values[0], values[1]


def _limits(folder: Folder) -> Iterator[Limits]:
    """Each version of the limits with its steps, in the order of the table."""
    rows: dict[str, list[LimitCsvRow]] = {}
    for row in folder.limits.rows:
        rows.setdefault(row["version"], []).append(row)
    for version, several in rows.items():
        steps = _steps(row for row in folder.steps.rows if row["version"] == version)
        valid_from = several[0].get("valid_from")
        yield Limits.of(version, [_limit_row(row) for row in several], steps=steps, valid_from=valid_from)


def _steps(rows: Iterator[StepCsvRow]) -> dict[StepKey, list[Step]]:
    steps: dict[StepKey, list[Step]] = {}
    for row in sorted(rows, key=itemgetter("step")):
        step = Step(row["title"], Limit(row["handle_value"], row["handle_unit"]))
        steps.setdefault((row["scheme"], row["category"]), []).append(step)
    return steps


def _limit_row(row: LimitCsvRow) -> LimitRow:
    return LimitRow(
        row=row["row"],
        scheme=row["scheme"],
        category=row["category"],
        level=row["level"],
        urgency=row["urgency"],
        sign=_limit(row["sign_value"], row["sign_unit"]),
        handle=Limit(row["handle_value"], row["handle_unit"]),
        call_back=_limit(row["call_back_value"], row["call_back_unit"]),
        total=_limit(row["total_value"], row["total_unit"]),
    )


def _limit(value: float | None, unit: LimitUnit | None) -> Limit | None:
    return Limit(value, unit) if value is not None and unit is not None else None


def _policy(document: PolicyDocument) -> Policy:
    chosen: dict[str, Any] = {
        "extension_share": document.extension.share,
        "extension_times": document.extension.times,
        "extension_approval": document.extension.approval,
        "on_return": document.on_return,
        "rework_to": document.rework_to,
        "staff_channels": None if document.staff_channels is None else frozenset(document.staff_channels),
        "letter_number": document.letter_number,
        "leaders": document.leaders and document.leaders.model_dump(),
    }
    return Policy(
        version=document.version,
        at_risk_fraction=document.at_risk_fraction,
        second_grace=_span(document.second_grace),
        office_hours=tuple((pair[0], pair[1]) for pair in document.office_hours),
        max_suspension=_span(document.max_suspension) if document.max_suspension else None,
        call_back_attempts=document.call_back_attempts,
        same_place_days=document.same_place_days,
        valid_from=document.valid_from,
        call_back_unit=document.call_back_unit,
        **{name: value for name, value in chosen.items() if value is not None},
    )


def _span(span: Span) -> Limit:
    return Limit(span.value, span.unit)


def _level_rules(document: LevelDocument) -> LevelRules:
    return LevelRules(document.version, tuple(_level_rule(rule) for rule in document.rules))


def _level_rule(rule: RuleEntry) -> LevelRule:
    when: Conditions = rule.when
    return LevelRule(
        rule_id=rule.id,
        title=rule.title,
        level=rule.level,
        tier=rule.tier,
        sources=frozenset(when.source),
        channels=frozenset(when.channel),
        categories=tuple(_scheme_and_prefix(category) for category in when.category),
        urgencies=frozenset(when.urgency),
        divisions=frozenset(when.division),
        whistle_levels=frozenset(when.whistle_level),
        attributes={name: frozenset(values) for name, values in when.attributes.items()},
        min_urged=when.urged or 0,
        min_returned=when.returned or 0,
        min_callers=when.callers or 0,
        secret=when.secret,
        season=_season(when.season) if when.season else None,
    )


def _scheme_and_prefix(category: str) -> tuple[str, str]:
    scheme, _, prefix = category.partition(":")
    return scheme, prefix


def _season(entry: SeasonEntry) -> Season:
    return Season(_month_day(entry.first), _month_day(entry.last))


def _month_day(text: str) -> tuple[int, int]:
    return int(text[:2]), int(text[3:])
