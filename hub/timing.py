"""What time it is for the hub: the machine's clock, or the faster one of a rehearsal (`HUB_CLOCK`)."""

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

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
        raise Misconfigured([f"HUB_CLOCK: {error}; write it as START/BEGAN/SPEED[/UNTIL…]"]) from None


def next_timer(metrics_port: int) -> float | None:
    """When the next timer of the worker on that port is due (epoch seconds; inf: none); None while it is silent."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=2) as answer:
            families = text_string_to_metric_families(answer.read().decode())
    except (urllib.error.URLError, OSError):
        return None
    named = (family for family in families if family.name == "hub_next_timer_timestamp_seconds")
    return next((sample.value for family in named for sample in family.samples), None)
