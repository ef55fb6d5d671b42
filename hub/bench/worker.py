"""One worker process of ours in a benchmark: `python -m hub.bench.worker SETTINGS`, started by the harness."""

import sys
from pathlib import Path

import msgspec

from hub.bench.job import Job
from hub.bench.processors import Loop, StorePath
from streams.runtime.api import Processor


def processor_of(job: Job) -> Processor:
    """The processor of a benchmark; `unify` is the hub's own."""
    if job.bench == "loop":
        return Loop(job.marker, job.input, job.output)
    if job.bench == "casework":
        return StorePath(job.marker, job.input, job.output, job.changelog)
    return _unify(job)


def _unify(job: Job) -> Processor:
    from connectors.sources.hotline import HOTLINE
    from connectors.sources.limits import unpack
    from schemas.codec import Codec
    from streams.unify import Unify

    unify = Unify(
        {job.input: HOTLINE},
        events_topic=job.output,
        changelog=job.changelog,
        encode=Codec().encode,
        unpack=unpack,
        token_key=bytes.fromhex(job.token_key),
    )
    # The consumer group has the processor's name; every run needs a group of its own.
    unify.name = job.marker
    return unify


def main() -> None:
    """Run until told to stop."""
    from streams.runtime import RunConfig, run

    job = msgspec.json.decode(sys.argv[1], type=Job)
    config = RunConfig(
        bootstrap=job.bootstrap,
        data_dir=Path(job.folder),
        slot=int(sys.argv[2]),
        dead_letters_topic=job.dead,
        batch_size=job.batch_size,
    )
    sys.exit(run(processor_of(job), config))


if __name__ == "__main__":
    main()
