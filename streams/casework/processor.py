"""Gives each unified event to its case, and writes down what was decided: state, dispatches, exact counts."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from hub.domain.case import CaseState, Entry, Position
from hub.domain.city import City
from hub.domain.decide import Decision, decide
from hub.domain.dispatch import Action, Dispatch, message_id
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.tiers import TIERS, Tier
from schemas.cloudevents import headers as cloudevents_headers
from streams.casework.rows import Coder, read_row, write_row
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

    def dispatch(self, tier: str, /) -> str:
        """Where a tier's endpoints find their work."""
        ...


class Casework:
    """`CaseEvent` → `CaseState` and `Dispatch`. State: one row a case; the rules are in `hub.domain.decide`.

    Counts: `events.<kind>`, `outcome.<outcome>`, `refused.<reason>`, and of each case at its report
    `by_source.<source>`, `by_level.<level>`, `by_tier.<tier>`, `by_division.<code>`, `by_status.<first status>`;
    of dispatches `dispatched.<tier>`, `updated.<tier>`, `recalled.<tier>`, `no_route.<tier>`.
    """

    name = "casework"

    def __init__(self, city: City, topics: Topics, codec: Coder) -> None:
        self.inputs = (topics.case_events,)
        self.changelog = topics.case_state
        self._city = city
        self._codec = codec
        self._dispatch_topics: dict[Tier, str] = {tier: topics.dispatch(tier) for tier in TIERS}

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
        """Decide. `now` is not used: what becomes of a case is a function of its events alone."""
        event: CaseEvent = prepared.decoded
        (key,) = prepared.keys
        row = rows[key]
        case = read_row(self._codec, row.value) if row is not None else None
        decision = decide(event, case, self._city, Position(record.partition, record.offset))
        counts = {f"events.{event['kind']}": 1}
        if decision.case is None:
            counts["repeated"] = 1
            return Result(counts=counts)
        self._count(counts, decision, decision.case)
        return Result(
            outputs=[self._output(dispatch) for dispatch in decision.dispatches],
            puts={key: Row(write_row(self._codec, decision.case))},
            counts=counts,
            answers=(event["source"], event["received_at"]) if decision.dispatches else None,
        )

    def fire(self, key: bytes, due: int, row: Row, now: int) -> Result:
        """Casework sets no timers yet; a row without one stays as it is."""
        return Result()

    def _output(self, dispatch: Dispatch) -> Output:
        return Output(
            self._dispatch_topics[dispatch["tier"]],
            dispatch["endpoint_id"].encode(),
            self._codec.encode("Dispatch", cast(Mapping[str, Any], dispatch)),
            cloudevents_headers(
                message_id(dispatch),
                f"hub.v1.Dispatch.{dispatch['action']}",
                _CE_SOURCE,
                dispatch["received_at"],
                dispatch["case_id"],
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


def _is_first_report(entry: Entry) -> bool:
    return entry["from_status"] is None and entry["kind"] == "REPORTED"


def _add(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1
