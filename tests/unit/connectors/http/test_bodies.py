"""Bodies of requests within limits."""

import pytest

from connectors.http.bodies import Room
from connectors.http.problems import Problem


def test_bodies_held_at_once_have_one_limit_and_give_their_room_back():
    """What does not fit is told to come back, also half read; afterwards the room is as it was."""
    room = Room(100)
    with room.taken() as one:
        one.more(60)
        with room.taken() as other:
            other.more(30)
            with pytest.raises(Problem) as told:
                other.more(30)
        assert told.value.status == 503
        assert "Retry-After" in told.value.headers

    with room.taken() as later:
        later.more(100)
