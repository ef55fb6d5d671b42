"""A case's row: Avro `CaseState`, in which early events are parked as the bytes of their own schema."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from hub.domain.case import CaseState
from hub.domain.errors import Rejected, Unavailable

# Kafka takes 1 MiB a message; the row is one message of the changelog, headers and key beside it.
LARGEST_ROW_BYTES = 960 * 1024


class Coder(Protocol):
    """What casework needs of the codec (`schemas.codec.Codec`)."""

    def encode(self, name: str, datum: Mapping[str, Any], /) -> bytes:
        """The record `name` in wire format."""
        ...

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


def write_row(codec: Coder, case: CaseState) -> bytes:
    """The row of a case.

    Raises:
        Rejected: the event at hand would make the row too large for the changelog.
    """
    datum: Mapping[str, Any] = cast(Mapping[str, Any], case)
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
    return value


def read_row(codec: Coder, value: bytes) -> CaseState:
    """A case from its row.

    Raises:
        Unavailable: the row cannot be read (a newer hub wrote it, or the store is damaged): skipping its case's
            events would lose them, so the batch stops.
    """
    try:
        datum = codec.decode(value, "CaseState")
        if datum["parked"]:
            datum["parked"] = [codec.decode(event, "CaseEvent") for event in datum["parked"]]
    except Rejected as error:
        raise Unavailable(f"a row of case.state cannot be read ({error.reason}: {error.detail})") from error
    return cast(CaseState, datum)
