"""`hub dead`: what could not be read, why, and how to send it again."""

import getpass
import json
import time
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True)
Bootstrap = Annotated[str | None, typer.Option(help="A Kafka of your own.")]
AsJson = Annotated[bool, typer.Option("--json", help="The same as data.")]


@app.command("list")
def list_letters(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only records of this topic.")] = None,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """All dead letters, one a line: id, reason, field, place."""
    from hub.dead_letters import letters
    from hub.reading import Reader
    from hub.topics import catalogue

    with Reader(_bootstrap(bootstrap)) as reader:
        rows = [
            letter.summary()
            for letter in letters(reader, catalogue())
            if reason in (None, letter.cause.reason) and topic in (None, letter.cause.topic)
        ]
    rows.sort(key=lambda row: row["at"])
    if as_json:
        typer.echo(json.dumps({"letters": rows}, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['id']:>8}  {row['reason']:<22} {_padded(row['field'] or '-', 20)} {_place(row)}")
    typer.echo(f"{len(rows)} dead letters. One in full: hub dead show ID")


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="partition:offset, as list prints it")],
    raw: Annotated[bool, typer.Option(help="Also the record's bytes; that you read them goes on record.")] = False,
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """The cause of one dead letter and how to mend it."""
    from hub.dead_letters import find, record_reading
    from hub.reading import Reader
    from hub.topics import catalogue
    from schemas.codec import codec

    address = _bootstrap(bootstrap)
    with Reader(address) as reader:
        letter = find(reader, catalogue(), letter_id)
    if letter is None:
        typer.echo(f"there is no dead letter {letter_id}; see: hub dead list", err=True)
        raise typer.Exit(1)
    facts = letter.summary()
    if raw:
        record_reading(address, catalogue(), codec(), letter, actor=getpass.getuser(), now_ms=_now_ms())
        facts["value"] = (letter.stored.value or b"").decode("utf-8", "backslashreplace")
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        typer.echo(f"{name:<16} {'-' if value in (None, '') else value}")
    typer.echo(f"Mend the cause, then: hub dead replay {letter_id} --reason WHY")


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="letters to send again")] = None,
    of_reason: Annotated[str | None, typer.Option(help="All letters with this reason code.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    reason: Annotated[str, typer.Option(help="Why; goes into the audit log.")] = "",
    bootstrap: Bootstrap = None,
    as_json: AsJson = False,
) -> None:
    """Send letters back to where they came from. A letter is sent again once, however often this is called."""
    from hub import cluster
    from hub.dead_letters import Replayer, letters
    from hub.reading import Reader
    from hub.settings import load
    from hub.topics import catalogue
    from schemas.codec import codec

    if not ids and not of_reason and not every:
        raise typer.BadParameter("name letters, --of-reason CODE or --all")
    settings = load(bootstrap=bootstrap)
    address = cluster.running(settings)
    wanted = set(ids or ())
    with Reader(address) as reader:
        found = list(letters(reader, catalogue()))
    chosen = [one for one in found if every or one.id in wanted or one.cause.reason == of_reason]
    if unknown := wanted - {letter.id for letter in found}:
        typer.echo(f"there is no dead letter {', '.join(sorted(unknown))}; see: hub dead list", err=True)
        raise typer.Exit(1)
    replayer = Replayer(
        address,
        catalogue(),
        codec(settings.registry_url),
        settings.data_dir / "quarantine",
        actor=getpass.getuser(),
        now_ms=_now_ms(),
    )
    result = replayer.replay(chosen, reason)
    if as_json:
        typer.echo(json.dumps({"sent": result.sent, "before": result.before, "impossible": result.impossible}))
    else:
        typer.echo(f"sent again {len(result.sent)}, already sent before {len(result.before)}")
        for letter_id, problem in result.impossible.items():
            typer.echo(f"{letter_id}: {problem}", err=True)
    raise typer.Exit(1 if result.impossible else 0)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _bootstrap(given: str | None) -> str:
    from hub import cluster
    from hub.settings import load

    return cluster.running(load(bootstrap=given))


def _place(row: dict[str, Any]) -> str:
    return f"{row['topic']}/{row['partition']}/{row['offset']}" if row["topic"] else "before Kafka"


def _padded(text: str, columns: int) -> str:
    """Field names may be Chinese: each character takes two columns."""
    from rich.cells import cell_len

    return text + " " * (columns - cell_len(text))
