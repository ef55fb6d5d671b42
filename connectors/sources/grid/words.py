"""The words by which the grid platform says what a report is about: its categories."""

from dataclasses import replace

from connectors.sources.grid import codes
from connectors.sources.grid.mapping import category_path, report_of
from connectors.sources.values import ascii_copy
from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Words


def _read(record: RawRecord) -> str | None:
    try:
        text = report_of(record).fields.category
    except Rejected:
        return None
    return category_path(ascii_copy(text)) or None if text else None


def _write(record: RawRecord, word: str) -> RawRecord:
    report = report_of(record)
    return replace(record, parsed=report._replace(fields=report.fields.model_copy(update={"category": word})))


WORDS = Words("category", frozenset(codes.CATEGORIES), _read, _write)
