"""`hub calendar`: the working calendar in force, and a new or corrected year put in force."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)
_AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]


@app.command()
def show(as_json: _AsJson = False) -> None:
    """The calendar's versions, each with its years and the instant from which it holds. Needs no Kafka."""
    from hub.city import load_city
    from hub.domain.instants import from_epoch_ms
    from hub.settings import load

    editions = [
        {
            "version": edition.calendar.version,
            "since": from_epoch_ms(edition.since).isoformat() if edition.since else None,
            "years": sorted(edition.calendar.years),
        }
        for edition in load_city(load().city).editions
    ]
    if as_json:
        typer.echo(json.dumps(editions, ensure_ascii=False))
        return
    for edition in editions:
        years = ", ".join(map(str, edition["years"] or ()))
        typer.echo(f"{edition['version']}  since {edition['since'] or 'ever'}  years {years}")


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="<year>.json in the format of NateScarlet/holiday-cn.")],
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: _AsJson = False,
) -> None:
    """Put a year in force; every deadline that it moves is computed again and announced.

    The workers of this machine are restarted to read it. A second call with the same file does no harm.
    """
    from hub import cluster
    from hub.recalculating import apply_calendar
    from hub.settings import load
    from hub.topics import catalogue
    from schemas.codec import codec

    settings = load(bootstrap=bootstrap)
    address = cluster.running(settings)
    settings = settings.model_copy(update={"bootstrap": address})

    def echo(line: str) -> None:
        typer.echo(line, err=as_json)

    done = apply_calendar(settings, catalogue(), codec(settings.registry_url), address, file, echo)
    if as_json:
        installed = done.installed
        answer = {
            "changed": installed.changed,
            "year": installed.year,
            "before": installed.before,
            "after": installed.after,
            "since": installed.since and installed.since.isoformat(),
            "recalculated": done.recalculated,
            "still_provisional": done.still_provisional,
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(f"{done.recalculated} cases computed again, {done.still_provisional} still provisional")
