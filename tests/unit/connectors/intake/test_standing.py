"""What `hub sources list` is told of intake."""

from connectors.intake.metrics import Outcome
from connectors.intake.standing import IntakeStandings


def test_a_position_tells_the_last_message_and_the_share_of_errors():
    """Taken and resent are taken; what may come again is neither taken nor an error."""
    now = [1_795_000_000_000]
    standings = IntakeStandings(lambda: now[0])
    assert standings.position("hotline") == "no message; since 2026-11-18T19:06:40+08:00 0 taken, 0 refused"

    for outcome in (Outcome.ACCEPTED, Outcome.RESENT, Outcome.ACCEPTED, Outcome.UNREADABLE, Outcome.PAUSED):
        now[0] += 1000
        standings.answered("hotline", outcome)
    standings.answered("grid", Outcome.UNAUTHENTICATED)

    assert standings.position("hotline") == (
        "2026-11-18T19:06:43+08:00; since 2026-11-18T19:06:40+08:00 3 taken, 1 refused (25.00%)"
        ", 1 told to come again"
    )
    assert standings.position("grid").endswith("0 taken, 1 refused (100.00%)")
