"""The one-time token of a form: the hub gave it out, for this place, not long ago; and the number it leads to."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import blake2b

from connectors.citizen.stamps import SIGNATURE_BYTES, Stamps

NONCE_BYTES = 8
KEEP_MS = 12 * 3_600_000
"""How long a form may stay open before it is sent."""

_AHEAD_MS = 5 * 60_000
_TIME_BYTES = 6
_LENGTH = SIGNATURE_BYTES + _TIME_BYTES + NONCE_BYTES
_PURPOSE = "form"
# Crockford's: without the letters that are read as digits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUP = 5


class Expired(Exception):
    """The form has been open for too long."""


@dataclass(slots=True, frozen=True)
class FormToken:
    """A form that was given out at `at_ms`. Its id is its own alone."""

    id: bytes
    at_ms: int


def issue(place_code: str, now_ms: int, nonce: bytes, stamps: Stamps) -> str:
    """The token of a new form; `nonce` has NONCE_BYTES of chance."""
    given = now_ms.to_bytes(_TIME_BYTES, "big") + nonce
    signature = stamps.sign(_PURPOSE, place_code.upper().encode(), given)
    return base64.urlsafe_b64encode(signature + given).decode()


def read_form(token: str, place_code: str, now_ms: int, stamps: Stamps) -> FormToken | None:
    """The form of a token; None when the hub did not give it out for this place.

    Raises:
        Expired: it did, too long ago.
    """
    try:
        signed = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(signed) != _LENGTH:
        return None
    signature, given = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
    if not stamps.proves(signature, _PURPOSE, place_code.upper().encode(), given):
        return None
    at_ms = int.from_bytes(given[:_TIME_BYTES], "big")
    if not now_ms - KEEP_MS <= at_ms <= now_ms + _AHEAD_MS:
        raise Expired
    return FormToken(given, at_ms)


def report_number(prefix: str, identity: bytes, at_ms: int, zone: tzinfo) -> str:
    """`QR20261125-K7M3Q-9XWPT`: the same for the same identity; two of a day share one in 2⁵⁰."""
    bits = int.from_bytes(blake2b(identity, digest_size=8, person=b"hub report no").digest(), "big") >> 14
    letters = "".join(_ALPHABET[bits >> shift & 31] for shift in range(45, -1, -5))
    day = datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y%m%d")
    return f"{prefix}{day}-{letters[:_GROUP]}-{letters[_GROUP:]}"
