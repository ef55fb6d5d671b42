"""Identities the hub gives: the token of a contact and the id of an event. Both are functions of content."""

import hashlib
import hmac
import json

from hub.domain.event import CaseEvent
from hub.domain.source import Mapped

_WITHOUT_CONTENT = frozenset({"event_id", "received_at", "raw"})
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def contact_token(key: bytes, contact: str) -> str:
    """The keyed token (HMAC-SHA256, 32 hex digits) that stands for a contact outside the raw topics."""
    return hmac.digest(key, contact.encode(), "sha256").hex()[:32]


def event_id(event: CaseEvent) -> str:
    """A deterministic id from source, source event id and content; 32 hex digits.

    Two events are the same when all but `received_at` and `raw` is equal (DESIGN §4), so exactly that enters.
    Absent values are left out, so that a later schema version with a new optional field gives the same ids.
    """
    content = {name: value for name, value in event.items() if value is not None and name not in _WITHOUT_CONTENT}
    return hashlib.blake2b(_encode(content).encode(), digest_size=16).hexdigest()


def complete(mapped: Mapped, key: bytes) -> CaseEvent:
    """The mapped event with its token and its id; receipt and raw coordinates are the caller's to set."""
    event = mapped.event
    if mapped.contact is not None:
        event["reporter"]["token"] = contact_token(key, mapped.contact)
    event["event_id"] = event_id(event)
    return event
