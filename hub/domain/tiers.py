"""The three tiers, the three whistle levels, the order among them."""

from typing import Final, Literal

Tier = Literal["street", "county", "city"]
WhistleLevel = Literal["ordinary", "key", "difficult"]

TIERS: Final[tuple[Tier, ...]] = ("street", "county", "city")
LEVELS: Final[tuple[WhistleLevel, ...]] = ("ordinary", "key", "difficult")

_TIER_RANK: Final[dict[Tier, int]] = {tier: rank for rank, tier in enumerate(TIERS)}
_LEVEL_RANK: Final[dict[WhistleLevel, int]] = {level: rank for rank, level in enumerate(LEVELS)}


def tier_of(level: WhistleLevel) -> Tier:
    """The tier that answers a level where no rule says otherwise: ordinary street, key county, difficult city."""
    return TIERS[_LEVEL_RANK[level]]


def tier_above(tier: Tier) -> Tier:
    """One tier up; the city has none above it."""
    return TIERS[min(_TIER_RANK[tier] + 1, len(TIERS) - 1)]


def higher_tier(one: Tier, other: Tier) -> Tier:
    """The higher of two tiers."""
    return one if _TIER_RANK[one] >= _TIER_RANK[other] else other


def higher_level(one: WhistleLevel, other: WhistleLevel) -> WhistleLevel:
    """The higher of two whistle levels."""
    return one if _LEVEL_RANK[one] >= _LEVEL_RANK[other] else other
