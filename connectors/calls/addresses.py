"""Which addresses the hub may call: the internet's, and of inner networks those that the settings allow."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator

Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(lambda text: ip_network(text, strict=True))]
"""`10.20.0.0/16`, `fd00:20::/32` or a single address."""

Address = IPv4Address | IPv6Address


def is_inner(address: Address) -> bool:
    """Not an address of the public internet: loopback, private, link-local, shared, multicast, reserved.

    A mapped IPv4 address is what it stands for; one that is carried otherwise (6to4, Teredo) must be outside too.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_inner(address.ipv4_mapped)
    if any(is_inner(carried) for carried in _carried(address)):
        return True
    if isinstance(address, IPv6Address) and address.is_site_local:
        return True
    return not address.is_global or address.is_multicast or address.is_reserved


def is_permitted(address: Address, allowed: Iterable[IPv4Network | IPv6Network]) -> bool:
    """An address of the internet, or one of an allowed network."""
    return not is_inner(address) or is_allowed(address, allowed)


def is_allowed(address: Address, allowed: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether the settings name its network; a mapped IPv4 address counts as the one it stands for."""
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain.version == network.version and plain in network for network in allowed)


def _carried(address: Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    found = [address.sixtofour, *(address.teredo or ())]
    return [one for one in found if one is not None]
