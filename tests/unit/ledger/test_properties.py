"""Whatever happened to a city's cases, and however a period is cut: the numbers add up."""

from bisect import bisect_left
from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.case import CALL_BACK_RESULTS, ENDED
from hub.domain.ledger import UNPLACED, draw
from hub.domain.ledger_terms import FIGURES, IDENTITIES, RATES
from hub.domain.period import Period

HOUR = 3_600_000
FIRST = date(2026, 11, 1)
DAYS = 30
EVER = Period.of(None, None, 2**60)
CLASSES = ("answered_directly", "rejected", "withdrawn", "open")
TIMELINESS = ("done_in_time", "done_late", "open_in_time", "open_late")

# What may follow each status, as (kind, status): rework after the end included.
_OPEN = [
    ("DONE", "DONE"),
    ("ANSWERED", "ANSWERED"),
    ("WITHDRAWN", "WITHDRAWN"),
    ("STATE_CHANGED", "WITHDRAWN"),
    ("MERGED", "MERGED"),
    ("SUSPENDED", "SUSPENDED"),
    ("SIGNED", "SIGNED"),
    ("RETURNED", "DISPATCHED"),
    ("STATE_CHANGED", "CLOSED"),
]
NEXT = {
    "REGISTERED": [("REPORTED", "DISPATCHED"), ("ANSWERED", "ANSWERED"), ("WITHDRAWN", "WITHDRAWN")],
    "DISPATCHED": _OPEN,
    "SIGNED": _OPEN,
    "SUSPENDED": _OPEN,
    "DONE": [
        ("VISITED", "DISPATCHED"),
        ("ANSWERED", "ANSWERED"),
        ("WITHDRAWN", "WITHDRAWN"),
        ("VISITED", "CLOSED"),
    ],
    "ANSWERED": [("VISITED", "DISPATCHED"), ("DONE", "DONE"), ("NOTED", "CLOSED")],
    "WITHDRAWN": [("NOTED", "CLOSED")],
    "MERGED": [],
    "CLOSED": [],
}

days = st.integers(-3, DAYS + 3).map(lambda number: FIRST + timedelta(number))
# On the hour, so that instants often meet each other and the ends of periods.
hours = st.integers(-24, 24 * (DAYS + 2))
days_since = st.integers(-1, DAYS + 2)
midnight = Period.of(FIRST, None, 2**60).start


def instants() -> st.SearchStrategy[int]:
    """Hours of the month, a little before and after."""
    return st.one_of(hours, days_since.map(lambda number: 24 * number)).map(lambda number: midnight + number * HOUR)


@st.composite
def changes(draw_: Any, *, in_order: bool) -> list[tuple[int, str, str]]:
    """The life of a case; with `in_order` its instants never contradict its order."""
    report = draw_(st.sampled_from(["DISPATCHED", "REGISTERED", "DONE"]))
    life = [("REPORTED", report)]
    for _ in range(draw_(st.integers(0, 7))):
        following = [one for one in NEXT[life[-1][1]] if one[1] != life[-1][1]]
        if not following:
            break
        life.append(draw_(st.sampled_from(following)))
    moments = draw_(st.lists(instants(), min_size=len(life), max_size=len(life)))
    if in_order:
        moments.sort()
    return [(moment, *word) for moment, word in zip(moments, life, strict=True)]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Or nothing."""
    return st.none() | strategy


@st.composite
def cities(draw_: Any, make: Any, *, in_order: bool = False) -> list[Any]:
    """Some cases with clocks, call-backs, cycles and entries of any instants."""
    case, clock, call_back = make
    found = []
    for number in range(draw_(st.integers(0, 6))):
        name = f"C{number}"
        if draw_(st.integers(0, 9)) == 9:
            found.append(case(name, (draw_(instants()), "URGED", "AWAITED"), division=None))
            continue
        clocks = [
            clock(
                draw_(maybe(instants())),
                draw_(st.sampled_from(["sign", "handle", "call_back", "total"])),
                breached=draw_(st.booleans()),
                end=draw_(st.sampled_from([None, "MET", "LATE", "LEG", "STOPPED"])),
                ended_at=draw_(maybe(instants())),
                appeal=draw_(st.sampled_from([None, "EXCUSED", "REJECTED"])),
                appeal_at=draw_(maybe(instants())),
            )
            for _ in range(draw_(st.integers(0, 3)))
        ]
        call_backs = [
            call_back(
                draw_(instants()),
                draw_(maybe(instants())),
                draw_(maybe(st.sampled_from(CALL_BACK_RESULTS))),
                cycle=draw_(st.integers(1, 2)),
                solved=draw_(st.sampled_from([None, "SOLVED", "UNSOLVED", "PARTLY_SOLVED"])),
                satisfaction=draw_(st.sampled_from([None, "SATISFIED", "DISSATISFIED", "NOT_RATED"])),
            )
            for _ in range(draw_(st.integers(0, 3)))
        ]
        entries = [
            {
                "entry_id": f"e{entry}",
                "clock": "handle",
                "cycle": 1,
                "leg": 1,
                "opened_at": draw_(instants()),
                "removed_at": draw_(maybe(instants())),
            }
            for entry in range(draw_(st.integers(0, 2)))
        ]
        cycles = [
            {
                "cycle": cycle,
                "lead": None,
                "co_handlers": [],
                "done_at": None,
                "answer": None,
                "reworked_at": draw_(instants()),
            }
            for cycle in range(1, draw_(st.integers(1, 3)))
        ]
        found.append(
            case(
                name,
                *draw_(changes(in_order=in_order)),
                division=draw_(st.sampled_from(["230202", "230203", None])),
                clocks=clocks,
                call_backs=call_backs,
                cycles=cycles,
                supervision=entries,
            )
        )
    return found


@st.composite
def periods(draw_: Any) -> Period:
    """Some days of the month, at times still running, or everything."""
    if draw_(st.integers(0, 9)) == 9:
        return EVER
    first, last = sorted(draw_(st.lists(days, min_size=2, max_size=2, unique=True)))
    begin = Period.of(first, None, 2**60).start
    return Period.of(first, last, begin + HOUR * draw_(st.integers(1, 24 * 40)))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_every_identity_holds(case, clock, call_back, data):
    """Also where instants contradict each other, in every period, and for counts alone."""
    city = data.draw(cities((case, clock, call_back)))
    period = data.draw(periods())
    drawn = draw(city, period)

    assert drawn.check() == []
    for identity in IDENTITIES:
        ids = Counter(one for part in identity.parts for one in drawn.ids(part))
        assert ids == Counter(drawn.ids(identity.total))
        assert set(ids.values()) <= {1}
    counted = draw(city, period, with_ids=False)
    assert all(counted.count(name) == len(drawn.ids(name)) == len(set(drawn.ids(name))) for name in FIGURES)
    assert counted.check() == []


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_each_case_stands_in_exactly_one_place(case, clock, call_back, data):
    """A class of those received, reopened, awaited, or outside: reported later, or ended before."""
    city = data.draw(cities((case, clock, call_back)))
    drawn = draw(city, data.draw(periods()))

    places = Counter(one for name in (*CLASSES, *TIMELINESS, "reopened", "awaited") for one in drawn.ids(name))
    assert set(places.values()) <= {1}
    assert set(drawn.ids("received")) == {one for name in (*CLASSES, *TIMELINESS) for one in drawn.ids(name)}
    for rate in RATES:
        assert set(drawn.ids(f"{rate}.numerator")) <= set(drawn.ids(f"{rate}.denominator"))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_period_cut_in_two_is_the_same_period(case, clock, call_back, data):
    """New and settled add up over the cut; what the first part carries forward is what the second carries over."""
    city = data.draw(cities((case, clock, call_back)))
    a, b, c = sorted(data.draw(st.lists(days, min_size=3, max_size=3, unique=True)))
    whole, first, second = (draw(city, Period.of(begin, end, 2**60)) for begin, end in ((a, c), (a, b), (b, c)))

    for name in ("new", "call_backs_opened", "call_backs_settled", "rework_times", "supervision_opened"):
        assert Counter(whole.ids(name)) == Counter(first.ids(name)) + Counter(second.ids(name)), name
    for name in ("signed_in_time", "signed_late", "answers_satisfied", "supervision_removed"):
        assert whole.count(name) == first.count(name) + second.count(name), name
    for name, carried in (
        ("carried_forward", "carried_over"),
        ("call_backs_open", "call_backs_carried"),
        ("supervision_open", "supervision_carried"),
    ):
        assert set(first.ids(name)) == set(second.ids(carried)), name
    assert whole.ids("carried_forward") == second.ids("carried_forward")
    assert whole.ids("carried_over") == first.ids("carried_over")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_carried_over_are_those_that_had_not_ended(case, clock, call_back, data):
    """Against the plain reading of a life in order: the last status before the day is not an end."""
    city = data.draw(cities((case, clock, call_back), in_order=True))
    b, c = sorted(data.draw(st.lists(days, min_size=2, max_size=2, unique=True)))
    period = Period.of(b, c, 2**60)

    expected = set()
    for one in city:
        before = bisect_left([entry["at"] for entry in one["decisions"]], period.start)
        status = one["decisions"][before - 1]["to_status"] if before else None
        if status is not None and status != "AWAITED" and status not in ENDED:
            expected.add(one["case_id"])
    assert set(draw(city, period).ids("carried_over")) == expected


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_divisions_are_the_city(case, clock, call_back, data):
    """Every figure is the sum of its parts, those without a division included."""
    city = data.draw(cities((case, clock, call_back)))
    period = data.draw(periods())
    parts = [draw(city, period, one) for one in ("230202", "230203", UNPLACED)]

    whole = draw(city, period)
    assert all(whole.count(name) == sum(part.count(name) for part in parts) for name in FIGURES)
