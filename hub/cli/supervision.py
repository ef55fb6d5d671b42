"""`hub supervision`: the supervision list (督办事项)."""

import csv
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, so that `hub supervision list` is spelt out."""


@app.command("list")
def list_entries(
    division: Annotated[str | None, typer.Option(help="Only this division (6 digits).")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not removed.")] = False,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as data.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The same for a spreadsheet (UTF-8).")] = False,
) -> None:
    """Entry number, date, division, unit, case, open or closed, day of removal; oldest first."""
    from hub import cluster
    from hub.city import load_city
    from hub.ledger import formula_safe
    from hub.settings import load
    from hub.supervision import COLUMNS, cells, supervision_list
    from hub.topics import catalogue
    from schemas.codec import codec

    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv are two answers; ask for one")
    settings = load(bootstrap=bootstrap)
    city = load_city(settings.city)
    found = supervision_list(cluster.running(settings), catalogue(), codec(settings.registry_url))
    rows = [
        one.row(city)
        for one in found
        if division in (None, one.division) and unit in (None, one.unit) and not (only_open and one.removed)
    ]
    if as_json:
        typer.echo(json.dumps({"entries": rows}, ensure_ascii=False))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([title for _, title in COLUMNS])
        writer.writerows([formula_safe(cell) for cell in cells(row)] for row in rows)
    else:
        from rich.console import Console

        Console().print(_table(rows))


def _table(rows: list[dict[str, str]]) -> "Table":
    from rich import box
    from rich.table import Table

    from hub.supervision import cells

    still_open = sum(row["state"] == "open" for row in rows)
    title = f"督办清单 · supervision list: {len(rows)} entries, {still_open} open"
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for heading in ("编号", "日期", "区划", "责任单位", "工单编号", "状态", "销号日期"):
        table.add_column(heading)
    for row in rows:
        number, date, _, division, _, unit, case_id, _, state, removed = cells(row)
        table.add_row(number or "待编号", date, division, unit, case_id, state, removed)
    return table
