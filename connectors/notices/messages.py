"""Which channel a notice goes to, and in which order."""

import json
from collections.abc import Iterator
from typing import Any, Protocol, cast

from connectors.feed import Message
from connectors.notices.settings import Notices
from connectors.outbox import Outgoing
from hub.domain.errors import Rejected
from hub.domain.sla import Notice


class Reader(Protocol):
    """What it needs of the codec (`schemas.codec.Codec`)."""

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


class Maker:
    """Notices → messages: the id is the notice's, the lane its recipient."""

    def __init__(self, settings: Notices, codec: Reader) -> None:
        self._settings = settings
        self._codec = codec
        self._since_ms = 0 if settings.since is None else round(settings.since.timestamp() * 1000)

    def messages_of(self, record: Message) -> Iterator[Outgoing]:
        """None where the kind has no channel.

        Raises:
            Rejected: it is no notice.
        """
        if record.value is None:
            raise Rejected("null_value", detail="a record without a value")
        notice = self._codec.decode(record.value, "Notice")
        channel = self._settings.channel(notice["kind"])
        if channel != "none" and notice["at"] >= self._since_ms:
            yield Outgoing(notice["notice_id"], channel, notice["recipient"], packed(cast(Notice, notice)))


def packed(notice: Notice) -> bytes:
    """A notice as the outbox keeps it."""
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(payload: bytes) -> Notice:
    """What `packed` made bytes of."""
    return cast(Notice, json.loads(payload))
