"""Every case once, by its last record, whatever happens to the topic meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import Unavailable
from hub.ledger import as_data, formula_safe, latest
from hub.reading import Stored


def stored(offset: int, key: bytes | None, value: bytes | None) -> Stored:
    return Stored("case.state", 0, offset, key, value, [], 0)


def reading(*scans):
    """What each scan finds, one after the other."""
    left = iter(scans)
    return lambda: iter(next(left))


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.none() | st.binary(max_size=3))))
def test_the_last_record_of_each_key(records):
    """As a dictionary would keep it; deleted ones are gone."""
    topic = [stored(offset, key, value) for offset, (key, value) in enumerate(records)]

    found = {one.key: one.value for one in latest(lambda: iter(topic))}

    assert found == {key: value for key, value in dict(records).items() if value is not None}


def test_a_key_is_found_once_though_it_moves_on_meanwhile():
    """A younger record, or a case that is new since, does not count beside what was seen first."""
    first = [stored(0, b"a", b"1"), stored(1, b"b", b"1")]
    grown = [*first, stored(2, b"a", b"2"), stored(3, b"c", b"1")]

    assert [(one.key, one.value) for one in latest(reading(first, grown))] == [(b"a", b"1"), (b"b", b"1")]


def test_a_record_compacted_away_is_replaced_by_its_younger_one():
    """Compaction drops a record only because there is another."""
    first = [stored(0, b"a", b"1"), stored(1, b"b", b"1")]
    compacted = [first[1], stored(2, b"a", b"2")]

    assert [(one.key, one.value) for one in latest(reading(first, compacted))] == [(b"b", b"1"), (b"a", b"2")]


def test_a_case_deleted_meanwhile_is_gone():
    """Its tombstone stands in its place."""
    first = [stored(0, b"a", b"1"), stored(1, b"b", b"1")]

    assert [one.key for one in latest(reading(first, [first[0], stored(2, b"b", None)]))] == [b"a"]


def test_a_case_that_vanishes_is_said():
    """Never a count that is silently short."""
    with pytest.raises(Unavailable, match="1 cases went away"):
        list(latest(reading([stored(0, b"a", b"1")], [])))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_is_no_formula(begin):
    """A spreadsheet shows it and computes nothing."""
    assert formula_safe(f"{begin}1+1") == f"'{begin}1+1"
    assert formula_safe("hotline:HL1") == "hotline:HL1"


def test_the_data_hold_every_figure_with_its_definition(case, period):
    """Period, division, figures, rates, and what does not add up."""
    from hub.domain.ledger import draw

    drawn = draw([case("A", ("11-10 09:00", "REPORTED", "DISPATCHED"))], period("11-01", "12-01"))
    data = as_data(drawn, [])

    assert data["period"]["from"] == "2026-11-01T00:00:00+08:00"
    assert data["period"]["to"] == "2026-12-01T00:00:00+08:00"
    assert data["division"] is None
    assert data["figures"]["received"]["count"] == 1
    assert data["figures"]["received"]["definition"] == "new and carried over"
    assert data["rates"]["in_time_rate"]["text"] == "0 / 0 = no cases"
    assert data["identities"] == []
