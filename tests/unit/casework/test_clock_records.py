"""The clocks of a case go through its state and come out as they went in."""

from datetime import timedelta
from typing import Any

import pytest

from hub.domain.clock_data import clock_of, record_of
from hub.domain.clock_events import Resumed, Suspended
from hub.domain.deadlines import Deadlines, Telling
from hub.domain.instants import from_epoch_ms


@pytest.fixture
def open_case(life: Any) -> Any:
    """A dispatched case with two running clocks, of signature and of handling."""
    life.on("REPORTED", "2026-11-10 08:00")
    return life


def test_what_is_written_is_what_the_clocks_became(open_case: Any, at: Any) -> None:
    """A hundred changes in one decision: no record of a clock that is gone is taken for that of another."""
    now = at("2026-11-10 09:00")
    deadlines = Deadlines({**open_case.now}, open_case.city, now, Telling(now))
    for minute in range(50):
        began = from_epoch_ms(now) + timedelta(minutes=2 * minute)
        deadlines.take(Suspended(began))
        deadlines.take(Resumed(began + timedelta(minutes=1)))
        deadlines.write()

        running = [one for one in deadlines.case["clocks"] if one["end"] is None]
        assert running == [record_of(clock) for clock in deadlines.clocks.running]
        deadlines.case["clocks"] = running


def test_a_record_gives_back_the_clock_it_was_made_of(open_case: Any) -> None:
    """Breached, warned, paused, appealed against: nothing is lost on the way."""
    life = open_case
    life.by_lead("SUSPENDED", "2026-11-10 09:00", reason="结冰", until=str(life.clock("sign")["due_at"]))
    life.live_until("2026-11-20 18:00")
    life.by_desk("APPEALED", "2026-11-20 18:01", appeal="EXCUSED", clock="sign", reason="系统故障")
    life.by_lead("DONE", "2026-11-20 18:05")

    kinds = {(one["name"], one["breached"], one["second_passed"], one["appeal"]) for one in life.now["clocks"]}
    assert kinds == {
        ("sign", True, True, "EXCUSED"),
        ("handle", True, True, None),
        ("call_back", False, False, None),
    }
    assert [record_of(clock_of(record)) for record in life.now["clocks"]] == life.now["clocks"]
