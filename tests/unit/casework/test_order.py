"""Arrival order: nothing is lost in any, and what rules settle does not depend on it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONTENT = {"visit_connected": "true", "visit_solved": "SOLVED", "visit_satisfaction": "SATISFIED"}
GIVEN = {"state": "DISPATCHED"}
FOREIGN = {"dispatch_id": "DP-20261110-000087", "endpoint_id": "EP-230202-9999", "reason": "x"}
ANY_ORDER = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Make = Callable[..., Any]


def heating(make: Make) -> list[Any]:
    """供热, by endpoints that work under a legacy system's numbers; the urge raises the level."""
    return [
        make("REPORTED", "2026-11-10 07:42"),
        make("SIGNED", "2026-11-10 08:31", attributes=FOREIGN),
        make("SUPPLEMENTED", "2026-11-10 10:05", text="测温员已上门"),
        make("URGED", "2026-11-12 08:30", text="仍未升温", urgency="CRITICAL"),
        make("EXTENDED", "2026-11-12 17:05", attributes=FOREIGN),
        make("DONE", "2026-11-13 15:48", attributes=FOREIGN),
        make("ANSWERED", "2026-11-13 16:20", text="已更换阀门"),
        make("VISITED", "2026-11-14 09:12", attributes={"visit_connected": "false"}),
        make("VISITED", "2026-11-14 15:35", attributes=CONTENT),
    ]


def lamp(make: Make) -> list[Any]:
    """路灯: withdrawn."""
    return [
        make("REPORTED", "2026-11-11 19:20"),
        make("SUPPLEMENTED", "2026-11-11 19:58", text="西侧也有2盏"),
        make("WITHDRAWN", "2026-11-12 07:15"),
    ]


def rubbish(make: Make) -> list[Any]:
    """A whistle to the city, a suspension and its end, a note."""
    whistle = FOREIGN | {"whistle_level": "difficult", "targets": "LS-GA,NH-JT"}
    return [
        make("REPORTED", "2026-11-10 11:08"),
        make("WHISTLED", "2026-11-10 13:30", attributes=whistle),
        make("SUSPENDED", "2026-11-11 09:00", attributes=FOREIGN),
        make("RESUMED", "2026-11-18 09:15", attributes=FOREIGN),
        make("NOTED", "2026-11-18 14:20", attributes=FOREIGN),
    ]


def returned(make: Make) -> list[Any]:
    """A return, and the completion by whoever came next."""
    return [
        make("REPORTED", "2026-11-09 08:20"),
        make("RETURNED", "2026-11-09 10:12", attributes=FOREIGN),
        make("SIGNED", "2026-11-09 11:00", attributes=FOREIGN),
        make("DONE", "2026-11-09 16:00", attributes=FOREIGN),
    ]


def managed(make: Make) -> list[Any]:
    """citymgmt's own course: filed, dispatched, handled, checked, closed while a call-back is still owed."""
    case_id = "citymgmt:CG2302022611090001"
    states = ("FILED", "DISPATCHED", "HANDLED", "CHECKED", "CLOSED")
    return [
        make("REPORTED", "2026-11-09 08:05", case_id=case_id),
        *(
            make("STATE_CHANGED", f"2026-11-09 {hour:02}:00", case_id=case_id, attributes={"state": state})
            for hour, state in enumerate(states, 9)
        ),
    ]


def reworked(make: Make) -> list[Any]:
    """Done and answered; of two callers the second is not satisfied."""
    return [
        make("REPORTED", "2026-11-09 08:20"),
        make("SUPPLEMENTED", "2026-11-09 08:40", token="b" * 32),
        make("SIGNED", "2026-11-09 09:00", attributes=FOREIGN),
        make("DONE", "2026-11-10 16:00", attributes=FOREIGN),
        make("ANSWERED", "2026-11-10 16:30"),
        make("VISITED", "2026-11-11 09:00", attributes=CONTENT, token="a" * 32),
        make("VISITED", "2026-11-11 09:30", attributes=CONTENT | {"visit_solved": "UNSOLVED"}, token="b" * 32),
    ]


def redispatched(make: Make) -> list[Any]:
    """The command centre gives the case to one unit and an hour later to another."""
    return [
        make("REPORTED", "2026-11-09 08:20"),
        make("STATE_CHANGED", "2026-11-09 09:00", source="desk", attributes=GIVEN | {"dept_code": "LS-GA"}),
        make("STATE_CHANGED", "2026-11-09 10:00", source="desk", attributes=GIVEN | {"dept_code": "LS-GR"}),
    ]


def merged(make: Make) -> list[Any]:
    """Suspended and merged into another case."""
    return [
        make("REPORTED", "2026-11-09 08:20"),
        make("SUSPENDED", "2026-11-09 09:00", source="desk", attributes={"reason": "x"}),
        make("MERGED", "2026-11-09 10:00", source="desk", attributes={"merged_into": "hotline:HL2"}),
    ]


ENDS = [
    (heating, ("CLOSED", "key", "county", 1)),
    (lamp, ("WITHDRAWN", "ordinary", "street", 1)),
    (rubbish, ("DISPATCHED", "difficult", "city", 1)),
    (returned, ("DONE", "ordinary", "street", 1)),
    (managed, ("CLOSED", "ordinary", "street", 1)),
    (reworked, ("DISPATCHED", "ordinary", "street", 2)),
    (redispatched, ("DISPATCHED", "ordinary", "street", 1)),
    (merged, ("MERGED", "ordinary", "street", 1)),
]


@pytest.mark.parametrize(("story", "end"), ENDS, ids=[story.__name__ for story, _ in ENDS])
@ANY_ORDER
@given(data=st.data())
def test_a_story_ends_the_same_in_whatever_order_its_events_arrive(
    new_life: Callable[[], Any], make_event: Make, story: Callable[[Make], list[Any]], end: Any, data: Any
) -> None:
    """Topics of different sources run at different speeds: status, level, tier and cycle do not depend on it."""
    events = data.draw(st.permutations(story(make_event)))
    life = new_life()
    for event in events:
        life.take(event)
    case = life.now

    assert (case["status"], case["level"], case["tier"], case["cycle"]) == end
    assert case["parked"] == []
    assert sorted(one["event_id"] for one in case["decisions"]) == sorted(one["event_id"] for one in events)


@ANY_ORDER
@given(data=st.data())
def test_of_two_dispatch_decisions_the_later_one_holds(
    new_life: Callable[[], Any], make_event: Make, data: Any
) -> None:
    """转派: the unit that the command centre named last has the case, whichever word came last."""
    life = new_life()
    for event in data.draw(st.permutations(redispatched(make_event))):
        life.take(event)

    assert life.now["lead"]["unit"] == "LS-GR"
