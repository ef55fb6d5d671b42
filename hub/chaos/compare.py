"""Compares what a stage must have done with what its topics hold. Pure: lists in, findings out."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from hub.chaos.findings import DOUBLED, LOST, REORDERED, UNACCOUNTED, WRONG_STATE, Findings
from hub.chaos.recompute import Caused, Place, Recomputed
from hub.domain.dead_letter import Cause
from streams.runtime.api import Headers, Record, Row

TOLD_LATE = "told_late"

Log = Mapping[str, Sequence[Record]]
"""Committed records by topic, in order of offset within each partition."""

_Signature = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


class _Lane(NamedTuple):
    """Within a lane order is promised: one case's outputs from one input partition, in one output partition."""

    partition: int
    case: bytes | None
    input_topic: str
    input_partition: int


def compare_outputs(
    recomputed: Recomputed,
    log: Log,
    topics: Sequence[str],
    sent_back: Sequence[str],
    told: Mapping[str, Callable[[bytes], bytes]] | None = None,
) -> Findings:
    """Every output once, none besides, in order within a case.

    `topics` are those that the stage alone writes. Into those of `sent_back` (the raw topics) others write too:
    there only the stage's own outputs are looked for, known by their headers as well. `told` takes from the values
    of a topic what depends on when they were told.
    """
    findings = Findings()
    for key in recomputed.unexplained:
        findings.add(UNACCOUNTED, f"a timer of {key.decode()} fired that was not set")
    found: set[int] = set()
    for topic in (*topics, *sent_back):
        expected = [(i, caused) for i, caused in enumerate(recomputed.outputs) if caused.output.topic == topic]
        actual = log.get(topic, ())
        if told is not None and topic in told:
            expected, actual = _untold(expected, actual, told[topic])
        found |= _compare_topic(topic, expected, actual, topic not in sent_back, findings)
    _account(recomputed, found, findings)
    return findings


def _compare_topic(
    topic: str,
    expected: list[tuple[int, Caused]],
    actual: Sequence[Record],
    is_own: bool,
    findings: Findings,
) -> set[int]:
    """Match records with outputs by their bytes; returns the indexes of the outputs that were found."""
    waiting: dict[_Signature, deque[tuple[int, Caused]]] = defaultdict(deque)
    for index, caused in expected:
        output = caused.output
        waiting[_signature(output.key, output.value, output.headers, not is_own)].append((index, caused))
    last_in_lane: dict[_Lane, int] = {}
    partition_of_key: dict[bytes | None, int] = {}
    found: set[int] = set()
    for record in actual:
        matches = waiting.get(_signature(record.key, record.value, record.headers, not is_own))
        where = f"{topic}/{record.partition}/{record.offset}"
        if matches is None:
            if is_own:
                findings.add(UNACCOUNTED, f"{where} follows from no input record")
            continue
        if not matches:
            findings.add(DOUBLED, f"{where} is there once more")
            continue
        index, caused = matches.popleft()
        found.add(index)
        case = caused.cause_key if is_own else record.key
        lane = _Lane(record.partition, case, caused.cause.topic, caused.cause.partition)
        if index < last_in_lane.get(lane, -1):
            findings.add(REORDERED, f"{where} stands behind a later one of its case")
        last_in_lane[lane] = index
        if partition_of_key.setdefault(record.key, record.partition) != record.partition:
            findings.add(REORDERED, f"{where} has a key that stands in another partition as well")
    for matches in waiting.values():
        for _, caused in matches:
            findings.add(LOST, f"{topic}: the output of {_text(caused.cause)} is missing")
    return found


def _untold(
    expected: list[tuple[int, Caused]], actual: Sequence[Record], plain: Callable[[bytes], bytes]
) -> tuple[list[tuple[int, Caused]], list[Record]]:
    made = [
        (i, caused._replace(output=caused.output._replace(value=plain(caused.output.value or b""))))
        for i, caused in expected
    ]
    return made, [record._replace(value=plain(record.value or b"")) for record in actual]


def _account(recomputed: Recomputed, found: set[int], findings: Findings) -> None:
    """An input record none of whose outputs is there has no end."""
    has_end = {recomputed.outputs[index].cause for index in found}
    for place, end in recomputed.ends.items():
        if end == "output" and place not in has_end:
            findings.add(UNACCOUNTED, f"{_text(place)} ended as nothing")


def compare_dead(recomputed: Recomputed, letters: Sequence[Record], stage: str) -> Findings:
    """Each record that cannot be read is one dead letter with its reason, and no other record is."""
    findings = Findings()
    seen: dict[Place, str] = {}
    for letter in letters:
        cause = Cause.read(list(letter.headers))
        if cause.stage != stage:
            continue
        place = Place(cause.topic, cause.partition, cause.offset)
        if place in seen:
            findings.add(DOUBLED, f"{_text(place)} has more than one dead letter")
            continue
        seen[place] = cause.reason
        expected = recomputed.dead.get(place)
        if expected is None:
            findings.add(UNACCOUNTED, f"{_text(place)} has a dead letter ({cause.reason}) and can be read")
        elif expected != cause.reason:
            findings.add(UNACCOUNTED, f"{_text(place)} is dead for {cause.reason}, and must be for {expected}")
    for place in recomputed.dead.keys() - seen.keys():
        findings.add(LOST, f"the dead letter of {_text(place)} is missing")
        findings.add(UNACCOUNTED, f"{_text(place)} ended as nothing")
    return findings


def compare_rows(expected: Mapping[bytes, Row], actual: Mapping[bytes, Row], topic: str) -> Findings:
    """The last value of every key equals the recomputed row, byte for byte, its timer included."""
    findings = Findings()
    for key in sorted(expected.keys() | actual.keys()):
        row = expected.get(key)
        if row is None:
            findings.add(WRONG_STATE, f"{topic} holds a row that must not be there")
        elif key not in actual:
            findings.add(WRONG_STATE, f"{topic} lacks a row")
        elif actual[key] != row:
            findings.add(WRONG_STATE, f"{topic} holds another row than recomputed")
    return findings


def compare_counts(expected: Mapping[str, int], actual: Mapping[str, int], stage: str) -> Findings:
    """The exact tallies a stage publishes are those of the recomputation."""
    findings = Findings()
    for name, count in expected.items():
        # Whether something was told late is no matter of the log.
        if name != TOLD_LATE and actual.get(name, 0) != count:
            findings.add(WRONG_STATE, f"{stage} counts {actual.get(name, 0)} {name}, recomputed {count}")
    return findings


def _signature(key: bytes | None, value: bytes | None, headers: Headers, with_headers: bool) -> _Signature:
    return key, value, tuple(headers) if with_headers else ()


def _text(place: Place) -> str:
    return f"{place.topic}/{place.partition}/{place.offset}"
