"""`hub demo`: the samples, a simulated day of the city and the days after it through the real hub."""

import json
import signal
import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.demo.run import Outcome, Watcher


DAY = date(2026, 11, 23)
"""The day on which the simulated cases are reported: a Monday."""
DAY_IN = "20s"
"""How long a simulated day lasts."""


def demo(
    cases: Annotated[int, typer.Option(min=0, help="Cases of the simulated day.")] = 5000,
    day_in: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How long a simulated day lasts (20s): 60s, 2m, …")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=60, help="Days that are lived through.")] = 4,
    rate: Annotated[
        float | None,
        typer.Option(min=0, help="By the machine's clock: records a second; 0: as fast as they go."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same days.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Worker processes of each stage (HUB_WORKERS, else 1).")
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own instead of the embedded one.")] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Straight to Kafka, not by HTTP, files and the gateway.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--exit", help="Take everything down at the end, on a terminal too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one object.")] = False,
) -> None:
    """Start Kafka, topics and workers; live through some days in a minute or two; end with tables and a check.

    Legacy systems post by signed HTTP and put files into folders, 200 staff endpoints act through the gateway.
    Exits 1 if one record is unaccounted for (accepted + duplicate + dead + refused must equal published), if one
    outcome of a deadline came early, twice or not at all, or if a sum of the ledger is wrong.
    """
    from hub import lifecycle, processes
    from hub.demo.run import Plan, run
    from hub.settings import load

    settings = load(bootstrap=bootstrap, workers=workers)
    plan = Plan(cases, seed, DAY, days, _seconds(day_in, rate), rate or 0, direct)
    ran_before = any(process.is_alive() for process in processes.known(settings.data_dir))
    stays = sys.stdout.isatty() and not leave
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
    for problem in outcome.problems:
        typer.echo(f"hub: {problem}", err=True)
    if not outcome.holds:
        raise typer.Exit(1)


def _seconds(day_in: str | None, rate: float | None) -> float | None:
    """How long a day lasts; None where the machine's clock is asked for."""
    from hub.demo.rehearsal import seconds_of

    if rate is not None:
        if day_in is not None:
            raise typer.BadParameter(
                "--rate goes by the machine's clock, --day-in by a faster one; give one of them"
            )
        return None
    try:
        return seconds_of(day_in or DAY_IN)
    except ValueError as error:
        raise typer.BadParameter(f"--day-in {error}") from None


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
        columns = (TextColumn("{task.description:<14}"), BarColumn(), TextColumn("{task.completed:,.0f} records"))
        with Progress(*columns, TimeElapsedColumn(), console=console, disable=quiet) as progress:
            published = progress.add_task("published", total=None)
            settled = progress.add_task("worked off", total=None)

            def on_published(records: int) -> None:
                progress.update(published, completed=records)
                progress.update(settled, total=records)

            def on_stage(line: str) -> None:
                if not quiet:
                    console.print(line, highlight=False)

            yield Watcher(
                on_stage,
                on_published,
                lambda records: progress.update(settled, completed=records),
                lambda instant: progress.update(published, description=instant),
            )

    return shown()


def _show(outcome: "Outcome") -> None:
    from rich.console import Console

    from hub.demo.tables import tables

    console = Console()
    for part in tables(outcome):
        console.print(part, highlight=False)
    console.print("Look next (start the hub again with: hub up)")
    now = f"{outcome.now:%Y-%m-%dT%H:%M:%S+08:00}"
    for command in (
        "hub trace hotline:HL2026111000017",
        "hub explain hotline:HL2026111000017",
        f"hub ledger --as-of {now}",
        f"hub ledger --as-of {now} --cases done_late",
        "hub dead list",
    ):
        console.print(f"  {command}", highlight=False)
