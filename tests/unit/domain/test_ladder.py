"""The ladder: the published stories, and one of our own for each sentence of its rules.

Our own mostly count urgent hours, so that a reader can follow: limit 10 hours, warning after 8, second due 5 later.
"""

import json
from pathlib import Path

import pytest

from hub.clockdesk.calendars import read_calendar
from hub.clockdesk.checking import Checker
from hub.clockdesk.playing import play
from hub.clockdesk.stories import read_story

FOLDER = Path(__file__).parents[2] / "data" / "calendar"
STORIES = json.loads((FOLDER / "ladder.json").read_text(encoding="utf-8"))
CALENDAR = read_calendar(FOLDER)
URGENT = {"value": 10, "unit": "urgent_hour"}


def iso(text: str) -> str:
    """`06 10:00` is an instant of July 2026."""
    return f"2026-07-{text}+08:00" if text[2] == " " else f"2026-{text}+08:00"


def tell(*events, until="20 00:00", limit=URGENT, grace=None, **policy):
    """What comes of events as (at, type, further fields): outcomes as text, refused indexes, level."""
    data = {
        "policy": {
            "level": "ordinary",
            "limit": limit,
            "at_risk_fraction": 0.8,
            "second_grace": grace or {"value": 5, "unit": "urgent_hour"},
            **policy,
        },
        "events": [
            {"at": iso(at), "type": kind, **dict(more)} for at, kind, *rest in events for more in [_fields(rest)]
        ],
        "until": iso(until),
        "expected": [],
        "refused": [],
        "level": "ordinary",
    }
    ending = play(read_story(data), CALENDAR)
    lines = [
        f"{one.outcome} {one.clock} {one.cycle}.{one.leg} {one.due:%d %H:%M}"
        + (f" at {one.at:%d %H:%M}" if one.at != one.due else "")
        + (" late" if one.late else "")
        + (" provisional" if one.provisional else "")
        for one in ending.outcomes
    ]
    return lines, list(ending.refused), ending.level


def _fields(rest):
    found = {"unit": "A"}
    for one in rest:
        found |= {"unit": one} if isinstance(one, str) else one
    return found


ADD = {"add": {"value": 10, "unit": "urgent_hour"}}
UNSATISFIED = {"result": "unsatisfied"}
SATISFIED = {"result": "satisfied"}
KEY = {"level": "key", "limit": {"value": 4, "unit": "urgent_hour"}}
WARNING, FIRST, SECOND = (
    "AT_RISK handle 1.1 06 18:00",
    "FIRST_TIMEOUT handle 1.1 06 20:00",
    "SECOND_TIMEOUT handle 1.1 07 01:00",
)
START = ("06 10:00", "dispatched")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["id"])
def test_every_published_story_holds(story):
    """Outcomes in order, refusals, and the level at the end."""
    checker = Checker(read_calendar(FOLDER))

    assert list(checker.differences(story)) == []


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # 1. Three instants.
        ([START], [WARNING, FIRST, SECOND]),
        # 2. The event before the timer of the same instant.
        ([START, ("06 20:00", "done")], [WARNING, "MET handle 1.1 06 20:00"]),
        ([START, ("06 18:00", "done")], ["MET handle 1.1 06 20:00 at 06 18:00"]),
        ([START, ("07 01:00", "done")], [WARNING, FIRST]),
        ([START, ("06 20:00", "suspended")], [WARNING, FIRST]),
        ([START, ("06 18:00", "suspended")], [WARNING]),
        ([START, ("06 20:00", "withdrawn")], [WARNING]),
        # 3. and 4. A breach is a fact; done stops what is ahead; once more it changes nothing.
        ([START, ("06 20:01", "done")], [WARNING, FIRST]),
        ([START, ("06 19:00", "done"), ("06 22:00", "done")], [WARNING, "MET handle 1.1 06 20:00 at 06 19:00"]),
        # 5. Call-back.
        (
            [START, ("06 12:00", "done"), ("06 13:00", "callback", SATISFIED)],
            ["MET handle 1.1 06 20:00 at 06 12:00"],
        ),
        (
            [
                START,
                ("06 12:00", "done"),
                ("06 13:00", "callback", UNSATISFIED),
                ("06 14:00", "callback", UNSATISFIED),
            ],
            [
                "MET handle 1.1 06 20:00 at 06 12:00",
                "AT_RISK handle 2.1 06 21:00",
                "FIRST_TIMEOUT handle 2.1 06 23:00",
                "SECOND_TIMEOUT handle 2.1 07 04:00",
            ],
        ),
        (
            [START, ("06 21:00", "done"), ("07 03:00", "callback", UNSATISFIED), ("07 04:00", "done")],
            [WARNING, FIRST, "MET handle 2.1 07 13:00 at 07 04:00"],
        ),
        ([START, ("06 13:00", "callback", UNSATISFIED)], [WARNING, FIRST, SECOND]),
        # 7. Suspension: all three instants; open-ended while nobody resumes.
        (
            [START, ("06 12:00", "suspended"), ("06 14:00", "resumed")],
            [
                "AT_RISK handle 1.1 06 20:00",
                "FIRST_TIMEOUT handle 1.1 06 22:00",
                "SECOND_TIMEOUT handle 1.1 07 03:00",
            ],
        ),
        ([START, ("06 12:00", "suspended")], []),
        (
            [START, ("06 21:00", "suspended"), ("06 22:00", "resumed")],
            [WARNING, FIRST, "SECOND_TIMEOUT handle 1.1 07 02:00"],
        ),
        (
            [START, ("06 20:00", "suspended"), ("06 22:00", "resumed")],
            [WARNING, FIRST, "SECOND_TIMEOUT handle 1.1 07 03:00"],
        ),
        (
            [
                START,
                ("06 12:00", "suspended"),
                ("06 13:00", "suspended"),
                ("06 14:00", "resumed"),
                ("06 15:00", "resumed"),
            ],
            [
                "AT_RISK handle 1.1 06 20:00",
                "FIRST_TIMEOUT handle 1.1 06 22:00",
                "SECOND_TIMEOUT handle 1.1 07 03:00",
            ],
        ),
        # A leg or the first clock that starts within a suspension waits for its end as well.
        (
            [
                START,
                ("06 12:00", "suspended"),
                ("06 13:00", "dispatched", "B"),
                ("06 14:00", "resumed"),
                ("06 15:00", "done"),
            ],
            ["MET handle 1.2 07 00:00 at 06 15:00"],
        ),
        # Done ends a suspension: the due kept is that of a clock resumed then, and rework is not suspended.
        (
            [START, ("06 12:00", "suspended"), ("06 14:00", "done"), ("07 00:00", "callback", UNSATISFIED)],
            [
                "MET handle 1.1 06 22:00 at 06 14:00",
                "AT_RISK handle 2.1 07 08:00",
                "FIRST_TIMEOUT handle 2.1 07 10:00",
                "SECOND_TIMEOUT handle 2.1 07 15:00",
            ],
        ),
        # 8. Return.
        (
            [START, ("06 12:00", "returned"), ("06 14:00", "dispatched")],
            [
                "AT_RISK handle 1.1 06 20:00",
                "FIRST_TIMEOUT handle 1.1 06 22:00",
                "SECOND_TIMEOUT handle 1.1 07 03:00",
            ],
        ),
        ([START, ("06 12:00", "returned")], []),
        (
            [START, ("06 21:00", "returned"), ("06 22:00", "dispatched")],
            [WARNING, FIRST, "SECOND_TIMEOUT handle 1.1 07 02:00"],
        ),
        ([START, ("06 12:00", "dispatched")], [WARNING, FIRST, SECOND]),
        (
            [START, ("06 21:00", "returned"), ("06 22:00", "dispatched", "B"), ("06 23:00", "done")],
            [WARNING, FIRST, "MET handle 1.2 07 08:00 at 06 23:00"],
        ),
        (
            [START, ("06 11:00", "dispatched", "B"), ("06 12:00", "dispatched"), ("06 13:00", "done")],
            ["MET handle 1.3 06 22:00 at 06 13:00"],
        ),
        # A return and a suspension that overlap count once.
        (
            [
                START,
                ("06 11:00", "suspended"),
                ("06 12:00", "returned"),
                ("06 13:00", "resumed"),
                ("06 14:00", "dispatched"),
                ("06 15:00", "done"),
            ],
            ["MET handle 1.1 06 23:00 at 06 15:00"],
        ),
        # Rework goes to the unit that had the case last.
        (
            [
                START,
                ("06 11:00", "dispatched", "B"),
                ("06 12:00", "done", "B"),
                ("06 13:00", "callback", UNSATISFIED),
                ("06 14:00", "dispatched", "B"),
                ("06 15:00", "done", "B"),
            ],
            ["MET handle 1.2 06 21:00 at 06 12:00", "MET handle 2.1 06 23:00 at 06 15:00"],
        ),
        # 10. Withdrawn, merged: nothing after it has an effect.
        ([START, ("06 19:00", "withdrawn"), ("06 19:30", "done")], [WARNING]),
        ([START, ("06 21:00", "merged", {"into": "x"}), ("06 22:00", "dispatched", "B")], [WARNING, FIRST]),
        (
            [START, ("06 11:00", "done"), ("06 12:00", "withdrawn"), ("06 13:00", "callback", UNSATISFIED)],
            ["MET handle 1.1 06 20:00 at 06 11:00"],
        ),
    ],
)
def test_what_each_rule_brings(events, expected):
    """Rules 1 to 5, 7, 8 and 10, in the order of the page."""
    assert tell(*events)[0] == expected


@pytest.mark.parametrize(
    ("events", "expected", "refused"),
    [
        # Granted before the warning: it follows the new limit.
        (
            [START, ("06 17:00", "extension_granted", ADD), ("07 03:00", "done")],
            ["AT_RISK handle 1.1 07 02:00", "MET handle 1.1 07 06:00 at 07 03:00"],
            [],
        ),
        # Granted after the warning: it comes again.
        (
            [START, ("06 19:00", "extension_granted", ADD), ("07 03:00", "done")],
            [WARNING, "AT_RISK handle 1.1 07 02:00", "MET handle 1.1 07 06:00 at 07 03:00"],
            [],
        ),
        # Its new instant is past: no further warning.
        (
            [START, ("06 19:30", "extension_granted", {"add": {"value": 1, "unit": "urgent_hour"}})],
            [WARNING, "FIRST_TIMEOUT handle 1.1 06 21:00", "SECOND_TIMEOUT handle 1.1 07 02:00"],
            [],
        ),
        # Its new instant is this very one: the event comes before the timer.
        (
            [
                START,
                ("06 18:48", "extension_granted", {"add": {"value": 1, "unit": "urgent_hour"}}),
                ("06 20:00", "done"),
            ],
            [WARNING, "AT_RISK handle 1.1 06 18:48", "MET handle 1.1 06 21:00 at 06 20:00"],
            [],
        ),
        # At the due it moves the due, and at the old warning instant it takes the warning along.
        (
            [START, ("06 20:00", "extension_granted", ADD), ("07 03:00", "done")],
            [WARNING, "AT_RISK handle 1.1 07 02:00", "MET handle 1.1 07 06:00 at 07 03:00"],
            [],
        ),
        (
            [START, ("06 18:00", "extension_granted", ADD), ("07 01:00", "done")],
            ["MET handle 1.1 07 06:00 at 07 01:00"],
            [],
        ),
        # A request alone moves nothing; its grant after the due is refused.
        (
            [START, ("06 19:00", "extension_requested", ADD), ("06 20:01", "extension_granted", ADD)],
            [WARNING, FIRST, SECOND],
            [2],
        ),
        ([START, ("06 20:00", "extension_requested", ADD)], [WARNING, FIRST, SECOND], []),
        (
            [START, ("06 20:01", "extension_requested", ADD), ("06 20:02", "extension_granted", ADD)],
            [WARNING, FIRST, SECOND],
            [1, 2],
        ),
        # While no handle clock runs.
        (
            [
                ("06 09:00", "extension_granted", ADD),
                START,
                ("06 11:00", "done"),
                ("06 12:00", "extension_requested", ADD),
                ("06 13:00", "extension_granted", ADD),
            ],
            ["MET handle 1.1 06 20:00 at 06 11:00"],
            [0, 3, 4],
        ),
        ([START, ("06 11:00", "withdrawn"), ("06 12:00", "extension_granted", ADD)], [], [2]),
        # Two extensions add up, counted from the start; exact decimals.
        (
            [
                START,
                ("06 11:00", "extension_granted", {"add": {"value": 0.1, "unit": "urgent_hour"}}),
                ("06 12:00", "extension_granted", {"add": {"value": 0.2, "unit": "urgent_hour"}}),
                ("06 18:00", "done"),
            ],
            ["MET handle 1.1 06 20:18 at 06 18:00"],
            [],
        ),
        # It cannot be added in another unit.
        (
            [
                START,
                ("06 11:00", "extension_granted", {"add": {"value": 1, "unit": "work_day"}}),
                ("06 18:00", "done"),
            ],
            ["MET handle 1.1 06 20:00 at 06 18:00"],
            [1],
        ),
        # It is not carried into the next leg or cycle.
        (
            [
                START,
                ("06 11:00", "extension_granted", ADD),
                ("06 12:00", "dispatched", "B"),
                ("06 13:00", "done", "B"),
            ],
            ["MET handle 1.2 06 22:00 at 06 13:00"],
            [],
        ),
        (
            [
                START,
                ("06 11:00", "extension_granted", ADD),
                ("06 12:00", "done"),
                ("06 13:00", "callback", UNSATISFIED),
                ("06 14:00", "done"),
            ],
            ["MET handle 1.1 07 06:00 at 06 12:00", "MET handle 2.1 06 23:00 at 06 14:00"],
            [],
        ),
        # A suspended clock can be extended, its warning being ahead.
        (
            [
                START,
                ("06 17:00", "suspended"),
                ("06 18:00", "extension_granted", ADD),
                ("06 19:00", "resumed"),
                ("07 04:30", "done"),
            ],
            ["AT_RISK handle 1.1 07 04:00", "MET handle 1.1 07 08:00 at 07 04:30"],
            [],
        ),
    ],
)
def test_what_an_extension_moves(events, expected, refused):
    """Rule 6."""
    assert tell(*events)[:2] == (expected, refused)


@pytest.mark.parametrize(
    ("events", "expected", "level"),
    [
        # 4 hours from the second urging, warning after 3 h 12.
        (
            [START, ("06 11:00", "urged"), ("06 12:00", "urged")],
            [
                "AT_RISK handle 1.1 06 15:12",
                "FIRST_TIMEOUT handle 1.1 06 16:00",
                "SECOND_TIMEOUT handle 1.1 06 21:00",
            ],
            "key",
        ),
        ([START, ("06 11:00", "urged")], [WARNING, FIRST, SECOND], "ordinary"),
        # It would end later: only the level changes. Equal is not earlier.
        ([START, ("06 11:00", "urged"), ("06 17:00", "urged")], [WARNING, FIRST, SECOND], "key"),
        ([START, ("06 11:00", "urged"), ("06 16:00", "urged")], [WARNING, FIRST, SECOND], "key"),
        # Breached: only the level, and the next cycle takes its limit.
        (
            [
                START,
                ("06 11:00", "urged"),
                ("06 20:30", "urged"),
                ("06 21:00", "done"),
                ("07 10:00", "callback", UNSATISFIED),
                ("07 11:00", "done"),
            ],
            [WARNING, FIRST, "MET handle 2.1 07 14:00 at 07 11:00"],
            "key",
        ),
        # Once: a third urging and another cycle's second change nothing more.
        (
            [
                START,
                ("06 11:00", "urged"),
                ("06 12:00", "urged"),
                ("06 13:00", "urged"),
                ("06 14:00", "done"),
                ("06 15:00", "callback", UNSATISFIED),
                ("06 15:10", "urged"),
                ("06 15:20", "urged"),
                ("06 16:00", "done"),
            ],
            ["MET handle 1.1 06 16:00 at 06 14:00", "MET handle 2.1 06 19:00 at 06 16:00"],
            "key",
        ),
        # Each cycle counts its own.
        (
            [
                START,
                ("06 11:00", "urged"),
                ("06 12:00", "done"),
                ("06 13:00", "callback", UNSATISFIED),
                ("06 13:10", "urged"),
                ("06 14:00", "done"),
            ],
            ["MET handle 1.1 06 20:00 at 06 12:00", "MET handle 2.1 06 23:00 at 06 14:00"],
            "ordinary",
        ),
        # Before the first dispatch: the clock starts with the raised limit.
        (
            [("06 08:00", "urged"), ("06 09:00", "urged"), START, ("06 11:00", "done")],
            ["MET handle 1.1 06 14:00 at 06 11:00"],
            "key",
        ),
        # The later leg takes the raised limit.
        (
            [
                START,
                ("06 11:00", "urged"),
                ("06 17:00", "urged"),
                ("06 18:00", "dispatched", "B"),
                ("06 19:00", "done"),
            ],
            ["MET handle 1.2 06 22:00 at 06 19:00"],
            "key",
        ),
        # A warning that came already comes again by the new limit.
        (
            [
                START,
                ("06 18:30", "urged"),
                ("06 18:40", "extension_granted", ADD),
                ("06 19:00", "urged"),
                ("06 22:30", "done"),
            ],
            [WARNING, "AT_RISK handle 1.1 06 22:12", "MET handle 1.1 06 23:00 at 06 22:30"],
            "key",
        ),
        # An extension after it counts from the urging.
        (
            [
                START,
                ("06 11:00", "urged"),
                ("06 12:00", "urged"),
                ("06 13:00", "extension_granted", ADD),
                ("06 14:00", "done"),
            ],
            ["MET handle 1.1 07 02:00 at 06 14:00"],
            "key",
        ),
        # Suspended: there is no due that the new one could come before.
        (
            [
                START,
                ("06 11:00", "suspended"),
                ("06 11:30", "urged"),
                ("06 12:00", "urged"),
                ("06 13:00", "resumed"),
                ("06 14:00", "done"),
            ],
            ["MET handle 1.1 06 22:00 at 06 14:00"],
            "key",
        ),
        # After the withdrawal nothing has an effect.
        ([START, ("06 11:00", "urged"), ("06 12:00", "withdrawn"), ("06 13:00", "urged")], [], "ordinary"),
    ],
)
def test_what_urging_raises(events, expected, level):
    """Rule 9."""
    found, _, reached = tell(*events, next_level=KEY)

    assert (found, reached) == (expected, level)


TOTAL = {"total_limit": {"value": 20, "unit": "urgent_hour"}}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # A return pauses the handle clock alone, another unit resets it alone.
        (
            [("06 08:00", "registered"), START, ("06 11:00", "returned"), ("07 05:00", "dispatched", "B")],
            [
                "AT_RISK total 1.1 07 00:00",
                "FIRST_TIMEOUT total 1.1 07 04:00",
                "SECOND_TIMEOUT total 1.1 07 09:00",
                "AT_RISK handle 1.2 07 13:00",
                "FIRST_TIMEOUT handle 1.2 07 15:00",
                "SECOND_TIMEOUT handle 1.2 07 20:00",
            ],
        ),
        # Suspension pauses both; urging and extension leave the total clock.
        (
            [
                ("06 08:00", "registered"),
                START,
                ("06 11:00", "suspended"),
                ("06 12:00", "resumed"),
                ("06 13:00", "done"),
            ],
            ["MET handle 1.1 06 21:00 at 06 13:00", "MET total 1.1 07 05:00 at 06 13:00"],
        ),
        (
            [("06 08:00", "registered"), START, ("06 11:00", "extension_granted", ADD), ("06 13:00", "done")],
            ["MET handle 1.1 07 06:00 at 06 13:00", "MET total 1.1 07 04:00 at 06 13:00"],
        ),
        # Each is MET or breached by itself.
        (
            [("06 08:00", "registered"), START, ("06 21:00", "done")],
            [WARNING, FIRST, "MET total 1.1 07 04:00 at 06 21:00"],
        ),
        # Unsatisfied: both start anew.
        (
            [
                ("06 08:00", "registered"),
                START,
                ("06 12:00", "done"),
                ("07 00:00", "callback", UNSATISFIED),
                ("07 01:00", "done"),
            ],
            [
                "MET handle 1.1 06 20:00 at 06 12:00",
                "MET total 1.1 07 04:00 at 06 12:00",
                "MET handle 2.1 07 10:00 at 07 01:00",
                "MET total 2.1 07 20:00 at 07 01:00",
            ],
        ),
        # Done before any dispatch.
        ([("06 08:00", "registered"), ("06 09:00", "done")], ["MET total 1.1 07 04:00 at 06 09:00"]),
        # At one instant the handle clock is told first.
        (
            [("06 00:00", "registered"), START, ("06 20:30", "done")],
            ["AT_RISK total 1.1 06 16:00", WARNING, FIRST, "FIRST_TIMEOUT total 1.1 06 20:00"],
        ),
    ],
)
def test_the_total_clock_runs_on(events, expected):
    """Rules 4, 5, 7 and 8 for a case with a total clock."""
    assert tell(*events, **TOTAL)[0] == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # All three put off, oldest first.
        (
            [START, ("06 17:00", "hub_down"), ("07 12:00", "hub_up")],
            [f"{one} at 07 12:00 late" for one in (WARNING, FIRST, SECOND)],
        ),
        # From hub_down on, up to but without hub_up.
        ([START, ("06 18:00", "hub_down"), ("06 20:00", "hub_up")], [f"{WARNING} at 06 20:00 late", FIRST, SECOND]),
        # What happened meanwhile is taken by its own time: in time, extended, withdrawn.
        (
            [START, ("06 17:00", "hub_down"), ("06 19:00", "done"), ("07 12:00", "hub_up")],
            [f"{WARNING} at 07 12:00 late", "MET handle 1.1 06 20:00 at 07 12:00 late"],
        ),
        (
            [
                START,
                ("06 11:00", "hub_down"),
                ("06 19:00", "extension_granted", ADD),
                ("06 23:00", "hub_up"),
                ("07 01:00", "done"),
            ],
            [f"{WARNING} at 06 23:00 late", "MET handle 1.1 07 06:00 at 07 01:00"],
        ),
        ([START, ("06 17:00", "hub_down"), ("06 17:30", "withdrawn"), ("07 12:00", "hub_up")], []),
        # Two outages; and one that never ends tells nothing more.
        (
            [
                START,
                ("06 17:30", "hub_down"),
                ("06 18:30", "hub_up"),
                ("06 19:30", "hub_down"),
                ("06 20:30", "hub_up"),
            ],
            [f"{WARNING} at 06 18:30 late", f"{FIRST} at 06 20:30 late", SECOND],
        ),
        ([START, ("06 19:00", "hub_down")], [WARNING]),
    ],
)
def test_an_outage_puts_off_and_changes_nothing_else(events, expected):
    """Rule 11."""
    assert tell(*events)[0] == expected


def test_outcomes_of_one_hub_up_are_told_by_the_instant_they_happened():
    """A total warning of 16:00 before a handle warning of 18:00, though both come at once."""
    found, _, _ = tell(
        ("06 00:00", "registered"),
        START,
        ("06 12:00", "hub_down"),
        ("06 19:00", "hub_up"),
        until="06 19:30",
        **TOTAL,
    )

    assert found == ["AT_RISK total 1.1 06 16:00 at 06 19:00 late", f"{WARNING} at 06 19:00 late"]


def test_a_due_after_lunch_is_not_moved_by_a_pause_in_that_lunch():
    """The count ends at 12:00, the due by rule 5 is 14:00; the second due waits for the resumption."""
    day = {"value": 1, "unit": "work_day"}
    found, _, _ = tell(
        ("06 14:00", "dispatched"),
        ("07 13:00", "suspended"),
        ("07 16:00", "resumed"),
        limit=day,
        grace=day,
        until="10 00:00",
    )

    assert found == [
        "AT_RISK handle 1.1 07 10:24",
        "FIRST_TIMEOUT handle 1.1 07 14:00",
        "SECOND_TIMEOUT handle 1.1 08 16:00",
    ]


def test_each_outcome_is_provisional_by_its_own_due():
    """The warning still lies in 2026, the due in a year whose paper is not out."""
    day = {"value": 1, "unit": "work_day"}
    found, _, _ = tell(("12-31 09:00", "dispatched"), limit=day, grace=day, until="12-31 23:59:59")
    later = play(
        read_story(
            {
                "policy": {
                    "level": "key",
                    "limit": day,
                    "at_risk_fraction": 0.8,
                    "second_grace": {"value": 2, "unit": "urgent_hour"},
                },
                "events": [{"at": "2026-12-31T09:00:00+08:00", "type": "dispatched", "unit": "A"}],
                "until": "2027-01-10T00:00:00+08:00",
                "expected": [],
                "refused": [],
                "level": "key",
            }
        ),
        CALENDAR,
    )

    assert found == ["AT_RISK handle 1.1 31 17:24"]
    assert [(one.outcome, one.provisional) for one in later.outcomes] == [
        ("AT_RISK", False),
        ("FIRST_TIMEOUT", True),
        ("SECOND_TIMEOUT", False),
    ]
