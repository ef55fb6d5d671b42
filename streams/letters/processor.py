"""Turns each request for a letter into notices that carry its number. Why here: docs/decisions/006."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Protocol, TypeVar, cast, get_args

import msgspec

from hub.domain.errors import Rejected, Unavailable
from hub.domain.instants import from_epoch_ms
from hub.domain.limits import ClockName
from hub.domain.notice_texts import entry_text, leader_text, letter_text, removal_text
from hub.domain.sla import LetterRequest, Notice, NoticeKind, RecipientRole
from schemas.cloudevents import headers as cloudevents_headers
from streams.runtime.api import Output, Prepared, Record, Result, Row

_CE_SOURCE = "/letters"
_CLOCKS: Final[tuple[str, ...]] = get_args(ClockName)
_T = TypeVar("_T")


class Topics(Protocol):
    """The topics this stage reads and writes, as the catalogue (`hub.topics`) names them."""

    @property
    def letter_requests(self) -> str:
        """Letters that need a number."""
        ...

    @property
    def notices(self) -> str:
        """Messages to people."""
        ...

    def memory(self, stage: str, /) -> str:
        """The changelog of a stage."""
        ...


class Coder(Protocol):
    """What it needs of the codec (`schemas.codec.Codec`)."""

    def encode(self, name: str, datum: Mapping[str, Any], /) -> bytes:
        """The record `name` in wire format."""
        ...

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


class _Entry(msgspec.Struct, frozen=True):
    """What is kept of an entry. `number` and `date` are None where its removal came without its letter."""

    number: str | None
    date: str | None
    is_removed: bool


@dataclass(slots=True, frozen=True)
class _Asked:
    """A request with the year whose numbers it takes from, and the local day it was written."""

    request: LetterRequest
    year: int
    date: str


class Letters:
    """`LetterRequest` → `Notice`. State: the last number of each division and year, and what became of each entry.

    Numbers are 1, 2, 3, … for each division and local year of the request, in the order of its partition. A number
    is taken in the transaction that sends it, so none is missing and none comes twice. An entry keeps its number
    as it was written: another `number_format` (with year, division and number, which the city's check sees to)
    changes later letters only. Nothing is forgotten, since a repeat may come at any time: some 100 bytes a letter.

    Counts: `issued.<division>`, `removed`, `repeated` (a request that changes nothing), `removed_unknown`.
    """

    name = "letters"

    def __init__(self, topics: Topics, codec: Coder, *, number_format: str) -> None:
        self.inputs = (topics.letter_requests,)
        self.changelog = topics.memory(self.name)
        self._notices = topics.notices
        self._codec = codec
        self._number_format = number_format

    def prepare(self, record: Record) -> Prepared:
        """Decode the request; a letter needs its entry and its counter, a removal the entry alone."""
        if record.value is None:
            raise Rejected("null_value", detail="a record without a value; a request cannot be deleted")
        if record.key is None:
            raise Rejected("null_key", detail="a record without a key; send it with the division as key")
        request = cast(LetterRequest, self._codec.decode(record.value, "LetterRequest"))
        if request["division"].encode() != record.key:
            raise Rejected("wrong_key", "division", "the key is not the request's division; send it with that key")
        if request["kind"] not in ("ISSUE", "REMOVE"):
            raise Rejected("bad_value", "kind", "neither ISSUE nor REMOVE; was it written by a newer hub?")
        if request["clock"] not in _CLOCKS:
            raise Rejected("bad_value", "clock", f"none of {', '.join(_CLOCKS)}; was it written by a newer hub?")
        written = from_epoch_ms(request["at"])
        asked = _Asked(request, written.year, written.date().isoformat())
        keys = [_entry_key(request["entry_id"])]
        if request["kind"] == "ISSUE":
            keys.append(_counter_key(request["division"], written.year))
        return Prepared(tuple(keys), asked)

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        """Issue or remove. `now` is not used: what is sent is a function of the requests alone."""
        asked: _Asked = prepared.decoded
        entry = _read(rows[prepared.keys[0]], _Entry)
        if asked.request["kind"] == "REMOVE":
            return self._remove(prepared.keys[0], entry, asked.request)
        if entry is not None:
            return Result(counts={"repeated": 1})
        entry_key, counter_key = prepared.keys
        return self._issue(entry_key, counter_key, (_read(rows[counter_key], int) or 0) + 1, asked)

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """This stage sets no timers."""
        return Result()

    def _issue(self, entry_key: bytes, counter_key: bytes, count: int, asked: _Asked) -> Result:
        request = asked.request
        division = request["division"]
        number = self._number_format.format(year=asked.year, division=division, number=count)
        entry = _Entry(number, asked.date, False)
        unit, role = _addressee(request)
        return Result(
            outputs=[
                self._output(request, "LETTER", unit, role, entry, letter_text(request, number)),
                self._output(
                    request, "LEADER_FORWARD", request["leader"], "leader", entry, leader_text(request, number)
                ),
                self._output(
                    request, "SUPERVISION_ENTRY", _desk(division), "supervision", entry, entry_text(request, number)
                ),
            ],
            puts={counter_key: _row(count), entry_key: _row(entry)},
            counts={f"issued.{division}": 1},
        )

    def _remove(self, entry_key: bytes, entry: _Entry | None, request: LetterRequest) -> Result:
        """Strike the entry off; one that was never issued is told as well, without a number, and stays removed."""
        if entry is not None and entry.is_removed:
            return Result(counts={"repeated": 1})
        known = entry or _Entry(None, None, False)
        removal = self._output(
            request,
            "SUPERVISION_REMOVAL",
            _desk(request["division"]),
            "supervision",
            known,
            removal_text(request, known.number),
        )
        return Result(
            outputs=[removal],
            puts={entry_key: _row(_Entry(known.number, known.date, True))},
            counts={"removed_unknown" if entry is None else "removed": 1},
        )

    def _output(
        self,
        request: LetterRequest,
        kind: NoticeKind,
        recipient: str,
        role: RecipientRole,
        entry: _Entry,
        text: str,
    ) -> Output:
        notice: Notice = {
            "notice_id": notice_id(request["entry_id"], kind),
            "kind": kind,
            "case_id": request["case_id"],
            "case_version": request["case_version"],
            "cycle": request["cycle"],
            "recipient": recipient,
            "recipient_role": role,
            "number": entry.number,
            "division": request["division"],
            "unit": request["unit"],
            "due_at": request["due_at"],
            "at": request["at"],
            "late": request["late"],
            "text": text,
            "attributes": _attributes(request, entry),
        }
        return Output(
            self._notices,
            recipient.encode(),
            self._codec.encode("Notice", cast(Mapping[str, Any], notice)),
            cloudevents_headers(
                notice["notice_id"], f"hub.v1.Notice.{kind}", _CE_SOURCE, notice["at"], notice["case_id"]
            ),
        )


def notice_id(entry_id: str, kind: NoticeKind) -> str:
    """32 hex digits: of an entry there is one notice a kind, however often it is asked for."""
    return blake2b(f"notice\n{kind}\n{entry_id}".encode(), digest_size=16).hexdigest()


def _attributes(request: LetterRequest, entry: _Entry) -> dict[str, str]:
    """What the text says in words, as values; instants in epoch milliseconds, and what is unknown is left out."""
    second_due_at = request["second_due_at"]
    facts = {
        "entry_id": request["entry_id"],
        "clock": request["clock"],
        "leg": str(request["leg"]),
        "leader_title": request["leader_title"],
        "subject": request["subject"],
        "unit_name": request["unit_name"],
        "second_due_at": None if second_due_at is None else str(second_due_at),
        "letter_date": entry.date,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _addressee(request: LetterRequest) -> tuple[str, RecipientRole]:
    """The unit; the division's supervision desk where the request names none, which sees to it that one gets it."""
    if request["unit"]:
        return request["unit"], "unit"
    return _desk(request["division"]), "supervision"


def _desk(division: str) -> str:
    return f"SV-{division}"


def _entry_key(entry_id: str) -> bytes:
    return b"e" + entry_id.encode()


def _counter_key(division: str, year: int) -> bytes:
    return f"n{division}/{year}".encode()


def _row(value: int | _Entry) -> Row:
    return Row(msgspec.json.encode(value))


def _read(row: Row | None, kind: type[_T]) -> _T | None:
    """A row's content. One that cannot be read stops the batch: to go on would give a number twice."""
    if row is None:
        return None
    try:
        return msgspec.json.decode(row.value, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable(f"a row of letters cannot be read ({error})") from error
