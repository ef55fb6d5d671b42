"""A case's row: Avro `CaseState` for the changelog and all who read it, MessagePack for the local store.

The local form holds the same record and is read five times as fast: most of what casework does is reading rows. In
the Avro form early events are parked as the bytes of their own schema.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import msgspec

from hub.domain.case import CaseState
from hub.domain.errors import Rejected, Unavailable
from streams.runtime.api import Row

# Kafka takes 1 MiB a message; the row is one message of the changelog, headers and key beside it.
LARGEST_ROW_BYTES = 960 * 1024

ROW_FORM: Final = "MessagePack of CaseState v2"
"""Changes with the record: a store of another form is built anew from the changelog."""

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


class Coder(Protocol):
    """What casework needs of the codec (`schemas.codec.Codec`)."""

    def encode(self, name: str, datum: Mapping[str, Any], /) -> bytes:
        """The record `name` in wire format."""
        ...

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


def write_row(codec: Coder, case: CaseState, due: int | None = None) -> Row:
    """The row of a case, in both forms.

    Raises:
        Rejected: the event at hand would make the row too large for the changelog.
    """
    datum: Mapping[str, Any] = cast("Mapping[str, Any]", case)
    if case["parked"]:
        datum = {**case, "parked": [codec.encode("CaseEvent", cast(Any, event)) for event in case["parked"]]}
    value = codec.encode("CaseState", datum)
    if len(value) > LARGEST_ROW_BYTES:
        raise Rejected(
            "case_too_large",
            "case_id",
            f"the case's state would take {len(value)} bytes, at most {LARGEST_ROW_BYTES}; "
            "does a system send one case again and again under new event ids?",
        )
    return Row(value, due, _pack(case))


def read_row(codec: Coder, row: Row) -> CaseState:
    """A case from its row.

    Raises:
        Unavailable: the row cannot be read (a newer hub wrote it, or the store is damaged): skipping its case's
            events would lose them, so the batch stops.
    """
    try:
        if row.local is not None:
            return cast("CaseState", _unpack(row.local))
        datum = codec.decode(row.value, "CaseState")
        if datum["parked"]:
            datum["parked"] = [codec.decode(event, "CaseEvent") for event in datum["parked"]]
    except (Rejected, msgspec.DecodeError) as error:
        raise Unavailable(f"a row of case.state cannot be read ({error})") from error
    return cast("CaseState", datum)
