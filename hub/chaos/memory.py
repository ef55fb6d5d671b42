"""Reads a stage's state from outside: the last tallies of each partition."""

import json
from collections import Counter
from collections.abc import Iterable

from streams.runtime.api import Record
from streams.runtime.rows import TALLY_KEY


def tallies_of(memory: Iterable[Record]) -> Counter[str]:
    """The stage's tallies: the last ones of each partition, added up."""
    last = {record.partition: record.value for record in memory if record.key == TALLY_KEY}
    total: Counter[str] = Counter()
    for value in last.values():
        total.update(json.loads(value or b"{}"))
    return total
