"""Splits an XML batch into its records, each the bytes of its element as sent."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from connectors.sources.citymgmt.document import ENCODING, Document, read_document
from connectors.sources.citymgmt.element import Read, read_element
from connectors.sources.limits import LARGEST_FILE_BYTES, LARGEST_RECORD_BYTES, too_large
from connectors.sources.payload import check_control, check_size, decode
from connectors.sources.values import clean, code
from hub.domain.errors import Rejected
from hub.domain.source import Headers, RawRecord

_XML = "application/xml"


def split(payload: bytes, headers: Headers) -> Iterable[RawRecord]:
    """The children of the list, numbered from 1, one at a time; or the one record that the payload is already."""
    check_size(payload, LARGEST_FILE_BYTES, "file", ENCODING)
    if "record" in headers:
        return [_single(payload, headers)]
    return _records(read_document(payload))


def read_single(value: bytes) -> Read:
    """The record of an element as sent; the checks stand in the order of the contract."""
    if len(value) > LARGEST_RECORD_BYTES:
        raise too_large("record", LARGEST_RECORD_BYTES)
    text = decode(value, ENCODING)
    check_control(text)
    return read_element(text.encode())


def _read_checked(value: bytes, utf8: bytes) -> Read:
    """The record of an element whose document has been checked as a whole."""
    if len(value) > LARGEST_RECORD_BYTES:
        raise too_large("record", LARGEST_RECORD_BYTES)
    return read_element(utf8)


def _records(document: Document) -> Iterator[RawRecord]:
    shared = {} if document.batch is None else {"batch": clean(document.batch)}
    for number, (start, end) in enumerate(zip(document.starts, document.ends, strict=True), 1):
        utf8 = document.utf8[start:end]
        # GB18030 and Unicode map one to one, so this gives back the bytes as sent.
        value = utf8.decode().encode(ENCODING)
        yield _record(number, value, shared, partial(_read_checked, value, utf8))


def _single(value: bytes, headers: Headers) -> RawRecord:
    number = headers["record"]
    batch = {"batch": headers["batch"]} if "batch" in headers else {}
    return _record(int(number) if number.isdecimal() else 1, value, batch, partial(read_single, value))


def _record(number: int, value: bytes, batch: dict[str, str], read: Callable[[], Read]) -> RawRecord:
    parsed: Read | Rejected
    key = None
    try:
        parsed = read()
        key = code(parsed.texts.get("TASKID"))
    except Rejected as rejected:
        parsed = rejected
    headers = {"content-type": _XML, "encoding": ENCODING, **batch, "record": str(number)}
    return RawRecord(number, key, value, headers, parsed)
