"""Encodes and decodes the hub's records in the Confluent wire format: magic byte 0, schema id, Avro."""

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.validation import ValidationError, validate

from hub.domain.errors import Rejected
from schemas.compiled import TrailingBytes, Uncompilable, compile_decoder, compile_encoder
from schemas.released import Released, newest, released

Datum = dict[str, Any]
_HEADER = struct.Struct(">bI")
_MAGIC = 0
_PREFIX_BYTES = 5
# What a compiled or fastavro function raises on a datum or on bytes that do not fit the schema.
_MISFITS = (ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OverflowError, struct.error)


class Codec:
    """The newest version of each record to write, and every released one to read.

    `ids` gives the schema id of each (record, version): a registry's, or without one those of the lock file.
    """

    def __init__(
        self, versions: Iterable[Released] | None = None, ids: Mapping[tuple[str, int], int] | None = None
    ) -> None:
        known = tuple(released() if versions is None else versions)
        self.ids = {(one.record, one.version): one.id for one in known} if ids is None else dict(ids)
        self._newest = newest(known)
        self._schemas = {(one.record, one.version): one.schema for one in known}
        self._encoders = {name: self._encoder(one) for name, one in self._newest.items()}
        self._decoders: dict[bytes, tuple[str, Callable[[bytes], Datum]]] = {}
        for one in known:
            prefix = _HEADER.pack(_MAGIC, self.ids[one.record, one.version])
            self._decoders[prefix] = (one.record, self._decoder(one))

    def encode(self, name: str, datum: Mapping[str, Any]) -> bytes:
        """The record `name` (`CaseEvent`, …) in its newest version; ValueError names the field that is wrong."""
        try:
            return self._encoders[name](datum)
        except _MISFITS as error:
            if name not in self._encoders:
                raise ValueError(f"no record {name}; there are {', '.join(sorted(self._newest))}") from None
            raise ValueError(
                f"{name}: {_misfit(self._schemas[name, self._newest[name].version], datum)}"
            ) from error

    def decode(self, data: bytes, name: str | None = None) -> Datum:
        """A record of any released version, as the newest one sees it; with `name`, of this record only."""
        try:
            record, decoder = self._decoders[data[:_PREFIX_BYTES]]
        except (KeyError, TypeError):
            raise _unreadable(data) from None
        if name is not None and record != name:
            raise Rejected("unknown_schema", None, f"a {record} stands where a {name} belongs")
        return decoder(data)

    def name_of(self, data: bytes) -> str:
        """Which record the bytes hold, by their schema id."""
        try:
            return self._decoders[data[:_PREFIX_BYTES]][0]
        except (KeyError, TypeError):
            raise _unreadable(data) from None

    def _encoder(self, one: Released) -> Callable[[Mapping[str, Any]], bytes]:
        prefix = _HEADER.pack(_MAGIC, self.ids[one.record, one.version])
        try:
            return compile_encoder(one.schema, prefix)
        except Uncompilable:
            schema = parse_schema(one.schema)

        def encode(datum: Mapping[str, Any]) -> bytes:
            out = BytesIO(prefix)
            out.seek(_PREFIX_BYTES)
            schemaless_writer(out, schema, datum)
            return out.getvalue()

        return encode

    def _decoder(self, one: Released) -> Callable[[bytes], Datum]:
        latest = self._newest[one.record]
        writer, reader = parse_schema(one.schema), parse_schema(latest.schema)
        compiled = None
        if one.version == latest.version:
            try:
                compiled = compile_decoder(one.schema)
            except Uncompilable:
                compiled = None
        read = compiled or _resolving(writer, reader)

        def decode(data: bytes) -> Datum:
            try:
                return read(data, _PREFIX_BYTES)
            except TrailingBytes as error:
                raise Rejected("not_avro", None, f"{one.record} v{one.version}: {error}") from None
            except _MISFITS:
                raise _broken(data, one, writer) from None

        return decode


def _resolving(writer: Any, reader: Any) -> Callable[[bytes, int], Datum]:
    """Reads data of an older version as the newest one sees it."""

    def read(data: bytes, start: int) -> Datum:
        stream = BytesIO(data)
        stream.seek(start)
        datum: Datum = schemaless_reader(stream, writer, reader)  # type: ignore[assignment]
        if stream.tell() != len(data):
            raise TrailingBytes(f"{len(data) - stream.tell()} bytes after the end")
        return datum

    return read


def _unreadable(data: Any) -> Rejected:
    """Why the first five bytes lead to no schema."""
    if data is None:
        return Rejected("not_avro", None, "no value at all")
    if len(data) < _PREFIX_BYTES:
        return Rejected("truncated_avro", None, f"{len(data)} bytes; the schema id alone takes {_PREFIX_BYTES}")
    magic, number = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        return Rejected("not_avro", None, f"first byte {magic & 255:#04x}, the wire format begins with 0x00")
    return Rejected(
        "unknown_schema", None, f"schema id {number} is not one of the hub's; was it written by a newer hub?"
    )


def _broken(data: bytes, one: Released, writer: Any) -> Rejected:
    """Tells bytes that end early from bytes that are something else; only on the way to the dead letters."""
    where = f"{one.record} v{one.version}, {len(data)} bytes"
    stream = BytesIO(data)
    stream.seek(_PREFIX_BYTES)
    try:
        schemaless_reader(stream, writer, None)
    except (EOFError, IndexError, struct.error):
        return Rejected("truncated_avro", None, f"{where}: ends before its last field")
    except _MISFITS:
        return Rejected("not_avro", None, f"{where}: does not follow its schema")
    return Rejected("not_avro", None, f"{where}: not in the form its schema prescribes")


def _misfit(schema: Datum, datum: Any) -> str:
    """Which field does not fit and what it must be; the value itself stays out of the message."""
    try:
        validate(datum, schema, raise_errors=True, strict=False)
    except ValidationError as error:
        problems = [
            f"{one.field} must be {_shape(one.schema)}, not {type(one.datum).__name__}" for one in error.errors
        ]
        return "; ".join(problems)
    return "text that is no valid Unicode, or a number out of range"


def _shape(schema: Any) -> str:
    if isinstance(schema, list):
        return " or ".join(_shape(one) for one in schema)
    if isinstance(schema, dict):
        return (
            f"one of {', '.join(schema['symbols'])}"
            if schema["type"] == "enum"
            else str(schema.get("name", schema["type"]))
        )
    return str(schema)


@cache
def codec(registry_url: str | None = None) -> Codec:
    """The codec of this installation: with a registry's ids where its URL is given, else with the lock file's."""
    if registry_url is None:
        return Codec()
    from schemas.registry import Registry, resolve_ids  # the HTTP client is loaded only where there is a registry

    with Registry(registry_url) as registry:
        return Codec(ids=resolve_ids(registry))
