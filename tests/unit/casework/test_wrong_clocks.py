"""Clocks that are wrong: a source's, ahead or years behind, and the hub's own, set back or forward."""

from typing import Any

import pytest

from hub.topics import catalogue
from streams.casework import Casework
from streams.casework.rows import read_row
from streams.runtime.api import Record, Row

KEY = b"hotline:HL2026111000017"


def test_a_report_from_the_future_starts_its_clocks_when_the_hub_heard_of_it(life: Any, at: Any) -> None:
    """A terminal a year ahead cannot put a deadline off."""
    life.on("REPORTED", "2027-11-10 08:00", received_at=at("2026-11-10 08:00"))

    assert (life.due_of("sign"), life.due_of("handle")) == ("2026-11-10 12:00", "2026-11-16 18:00")


def test_a_completion_from_the_future_is_in_time_when_the_hub_heard_of_it(life: Any, at: Any) -> None:
    """Nor miss one: what matters is when it was reported."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 09:00")

    life.on("DONE", "2026-11-20 08:00", attributes=lead_of(life), received_at=at("2026-11-16 18:00"))

    assert life.told("MET")[-1] == ("MET", "handle", 1, 1, "2026-11-16 18:00")
    assert life.told("FIRST_TIMEOUT") == []
    assert life.clock("handle")["ended_at"] == at("2026-11-16 18:00")
    assert life.due_of("call_back") == "2026-11-18 18:00"


def test_a_terminal_that_is_ahead_keeps_no_later_word_out(life: Any, at: Any) -> None:
    """Done "tomorrow", heard today: the caller who is asked this evening is asked after the end, and is heard."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("DONE", "2026-11-11 15:00", attributes=lead_of(life), received_at=at("2026-11-10 15:00"))
    assert life.now["closed_at"] == at("2026-11-10 15:00")
    assert life.now["decisions"][-1]["at"] == at("2026-11-11 15:00")

    entry = life.called("2026-11-10 17:00")

    assert (entry["outcome"], entry["to_status"]) == ("APPLIED", "CLOSED")


def test_a_suspension_from_the_future_can_be_ended_at_once(life: Any, at: Any) -> None:
    """The desk's resumption is younger than the instant at which the hub heard of the suspension."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.on("SUSPENDED", "2026-11-12 09:00", attributes=lead_of(life), received_at=at("2026-11-10 09:00"))

    entry = life.by_desk("RESUMED", "2026-11-10 10:00")

    assert (entry["outcome"], entry["to_status"]) == ("APPLIED", "DISPATCHED")
    assert life.due_of("handle") == "2026-11-17 09:00"


def test_a_report_from_the_past_has_missed_its_deadlines_once_each(life: Any, at: Any) -> None:
    """Held up for a month on the way: each rung by its own instant, told as soon as the hub hears of the case."""
    heard = at("2026-12-10 08:00")
    life.on("REPORTED", "2026-11-10 08:00", received_at=heard)
    life.live_until("2026-12-10 08:00", told_at=heard)

    assert life.told() == [
        ("AT_RISK", "sign", 1, 1, "2026-11-10 11:12"),
        ("FIRST_TIMEOUT", "sign", 1, 1, "2026-11-10 12:00"),
        ("SECOND_TIMEOUT", "sign", 1, 1, "2026-11-11 12:00"),
        ("AT_RISK", "handle", 1, 1, "2026-11-13 18:00"),
        ("FIRST_TIMEOUT", "handle", 1, 1, "2026-11-16 18:00"),
        ("SECOND_TIMEOUT", "handle", 1, 1, "2026-11-17 18:00"),
    ]
    assert {one["at"] for one in life.facts} == {heard}
    assert life.due is None


def test_a_completion_from_before_the_breach_does_not_unmake_it(life: Any) -> None:
    """It came after the timer: what has been told stays told, and the clock is not MET."""
    life.on("REPORTED", "2026-11-10 08:00")
    life.by_lead("SIGNED", "2026-11-10 09:00")
    life.live_until("2026-11-16 18:00")

    life.by_lead("DONE", "2026-11-16 17:00")

    assert life.now["status"] == "DONE"
    assert [one for one in life.told() if one[0] in ("MET", "FIRST_TIMEOUT") and one[1] == "handle"] == [
        ("FIRST_TIMEOUT", "handle", 1, 1, "2026-11-16 18:00")
    ]


def test_what_waited_for_its_report_is_not_late(life: Any, at: Any) -> None:
    """The hub was never away: it could not know the case an hour earlier. A clock's promise is told at once."""
    foreign = {"dispatch_id": "DP-20261110-000087", "endpoint_id": "EP-230202-9999"}
    life.on("SIGNED", "2026-11-10 09:00", attributes=foreign)

    life.on("REPORTED", "2026-11-10 08:00", received_at=at("2026-11-10 10:00"))

    fact = life.fact("MET")
    assert (fact["at"], fact["happened_at"], fact["late"]) == (
        at("2026-11-10 10:00"),
        at("2026-11-10 09:00"),
        False,
    )


def test_what_an_outage_held_up_is_late(life: Any, at: Any, make_event: Any) -> None:
    """Told more than five seconds after the hub heard of it, or after a clock's own instant."""
    life.on("REPORTED", "2026-11-10 08:00")
    signature = make_event("SIGNED", "2026-11-10 09:00", attributes=lead_of(life))
    life.take(signature, told_at=at("2026-11-10 09:30"))
    life.live_until("2026-11-16 18:00", told_at=at("2026-11-16 18:00") + 5_001)

    late = {(one["outcome"], one["late"]) for one in life.facts}
    assert late == {("MET", True), ("AT_RISK", True), ("FIRST_TIMEOUT", True)}
    assert "本提醒因系统故障延迟发出" in life.notices[0]["text"]


def lead_of(life: Any) -> dict[str, str]:
    """The ids by which the lead acts."""
    return {name: life.now["lead"][name] for name in ("dispatch_id", "endpoint_id")}


class Hub:
    """The stage and its store, with a clock that may be set as one likes: it fires what is due as a worker does."""

    def __init__(self, city: Any, codec: Any) -> None:
        self.topics = catalogue()
        self.codec = codec
        self.casework = Casework(city, self.topics, codec)
        self.rows: dict[bytes, Row | None] = {KEY: None}
        self.facts: list[Any] = []
        self.offset = 0

    def hear(self, event: Any, now: int) -> None:
        """One record, and then what is due."""
        value = self.codec.encode("CaseEvent", event)
        record = Record(self.topics.case_events, 0, self.offset, KEY, value, (), now)
        self.offset += 1
        self._keep(self.casework.process(record, self.casework.prepare(record), self.rows, now))
        self.wake(now)

    def wake(self, now: int) -> None:
        """The clock shows `now`: every timer that is due by it fires."""
        while (row := self.rows[KEY]) is not None and row.due is not None and row.due <= now:
            self._keep(self.casework.fire(KEY, row.due, row, now))

    def _keep(self, result: Any) -> None:
        self.rows |= result.puts
        sla = [one for one in result.outputs if one.topic == self.topics.sla_events]
        self.facts += [self.codec.decode(one.value, "SlaEvent") for one in sla]

    def outcomes(self) -> list[tuple[Any, ...]]:
        """What was told of the ladder."""
        return [(one["outcome"], one["clock"], one["leg"], one["due_at"]) for one in self.facts]


@pytest.fixture
def run(city: Any, codec: Any, make_event: Any, at: Any) -> Any:
    """A hub that hears of a case at 08:00 and then is woken at the instants that its clock shows."""

    def play(*shown: str) -> Hub:
        hub = Hub(city, codec)
        hub.hear(make_event("REPORTED", "2026-11-10 08:00"), at("2026-11-10 08:00") + 1500)
        for instant in shown:
            hub.wake(at(instant))
        return hub

    return play


STEADY = ("2026-11-10 11:30", "2026-11-10 12:00", "2026-11-11 12:00")


def test_a_clock_that_is_set_back_an_hour_tells_nothing_twice(run: Any) -> None:
    """12:05, then 11:05 and once more through noon: what has been told has been told."""
    plain = run(*STEADY)

    set_back = run("2026-11-10 12:05", "2026-11-10 11:05", "2026-11-10 12:05", "2026-11-11 12:00")

    assert set_back.outcomes() == plain.outcomes()
    assert set_back.rows == plain.rows


def test_a_clock_that_jumps_a_day_ahead_tells_each_outcome_once(run: Any, at: Any) -> None:
    """Everything due by then at once, oldest first; set right again it waits for what is really ahead."""
    plain = run(*STEADY)

    jumped = run("2026-11-11 12:00", "2026-11-10 12:00", "2026-11-11 12:00")

    assert jumped.outcomes() == plain.outcomes()
    assert jumped.rows == plain.rows
    assert {one["at"] for one in jumped.facts} == {at("2026-11-11 12:00")}


def test_an_event_heard_by_a_clock_that_was_set_back_is_taken_by_its_own_time(
    run: Any, make_event: Any, codec: Any, at: Any
) -> None:
    """The hub says 11:05 for the second time when the signature of 12:10 arrives: the breach of noon stands."""
    hub = run("2026-11-10 12:05", "2026-11-10 11:05")
    lead = read_row(codec, hub.rows[KEY])["lead"]
    own = {"dispatch_id": lead["dispatch_id"], "endpoint_id": lead["endpoint_id"]}

    hub.hear(
        make_event("SIGNED", "2026-11-10 12:10", attributes=own, received_at=at("2026-11-10 11:05")),
        at("2026-11-10 11:05"),
    )
    hub.wake(at("2026-11-11 12:00"))

    assert [one[:2] for one in hub.outcomes()] == [("AT_RISK", "sign"), ("FIRST_TIMEOUT", "sign")]
    clock = next(one for one in read_row(codec, hub.rows[KEY])["clocks"] if one["name"] == "sign")
    assert (clock["breached"], clock["end"]) == (True, "LATE")
