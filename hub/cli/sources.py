"""`hub sources`: how sources stand, what they are told, what an export would become, the scaffold of a new one."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import source_actions

app = typer.Typer(no_args_is_help=True)


for _name, _command in source_actions.COMMANDS.items():
    app.command(_name)(_command)


@app.command("list")
def list_sources(
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects.")] = False,
) -> None:
    """Every source: how it is connected, whether it is paused, where it stands, how much and how well it sends.

    Without a running Kafka only what the settings say.
    """
    from connectors.source_settings import read_sources
    from hub.settings import load
    from hub.source_standing import source_standings
    from hub.topics import catalogue

    settings = load(bootstrap=bootstrap)
    found, away = source_standings(settings, catalogue(), read_sources(settings.sources_path))
    if as_json:
        answer = {"sources": found, "problem": away}
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2).encode())
        return
    source_actions.show(found, away)


@app.command("try")
def try_files(
    source: Annotated[str, typer.Argument(help="hotline, citymgmt, grid, endpoint, desk …")],
    files: Annotated[list[str], typer.Argument(help="Native files; .gz is unpacked.")],
    as_json: Annotated[bool, typer.Option("--json", help="One object: the events and the rejections.")] = False,
) -> None:
    """Show what an export would become, without Kafka: events complete, rejections with their reason."""
    from connectors.source_settings import read_sources, sources_of
    from connectors.sources import SOURCES
    from connectors.sources.trying import try_file
    from hub.settings import load

    if source not in SOURCES:
        raise typer.BadParameter(f"unknown source {source!r}; there are: {', '.join(sorted(SOURCES))}")
    for file in files:
        if not Path(file).is_file():
            raise typer.BadParameter(f"{file}: no such file")
    settings = load()
    key, sources = settings.token_key(), sources_of(read_sources(settings.sources_path))
    results = {}
    for file in files:
        try:
            results[file] = try_file(sources[source], Path(file), key)
        except OSError as error:
            raise typer.BadParameter(f"{file}: {error.strerror}") from None
    if as_json:
        typer.echo(json.dumps({"files": results}, ensure_ascii=False, indent=2).encode())
    else:
        _show(results)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name in lower case, for example parking.")],
    into: Annotated[Path, typer.Option(help="The checkout to write into.")] = Path(),
) -> None:
    """Write the scaffold of a new source: declaration, model, mapping, corpus and its one-line test."""
    from connectors.sources.scaffold import ScaffoldError, write

    try:
        written = write(name, into)
    except ScaffoldError as error:
        raise typer.BadParameter(str(error)) from None
    for file in written:
        typer.echo(file)
    typer.echo(f"\nNext: pytest {written[-1]}, then add raw.{name} to deploy/topics.yaml.", err=True)


@app.command("secret")
def secret(
    source: Annotated[str, typer.Argument(help="hotline, citymgmt, grid …")],
    add: Annotated[bool, typer.Option("--add", help="A further secret; those before stay accepted.")] = False,
    retire: Annotated[bool, typer.Option("--retire", help="Drop all secrets but the newest.")] = False,
) -> None:
    """Make the secret with which a source signs what it posts. It is printed once, for the source's IT desk."""
    from connectors.intake import secret_files
    from connectors.source_settings import read_sources
    from hub.settings import load

    if add and retire:
        raise typer.BadParameter("--add and --retire are two steps; the source changes its secret between them")
    settings = load()
    one = read_sources(settings.sources_path).get(source)
    if one is None or one.intake is None:
        raise typer.BadParameter(f"{source!r} has no section intake in {settings.sources_path}")
    file = secret_files.file_of(source, one.intake.secrets, settings.data_dir)
    if retire:
        typer.echo(f"{secret_files.retire(file)} older secrets dropped from {file}", err=True)
        return
    typer.echo(secret_files.add(file) if add else secret_files.make(file))
    typer.echo(f"in {file}; the HTTP edge takes it up within seconds. Give it to {source}'s IT desk.", err=True)


def _show(results: dict[str, dict[str, Any]]) -> None:
    rows = []
    for file, result in results.items():
        for entry in result["records"]:
            event = entry["event"]
            quality = event["attributes"].get("quality", "")
            rows.append((file, entry["record"], event["kind"], event["case_id"], event["title"] or "", quality))
        for reject in result["rejects"]:
            what = reject["reason"] + (f" in {reject['field']}" if reject["field"] else "")
            record = "whole" if reject["record"] is None else reject["record"]
            rows.append((file, record, "rejected", what, "", ""))
    _print_table("what it would become", ("file", "record", "kind", "case or reason", "title", "quality"), rows)
    accepted = sum(len(result["records"]) for result in results.values())
    rejected = sum(len(result["rejects"]) for result in results.values())
    typer.echo(f"{accepted} accepted, {rejected} rejected")


def _print_table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console().print(table)
