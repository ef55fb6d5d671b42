"""Checks that two programs did the same work: their outputs, read from outside, say the same."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from hub.bench.observer import Observer

# The peers make ids of events by another hash, and receipt and raw coordinates are a run's own.
_MAY_DIFFER = ("event_id", "received_at", "raw")


@dataclass(slots=True)
class Outputs:
    """How many outputs there are, and a digest of each under what identifies it."""

    number: int = 0
    digests: dict[bytes, bytes] = field(default_factory=dict)
    doubled: int = 0


def read_outputs(observer: Observer, bench: str, topic: str) -> Outputs:
    """All committed outputs of a topic; those of `unify` are decoded, so that only their content counts."""
    outputs = Outputs()
    take = _take_events(outputs) if bench == "unify" else _take_bytes(outputs, bench)
    outputs.number = observer.count(topic, take)
    return outputs


def differences(reference: Outputs, found: Outputs, *, partial: bool = False) -> str | None:
    """What is not the same, in words; None when all is. A partial run wrote only some of the outputs."""
    common = reference.digests.keys() & found.digests.keys()
    if not partial and found.number != reference.number:
        return f"{found.number} outputs, {reference.number} expected"
    if not partial and found.doubled:
        return f"{found.doubled} outputs stand twice"
    if len(common) < len(found.digests):
        return f"{len(found.digests) - len(common)} of {len(found.digests)} outputs carry unknown keys"
    unequal = [key for key in common if reference.digests[key] != found.digests[key]]
    if unequal:
        return f"{len(unequal)} of {len(common)} outputs compared differ, for example {unequal[0].decode()}"
    return None


def _take_bytes(outputs: Outputs, bench: str) -> Callable[[Any], None]:
    def take(message: Any) -> None:
        value = message.value()
        # A case of `casework` has several outputs: its version tells them apart.
        key = message.key() + value[:4].hex().encode() if bench == "casework" else message.key()
        if key in outputs.digests:
            outputs.doubled += 1
        outputs.digests[key] = blake2b(value, digest_size=8).digest()

    return take


def _take_events(outputs: Outputs) -> Callable[[Any], None]:
    """Every event is counted; one in seven, told by its key, is decoded and compared."""
    from schemas.compiled import compile_decoder
    from schemas.released import newest, released

    decode = compile_decoder(newest(released())["CaseEvent"].schema)

    def take(message: Any) -> None:
        if int.from_bytes(message.key()[-2:]) % 7:
            return
        event = decode(message.value(), 5)
        for name in _MAY_DIFFER:
            del event[name]
        key = event["source_event_id"].encode()
        if key in outputs.digests:
            outputs.doubled += 1
        outputs.digests[key] = blake2b(json.dumps(event, sort_keys=True).encode(), digest_size=8).digest()

    return take
