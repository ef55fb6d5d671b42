"""`hub city`: is the city folder right, and what does it hold."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)
_FolderArgument = Annotated[Path | None, typer.Argument(help="The city folder; without it the hub's own.")]
_AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]
_EXIT_MISCONFIGURED = 2


@app.callback()
def group() -> None:
    """A callback keeps this a group of commands though it has one."""


@app.command()
def check(folder: _FolderArgument = None, as_json: _AsJson = False) -> None:
    """Every problem of a city folder with file and line; exit code 2 when there is one. Needs no Kafka."""
    from hub.city import load_city
    from hub.domain.errors import Misconfigured
    from hub.settings import load

    path = folder if folder is not None else load().city
    try:
        city = load_city(path)
    except Misconfigured as error:
        if not as_json:
            raise
        typer.echo(json.dumps({"folder": str(path), "problems": error.problems}, ensure_ascii=False, indent=2))
        raise typer.Exit(_EXIT_MISCONFIGURED) from None
    counts = {
        "divisions": len(city.divisions),
        "streets": len(city.streets),
        "communities": len(city.communities),
        "units": len(city.units),
        "duty_desks": len(city.desks),
        "endpoints": len(city.endpoints),
        "categories": len(city.categories),
        "routing_rows": len(city.routing),
        "level_rules": len(city.level_rules.rules),
        "limit_rows": len(city.limits.rows),
    }
    versions = {
        "level_rules": city.level_rules.version,
        "limits": city.limits.version,
        "policy": city.policy.version,
        "calendar": city.calendar.version,
    }
    if as_json:
        found = {"folder": str(path), "code": city.code, "name": city.name, "problems": []}
        typer.echo(json.dumps(found | {"counts": counts, "versions": versions}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{city.name} ({city.code}): no problems")
    for name, count in counts.items():
        typer.echo(f"  {name.replace('_', ' '):<13} {count:>7,}")
    typer.echo(
        "  versions      " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in versions.items())
    )
