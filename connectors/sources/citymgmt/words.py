"""The words by which digital city management says in which state a case is."""

from dataclasses import replace

from connectors.sources.citymgmt import codes
from connectors.sources.citymgmt.element import Read
from connectors.sources.citymgmt.splitting import read_single
from connectors.sources.values import code
from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Words

_FIELD = "STATE"


def _parsed(record: RawRecord) -> Read | None:
    try:
        parsed = record.parsed if record.parsed is not None else read_single(record.value)
    except Rejected:
        return None
    return parsed if isinstance(parsed, Read) and parsed.name == "StateChange" else None


def _read(record: RawRecord) -> str | None:
    parsed = _parsed(record)
    return None if parsed is None else code(parsed.texts.get(_FIELD))


def _write(record: RawRecord, word: str) -> RawRecord:
    parsed = _parsed(record)
    assert parsed is not None, "only a word that was read is replaced"
    return replace(record, parsed=replace(parsed, texts={**parsed.texts, _FIELD: word}))


WORDS = Words(_FIELD, frozenset(codes.STATES), _read, _write, attribute="native_state")
