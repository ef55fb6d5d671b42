"""The processors of `hub bench loop` and `hub bench casework`: as little work of their own as can be."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from schemas.compiled import compile_encoder
from streams.runtime.api import Output, Prepared, Record, Result, Row

LOOP_SCHEMA = Path(__file__).with_name("loop.avsc")
ROW_BYTES = 600
LIMIT_MS = 3 * 86_400_000

_SCHEMA_ID_1 = b"\0\0\0\0\1"
_LEVELS = {"一般": 1, "紧急": 2, "特急": 3}
_VERSION = struct.Struct(">i")
_INSTANT = struct.Struct(">q")
_ROW_HEAD = struct.Struct(">iqq")


class _Reported(msgspec.Struct):
    """The fields of a `loop` message that are read; others are skipped."""

    id: str
    source: str
    division: str
    kind: str
    at: int
    urgency: str
    text: str


class Loop:
    """JSON in, seven Avro fields out. No state, so nothing but the runtime is measured."""

    changelog = ""

    def __init__(self, name: str, input_topic: str, output_topic: str) -> None:
        self.name = name
        self.inputs: Sequence[str] = (input_topic,)
        self._output_topic = output_topic
        self._decode = msgspec.json.Decoder(_Reported).decode
        self._encode = compile_encoder(json.loads(LOOP_SCHEMA.read_text()), _SCHEMA_ID_1)

    def prepare(self, record: Record) -> Prepared:
        """Read the JSON; there is no state to name."""
        return Prepared((), self._decode(record.value or b""))

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        """Seconds to milliseconds, the urgency's word to its number, the rest as it is."""
        read: _Reported = prepared.decoded
        event = {
            "id": read.id,
            "source": read.source,
            "division": read.division,
            "kind": read.kind.upper(),
            "at": read.at * 1000,
            "level": _LEVELS.get(read.urgency, 1),
            "text": read.text.strip(),
        }
        return Result([Output(self._output_topic, record.key, self._encode(event))])

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """Never called: there are no rows."""
        return Result()


class StorePath:
    """A 600-byte row a case is read, changed and written, its due time moves, one record goes out.

    Row: version (4 bytes), time of the latest event (8), due time (8), and what the event said.
    """

    def __init__(self, name: str, input_topic: str, output_topic: str, changelog: str) -> None:
        self.name = name
        self.inputs: Sequence[str] = (input_topic,)
        self.changelog = changelog
        self._output_topic = output_topic

    def prepare(self, record: Record) -> Prepared:
        """The row is the case's."""
        if record.key is None:
            raise ValueError("a record of this benchmark has a key")
        return Prepared((record.key,), record.value)

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        """The next version of the row, with a new due time."""
        (key,) = prepared.keys
        event: bytes = prepared.decoded
        row = rows[key]
        version = 1 if row is None else _VERSION.unpack_from(row.value)[0] + 1
        (at,) = _INSTANT.unpack_from(event)
        due = at + LIMIT_MS
        value = (_ROW_HEAD.pack(version, at, due) + event[8:]).ljust(ROW_BYTES, b"\0")[:ROW_BYTES]
        output = Output(self._output_topic, key, _VERSION.pack(version) + event)
        return Result([output], {key: Row(value, due)})

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """A due time is dropped, as the peer does."""
        return Result(puts={key: Row(row.value)})
