"""What time it is for the hub: the machine's clock, or the faster one of a rehearsal (`HUB_CLOCK`)."""

from hub.domain.errors import Misconfigured
from hub.settings import Settings
from streams.runtime.clock import Clock, FastClock, SystemClock


def clock_of(settings: Settings) -> Clock:
    """The clock that every process of this hub goes by."""
    if settings.clock is None:
        return SystemClock()
    try:
        return FastClock.parse(settings.clock)
    except ValueError as error:
        raise Misconfigured([f"HUB_CLOCK: {error}; write it as START/BEGAN/SPEED"]) from None
