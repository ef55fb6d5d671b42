"""The whistle level of a case: ordered rules of the city, the first that matches wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from hub.domain.categories import prefixes
from hub.domain.event import Urgency
from hub.domain.tiers import Tier, WhistleLevel, higher_level, higher_tier, tier_of

DEFAULT_RULE: Final = "default"


@dataclass(slots=True, frozen=True, kw_only=True)
class LevelFacts:
    """What the rules may look at. `on` is the local date of the latest report (for seasons).

    `urged` counts in the present cycle, `returned` over the life of the case; `callers` counts distinct callers
    who reported the same place and category, the case's own among them; `whistle_level` is the level a street's
    whistle asked for.
    """

    source: str
    channel: str
    on: date
    scheme: str | None = None
    category: str | None = None
    urgency: Urgency | None = None
    division: str | None = None
    urged: int = 0
    returned: int = 0
    callers: int = 1
    secret: bool = False
    whistle_level: WhistleLevel | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Season:
    """Days of the year from `first` to `last`, both included, as (month, day); may run over New Year."""

    first: tuple[int, int]
    last: tuple[int, int]

    def covers(self, on: date) -> bool:
        """Whether the date lies in the season of any year."""
        day = (on.month, on.day)
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last

    def __str__(self) -> str:
        return "{:02}-{:02}..{:02}-{:02}".format(*self.first, *self.last)


@dataclass(slots=True, frozen=True, kw_only=True)
class LevelRule:
    """One rule: all conditions it states must hold; an empty condition is not stated.

    `categories` are pairs of scheme and code prefix. `tier` None means the level's own tier.
    """

    rule_id: str
    level: WhistleLevel
    title: str = ""
    tier: Tier | None = None
    sources: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    categories: tuple[tuple[str, str], ...] = ()
    urgencies: frozenset[str] = frozenset()
    divisions: frozenset[str] = frozenset()
    whistle_levels: frozenset[str] = frozenset()
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    min_urged: int = 0
    min_returned: int = 0
    min_callers: int = 0
    secret: bool | None = None
    season: Season | None = None


@dataclass(slots=True, frozen=True)
class LevelRules:
    """The city's rules in order, with the version that every decision records."""

    version: str
    rules: tuple[LevelRule, ...]


@dataclass(slots=True, frozen=True)
class LevelDecision:
    """A level and its tier with the reason: which rule of which version, and the values it matched."""

    level: WhistleLevel
    tier: Tier
    rule_id: str
    version: str
    matched: dict[str, str]


def decide_level(rules: LevelRules, facts: LevelFacts) -> LevelDecision:
    """The level that the first matching rule gives; without one an ordinary whistle for the street."""
    for rule in rules.rules:
        if _holds(rule, facts):
            tier = rule.tier or tier_of(rule.level)
            return LevelDecision(rule.level, tier, rule.rule_id, rules.version, _matched(rule, facts))
    return LevelDecision("ordinary", tier_of("ordinary"), DEFAULT_RULE, rules.version, {})


def raise_level(current: LevelDecision, decided: LevelDecision) -> LevelDecision:
    """The decision that holds when `decided` meets `current`: neither level nor tier ever falls.

    Where `decided` brings nothing higher, `current` stays as it is, reason included.
    """
    level = higher_level(current.level, decided.level)
    tier = higher_tier(current.tier, decided.tier)
    if (level, tier) == (current.level, current.tier):
        return current
    return replace(decided, level=level, tier=tier)


def _holds(rule: LevelRule, facts: LevelFacts) -> bool:
    """Whether every condition the rule states holds; the cheap and selective ones first."""
    return not (
        (rule.whistle_levels and facts.whistle_level not in rule.whistle_levels)
        or (rule.urgencies and facts.urgency not in rule.urgencies)
        or (rule.channels and facts.channel not in rule.channels)
        or (rule.sources and facts.source not in rule.sources)
        or (rule.divisions and facts.division not in rule.divisions)
        or facts.urged < rule.min_urged
        or facts.returned < rule.min_returned
        or facts.callers < rule.min_callers
        or (rule.secret is not None and facts.secret is not rule.secret)
        or (rule.categories and not _in_categories(rule.categories, facts))
        or (rule.season is not None and not rule.season.covers(facts.on))
        or not all(facts.attributes.get(name) in values for name, values in rule.attributes.items())
    )


def _matched(rule: LevelRule, facts: LevelFacts) -> dict[str, str]:
    """The values that satisfied the rule, by field: what the decision keeps as its reason."""
    stated = (
        ("source", rule.sources, facts.source),
        ("channel", rule.channels, facts.channel),
        ("category", rule.categories, f"{facts.scheme}:{facts.category}"),
        ("urgency", rule.urgencies, facts.urgency),
        ("division", rule.divisions, facts.division),
        ("whistle_level", rule.whistle_levels, facts.whistle_level),
        ("urged", rule.min_urged, facts.urged),
        ("returned", rule.min_returned, facts.returned),
        ("callers", rule.min_callers, facts.callers),
        ("secret", rule.secret is not None, str(facts.secret).lower()),
        ("season", rule.season, rule.season),
    )
    matched = {name: str(value) for name, condition, value in stated if condition}
    return matched | {f"attributes.{name}": facts.attributes[name] for name in rule.attributes}


def _in_categories(categories: tuple[tuple[str, str], ...], facts: LevelFacts) -> bool:
    code = facts.category
    if code is None:
        return False
    above = prefixes(code)
    return any(prefix in above and scheme == facts.scheme for scheme, prefix in categories)
