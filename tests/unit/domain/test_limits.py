"""Limits are found from specific to general; every case has one."""

import pytest

from hub.domain.categories import prefixes
from hub.domain.limits import LIMIT_UNITS, Limit
from hub.domain.tiers import LEVELS


@pytest.mark.parametrize(
    ("scheme", "category", "level", "urgency", "handle"),
    [
        ("12345", "040201", "key", "URGENT", Limit(3, "work_day")),
        ("12345", "020301", "ordinary", "NORMAL", Limit(8, "work_hour")),
        ("12345", "020105", "key", "CRITICAL", Limit(3, "urgent_hour")),
        ("12345", "030105", "key", "URGENT", Limit(5, "work_day")),
        ("grid", "G0503", "key", "NORMAL", Limit(3, "work_day")),
        ("12345", "080101", "ordinary", "NORMAL", Limit(5, "work_day")),
        (None, None, "ordinary", None, Limit(5, "work_day")),
        ("elsewhere", "040201", "ordinary", "NORMAL", Limit(5, "work_day")),
    ],
)
def test_the_most_specific_limit_holds(qiqihar, scheme, category, level, urgency, handle):
    """Heating, lamps and manholes as the samples ask for them; the rest by the general row."""
    assert qiqihar.limits.find(scheme, category, level, urgency).handle == handle


def test_every_category_level_and_urgency_has_a_limit(qiqihar):
    """No clock is without an end."""
    for scheme, code in qiqihar.categories:
        for level in LEVELS:
            for urgency in (None, "NORMAL", "URGENT", "CRITICAL"):
                row = qiqihar.limits.find(scheme, code, level, urgency)

                assert row is not None
                assert all(limit.value > 0 for limit in (row.sign, row.handle, row.call_back))
                assert row.handle.unit in LIMIT_UNITS


def test_only_difficult_cases_have_a_total_clock(qiqihar):
    """The city's choice, read from its table."""
    assert qiqihar.limits.find("12345", "040201", "difficult", "NORMAL").total == Limit(60, "natural_day")
    assert qiqihar.limits.find("12345", "040201", "key", "NORMAL").total is None


def test_prefixes_go_from_long_to_short():
    """Each scheme's way of writing levels."""
    assert prefixes("C-01-27") == ("C-01-27", "C-01", "C", "*")
    assert prefixes("0402") == ("0402", "040", "04", "0", "*")
    assert prefixes(None) == ("*",)


def test_an_absurdly_long_code_has_no_levels():
    """A code comes from outside and may be a quarter of a megabyte."""
    assert prefixes("1" * 200_000) == ("*",)
