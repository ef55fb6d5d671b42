"""`hub up`, `hub down`, `hub status`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own instead of the embedded one.")]
AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]
Workers = Annotated[
    int | None, typer.Option(min=1, max=64, help="Worker processes of each stage (HUB_WORKERS, else 1).")
]


def up(bootstrap: Bootstrap = None, workers: Workers = None, as_json: AsJson = False) -> None:
    """Start Kafka, apply the topics, start the workers. A second call finds them running and says so."""
    from hub import lifecycle
    from hub.settings import load

    settings = load(bootstrap=bootstrap, workers=workers)
    echo = (lambda _: None) if as_json else typer.echo
    found = lifecycle.up(settings, echo)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    elif not found.kafka_started and not found.workers_started:
        typer.echo("The hub runs already. See: hub status")
    else:
        typer.echo("Ready. Next: hub send hotline FILE…, hub status, hub down")


def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Remove the data folder too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop the workers and the embedded Kafka."""
    from hub import lifecycle
    from hub.settings import load

    settings = load()
    ran = lifecycle.down(settings, wipe=wipe, echo=lambda line: typer.echo(line, err=True))
    if as_json:
        typer.echo(json.dumps({"stopped": ran, "wiped": wipe, "data_dir": str(settings.data_dir)}))
    else:
        typer.echo("Stopped." if ran else "Nothing was running.")
        if wipe:
            typer.echo(f"Removed {settings.data_dir}")


def status(bootstrap: Bootstrap = None, as_json: AsJson = False) -> None:
    """Which processes run, and what each stage has done so far (exact, from its committed tallies)."""
    from hub import standing
    from hub.settings import load

    found = standing.standing(load(bootstrap=bootstrap))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        standing.show(found)
    raise typer.Exit(0 if found["kafka"]["running"] else 1)


def supervise(workers: Workers = None) -> None:
    """Keep the workers running until told to stop."""
    from hub import lifecycle
    from hub.settings import load

    lifecycle.supervise(load(workers=workers))
