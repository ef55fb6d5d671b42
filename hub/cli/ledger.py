"""`hub ledger`: figures of a period that add up, each with its definition and the ids behind it."""

import csv
import json
import sys
import time
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from hub.domain.city import City
    from hub.domain.ledger import Ledger
    from hub.domain.ledger_terms import Figure, Rate
    from hub.domain.period import Period


def ledger(
    division: Annotated[
        str | None, typer.Option(help="Only this division (6 digits); `unplaced`: cases without one.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day; without it from the first case on.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day it ends with, not part of it; without it now.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Draw it as of then, 2026-12-01T08:00:00+08:00.")
    ] = None,
    cases: Annotated[
        str | None,
        typer.Option(metavar="FIGURE", help="The ids behind a figure, or RATE.numerator, RATE.denominator."),
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The same for a spreadsheet (UTF-8).")] = False,
) -> None:
    """Received, dispatched, in time, called back: every figure with its definition; exits 1 if a sum is wrong."""
    from hub import cluster
    from hub.city import load_city
    from hub.ledger import as_data, ledger_of
    from hub.settings import load
    from hub.topics import catalogue
    from schemas.codec import codec

    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv are two answers; ask for one")
    period = _period(first, to, as_of)
    _check_figure(cases)
    settings = load(bootstrap=bootstrap)
    city = load_city(settings.city)
    _check_division(division, city)
    with_ids = cases is not None
    address = cluster.running(settings)
    drawn = ledger_of(address, catalogue(), codec(settings.registry_url), period, division, with_ids=with_ids)
    problems = drawn.check()
    if cases is not None:
        _list_ids(cases, drawn.ids(cases), as_json, as_csv)
    elif as_json:
        typer.echo(json.dumps(as_data(drawn, problems), ensure_ascii=False))
    elif as_csv:
        _write_rows(drawn)
    else:
        _show(drawn, city)
    for problem in problems:
        typer.echo(f"hub: {problem}", err=True)
    raise typer.Exit(1 if problems else 0)


def _period(first: str | None, to: str | None, as_of: str | None) -> "Period":
    from hub.domain.instants import parse_instant, to_epoch_ms
    from hub.domain.period import Period

    try:
        now = time.time_ns() // 1_000_000 if as_of is None else to_epoch_ms(parse_instant(as_of))
        return Period.of(_day(first, "--from"), _day(to, "--to"), now)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{option} {text} is no date as 2026-11-01") from None


def _check_figure(name: str | None) -> None:
    from hub.domain.ledger import names_of_ids

    if name is not None and name not in names_of_ids():
        raise typer.BadParameter(f"there is no figure {name}; there are {', '.join(names_of_ids())}")


def _check_division(code: str | None, city: "City") -> None:
    from hub.domain.ledger import UNPLACED

    if code is not None and code != UNPLACED and code not in city.divisions:
        raise typer.BadParameter(f"{code} is no division of {city.name}; there are {', '.join(city.divisions)}")


def _list_ids(name: str, ids: tuple[str, ...], as_json: bool, as_csv: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"figure": name, "ids": ids}, ensure_ascii=False))
    elif as_csv:
        _write_csv([(name,), *((one,) for one in ids)])
    else:
        for one in ids:
            typer.echo(one)


def _write_rows(drawn: "Ledger") -> None:
    from hub.ledger import COLUMNS, as_rows

    _write_csv([COLUMNS, *as_rows(drawn)])


def _write_csv(rows: Iterable[tuple[str, ...]]) -> None:
    from hub.ledger import formula_safe

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows([formula_safe(cell) for cell in row] for row in rows)


def _show(drawn: "Ledger", city: "City") -> None:
    from rich.console import Console

    from hub.domain.instants import from_epoch_ms
    from hub.domain.ledger_terms import FIGURES, RATES

    period = drawn.period
    since = "the first case" if period.since is None else f"{from_epoch_ms(period.since):%Y-%m-%d %H:%M}"
    place = city.name if drawn.division is None else city.place_name(drawn.division)
    figures = _table(f"{place}: from {since} to {from_epoch_ms(period.end):%Y-%m-%d %H:%M}", "figure")
    section = ""
    for name, figure in FIGURES.items():
        if figure.section != section:
            section = figure.section
            figures.add_section()
            figures.add_row(f"[bold]{section}")
        figures.add_row(name, f"{drawn.count(name):,}", _defined(figure))
    rates = _table("Rates · 比率", "rate")
    for name, rate in RATES.items():
        rates.add_row(name, drawn.text(name), _defined(rate))
    console = Console()
    console.print(figures, rates)
    console.print("The cases behind a figure: hub ledger --cases FIGURE", highlight=False)


def _table(title: str, first: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    table.add_column(first, no_wrap=True)
    table.add_column("number", justify="right", no_wrap=True)
    table.add_column("definition", overflow="fold")
    return table


def _defined(one: "Figure | Rate") -> str:
    return f"{one.term}：{one.definition_zh}\n{one.definition}"
