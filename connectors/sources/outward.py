"""What a status becomes on its way back to a source: the shape of an encoder, and what several of them need."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sources.values import code
from hub.domain.status_updates import StatusUpdate, has_id_form

_UTC_PLUS_8 = timedelta(hours=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, frozen=True)
class Told:
    """An update in the words of its source: `word` is its name for the status, `unit` its code of the unit."""

    update: StatusUpdate
    word: str
    unit: str | None


@dataclass(slots=True, frozen=True)
class Encoded:
    """What is sent: the same bytes for the same update, however often. `suffix` is that of a file of it."""

    body: bytes
    content_type: str
    suffix: str


Encoder = Callable[[Told], Encoded]


def local_text(instant_ms: int, *, slashes: bool = False) -> str:
    """An instant as these sources write it: UTC+8 all year, to the second; `local_time` reads it again."""
    local = _EPOCH + timedelta(seconds=instant_ms // 1000) + _UTC_PLUS_8
    if slashes:
        return f"{local.year}/{local.month}/{local.day} {local.hour}:{local:%M:%S}"
    return f"{local:%Y-%m-%d %H:%M:%S}"


def local_attribute(update: StatusUpdate, name: str) -> str | None:
    """An attribute that is an instant, in local time."""
    found = update["attributes"].get(name)
    return None if found is None else local_text(int(found))


def json_body(fields: Mapping[str, Any]) -> Encoded:
    """One object in UTF-8; what is not given is left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    body = json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()
    return Encoded(body, "application/json", "json")


def echoed(text: str | None) -> str | None:
    """The update id that a record gives back; what has not its form may be anything, and is not carried."""
    given = code(text)
    return given if given is not None and has_id_form(given) else None
