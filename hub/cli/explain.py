"""`hub explain CASE`: the deadlines of a case, interval by interval."""

import json
from typing import Annotated

import typer


def explain(
    case: Annotated[str, typer.Argument(help="case id, e.g. hotline:HL2026111000017")],
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
) -> None:
    """Each clock: start, every counted and uncounted interval with its reason, limit, versions, due, outcome."""
    from hub import cluster
    from hub.city import load_city
    from hub.explaining import explain as explain_case
    from hub.settings import load
    from hub.timing import clock_of
    from hub.topics import catalogue
    from schemas.codec import codec

    settings = load(bootstrap=bootstrap)
    found = explain_case(
        cluster.running(settings),
        catalogue(),
        codec(settings.registry_url),
        load_city(settings.city),
        case,
        clock_of(settings).now_ms(),
    )
    if found is None:
        typer.echo(f"no case {case}; ids look like hotline:HL2026111000017, see: hub send", err=True)
        raise typer.Exit(1)
    if as_json:
        typer.echo(json.dumps(found.data(), ensure_ascii=False))
        return
    for line in found.lines():
        typer.echo(line)
