"""`hub chaos kill`: kill processes while they work, then prove from outside that nothing was lost."""

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.chaos.cell import Outcome

app = typer.Typer(no_args_is_help=True)


@app.callback()
def chaos() -> None:
    """Kill processes while they work."""


@app.command()
def kill(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long to strike.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same messages and blows.")] = 1,
    messages: Annotated[
        int, typer.Option(min=100, help="How many messages (records) to publish meanwhile.")
    ] = 50_000,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
) -> None:
    """Two workers of each stage, kill -9 every few seconds, one broker restart; an outside checker at the end.

    Uses a Kafka and a data folder of its own. Exit code 1 when anything differs from a plain recomputation; the
    folder with logs and data is kept then.
    """
    from hub.chaos.cell import Plan, run

    # While a broker is down its clients say so many times a second; here that is the purpose.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="hub-chaos-"))
    try:
        outcome = run(Plan(minutes, seed, messages), folder, lambda line: typer.echo(line, err=True))
    except BaseException:
        typer.echo(f"logs and data of the run: {folder}", err=True)
        raise
    if as_json:
        typer.echo(json.dumps(outcome.as_data(), ensure_ascii=False))
    else:
        _show(outcome)
    if not outcome.holds:
        typer.echo(f"logs and data of the run: {folder}", err=True)
        raise typer.Exit(1)
    shutil.rmtree(folder)


def _show(outcome: "Outcome") -> None:
    from rich.console import Console
    from rich.table import Table

    from hub.chaos.findings import KINDS

    facts = outcome.findings.facts
    table = Table(title=f"{outcome.kills} workers killed, {outcome.broker_restarts} broker restart")
    table.add_column("what")
    table.add_column("count", justify="right")
    for kind in KINDS:
        count = outcome.findings.counts[kind]
        table.add_row(kind.replace("_", " "), str(count), style="bold red" if count else "green")
    table.add_section()
    for name, figure in facts.items():
        table.add_row(name, str(figure))
    console = Console()
    console.print(table)
    for example in outcome.findings.examples:
        console.print(f"  {example}", markup=False)
    for crash in outcome.crashes:
        console.print(f"  {crash}", markup=False)
    took = ", ".join(f"{phase} {seconds} s" for phase, seconds in outcome.seconds.items())
    console.print(f"{'Holds' if outcome.holds else 'DOES NOT HOLD'}. Seed {outcome.plan.seed}; {took}")
