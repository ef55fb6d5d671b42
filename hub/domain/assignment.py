"""Who gets a case: level, tier, unit and endpoint as the city's rules and tables say for the case as it stands."""

from typing import Final

from hub.domain.case import CaseState, Party, Role, RuleRef
from hub.domain.city import City
from hub.domain.dispatch import dispatch_id
from hub.domain.level import LevelDecision, LevelFacts, decide_level, raise_level
from hub.domain.routing import endpoint_for, route
from hub.domain.tiers import Tier, WhistleLevel, higher_level, higher_tier, tier_above, tier_of

_WHISTLE_RULE: Final = "whistle"


def assess(case: CaseState, city: City, at: int, whistle_level: WhistleLevel | None = None) -> LevelDecision:
    """The level that the city's rules give the case now. `at` is the instant the latest report speaks of."""
    category = case["category"]
    location = case["location"]
    facts = LevelFacts(
        source=case["source"],
        channel=case["channel"],
        on=city.local_date(at),
        scheme=category["scheme"] if category is not None else None,
        category=city.category_code(category),
        urgency=case["urgency"],
        division=location["division"] if location is not None else None,
        urged=case["urged_in_cycle"],
        returned=case["returned"],
        callers=max(1, len(case["reporters"])),
        secret=case["secret"],
        whistle_level=whistle_level,
        attributes=case["attributes"],
    )
    return decide_level(city.level_rules, facts)


def set_level(case: CaseState, decided: LevelDecision) -> None:
    """Write level, tier and the rule behind them into the case."""
    case["level"] = decided.level
    case["tier"] = decided.tier
    case["rule"] = {"rule_id": decided.rule_id, "version": decided.version, "matched": decided.matched}


def reassess(case: CaseState, city: City) -> bool:
    """Raise the level where the rules now ask for more; tells whether level or tier rose."""
    return _rise(case, assess(case, city, case["reported_at"]))


def blow_up(case: CaseState, city: City, asked: WhistleLevel | None) -> None:
    """What a whistle does to level and tier: at least the level asked for, at least one tier up."""
    level, tier = case["level"] or "ordinary", case["tier"] or "street"
    _rise(case, assess(case, city, case["reported_at"], asked))
    level = higher_level(case["level"] or level, asked or level)
    tier = higher_tier(higher_tier(tier_above(tier), tier_of(level)), case["tier"] or tier)
    matched: dict[str, str] = {"whistle_level": asked} if asked else {}
    _rise(case, LevelDecision(level, tier, _WHISTLE_RULE, city.level_rules.version, matched))


def next_lead(case: CaseState, city: City, now: int) -> Party:
    """The lead at the case's tier, passing over the units that returned it."""
    location = case["location"]
    found = route(
        city,
        location["division"] if location is not None else None,
        location["street"] if location is not None else None,
        case["category"],
        case["tier"] or "street",
        city.local_date(now),
        frozenset(case["past_units"]),
    )
    return party(case, city, found.unit.code, "LEAD", now, no_route=found.no_route)


def would_move(case: CaseState, city: City, now: int) -> bool:
    """Whether the case as it stands belongs to another unit than its lead."""
    lead = case["lead"]
    return lead is None or next_lead(case, city, now)["unit"] != lead["unit"]


def party(case: CaseState, city: City, unit: str, role: Role, now: int, *, no_route: bool = False) -> Party:
    """A unit's part in the current leg; the tier is that of the endpoint, whose inbox the dispatch goes to."""
    endpoint = endpoint_for(city, unit, case["case_id"], city.local_date(now))
    return {
        "dispatch_id": dispatch_id(case["case_id"], case["cycle"], case["leg"], unit, role),
        "role": role,
        "tier": city.units[endpoint.unit].tier,
        "unit": unit,
        "endpoint_id": endpoint.endpoint_id,
        "no_route": no_route,
        "dispatched_at": now,
        "signed_at": None,
        "done_at": None,
    }


def _rise(case: CaseState, decided: LevelDecision) -> bool:
    rule: RuleRef = case["rule"] or {"rule_id": "", "version": "", "matched": {}}
    level: WhistleLevel = case["level"] or "ordinary"
    tier: Tier = case["tier"] or "street"
    current = LevelDecision(level, tier, rule["rule_id"], rule["version"], rule["matched"])
    risen = raise_level(current, decided)
    if risen is current:
        return False
    set_level(case, risen)
    return True
