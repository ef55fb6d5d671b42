"""Which targets get a record, and as which bytes: decided once, when it is read."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from connectors.feed import Message
from connectors.outbox import Outgoing
from connectors.webhooks.settings import Target
from hub.domain.errors import Rejected
from hub.domain.instants import from_epoch_ms


class Reader(Protocol):
    """What it needs of the codec (`schemas.codec.Codec`)."""

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


class Maker:
    """Records of public topics → messages, one for each target whose filters let it pass.

    The body is `{"type", "timestamp", "id", "topic", "data"}`: `id` is the record's CloudEvents id, the same in
    Kafka; `data` the record as its Avro schema describes it. It is kept as bytes: each attempt sends the same.
    """

    def __init__(self, targets: Mapping[str, Target], codec: Reader) -> None:
        self._targets = targets
        self._codec = codec
        self._since_ms = {name: round(target.since.timestamp() * 1000) for name, target in targets.items()}

    def messages_of(self, record: Message) -> Iterator[Outgoing]:
        """The messages of one record.

        Raises:
            Rejected: it is not one of the hub's.
        """
        if record.value is None:
            raise Rejected("null_value", detail="a record without a value")
        datum = self._codec.decode(record.value)
        try:
            id, kind = record.headers["ce_id"].decode(), record.headers["ce_type"].decode()
        except KeyError as missing:
            raise Rejected("missing_header", str(missing.args[0]), "every record of the hub has it") from None
        body: bytes | None = None
        for name, target in self._targets.items():
            if record.timestamp < self._since_ms[name] or not target.takes(record.topic, datum):
                continue
            if body is None:
                body = _body(id, kind, record, datum)
            yield Outgoing(f"{name}/{id}", name, datum["case_id"], body, datum["case_version"])


def _body(id: str, kind: str, record: Message, datum: Mapping[str, Any]) -> bytes:
    stamped = record.headers.get("ce_time", b"").decode() or from_epoch_ms(record.timestamp).isoformat()
    content = {"type": kind, "timestamp": stamped, "id": id, "topic": record.topic, "data": datum}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
