"""Runs the programs of a throughput benchmark in turn, round after round, on the same input."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.bench import load
from hub.bench.broker import Topics
from hub.bench.check import Outputs, differences, read_outputs
from hub.bench.figures import Progress, Report, Run, compare, rate, steady_rate, summary
from hub.bench.job import Job
from hub.bench.machine import machine
from hub.bench.observer import Observer
from hub.bench.processors import LOOP_SCHEMA
from hub.bench.programs import CHECKOUT, Ours, Program, Running
from hub.domain.errors import Unavailable

PARTITIONS = 6
_STILL_SECONDS = 90.0
_EVENT_SCHEMA = CHECKOUT / "schemas" / "avro" / "CaseEvent" / "v1.avsc"

Echo = Callable[[str], None]


@dataclass(slots=True, frozen=True)
class Bench:
    """A throughput benchmark: its input, what the programs write, and the ratios to reach.

    `workers` is how many processes we and how many stream threads or processes the peers use: one where an engine
    is measured for itself, two (all cores of a small machine) where the whole job counts.
    """

    name: str
    messages: Callable[[int], Iterator[load.Message]]
    records: int
    schema: Path
    workers: int
    target: dict[str, float]


BENCHES = {
    bench.name: bench
    for bench in (
        Bench("loop", load.loop_messages, 1_000_000, LOOP_SCHEMA, 1, {"kafka-streams": 1.5}),
        Bench("unify", load.hotline_messages, 300_000, _EVENT_SCHEMA, 2, {"kafka-streams": 1.0}),
        Bench("casework", load.casework_messages, 600_000, LOOP_SCHEMA, 1, {"kafka-streams": 1.8}),
    )
}


@dataclass(slots=True)
class Setting:
    """Where and how often to measure."""

    bootstrap: str
    scratch: Path
    rounds: int
    records: int
    workers: int
    echo: Echo


class Comparison:
    """One benchmark on one broker: the input is written once, each run gets topics of its own for its output."""

    def __init__(self, bench: Bench, setting: Setting) -> None:
        self._bench = bench
        self._setting = setting
        self._id = f"bench-{bench.name}-{int(time.time())}"
        self._input = f"{self._id}-in"
        self._topics = Topics(setting.bootstrap, PARTITIONS)
        self._observer = Observer(setting.bootstrap)
        self._reference: Outputs | None = None
        self._notes: dict[str, str] = {}

    def run(self, peers: Sequence[Program], missing: dict[str, str]) -> Report:
        """Ours and each peer in turn, `rounds` times; a peer that fails is missing from then on, with its cause."""
        setting = self._setting
        about = machine()
        ours = Ours()
        runs: dict[str, list[Run]] = {program.name: [] for program in (ours, *peers)}
        try:
            self._topics.make(self._input)
            setting.echo(f"writing {setting.records} messages")
            load.publish(setting.bootstrap, self._input, self._bench.messages(setting.records))
            for number in range(setting.rounds):
                runs[ours.name].append(self._measure(ours, number))
                for peer in peers:
                    if peer.name in missing:
                        continue
                    try:
                        runs[peer.name].append(self._measure(peer, number))
                    except Unavailable as error:
                        missing[peer.name] = str(error)
        finally:
            self._topics.remove_all(self._id)
        return self._report(ours, peers, runs, missing, about)

    def _measure(self, program: Program, number: int) -> Run:
        setting = self._setting
        marker = f"{self._id}-{program.name}-{number}"
        job = Job(
            bench=self._bench.name,
            marker=marker,
            bootstrap=setting.bootstrap,
            input=self._input,
            output=f"{marker}-out",
            dead=f"{marker}-dead",
            changelog=f"{marker}-changelog",
            folder=str(setting.scratch / marker),
            workers=setting.workers,
            schema=str(self._bench.schema),
        )
        records = max(1, round(setting.records * program.share))
        self._topics.make(job.output, job.dead)
        self._topics.make(job.changelog, compact=True)
        setting.echo(f"round {number + 1}: {program.name}")
        begin = time.monotonic()
        with Running(program, job) as running:
            samples = list(self._follow(marker, records, running.how_ended))
            cpu_seconds = running.cpu_seconds()
        outputs = self._check(program, job, records)
        run = Run(records, rate(samples), steady_rate(samples), samples[-1].at - begin, outputs, cpu_seconds)
        setting.echo(f"  {run.rate:,.0f} records/s, second half {run.steady_rate:,.0f}, {outputs:,} outputs")
        self._topics.remove_all(marker)
        return run

    def _follow(self, marker: str, records: int, ended: Callable[[], str | None]) -> Iterator[Progress]:
        return self._observer.follow(marker, self._input, PARTITIONS, records, ended, _STILL_SECONDS)

    def _check(self, program: Program, job: Job, records: int) -> int:
        """Count the outputs; those of a whole run must be the same as ours, apart from what may differ.

        Raises:
            Unavailable: outputs are missing, doubled or different: such a rate compares nothing.
        """
        found = read_outputs(self._observer, self._bench.name, job.output)
        partial = records < self._setting.records
        if partial:
            self._notes[program.name] = f"measured on the first {program.share:.0%} of the records"
        if self._reference is None:
            self._reference = found
        elif problem := differences(self._reference, found, partial=partial):
            raise Unavailable(f"{program.name} does not do the same work: {problem}")
        return found.number

    def _report(
        self,
        ours: Ours,
        peers: Sequence[Program],
        runs: dict[str, list[Run]],
        missing: dict[str, str],
        about: dict[str, object],
    ) -> Report:
        whole = {peer.name: runs[peer.name] for peer in peers if peer.name not in missing}
        return Report(
            bench=self._bench.name,
            unit="records/s",
            ours=summary(runs[ours.name]),
            peers={
                peer.name: summary(whole[peer.name])
                | {"remark": "; ".join(filter(None, (peer.remark, self._notes.get(peer.name, ""))))}
                for peer in peers
                if peer.name in whole
            },
            ratio=compare(runs[ours.name], whole),
            rounds=self._setting.rounds,
            machine=about,
            target=self._bench.target,
            missing=missing,
            details={
                "records": self._setting.records,
                "partitions": PARTITIONS,
                "workers": self._setting.workers,
                # A JVM is warm by the second half: whoever wants the ratio without its warming up finds it here.
                "steady_ratio": compare(runs[ours.name], whole, lambda run: run.steady_rate),
            },
        )
