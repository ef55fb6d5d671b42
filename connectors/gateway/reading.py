"""What records of the topics mean to the gateway: dispatches, states of cases, actions taken, tokens."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from connectors.feed import Message
from connectors.gateway import tokens
from connectors.gateway.cursor import Place
from connectors.gateway.feedback import read_accepted
from connectors.gateway.frames import to_json
from connectors.gateway.inbox import Batch, Delivery
from hub.domain.errors import Rejected
from hub.domain.tiers import Tier

log = logging.getLogger(__name__)


class Decoder(Protocol):
    """What is needed of the codec (`schemas.codec.Codec`)."""

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


class Topics(NamedTuple):
    """The names of what the gateway reads."""

    dispatches: Mapping[str, Tier]
    case_state: str
    feedback: str
    tokens: str

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.dispatches, self.case_state, self.feedback, self.tokens)


def read_batch(messages: Iterable[Message], topics: Topics, codec: Decoder) -> Batch:
    """What the records come to. One that cannot be read is told in the log and passed over."""
    batch = Batch([], [], [], [])
    for message in messages:
        if (tier := topics.dispatches.get(message.topic)) is not None:
            _take_dispatch(batch, message, tier, codec)
        elif message.topic == topics.case_state:
            if message.key is not None:
                batch.cases.append((message.key.decode(), message.value, message.timestamp))
        elif message.topic == topics.feedback:
            if message.value is not None and (found := read_accepted(message.value, message.timestamp)) is not None:
                batch.accepted.append(found)
        elif message.topic == topics.tokens and message.key is not None:
            record = None if message.value is None else tokens.decode(message.value)
            batch.tokens.append((message.key.decode(), record))
    return batch


def _take_dispatch(batch: Batch, message: Message, tier: Tier, codec: Decoder) -> None:
    if message.value is None:
        return
    try:
        dispatch = codec.decode(message.value, "Dispatch")
    except Rejected as rejected:
        log.error("%s/%s/%s is no dispatch: %s", message.topic, message.partition, message.offset, rejected.reason)
        return
    batch.deliveries.append(
        Delivery(
            endpoint_id=dispatch["endpoint_id"],
            place=Place(tier, message.partition, message.offset),
            at=message.timestamp,
            action=dispatch["action"],
            dispatch_id=dispatch["dispatch_id"],
            case_id=dispatch["case_id"],
            case_version=dispatch["case_version"],
            body=to_json(dispatch),
        )
    )
