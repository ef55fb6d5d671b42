"""Routing: every place, category and date has a unit; an endpoint keeps its cases."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.city import City, Endpoint, RoutingRow, Unit
from hub.domain.routing import DUTY_DESK, endpoint_for, route
from hub.domain.tiers import TIERS

TODAY = date(2026, 11, 10)
STAFF = [f"EP-230299-{number:04}" for number in range(1, 9)]
LASTING_DESKS = [
    ("QQHR-ZB", "city", None, None),
    ("LS-ZB", "county", "230202", None),
    ("A-ZB", "street", "230202", "230202001"),
]


def category(code: str | None, scheme: str = "12345", path: str | None = None) -> dict[str, str | None]:
    """A category as events carry it."""
    return {"scheme": scheme, "code": code, "path": path}


def row(number: int, unit: str, **over: object) -> RoutingRow:
    """A row for a division's county tier, changed as said."""
    plain = RoutingRow(f"R{number}", date(2025, 1, 1), None, "230202", "*", "12345", "04", "county", unit, 100)
    return replace(plain, **over)


@pytest.fixture(scope="session")
def town(qiqihar):
    """Builds a small city of one division, one street and three desks around given rows and endpoints."""

    def build(rows=(), endpoints=(), units=()):
        desks = [
            Unit(code, code, tier, division, street, "duty_desk") for code, tier, division, street in LASTING_DESKS
        ]
        others = [
            Unit(code, code, "county", "230202", None, "department") for code in ("LS-A", "LS-B", "LS-C", *units)
        ]
        lasting = [
            Endpoint(f"EP-230202-900{n}", desk.code, "值班", date(2025, 1, 1), None) for n, desk in enumerate(desks)
        ]
        return City.of(
            code="2302",
            name="城",
            utc_offset_hours=8,
            area=qiqihar.area,
            divisions=[qiqihar.divisions["230202"]],
            streets=[qiqihar.streets["230202001"]],
            communities={},
            units=[*desks, *others],
            endpoints=[*lasting, *endpoints],
            categories={("12345", "04"): "公共服务", ("12345", "0402"): "公共服务->供热"},
            routing=rows,
            level_rules=qiqihar.level_rules,
            limits=qiqihar.limits,
            policy=qiqihar.policy,
            calendar=qiqihar.calendar,
        )

    return build


def find(city, code="040201", tier="county", on=TODAY, street="230202001", excluding=frozenset(), scheme="12345"):
    """The route of a heating report in the town."""
    return route(city, "230202", street, category(code, scheme), tier, on, excluding)


def test_the_longest_category_prefix_wins(town):
    """Heating has its own station, the rest of public services one department."""
    city = town([row(1, "LS-A"), row(2, "LS-B", category="0402")])

    assert find(city).unit.code == "LS-B"
    assert find(city, "040101").unit.code == "LS-A"


def test_a_street_comes_before_its_division_and_that_before_any_place(town):
    """A more exact place beats a more exact category."""
    city = town(
        [
            row(1, "LS-A", category="0402"),
            row(2, "LS-B", street="230202001", category="*"),
            row(3, "LS-C", division="*"),
        ]
    )

    assert find(city).unit.code == "LS-B"
    assert find(city, street=None).unit.code == "LS-A"
    assert find(city, "040101", street=None).unit.code == "LS-C"


def test_a_row_holds_on_both_its_end_days(town):
    """A change of responsibility happens between two days, without a gap and without an overlap."""
    city = town([row(1, "LS-A", valid_to=date(2026, 6, 30)), row(2, "LS-B", valid_from=date(2026, 7, 1))])

    assert find(city, on=date(2026, 6, 30)).row == "R1"
    assert find(city, on=date(2026, 7, 1)).row == "R2"
    assert find(city, on=date(2024, 12, 31)).row == DUTY_DESK


def test_a_unit_that_returned_the_case_is_passed_over(town):
    """The next row's unit gets it, and after the last the duty desk."""
    city = town([row(1, "LS-A", category="0402"), row(2, "LS-B"), row(3, "LS-C", priority=200)])

    assert find(city, excluding=frozenset({"LS-A"})).unit.code == "LS-B"
    assert find(city, excluding=frozenset({"LS-A", "LS-B"})).unit.code == "LS-C"
    last = find(city, excluding=frozenset({"LS-A", "LS-B", "LS-C"}))
    assert (last.unit.code, last.no_route) == ("LS-ZB", True)


def test_a_desk_that_returned_it_passes_it_to_the_desk_above(town):
    """Only the city's desk cannot give a case away."""
    city = town()

    assert find(city, tier="street").unit.code == "A-ZB"
    assert find(city, tier="street", excluding=frozenset({"A-ZB"})).unit.code == "LS-ZB"
    assert find(city, tier="street", excluding=frozenset({"A-ZB", "LS-ZB"})).unit.code == "QQHR-ZB"
    assert find(city, tier="street", excluding=frozenset({"A-ZB", "LS-ZB", "QQHR-ZB"})).unit.code == "QQHR-ZB"


def test_no_row_is_a_fact_about_the_route(town):
    """A case nobody is responsible for goes to a desk and says so."""
    found = find(town())

    assert (found.unit.code, found.no_route, found.row) == ("LS-ZB", True, DUTY_DESK)


def test_without_a_known_street_the_county_is_asked(town):
    """A consultation that names only a division still has an owner there."""
    city = town([row(1, "LS-A")])

    assert find(city, tier="street", street=None).unit.code == "LS-A"
    assert find(city, tier="street", street="230202999").unit.code == "LS-A"


@pytest.mark.parametrize("division", [None, "230299", "110101"])
def test_an_unknown_division_goes_to_the_citys_desk(qiqihar, division):
    """The city's desk finds out where it is."""
    found = route(qiqihar, division, None, category("040201"), "street", TODAY)

    assert (found.unit.code, found.no_route) == ("QQHR-ZHZX", True)


def test_a_category_without_code_is_found_by_its_path(qiqihar):
    """A source that sends only the names is routed as one that sends the code."""
    named = category(None, "grid", "民生服务->供热问题")

    assert route(qiqihar, "230202", None, named, "county", TODAY).unit.code == "LS-GR"


def test_levels_of_a_hyphenated_code_end_at_hyphens(town):
    """C-01-2 is another class than C-01-27, not one above it."""
    city = town(
        [row(1, "LS-A", scheme="citymgmt", category="C-01-2"), row(2, "LS-B", scheme="citymgmt", category="C-01")]
    )

    assert find(city, "C-01-27", scheme="citymgmt").unit.code == "LS-B"


def test_every_division_category_and_date_leads_to_a_unit_or_a_duty_desk(qiqihar):
    """On each date of change, the day before it, and far out on both sides; at all three tiers."""
    dates = _dates_of_change(qiqihar)
    assert len(dates) > 10
    for division in qiqihar.divisions:
        for one in _categories(qiqihar):
            for tier in TIERS:
                for on in dates:
                    found = route(qiqihar, division, None, one, tier, on)

                    assert found.no_route == (found.row == DUTY_DESK) == (found.unit.kind == "duty_desk")
                    assert found.unit.division in (None, division)
                    assert TIERS.index(found.unit.tier) >= TIERS.index(tier)


def test_every_street_category_and_date_leads_to_a_unit_of_the_street(qiqihar):
    """At street tier a street's own unit has it, or its duty desk on days before the table begins."""
    dates = _dates_of_change(qiqihar)
    for street in qiqihar.streets.values():
        for one in _categories(qiqihar)[::5]:
            for on in dates:
                found = route(qiqihar, street.division, street.code, one, "street", on)

                assert found.unit.street == street.code
                assert found.no_route == (on < date(2025, 1, 1))


def test_every_unit_has_an_endpoint_for_every_case(qiqihar):
    """On any day of the table, and before it."""
    for unit in qiqihar.units:
        for on in (date(2020, 1, 1), date(2025, 1, 1), TODAY, date(2099, 1, 1)):
            found = endpoint_for(qiqihar, unit, "hotline:HL1", on)

            assert on < date(2025, 1, 1) or (found.unit == unit and found.is_active(on))


@given(st.sets(st.sampled_from(STAFF), min_size=1), st.sampled_from(STAFF), st.text(max_size=12))
def test_when_an_endpoint_leaves_only_its_cases_move(town, staff, leaving, case):
    """The others keep theirs: rendezvous hashing moves the least that must move."""
    before = town(endpoints=[Endpoint(name, "LS-A", "岗", date(2025, 1, 1), None) for name in sorted(staff)])
    ends = {leaving: TODAY - timedelta(days=1)}
    after = town(
        endpoints=[Endpoint(name, "LS-A", "岗", date(2025, 1, 1), ends.get(name)) for name in sorted(staff)]
    )

    had = endpoint_for(before, "LS-A", case, TODAY).endpoint_id
    has = endpoint_for(after, "LS-A", case, TODAY).endpoint_id
    assert has == had or had == leaving


@given(st.permutations(STAFF), st.text(max_size=12))
def test_the_order_of_the_file_does_not_matter(town, order, case):
    """The same endpoints give the same choice."""
    listed = [[Endpoint(name, "LS-A", "岗", date(2025, 1, 1), None) for name in names] for names in (STAFF, order)]

    assert len({endpoint_for(town(endpoints=staff), "LS-A", case, TODAY).endpoint_id for staff in listed}) == 1


def test_cases_spread_evenly_over_the_endpoints_of_a_unit(town):
    """Of 8,000 cases each of 8 endpoints gets about 1,000."""
    city = town(endpoints=[Endpoint(name, "LS-A", "岗", date(2025, 1, 1), None) for name in STAFF])
    shares = Counter(endpoint_for(city, "LS-A", f"hotline:{n}", TODAY).endpoint_id for n in range(8000))

    assert len(shares) == 8
    assert all(850 < share < 1150 for share in shares.values())


def test_a_unit_without_an_active_endpoint_is_stood_in_for_by_the_desk(town):
    """An endpoint that starts tomorrow gets nothing today."""
    city = town(endpoints=[Endpoint("EP-230202-0001", "LS-A", "岗", TODAY + timedelta(days=1), None)])

    assert endpoint_for(city, "LS-A", "hotline:1", TODAY).unit == "LS-ZB"
    assert endpoint_for(city, "LS-A", "hotline:1", TODAY + timedelta(days=1)).unit == "LS-A"


def _dates_of_change(city):
    """Each day on which some row begins or has just ended, the day before each, and days far out."""
    begins = {line.valid_from for line in city.routing}
    begins |= {line.valid_to + timedelta(days=1) for line in city.routing if line.valid_to}
    return sorted(begins | {day - timedelta(days=1) for day in begins} | {date(2000, 1, 1), date(2100, 1, 1)})


def _categories(city):
    known = [category(code, scheme) for scheme, code in city.categories]
    return [None, category(None), category("777777"), category(None, "grid", "别的"), *known]
