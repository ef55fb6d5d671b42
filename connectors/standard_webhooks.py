"""Signs and verifies messages as the Standard Webhooks specification 1.0.0 says, symmetric scheme (`v1`).

Pure: the caller passes the time. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
WINDOW_SECONDS = 300
"""How far a timestamp may be from the receiver's clock, before or after."""

_PREFIX = "whsec_"
_SHORTEST_SECRET, _LONGEST_SECRET = 24, 64
_VERSION = "v1"
# Without a full stop: the specification asks for it, because `a.1` + `2` and `a` + `1.2` are signed alike.
_ID = re.compile(r"[!-\-/-~]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class NotAuthentic(Exception):
    """A message that is not proven to be its sender's, or not now; `field` is the header concerned."""

    def __init__(self, reason: str, field: str, detail: str) -> None:
        super().__init__(reason, field, detail)
        self.reason = reason
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason} in {self.field}: {self.detail}"


@dataclass(slots=True, frozen=True)
class Signed:
    """What an authentic message says of itself: its id, the same in each attempt; the attempt's epoch second."""

    message_id: str
    timestamp: int


def read_secret(text: str | bytes) -> bytes:
    """The key of a serialized secret: base64, padded or not, with the prefix `whsec_` or without it.

    Raises:
        ValueError: it is not base64, or not 24 to 64 bytes long; the message does not hold the secret.
    """
    given = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    bare = given.strip().removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"a secret is {_PREFIX} and base64; this is not base64") from None
    if not _SHORTEST_SECRET <= len(key) <= _LONGEST_SECRET:
        raise ValueError(f"a secret has {_SHORTEST_SECRET} to {_LONGEST_SECRET} bytes; this has {len(key)}")
    return key


def write_secret(key: bytes) -> str:
    """The key as it is handed to the other side."""
    return _PREFIX + base64.b64encode(key).decode()


def sign(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, with a signature for each secret; `timestamp` is the attempt's epoch second.

    Raises:
        ValueError: no secret, or an id that a receiver may refuse.
    """
    if not secrets:
        raise ValueError("a message is signed with one secret or more")
    if not _ID.fullmatch(message_id):
        raise ValueError("a message id has 1 to 256 visible ASCII characters and no full stop")
    signatures = [_signature(key, message_id, str(timestamp), body) for key in secrets]
    written = " ".join(f"{_VERSION},{base64.b64encode(one).decode()}" for one in signatures)
    return {ID_HEADER: message_id, TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: written}


def verify(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now_seconds: float) -> Signed:
    """The id and time of an authentic message: any of its signatures made with any of the secrets will do.

    `headers` has lower-case names, `body` the bytes as they came. How long it takes does not depend on which
    secret fits, or on how much of a signature is right.

    Raises:
        NotAuthentic: `missing_header`, `bad_header`, `too_old`, `too_new` or `wrong_signature`.
    """
    message_id, timestamp, signatures = (
        _header(headers, name) for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
    )
    if not _ID.fullmatch(message_id):
        raise NotAuthentic("bad_header", ID_HEADER, "1 to 256 visible ASCII characters without a full stop")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise NotAuthentic("bad_header", TIMESTAMP_HEADER, "whole seconds since 1970")
    _check_window(int(timestamp), now_seconds)
    given = [one for one in map(_decoded, signatures.split(" ")) if one is not None]
    is_authentic = False
    for key in secrets:
        # As the sender wrote it: 0100 and 100 are the same second and different bytes.
        expected = _signature(key, message_id, timestamp, body)
        for one in given:
            is_authentic |= hmac.compare_digest(expected, one)
    if not is_authentic:
        raise NotAuthentic("wrong_signature", SIGNATURE_HEADER, "no v1 signature fits a secret and the bytes sent")
    return Signed(message_id, int(timestamp))


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if not value:
        raise NotAuthentic("missing_header", name, "send webhook-id, webhook-timestamp and webhook-signature")
    return value


def _check_window(timestamp: int, now_seconds: float) -> None:
    if timestamp < now_seconds - WINDOW_SECONDS:
        raise NotAuthentic("too_old", TIMESTAMP_HEADER, f"more than {WINDOW_SECONDS} s ago by the hub's clock")
    if timestamp > now_seconds + WINDOW_SECONDS:
        raise NotAuthentic("too_new", TIMESTAMP_HEADER, f"more than {WINDOW_SECONDS} s ahead of the hub's clock")


def _decoded(versioned: str) -> bytes | None:
    """The bytes of a signature of this scheme; None for other schemes and what is no base64."""
    version, _, written = versioned.partition(",")
    if version != _VERSION:
        return None
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return None


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, b"%b.%b.%b" % (message_id.encode(), timestamp.encode(), body), hashlib.sha256)
