"""`hub send`: publish native files as a legacy system would."""

import json
from pathlib import Path
from typing import Annotated

import typer


def send(
    source: Annotated[str, typer.Argument(help="hotline, citymgmt, grid, endpoint, desk …")],
    files: Annotated[list[Path], typer.Argument(help="Native files; .gz is unpacked.")],
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object: where each record stands.")] = False,
) -> None:
    """Split the files into records and publish each, acknowledged by Kafka before this command ends."""
    from connectors.sources import SOURCES
    from hub.sending import open_publisher, send_file
    from hub.settings import load

    if source not in SOURCES:
        raise typer.BadParameter(f"unknown source {source!r}; there are: {', '.join(sorted(SOURCES))}")
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise typer.BadParameter(f"no such file: {', '.join(missing)}")
    publisher = open_publisher(load(bootstrap=bootstrap), connector="hub-send")
    pending = {str(file): send_file(publisher, SOURCES[source], file) for file in files}
    placed = {file: [one.wait() for one in handed] for file, handed in pending.items()}
    publisher.close()
    if as_json:
        rows = {
            file: [
                {
                    "record": one.record,
                    "case_id": None if one.key is None else f"{source}:{one.key}",
                    "topic": one.topic,
                    "partition": one.partition,
                    "offset": one.offset,
                    "reason": one.reason,
                }
                for one in found
            ]
            for file, found in placed.items()
        }
        typer.echo(json.dumps({"files": rows}, ensure_ascii=False))
        return
    for file, found in placed.items():
        for one in found:
            note = f"  cannot be read: {one.reason}" if one.reason else ""
            case = "" if one.key is None else f"  {source}:{one.key}"
            typer.echo(f"{file}#{one.record or '-'}  {one.topic}/{one.partition}/{one.offset}{case}{note}")
