"""What a rebuilding found, put together from several parts."""

from hub.rebuilding import Rebuilt


def test_parts_add_up():
    """Counts are added; what differs is named from both, the first fifty at most."""
    whole, part = Rebuilt(cases=3, events=9, timers=1), Rebuilt(cases=2, events=4, timers=2, ahead=1)
    whole.differ("hotline:HL1: the log does not lead to it")
    for number in range(60):
        part.differ(f"grid:WG{number}: live and rebuilt differ in clocks")

    whole.add(part)

    assert (whole.cases, whole.events, whole.timers, whole.ahead, whole.differing) == (5, 13, 3, 1, 61)
    assert len(whole.differences) == 50
    assert whole.differences[:2] == [
        "hotline:HL1: the log does not lead to it",
        "grid:WG0: live and rebuilt differ in clocks",
    ]
