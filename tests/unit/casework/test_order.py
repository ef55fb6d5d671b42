"""Arrival order: nothing is lost in any, and what rules settle does not depend on it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.case import STATUSES
from hub.domain.event import Kind

FOREIGN = {"dispatch_id": "DP-20261110-000087", "endpoint_id": "EP-230202-9999", "reason": "x"}
ANY_ORDER = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
        make("VISITED", "2026-11-14 09:12"),
        make("VISITED", "2026-11-14 15:35"),
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
    """citymgmt's own course: filed, dispatched, handled, checked, closed."""
    case_id = "citymgmt:CG2302022611090001"
    states = ("FILED", "DISPATCHED", "HANDLED", "CHECKED", "CLOSED")
    return [
        make("REPORTED", "2026-11-09 08:05", case_id=case_id),
        *(
            make("STATE_CHANGED", f"2026-11-09 {hour:02}:00", case_id=case_id, attributes={"state": state})
            for hour, state in enumerate(states, 9)
        ),
    ]


ENDS = [
    (heating, ("ANSWERED", "key", "county")),
    (lamp, ("WITHDRAWN", "ordinary", "street")),
    (rubbish, ("DISPATCHED", "difficult", "city")),
    (returned, ("DONE", "ordinary", "street")),
    (managed, ("DONE", "ordinary", "street")),
]


@pytest.mark.parametrize(("story", "end"), ENDS, ids=[story.__name__ for story, _ in ENDS])
@ANY_ORDER
@given(data=st.data())
def test_a_story_ends_the_same_in_whatever_order_its_events_arrive(
    new_life: Callable[[], Any], make_event: Make, story: Callable[[Make], list[Any]], end: Any, data: Any
) -> None:
    """Topics of different sources run at different speeds: status, level and tier do not depend on it."""
    events = data.draw(st.permutations(story(make_event)))
    life = new_life()
    for event in events:
        life.take(event)

    assert (life.now["status"], life.now["level"], life.now["tier"]) == end
    assert sorted(one["event_id"] for one in life.now["decisions"]) == sorted(one["event_id"] for one in events)


KINDS = get_args(Kind)


@st.composite
def any_life(draw: st.DrawFn) -> list[tuple[str, int, str, dict[str, str]]]:
    """Kinds, minutes, source event ids (some repeated) and attributes in any combination."""
    said = st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 59),
        st.sampled_from([f"id/{number}" for number in range(12)]),
        st.fixed_dictionaries(
            {},
            optional={
                "reason": st.just("x"),
                "dispatch_id": st.sampled_from(["DP-20261110-000087", "DP-" + "a" * 20]),
                "endpoint_id": st.sampled_from(["EP-230202-0801", "EP-230203-0001", "EP-9"]),
                "whistle_level": st.sampled_from(["ordinary", "key", "difficult"]),
                "targets": st.sampled_from(["LS-GA", "LS-GA,QQHR-HB,XX", "LS-GR"]),
                "state": st.sampled_from(["FILED", "HANDLED", "CLOSED", "VOIDED"]),
                "handle_mode": st.sampled_from(["DIRECT", "FORWARD"]),
                "self_handled": st.sampled_from(["true", "false"]),
            },
        ),
    )
    return draw(st.lists(said, min_size=1, max_size=14))


def make_all(make: Make, told: list[tuple[str, int, str, dict[str, str]]]) -> list[Any]:
    """The events, without exact repetitions: those never pass unify."""
    events = [
        make(kind, f"2026-11-10 08:{minute:02}", source_event_id=number, attributes=attributes, text=number)
        for kind, minute, number, attributes in told
    ]
    return list({one["event_id"]: one for one in events}.values())


@ANY_ORDER
@given(told=any_life())
def test_every_event_ends_as_exactly_one_entry_whatever_it_says(
    new_life: Callable[[], Any], make_event: Make, told: Any
) -> None:
    """None is lost, none is doubled; versions count 1, 2, 3; a status follows from the one before."""
    life = new_life()
    events = make_all(make_event, told)
    for event in events:
        life.take(event)
    case = life.now
    entries = case["decisions"]

    assert sorted(one["event_id"] for one in entries) == sorted(one["event_id"] for one in events)
    assert case["status"] in STATUSES
    if case["status"] == "AWAITED":
        assert {one["outcome"] for one in entries} == {"PARKED"}
        assert len(case["parked"]) == len(events)
        return
    assert case["parked"] == []
    assert [one["version"] for one in entries] == list(range(1, len(events) + 1))
    assert [one["from_status"] for one in entries] == [None, *(one["to_status"] for one in entries[:-1])]
    assert entries[-1]["to_status"] == case["status"]
    assert sum(len(one["dispatch_ids"]) for one in entries) <= len(life.dispatches)


@ANY_ORDER
@given(told=any_life())
def test_an_inbox_always_knows_what_is_open_in_it(new_life: Callable[[], Any], make_event: Make, told: Any) -> None:
    """Assigned and not recalled: exactly the parties that hold the case, or held it when it closed."""
    life = new_life()
    for event in make_all(make_event, told):
        life.take(event)
    open_ids: set[str] = set()
    for sent in life.dispatches:
        if sent["action"] == "ASSIGN":
            assert sent["dispatch_id"] not in open_ids
            open_ids.add(sent["dispatch_id"])
        else:
            assert sent["dispatch_id"] in open_ids
            open_ids -= {sent["dispatch_id"]} if sent["action"] == "RECALL" else set()
    case = life.now
    parties = [one for one in (case["lead"], *case["co_handlers"]) if one is not None]

    assert open_ids <= {one["dispatch_id"] for one in parties}
    if case["status"] in ("DISPATCHED", "SIGNED", "SUSPENDED"):
        assert open_ids == {one["dispatch_id"] for one in parties}
    ids = [(one["dispatch_id"], one["case_version"], one["action"]) for one in life.dispatches]
    assert len(ids) == len(set(ids))


@ANY_ORDER
@given(told=any_life(), data=st.data())
def test_before_the_report_arrival_order_leaves_no_trace(
    new_life: Callable[[], Any], make_event: Make, told: Any, data: Any
) -> None:
    """Parked events are taken by the time they happened: all orders before the report give one state."""
    events = [one for one in make_all(make_event, told) if one["kind"] != "REPORTED"]
    report = make_event("REPORTED", "2026-11-10 08:00", source_event_id="report")
    states = []
    for order in (events, data.draw(st.permutations(events))):
        life = new_life()
        for event in [*order, report]:
            life.take(event)
        state = deepcopy(life.now)
        for entry in state["decisions"]:
            entry["event_offset"] = 0
        states.append((state, life.dispatches))

    assert states[0] == states[1]


@ANY_ORDER
@given(told=any_life())
def test_level_and_tier_never_fall_and_secrecy_never_ends(
    new_life: Callable[[], Any], make_event: Make, told: Any
) -> None:
    """Along any life each of the three only rises."""
    levels, tiers = ("ordinary", "key", "difficult"), ("street", "county", "city")
    life = new_life()
    before = (0, 0, False)
    for event in make_all(make_event, told):
        life.take(event)
        case = life.now
        if case["level"] is None:
            continue
        now = (levels.index(case["level"]), tiers.index(case["tier"]), case["secret"])
        assert all(old <= new for old, new in zip(before, now, strict=True))
        before = now
