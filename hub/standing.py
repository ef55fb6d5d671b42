"""How the hub stands: its processes, and what each stage has done and has still to do."""

from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from hub import cluster, lifecycle, processes
from hub.domain.errors import Unavailable
from hub.reading import Reader
from hub.settings import Settings
from hub.tallies import STAGES, read_tallies
from hub.topics import catalogue

_SECONDS = 10.0
_LOOKED_AT = 200


def standing(settings: Settings) -> dict[str, Any]:
    """Kafka, processes, and per stage its exact tallies and its lag in records; for `hub status`."""
    found: dict[str, Any] = {
        "kafka": cluster.status(settings),
        "processes": [_process(process) for process in processes.known(settings.data_dir)],
        "stages": {},
    }
    if found["kafka"]["running"]:
        topics = catalogue()
        bootstrap = found["kafka"]["bootstrap"]
        try:
            tallies = read_tallies(bootstrap, topics)
            found["stages"] = {
                stage: {"lag": lag(bootstrap, stage, topics.consumed_by(stage)), "tallies": tallies[stage]}
                for stage in STAGES
            }
        except Unavailable as away:
            found["problem"] = str(away)
    return found


def lag(bootstrap: str, group: str, topics: list[str]) -> int:
    """Records that a group has still to take, over all partitions of the topics.

    Between a committed offset and the end there may be markers of transactions only, which nobody ever takes:
    a short rest is therefore looked at, a long one is told by its offsets.
    """
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    try:
        metadata = consumer.list_topics(timeout=_SECONDS).topics
        places = [
            TopicPartition(topic, partition)
            for topic in topics
            if topic in metadata
            for partition in metadata[topic].partitions
        ]
        rests: list[tuple[TopicPartition, int]] = []
        for place in consumer.committed(places, timeout=_SECONDS):
            low, high = consumer.get_watermark_offsets(place, timeout=_SECONDS)
            rests.append((place, high - max(place.offset, low)))
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not answer ({error.args[0].name()})") from error
    finally:
        consumer.close()
    with Reader(bootstrap) as reader:
        return sum(
            rest if rest > _LOOKED_AT else _records_after(reader, place) for place, rest in rests if rest > 0
        )


def _records_after(reader: Reader, place: TopicPartition) -> int:
    start = place.offset if place.offset >= 0 else None
    return sum(1 for _ in reader.scan(place.topic, partition=place.partition, start=start))


def show(found: dict[str, Any]) -> None:
    """Print it for a person."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    kafka = found["kafka"]
    where = f"running at {kafka['bootstrap']}" if kafka["running"] else "not running; start it: hub up"
    console.print(f"Kafka  {where}", highlight=False)
    for process in found["processes"]:
        state = "ready" if process["ready"] else "alive" if process["alive"] else "dead"
        port = f"  metrics http://127.0.0.1:{process['metrics_port']}/metrics" if process["metrics_port"] else ""
        console.print(f"{process['name']:<12} {state:<6} pid {process['pid']}{port}", highlight=False)
    if problem := found.get("problem"):
        console.print(problem, highlight=False)
    for stage, facts in found["stages"].items():
        table = Table(title=f"{stage}: {facts['lag']:,} records behind", title_justify="left")
        table.add_column("counted")
        table.add_column("total", justify="right")
        for name, count in facts["tallies"].items():
            table.add_row(name, f"{count:,}")
        console.print(table)


def _process(process: processes.Process) -> dict[str, Any]:
    alive = process.is_alive()
    ready = alive and process.metrics_port is not None and lifecycle.is_ready(process.metrics_port)
    return {
        "name": process.name,
        "pid": process.pid,
        "alive": alive,
        "ready": ready,
        "metrics_port": process.metrics_port,
    }
