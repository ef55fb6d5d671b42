"""Whatever is said about a case, in whatever order, at whatever instants its timers fire."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.case import STATUSES
from hub.domain.event import Kind
from hub.domain.limits import Limit, Limits, Step
from hub.domain.status_updates import update_id
from hub.replay import Replay, TimerLog
from hub.topics import catalogue
from streams.casework import Casework
from streams.casework.rows import read_row
from streams.runtime.api import Record, Row

KEY = b"hotline:HL2026111000017"
HOUR = 3_600_000
RESUMED = ("REGISTERED", "DISPATCHED", "SIGNED")
LADDER = ("AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET")
TOPICS = catalogue()
ANY_LIFE = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
Make = Callable[..., Any]
Told = list[tuple[str, int, str, str | None, dict[str, str]]]

# By the holder: under the hub's own number where somebody holds the case, else under a legacy one.
HELD = {"by": "holder", "reason": "x"}
STRAY = {"dispatch_id": "DP-" + "a" * 20, "endpoint_id": "EP-230203-0001", "reason": "x"}
DESK = {"by": "desk", "reason": "x"}
ANSWERED = {"visit_connected": "true", "visit_solved": "SOLVED", "visit_satisfaction": "SATISFIED"}
WORDS: dict[str, list[dict[str, str]]] = {
    "REPORTED": [{}, {}, {}, {"handle_mode": "DIRECT"}, {"handle_mode": "FORWARD"}, {"self_handled": "true"}],
    "SUPPLEMENTED": [{}],
    "URGED": [{}],
    "WITHDRAWN": [{}],
    "ANSWERED": [{}],
    "SIGNED": [HELD, HELD, STRAY],
    "RETURNED": [HELD, HELD, HELD, STRAY, {"by": "holder"}],
    "WHISTLED": [HELD | {"whistle_level": level, "targets": "LS-GA,QQHR-HB,XX"} for level in ("key", "difficult")],
    "EXTENDED": [HELD, DESK | {"extension_value": "1", "extension_unit": "work_day"}, DESK, STRAY],
    "SUSPENDED": [HELD, DESK, HELD | {"hours": "30"}, DESK | {"hours": "-1"}],
    "RESUMED": [HELD, DESK],
    "DONE": [HELD, HELD, HELD, STRAY, {"by": "hotline"}],
    "VISITED": [
        ANSWERED,
        ANSWERED | {"visit_solved": "UNSOLVED"},
        ANSWERED | {"visit_satisfaction": "DISSATISFIED"},
        {"visit_connected": "false"},
    ],
    "NOTED": [HELD],
    "STATE_CHANGED": [
        *(DESK | {"state": "DISPATCHED", "dept_code": unit} for unit in ("LS-GA", "230202003-JD", "XX")),
        *({"state": state} for state in ("FILED", "HANDLED", "CLOSED", "VOIDED")),
    ],
    "MERGED": [DESK],
    "APPEALED": [DESK | {"appeal": "FILED", "clock": "sign"}, DESK | {"appeal": "EXCUSED"}],
    "RECALCULATED": [DESK],
}
OFTEN = ("DONE", "DONE", "VISITED", "VISITED", "VISITED", "RETURNED", "SIGNED", "URGED", "STATE_CHANGED")


@st.composite
def any_life(draw: st.DrawFn) -> Told:
    """Words with what they may say, the hours between them (some go back), ids (some repeated) and callers."""
    kinds = [*draw(st.sampled_from([["REPORTED"]] * 5 + [[]])), *draw(st.lists(KIND, min_size=1, max_size=14))]
    return [
        (
            kind,
            draw(st.integers(-8, 40)),
            draw(st.sampled_from([f"id/{number}", f"id/{number}", f"id/{number}", "id/0"])),
            draw(st.sampled_from(["a" * 32, "b" * 32, "c" * 32, None])),
            draw(st.sampled_from(WORDS[kind])),
        )
        for number, kind in enumerate(kinds)
    ]


KIND = st.sampled_from((*get_args(Kind), *OFTEN))


def make_all(make: Make, at: Callable[[str], int], told: Told) -> list[Any]:
    """The events, without exact repetitions: those never pass unify. Each is heard of at its own instant."""
    events = []
    instant = at("2026-11-10 08:00")
    for kind, hours, number, token, attributes in told:
        instant += hours * HOUR
        said = dict(attributes)
        who = said.pop("by", "")
        source = {"source": who} if who in ("desk", "hotline") else {}
        if who == "holder":
            said |= {"dispatch_id": "DP-20261110-000087", "endpoint_id": "EP-230202-9999"}
        if "hours" in said:
            said["until"] = str(instant + int(said.pop("hours")) * HOUR)
        event = make(kind, source_event_id=number, attributes=said, text=number, token=token, **source)
        events.append(event | {"occurred_at": instant, "received_at": instant, "event_id": f"{len(events):032x}"})
    return list({str({**one, "event_id": ""}): one for one in events}.values())


def by_the_holder(event: Any, case: Any) -> Any:
    """The event as the one who holds the case says it, under the hub's own number."""
    lead = case["lead"] if case is not None else None
    if lead is None or event["attributes"].get("dispatch_id") != "DP-20261110-000087":
        return event
    own = {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}
    return event | {"attributes": event["attributes"] | own}


@pytest.fixture(scope="session")
def lives(life_in: Any, make_policy: Any) -> list[Callable[[], Any]]:
    """Three cities: the small one; one whose desk decides on returns; one with steps and total clocks."""
    rows = [replace(one, total=Limit(6, "natural_day")) for one in life_in().city.limits.rows]
    steps = {("12345", "0402"): (Step("围挡", Limit(3, "urgent_hour")), Step("抢修", Limit(8, "work_hour")))}
    return [
        life_in,
        lambda: life_in(policy=make_policy(on_return="desk", max_suspension=None, call_back_attempts=1)),
        lambda: life_in(limits=Limits.of("v1", rows, steps), policy=make_policy(rework_to="route")),
    ]


@ANY_LIFE
@given(told=any_life(), city=st.integers(0, 2))
def test_every_event_ends_as_exactly_one_entry_whatever_it_says(
    lives: Any, make_event: Make, at: Any, told: Told, city: int
) -> None:
    """None is lost, none is doubled; versions only grow; a status follows from the one before."""
    life = lives[city]()
    events = make_all(make_event, at, told)
    for event in events:
        life.take(by_the_holder(event, life.case))
    case = life.now
    entries = case["decisions"]

    assert sorted(one["event_id"] for one in entries) == sorted(one["event_id"] for one in events)
    assert case["status"] in STATUSES
    waiting = {one["event_id"] for one in case["parked"]}
    assert waiting == {one["event_id"] for one in entries if one["outcome"] == "PARKED"}
    if case["status"] == "AWAITED":
        assert len(waiting) == len(events)
        return
    assert {one["kind"] for one in case["parked"]} <= {"VISITED"}
    versions = [one["version"] for one in entries]
    assert all(before < after for before, after in pairwise(versions))
    assert versions[-1] == case["version"]
    assert entries[0]["from_status"] is None
    # Between two entries only a suspension may have ended, by itself.
    steps = [(before["to_status"], after["from_status"]) for before, after in pairwise(entries)]
    assert all(was == found or (was == "SUSPENDED" and found in RESUMED) for was, found in steps)
    assert entries[-1]["to_status"] == case["status"]
    changed = [one for one in entries if one["from_status"] != one["to_status"]]
    # A word that is said again may raise the level, and with it move the case.
    again = {(one["reason"], one["to_status"]) for one in changed if one["outcome"] != "APPLIED"}
    assert again <= {("revision", "DISPATCHED"), ("second_report", "DISPATCHED")}


@ANY_LIFE
@given(told=any_life(), city=st.integers(0, 2))
def test_an_inbox_always_knows_what_is_open_in_it(
    lives: Any, make_event: Make, at: Any, told: Told, city: int
) -> None:
    """Assigned, not recalled and not finished itself: who holds the case, or held it when a cycle ended."""
    life = lives[city]()
    finished = set()
    for event in make_all(make_event, at, told):
        said = by_the_holder(event, life.case)
        if life.take(said).entries[0]["reason"] == "step_done":
            finished.add(said["attributes"]["dispatch_id"])
    open_ids: set[str] = set()
    for sent in life.dispatches:
        if sent["reason"] == "waits_for_dispatch":
            continue
        if sent["action"] == "ASSIGN":
            assert sent["dispatch_id"] not in open_ids
            open_ids.add(sent["dispatch_id"])
        else:
            assert sent["dispatch_id"] in open_ids
            open_ids -= {sent["dispatch_id"]} if sent["action"] == "RECALL" else set()
    case = life.now
    past = [one for cycle in case["cycles"] for one in (cycle["lead"], *cycle["co_handlers"])]
    parties = {one["dispatch_id"] for one in (case["lead"], *case["co_handlers"], *past) if one is not None}

    assert open_ids <= parties | finished
    if case["status"] in ("DISPATCHED", "SIGNED", "SUSPENDED"):
        assert {one["dispatch_id"] for one in (case["lead"], *case["co_handlers"]) if one is not None} <= open_ids
    ids = [(one["dispatch_id"], one["case_version"], one["action"]) for one in life.dispatches]
    assert len(ids) == len(set(ids))


@ANY_LIFE
@given(told=any_life(), data=st.data())
def test_before_the_report_arrival_order_leaves_no_trace(
    new_life: Callable[[], Any], make_event: Make, at: Any, told: Told, data: Any
) -> None:
    """Parked events are taken by the time they happened: all orders before the report give one state."""
    events = [one for one in make_all(make_event, at, told) if one["kind"] != "REPORTED"]
    report = make_event(
        "REPORTED", "2026-11-10 08:00", source_event_id="report", received_at=at("2026-11-24 08:00")
    )
    states = []
    for order in (events, data.draw(st.permutations(events))):
        life = new_life()
        for event in [*order, report]:
            life.take(event)
        state = deepcopy(life.now)
        for entry in state["decisions"]:
            entry["event_offset"] = 0
        states.append((state, life.dispatches, life.facts, life.notices, life.letters))

    assert states[0] == states[1]


@ANY_LIFE
@given(told=any_life())
def test_level_and_tier_never_fall_and_secrecy_never_ends(
    new_life: Callable[[], Any], make_event: Make, at: Any, told: Told
) -> None:
    """Along any life each of the three only rises."""
    levels, tiers = ("ordinary", "key", "difficult"), ("street", "county", "city")
    life = new_life()
    before = (0, 0, False)
    for event in make_all(make_event, at, told):
        life.take(by_the_holder(event, life.case))
        case = life.now
        if case["level"] is None:
            continue
        now = (levels.index(case["level"]), tiers.index(case["tier"]), case["secret"])
        assert all(old <= new for old, new in zip(before, now, strict=True))
        before = now


class Hub:
    """The stage and its store: what it heard, fired and told."""

    def __init__(self, city: Any, codec: Any) -> None:
        self.codec, self.casework = codec, Casework(city, TOPICS, codec)
        self.rows: dict[bytes, Row | None] = {KEY: None}
        self.log: list[Record] = []
        self.facts: list[Any] = []
        self.letters: list[Any] = []
        self.updates: list[Any] = []

    def hear(self, event: Any) -> None:
        """One record of the unified topic."""
        row = self.rows[KEY]
        event = by_the_holder(event, read_row(self.codec, row) if row is not None else None)
        value = self.codec.encode("CaseEvent", event)
        self.log.append(Record(TOPICS.case_events, 0, len(self.log), KEY, value, (), 0))
        prepared = self.casework.prepare(self.log[-1])
        self._keep(self.casework.process(self.log[-1], prepared, self.rows, event["received_at"]))

    def wake(self, until: int) -> None:
        """Every timer that is due by an instant."""
        while (row := self.rows[KEY]) is not None and row.due is not None and row.due <= until:
            due = row.due
            self._keep(self.casework.fire(KEY, due, row, until))
            after = self.rows[KEY]
            assert after is not None
            assert after.due is None or after.due > due, "a timer fires once"

    def _keep(self, result: Any) -> None:
        self.rows |= result.puts
        for one in result.outputs:
            if one.topic == TOPICS.sla_events:
                self.facts.append(self.codec.decode(one.value, "SlaEvent"))
            elif one.topic == TOPICS.letter_requests:
                self.letters.append(self.codec.decode(one.value, "LetterRequest"))
            elif one.topic == TOPICS.writeback("hotline"):
                self.updates.append(self.codec.decode(one.value, "StatusUpdate"))


@ANY_LIFE
@given(told=any_life(), city=st.integers(0, 2), waits=st.lists(st.integers(0, 500), min_size=15, max_size=15))
def test_each_outcome_comes_once_and_a_replay_gives_the_same_bytes(
    lives: Any, make_event: Make, at: Any, codec: Any, told: Told, city: int, waits: list[int]
) -> None:
    """Between any two events the hub may be woken at any instant, before or after them: nothing comes twice, no
    clock is both breached and met, an entry of the list goes once; done again from its log the case is the same."""
    hub = Hub(lives[city]().city, codec)
    for event, wait in zip(make_all(make_event, at, told), waits, strict=False):
        hub.hear(event)
        hub.wake(at("2026-11-10 08:00") + wait * HOUR)
    hub.wake(at("2027-03-01 08:00"))

    ladder = [one for one in hub.facts if one["outcome"] in LADDER]
    names = Counter((one["clock"], one["cycle"], one["leg"], one["outcome"], one["due_at"]) for one in ladder)
    assert set(names.values()) <= {1}
    dues = {(*name[:3], name[4]): set() for name in names}  # type: ignore[var-annotated]
    for clock, cycle, leg, outcome, due in names:
        dues[clock, cycle, leg, due].add(outcome)
    assert not any({"FIRST_TIMEOUT", "MET"} <= outcomes for outcomes in dues.values())
    assert len({one["sla_event_id"] for one in hub.facts}) == len(hub.facts)
    letters = Counter((one["kind"], one["entry_id"]) for one in hub.letters)
    assert set(letters.values()) <= {1}
    seconds = sum(one["outcome"] == "SECOND_TIMEOUT" for one in ladder)
    assert sum(kind == "ISSUE" for kind, _ in letters) == seconds

    # What the source is told: once a version, in order, and each under a version that an entry or a timer has.
    versions = [one["case_version"] for one in hub.updates]
    assert all(earlier < later for earlier, later in pairwise(versions))
    case = read_row(codec, hub.rows[KEY])  # type: ignore[arg-type]
    by_events = {one["version"] for one in case["decisions"]}
    assert set(versions) <= by_events | {one["case_version"] for one in hub.facts}
    assert [one["update_id"] for one in hub.updates] == [update_id(case["case_id"], one) for one in versions]

    replay = Replay(Casework(lives[city]().city, TOPICS, codec), codec, TimerLog.of(hub.facts))
    for record in hub.log:
        list(replay.take(record))
    list(replay.finish())
    live = hub.rows[KEY]
    assert live is not None
    assert replay.unexplained == {}
    assert (replay.rows[KEY].value, replay.rows[KEY].due) == (live.value, live.due)
