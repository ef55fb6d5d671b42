"""The words by which the hotline says what happened."""

from dataclasses import replace

from connectors.sources.hotline import codes
from connectors.sources.hotline.mapping import FORMAT
from connectors.sources.json_message import message_of
from connectors.sources.values import code
from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Words


def _read(record: RawRecord) -> str | None:
    try:
        return code(message_of(record, FORMAT).event_type)
    except Rejected:
        return None


def _write(record: RawRecord, word: str) -> RawRecord:
    return replace(record, parsed=message_of(record, FORMAT).model_copy(update={"event_type": word}))


WORDS = Words("eventType", frozenset(codes.KINDS), _read, _write)
