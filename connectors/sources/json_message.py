"""Reads a JSON message of one object strictly by RFC 8259, and into the pydantic model of its source.

Two readers give the same answer. The quick one takes what nearly all messages are: no escapes but the plain
ones, no key twice, texts and numbers only. Whatever it does not take as it is goes to the careful one, which
applies the checks of the contract in the contract's order.
"""

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.sources.limits import DEEPEST_NESTING, LARGEST_RECORD_BYTES, LONGEST_NUMBER
from connectors.sources.payload import check_control, check_size, decode, has_control_bytes
from connectors.sources.values import BOM, CONTROL, SURROGATE, clean
from hub.domain.errors import Rejected
from hub.domain.source import Headers, RawRecord

CONTENT_TYPE = "application/json"

# Escapes that may stand for what `clean`, the control check or the surrogate check would have to see.
_TELLING_ESCAPE = re.compile(rb"\\[urbf]")
_LONG_NUMBER = re.compile(f"[-+.0-9eE]{{{LONGEST_NUMBER + 1}}}")
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class NativeModel(BaseModel):
    """A native format. Values are texts as sent; an absent field, null and an empty text are the same."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, frozen=True)


M = TypeVar("M", bound=NativeModel)


@dataclass(frozen=True, slots=True)
class Format(Generic[M]):
    """How messages of a source are read: model, fields that are arrays, and the source case id of a message."""

    model: type[M]
    case_id: Callable[[M], str | None]
    arrays: frozenset[str] = frozenset()


class _Unusual(Exception):
    """The quick reader leaves this message to the careful one."""


def split_object(payload: bytes, headers: Headers, form: Format[M]) -> list[RawRecord]:
    """The one record of a JSON message."""
    parsed = _read(payload, form)
    key = None if isinstance(parsed, Rejected) else form.case_id(parsed)
    number = headers.get("record", "1")
    return [
        RawRecord(
            number=int(number) if number.isdecimal() else 1,
            key=key,
            value=payload,
            headers={"content-type": CONTENT_TYPE, "record": number},
            parsed=parsed,
        )
    ]


def message_of(record: RawRecord, form: Format[M]) -> M:
    """The message of a record, read by `split_object` or, failing that, from its bytes."""
    parsed = record.parsed if record.parsed is not None else _read(record.value, form)
    if isinstance(parsed, Rejected):
        raise Rejected(parsed.reason, parsed.field, parsed.detail)
    assert isinstance(parsed, form.model), "a record is mapped by the source that split it"
    return parsed


def _read(payload: bytes, form: Format[M]) -> M | Rejected:
    """The message; a `Rejected` returned concerns the record, one raised the payload as a whole."""
    check_size(payload, LARGEST_RECORD_BYTES, "JSON message")
    text = decode(payload.removeprefix(codecs.BOM_UTF8), "utf-8")
    if has_control_bytes(payload):
        check_control(text)
    try:
        return _read_quickly(payload, text, form)
    except (_Unusual, ValueError, RecursionError):
        return _read_carefully(text, form)


def _read_quickly(payload: bytes, text: str, form: Format[M]) -> M:
    if payload.count(b"{") + payload.count(b"[") > DEEPEST_NESTING:
        raise _Unusual
    if BOM in text or (b"\\" in payload and _TELLING_ESCAPE.search(payload)):
        raise _Unusual
    fields = _quick_decode(text)
    # pydantic's own ValidationError is a ValueError: arrays, objects and booleans go to the careful reader.
    return form.model.__pydantic_validator__.validate_python(fields)  # type: ignore[no-any-return]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _Unusual
    return fields


def _short(digits: str) -> str:
    if len(digits) > LONGEST_NUMBER:
        raise _Unusual
    return digits


def _no_constant(name: str) -> None:
    raise ValueError(name)


_quick_decode = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_short, parse_float=_short, parse_constant=_no_constant
).decode


class _Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


class _Findings:
    """What one careful decoding found besides the value: the first key twice, the first number too long."""

    def __init__(self) -> None:
        self.twice: str | None = None
        self.long: str | None = None
        self.has_long = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=_Number, parse_float=_Number, parse_constant=_no_constant
        )

    def decode(self, text: str) -> Any:
        value = self._decoder.decode(text)
        self.has_long = _LONG_NUMBER.search(_TOKENS.sub(" ", text)) is not None
        return value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in pairs:
            if name in fields and self.twice is None:
                self.twice = name
            fields[name] = value
            if type(value) is _Number and len(value) > LONGEST_NUMBER and self.long is None:
                self.long = name
        return fields


def _read_carefully(text: str, form: Format[M]) -> M | Rejected:
    check_nesting(text)
    findings = _Findings()
    try:
        value = findings.decode(text)
    except json.JSONDecodeError as error:
        raise Rejected("malformed_json", detail=f"{error.msg} at character {error.pos}") from None
    except ValueError:
        raise Rejected("malformed_json", detail="NaN and Infinity are not JSON") from None
    if isinstance(value, dict) and (flaw := _flaw(value, form)) is not None:
        return flaw
    if findings.twice is not None:
        raise Rejected("duplicate_key", _printable(findings.twice, form), "the same key twice in one object")
    if findings.has_long:
        field = _printable(findings.long, form)
        raise Rejected("number_too_long", field, f"more than {LONGEST_NUMBER} characters; send it as text")
    if not isinstance(value, dict):
        raise Rejected("wrong_type", detail="not a JSON object; send one object a message")
    return _model(value, form)


def check_nesting(text: str) -> None:
    """Reject a text with too many objects and arrays within each other, well formed or not."""
    depth = 0
    for token in _TOKENS.findall(text):
        if token in ("{", "["):
            depth += 1
            if depth > DEEPEST_NESTING:
                raise Rejected("nesting_too_deep", detail=f"more than {DEEPEST_NESTING} levels")
        elif token in ("}", "]"):
            depth -= 1


def _flaw(fields: dict[str, Any], form: Format[M]) -> Rejected | None:
    """What escapes brought into a value that no text may hold."""
    values = [(name, text) for name in known_fields(form) for text in _texts(fields.get(name))]
    for name, text in values:
        if SURROGATE.search(text):
            return Rejected("wrong_encoding", name, "half of a surrogate pair by escape; send whole characters")
    for name, text in values:
        if (match := CONTROL.search(text)) is not None:
            return Rejected("control_characters", name, f"U+{ord(match[0]):04X} by escape; send plain text")
    return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return []


def _model(fields: dict[str, Any], form: Format[M]) -> M | Rejected:
    texts: dict[str, Any] = {}
    for name in known_fields(form):
        value = fields.get(name)
        if name in form.arrays and value is not None and value != "":
            given = _array(value)
        else:
            given = _text(value)
        if given is None:
            return Rejected("wrong_type", name, _EXPECTED[name in form.arrays])
        texts[name] = given or None
    try:
        return form.model.model_validate(texts)
    except ValidationError as error:
        place = error.errors(include_input=False)[0]["loc"]
        return Rejected("wrong_type", str(place[0]), "not of the type the contract names")


_EXPECTED = {False: "a text is expected, not an object or array", True: "an array of texts is expected"}


def _text(value: Any) -> str | None:
    """A single value as text, "" when not given; None for what is no single value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value)) if isinstance(value, str) else None


def _array(value: Any) -> list[str] | str | None:
    if isinstance(value, str):
        return None if clean(value) or isinstance(value, _Number) else ""
    if not isinstance(value, list):
        return None
    items = [_text(item) for item in value]
    return None if None in items else [item for item in items if item]


def known_fields(form: Format[M]) -> list[str]:
    """The native names of the fields a source's contract names."""
    return [info.alias or name for name, info in form.model.model_fields.items()]


def _printable(name: str | None, form: Format[M]) -> str | None:
    """The name of a known field; another one may hold anything, personal data too."""
    return name if name in known_fields(form) else None
