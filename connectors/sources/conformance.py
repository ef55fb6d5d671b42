"""The conformance kit: what every source promises, as tests that one line runs.

    test_hotline = conformance(HOTLINE, corpus="hotline")

Each promise is a function of the source and its corpus; it says in its first line what holds.
"""

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.sources.corpus import Corpus, Sample, as_expected, find_root, read_corpus
from connectors.sources.limits import LARGEST_FILE_BYTES
from hub.domain.errors import Rejected
from hub.domain.identity import complete
from hub.domain.source import Headers, RawRecord, Source

_KEY = b"conformance kit: not a secret key"
_OTHER_KEY = b"conformance kit: quite another key"
_NUMBERS = (
    ("13000009999", "[PHONE]"),
    ("+86 130-0000-9999", "[PHONE]"),
    ("１３０００００９９９９", "[PHONE]"),
    ("0452-0000099转12", "[PHONE]"),
    ("23029919000101999X", "[ID]"),
    ("２３０２９９１９０００１０１９９９Ｘ", "[ID]"),
)
_ORDERS = frozenset({"none", "per case", "total"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a payload became: events by record number, and rejections in order."""

    events: list[tuple[int, dict[str, Any]]]
    rejects: list[tuple[int | None, Rejected]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A source under test with its corpora."""

    source: Source
    good: Corpus
    bad: Corpus

    @property
    def samples(self) -> list[Sample]:
        return self.good.samples + self.bad.samples


def conformance(source: Source, corpus: str, root: Path | None = None) -> Callable[..., None]:
    """A test function with one case for each promise.

    The corpus is the folder `corpus` below `root`; without `root`, below `tests/data/samples` of the checkout
    that the calling file stands in.
    """
    import pytest

    place = root or find_root(Path(sys._getframe(1).f_code.co_filename))
    subject = Subject(
        source, read_corpus(place, corpus, source.name), read_corpus(place, corpus, source.name, bad=True)
    )

    @pytest.mark.parametrize("promise", PROMISES, ids=[promise.__name__ for promise in PROMISES])
    def holds(promise: Callable[[Subject], None]) -> None:
        promise(subject)

    holds.__doc__ = f"The source {source.name} keeps every promise of a source."
    return holds


def outcome(source: Source, payload: bytes, headers: Headers, key: bytes = _KEY) -> Outcome:
    """Everything a payload becomes, as the edge and unify would make it."""
    found = Outcome([], [])
    try:
        for record in source.split(payload, headers):
            _map(source, record, key, found)
    except Rejected as rejected:
        found.rejects.append((None, rejected))
    return found


def _map(source: Source, record: RawRecord, key: bytes, into: Outcome) -> None:
    try:
        into.events.append((record.number, dict(complete(source.map(record), key))))
    except Rejected as rejected:
        into.rejects.append((record.number, rejected))


def _of(subject: Subject, sample: Sample) -> Outcome:
    return outcome(subject.source, sample.payload, sample.headers)


def declaration_is_whole(subject: Subject) -> None:
    """A source has a name, content types and guarantees that the hub can act on."""
    source = subject.source
    assert source.name.isidentifier()
    assert source.name.islower()
    assert source.content_types
    assert source.guarantees.order in _ORDERS, f"order is one of {sorted(_ORDERS)}"
    assert source.guarantees.resend == "same source event id", "resends must be recognisable"
    assert subject.good.samples, "a corpus of good files"
    assert subject.bad.samples, "a corpus of bad files"


def good_and_bad_files_become_what_is_expected(subject: Subject) -> None:
    """Each file of the corpora gives the expected events and the expected rejections."""
    for sample in subject.samples:
        found = _of(subject, sample)
        assert [number for number, _ in found.events] == [entry["record"] for entry in sample.records], sample.path
        for (number, event), entry in zip(found.events, sample.records, strict=True):
            assert as_expected(event, entry["event"]) == entry["event"], f"{sample.path}#{number}"
        rejected = [(number, error.reason) for number, error in found.rejects]
        assert rejected == [(entry["record"], entry["reason"]) for entry in sample.rejects], sample.path
        for (_, error), entry in zip(found.rejects, sample.rejects, strict=True):
            assert "field" not in entry or error.field == entry["field"], sample.path


def split_and_map_are_pure(subject: Subject) -> None:
    """The same bytes give the same answer twice, no argument is changed, and no file is opened."""
    opened: list[str] = []
    watching = True

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        if watching and name in ("open", "socket.connect", "subprocess.Popen"):
            opened.append(f"{name} {arguments[0]}")

    for sample in subject.samples:  # the first run loads whatever modules are loaded late
        _of(subject, sample)
    sys.addaudithook(watch)
    try:
        for sample in subject.samples:
            headers = dict(sample.headers)
            first, second = _of(subject, sample), outcome(subject.source, sample.payload, headers)
            assert first.events == second.events, sample.path
            assert list(map(_shape, first.rejects)) == list(map(_shape, second.rejects)), sample.path
            assert headers == sample.headers, sample.path
    finally:
        watching = False
    assert not opened


def mapping_leaves_its_record_alone(subject: Subject) -> None:
    """A record can be mapped again and gives an equal event; changing one event changes no other."""
    for sample in subject.samples:
        for record in _records(subject.source, sample):
            before = copy.deepcopy((record.number, record.key, record.value, record.headers))
            first, second = Outcome([], []), Outcome([], [])
            _map(subject.source, record, _KEY, first)
            untouched = copy.deepcopy(first.events)
            _map(subject.source, record, _OTHER_KEY, second)
            assert first.events == untouched, sample.path
            assert before == (record.number, record.key, record.value, record.headers), sample.path


def ids_are_deterministic(subject: Subject) -> None:
    """Equal content has an equal id whatever the bytes were; other content of the same record another id."""
    seen: dict[str, dict[str, Any]] = {}
    for sample in subject.samples:
        for _, event in _of(subject, sample).events:
            earlier = seen.setdefault(event["event_id"], event)
            assert earlier == event, f"two contents with one id in {sample.path}"
    contents = [repr(sorted(event.items(), key=lambda item: item[0])) for event in seen.values()]
    bare = [text.replace(event_id, "") for text, event_id in zip(contents, seen, strict=True)]
    assert len(set(bare)) == len(seen), "one content with two ids"


def a_record_alone_reads_as_in_its_batch(subject: Subject) -> None:
    """A record that went through Kafka on its own splits into itself and gives the same event or rejection."""
    for sample in subject.samples:
        for record in _records(subject.source, sample):
            again = list(subject.source.split(record.value, record.headers))
            assert again == [record], f"{sample.path}#{record.number}"
            bare = RawRecord(record.number, record.key, record.value, dict(record.headers))
            found = [Outcome([], []) for _ in range(3)]
            for one, into in zip((record, again[0], bare), found, strict=True):
                _map(subject.source, one, _KEY, into)
            assert found[0].events == found[1].events == found[2].events, sample.path
            shapes = [list(map(_shape, one.rejects)) for one in found]
            assert shapes[0] == shapes[1] == shapes[2], sample.path


def keys_are_source_case_ids(subject: Subject) -> None:
    """The records of a case share its source case id as their key, so that they meet in one partition."""
    for sample in subject.samples:
        for record in _records(subject.source, sample):
            found = Outcome([], [])
            _map(subject.source, record, _KEY, found)
            for _, event in found.events:
                assert record.key == event["source_case_id"], f"{sample.path}#{record.number}"


def no_personal_data_comes_out(subject: Subject) -> None:
    """No phone, identity number or caller's name of the corpus stands in an event or a rejection's words."""
    forbidden = subject.good.never_in_output + subject.bad.never_in_output
    for sample in subject.samples:
        found = _of(subject, sample)
        words = [repr(event) for _, event in found.events] + [str(error) for _, error in found.rejects]
        for secret in forbidden:
            assert not any(secret in text for text in words), f"personal data out of {sample.path}"


def contacts_and_tokens_agree(subject: Subject) -> None:
    """One contact has one token in all its spellings, another contact another; no contact, no token."""
    tokens: dict[str, set[str]] = {}
    for sample in subject.good.samples + subject.bad.samples:
        expected = {entry["record"]: entry.get("contact_group") for entry in sample.records}
        for number, event in _of(subject, sample).events:
            token = event["reporter"]["token"]
            assert (token is not None) == event["reporter"]["has_contact"], f"{sample.path}#{number}"
            if (group := expected.get(number)) is not None:
                assert token is not None, f"{sample.path}#{number}"
                tokens.setdefault(group, set()).add(token)
    assert all(len(found) == 1 for found in tokens.values())
    assert len(set().union(*tokens.values())) == len(tokens)


def tokens_depend_on_the_key(subject: Subject) -> None:
    """Who does not hold the key cannot tell whose token it is."""
    for sample in subject.good.samples:
        here, there = _of(subject, sample), outcome(subject.source, sample.payload, sample.headers, _OTHER_KEY)
        for (_, one), (_, other) in zip(here.events, there.events, strict=True):
            token = one["reporter"]["token"]
            assert token is None or token != other["reporter"]["token"], sample.path


def events_are_well_formed(subject: Subject) -> None:
    """Ids belong together, attributes are texts in order, and the hub's own fields are left to the hub."""
    for sample in subject.samples:
        for _, event in _of(subject, sample).events:
            assert event["source"] == subject.source.name
            assert event["case_id"].partition(":")[2] == event["source_case_id"]
            assert list(event["attributes"]) == sorted(event["attributes"]), sample.path
            assert all(type(value) is str and value for value in event["attributes"].values()), sample.path
            assert event["received_at"] == 0
            assert event["raw"] == {"topic": "", "partition": 0, "offset": 0}


def nonsense_is_rejected_with_a_reason(subject: Subject) -> None:
    """Bytes that are no payload at all end as one rejection; never as a crash, never as an event."""
    for payload, reasons in (
        (b"", {"empty_payload"}),
        (b" \r\n\t", {"empty_payload"}),
        (b"\xef\xbb\xbf\n", {"empty_payload"}),
        (b"\xff\xfe\x00\x00\xff", None),
        (b"{" * 5000, None),
        (b"x" * (LARGEST_FILE_BYTES + 1), {"oversized"}),
    ):
        for headers in [{}, *({"content-type": one} for one in subject.source.content_types)]:
            found = outcome(subject.source, payload, headers)
            assert not found.events
            assert [number for number, _ in found.rejects] == [None]
            assert reasons is None or found.rejects[0][1].reason in reasons


def a_cut_payload_never_crashes(subject: Subject) -> None:
    """However a transfer is cut off, the answer is events and rejections; what stood before the cut stays."""
    for sample in subject.samples:
        if len(sample.payload) > 20_000:
            continue
        for end in range(1, len(sample.payload), max(1, len(sample.payload) // 40)):
            found = outcome(subject.source, sample.payload[:end], sample.headers)
            whole = dict(_of(subject, sample).events)
            for number, event in found.events[:-1]:
                assert event == whole[number], f"{sample.path} cut at {end}"


def numbers_planted_in_free_text_are_masked(subject: Subject) -> None:
    """A phone or identity number in a text comes out masked, also in full-width digits."""
    planted = 0
    for sample in subject.good.samples:
        for entry in sample.records:
            start = _unmasked_start(entry["event"]["text"])
            for encoding in ("utf-8", "gb18030"):
                place = start.encode(encoding)
                if not start or sample.payload.count(place) != 1:
                    continue
                for number, label in _NUMBERS:
                    spoken = (place.decode(encoding) + f"（{number}）").encode(encoding)
                    found = outcome(subject.source, sample.payload.replace(place, spoken), sample.headers)
                    event = dict(found.events)[entry["record"]]
                    assert event["text"].startswith(f"{start}（{label}）"), f"{sample.path}#{entry['record']}"
                    assert number not in repr(found.events), sample.path
                    planted += 1
    assert planted, "no text of the corpus was found in its file; give one sample a text of four characters"


def one_bad_record_never_loses_the_good_ones(subject: Subject) -> None:
    """In a batch a record without its id is rejected alone; all others become what they were."""
    for sample in subject.good.samples:
        whole = dict(_of(subject, sample).events)
        for record in _records(subject.source, sample):
            if len(whole) < 2 or record.key is None:
                continue
            spoiled = record.value.replace(record.key.encode("ascii"), b"")
            found = outcome(subject.source, sample.payload.replace(record.value, spoiled), sample.headers)
            others = {number: event for number, event in whole.items() if number != record.number}
            assert dict(found.events) == others, f"{sample.path} without #{record.number}"
            assert [number for number, _ in found.rejects] == [record.number], sample.path


PROMISES: tuple[Callable[[Subject], None], ...] = (
    declaration_is_whole,
    good_and_bad_files_become_what_is_expected,
    split_and_map_are_pure,
    mapping_leaves_its_record_alone,
    ids_are_deterministic,
    a_record_alone_reads_as_in_its_batch,
    keys_are_source_case_ids,
    no_personal_data_comes_out,
    contacts_and_tokens_agree,
    tokens_depend_on_the_key,
    events_are_well_formed,
    nonsense_is_rejected_with_a_reason,
    a_cut_payload_never_crashes,
    numbers_planted_in_free_text_are_masked,
    one_bad_record_never_loses_the_good_ones,
)


def _unmasked_start(text: Any) -> str:
    """The beginning of a text that stands in the file as it stands in the event."""
    start = text[:6] if isinstance(text, str) else ""
    return "" if len(start) < 4 or set(start) & set('[\n"&<>') else start


def _records(source: Source, sample: Sample) -> list[RawRecord]:
    """The records of a sample, none where its payload is rejected as a whole."""
    try:
        return list(source.split(sample.payload, sample.headers))
    except Rejected:
        return []


def _shape(entry: tuple[int | None, Rejected]) -> tuple[int | None, str, str | None]:
    number, error = entry
    return number, error.reason, error.field
