"""`hub schemas`: the Avro schemas, their compatibility gate, and where consumers get them."""

import json
import signal
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]


@app.command("list")
def list_schemas(as_json: AsJson = False) -> None:
    """All released versions: record, version, id, subjects."""
    from schemas.released import released
    from schemas.subjects import subjects, subjects_of

    every = subjects()
    rows: list[dict[str, Any]] = [
        {
            "record": one.record,
            "version": one.version,
            "id": one.id,
            "subjects": [subject.name for subject in subjects_of(one.record, every)],
            "rules": sorted({subject.rule for subject in subjects_of(one.record, every)}),
        }
        for one in released()
    ]
    if as_json:
        typer.echo(json.dumps({"schemas": rows}))
        return
    for row in rows:
        version = f"v{row['version']}"
        typer.echo(f"{row['id']:>3}  {row['record']:<14} {version:<4} {', '.join(row['subjects'])}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A record (CaseEvent) or a subject (case.events-value).")],
    version: Annotated[int | None, typer.Option(help="Without it the newest one.")] = None,
) -> None:
    """One schema as released."""
    from schemas.released import newest, released
    from schemas.subjects import subjects

    record = {subject.name: subject.record for subject in subjects()}.get(name, name)
    latest = newest(released()).get(record)
    if latest is None:
        raise typer.BadParameter(f"no record or subject {name}; `hub schemas list` shows all")
    wanted = latest.version if version is None else version
    for one in released():
        if (one.record, one.version) == (record, wanted):
            typer.echo(one.text.rstrip("\n"))
            return
    raise typer.BadParameter(f"{record} has no version {wanted}; the newest is {latest.version}")


@app.command()
def check(as_json: AsJson = False) -> None:
    """The compatibility gate: exit code 1 with every problem, 0 when there is none."""
    from schemas.gate import check as problems_of

    problems = problems_of()
    if as_json:
        rows = [{"file": one.file, "field": one.field, "what": one.what, "fix": one.fix} for one in problems]
        typer.echo(json.dumps({"problems": rows}, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(str(problem))
    if problems:
        raise typer.Exit(1)


@app.command()
def register(
    registry: Annotated[
        str | None, typer.Option(help="URL of a Confluent-compatible registry; else the setting.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Register all released versions under their subjects, in order, with their compatibility rules."""
    from hub.settings import load
    from schemas.registry import Registry, register_all

    url = registry or load().registry_url
    if url is None:
        raise typer.BadParameter("which registry? give --registry URL or set HUB_REGISTRY_URL")
    with Registry(url) as client:
        ids = register_all(client)
    rows = [{"record": record, "version": version, "id": found} for (record, version), found in sorted(ids.items())]
    if as_json:
        typer.echo(json.dumps({"registered": rows}))
        return
    for row in rows:
        typer.echo(f"{row['id']:>3}  {row['record']} v{row['version']}")


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8081,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
) -> None:
    """Serve the read part of the Confluent registry API, for consumers with a standard Avro deserializer."""
    from hub.domain.errors import Unavailable
    from schemas.server import SchemaServer

    try:
        server = SchemaServer(host, port)
    except OSError as error:
        raise Unavailable(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
        ) from error
    # A script's background job ignores Ctrl-C from its start; this one says that it stops with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    typer.echo(f"schema registry (read only) on {server.url}; stop with Ctrl-C", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
    finally:
        server.server_close()
