"""What the topics say of deadlines, committed records only: the plain data that the check looks at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from hub.domain.case import CaseState
from hub.domain.event import CaseEvent
from hub.domain.sla import LetterRequest, Notice, SlaEvent
from hub.reading import Reader
from hub.replay import record_of, rows_of
from hub.topics import Catalogue
from schemas.codec import Codec


@dataclass(slots=True)
class Evidence:
    """The last state of every case with the timer it waits for, its events by id, and all that was told of it."""

    cases: dict[str, CaseState] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)
    events: dict[str, CaseEvent] = field(default_factory=dict)
    facts: list[SlaEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    requests: list[LetterRequest] = field(default_factory=list)


def gather(bootstrap: str, topics: Catalogue, codec: Codec) -> Evidence:
    """Read it. The states come first: what is told later than a state stands is easily told apart."""
    found = Evidence()
    with Reader(bootstrap) as reader:
        for key, row in rows_of(record_of(stored) for stored in reader.scan(topics.case_state)).items():
            found.cases[key.decode()] = cast(CaseState, codec.decode(row.value, "CaseState"))
            if row.due is not None:
                found.timers[key.decode()] = row.due

        def records(topic: str) -> Iterator[dict[str, Any]]:
            return (codec.decode(stored.value) for stored in reader.scan(topic) if stored.value is not None)

        for event in records(topics.case_events):
            # Of an id that was passed on twice the first one was taken.
            found.events.setdefault(event["event_id"], cast(CaseEvent, event))
        found.facts = [cast(SlaEvent, fact) for fact in records(topics.sla_events)]
        found.notices = [cast(Notice, notice) for notice in records(topics.notices)]
        found.requests = [cast(LetterRequest, request) for request in records(topics.letter_requests)]
    return found
