"""`hub topics`: the catalogue, and whether the cluster agrees with it."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)
Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own.")]
AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]


@app.command("list")
def list_topics(as_json: AsJson = False) -> None:
    """All topics of the catalogue, without asking a Kafka. Who writes and reads one: hub topics describe TOPIC."""
    from hub.topics import catalogue

    topics = catalogue().topics
    if as_json:
        typer.echo(json.dumps({"topics": [topic.model_dump() for topic in topics]}, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for heading in ("topic", "schema", "partitions", "kept"):
        table.add_column(heading, no_wrap=True)
    table.add_column("for")
    for topic in topics:
        people = f"{topic.doc} [personal data]" if topic.personal_data else topic.doc
        table.add_row(
            topic.name,
            topic.schema_name or "bytes",
            str(topic.partitions),
            _kept(topic.cleanup, topic.retention_ms),
            people.replace("[", r"\["),
        )
    Console().print(table)


@app.command("apply")
def apply_topics(bootstrap: Bootstrap = None, as_json: AsJson = False) -> None:
    """Create what is missing and alter what differs. A second call changes nothing."""
    from hub.cluster import up
    from hub.settings import load
    from hub.topics import apply, catalogue

    tell = (lambda _: None) if as_json else typer.echo
    report = apply(up(load(bootstrap=bootstrap), tell).bootstrap, catalogue())
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        return
    for name in report.created:
        typer.echo(f"created  {name}")
    for name, settings in report.altered.items():
        typer.echo(f"altered  {name}: {_settings(settings)}")
    typer.echo(f"{len(report.created)} created, {len(report.altered)} altered, {len(report.unchanged)} unchanged")


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="TOPIC", help="a topic of the catalogue")],
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """One topic: what the catalogue says and how the running cluster differs. Starts no Kafka."""
    from hub.cluster import status
    from hub.settings import load
    from hub.topics import catalogue

    topic = catalogue().topic(name)
    kafka = status(load(bootstrap=bootstrap))
    facts: dict[str, Any] = {**topic.model_dump(), "config": topic.config()}
    facts["cluster"] = _standing(name, kafka["bootstrap"]) if kafka["running"] else "no Kafka runs"
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for key, value in facts.items():
        shown = _settings(value) if isinstance(value, dict) else value
        typer.echo(f"{key:<18} {', '.join(value) if isinstance(value, list | tuple) else shown}")


def _standing(name: str, bootstrap: str) -> str:
    from hub.topics import catalogue, drift

    found = drift(bootstrap, catalogue())
    if any(topic.name == name for topic in found.missing):
        return "missing; fix: hub topics apply"
    for problem in found.partitions:
        if problem.startswith(f"topic {name} "):
            return problem
    differing = found.settings.get(name)
    return f"differs, wanted {_settings(differing)}; fix: hub topics apply" if differing else "agrees"


def _settings(settings: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())


def _kept(cleanup: str, retention_ms: int) -> str:
    if cleanup == "compact":
        return "latest per key"
    if retention_ms < 0:
        return "for ever"
    hours = retention_ms // 3_600_000
    return f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"
