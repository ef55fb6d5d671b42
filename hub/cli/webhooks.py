"""`hub webhooks`: who is told by webhook, what is parked, and what to do about it."""

import json
from typing import Annotated

import typer

from hub.cli.outboxes import commands
from hub.edges import Edge

app = commands(Edge.WEBHOOKS, "target")


@app.command("check", help="Try settings, secrets and addresses of all targets; every problem at once.")
def check(as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False) -> None:
    import asyncio

    from hub.edges.webhooks import problems
    from hub.settings import load

    found = asyncio.run(problems(load()))
    if as_json:
        typer.echo(json.dumps({"problems": found}, ensure_ascii=False))
    for problem in [] if as_json else found:
        typer.echo(problem, err=True)
    if not found and not as_json:
        typer.echo("webhooks.yaml is in order")
    raise typer.Exit(1 if found else 0)
