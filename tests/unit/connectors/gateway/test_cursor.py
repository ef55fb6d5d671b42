"""Ids of dispatches: places in the topics, by which a reader resumes exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.gateway.cursor import START, Cursor, Place, read_cursor
from hub.domain.tiers import TIERS

ENDPOINT_PARTITION = 3
PLACES = st.lists(
    st.tuples(st.sampled_from(TIERS), st.integers(0, 50)).map(
        lambda one: Place(one[0], ENDPOINT_PARTITION, one[1])
    ),
    unique=True,
    max_size=30,
)


def test_an_endpoint_of_one_tier_has_plain_places_as_ids():
    """What a person sees in a log is where the record stands."""
    cursor = START.moved_to(Place("county", 3, 120))

    assert cursor.text(3) == "county-3-120"
    assert read_cursor("county-3-120", 3) == cursor


def test_the_id_of_an_endpoint_that_changed_its_tier_names_a_place_of_each():
    """Its unit was moved from the street to the county: nothing of either topic is lost or repeated."""
    cursor = START.moved_to(Place("street", 3, 44)).moved_to(Place("county", 3, 120))

    assert cursor.text(3) == "county-3-120.street-3-44"
    assert read_cursor("county-3-120.street-3-44", 3) == cursor == Cursor(street=44, county=120)


@pytest.mark.parametrize(
    "text", ["x", "county-4-120", "province-3-1", "county-3", "county-3-1.", "county-3--1", "3-1"]
)
def test_what_is_no_id_of_this_endpoint_is_told(text):
    """Another partition is another endpoint's."""
    with pytest.raises(ValueError, match="not an id of this endpoint"):
        read_cursor(text, 3)


@given(PLACES, st.data())
def test_whoever_resumes_anywhere_gets_the_rest_and_nothing_twice(places, data):
    """Two gateways may mix the topics of two tiers differently; each keeps the order of a topic."""
    by_tier = {
        tier: sorted((one for one in places if one.tier == tier), key=lambda one: one.offset) for tier in TIERS
    }
    queues = {tier: list(found) for tier, found in by_tier.items()}
    got, cursor = [], START
    for _ in range(data.draw(st.integers(0, len(places)))):
        tier = data.draw(st.sampled_from([tier for tier, left in queues.items() if left]))
        got.append(queues[tier].pop(0))
        cursor = cursor.moved_to(got[-1])
    # No id has been given to a reader that has got nothing.
    resumed = read_cursor(cursor.text(ENDPOINT_PARTITION), ENDPOINT_PARTITION) if got else START
    rest = [one for one in places if one.offset > resumed[TIERS.index(one.tier)]]

    assert sorted(got + rest) == sorted(places)
