"""Identities the hub gives: the token of a contact and the id of an event. Both are functions of content."""

import hmac
from hashlib import blake2b

from hub.domain.event import CaseEvent, Category, Location
from hub.domain.source import Mapped

_NOWHERE = Location(
    division=None, street=None, community=None, grid=None, address=None, lon=None, lat=None, crs=None
)
_NOTHING = Category(scheme="", code=None, path=None)


def contact_token(key: bytes, contact: str) -> str:
    """The keyed token (HMAC-SHA256, 32 hex digits) that stands for a contact outside the raw topics."""
    return hmac.digest(key, contact.encode(), "sha256").hex()[:32]


def event_id(event: CaseEvent) -> str:
    """A deterministic id from source, source event id and content; 32 hex digits.

    Two events are the same when all but `received_at` and `raw` is equal (DESIGN §4), so exactly that enters.
    A field that a later schema version adds must enter only where it is given, or every id would change.
    """
    reporter = event["reporter"]
    place = event["location"] or _NOWHERE
    category = event["category"] or _NOTHING
    lon, lat = place["lon"], place["lat"]
    values: list[str | None] = [
        event["case_id"],
        event["kind"],
        event["source"],
        event["channel"],
        event["source_case_id"],
        event["source_event_id"],
        str(event["occurred_at"]),
        reporter["token"],
        "contact" if reporter["has_contact"] else "",
        "secret" if reporter["secret"] else "",
        place["division"],
        place["street"],
        place["community"],
        place["grid"],
        place["address"],
        None if lon is None else repr(lon),
        None if lat is None else repr(lat),
        place["crs"],
        category["scheme"],
        category["code"],
        category["path"],
        event["urgency"],
        event["title"],
        event["text"],
        str(len(event["attachments"])),
    ]
    for attachment in event["attachments"]:
        values += (attachment["kind"], attachment["uri"])
    for pair in sorted(event["attributes"].items()):
        values += pair
    # The lengths go first: no two contents can give one text.
    lengths = [-1 if value is None else len(value) for value in values]
    text = f"{lengths}{''.join([value for value in values if value])}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def complete(mapped: Mapped, key: bytes) -> CaseEvent:
    """The mapped event with its token and its id; receipt and raw coordinates are the caller's to set."""
    event = mapped.event
    if mapped.contact is not None:
        event["reporter"]["token"] = contact_token(key, mapped.contact)
    event["event_id"] = event_id(event)
    return event
