"""`hub notices`: messages to people: what waits, what is parked, and what to do about it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.outboxes import AsJson, commands
from hub.edges import Edge

app = commands(Edge.NOTICES, "channel")


@app.command("check", help="Try settings, contacts, token and letter template; every problem at once.")
def check(as_json: AsJson = False) -> None:
    from hub.edges.notices import problems
    from hub.settings import load

    found = problems(load())
    if as_json:
        typer.echo(json.dumps({"problems": found}, ensure_ascii=False))
    for problem in [] if as_json else found:
        typer.echo(problem, err=True)
    if not found and not as_json:
        typer.echo("notices.yaml is in order")
    raise typer.Exit(1 if found else 0)


@app.command("reports", help="What became of text messages, as the provider reported it.")
def reports(
    failed: Annotated[bool, typer.Option("--failed", help="Only those that did not arrive.")] = False,
    as_json: AsJson = False,
) -> None:
    from dataclasses import asdict

    from connectors.notices.reports import ReportBook
    from hub.edges.notices import reports_file
    from hub.settings import load

    file = reports_file(load())
    found = ReportBook(file).reports("failed" if failed else None) if file.exists() else []
    if as_json:
        typer.echo(json.dumps({"reports": [asdict(one) for one in found]}, ensure_ascii=False))
        return
    for one in found:
        typer.echo(f"{one.id}  {one.fate:<10} {one.status}  {one.at}")
    typer.echo(f"{len(found)} reports")


@app.command("template", help="Write the letter template to begin with; change it in Word.")
def template(file: Annotated[Path, typer.Argument(help="A .docx that is not there yet.")]) -> None:
    from connectors.notices.letter_template import write_template

    if file.exists():
        typer.echo(f"{file} is there already", err=True)
        raise typer.Exit(1)
    write_template(file)
    typer.echo(f"{file} written; put it into templates/ of the city folder, then: hub notices check")
