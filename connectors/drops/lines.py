"""Finds the line of the file on which each of its records begins, for the person who has to mend it."""

from collections.abc import Iterable, Iterator

from hub.domain.source import RawRecord


def line_numbers(payload: bytes, records: Iterable[RawRecord]) -> Iterator[int | None]:
    """The line of each record, from 1; None where the record's bytes do not stand in the payload as they are.

    Records come in the order of the file, so each is looked for after the one before it.
    """
    line_end = b"\n" if b"\n" in payload else b"\r"
    position, line = 0, 1
    for record in records:
        found = _find(payload, record.value, position)
        if found < 0:
            yield None
            continue
        line += payload.count(line_end, position, found)
        yield line
        position = found + len(record.value)
        line += payload.count(line_end, found, position)


def _find(payload: bytes, value: bytes, position: int) -> int:
    """Where the record begins: at the start of a line where it is found at one, else anywhere."""
    if not value:
        return -1
    found = first = payload.find(value, position)
    while found > 0 and payload[found - 1] not in b"\r\n":
        found = payload.find(value, found + 1)
    return first if found < 0 else found
