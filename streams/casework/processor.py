"""Gives each unified event, and the passing of time, to its case; writes down what was decided, exactly counted."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, cast

from hub.domain.case import CaseState, Entry, Position
from hub.domain.city import City
from hub.domain.deadlines import LATE_AFTER_MS, Telling
from hub.domain.decide import Decision, decide, pass_time
from hub.domain.dispatch import Action, Dispatch, message_id
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.sla import LetterRequest, Notice, SlaEvent
from hub.domain.status_updates import StatusUpdate
from hub.domain.tiers import TIERS, Tier
from schemas.cloudevents import headers as cloudevents_headers
from streams.casework.rows import ROW_FORM, Coder, read_row, write_row
from streams.runtime.api import Output, Prepared, Record, Result, Row

_CE_SOURCE = "/casework"
_SENT: dict[Action, str] = {"ASSIGN": "dispatched", "UPDATE": "updated", "RECALL": "recalled"}


class Topics(Protocol):
    """The topics casework reads and writes, as the catalogue (`hub.topics`) names them."""

    @property
    def case_events(self) -> str:
        """The unified topic."""
        ...

    @property
    def case_state(self) -> str:
        """Where each case stands; the changelog."""
        ...

    @property
    def sla_events(self) -> str:
        """What became of deadlines."""
        ...

    @property
    def notices(self) -> str:
        """Messages to people."""
        ...

    @property
    def letter_requests(self) -> str:
        """Letters that need a number."""
        ...

    @property
    def writebacks(self) -> Mapping[str, str]:
        """Where each source's legacy system gets its status from, by source."""
        ...

    def dispatch(self, tier: str, /) -> str:
        """Where a tier's endpoints find their work."""
        ...


class Casework:
    """`CaseEvent` and time → `CaseState`, `Dispatch`, `SlaEvent`, `Notice`, `LetterRequest`, `StatusUpdate`.

    One row a case.

    The rules are in `hub.domain.decide`. The row's timer is the next instant at which the case changes by itself.

    Counts: `events.<kind>`, `outcome.<outcome>`, `refused.<reason>`, and of each case at its report
    `by_source.<source>`, `by_level.<level>`, `by_tier.<tier>`, `by_division.<code>`, `by_status.<first status>`;
    of dispatches `dispatched.<tier>`, `updated.<tier>`, `recalled.<tier>`, `no_route.<tier>`; of deadlines
    `sla.<outcome>`, `told_late`, `notices.<kind>`, `letters.<kind>`, and `provisional`: running clocks whose due
    may move when a calendar is published; of what sources are told `updates.<status>`.
    """

    name = "casework"
    standing = ("provisional",)
    row_form = ROW_FORM

    def __init__(self, city: City, topics: Topics, codec: Coder, *, late_after_ms: int = LATE_AFTER_MS) -> None:
        self.inputs = (topics.case_events,)
        self.changelog = topics.case_state
        self._city = city
        self._codec = codec
        self._late_after_ms = late_after_ms
        self._dispatch_topics: dict[Tier, str] = {tier: topics.dispatch(tier) for tier in TIERS}
        self._sla_topic, self._notices_topic = topics.sla_events, topics.notices
        self._letters_topic = topics.letter_requests
        self._writeback_topics = topics.writebacks

    def prepare(self, record: Record) -> Prepared:
        """Decode the event; the state key is the case id, which is also the record's key."""
        if record.value is None:
            raise Rejected("null_value", detail="a record without a value; an event cannot be deleted")
        if record.key is None:
            raise Rejected("null_key", detail="a record without a key; send it with the case id as key")
        event = self._codec.decode(record.value, "CaseEvent")
        if event["case_id"].encode() != record.key:
            raise Rejected("wrong_key", "case_id", "the key is not the event's case id; send it with that key")
        return Prepared((record.key,), event)

    def process(self, record: Record, prepared: Prepared, rows: Mapping[bytes, Row | None], now: int) -> Result:
        """Decide. `now` is when the hub says what it says; what becomes of a case is a function of its events."""
        event: CaseEvent = prepared.decoded
        (key,) = prepared.keys
        row = rows[key]
        case = read_row(self._codec, row) if row is not None else None
        position = Position(record.partition, record.offset)
        decision = decide(event, case, self._city, position, Telling(now, self._late_after_ms))
        counts = {f"events.{event['kind']}": 1}
        if decision.case is None:
            counts["repeated"] = 1
            return Result(counts=counts)
        result = self._result(key, decision, counts, case)
        self._count(counts, decision, decision.case)
        if decision.dispatches:
            result.answers = (event["source"], event["received_at"])
        return result

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """The instant of a rung, or the end of a suspension, has come; what lies beyond has its own timer."""
        case = read_row(self._codec, row)
        decision = pass_time(case, self._city, due, Telling(now, self._late_after_ms))
        if decision.case is None:
            return Result(puts={key: write_row(self._codec, case, decision.next_timer)})
        return self._result(key, decision, {}, case)

    def portable(self, row: Row) -> Row:
        """The row in both forms, whichever it was read in."""
        return write_row(self._codec, read_row(self._codec, row), row.due)

    def _result(self, key: bytes, decision: Decision, counts: dict[str, int], before: CaseState | None) -> Result:
        assert decision.case is not None, "a decision that changed nothing has no result"
        for fact in decision.events:
            _add(counts, f"sla.{fact['outcome']}")
            if fact["late"]:
                _add(counts, "told_late")
        for notice in decision.notices:
            _add(counts, f"notices.{notice['kind']}")
        for letter in decision.letters:
            _add(counts, f"letters.{letter['kind']}")
        for update in decision.updates:
            if update["source"] in self._writeback_topics:
                _add(counts, f"updates.{update['status']}")
        if moved := _provisional(decision.case) - _provisional(before):
            _add(counts, "provisional", moved)
        return Result(
            outputs=list(self._outputs(decision)),
            puts={key: write_row(self._codec, decision.case, decision.next_timer)},
            counts=counts,
        )

    def _outputs(self, decision: Decision) -> Iterator[Output]:
        for dispatch in decision.dispatches:
            yield self._dispatch(dispatch)
        for fact in decision.events:
            yield self._fact(fact)
        for notice in decision.notices:
            yield self._notice(notice)
        for letter in decision.letters:
            yield self._letter(letter)
        for update in decision.updates:
            if (topic := self._writeback_topics.get(update["source"])) is not None:
                yield self._update(topic, update)

    def _dispatch(self, dispatch: Dispatch) -> Output:
        return Output(
            self._dispatch_topics[dispatch["tier"]],
            dispatch["endpoint_id"].encode(),
            self._codec.encode("Dispatch", cast("Mapping[str, Any]", dispatch)),
            cloudevents_headers(
                message_id(dispatch),
                f"hub.v1.Dispatch.{dispatch['action']}",
                _CE_SOURCE,
                dispatch["received_at"],
                dispatch["case_id"],
            ),
        )

    def _fact(self, fact: SlaEvent) -> Output:
        return Output(
            self._sla_topic,
            fact["case_id"].encode(),
            self._codec.encode("SlaEvent", cast("Mapping[str, Any]", fact)),
            cloudevents_headers(
                fact["sla_event_id"],
                f"hub.v1.SlaEvent.{fact['outcome']}",
                _CE_SOURCE,
                fact["at"],
                fact["case_id"],
            ),
        )

    def _notice(self, notice: Notice) -> Output:
        return Output(
            self._notices_topic,
            notice["recipient"].encode(),
            self._codec.encode("Notice", cast("Mapping[str, Any]", notice)),
            cloudevents_headers(
                notice["notice_id"],
                f"hub.v1.Notice.{notice['kind']}",
                _CE_SOURCE,
                notice["at"],
                notice["case_id"],
            ),
        )

    def _letter(self, letter: LetterRequest) -> Output:
        return Output(
            self._letters_topic,
            letter["division"].encode(),
            self._codec.encode("LetterRequest", cast("Mapping[str, Any]", letter)),
            cloudevents_headers(
                f"{letter['entry_id']}.{letter['kind']}",
                f"hub.v1.LetterRequest.{letter['kind']}",
                _CE_SOURCE,
                letter["at"],
                letter["case_id"],
            ),
        )

    def _update(self, topic: str, update: StatusUpdate) -> Output:
        return Output(
            topic,
            update["source_case_id"].encode(),
            self._codec.encode("StatusUpdate", cast("Mapping[str, Any]", update)),
            cloudevents_headers(
                update["update_id"],
                f"hub.v1.StatusUpdate.{update['status']}",
                _CE_SOURCE,
                update["at"],
                update["case_id"],
            ),
        )

    def _count(self, counts: dict[str, int], decision: Decision, case: CaseState) -> None:
        for entry in decision.entries:
            _add(counts, f"outcome.{entry['outcome']}")
            if entry["outcome"] == "REFUSED":
                _add(counts, f"refused.{entry['reason']}")
            if _is_first_report(entry):
                self._count_case(counts, case, entry)
        for dispatch in decision.dispatches:
            _add(counts, f"{_SENT[dispatch['action']]}.{dispatch['tier']}")
            if dispatch["no_route"] and dispatch["action"] == "ASSIGN":
                _add(counts, f"no_route.{dispatch['tier']}")

    def _count_case(self, counts: dict[str, int], case: CaseState, entry: Entry) -> None:
        location = case["location"]
        division = location["division"] if location is not None else None
        _add(counts, f"by_source.{case['source']}")
        _add(counts, f"by_level.{case['level']}")
        _add(counts, f"by_tier.{case['tier']}")
        _add(counts, f"by_division.{division if division in self._city.divisions else 'none'}")
        _add(counts, f"by_status.{entry['to_status']}")


def _provisional(case: CaseState | None) -> int:
    """How many running clocks have an instant that may still move with the calendar."""
    if case is None:
        return 0
    found = 0
    for one in case["clocks"]:
        if one["provisional"] or one["warning_provisional"] or one["second_provisional"]:
            found += one["end"] is None
    return found


def _is_first_report(entry: Entry) -> bool:
    return entry["from_status"] is None and entry["kind"] == "REPORTED"


def _add(counts: dict[str, int], name: str, number: int = 1) -> None:
    counts[name] = counts.get(name, 0) + number
