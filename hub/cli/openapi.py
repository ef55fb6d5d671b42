"""`hub openapi`: the document of the HTTP edge, without starting it."""

import json
from pathlib import Path
from typing import Annotated

import typer


def openapi(
    into: Annotated[Path | None, typer.Option("--into", help="A file; else it is printed.")] = None,
) -> None:
    """Write the OpenAPI document of this hub, as `/openapi.json` serves it."""
    from connectors.source_settings import read_sources
    from hub.edges.http import document
    from hub.settings import load

    settings = load()
    text = json.dumps(document(settings, read_sources(settings.sources_path)), ensure_ascii=False, indent=2)
    if into is None:
        typer.echo(text)
        return
    try:
        into.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{into}: {error.strerror}") from None
    typer.echo(into)
