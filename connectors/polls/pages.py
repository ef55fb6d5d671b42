"""From a page that a server gave to records and to the page after it. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from connectors.polls.delivery import Parcel, as_parcel
from connectors.polls.errors import Away, Reason
from hub.domain.errors import Rejected
from hub.domain.source import RawRecord, Source

_TRANSPORT_HEADERS = frozenset({"batch", "record"})
_REPEATS = 3


class Unit(NamedTuple):
    """What Kafka gets as one message. `digest` is the same for the same content, wherever and whenever it is met.

    `record` is None where a payload cannot be split.
    """

    digest: bytes
    parcel: Parcel
    record: RawRecord | None


@dataclass(slots=True, frozen=True)
class Page:
    """The units of a page in order, and the cursor of the page after it."""

    units: Sequence[Unit]
    cursor: str | None = None

    @property
    def signature(self) -> bytes:
        """The same for pages that say the same."""
        return hashlib.blake2b(b"".join(unit.digest for unit in self.units), digest_size=16).digest()


def read_page(source: Source, body: bytes, content_type: str, items: str | None, cursor: str | None) -> Page:
    """The page; raises `Rejected` when its bytes cannot be read as a whole, as a page cut short cannot.

    `items` and `cursor` are the places of the payloads and of the next cursor in a JSON page.
    """
    if items is None:
        return Page(_records(source, body, {"content-type": content_type}), _cursor(body, cursor))
    native = {"content-type": source.content_types[0]}
    payloads = _payloads(body, items)
    return Page([unit for payload in payloads for unit in _item(source, payload, native)], _cursor(body, cursor))


def as_it_is(body: bytes, content_type: str) -> Page:
    """A page that cannot be read, as the one payload that becomes one dead letter."""
    return Page([_unit(Parcel(body, {"content-type": content_type}), None)])


class Walk:
    """Guards a pass against pages without end."""

    def __init__(self, most_pages: int) -> None:
        self._most_pages = most_pages
        self._addresses: set[str] = set()
        self._signatures: set[bytes] = set()
        self._repeats = 0

    def go_to(self, address: str) -> None:
        """The next page to ask for. Raises `Away` for one that was asked for already, or one too many."""
        if address in self._addresses:
            raise Away(Reason.LOOP, "the server's pages lead back to a page of the same pass")
        if len(self._addresses) >= self._most_pages:
            raise Away(Reason.LOOP, f"more than {self._most_pages} pages in one pass; if that is right: most_pages")
        self._addresses.add(address)

    def meet(self, page: Page) -> None:
        """What the page says. One page said twice may be; several in a row that say nothing new are a loop."""
        if not page.units:
            return
        signature = page.signature
        self._repeats = self._repeats + 1 if signature in self._signatures else 0
        self._signatures.add(signature)
        if self._repeats >= _REPEATS:
            raise Away(Reason.LOOP, f"the server gives the same page again and again ({_REPEATS} repeats in a row)")


def _records(source: Source, payload: bytes, headers: Mapping[str, str]) -> list[Unit]:
    return [_unit(as_parcel(record), record) for record in source.split(payload, headers)]


def _item(source: Source, payload: bytes, headers: Mapping[str, str]) -> list[Unit]:
    """One bad item of a page leaves the others what they are."""
    try:
        return _records(source, payload, headers)
    except Rejected:
        return [_unit(Parcel(payload, headers), None)]


def _unit(parcel: Parcel, record: RawRecord | None) -> Unit:
    # The batch and the number in it are transport data: they differ from page to page for one and the same record.
    told = sorted((name, value) for name, value in parcel.headers.items() if name not in _TRANSPORT_HEADERS)
    digest = hashlib.blake2b(repr(told).encode(), digest_size=16)
    digest.update(parcel.payload)
    return Unit(digest.digest(), parcel, record)


def _payloads(body: bytes, path: str) -> list[bytes]:
    try:
        return [bytes(item) for item in msgspec.json.decode(_at(body, path), type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Rejected("wrong_type", path, "is not an array of records in JSON") from None


def _cursor(body: bytes, path: str | None) -> str | None:
    if path is None:
        return None
    try:
        found = msgspec.json.decode(_at(body, path), type=str | int | bool | None)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Rejected("wrong_type", path, "is not a cursor, null or absent in JSON") from None
    return None if found is None or isinstance(found, bool) or found == "" else str(found)


def _at(body: bytes, path: str) -> bytes | msgspec.Raw:
    """The raw JSON at a place; `null` where a field is absent."""
    found: bytes | msgspec.Raw = body
    for name in [] if path == "." else path.split("."):
        fields = msgspec.json.decode(found, type=dict[str, msgspec.Raw])
        found = fields.get(name, b"null")
    return found
