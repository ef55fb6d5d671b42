"""The outside checker: reads topics only, and proves from them that each stage did everything exactly once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.chaos.compare import Log, compare_counts, compare_dead, compare_outputs, compare_rows
from hub.chaos.findings import UNACCOUNTED, Findings
from hub.chaos.memory import tallies_of
from hub.chaos.recompute import Recomputed, recompute
from hub.domain.dead_letter import Cause
from hub.replay import Decoder, TimerLog, rows_of
from hub.simulation.message import ACCEPTED, DEAD, DUPLICATE, Expected
from streams.runtime.api import Processor, Record


@dataclass(slots=True, frozen=True)
class Stage:
    """A stage as the checker sees it.

    `writes` are the topics that it writes (dead letters and its changelog left out), `memory` the topic of its
    tallies. `facts` is the topic that tells when its timers fired, read by `decoder`; `told` takes from the values
    of a topic what depends on when they were told. `shared` are the topics that other stages write too.
    """

    processor: Processor
    writes: tuple[str, ...]
    memory: str
    facts: str = ""
    decoder: Decoder | None = None
    told: Mapping[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()


def check(log: Log, stages: Sequence[Stage], dead_letters: str, published: Expected | None = None) -> Findings:
    """Recompute every stage from its committed input and compare.

    The first stage reads what was published. `published` is what the publisher knows about its messages, where
    all of the log comes from it; then the numbers must add up to it as well.
    """
    total = Findings()
    letters = log.get(dead_letters, ())
    for number, stage in enumerate(stages):
        processor = stage.processor
        records = [record for topic in processor.inputs for record in log.get(topic, ())]
        timers = _timers(stage, log)
        recomputed = recompute(processor, records, timers, stage.decoder)
        sent_back = tuple(topic for topic in processor.inputs if topic not in stage.writes)
        changelog = log.get(processor.changelog, ())
        for findings in (
            compare_outputs(recomputed, _own(stage, log), stage.writes, sent_back, stage.told),
            compare_dead(recomputed, letters, processor.name),
            compare_rows(recomputed.rows, rows_of(changelog), processor.changelog),
            compare_counts(recomputed.counts, tallies_of(log.get(stage.memory, ())), processor.name),
        ):
            _merge(total, findings)
        total.facts[f"{processor.name}.records"] = len(records)
        total.facts[f"{processor.name}.outputs"] = len(recomputed.outputs)
        total.facts[f"{processor.name}.dead"] = len(recomputed.dead)
        total.facts[f"{processor.name}.rows"] = len(recomputed.rows)
        if number == 0:
            _merge(total, _add_up(recomputed, letters, published))
    return total


def _timers(stage: Stage, log: Log) -> TimerLog | None:
    if not stage.facts or stage.decoder is None:
        return None
    return TimerLog.of(stage.decoder.decode(fact.value or b"") for fact in log.get(stage.facts, ()))


def _own(stage: Stage, log: Log) -> Log:
    """The log with what the stage itself wrote into the topics that it shares."""
    source = ("ce_source", f"/{stage.processor.name}".encode())
    shared = {topic: [each for each in log.get(topic, ()) if source in each.headers] for topic in stage.shared}
    return {**log, **shared}


def _add_up(recomputed: Recomputed, letters: Sequence[Record], published: Expected | None) -> Findings:
    """accepted + duplicate + dead = published, in records. What was sent back counts where it ended."""
    findings = Findings()
    edge = sum(Cause.read(list(letter.headers)).topic == "" for letter in letters)
    held: dict[str, int] = {
        ACCEPTED: _tally(recomputed, "accepted."),
        DUPLICATE: _tally(recomputed, "duplicate."),
        DEAD: len(recomputed.dead) + edge,
    }
    findings.facts = {**held, "sent_back": _tally(recomputed, "resplit."), "dead_at_edge": edge}
    if published is not None:
        findings.facts["published"] = published.published
        for verdict, count in held.items():
            if published.verdicts[verdict] != count:
                difference = abs(published.verdicts[verdict] - count)
                what = f"{published.verdicts[verdict]} records were to end {verdict}, the topics hold {count}"
                findings.add(UNACCOUNTED, what, difference)
    return findings


def _tally(recomputed: Recomputed, prefix: str) -> int:
    return sum(count for name, count in recomputed.counts.items() if name.startswith(prefix))


def _merge(total: Findings, more: Findings) -> None:
    total.counts.update(more.counts)
    total.examples += more.examples
    total.facts |= more.facts
