"""The whistle level: the first matching rule decides, and what is decided never falls."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.level import (
    DEFAULT_RULE,
    LevelDecision,
    LevelFacts,
    LevelRule,
    LevelRules,
    Season,
    decide_level,
    raise_level,
)
from hub.domain.tiers import LEVELS, TIERS, higher_level, higher_tier, tier_above, tier_of

WINTER, SUMMER = date(2026, 11, 10), date(2026, 7, 1)
HEATING = LevelFacts(
    source="hotline", channel="phone", on=WINTER, scheme="12345", category="040201", urgency="URGENT"
)
LAMP = LevelFacts(
    source="hotline", channel="wechat", on=WINTER, scheme="12345", category="020301", urgency="NORMAL"
)

decisions = st.builds(
    LevelDecision,
    st.sampled_from(LEVELS),
    st.sampled_from(TIERS),
    st.sampled_from(["a", "b"]),
    st.just("1"),
    st.just({}),
)


def test_without_a_matching_rule_a_case_is_ordinary_and_for_the_street(qiqihar):
    """A street lamp that is out is nobody's emergency."""
    decision = decide_level(qiqihar.level_rules, LAMP)

    assert (decision.level, decision.tier, decision.rule_id) == ("ordinary", "street", DEFAULT_RULE)
    assert decision.version == qiqihar.level_rules.version


def test_a_decision_keeps_the_rule_and_the_values_it_matched(qiqihar):
    """Urgent heating in the season is key, and the case says why."""
    decision = decide_level(qiqihar.level_rules, HEATING)

    assert (decision.level, decision.tier, decision.rule_id) == ("key", "county", "heating-season")
    assert decision.matched == {"category": "12345:040201", "urgency": "URGENT", "season": "10-15..04-15"}


def test_the_first_matching_rule_wins():
    """Order is the city's way of saying which rule is stronger."""
    first = LevelRule(rule_id="first", level="key", urgencies=frozenset({"URGENT"}))
    second = LevelRule(rule_id="second", level="difficult", urgencies=frozenset({"URGENT"}))

    assert decide_level(LevelRules("1", (first, second)), HEATING).rule_id == "first"
    assert decide_level(LevelRules("1", (second, first)), HEATING).rule_id == "second"


@pytest.mark.parametrize(
    ("facts", "rule", "level", "tier"),
    [
        (replace(HEATING, on=SUMMER), DEFAULT_RULE, "ordinary", "street"),
        (replace(LAMP, category="020105", urgency="CRITICAL"), "manhole-open", "key", "county"),
        (replace(LAMP, category="040301", urgency="CRITICAL"), "gas-critical", "difficult", "city"),
        (replace(LAMP, urgency="CRITICAL"), "critical", "key", "county"),
        (replace(LAMP, urged=1), DEFAULT_RULE, "ordinary", "street"),
        (replace(LAMP, urged=2), "urged-twice", "key", "county"),
        (replace(LAMP, returned=2), "returned-twice", "key", "county"),
        (replace(LAMP, returned=3), "returned-thrice", "difficult", "city"),
        (replace(LAMP, callers=3), "several-callers", "key", "county"),
        (replace(LAMP, whistle_level="difficult"), "whistle-difficult", "difficult", "city"),
        (replace(LAMP, channel="province"), "province", "ordinary", "county"),
        (replace(LAMP, category="030105", secret=True), "dumping-secret", "key", "county"),
        (
            replace(LAMP, urgency="URGENT", attributes={"is_old_caller": "true"}),
            "old-caller-urgent",
            "key",
            "county",
        ),
        (replace(LAMP, category=None, scheme=None), DEFAULT_RULE, "ordinary", "street"),
    ],
)
def test_the_citys_rules(qiqihar, facts, rule, level, tier):
    """What each rule of Qiqihar is there for."""
    decision = decide_level(qiqihar.level_rules, facts)

    assert (decision.rule_id, decision.level, decision.tier) == (rule, level, tier)


@pytest.mark.parametrize(
    ("on", "covered"),
    [
        (date(2026, 10, 14), False),
        (date(2026, 10, 15), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), True),
        (date(2028, 2, 29), True),
        (date(2027, 4, 15), True),
        (date(2027, 4, 16), False),
    ],
)
def test_a_season_runs_over_new_year(on, covered):
    """The heating season has both of its end days."""
    assert Season((10, 15), (4, 15)).covers(on) is covered


def test_a_season_within_a_year():
    """A flood season does not touch New Year."""
    season = Season((6, 1), (9, 30))

    assert season.covers(date(2026, 6, 1))
    assert season.covers(date(2026, 9, 30))
    assert not season.covers(date(2026, 1, 1))


@given(st.lists(decisions, min_size=1))
def test_neither_level_nor_tier_ever_falls(taken):
    """Whatever is decided in a life, each step is at least as high as the one before and as what was decided."""
    current = taken[0]
    for decided in taken[1:]:
        after = raise_level(current, decided)

        assert after.level == higher_level(current.level, decided.level)
        assert after.tier == higher_tier(current.tier, decided.tier)
        current = after


@given(decisions, decisions)
def test_a_decision_that_brings_nothing_higher_leaves_the_reason(current, decided):
    """The reason on a case is of the decision that raised it last."""
    after = raise_level(current, decided)

    raised = (after.level, after.tier) != (current.level, current.tier)
    assert after.rule_id == (decided.rule_id if raised else current.rule_id)


@given(
    st.builds(
        LevelFacts,
        source=st.sampled_from(["hotline", "citymgmt", "grid"]),
        channel=st.sampled_from(["phone", "province", "qr"]),
        on=st.dates(),
        scheme=st.sampled_from([None, "12345", "grid"]),
        category=st.sampled_from([None, "040201", "G0403", "999"]),
        urgency=st.sampled_from([None, "NORMAL", "URGENT", "CRITICAL"]),
        urged=st.integers(0, 4),
        returned=st.integers(0, 4),
        callers=st.integers(1, 5),
        secret=st.booleans(),
        attributes=st.dictionaries(st.sampled_from(["is_old_caller", "x"]), st.sampled_from(["true", "false"])),
    )
)
def test_every_fact_gets_a_level_and_the_same_one_again(qiqihar, facts):
    """A decision is a function of its facts."""
    decision = decide_level(qiqihar.level_rules, facts)

    assert decision.level in LEVELS
    assert decision == decide_level(qiqihar.level_rules, facts)


def test_tiers_answer_levels_in_order():
    """Ordinary goes to the street, key to the county, difficult to the city; above the city is nothing."""
    assert [tier_of(level) for level in LEVELS] == list(TIERS)
    assert [tier_above(tier) for tier in TIERS] == ["county", "city", "city"]
