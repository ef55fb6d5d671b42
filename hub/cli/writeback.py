"""`hub writeback`: what goes back to the legacy systems, what is parked, and which statuses they have words for."""

import json
from typing import Annotated, Any

import typer

from hub.cli.outboxes import commands
from hub.edges import Edge

app = commands(Edge.WRITEBACK, "source")

AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]


@app.command("statuses", help="Each status of each source: its word, left out on purpose, or none; how many came.")
def statuses(
    as_json: AsJson = False, bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None
) -> None:
    rows = _rows(bootstrap)
    if as_json:
        typer.echo(json.dumps({"statuses": rows}, ensure_ascii=False))
        return
    for row in rows:
        word = {"sent": f"→ {row['word']}", "ignored": "left out", "unmapped": "NO WORD: not sent"}[row["outcome"]]
        typer.echo(f"{row['source']:<10} {row['status']:<12} {row['updates']:>8}  {word}")
    if not rows:
        typer.echo("no source has a section writeback in sources.yaml")


@app.command(
    "check", help="Try the sections writeback of sources.yaml: formats and secrets; every problem at once."
)
def check(as_json: AsJson = False) -> None:
    from connectors.source_settings import read_sources
    from hub.domain.errors import Misconfigured
    from hub.edges.writeback import ways_of
    from hub.settings import load

    settings, problems, unmapped = load(), [], {}
    try:
        ways = ways_of(settings, read_sources(settings.sources_path))
        unmapped = {name: list(way.settings.unmapped) for name, way in ways.items() if way.settings.unmapped}
    except Misconfigured as error:
        problems = error.problems
    if as_json:
        typer.echo(json.dumps({"problems": problems, "unmapped": unmapped}, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(problem, err=True)
        for source, names in unmapped.items():
            typer.echo(f"{source}: without a word, not sent: {', '.join(names)}")
        if not problems:
            typer.echo("the ways back are in order")
    raise typer.Exit(1 if problems else 0)


def _rows(bootstrap: str | None) -> list[dict[str, Any]]:
    from collections import Counter

    from connectors.source_settings import read_sources
    from hub import cluster
    from hub.domain.status_updates import UPDATE_STATUSES
    from hub.reading import Reader
    from hub.settings import load
    from hub.topics import catalogue
    from schemas.codec import codec

    settings = load(bootstrap=bootstrap)
    sections = {name: one.writeback for name, one in read_sources(settings.sources_path).items()}
    topics, decode = catalogue(), codec(settings.registry_url).decode
    rows = []
    with Reader(cluster.running(settings)) as reader:
        for source, section in sections.items():
            if section is None:
                continue
            found = Counter(
                decode(one.value or b"", "StatusUpdate")["status"] for one in reader.scan(topics.writeback(source))
            )
            for status in UPDATE_STATUSES:
                word = section.statuses.get(status)
                outcome = "sent" if word is not None else "ignored" if status in section.ignored else "unmapped"
                rows.append(
                    {
                        "source": source,
                        "status": status,
                        "word": word,
                        "outcome": outcome,
                        "updates": found[status],
                    }
                )
    return rows
