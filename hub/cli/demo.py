"""`hub demo`: the samples and a simulated day of the city through the real hub."""

import json
import signal
import sys
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.demo.run import Outcome, Watcher


DAY = date(2026, 11, 23)
"""The day that is simulated."""


def demo(
    cases: Annotated[int, typer.Option(min=0, help="Cases of the simulated day.")] = 5000,
    rate: Annotated[float, typer.Option(min=0, help="Records a second; 0: as fast as they go.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Worker processes of each stage (HUB_WORKERS, else 1).")
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own instead of the embedded one.")] = None,
    leave: Annotated[
        bool, typer.Option("--exit", help="Take everything down at the end, on a terminal too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one object.")] = False,
) -> None:
    """Start Kafka, topics and workers; publish the samples and a day; end with a table.

    Exits 1 if one record is unaccounted for: accepted + duplicate + dead must equal published.
    """
    from hub import lifecycle, processes
    from hub.demo.run import Plan, run
    from hub.settings import load

    settings = load(bootstrap=bootstrap, workers=workers)
    ran_before = any(process.is_alive() for process in processes.known(settings.data_dir))
    stays = sys.stdout.isatty() and not leave
    plan = Plan(cases, rate, seed, DAY)
    _end_in_order_when_told()
    try:
        with _progress(as_json) as watch:
            outcome = run(settings, plan, watch)
        if as_json:
            typer.echo(json.dumps(outcome.as_data(), ensure_ascii=False))
        else:
            _show(outcome)
        if stays and not ran_before:
            _stay()
    finally:
        # A hub that was up before the demo is left as it was found.
        if not ran_before:
            # A second Ctrl-C out of impatience must not leave half of it running.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if lifecycle.down(settings, wipe=False, echo=lambda line: typer.echo(line, err=True)):
                typer.echo(
                    "Stopped everything that was started. Its data stays: hub up, or hub down --wipe", err=True
                )
    if outcome.account.unaccounted:
        typer.echo(f"{outcome.account.unaccounted} records are unaccounted for", err=True)
        raise typer.Exit(1)


def _end_in_order_when_told() -> None:
    """A closed terminal or a `kill` takes down what was started, as Ctrl-C does."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    if sys.stdout.isatty():
        # A script that starts commands in the background has them ignore Ctrl-C; who sees the screen means it.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stay() -> None:
    typer.echo("\nThe hub stays up until Ctrl-C.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        typer.echo("")


def _progress(quiet: bool) -> Any:
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from hub.demo.run import Watcher

    @contextmanager
    def shown() -> "Iterator[Watcher]":
        console = Console(stderr=True)
        columns = (TextColumn("{task.description:<12}"), BarColumn(), TextColumn("{task.completed:,.0f} records"))
        with Progress(*columns, TimeElapsedColumn(), console=console, disable=quiet) as progress:
            published = progress.add_task("published", total=None)
            settled = progress.add_task("worked off", total=None)

            def on_published(records: int) -> None:
                progress.update(published, completed=records)
                progress.update(settled, total=records)

            def on_stage(line: str) -> None:
                if not quiet:
                    console.print(line, highlight=False)

            yield Watcher(on_stage, on_published, lambda records: progress.update(settled, completed=records))

    return shown()


def _show(outcome: "Outcome") -> None:
    from rich.columns import Columns
    from rich.console import Console

    account, cases = outcome.account, outcome.cases
    console = Console()
    rows = [
        (source, *(f"{row[name]:,}" for name in ("published", "accepted", "duplicate", "dead")))
        for source, row in account.by_source.items()
    ]
    totals = (account.published, account.accepted, account.duplicate, account.dead)
    rows.append(("all", *(f"{number:,}" for number in totals)))
    console.print(_table("Records · 记录", ("source", "published", "accepted", "duplicate", "dead"), rows))
    groups = {
        "Source · 来源": cases.by_source,
        "Level · 哨级": cases.by_level,
        "Tier · 层级": cases.by_tier,
        "Division · 县区": cases.by_division,
        "Dead letters · 死信": Counter(account.dead_by_reason),
    }
    tables = [
        _table(title, ("", ""), [(name, f"{count:,}") for name, count in counts.most_common()])
        for title, counts in groups.items()
    ]
    console.print(Columns(tables))
    verdict = "everything accounted for" if account.unaccounted == 0 else f"UNACCOUNTED {account.unaccounted}"
    console.print(f"\n{account.published:,} records, {cases.total:,} cases in {outcome.seconds:.0f} s: {verdict}")
    console.print("Look next (start the hub again with: hub up)")
    for command in ("hub trace hotline:HL2026111000017", "hub dead list", "hub status", "hub topics list"):
        console.print(f"  {command}", highlight=False)


def _table(title: str, names: tuple[str, ...], rows: list[tuple[str, ...]]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=any(names))
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table
