"""Reads a stage's state from outside: last rows of its changelog, last tallies of each partition."""

import json
from collections import Counter
from collections.abc import Iterable

from streams.runtime.api import Record, Row
from streams.runtime.recovery import DUE_HEADER
from streams.runtime.rows import TALLY_KEY


def rows_of(changelog: Iterable[Record]) -> dict[bytes, Row]:
    """The last row of every key; deleted ones are absent."""
    rows: dict[bytes, Row] = {}
    for record in changelog:
        if record.key is None or record.key == TALLY_KEY:
            continue
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = Row(record.value, _due(record))
    return rows


def _due(record: Record) -> int | None:
    due = next((value for name, value in record.headers if name == DUE_HEADER), None)
    return None if due is None else int.from_bytes(due, "big")


def tallies_of(memory: Iterable[Record]) -> Counter[str]:
    """The stage's tallies: the last ones of each partition, added up."""
    last = {record.partition: record.value for record in memory if record.key == TALLY_KEY}
    total: Counter[str] = Counter()
    for value in last.values():
        total.update(json.loads(value or b"{}"))
    return total
