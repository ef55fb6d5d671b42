"""`hub rebuild --check`: the state of every case computed anew from its log."""

import json
from dataclasses import asdict
from typing import Annotated

import typer


def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the live state; nothing is changed.")
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    partition: Annotated[list[int] | None, typer.Option(help="Only this partition; may be said again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as data.")] = False,
) -> None:
    """Replay case.events into fresh state in memory and compare it with case.state; exit 1 if a byte differs."""
    from hub import cluster
    from hub.rebuilding import rebuild as rebuild_all
    from hub.settings import load
    from hub.topics import catalogue
    from hub.workers import processor_of
    from schemas.codec import codec

    if not check:
        raise typer.BadParameter(
            "say --check: it rebuilds in memory and compares. To build the local stores anew from the changelog,"
            " stop the workers and remove <data>/casework"
        )
    settings = load(bootstrap=bootstrap)
    topics, records = catalogue(), codec(settings.registry_url)
    processor = processor_of("casework", settings, topics, records)
    found = rebuild_all(cluster.running(settings), topics, records, processor, partition or None)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False))
    else:
        for line in found.differences:
            typer.echo(line)
        typer.echo(
            f"{found.cases:,} cases rebuilt from {found.events:,} events and {found.timers:,} timers,"
            f" {found.differing:,} differ"
        )
    if found.differing:
        raise typer.Exit(1)
