"""The code of a place, as it stands in a QR code's address: which QR code it is and where it hangs, signed."""

import base64
import binascii
import re
from dataclasses import dataclass

from connectors.citizen.stamps import SIGNATURE_BYTES, Stamps
from connectors.sources.place import DIVISIONS
from hub.domain.errors import Misconfigured

_QR_ID = re.compile("[0-9A-Za-z][0-9A-Za-z-]{0,39}")
_AREA = re.compile("[0-9]{12}|[0-9]{15}")
_LONGEST_CODE = 160
_PURPOSE = "place"


@dataclass(slots=True, frozen=True)
class Place:
    """A QR code's own id, and the community (12 digits) or grid (15) that it hangs in; None: not told."""

    qr_id: str
    area: str | None

    @property
    def grid_code(self) -> str | None:
        """As the grid source takes it: 15 digits, those of a whole community end in zeros."""
        return None if self.area is None else self.area.ljust(15, "0")


def place_of(qr_id: str, area: str | None) -> Place:
    """The place.

    Raises:
        Misconfigured: what is wrong with id and area, both at once.
    """
    problems: list[str] = []
    if not _QR_ID.fullmatch(qr_id):
        problems.append(f"place {qr_id!r}: an id has 1 to 40 letters, digits and hyphens, no hyphen first")
    if area is not None and not _AREA.fullmatch(area):
        problems.append(f"place {qr_id!r}: {area!r} is no community (12 digits) or grid (15 digits)")
    elif area is not None and area[:6] not in DIVISIONS:
        problems.append(f"place {qr_id!r}: {area!r} begins with no division of the city")
    if problems:
        raise Misconfigured(problems)
    return Place(qr_id, area)


def write_place(place: Place, stamps: Stamps) -> str:
    """The code: base32 of signature and content, in the letters that a QR code packs well."""
    content = _content(place)
    return base64.b32encode(stamps.sign(_PURPOSE, content) + content).decode().rstrip("=")


def read_place(code: str, stamps: Stamps) -> Place | None:
    """The place of a code that the hub made; None for any other. Lower case is read too: people type it."""
    if len(code) > _LONGEST_CODE or not code.isascii():
        return None
    upper = code.upper()
    try:
        signed = base64.b32decode(upper + "=" * (-len(upper) % 8))
    except (binascii.Error, ValueError):
        return None
    signature, content = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
    if not stamps.proves(signature, _PURPOSE, content):
        return None
    # Base32 has spare bits at its end: one place has one spelling.
    if base64.b32encode(signed).decode().rstrip("=") != upper:
        return None
    area, _, qr_id = content.decode().partition(".")
    return Place(qr_id, area or None)


def _content(place: Place) -> bytes:
    return f"{place.area or ''}.{place.qr_id}".encode()
