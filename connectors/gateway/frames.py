"""A dispatch as endpoints get it: JSON with the fields of `hub.v1.Dispatch`, alone or as a server-sent event."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

HEARTBEAT: Final = b":\n\n"
_FIRST_RETRY_MS, _RETRY_SPREAD_MS = 1000, 4000


def to_json(dispatch: Mapping[str, Any]) -> bytes:
    """The record as one line of JSON, every field always there."""
    return msgspec.json.encode(dispatch)


def item(event_id: str, body: bytes) -> bytes:
    """A dispatch with its id, as it stands in a page and in the data of an event."""
    return b'{"id":"%b",%b' % (event_id.encode(), body[1:])


def event(event_id: str, action: str, body: bytes) -> bytes:
    """A dispatch as an event named after its action: assign, update or recall."""
    name = event_id.encode()
    return b'id: %b\nevent: %b\ndata: {"id":"%b",%b\n\n' % (name, action.lower().encode(), name, body[1:])


def greeting(endpoint_id: str) -> bytes:
    """The first lines of a stream: when to come back after a cut, spread so that not all come back at once."""
    digits = sum(endpoint_id.encode()) * 7919 % _RETRY_SPREAD_MS
    return b"retry: %d\n\n" % (_FIRST_RETRY_MS + digits)


def page(items: Iterable[bytes], after: str | None, next_link: str | None) -> bytes:
    """A page: its dispatches, the id to go on after, and the address of the next page where there is one."""
    tail = json.dumps({"after": after, "next": next_link}, ensure_ascii=False)
    return b'{"items":[%b],%b' % (b",".join(items), tail[1:].encode())
