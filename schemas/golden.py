"""Golden bytes: for each released version a sample record and the exact bytes it became, for ever readable."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer

from schemas.released import FOLDER, Released

GOLDEN = FOLDER / "golden"
_HEX = "$hex"  # JSON has no bytes: they stand as {"$hex": "…"}


def golden_file(one: Released, folder: Path = GOLDEN) -> Path:
    """`golden/<Record>/v<n>.json`."""
    return folder / one.record / f"v{one.version}.json"


def read_golden(path: Path) -> tuple[dict[str, Any], bytes | None]:
    """The sample and its bytes; None while they have not been fixed by the release."""
    content = json.loads(path.read_text("utf-8"), object_hook=_with_bytes)
    return content["datum"], bytes.fromhex(content["avro"]) if "avro" in content else None


def write_golden(path: Path, datum: dict[str, Any], avro: bytes) -> None:
    """Fixes the bytes of a sample."""
    content = {"datum": datum, "avro": avro.hex()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=_as_hex) + "\n", "utf-8")


def body(one: Released, datum: dict[str, Any]) -> bytes:
    """The Avro body of a datum as fastavro, not our compiled encoder, writes it."""
    out = BytesIO()
    schemaless_writer(out, parse_schema(one.schema), datum)
    return out.getvalue()


def read_body(avro: bytes, writer: Released, reader: Released) -> Any:
    """The datum that a reader with another version makes of a body; ValueError when bytes are left over."""
    stream = BytesIO(avro)
    datum = schemaless_reader(stream, parse_schema(writer.schema), parse_schema(reader.schema))
    if stream.tell() != len(avro):
        raise ValueError(f"{len(avro) - stream.tell()} bytes are left over")
    return datum


def _with_bytes(found: dict[str, Any]) -> Any:
    return bytes.fromhex(found[_HEX]) if found.keys() == {_HEX} else found


def _as_hex(value: Any) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_HEX: value.hex()}
    raise TypeError(f"a sample holds JSON values and bytes, not {type(value).__name__}")
