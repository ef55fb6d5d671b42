"""A small stateful processor for the runtime's unit tests."""

import json
from collections.abc import Callable, Mapping

import pytest

from hub.domain.errors import Rejected
from streams.runtime import Output, Prepared, Record, Result, Row


class Counting:
    """Counts records by key. The value is JSON: `due` (ms from now), `refuse`, `boom`, `big`, `delete`, `stray`."""

    name = "count"
    inputs = ("in",)
    changelog = "log"

    def prepare(self, record: Record) -> Prepared:
        if record.value is None:
            raise Rejected("empty_payload")
        return Prepared((record.key or b"",), json.loads(record.value))

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        (key,) = prepared.keys
        wish = prepared.decoded
        row = rows[key]
        number = int(row.value) + 1 if row is not None else 1
        if wish.get("delete"):
            return Result(puts={key: None}, counts={"deleted": 1})
        due = now + wish["due"] if "due" in wish else (row.due if row is not None else None)
        puts: dict[bytes, Row | None] = {key: Row(b"%d" % number, due)}
        if wish.get("stray"):
            puts[b"stray"] = Row(b"")
        if wish.get("boom"):
            raise ZeroDivisionError("138-0000-0000")
        if wish.get("refuse"):
            raise Rejected("bad_value", "refuse", "true; send false")
        value = b"x" * wish["big"] if "big" in wish else b"%s=%d" % (key, number)
        outputs = [Output("out", key, value)]
        if wish.get("back"):
            outputs.append(Output("in", key, b"{}"))
        return Result(outputs, puts, {"accepted.test": 1}, ("test", record.timestamp))

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        if key == b"broken":
            raise ZeroDivisionError
        return Result([Output("out", key, b"fired %d late %d" % (due, now - due))], counts={"fired": 1})


@pytest.fixture
def counting() -> Callable[[], Counting]:
    """Makes the processor."""
    return Counting
