"""Every simulated record ends as the simulation says when the real sources read it."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from connectors.sources import SOURCES
from hub.domain.case import CaseState, Position
from hub.domain.decide import decide
from hub.domain.errors import Rejected
from hub.domain.event import CaseEvent
from hub.domain.identity import complete
from hub.simulation import Message, expected_of

_INVENTED = re.compile("1300000[0-9]{4}|045200000[0-9]{2}")


def _read(message: Message) -> Iterator[CaseEvent | Rejected]:
    """Each record of a message as an event, or why it is none."""
    source = SOURCES[message.source]
    try:
        records = list(source.split(message.payload, message.headers))
    except Rejected as rejected:
        yield rejected
        return
    for record in records:
        try:
            yield complete(source.map(record), b"a key of the tests")
        except Rejected as rejected:
            yield rejected


@pytest.fixture(scope="module")
def read_day(day) -> list[tuple[Message, list[CaseEvent | Rejected]]]:
    """A whole day as the sources read it."""
    return [(message, list(_read(message))) for message in day]


def test_every_record_ends_with_its_verdict(read_day):
    """Accepted once, dropped as a resend, or dead with exactly the reason that was built in."""
    seen: set[str] = set()
    for message, results in read_day:
        verdicts: list[str] = []
        reasons: list[str] = []
        for result in results:
            if isinstance(result, Rejected):
                verdicts.append("dead")
                reasons.append(result.reason)
            else:
                verdicts.append("duplicate" if result["event_id"] in seen else "accepted")
                seen.add(result["event_id"])
        assert (tuple(verdicts), tuple(reasons)) == (message.expected, message.reasons), message.tags


def test_most_reasons_of_the_contract_occur(read_day, day):
    """A day of bad input is a rehearsal for operators: it shows many kinds."""
    assert len(expected_of(day).reasons) >= 12


def test_good_records_are_known_to_the_city(read_day, city):
    """Divisions and hotline categories are the city folder's, so that routing finds a unit."""
    for _, results in read_day:
        for event in results:
            if isinstance(event, Rejected):
                continue
            location, category = event["location"], event["category"]
            assert location is None or location["division"] in city.divisions
            if category is not None and category["scheme"] == "12345":
                assert city.category_code(category) is not None


def test_numbers_in_free_text_are_masked(read_day):
    """Some texts carry a phone number, in several spellings; no event does."""
    masked = 0
    for _, results in read_day:
        for event in results:
            if not isinstance(event, Rejected):
                shown = " ".join(filter(None, (event["title"], event["text"], *event["attributes"].values())))
                assert not _INVENTED.search(re.sub("[ -]", "", shown)), event["source_event_id"]
                masked += "[PHONE]" in shown
    assert masked > 100


def test_some_updates_are_sent_before_their_report(read_day):
    """Disorder is real: the hub must park an update whose case is not there yet."""
    reported: set[str] = set()
    early = 0
    for _, results in read_day:
        for event in results:
            if isinstance(event, Rejected):
                continue
            if event["kind"] == "REPORTED":
                reported.add(event["case_id"])
            elif event["case_id"] not in reported:
                early += 1
    assert early > 20


def test_feedback_comes_from_the_endpoint_that_has_the_case(read_day, city):
    """Almost no simulated action is refused; those few met a case that changed hands or was closed meanwhile."""
    cases: dict[str, CaseState] = {}
    seen: set[str] = set()
    outcomes: Counter[str] = Counter()
    for message, results in read_day:
        for event in results:
            if isinstance(event, Rejected) or event["event_id"] in seen:
                continue
            seen.add(event["event_id"])
            event["received_at"] = message.at_ms
            decision = decide(event, cases.get(event["case_id"]), city, Position(0, 0))
            if decision.case is not None:
                cases[event["case_id"]] = decision.case
            if event["source"] == "endpoint":
                outcomes.update(entry["outcome"] for entry in decision.entries)

    assert outcomes["APPLIED"] > 1000
    assert outcomes["REFUSED"] < 0.02 * outcomes.total()
    ended = {"DONE", "ANSWERED", "CLOSED", "WITHDRAWN"}
    assert {case["status"] for case in cases.values()} >= {"DISPATCHED", "SIGNED", "SUSPENDED"} | ended
    assert {case["level"] for case in cases.values()} >= {"ordinary", "key", "difficult"}
