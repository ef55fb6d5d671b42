"""How often an address may come: a token bucket each, of the addresses that came last."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from connectors.intake.rate import Bucket

_MOST_ADDRESSES = 20_000
_IPV6_NETWORK = 64


class Visitors:
    """Addresses stand in memory alone. Many phones share an address of their network: the burst is for them."""

    def __init__(
        self,
        per_second: float,
        burst: int,
        seconds: Callable[[], float] = time.monotonic,
        most: int = _MOST_ADDRESSES,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._seconds = seconds
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, address: str) -> float:
        """0 and one visit taken, or the seconds until the next one is."""
        return self.wait_of(network_of(address))

    def wait_of(self, place: str) -> float:
        """The same for whoever is told apart otherwise."""
        now = self._seconds()
        bucket = self._buckets.pop(place, None) or Bucket.full(self._per_second, self._burst, now)
        self._buckets[place], wait = bucket.take(now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait


def network_of(address: str) -> str:
    """An IPv4 address as it is; of IPv6 the /64, which one household has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed) >> _IPV6_NETWORK << _IPV6_NETWORK, _IPV6_NETWORK)))
    return str(parsed)
